"""What an answer rests on: the list of its citations, and the cited place in its document.

`EvidencePane` puts the two together, beside the conversation. It posts `PlaceChosen` when another entry is
selected; the screen then fetches the document's text or picture and passes it to `SourcePane`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from assistant.answers.showing import shown, shown_citation
from assistant.dialogue import Answer
from assistant.formatting import file_name, hidden_text, place_in_document
from ingest.documents import HiddenText, Locator
from policies.hygiene import one_line
from tui import keys, safe

if TYPE_CHECKING:
    from ingest.catalogue import PageText

CONTEXT_CHARS = 6_000
"""Characters of the document shown on either side of the quote."""

EXCERPT_CHARS = 200
"""Characters of a quote shown in the list behind the words that answer."""

LEAD_CHARS = 24
"""Characters of it in front of them, so that they are in sight."""


@dataclass(frozen=True, slots=True)
class EvidenceEntry:
    """An entry of the list: a citation, or a passage that came near."""

    label: str
    """The citation's marker, such as `[1]`, or `near`."""
    quote: tuple[str, str, str]
    """The quoted words, or the passage, as the document shows it: what is before the words that answer, these
    words, and what is after them."""
    locator: Locator
    """The place of the quote."""


def evidence(answer: Answer) -> list[EvidenceEntry]:
    """The citations of a reply; if it has none, because nothing was found, the nearest passages."""
    if answer.citations:
        return [
            EvidenceEntry(f"[{citation.marker}]", shown_citation(citation, answer.passages), citation.locator)
            for citation in answer.citations
        ]
    return [
        EvidenceEntry("near", (shown(passage.text), "", ""), passage.locator) for passage in answer.passages
    ]


class CitationList(OptionList):
    """The entries, each with its document, its place and the beginning of the quote."""

    DEFAULT_CSS = """
    CitationList {
        height: auto; max-height: 45%; padding: 0;
        border: round $border; background: $background; text-wrap: nowrap; text-overflow: ellipsis;
    }
    CitationList:focus { border: round $accent; }
    CitationList > .option-list--option-highlighted { background: $accent 12%; text-style: none; }
    CitationList:focus > .option-list--option-highlighted { background: $accent 22%; text-style: none; }
    CitationList:nocolor > .option-list--option-highlighted { text-style: bold underline; }
    """
    BINDINGS = keys.bindings("citations")

    def __init__(self) -> None:
        super().__init__(id="citations", markup=False)
        self.border_title = "Sources"
        self.entries: Sequence[EvidenceEntry] = ()
        """Those that are shown, in order."""

    def show(self, entries: Sequence[EvidenceEntry]) -> None:
        """Replaces the entries."""
        self.entries = entries
        self.clear_options()
        self.add_options(Option(_option_text(entry)) for entry in entries)


def _option_text(entry: EvidenceEntry) -> Content:
    place = place_in_document(entry.locator)
    first_line = Content.assemble(
        Content.styled(entry.label, "bold $accent"),
        " ",
        Content(file_name(entry.locator.path)),
        Content.styled(f"  {place}" if place else "", "$text-muted"),
    )
    before, words, after = (one_line(re.sub(r"\s+", " ", part)) for part in entry.quote)
    if words and len(before) > LEAD_CHARS:
        before = f"…{before[-LEAD_CHARS:].partition(' ')[2]}"
    excerpt = Content.assemble(
        (before[:EXCERPT_CHARS], "$text-muted"),
        (words, "bold $foreground"),
        (after[:EXCERPT_CHARS], "$text-muted"),
    )
    return Content("\n").join([first_line, excerpt])


class SourcePane(VerticalScroll, can_focus=True):
    """A document around the quoted words, as text or as a picture of the page."""

    DEFAULT_CSS = """
    SourcePane {
        border: round $border; border-title-color: $text-muted; padding: 0 1; scrollbar-size-vertical: 1;
    }
    SourcePane:focus { border: round $accent; }
    SourcePane Static { height: auto; }
    SourcePane .picture { width: 100%; height: auto; }
    /* A picture is as high as its width makes it. If the bar came and went, it would change size forever. */
    SourcePane.-picture { overflow-y: scroll; }
    """

    def __init__(self) -> None:
        super().__init__(id="source")
        self.border_title = "Document"
        self._kept_at: float | None = None
        """The scroll position at which it shows the quote; None without a quote."""

    def compose(self) -> ComposeResult:
        """The text before the quote, the lines with the quote, and the text after it."""
        yield Static(id="before")
        yield Static(id="quoted")
        yield Static(id="after")

    def on_mount(self) -> None:
        """Scrolls after each layout of the screen, because only then is the place of the quote known."""
        self.screen.screen_layout_refresh_signal.subscribe(self, self._on_layout)

    def show_message(self, message: str) -> None:
        """Shows a message in place of a document."""
        self._kept_at = None
        self.border_title = "Document"
        self._update(safe.text(message, "$text-muted"), Content(""), Content(""))

    def show_page(self, locator: Locator, page: PageText) -> None:
        """Shows a page, with what is hidden on it marked as such, and scrolls to the quote.

        locator: its `chars` are the quote's offsets in the page's text.
        """
        page_text = page.text
        self._set_title(locator)
        start, end = locator.chars
        # The parts are whole lines, so that the quoted ones are a widget of their own to scroll to.
        first = page_text.rfind("\n", 0, start) + 1
        last = page_text.find("\n", end)
        last = len(page_text) if last < 0 else last
        opening, closing = max(first - CONTEXT_CHARS, 0), min(last + 1 + CONTEXT_CHARS, len(page_text))
        if opening:
            opening = page_text.find("\n", opening, first) + 1 or first
        if closing < len(page_text):
            closing = max(page_text.rfind("\n", last + 1, closing), last + 1)
        before = safe.text(page_text[opening:first].removesuffix("\n"), "$text-muted")
        after = safe.text(page_text[last + 1 : closing], "$text-muted")
        quoted = safe.text(page_text[first:last]).stylize(
            "bold underline $foreground on $accent 25%", start - first, end - first
        )
        before = _with_hidden(before, page.hidden, opening, first)
        quoted = _with_hidden(quoted, page.hidden, first, last + 1)
        after = _with_hidden(after, page.hidden, last + 1, closing + 1)
        if opening:
            before = Content("…").append(before)
        if closing < len(page_text):
            after = after.append("\n…")
        self._update(before, quoted, after)
        self._kept_at = self.scroll_y
        self.call_after_refresh(self._on_layout)

    def show_picture(self, locator: Locator, picture: Widget) -> None:
        """Shows the picture of the page that `locator` is on."""
        self._kept_at = None
        self._set_title(locator)
        self._update(Content(""), Content(""), Content(""))
        self.add_class("-picture")
        self.mount(picture)
        self.scroll_home(animate=False)

    def _set_title(self, locator: Locator) -> None:
        parts = [file_name(locator.path), place_in_document(locator)]
        self.border_title = Content(" · ".join(part for part in parts if part))

    def _on_layout(self, _: Screen[object] | None = None) -> None:
        """Scrolls to the quote, unless the person has scrolled since."""
        if self._kept_at is None or min(self._kept_at, self.max_scroll_y) != self.scroll_y:
            return
        region = self.query_one("#quoted").virtual_region
        place = max(region.y - max(self.size.height // 4, 1), 0)
        self.scroll_to(y=place, animate=False, immediate=True)
        self._kept_at = self.scroll_y

    def _update(self, before: Content, quoted: Content, after: Content) -> None:
        self.query(".picture").remove()
        self.remove_class("-picture")
        for name, content in (("before", before), ("quoted", quoted), ("after", after)):
            static = self.query_one(f"#{name}", Static)
            static.display = bool(content.plain)
            static.update(content)


def _with_hidden(content: Content, hidden: Sequence[HiddenText], start: int, end: int) -> Content:
    """The part of a page from `start`, with the hidden texts before `end` in their places, marked as such."""
    for piece in reversed([piece for piece in hidden if start <= piece.at < end]):
        at = min(piece.at - start, len(content.plain))
        mark = safe.text(hidden_text(piece), "$text-warning italic")
        # Between two lines, it gets a line of its own.
        if not at or content.plain[at - 1] == "\n":
            mark = mark.append("\n")
        content = content[:at].append(mark).append(content[at:])
    return content


class EvidencePane(Vertical):
    """The citations of the last answer, above the document that the selected one is from.

    It is hidden while there are none. In a narrow terminal, it is shown only while the person looks at it.
    """

    @dataclass
    class PlaceChosen(Message):
        """Another entry was selected."""

        locator: Locator

    def __init__(self) -> None:
        super().__init__(id="side")

    def compose(self) -> ComposeResult:
        """The list and the document."""
        yield CitationList()
        yield SourcePane()

    def show(self, answer: Answer | None) -> None:
        """Shows the evidence of an answer, and selects its first entry; None hides the pane."""
        entries = evidence(answer) if answer is not None else []
        citations = self.query_one(CitationList)
        citations.show(entries)
        citations.display = self.query_one(SourcePane).display = bool(entries)
        self.set_class(bool(entries), "-filled")
        if entries:
            citations.highlighted = 0
        else:
            self.close()

    def close(self) -> None:
        """Gives its room back to the conversation in a narrow terminal."""
        self.remove_class("-open")
        self.screen.remove_class("-sources")

    @property
    def locator(self) -> Locator | None:
        """The place of the selected entry; None if there is none."""
        citations = self.query_one(CitationList)
        index = citations.highlighted
        return None if index is None else citations.entries[index].locator

    def step(self, by: int) -> bool:
        """Focuses the list; if it or the document has the focus already, selects another entry.

        by: 1 for the next entry, -1 for the previous one. Returns False if there are no entries.
        """
        citations = self.query_one(CitationList)
        if not citations.entries:
            return False
        index = citations.highlighted
        if index is not None and (citations.has_focus or self.query_one(SourcePane).has_focus):
            index += by
        self._select(index or 0)
        return True

    def select_marker(self, marker: int) -> bool:
        """Focuses the list and selects the citation with this number; False if there is none."""
        labels = [entry.label for entry in self.query_one(CitationList).entries]
        if f"[{marker}]" not in labels:
            return False
        self._select(labels.index(f"[{marker}]"))
        return True

    def _select(self, index: int) -> None:
        citations = self.query_one(CitationList)
        self.add_class("-open")
        self.screen.add_class("-sources")
        citations.highlighted = index % len(citations.entries)
        citations.focus()

    def on_option_list_option_highlighted(self) -> None:
        """Reports the selected place."""
        if (locator := self.locator) is not None:
            self.post_message(self.PlaceChosen(locator))

    def on_option_list_option_selected(self) -> None:
        """Goes on to the document."""
        self.query_one(SourcePane).focus()
