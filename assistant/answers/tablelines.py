"""The lines of a document that may be tables, divided into cells, before their headers are known.

Every parser writes tables in its own way: the lines of a CSV file as they are, the rows of a workbook with
bars below the name of their sheet, Markdown's pipes (also for HTML, Word and mail), wide gaps in PDF and
plain text. People type them with semicolons, gaps and dots (`ingest.typedtables`). A page whose cells cannot
be assigned to columns with certainty gives no lines.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ingest.catalogue.records import DocumentContent
from ingest.documents import WORKBOOKS
from ingest.keywords import folded
from ingest.parsers.table import DELIMITERS, delimiter_of, records_above
from ingest.typedtables import FENCE, typed_tables

SPACED_TYPES = ("application/pdf", "text/plain")
"""Media types in which wide gaps may separate cells, and whose first line may be a title."""
_MARKED_UP = ("text/markdown", "text/org", "text/x-org", "text/plain", "application/x-ipynb+json")
"""Media types in which a short row of pipes lacks its last cells, because a person wrote it."""
_TYPED = (
    *("text/markdown", "text/org", "text/x-org", "text/x-rst", "text/plain", "application/rtf"),
    *("message/rfc822", "application/mbox", "application/vnd.ms-outlook"),
)
"""Media types whose lines a person typed."""
GAP = re.compile(r" {3,}|\t+")
"""A wide gap between cells."""
_DELIMITER = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(?:[|+]\s*:?-{1,}:?\s*)*\|?\s*")
_PIPE = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class CellLine:
    """A line of a table before its header is known."""

    cells: tuple[str, ...]
    """Its cells, as they are written."""
    page: int
    """Index of its page."""
    start: int
    """Where it begins on the page."""
    end: int
    """Where it ends."""


@dataclass(frozen=True, slots=True)
class CellLines:
    """The lines of what may be one table."""

    lines: list[CellLine]
    """In order."""
    sheet: str = ""
    """The name of the sheet of a workbook; empty for others."""
    is_headed: bool | None = None
    """Whether the first line names the columns. None if that is not certain: such lines are a table only if
    their first line can be a header, because prose in columns looks the same."""


def line_groups(document: DocumentContent) -> Iterator[CellLines]:
    """All groups of lines that may be tables, in reading order for each notation."""
    if delimiters := DELIMITERS.get(document.media_type):
        yield CellLines(list(_separated(document, delimiters)))
    elif document.media_type in WORKBOOKS:
        yield from (CellLines(lines, name) for name, lines in _sheets(document))
    else:
        yield from map(CellLines, _over_pages(_piped(document)))
        # Tables that a person typed come before lines with wide gaps, whose table may begin anywhere.
        if document.media_type in _TYPED:
            yield from _typed(document)
        if document.media_type in SPACED_TYPES:
            yield from map(CellLines, _over_pages(_spaced(document)))


def _line_spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _separated(document: DocumentContent, delimiters: str) -> list[CellLine]:
    delimiter = delimiter_of(document.pages[0], delimiters)
    above = records_above(document.pages[0], delimiter)
    lines: list[CellLine] = []
    for number, text in enumerate(document.pages):
        spans = list(_line_spans(text))
        reader = csv.reader((text[start:end] + "\n" for start, end in spans), delimiter=delimiter)
        at = 0
        try:
            for record in reader:
                start, end = spans[at][0], spans[reader.line_num - 1][1]
                at = reader.line_num
                if any(cell.strip() for cell in record):
                    lines.append(CellLine(tuple(record), number, start, end))
        except csv.Error:
            return []
    if not above:
        return lines
    # If something is written above a table, sums and remarks may be written below it.
    width = len(lines[above].cells)
    kept = [line for line in lines[above:] if len(line.cells) == width]
    ends = (place for place, (one, other) in enumerate(pairwise(kept), 1) if _is_below(document, one, other))
    return kept[: next(ends, len(kept))]


def _is_below(document: DocumentContent, line: CellLine, other: CellLine) -> bool:
    """Whether a line below a table is separate from it, and does not fill all columns."""
    text = document.pages[line.page]
    is_apart = line.page == other.page and text[line.end : other.start].count("\n") > 1
    return is_apart and not all(other.cells)


def _sheets(document: DocumentContent) -> Iterator[tuple[str, list[CellLine]]]:
    """The name and the lines of each sheet of a workbook."""
    text = document.pages[0]
    sheets: dict[str, list[CellLine]] = {}
    for place in document.places:
        if not place.heading:
            continue
        lines = sheets.setdefault(place.heading[0], [])
        base, end_of_place = place.chars
        # The text of a chunk is trimmed, so an empty first cell is not in it.
        base = text.rfind("\n", 0, base) + 1
        for start, end in _line_spans(text[base:end_of_place]):
            cells = tuple(text[base + start : base + end].split(" | "))
            lines.append(CellLine(cells, 0, base + start, base + end))
    yield from sheets.items()


def _piped(document: DocumentContent) -> Iterator[list[CellLine]]:
    """The lines of each table in the notation of Markdown or Org."""
    written_by_hand = document.media_type in _MARKED_UP
    for number, text in enumerate(document.pages):
        spans = list(_line_spans(text))
        fenced = False
        index = 0
        while index < len(spans):
            line = text[slice(*spans[index])]
            if FENCE.match(line):
                fenced = not fenced
            under = text[slice(*spans[index + 1])] if index + 1 < len(spans) else ""
            if fenced or "|" not in line or not ("-" in under and _DELIMITER.fullmatch(under)):
                index += 1
                continue
            lines = [CellLine(_pipe_cells(line), number, *spans[index])]
            index += 2
            while index < len(spans) and "|" in (line := text[slice(*spans[index])]):
                if not _DELIMITER.fullmatch(line):
                    lines.append(CellLine(_pipe_cells(line), number, *spans[index]))
                index += 1
            if written_by_hand or len({len(line.cells) for line in lines}) == 1:
                yield lines


def _over_pages(tables: Iterator[list[CellLine]]) -> Iterator[list[CellLine]]:
    """The tables; one that continues on the next page under the same header is joined."""
    open_table: list[CellLine] = []
    for lines in tables:
        if (
            open_table
            and lines[0].page == open_table[-1].page + 1
            and [folded(cell) for cell in lines[0].cells] == [folded(cell) for cell in open_table[0].cells]
        ):
            open_table += lines[1:]
            continue
        if open_table:
            yield open_table
        open_table = lines
    if open_table:
        yield open_table


def _pipe_cells(line: str) -> tuple[str, ...]:
    line = line.strip()
    line = line.removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return tuple(cell.strip().replace("\\|", "|") for cell in _PIPE.split(line))


def _spaced(document: DocumentContent) -> Iterator[list[CellLine]]:
    """The lines of each table whose cells are separated by wide gaps. It may continue on the next page."""
    open_table: list[CellLine] = []
    for number, text in enumerate(document.pages):
        for start, end in _line_spans(text):
            line = text[start:end]
            cells = tuple(GAP.split(line.strip()))
            if not line.strip():
                continue
            if len(cells) > 1 and (not open_table or len(cells) == len(open_table[0].cells)):
                if not (open_table and folded(" ".join(cells)) == folded(" ".join(open_table[0].cells))):
                    open_table.append(CellLine(cells, number, start, end))
                continue
            if len(cells) == 1 and open_table and open_table[-1].page != number:
                continue  # A title or a running header above the rest of the table.
            if len(open_table) > 1:
                yield open_table
            open_table = [CellLine(cells, number, start, end)] if len(cells) > 1 else []
    if len(open_table) > 1:
        yield open_table


def _typed(document: DocumentContent) -> Iterator[CellLines]:
    """The lines of each table that a person typed."""
    for number, text in enumerate(document.pages):
        for table in typed_tables(text):
            if table.is_whole:
                lines = [CellLine(row.cells, number, row.start, row.end) for row in table.lines]
                yield CellLines(lines, is_headed=table.header is not None)
