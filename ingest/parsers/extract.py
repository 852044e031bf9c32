"""The result of a format's module, and the helpers that these modules share.

A format's module turns bytes into clean pages of text and marks spans on them. `parsers.parse` makes the
document from that, so identity, locators and the verbatim rule are handled in one place. This module knows
no format.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ingest.documents import Block, BlockKind, Description, HiddenText, Locator, Metadata
from ingest.errors import UnreadableDocument
from ingest.parsers.metadata import NO_METADATA
from ingest.parsers.text import line

if TYPE_CHECKING:
    from PIL.Image import Image

Recognizer = Callable[["Image"], str]
"""Reads the text of a picture, line by line, with an empty line between paragraphs."""


LONGEST_HEADING = 300
"""The most characters of a heading. A longer one is read as a paragraph, and its beginning as the heading."""
DEEPEST_HEADING = 20
"""The most headings above a block. Each block keeps them, so more could fill the memory."""

COMMENTED_LENGTH = 80
"""Maximum characters of a commented text that are quoted in the comment's line."""


_WORDS_BESIDE_NUMBER = 4
"""Words up to which a header or footer with a page number holds nothing else: "Page 3 of 9"."""
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Layout(StrEnum):
    """What a locator can point at besides characters."""

    LINES = "lines"
    """The text is the file's own, and its lines are the lines that an editor shows."""
    PAGES = "pages"
    """The text was extracted page by page."""
    FLOW = "flow"
    """The text was extracted from a format that has neither lines nor pages."""


@dataclass(frozen=True, slots=True)
class Span:
    """The place of a block on its page. Surrounding white space is trimmed later."""

    kind: BlockKind
    start: int
    end: int
    """Characters of the page, end excluded."""
    heading: tuple[str, ...]
    """Headings above the block, outermost first."""
    page: int
    """Index into the extract's pages, counted from 0."""


@dataclass(frozen=True, slots=True)
class Extract:
    """One file's text, with the spans of its blocks."""

    title: str
    """The title that the content states; empty when it states none."""
    pages: tuple[str, ...]
    """Clean text (`text.clean`); one string unless the layout has pages."""
    spans: tuple[Span, ...]
    """In reading order. A span may hold nothing but white space; it is ignored then."""
    layout: Layout
    metadata: Metadata = NO_METADATA
    labels: tuple[str, ...] = ()
    """The printed number of each page, empty where it equals the page's position; no entry at all when no
    page has a label."""
    unread: str = ""
    """Which part of the file could not be read, and why; empty when all was read."""
    needs_ocr: bool = False
    """Whether OCR could read the part that is named in `unread`."""
    hidden: tuple[HiddenText, ...] = ()
    """Text that cannot be seen. It is on no page."""
    about: tuple[Description, ...] = ()
    """What the file says about others."""


class Outline:
    """Collects the spans of a text with headings.

    A heading is not part of the blocks below it: it reaches them through their locators. A heading without
    a block below it becomes a block itself, so that no text is lost.
    """

    def __init__(self, page: int = 0) -> None:
        self.title = ""
        """The first heading of level 1; empty until there is one."""
        self._page = page
        self._spans: list[Span] = []
        self._path: list[tuple[int, str]] = []
        """Level and name of the open sections."""
        self._bare: Span | None = None
        """The line of the last heading, until a block follows it."""

    def turn(self, page: int) -> None:
        """Continues on another page. Open sections stay open."""
        self._page = page

    def heading(self, level: int, name: str, start: int, end: int) -> None:
        """Opens a section of `level` (1 is outermost) whose heading is at `start:end`."""
        level, name = min(level, DEEPEST_HEADING), line(name)
        if self._bare and self._path[-1][0] >= level:
            self._spans.append(self._bare)
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._bare = Span(BlockKind.PROSE, start, end, self._names(), self._page)
        if len(name) > LONGEST_HEADING:
            self._spans.append(self._bare)
            self._bare = None
            name = f"{name[:LONGEST_HEADING].rsplit(' ', 1)[0]}…"
        self._path.append((level, name))
        if level == 1:
            self.title = self.title or name

    def add(self, kind: BlockKind, start: int, end: int, *, under: str = "") -> None:
        """Adds a block to the open section.

        under: a heading for this block alone; empty for none.
        """
        self._bare = None
        names = (*self._names(), line(under)) if under else self._names()
        self._spans.append(Span(kind, start, end, names, self._page))

    def spans(self) -> tuple[Span, ...]:
        """All spans, in the order they were added."""
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


def comment_line(author: str, on: str, said: str) -> str:
    """A person's comment as a line of its own: who wrote it, what it is on, and what it says.

    on: the text that it is on; only its beginning is repeated.
    """
    author, on, said = line(author), line(on[: 10 * COMMENTED_LENGTH]).rstrip(".,;:!?"), line(said)
    if len(on) > COMMENTED_LENGTH:
        on = on[:COMMENTED_LENGTH].rsplit(" ", 1)[0] + "…"
    by = f" by {author}" if author else ""
    about = f" on “{on}”" if on else ""
    # Some programs begin a comment with the name of its author.
    return f"Comment{by}{about}: {said.removeprefix(f'{author}:').strip()}"


def whole_number(stated: str, otherwise: int) -> int:
    """The number that a file states in at most nine digits; `otherwise` for anything else."""
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 10 else otherwise


def note_mark(number: str) -> str:
    """The mark of a note in the text, and before the note: ¹ for 1, and any other mark as it is."""
    return number.translate(_RAISED) if number.isdigit() else number


def is_page_number(text: str) -> bool:
    """Whether a line of a header or footer that has a page number holds nothing else."""
    return len(text.split()) <= _WORDS_BESIDE_NUMBER


@contextmanager
def damage_refused(what: str = "file") -> Iterator[None]:
    """Turns any exception into `UnreadableDocument`, because libraries raise any on damaged input.

    Works as a decorator as well. `MemoryError` passes: it says that the file is too large.

    what: what the error message calls damaged.
    """
    try:
        yield
    except (UnreadableDocument, MemoryError):
        raise
    except RecursionError as exc:
        raise UnreadableDocument("its parts are nested too deeply") from exc
    except Exception as exc:
        raise UnreadableDocument(
            f"damaged {what} ({type(exc).__name__})", remedy="Get a new copy of the file."
        ) from exc


def blocks_of(path: str, content: Extract) -> tuple[Block, ...]:
    """The spans as blocks, without surrounding white space. Empty spans are dropped."""
    newlines: list[int] = []
    page_of_lines, lines_before = -1, 0
    blocks = []
    for span in content.spans:
        if content.layout is Layout.LINES and span.page != page_of_lines:
            page_of_lines = span.page
            lines_before = sum(text.count("\n") for text in content.pages[: span.page])
            newlines = [match.start() for match in re.finditer("\n", content.pages[span.page])]
        start, end = _trimmed(content.pages[span.page], span)
        if start == end:
            continue
        lines = None
        if content.layout is Layout.LINES:
            first, last = bisect_left(newlines, start), bisect_left(newlines, end)
            lines = (lines_before + first + 1, lines_before + last + 1)
        has_pages = content.layout is Layout.PAGES or len(content.pages) > 1
        page = span.page + 1 if has_pages else None
        label = content.labels[span.page] or None if content.labels else None
        locator = Locator(
            path=path, page=page, label=label, heading=span.heading, lines=lines, chars=(start, end)
        )
        blocks.append(Block(span.kind, content.pages[span.page][start:end], locator))
    return tuple(blocks)


def _trimmed(page: str, span: Span) -> tuple[int, int]:
    """Start and end of a span without blank ends. Rows keep the indentation of their first line."""
    text = page[span.start : span.end]
    end = span.start + len(text.rstrip())
    start = span.start + len(text) - len(text.lstrip())
    if start > end:
        return end, end
    if span.kind is BlockKind.ROWS:
        start = max(span.start, page.rfind("\n", 0, start) + 1)
    return start, end
