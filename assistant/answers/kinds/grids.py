"""The sheets of a workbook, or the one of a file of separated values: captions, header, rows and totals.

A sheet may begin with captions, which are rows of one cell. The header is the first row whose cells all are
names. Rows that add up others are kept apart, so that nothing is counted twice.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.answers import amounts
from assistant.answers.kinds.pieces import phrases
from assistant.answers.tables import names_columns
from ingest.documents import EXCEL, Document
from ingest.language import writing
from ingest.parsers.table import DELIMITERS, delimiter_of

_TOTAL = phrases(writing.TOTALS)


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet."""

    name: str
    """The name of the sheet; empty for a file of separated values."""
    captions: tuple[str, ...]
    """The rows of one cell, such as a title above the header."""
    header: tuple[str, ...]
    """A name for each column; `Column 2` where the sheet gives none."""
    rows: tuple[tuple[str, ...], ...]
    """As many cells as the header, without the rows of totals."""
    totals: tuple[tuple[str, ...], ...]
    """The rows that add up others, as their label says."""
    is_named: bool
    """Whether the sheet names its columns."""
    from_program: bool
    """Whether a program wrote the numbers, with a decimal point."""

    def column(self, index: int) -> list[str]:
        """The cells of a column, from the first row on."""
        return [row[index] for row in self.rows]


def grids(document: Document) -> list[Grid]:
    """The sheets of a document that have rows, in order."""
    from_program = document.media_type == EXCEL
    found = (_grid(name, records, from_program) for name, records in _records(document))
    return [grid for grid in found if grid is not None]


def _records(document: Document) -> Iterator[tuple[str, list[list[str]]]]:
    """The name of each sheet, and the cells of its rows."""
    text = document.pages[0]
    sheets: dict[str, list[list[str]]] = {}
    delimiters = DELIMITERS.get(document.media_type)
    delimiter = delimiter_of(text, delimiters) if delimiters else ""
    for block in document.blocks:
        start, end = block.locator.chars
        text = document.pages[(block.locator.page or 1) - 1]
        # The text of a block is trimmed, so that an empty first cell is outside.
        record = text[text.rfind("\n", 0, start) + 1 : end]
        name = "" if delimiter else block.locator.heading[0] if block.locator.heading else ""
        cells = _separated(record, delimiter) if delimiter else record.split(" | ")
        sheets.setdefault(name, []).append([" ".join(cell.split()) for cell in cells])
    yield from sheets.items()


def _separated(record: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(record.splitlines(keepends=True), delimiter=delimiter), [])
    except csv.Error:
        return record.split(delimiter)


def _grid(name: str, records: Sequence[Sequence[str]], from_program: bool) -> Grid | None:
    """The sheet with these rows; None if none of them has a cell."""
    filled = [list(record) for record in records if any(record)]
    width = max((len(record) for record in filled), default=0)
    if not width:
        return None
    padded = [(*record, *("",) * (width - len(record))) for record in filled]
    captions = [row for row in padded if sum(map(bool, row)) == 1 < width]
    rows = [row for row in padded if sum(map(bool, row)) > 1 or width == 1]
    header: tuple[str, ...] = ()
    if len(rows) > 1 and names_columns(rows[0]):
        header, rows = rows[0], rows[1:]
    used = [
        column for column in range(width) if (header and header[column]) or any(row[column] for row in rows)
    ]
    marked = [(row, _is_total(row)) for row in rows]

    def of_used(row: Sequence[str]) -> tuple[str, ...]:
        return tuple(row[column] for column in used)

    return Grid(
        name,
        tuple(text for row in captions if not _TOTAL.fullmatch(text := " ".join(filter(None, row)))),
        tuple(
            (header[column] if header else "") or f"Column {place}"
            for place, column in enumerate(used, start=1)
        ),
        tuple(of_used(row) for row, is_total in marked if not is_total),
        tuple(of_used(row) for row, is_total in marked if is_total),
        bool(header),
        from_program,
    )


def _is_total(row: Sequence[str]) -> bool:
    """Whether a row adds up others, as its label says."""
    label = next((cell for cell in row if cell and not amounts.is_number(cell)), "")
    return len(label.split()) <= 3 and _TOTAL.match(label) is not None and any(map(amounts.is_number, row))
