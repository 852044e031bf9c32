"""Repeats the header of a table that continues on the next page above the rest of the table.

Each page is read by itself, and a row means little without the names of its columns. A table continues if it
ends one page and the next page begins with rows of as many cells, running headers and footers aside.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.parsers.pdf.lines import PageLine
from ingest.parsers.pdf.tables import CELL_SEPARATOR, with_bars

_BAR = re.compile(r"(?<!\\)\|")
_UNDER_HEADER = re.compile(r"\|(?: --- \|)+")
_YEAR = re.compile(r"(?:19|20)\d\d")


def with_repeated_headers(
    pages: Sequence[list[PageLine]], running: Sequence[frozenset[int]]
) -> list[list[PageLine]]:
    """The lines of all pages, with the headers of tables that continue.

    running: for each page, the indices of its running headers and footers.
    """
    result = []
    header: list[str] = []
    for lines, edges in zip(pages, running, strict=True):
        body = [index for index in range(len(lines)) if index not in edges]
        start, below = (body[0], len(lines) - body[-1] - 1) if body else (0, 0)
        if body and _goes_on(header, lines[start:]):
            lines = [*lines[:start], *_under(header, lines[start:])]
        header = _last_header(lines[start : len(lines) - below])
        result.append(lines)
    return result


def _goes_on(header: Sequence[str], lines: Sequence[PageLine]) -> bool:
    """Whether lines begin with rows of a table that has this header."""
    return (
        bool(header)
        and lines[0].is_row
        and len(_cells(lines[0])) == len(header)
        and not _names_columns(_cells(lines[0]))
    )


def _under(header: Sequence[str], lines: Sequence[PageLine]) -> list[PageLine]:
    """The lines, of which the first are rows, under a header."""
    first = lines[0]
    rest = lines[1:]
    has_bars = bool(rest) and _UNDER_HEADER.fullmatch(rest[0].text) is not None
    if has_bars:
        names, between = with_bars(header)
        above = [replace(first, text=names, cells=()), replace(rest[0], text=between)]
        rest = rest[1:]
    else:
        above = [replace(first, text=CELL_SEPARATOR.join(name or "-" for name in header), cells=())]
    return [*above, replace(first, starts_paragraph=False), *rest]


def _last_header(lines: Sequence[PageLine]) -> list[str]:
    """The names of the columns of the table that ends with these lines; none if there is no such table."""
    start = len(lines)
    while start > 0 and lines[start - 1].is_row:
        start -= 1
        if lines[start].starts_paragraph:
            break
    names = _cells(lines[start]) if len(lines) - start > 1 else []
    return names if _names_columns(names) else []


def _names_columns(cells: Sequence[str]) -> bool:
    """Whether a row may name columns: two or more cells, and no numbers but years."""
    filled = [cell for cell in cells if cell]
    return len(filled) > 1 and all(_YEAR.fullmatch(cell) or not re.search(r"\d", cell) for cell in filled)


def _cells(line: PageLine) -> list[str]:
    if line.text.startswith("| "):
        return [cell.strip().replace("\\|", "|") for cell in _BAR.split(line.text)[1:-1]]
    return line.text.split(CELL_SEPARATOR)
