"""The input for a question: several lines, history with the arrow keys, and completion of filters."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import TextArea

from assistant.answers import filters
from policies.hygiene import visible
from tui import keys, safe

OFFERED_VALUES = 8
"""Most values of a filter that are offered at once."""

_FILTER_AT_END = re.compile(r'(?:^|\s)(\w+):("(?:\\.|[^"\\])*|[^\s"]*)$')
"""A filter that is being typed: its name, and its value with an opening quote if it has one."""

_MENTION_AT_END = re.compile(r"(?:^|\s)(@\S*)$")
"""A document that is about to be chosen."""


_EVERYWHERE = {pressed for key in keys.KEYS if key.place == "app" for pressed in key.keys.split(",")}
"""The keys that mean the same wherever the focus is."""


class QuestionInput(TextArea, inherit_bindings=False):
    """The question that is being written."""

    DEFAULT_CSS = """
    QuestionInput {
        height: auto; max-height: 8; min-height: 3; padding: 0 1; margin: 0;
        border: round $border; background: $background;
    }
    QuestionInput:focus { border: round $accent; background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # The text area's own F6 and F7 would take those that start and find conversations.
        *(
            theirs
            for theirs in TextArea.BINDINGS
            if not isinstance(theirs, Binding) or theirs.key not in _EVERYWHERE
        ),
        *keys.bindings("question"),
    ]

    @dataclass
    class Sent(Message):
        """The person asks the question."""

        text: str
        """The question, without white space at its ends; not empty."""

    @dataclass
    class TabPressed(Message):
        """Tab was pressed where there is no filter to complete."""

    @dataclass
    class Mentioning(Message):
        """`@` was typed to choose a document."""

    @dataclass
    class CompletionsChanged(Message):
        """The filter before the cursor, and the values that it may get, have changed."""

        filter: str
        """The filter's name; empty if the cursor is not in a filter."""
        values: Sequence[str]
        """The values that match what is typed, best first."""

        @property
        def offer(self) -> Content:
            """The first values, as a hint."""
            values = Content("  ").join(safe.line(value) for value in self.values[:OFFERED_VALUES])
            help_text = ("  (Tab completes the first one)", "$text-muted")
            return Content.assemble((f"{self.filter}: ", "$accent"), values, help_text)

    def __init__(self) -> None:
        super().__init__(
            soft_wrap=True,
            tab_behavior="focus",
            placeholder="Ask about your documents",
            highlight_cursor_line=False,
            id="question",
        )
        self.cursor_blink = False
        self._history: list[str] = []
        self._history_index = 0
        """Index of the question that is shown; the length of the history for a new one."""
        self._vocabulary: Mapping[str, Sequence[str]] = {}

    def set_history(self, questions: Sequence[str]) -> None:
        """Sets the questions that the up key recalls, oldest first."""
        self._history = [visible(question) for question in questions]
        self._history_index = len(self._history)

    def set_vocabulary(self, vocabulary: Mapping[str, Sequence[str]]) -> None:
        """Sets the values that filters can have, by the filter's name."""
        self._vocabulary = vocabulary

    def set_text(self, text: str) -> None:
        """Replaces the text, and moves the cursor to its end."""
        self.text = visible(text)
        self.move_cursor(self.document.end)

    def take(self, text: str) -> None:
        """Inserts text that was pasted elsewhere, and gets the focus."""
        self.insert(text)
        self.focus()

    def action_copy(self) -> None:
        """Copies what is selected; without a selection, empties the question, as in a shell."""
        if self.text and not self.selected_text:
            self.clear()
        else:
            super().action_copy()

    # These bindings have priority over the text area's own keys, so they would also overtake characters that
    # were typed before them and are still queued. `call_later` puts the actions behind those.

    def action_send(self) -> None:
        """Asks the question."""
        self.call_later(self._send)

    def action_newline(self) -> None:
        """Starts a new line."""
        self.call_later(self.insert, "\n")

    def action_recall(self) -> None:
        """Moves up; from the first line, recalls the previous question."""
        self.call_later(self._recall_previous)

    def action_forward(self) -> None:
        """Moves down; from the last line, recalls the next question."""
        self.call_later(self._recall_next)

    def action_complete(self) -> None:
        """Completes the filter before the cursor."""
        self.call_later(self._complete)

    def action_mention(self) -> None:
        """Types `@`; at the start of a word, a document can then be chosen."""
        self.call_later(self._mention)

    def drop_mention(self) -> None:
        """Removes the `@` before the cursor, with what was typed behind it."""
        row, column = self.cursor_location
        if match := _MENTION_AT_END.search(self.document.get_line(row)[:column]):
            self.replace("", (row, match.start(1)), (row, column))

    def _mention(self) -> None:
        self.insert("@")
        row, column = self.cursor_location
        if _MENTION_AT_END.search(self.document.get_line(row)[:column]):
            self.post_message(self.Mentioning())

    def _send(self) -> None:
        if self.text.strip():
            self.post_message(self.Sent(self.text.strip()))

    def _recall_previous(self) -> None:
        if self.cursor_location[0] > 0 or not self._history_index:
            self.action_cursor_up()
        else:
            self._recall(self._history_index - 1)

    def _recall_next(self) -> None:
        last_line = self.document.line_count - 1
        if self.cursor_location[0] < last_line or self._history_index >= len(self._history):
            self.action_cursor_down()
        else:
            self._recall(self._history_index + 1)

    def _recall(self, index: int) -> None:
        self._history_index = index
        self.set_text(self._history[index] if index < len(self._history) else "")

    def _complete(self) -> None:
        name, typed, values = self._completions()
        if not values:
            self.post_message(self.TabPressed())
            return
        row, column = self.cursor_location
        self.replace(
            visible(f"{filters.write_value(name, values[0])} "), (row, column - len(typed)), (row, column)
        )

    def on_text_area_selection_changed(self) -> None:
        """Reports the completions at the new place of the cursor."""
        name, _, values = self._completions()
        self.post_message(self.CompletionsChanged(name, values))

    def _completions(self) -> tuple[str, str, list[str]]:
        """The filter before the cursor: its name, the typed part of its value, and the matching values."""
        row, column = self.cursor_location
        match = _FILTER_AT_END.search(self.document.get_line(row)[:column])
        if match is None or match[1] not in self._vocabulary:
            return "", "", []
        typed = filters.unquote(match[2]).casefold()
        values = [value for value in self._vocabulary[match[1]] if typed in value.casefold()]
        values.sort(key=lambda value: not value.casefold().startswith(typed))
        return match[1], match[2], [value for value in values if value.casefold() != typed]
