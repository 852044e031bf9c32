"""The lines of all pages of a PDF, made into the text, blocks and headings of the document.

Running headers and footers (`running`) stay in the page's text but enter no block. A word broken at the end
of a line is joined; its hyphen stays if the document writes the word with a hyphen elsewhere, or if a number
or a capital letter follows (`Rhein-Main`). Headings come from the outline and are matched to the lines that
show them.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from ingest.documents import BlockKind
from ingest.parsers.extract import Outline, Span
from ingest.parsers.pdf.lines import PageLine
from ingest.parsers.pdf.running import running_lines
from ingest.parsers.text import letters

HEADING_NUMBER = 12
"""Maximum letters before a heading on its line: `Chapter 12`, `§ 3.1`."""
HEADING_START = 20
"""Minimum letters of a line that may be the start of a heading over several lines."""

_BROKEN_WORD = re.compile("(\\w+)-?\ufffe\\s*(\\w+)")
"""pdfium marks a word broken between lines with U+FFFE, in place of the hyphen and the line end."""


@dataclass(frozen=True, slots=True)
class OutlineHeading:
    """An entry of the PDF's outline."""

    level: int
    """1 is outermost."""
    title: str
    page: int
    """Counted from 0."""


@dataclass(frozen=True, slots=True)
class PagesLaidOut:
    """The text of all pages."""

    texts: tuple[str, ...]
    """The text of each page."""
    spans: tuple[Span, ...]
    """The blocks."""
    line_ends: tuple[tuple[int, ...], ...]
    """For each page, where each of its lines ends in its text."""


def lay_out(
    pages: list[list[PageLine]], headings: list[OutlineHeading], attachments: list[str]
) -> PagesLaidOut:
    """The text of each page, and the spans of the blocks on it.

    attachments: names, listed after the last page's text.
    """
    laid_out = _lay_out(pages, headings, attachments, running_lines(pages))
    if any(laid_out.texts[span.page][span.start : span.end].strip() for span in laid_out.spans):
        return laid_out
    # The document consists of repeated lines alone.
    return _lay_out(pages, headings, attachments, [frozenset()] * len(pages))


def _lay_out(
    pages: list[list[PageLine]],
    headings: list[OutlineHeading],
    attachments: list[str],
    running: list[frozenset[int]],
) -> PagesLaidOut:
    join = _word_joiner(pages)
    texts = []
    line_ends = []
    outline = Outline()
    for number, lines in enumerate(pages):
        outline.turn(number)
        page = _PageText(outline)
        headings_at = _place([heading for heading in headings if heading.page == number], lines)
        for index, line in enumerate(lines):
            page.add(line, join(line.text), headings_at[index], is_running=index in running[number])
        if number == len(pages) - 1 and attachments:
            listing = f"Attachments: {', '.join(attachments)}"
            line = PageLine(listing, is_row=False, starts_paragraph=True)
            page.add(line, listing, headings_at[len(lines)], is_running=False)
        texts.append(page.text())
        line_ends.append(tuple(page.line_ends))
    return PagesLaidOut(tuple(texts), outline.spans(), tuple(line_ends))


def _place(
    headings: list[OutlineHeading], lines: list[PageLine]
) -> dict[int, list[tuple[OutlineHeading, bool]]]:
    """Headings by the index of their line, each with whether that line shows it.

    A heading that no line shows is placed at the previous heading, or at the top of the page.
    """
    placed: dict[int, list[tuple[OutlineHeading, bool]]] = defaultdict(list)
    at = 0
    for heading in headings:
        shown = next(
            (index for index in range(at, len(lines)) if _shows(lines[index].text, heading.title)), None
        )
        at = at if shown is None else shown
        placed[at].append((heading, shown is not None))
    return placed


def _shows(text: str, title: str) -> bool:
    """Whether a line shows a heading: the title, perhaps numbered, or the start of a long one."""
    shown, wanted = letters(text), letters(title)
    if not shown or not wanted:
        return False
    is_whole = shown.endswith(wanted) and len(shown) <= len(wanted) + HEADING_NUMBER
    return is_whole or (len(shown) > HEADING_START and wanted.startswith(shown))


class _PageText:
    """Builds the text of one page, and adds its blocks and headings to the outline."""

    def __init__(self, outline: Outline) -> None:
        self.line_ends: list[int] = []
        """Where each line that was added ends."""
        self._outline = outline
        self._parts: list[str] = []
        self._length = 0
        self._open_kind: BlockKind | None = None
        """Kind of the open block, which began at `_start`; None when no block is open."""
        self._start = 0
        self._under = ""

    def add(
        self, line: PageLine, text: str, headings: list[tuple[OutlineHeading, bool]], *, is_running: bool
    ) -> None:
        """Adds a line and the headings placed at it. `text` is the line's text with broken words joined."""
        kind = BlockKind.ROWS if line.is_row else BlockKind.PROSE
        if line.starts_paragraph or is_running or headings or kind is not self._open_kind:
            self._close()
            if self._parts:
                self._append("\n")
        start = self._length
        self._append(f"{text}\n")
        self.line_ends.append(self._length)
        for heading, shown in headings:
            self._outline.heading(heading.level, heading.title, start, self._length if shown else start)
        if not is_running and not any(shown for _, shown in headings) and self._open_kind is None:
            self._open_kind, self._start, self._under = kind, start, line.under

    def text(self) -> str:
        """The page's text. Called once, after the last line."""
        self._close()
        return "".join(self._parts)

    def _close(self) -> None:
        if self._open_kind is not None:
            self._outline.add(self._open_kind, self._start, self._length, under=self._under)
        self._open_kind = None

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def _word_joiner(pages: list[list[PageLine]]) -> Callable[[str], str]:
    """A function that joins broken words, with the knowledge of all hyphenated words of the document."""
    hyphenated: set[str] = set()
    for lines in pages:
        for line in lines:
            hyphenated.update(word.casefold() for word in re.findall(r"\w+-\w+", line.text))

    def joined(broken: re.Match[str]) -> str:
        with_hyphen = f"{broken[1]}-{broken[2]}"
        is_compound = broken[2][0].isupper() and not broken[1].isupper()
        if with_hyphen.casefold() in hyphenated or broken[2][0].isdigit() or is_compound:
            return with_hyphen
        return broken[1] + broken[2]

    return lambda text: _BROKEN_WORD.sub(joined, text).replace("\ufffe", "-") if "\ufffe" in text else text
