"""The reading order of a page whose columns the file draws line by line, across all columns.

Most files write one column after the other, and their order is kept. Some write every line of the page from
the left edge to the right one, so that two columns are mixed. Then a gutter can be seen: many lines begin at
the same place, with a gap on their left, and no line crosses it. Columns hold prose, which fills their width;
a table has cells of different lengths, or rows that are apart from each other in all columns, and is left as
it is. A heading across the columns ends them.
"""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.parsers.pdf.drawing import Box

LEAST_LINES = 4
"""Minimum number of lines of a column."""
ALIGNED = 1.5
"""Maximum distance in points between the beginnings of two lines of a column."""
INDENT = 3.0
"""Maximum indent of a line in a column, in font sizes."""
GUTTER = 0.6
"""Minimum width of a gutter, in font sizes."""
WIDE = 1.0
"""Minimum width of a gutter, in font sizes, that needs no more lines than `LEAST_LINES`."""
LEAST_NARROW_LINES = 8
"""Minimum number of lines of a column beside a narrow gutter."""
MAX_GUTTERS = 6
"""Maximum number of places on a page that are examined as gutters."""
MAX_PIECES = 1_500
"""Maximum number of parts of lines on a page that is examined."""
LEAST_WORDS = 3
"""Minimum median number of words on a line of a column."""
FULL = 0.6
"""Minimum length of a line that fills its column, as a share of its longest one."""
FULL_SHARE = 0.5
"""Minimum share of the lines of a column that fill it."""
MIXED_SHARE = 0.3
"""Minimum share of the lines of columns that follow a line of another column, if they are mixed."""
ROW_SHARE = 0.6
"""Minimum share of the gaps of a table after which most columns go on at one height."""
ROW_STEP = 1.25
"""Minimum step between two rows of a table, in steps between lines."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a line, with gaps around it."""

    text: str
    box: Box


def joined(a: Cell, b: Cell) -> Cell:
    """Two parts that follow each other on a line, as one."""
    return Cell(f"{a.text} {b.text}", (a.box[0], a.box[1], b.box[2], a.box[3]))


@dataclass(frozen=True, slots=True)
class LinePart:
    """A part of a line between two gaps that may be gutters."""

    line: int
    """The index of its line in the order of the file."""
    place: int
    """Its index on that line."""
    cell: Cell
    size: float
    """The font size."""

    @property
    def left(self) -> float:
        """Its left edge."""
        return self.cell.box[0]

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.cell.box[2]

    @property
    def baseline(self) -> float:
        """Its baseline."""
        return self.cell.box[1]


def mixed_columns(pieces: Sequence[LinePart]) -> list[list[list[LinePart]]]:
    """The columns, from left to right, of each part of a page where the file mixes them.

    pieces: all of the page, in the order of the file.
    """
    found: list[list[list[LinePart]]] = []
    beside = sum(_is_beside(before, after) for before, after in pairwise(pieces))
    if beside < LEAST_LINES - 1 or len(pieces) > MAX_PIECES:
        return found
    rest = list(pieces)
    for _ in range(MAX_PARTS):
        parts = _best_parts(rest)
        if not parts:
            break
        for columns in parts:
            taken = {(piece.line, piece.place) for column in columns for piece in column}
            rest = [piece for piece in rest if (piece.line, piece.place) not in taken]
            if _is_prose(columns) and _is_mixed(columns) and not _is_table(columns):
                found.append(columns)
    return found


def _is_beside(before: LinePart, after: LinePart) -> bool:
    """Whether a piece is on the right of the one before it, at about its height."""
    return after.left > before.right and abs(after.baseline - before.baseline) < 1.2 * before.size


MAX_PARTS = 6
"""Maximum number of different gutters that are sought on a page."""


def _best_parts(pieces: Sequence[LinePart]) -> list[list[list[LinePart]]]:
    """The columns on both sides of the gutter with the most lines."""
    best: list[list[list[LinePart]]] = []
    most = 0
    for gutter in _gutters(pieces):
        parts = [
            [*_divided(left), *_divided(right)]
            for band in _bands(pieces, gutter)
            for left, right in [_sides(band, gutter)]
            if min(len(left), len(right)) >= _least_lines(left, gutter)
        ]
        count = sum(len(column) for columns in parts for column in columns)
        if count > most:
            best, most = parts, count
    return best


def _least_lines(left: Sequence[LinePart], gutter: float) -> int:
    """The minimum number of lines on each side of a gutter, which is more if it may be a river in a text."""
    last = max((piece.right for piece in left), default=gutter)
    size = statistics.median(piece.size for piece in left) if left else 0.0
    return LEAST_LINES if gutter - last > WIDE * size else LEAST_NARROW_LINES


def _gutters(pieces: Sequence[LinePart]) -> list[float]:
    """Where at least `LEAST_LINES` lines begin."""
    starts = Counter(round(piece.left / ALIGNED) for piece in pieces)
    leftmost = min((piece.left for piece in pieces), default=0.0)
    found: list[tuple[int, float]] = []
    for place, count in starts.items():
        near = count + max(starts[place - 1], starts[place + 1])
        if near >= LEAST_LINES and place * ALIGNED > leftmost + 2 * ALIGNED and count >= starts[place + 1]:
            found.append((near, place * ALIGNED))
    return [gutter for _, gutter in sorted(found, reverse=True)[:MAX_GUTTERS]]


def _bands(pieces: Sequence[LinePart], gutter: float) -> list[list[LinePart]]:
    """The runs of pieces, from top to bottom, that do not cross a gutter."""
    aligned = {piece.line for piece in pieces if abs(piece.left - gutter) <= 2 * ALIGNED}
    starting = {piece.line for piece in pieces if piece.right < gutter}
    crossing = set()
    for piece in pieces:
        if piece.left < gutter - ALIGNED and piece.right > gutter - GUTTER * piece.size:
            crossing.add(piece.line)
        elif piece.place > 0 and piece.line not in aligned and piece.left > gutter and piece.line in starting:
            # A gap of a long line that happens to lie over the gutter.
            crossing.add(piece.line)
    bands: list[list[LinePart]] = [[]]
    for piece in sorted(pieces, key=lambda piece: -piece.baseline):
        if piece.line in crossing:
            bands.append([])
        else:
            bands[-1].append(piece)
    return [band for band in bands if band]


def _sides(band: Sequence[LinePart], gutter: float) -> tuple[list[LinePart], list[LinePart]]:
    left = [piece for piece in band if piece.left < gutter - ALIGNED]
    right = [piece for piece in band if piece.left >= gutter - ALIGNED]
    return left, right


def _divided(side: list[LinePart]) -> list[list[LinePart]]:
    """The columns of one side of a gutter."""
    for gutter in _gutters(side):
        bands = _bands(side, gutter)
        if len(bands) == 1:
            left, right = _sides(bands[0], gutter)
            if min(len(left), len(right)) >= _least_lines(left, gutter):
                return [*_divided(left), *_divided(right)]
    return [side]


def _rows_of(column: Sequence[LinePart]) -> list[tuple[float, float, int, float]]:
    """Left and right edge, number of words and baseline of each line of a column."""
    by_line: dict[int, list[LinePart]] = {}
    for piece in column:
        by_line.setdefault(piece.line, []).append(piece)
    return [
        (
            min(piece.left for piece in line),
            max(piece.right for piece in line),
            sum(len(piece.cell.text.split()) for piece in line),
            line[0].baseline,
        )
        for line in by_line.values()
    ]


def _is_prose(columns: Sequence[Sequence[LinePart]]) -> bool:
    """Whether the lines of all columns have words and fill their column."""
    for column in columns:
        rows = _rows_of(column)
        longest = max(right - left for left, right, _, _ in rows)
        full = sum(right - left >= FULL * longest for left, right, _, _ in rows)
        if statistics.median(words for _, _, words, _ in rows) < LEAST_WORDS or full < FULL_SHARE * len(rows):
            return False
    return True


def _is_mixed(columns: Sequence[Sequence[LinePart]]) -> bool:
    """Whether the file goes back and forth between the columns."""
    order = sorted({(piece.line, number) for number, column in enumerate(columns) for piece in column})
    changes = sum(before[1] != after[1] for before, after in pairwise(order))
    return changes >= max(2 * len(columns), MIXED_SHARE * len(order))


def _is_table(columns: Sequence[Sequence[LinePart]]) -> bool:
    """Whether lines are apart from each other at the same heights in all columns."""
    heights = [sorted({round(piece.baseline, 1) for piece in column}, reverse=True) for column in columns]
    steps = [above - below for column in heights for above, below in pairwise(column)]
    step = statistics.median(steps) if steps else 0.0
    together = sorted({height for column in heights for height in column}, reverse=True)
    breaks = [below for above, below in pairwise(together) if above - below > ROW_STEP * step]
    # A row begins at the same height in most columns.
    starts = [
        sum(any(abs(height - start) < 0.2 * step for height in column) for column in heights)
        for start in breaks
    ]
    together_at = sum(count > len(columns) / 2 for count in starts)
    return len(breaks) >= 2 and together_at >= ROW_SHARE * len(breaks)
