"""What a format's module hands back, and the bookkeeping the modules share.

A format's module turns bytes into clean pages of text and marks spans on them; `parsers.parse`
makes the document from that, so identity, locators and the verbatim rule are settled in one
place. Nothing here knows a format.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ingest.documents import BlockKind, Metadata
from ingest.parsers.metadata import NOTHING_SAID
from ingest.parsers.text import line


class Layout(StrEnum):
    """What a locator can point at besides characters."""

    LINES = "lines"
    """The text is the file's own text: its lines are the lines an editor shows."""
    PAGES = "pages"
    """The text was extracted page by page."""
    FLOW = "flow"
    """The text was extracted from a format that has neither lines nor pages."""


@dataclass(frozen=True, slots=True)
class Span:
    """A block still without its document; surrounding white space is trimmed later."""

    kind: BlockKind
    start: int
    end: int
    """Characters of the page, end excluded."""
    heading: tuple[str, ...]
    page: int
    """Index into the extract's pages, counted from 0."""


@dataclass(frozen=True, slots=True)
class Extract:
    """One file's text, with spans on it."""

    title: str
    """As the content gives it; empty when it gives none."""
    pages: tuple[str, ...]
    """Clean text (`text.clean`); one string unless the layout has pages."""
    spans: tuple[Span, ...]
    """In reading order; white space only is allowed and ignored."""
    layout: Layout
    metadata: Metadata = NOTHING_SAID
    labels: tuple[str, ...] = ()
    """Of each page, its number as printed, empty where it is the page's place; none when no page has one."""
    unread: str = ""
    """What of the file could not be read, and why; empty when all was."""


class Outline:
    """Collects the spans of a text with headings.

    Heading lines are not part of the blocks below them: they reach a block through its
    locator. A heading with nothing below it becomes a block itself, so no text is lost.
    """

    def __init__(self, page: int = 0) -> None:
        self.title = ""
        """The first heading of level 1; empty until there is one."""
        self._page = page
        self._spans: list[Span] = []
        self._path: list[tuple[int, str]] = []
        self._bare: Span | None = None
        """The last heading's own line, while nothing has followed it."""

    def turn(self, page: int) -> None:
        """Goes on at another page; the sections that are open stay open."""
        self._page = page

    def heading(self, level: int, name: str, start: int, end: int) -> None:
        """Opens a section of `level` (1 is outermost) whose heading stands at `start:end`."""
        if self._bare and self._path[-1][0] >= level:
            self._spans.append(self._bare)
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._bare = Span(BlockKind.PROSE, start, end, self._names(), self._page)
        name = line(name)
        self._path.append((level, name))
        if level == 1:
            self.title = self.title or name

    def add(self, kind: BlockKind, start: int, end: int) -> None:
        """Adds a block to the section that is open."""
        self._bare = None
        self._spans.append(Span(kind, start, end, self._names(), self._page))

    def spans(self) -> tuple[Span, ...]:
        """All that was collected."""
        if self._bare:
            self._spans.append(self._bare)
            self._bare = None
        return tuple(self._spans)

    def _names(self) -> tuple[str, ...]:
        return tuple(name for _, name in self._path if name)


def lines(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every line, line ends excluded."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield start, end
        start = end + 1
    if start < len(text):
        yield start, len(text)


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every run of lines that are not blank."""
    first = last = -1
    for start, end in lines(text):
        if text[start:end].isspace() or start == end:
            if first >= 0:
                yield first, last
                first = -1
        else:
            if first < 0:
                first = start
            last = end
    if first >= 0:
        yield first, last
