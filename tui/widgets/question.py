"""Where a question is written: several lines, those before recalled, and filters completed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual.message import Message
from textual.widgets import TextArea

from assistant.answers import filters
from policies.hygiene import visible
from tui import keys

_FILTER = re.compile(r'(?:^|\s)(\w+):("(?:[^"\\]|\\.)*|[^\s"]*)$')


class QuestionInput(TextArea):
    """The question being written."""

    DEFAULT_CSS = """
    QuestionInput {
        height: auto; max-height: 8; min-height: 3; padding: 0 1; margin: 0;
        border: round $border; background: $background;
    }
    QuestionInput:focus { border: round $accent; background: $background; }
    """
    BINDINGS = keys.bindings("question")

    @dataclass
    class Sent(Message):
        """The question is to be asked."""

        text: str

    @dataclass
    class Left(Message):
        """Tab, with nothing to complete."""

    @dataclass
    class Offered(Message):
        """Values the filter under the cursor may have; empty when it is none."""

        filter: str
        values: Sequence[str]

    def __init__(self) -> None:
        super().__init__(
            soft_wrap=True,
            tab_behavior="focus",
            placeholder="Ask about your documents",
            highlight_cursor_line=False,
            id="question",
        )
        self.cursor_blink = False
        self._before: list[str] = []
        self._place = 0
        self._vocabulary: Mapping[str, Sequence[str]] = {}

    def remember(self, questions: Sequence[str]) -> None:
        """What up-arrow recalls, the oldest first."""
        self._before = [visible(question) for question in questions]
        self._place = len(self._before)

    def know(self, vocabulary: Mapping[str, Sequence[str]]) -> None:
        """What filters can name, by filter."""
        self._vocabulary = vocabulary

    def put(self, text: str) -> None:
        """Replaces what is written."""
        self.text = visible(text)
        self.move_cursor(self.document.end)

    # These keys come before the widget's own. Their actions wait for what was typed before them.

    def action_send(self) -> None:
        self.call_later(self._send)

    def action_newline(self) -> None:
        self.call_later(self.insert, "\n")

    def action_recall(self) -> None:
        self.call_later(self._back)

    def action_forward(self) -> None:
        self.call_later(self._forward)

    def action_take(self) -> None:
        self.call_later(self._take)

    def _send(self) -> None:
        if self.text.strip():
            self.post_message(self.Sent(self.text.strip()))

    def _back(self) -> None:
        if self.cursor_location[0] > 0 or not self._place:
            self.action_cursor_up()
            return
        self._recall(self._place - 1)

    def _forward(self) -> None:
        if self.cursor_location[0] < self.document.line_count - 1 or self._place >= len(self._before):
            self.action_cursor_down()
            return
        self._recall(self._place + 1)

    def _recall(self, place: int) -> None:
        self._place = place
        self.put(self._before[place] if place < len(self._before) else "")

    def _take(self) -> None:
        name, typed, values = self._filter()
        if not values:
            self.post_message(self.Left())
            return
        written = f"{filters.write_value(name, values[0])} "
        row, column = self.cursor_location
        self.replace(visible(written), (row, column - len(typed)), (row, column))

    def on_text_area_selection_changed(self) -> None:
        name, _, values = self._filter()
        self.post_message(self.Offered(name, values))

    def _filter(self) -> tuple[str, str, list[str]]:
        """The filter before the cursor: its name, what is typed of its value, and what that may become."""
        row, column = self.cursor_location
        found = _FILTER.search(self.document.get_line(row)[:column])
        if found is None or found[1] not in self._vocabulary:
            return "", "", []
        typed = filters.unquote(found[2]).casefold()
        known = [value for value in self._vocabulary[found[1]] if typed in value.casefold()]
        known.sort(key=lambda value: not value.casefold().startswith(typed))
        return found[1], found[2], [value for value in known if value.casefold() != typed]
