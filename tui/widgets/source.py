"""Beside the conversation: what an answer cites, and the place in the document that the chosen one names."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from assistant.dialogue import Answer
from ingest.documents import Locator
from tui import keys, shown

AROUND = 6_000
"""Characters shown before and after the quoted words."""


@dataclass(frozen=True, slots=True)
class CitationEntry:
    """An entry of the list: a citation, or a passage that came near."""

    label: str
    title: str
    words: str
    locator: Locator


def cited(answer: Answer) -> list[CitationEntry]:
    """What stands beside an answer: its citations; of one that abstained, the nearest passages."""
    if answer.citations:
        return [
            CitationEntry(f"[{each.marker}]", each.title, each.quote, each.locator)
            for each in answer.citations
        ]
    return [CitationEntry("near", each.title, each.text, each.locator) for each in answer.passages]


class CitationList(OptionList):
    """The list."""

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
        self.entries: Sequence[CitationEntry] = ()

    def show(self, entries: Sequence[CitationEntry]) -> None:
        self.entries = entries
        self.clear_options()
        for entry in entries:
            place = shown.where(entry.locator)
            words = shown.line(" ".join(entry.words.split())[:200], "$text-muted")
            self.add_option(
                Option(
                    Content("\n").join(
                        [
                            Content.assemble(
                                Content.styled(entry.label, "bold $accent"),
                                " ",
                                Content(shown.name(entry.locator.path)),
                                Content.styled(f"  {place}" if place else "", "$text-muted"),
                            ),
                            words,
                        ]
                    )
                )
            )


class SourcePane(VerticalScroll, can_focus=True):
    """A document around the quoted words."""

    DEFAULT_CSS = """
    SourcePane {
        border: round $border; border-title-color: $text-muted; padding: 0 1; scrollbar-size-vertical: 1;
    }
    SourcePane:focus { border: round $accent; }
    SourcePane Static { height: auto; }
    SourcePane .picture { width: 100%; height: auto; }
    """

    def __init__(self) -> None:
        super().__init__(id="source")
        self.border_title = "Document"

    def compose(self) -> ComposeResult:
        yield Static(id="before")
        yield Static(id="quoted")
        yield Static(id="after")

    def clear(self, said: str = "") -> None:
        """Shows no document, and says why."""
        self.border_title = "Document"
        self._put(Content.styled(shown.text(said).plain, "$text-muted"), Content(""), Content(""))

    def show(self, locator: Locator, page: str) -> None:
        """Shows `page`, in which `locator` says what was quoted."""
        self._entitle(locator)
        start, end = locator.chars
        # Whole lines on either side, so that the quoted ones can be brought into sight.
        first = page.rfind("\n", 0, start) + 1
        last = page.find("\n", end)
        last = len(page) if last < 0 else last
        before, after = page[max(first - AROUND, 0) : first], page[last + 1 : last + 1 + AROUND]
        if first > AROUND:
            before = "…" + before.partition("\n")[2]
        if last + 1 + AROUND < len(page):
            after = after.rpartition("\n")[0] + "\n…"
        quoted = shown.text(page[first:last]).stylize(
            "bold underline $foreground on $accent 25%", start - first, end - first
        )
        self._put(
            shown.text(before.removesuffix("\n"), "$text-muted"), quoted, shown.text(after, "$text-muted")
        )
        self.call_after_refresh(self._to_quote)

    def draw(self, locator: Locator, picture: Widget) -> None:
        """Shows the page that `locator` lies on as it looks."""
        self._entitle(locator)
        self._put(Content(""), Content(""), Content(""))
        self.mount(picture)
        self.scroll_home(animate=False)

    def _entitle(self, locator: Locator) -> None:
        place = shown.where(locator)
        self.border_title = Content(" · ".join([shown.name(locator.path), *([place] if place else [])]))

    def _to_quote(self) -> None:
        region = self.query_one("#quoted").virtual_region
        self.scroll_to(y=max(region.y - max(self.size.height // 4, 1), 0), animate=False)

    def _put(self, *contents: Content) -> None:
        self.query(".picture").remove()
        for place, content in zip(("before", "quoted", "after"), contents, strict=True):
            static = self.query_one(f"#{place}", Static)
            static.display = bool(content.plain)
            static.update(content)
