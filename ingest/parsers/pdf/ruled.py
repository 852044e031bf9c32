"""Tables of a PDF page with lines around their cells, read cell by cell.

The lines that a page draws form a grid. A cell has the text between four of them, on one line however many
it takes on the page; it reaches over several places of the grid where a line is missing. A text in a cell
over several rows is repeated in each of them, because each row is read by itself; one over several columns
occurs in the first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.parsers.pdf.drawing import Box

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

MAX_OBJECTS = 5_000
"""Maximum number of objects of a page among which lines are sought."""
MAX_SEGMENTS = 400
"""Maximum number of segments of one path that are read."""
THICKEST = 3.0
"""Maximum thickness of a line, in points."""
SHORTEST = 6.0
"""Minimum length of a line, in points."""
SAME_PLACE = 2.5
"""Maximum distance in points between two lines that are one, or that touch."""
MAX_PLACES = 4_000
"""Maximum number of places of a table."""
MAX_RULES = 1_000
"""Maximum number of lines of a page that are examined."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The straight lines of a page, each as a thin box."""

    across: list[Box]
    """From left to right."""
    up: list[Box]
    """From bottom to top."""


@dataclass(frozen=True, slots=True)
class RuledGrid:
    """The places of a table."""

    lefts: list[float]
    """The edges between columns, from left to right, with the outer ones."""
    tops: list[float]
    """The edges between rows, from top to bottom, with the outer ones."""
    spans: dict[tuple[int, int], tuple[int, int]]
    """For each row and column, row and column of the upper left place of its cell."""

    @property
    def box(self) -> Box:
        """Where the table is."""
        return self.lefts[0], self.tops[-1], self.lefts[-1], self.tops[0]

    def place(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column of the cell at a point; None outside the table."""
        column = _interval(self.lefts, x)
        row = _interval([-top for top in self.tops], -y)
        return self.spans[row, column] if row is not None and column is not None else None


def _interval(edges: Sequence[float], value: float) -> int | None:
    return next((index for index in range(len(edges) - 1) if edges[index] <= value < edges[index + 1]), None)


# Lines


def rules_on(page: "PdfPage") -> Rules:
    """The straight lines that a page draws."""
    from pypdfium2 import raw

    found = Rules([], [])
    for index in range(min(raw.FPDFPage_CountObjects(page.raw), MAX_OBJECTS)):
        item = raw.FPDFPage_GetObject(page.raw, index)
        if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_PATH:
            for box in _edges(raw, item):
                width, height = box[2] - box[0], box[3] - box[1]
                if height <= THICKEST and width >= SHORTEST:
                    found.across.append(box)
                elif width <= THICKEST and height >= SHORTEST:
                    found.up.append(box)
            if len(found.across) + len(found.up) > MAX_RULES:
                return Rules([], [])
    return found


def _edges(raw: Any, item: Any) -> Iterator[Box]:
    """The straight edges of a path, as thin boxes."""
    import ctypes

    values = [ctypes.c_float() for _ in range(4)]
    raw.FPDFPageObj_GetBounds(item, *values)
    left, bottom, right, top = (value.value for value in values)
    if min(right - left, top - bottom) <= THICKEST:
        yield left, bottom, right, top
        return
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(item, matrix)
    count = raw.FPDFPath_CountSegments(item)
    if count > MAX_SEGMENTS:
        return
    start = before = None
    for index in range(count):
        segment = raw.FPDFPath_GetPathSegment(item, index)
        kind = raw.FPDFPathSegment_GetType(segment)
        if not raw.FPDFPathSegment_GetPoint(segment, values[0], values[1]):
            continue
        x, y = values[0].value, values[1].value
        point = matrix.a * x + matrix.c * y + matrix.e, matrix.b * x + matrix.d * y + matrix.f
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == raw.FPDF_SEGMENT_LINETO and before is not None:
            yield _box(before, point)
        if raw.FPDFPathSegment_GetClose(segment) and start is not None:
            yield _box(point, start)
        before = point


def _box(a: tuple[float, float], b: tuple[float, float]) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])


# Grids


def grids(rules: Rules) -> list[RuledGrid]:
    """The tables that lines make, with two rows and two columns at least."""
    found = []
    for across, up in _connected(rules):
        lefts = _places([(box[0] + box[2]) / 2 for box in up])
        heights = _places([(box[1] + box[3]) / 2 for box in across])
        if not lefts or not heights:
            continue
        # The outer lines may be missing.
        lefts = _with_ends(lefts, min(box[0] for box in across), max(box[2] for box in across))
        heights = _with_ends(heights, min(box[1] for box in up), max(box[3] for box in up))
        tops = heights[::-1]
        if len(lefts) > 2 and len(tops) > 2 and len(lefts) * len(tops) <= MAX_PLACES:
            found.append(RuledGrid(lefts, tops, _spans(lefts, tops, across, up)))
    return found


def _connected(rules: Rules) -> Iterator[tuple[list[Box], list[Box]]]:
    """The groups of lines that touch each other."""
    boxes = [*rules.across, *rules.up]
    group = list(range(len(boxes)))

    def root(index: int) -> int:
        while group[index] != index:
            group[index] = group[group[index]]
            index = group[index]
        return index

    for first, a in enumerate(rules.across):
        for second, b in enumerate(rules.up, start=len(rules.across)):
            if (
                a[0] - SAME_PLACE <= b[2]
                and b[0] <= a[2] + SAME_PLACE
                and b[1] - SAME_PLACE <= a[3]
                and a[1] <= b[3] + SAME_PLACE
            ):
                group[root(first)] = root(second)
    members: dict[int, tuple[list[Box], list[Box]]] = {}
    for index, box in enumerate(boxes):
        members.setdefault(root(index), ([], []))[index >= len(rules.across)].append(box)
    for across, up in members.values():
        if across and up:
            yield across, up


def _places(values: Sequence[float]) -> list[float]:
    """Different positions, in order."""
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > SAME_PLACE:
            places.append(value)
    return places


def _with_ends(places: list[float], first: float, last: float) -> list[float]:
    if first < places[0] - 2 * SAME_PLACE:
        places = [first, *places]
    return [*places, last] if last > places[-1] + 2 * SAME_PLACE else places


def _spans(
    lefts: Sequence[float], tops: Sequence[float], across: Sequence[Box], up: Sequence[Box]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Which places belong to one cell, because no line is between them."""

    def has_line_before(row: int, column: int) -> bool:
        x, y = lefts[column], (tops[row] + tops[row + 1]) / 2
        return any(abs((box[0] + box[2]) / 2 - x) <= SAME_PLACE and box[1] <= y <= box[3] for box in up)

    def has_line_above(row: int, column: int) -> bool:
        x, y = (lefts[column] + lefts[column + 1]) / 2, tops[row]
        return any(abs((box[1] + box[3]) / 2 - y) <= SAME_PLACE and box[0] <= x <= box[2] for box in across)

    spans: dict[tuple[int, int], tuple[int, int]] = {}
    rows, columns = len(tops) - 1, len(lefts) - 1
    for row in range(rows):
        for column in range(columns):
            if (row, column) in spans:
                continue
            right = column + 1
            while right < columns and (row, right) not in spans and not has_line_before(row, right):
                right += 1
            bottom = row + 1
            while bottom < rows and not any(has_line_above(bottom, each) for each in range(column, right)):
                bottom += 1
            for each in range(row, bottom):
                for other in range(column, right):
                    spans.setdefault((each, other), (row, column))
    return spans
