"""The lines of a PDF page, put together from where pdfium says its characters are.

A large step between baselines starts a paragraph, a wide gap within a line separates the cells of a table,
and consecutive lines with such gaps are the rows of one.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from ingest.parsers.extract import paragraphs
from ingest.parsers.pdf.columns import ALIGNED, GUTTER, Cell, LinePart, joined, mixed_columns
from ingest.parsers.pdf.drawing import Box
from ingest.parsers.pdf.placed import CELL_GAP, PlacedLine, page_text, placed_lines
from ingest.parsers.pdf.ruled import Rules, grids
from ingest.parsers.pdf.tables import (
    CELL_SEPARATOR,
    TIGHT,
    PlacedRow,
    TableLine,
    aligned_rows,
    ruled_rows,
    written,
)
from ingest.parsers.text import clean

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

VERTICAL_SHARE = 0.6
"""Minimum share of the lines of a page that are vertical, if its text is."""
LONGEST_CELL = 1_000
"""Maximum characters of a cell. Anything longer is a page with a frame, not a table."""
LONGEST_STEP = 4.0
"""Maximum step between two rows of a table, in font sizes."""
OTHER_TABLE_STEP = 2.5
"""Minimum step, in font sizes, to a row that belongs to another table if it has more or fewer cells."""
LONGEST_CELL_LINES = 12
"""Maximum lines of a cell that a file writes before the next cell of its row."""
SAME_BASELINE = 0.45
"""Maximum difference between the baselines of one row, in font sizes."""
PARAGRAPH_STEP = 1.35
"""Minimum step between the baselines of two paragraphs, in median steps of the page."""


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line of a page, or one row of a table."""

    text: str
    """The cells of a row are joined by `CELL_SEPARATOR`."""
    is_row: bool
    starts_paragraph: bool
    baseline: float | None = None
    """Height on the page in points, from its lower edge; None if it is not known."""
    cells: tuple[Cell, ...] = ()
    """Its parts; none if it is not known where they are."""
    under: str = ""
    """What it is under besides the headings, such as an annotation; empty for the page itself."""


def lines_on(
    page: "PdfTextPage",
    masked: Sequence[tuple[int, int]] = (),
    dividers: Sequence[Box] = (),
    *,
    rules: Rules,
    known_words: set[str],
) -> Iterator[PageLine]:
    """The lines of a page, from top to bottom as the file orders them.

    masked: start and end of characters that are left out.
    dividers: what lies between two parts of a line, however narrow the gap.
    rules: the straight lines that the page draws.
    known_words: see `glued_words`.
    """
    text = page_text(page, masked)
    if not text.strip():
        return
    if len(text) != page.count_chars():
        # Some characters stand for several, or for none, so an index into the text is not a position.
        for start, end in paragraphs(clean(text)):
            for index, part in enumerate(clean(text)[start:end].split("\n")):
                yield PageLine(part, is_row=False, starts_paragraph=index == 0)
        return
    lines = placed_lines(page, text, dividers, known_words)
    vertical = sum(map(_is_vertical, lines))
    if vertical > VERTICAL_SHARE * len(lines):
        # Vertical lines follow each other from right to left.
        lines.sort(key=lambda line: -line.left)
    rows = _rows(_in_reading_order(_with_tables(lines, rules)))
    steps = [above[-1].last_baseline - below[0].baseline for above, below in pairwise(rows)]
    median_step = statistics.median([step for step in steps if step > 0] or [0.0])
    after_table = False
    index = 0
    while index < len(rows):
        row = rows[index]
        starts_paragraph = (
            index == 0
            or after_table
            or not (
                0 <= steps[index - 1] <= PARAGRAPH_STEP * median_step
                or (steps[index - 1] < 0 and _continues(rows[index - 1][-1], row[0]))
            )
        )
        end = _end_of_table(rows, index)
        table: Sequence[TableLine] = row[0].table
        if end > index:
            table = written(aligned_rows([_placed_row(each) for each in rows[index:end]]))
        after_table = bool(table)
        if table:
            yield from _table_lines(table)
            index = max(end, index + 1)
            continue
        for number, placed in enumerate(row):
            yield PageLine(
                clean(CELL_SEPARATOR.join(cell.text for cell in placed.cells)),
                is_row=False,
                starts_paragraph=starts_paragraph or number > 0,
                baseline=placed.baseline,
                cells=placed.cells,
            )
        index += 1


def _in_reading_order(lines: list[PlacedLine]) -> list[PlacedLine]:
    """The lines, with columns one after the other where the file mixes them."""
    pieces = [
        LinePart(index, place, cell, line.size)
        for index, line in enumerate(lines)
        for place, cell in enumerate(line.pieces)
    ]
    parts = mixed_columns(pieces)
    if not parts:
        return lines
    moved: dict[int, list[PlacedLine]] = {}
    gone = set()
    for columns in parts:
        indices = {piece.line for column in columns for piece in column}
        gone |= indices
        moved[min(indices)] = [
            PlacedLine((cell,), (), cell.box[1], cell.box[1], lines[index].size)
            for column in columns
            for index, group in groupby(column, key=lambda piece: piece.line)
            for cell in [reduce(joined, (piece.cell for piece in group))]
        ]
    ordered = []
    for index, line in enumerate(lines):
        ordered += moved.get(index, [])
        if index not in gone:
            ordered.append(line)
    return ordered


def _is_vertical(line: PlacedLine) -> bool:
    """Whether the characters of a line are below each other."""
    length = len(line.pieces[0].text)
    return length > 2 and line.baseline - line.last_baseline > 0.5 * line.size * (length - 1)


def _continues(above: PlacedLine, below: PlacedLine) -> bool:
    """Whether a sentence of one column continues at the top of the next."""
    end, start = above.pieces[-1].text[-1:], below.pieces[0].text[:1]
    return (end.isalpha() or end in ",;-\ufffe") and start.islower()


def _with_tables(lines: list[PlacedLine], rules: Rules) -> list[PlacedLine]:
    """The lines, with each table that has lines around its cells as one of them."""
    for grid in grids(rules):
        left, bottom, right, top = grid.box
        inside: dict[int, list[Cell]] = {}
        for index, line in enumerate(lines):
            for piece in line.pieces if not line.table else ():
                x, y = (piece.box[0] + piece.box[2]) / 2, (piece.box[1] + piece.box[3]) / 2
                if left < x < right and bottom < y < top:
                    inside.setdefault(index, []).append(piece)
        parts = [piece for pieces in inside.values() for piece in pieces]
        rows = ruled_rows(grid, parts)
        table = written(rows, has_lines=True)
        if not table or max(len(text) for row in rows for text in row.texts) > LONGEST_CELL:
            continue
        size = lines[next(iter(inside))].size
        whole = PlacedLine(
            (Cell("\n".join(row.texts[0] for row in table), (left, top - size, right, top)),),
            (),
            top - size,
            bottom,
            size,
            tuple(table),
        )
        rest = []
        for index, line in enumerate(lines):
            if index == next(iter(inside)):
                rest.append(whole)
            left_over = [piece for piece in line.pieces if piece not in inside.get(index, [])]
            if len(left_over) == len(line.pieces):
                rest.append(line)
            else:
                rest += [replace(line, pieces=(piece,), is_wide=()) for piece in left_over]
        lines = rest
    return lines


def _end_of_table(rows: list[list[PlacedLine]], start: int) -> int:
    """The index after the last row of a table without lines that begins at `start`; `start` for none."""

    def count(index: int) -> int:
        return sum(len(placed.cells) for placed in rows[index])

    def is_row(index: int) -> bool:
        return not rows[index][0].table and count(index) > 1

    last = start
    index = start
    while index < len(rows) and not rows[index][0].table:
        step = rows[index - 1][-1].last_baseline - rows[index][0].baseline if index > start else 0.0
        size = rows[index][0].size
        if not -SAME_BASELINE * size <= step <= LONGEST_STEP * size:
            break
        if step > OTHER_TABLE_STEP * size and is_row(index) and count(index) != count(last):
            break
        if is_row(index):
            last = index
        elif index == start or not (
            (step <= TIGHT * max(size, rows[last][0].size) and _goes_on(rows[last], rows[index][0]))
            or (index + 1 < len(rows) and is_row(index + 1) and _fits_first(rows[last], rows[index][0]))
        ):
            break
        index += 1
    return index if sum(map(is_row, range(start, last + 1))) > 1 else start


def _goes_on(row: list[PlacedLine], line: PlacedLine) -> bool:
    """Whether a line is below any cell of a row except the first cell."""
    cells = [cell for placed in row for cell in placed.cells]
    return any(abs(cell.box[0] - line.left) <= ALIGNED for cell in cells[1:])


def _fits_first(row: list[PlacedLine], line: PlacedLine) -> bool:
    """Whether a line is in the first column, like the name of a group of rows."""
    cells = [cell for placed in row for cell in placed.cells]
    return abs(cells[0].box[0] - line.left) <= ALIGNED and line.right < cells[1].box[0]


def _placed_row(row: list[PlacedLine]) -> PlacedRow:
    parts = [piece for placed in row for piece in placed.pieces]
    is_wide = [wide for placed in row for wide in (*placed.is_wide, True)][:-1]
    return PlacedRow(tuple(parts), tuple(is_wide), row[0].baseline, row[0].size)


def _table_lines(table: Sequence[TableLine]) -> Iterator[PageLine]:
    for number, row in enumerate(table):
        yield PageLine(
            clean(row.texts[0]),
            is_row=True,
            starts_paragraph=number == 0,
            baseline=row.baseline,
            cells=row.parts,
        )


def _open_rows(rows: list[list[PlacedLine]]) -> Iterator[tuple[list[PlacedLine], float]]:
    """The rows that may go on, with the least gap before their next cell, in font sizes.

    These are the last one, and the one of which the last lines are the rest of a cell.
    """
    if rows:
        yield rows[-1], CELL_GAP
    for index in range(len(rows) - 2, max(len(rows) - LONGEST_CELL_LINES, 0) - 1, -1):
        if sum(len(placed.cells) for placed in rows[index]) > 1:
            if all(len(row) == 1 and _goes_on(rows[index], row[0]) for row in rows[index + 1 :]):
                yield rows[index], GUTTER
            return


def _is_beside(before: PlacedLine, line: PlacedLine, gap: float) -> bool:
    """Whether a line is on the right of another one, with a gap of that many font sizes between them."""
    return (
        abs(before.last_baseline - line.baseline) < SAME_BASELINE * line.size
        and line.left - before.right > gap * line.size
    )


def _rows(lines: list[PlacedLine]) -> list[list[PlacedLine]]:
    """Groups lines on one baseline: a file may write the cells of a row one by one."""
    rows: list[list[PlacedLine]] = []
    for line in lines:
        row = next((row for row, gap in _open_rows(rows) if _is_beside(row[-1], line, gap)), None)
        if row is None:
            rows.append([line])
        else:
            row.append(line)
    return rows
