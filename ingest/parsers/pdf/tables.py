"""The tables of a PDF page as rows of cells: those with lines around the cells, and those without.

Without lines, a column is where the parts of the fullest row stand, and the other rows are laid over it; a
part that belongs to no column opens one. A row that only continues in cells of the row above, and holds no
number, is the rest of those cells. A table without lines in which every cell is filled is written with wide
gaps between the cells. Another one is written with bars, so that each cell keeps its place and its name,
unless its cells have labels of their own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.parsers.pdf.columns import ALIGNED, Cell, joined
from ingest.parsers.pdf.ruled import RuledGrid

CELL_SEPARATOR = "   "
"""Text between the cells of a row: white space, as in the file, so that a quoted row is verbatim."""
BAR = "\\|"
"""A bar in a cell of a table with bars."""
LEAST_ALIGNED = 3
"""Minimum number of parts that begin where a column does, if the gap before them is narrow."""
LABELLED_SHARE = 0.3
"""Minimum share of the cells with a label, among cells that need no header."""
SLACK = 1.0
"""Width in points by which two parts must overlap to be in one column."""
TIGHT = 1.5
"""Maximum step between two lines of one cell, in font sizes."""

_LABELLED = re.compile(r"\w\.? ?:(?: |$)")
_NUMBER = re.compile(r"[^\w]*\d[\d.,:/%\s-]*[^\w]*|[-–—]")
"""A cell that holds a number, or a dash in its place."""


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """The parts of one row of a table without lines."""

    parts: tuple[Cell, ...]
    """From left to right."""
    is_wide: tuple[bool, ...]
    """For each gap between two parts, whether it is too wide for words of one cell."""
    baseline: float
    size: float
    """The font size."""


@dataclass(frozen=True, slots=True)
class TableLine:
    """One row of a table."""

    texts: tuple[str, ...]
    """The text of each cell; empty for an empty one."""
    parts: tuple[Cell, ...]
    """What it was made of."""
    baseline: float


@dataclass(slots=True)
class _Column:
    left: float
    right: float
    texts: dict[int, list[str]] = field(default_factory=dict)
    """The texts of each row."""


def ruled_rows(grid: RuledGrid, parts: Sequence[Cell]) -> list[TableLine]:
    """The rows of a table with lines; `parts` are all parts of lines in it."""
    cells: dict[tuple[int, int], list[Cell]] = {}
    for part in parts:
        left, bottom, right, top = part.box
        place = grid.place((left + right) / 2, (bottom + top) / 2)
        if place is not None:
            cells.setdefault(place, []).append(part)
    texts = {place: " ".join(part.text for part in _in_lines(inside)) for place, inside in cells.items()}
    rows = []
    for row in range(len(grid.tops) - 1):
        line = []
        inside = []
        for column in range(len(grid.lefts) - 1):
            first = grid.spans[row, column]
            line.append(texts.get(first, "") if first[1] == column else "")
            inside += cells.get((row, column), [])
        rows.append(TableLine(tuple(line), tuple(inside), grid.tops[row + 1]))
    return rows


def _in_lines(cells: Sequence[Cell]) -> list[Cell]:
    """The parts of one cell in reading order."""
    lines: list[list[Cell]] = []
    for cell in sorted(cells, key=lambda cell: -cell.box[1]):
        height = cell.box[3] - cell.box[1]
        if lines and abs(lines[-1][0].box[1] - cell.box[1]) < height / 2:
            lines[-1].append(cell)
        else:
            lines.append([cell])
    return [cell for line in lines for cell in sorted(line, key=lambda cell: cell.box[0])]


def aligned_rows(rows: Sequence[PlacedRow]) -> list[TableLine]:
    """The rows of a table without lines."""
    cells = [_cells(row, rows) for row in rows]
    columns: list[_Column] = []
    fullest = max(range(len(cells)), key=lambda number: len(cells[number]))
    for number in sorted(range(len(cells)), key=lambda number: (number != fullest, -len(cells[number]))):
        for part in cells[number]:
            _add(columns, number, part, is_header=number < fullest)
    columns.sort(key=lambda column: column.left)
    lines: list[TableLine] = []
    last = None
    for number, row in enumerate(rows):
        texts = tuple(" ".join(column.texts.get(number, [])) for column in columns)
        is_near = last is not None and 0 < last.baseline - row.baseline <= TIGHT * max(row.size, last.size)
        if lines and is_near and _continues(lines[-1].texts, texts):
            together = zip(lines[-1].texts, texts, strict=True)
            texts = tuple(" ".join(filter(None, pair)) for pair in together)
            lines[-1] = TableLine(texts, (*lines[-1].parts, *row.parts), row.baseline)
        else:
            lines.append(TableLine(texts, tuple(cells[number]), row.baseline))
        last = row
    return lines


def _cells(row: PlacedRow, rows: Sequence[PlacedRow]) -> list[Cell]:
    """The cells of a row. A narrow gap divides them where other rows have one too, and no part crosses it."""
    cells = [row.parts[0]]
    for part, is_wide in zip(row.parts[1:], row.is_wide, strict=True):
        if is_wide or _is_column(part.box[0], rows):
            cells.append(part)
        else:
            cells[-1] = joined(cells[-1], part)
    return cells


def _is_column(left: float, rows: Sequence[PlacedRow]) -> bool:
    """Whether a column begins here: several parts do, and none crosses it."""
    parts = [part.box for row in rows for part in row.parts]
    if any(box[0] < left - ALIGNED and box[2] > left + ALIGNED for box in parts):
        return False
    return sum(abs(box[0] - left) <= ALIGNED for box in parts) >= LEAST_ALIGNED


def _add(columns: list[_Column], number: int, cell: Cell, *, is_header: bool) -> None:
    """Puts a part of a row into its column, which it may open or widen.

    is_header: whether it may be the name of several columns, between which it stands.
    """
    left, _, right, _ = cell.box
    before = [column for column in columns if column.right <= left + SLACK]
    is_between = is_header and len(before) < len(columns) and bool(before)
    under = [column for column in columns if left < column.right - SLACK and right > column.left + SLACK]
    if not under and is_between:
        column = max(before, key=lambda column: column.left)
    elif not under:
        column = _Column(left, right)
        columns.append(column)
    else:
        column = min(under, key=lambda column: column.left)
        others = [other for other in columns if other is not column]
        # A part over several columns widens none of them.
        if len(under) == 1 and not any(left < other.right and right > other.left for other in others):
            column.left, column.right = min(column.left, left), max(column.right, right)
    column.texts.setdefault(number, []).append(cell.text)


def _continues(above: Sequence[str], line: Sequence[str]) -> bool:
    """Whether a line is the rest of cells of the line above."""
    filled = [(before, cell) for before, cell in zip(above, line, strict=True) if cell]
    return (
        not line[0]
        and bool(above[0])
        and all(
            before and not _NUMBER.fullmatch(before) and not _NUMBER.fullmatch(cell)
            for before, cell in filled
        )
    )


def written(rows: Sequence[TableLine], *, has_lines: bool = False) -> list[TableLine]:
    """The lines that a table is written in, each as the only text of its row.

    has_lines: whether it has lines around its cells, and so is a table for sure.

    Rows and columns without a text are left out. None if fewer than two rows or two columns are left.
    """
    rows = [row for row in rows if any(row.texts)]
    width = max((len(row.texts) for row in rows), default=0)
    used = [column for column in range(width) if any(row.texts[column] for row in rows)]
    if len(rows) < 2 or len(used) < 2:
        return []
    cells = [[row.texts[column] for column in used] for row in rows]
    is_sure = has_lines and not any(re.search(r"\d", cell) for cell in cells[0])
    if (all(all(line) for line in cells) and not is_sure) or _has_labels(cells):
        return [
            TableLine((CELL_SEPARATOR.join(filter(None, line)),), row.parts, row.baseline)
            for row, line in zip(rows, cells, strict=True)
        ]
    lines = [
        TableLine((with_bars(line)[0],), row.parts, row.baseline)
        for row, line in zip(rows, cells, strict=True)
    ]
    return [lines[0], TableLine((with_bars(cells[0])[1],), (), lines[0].baseline), *lines[1:]]


def _has_labels(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the cells are values with their own labels, as at the top of an invoice, and have no header."""
    filled = [cell for row in rows for cell in row if cell]
    return sum(_LABELLED.search(cell) is not None for cell in filled) >= LABELLED_SHARE * len(filled)


def with_bars(cells: Sequence[str]) -> tuple[str, str]:
    """The line of a row with bars, and the line below it if it is a header."""
    row = " | ".join(cell.replace("|", BAR) for cell in cells)
    return f"| {row} |", "|" + " --- |" * len(cells)
