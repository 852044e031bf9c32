"""The lines of a PDF page, put together from where pdfium says its characters are.

A large step between baselines starts a paragraph, a wide gap within a line separates the cells of a table,
and consecutive lines with such gaps are the rows of one.
"""

import ctypes
import re
import statistics
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from ingest.parsers.extract import paragraphs
from ingest.parsers.pdf.columns import GUTTER, Cell, LinePart, joined, mixed_columns
from ingest.parsers.pdf.drawing import Box
from ingest.parsers.pdf.spaces import glued_words, without_wide_spacing
from ingest.parsers.text import clean

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

CELL_GAP = 1.5
"""Minimum gap between two cells of a line, in font sizes. Spaces between words are 0.2 to 0.6."""
CELL_SEPARATOR = "   "
"""Text between the cells of a row: white space, as in the file, so that a quoted row is verbatim."""
SAME_BASELINE = 0.3
"""Maximum difference between the baselines of one row, in font sizes."""
OTHER_HEIGHT = 0.25
"""Minimum difference between the baselines of two lines that pdfium returns as one, in font sizes."""
BACK = 1.5
"""Minimum way back to the left from one of these lines to the next, in font sizes."""
PARAGRAPH_STEP = 1.35
"""Minimum step between the baselines of two paragraphs, in median steps of the page."""

_SPACE = re.compile(r"[ \t]+")
_LINE = re.compile(r"[^\s](?:[^\r\n]*[^\s])?")
"""A line of a page without the white space around it."""


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
    known_words: set[str],
) -> Iterator[PageLine]:
    """The lines of a page, from top to bottom as the file orders them.

    masked: start and end of characters that are left out.
    dividers: what lies between two parts of a line, however narrow the gap.
    known_words: see `glued_words`.
    """
    text = _masked(page, masked) if masked else page.get_text_range()
    if not text.strip():
        return
    if len(text) != page.count_chars():
        # Some characters stand for several, or for none, so an index into the text is not a position.
        for start, end in paragraphs(clean(text)):
            for index, part in enumerate(clean(text)[start:end].split("\n")):
                yield PageLine(part, is_row=False, starts_paragraph=index == 0)
        return
    boxes = _CharacterBoxes(page)
    glued = glued_words(page, text, known_words)
    lines = [
        line
        for match in _LINE.finditer(text)
        for line in _placed_lines(text, match.span(), boxes, dividers, glued)
    ]
    rows = _rows(_in_reading_order(lines))
    steps = [above[-1].last_baseline - below[0].baseline for above, below in pairwise(rows)]
    median_step = statistics.median([step for step in steps if step > 0] or [0.0])
    for index, row in enumerate(rows):
        starts_paragraph = index == 0 or not (
            0 <= steps[index - 1] <= PARAGRAPH_STEP * median_step
            or (steps[index - 1] < 0 and _continues(rows[index - 1][-1], row[0]))
        )
        cells = [cell for placed in row for cell in placed.cells]
        neighbours = [rows[other] for other in (index - 1, index + 1) if 0 <= other < len(rows)]
        in_table = any(sum(len(placed.cells) for placed in other) > 1 for other in neighbours)
        if len(cells) > 1 and in_table:
            yield PageLine(
                clean(CELL_SEPARATOR.join(cell.text for cell in cells)),
                is_row=True,
                starts_paragraph=starts_paragraph,
                baseline=row[0].baseline,
                cells=tuple(cells),
            )
        else:
            for number, placed in enumerate(row):
                yield PageLine(
                    clean(CELL_SEPARATOR.join(cell.text for cell in placed.cells)),
                    is_row=False,
                    starts_paragraph=starts_paragraph or number > 0,
                    baseline=placed.baseline,
                    cells=placed.cells,
                )


def _masked(page: "PdfTextPage", masked: Sequence[tuple[int, int]]) -> str:
    """The text of a page, character by character, with spaces in place of those that are left out."""
    from pypdfium2 import raw

    letters = [chr(raw.FPDFText_GetUnicode(page.raw, index) or 32) for index in range(page.count_chars())]
    for start, end in masked:
        letters[start:end] = " " * (end - start)
    return "".join(letters)


@dataclass(frozen=True, slots=True)
class _PlacedLine:
    """A line as pdfium returns it, with its position in points.

    It reaches over two baselines when its last word is hyphenated: pdfium appends the next line then.
    """

    pieces: tuple[Cell, ...]
    """Its text, split at gaps that may be gutters between columns."""
    is_wide: tuple[bool, ...]
    """For each gap, whether it separates the cells of a table."""
    baseline: float
    last_baseline: float
    size: float
    """The font size."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Its text, split at wide gaps."""
        cells = [self.pieces[0]]
        for piece, is_wide in zip(self.pieces[1:], self.is_wide, strict=True):
            if is_wide:
                cells.append(piece)
            else:
                cells[-1] = joined(cells[-1], piece)
        return tuple(cells)

    @property
    def left(self) -> float:
        """Its left edge."""
        return self.pieces[0].box[0]

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.pieces[-1].box[2]


def _placed_lines(
    text: str,
    place: tuple[int, int],
    boxes: "_CharacterBoxes",
    dividers: Sequence[Box],
    glued: Collection[int],
) -> Iterator[_PlacedLine]:
    """The lines at a place of the text, where pdfium sees one.

    They are several if a word is far back to the left of the one before it, and on another height.

    glued: the characters before which a space is missing.
    """
    first, end = place
    size = boxes.size(first)
    pieces: list[Cell] = []
    is_wide: list[bool] = []
    start, (baseline, left) = first, boxes.origin(first)

    def line(last: int) -> _PlacedLine:
        last_baseline = boxes.origin(last)[0]
        return _PlacedLine(tuple(pieces), tuple(is_wide), pieces[0].box[1], last_baseline, size)

    for space in _SPACE.finditer(text, first, end):
        before, after = space.start() - 1, space.end()
        right, next_left = boxes.right(before), boxes.left(after)
        gap = next_left - right
        is_divided = any(
            right - 2 < (box[0] + box[2]) / 2 < next_left + 2
            and box[1] < baseline + size / 2 < box[3] + size / 2
            for box in dividers
        )
        if -BACK * size < gap <= GUTTER * size and not is_divided:
            continue
        next_baseline = boxes.origin(after)[0]
        if gap < 0 and abs(next_baseline - baseline) < OTHER_HEIGHT * size:
            continue
        pieces.append(_piece(text, start, before + 1, glued, (left, baseline, right, baseline + size)))
        if gap > 0:
            is_wide.append(gap > CELL_GAP * size or is_divided)
        else:
            yield line(before)
            pieces, is_wide = [], []
            size = boxes.size(after)
        start, baseline, left = after, next_baseline, next_left
    right = boxes.right(end - 1)
    pieces.append(_piece(text, start, end, glued, (left, baseline, right, baseline + size)))
    yield line(end - 1)


def _piece(text: str, start: int, end: int, glued: Collection[int], box: Box) -> Cell:
    return Cell(_spaced(text, start, end, glued), box)


def _in_reading_order(lines: list[_PlacedLine]) -> list[_PlacedLine]:
    """The lines, with columns one after the other where the file mixes them."""
    pieces = [
        LinePart(index, place, cell, line.size)
        for index, line in enumerate(lines)
        for place, cell in enumerate(line.pieces)
    ]
    parts = mixed_columns(pieces)
    if not parts:
        return lines
    moved: dict[int, list[_PlacedLine]] = {}
    gone = set()
    for columns in parts:
        indices = {piece.line for column in columns for piece in column}
        gone |= indices
        moved[min(indices)] = [
            _PlacedLine((cell,), (), cell.box[1], cell.box[1], lines[index].size)
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


def _spaced(text: str, start: int, end: int, glued: Collection[int]) -> str:
    """A part of the text with the spaces that are missing."""
    parts = []
    for place in sorted(place for place in glued if start < place < end):
        parts.append(text[start:place])
        start = place
    return clean(without_wide_spacing(" ".join([*parts, text[start:end]])))


def _continues(above: _PlacedLine, below: _PlacedLine) -> bool:
    """Whether a sentence of one column goes on at the top of the next."""
    end, start = above.pieces[-1].text[-1:], below.pieces[0].text[:1]
    return (end.isalpha() or end in ",;-\ufffe") and start.islower()


def _rows(lines: list[_PlacedLine]) -> list[list[_PlacedLine]]:
    """Groups lines on one baseline: a file may write the cells of a row one by one."""
    rows: list[list[_PlacedLine]] = []
    for line in lines:
        before = rows[-1][-1] if rows else None
        if (
            before
            and abs(before.last_baseline - line.baseline) < SAME_BASELINE * line.size
            and line.left - before.right > CELL_GAP * line.size
        ):
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


class _CharacterBoxes:
    """Positions of the characters of a page, in points from its lower left corner."""

    def __init__(self, page: "PdfTextPage") -> None:
        from pypdfium2 import raw

        self._raw: Any = raw
        self._page = page.raw
        self._values = [ctypes.c_double() for _ in range(4)]
        self._pointers = [ctypes.byref(value) for value in self._values]
        self._matrix: Any = raw.FS_MATRIX()

    def left(self, index: int) -> float:
        """The left edge of the character at `index`."""
        self._raw.FPDFText_GetCharBox(self._page, index, *self._pointers)
        return self._values[0].value

    def right(self, index: int) -> float:
        """The right edge of the character at `index`."""
        self._raw.FPDFText_GetCharBox(self._page, index, *self._pointers)
        return self._values[1].value

    def origin(self, index: int) -> tuple[float, float]:
        """The baseline and the left end of the character at `index`."""
        self._raw.FPDFText_GetCharOrigin(self._page, index, *self._pointers[:2])
        return self._values[1].value, self._values[0].value

    def size(self, index: int) -> float:
        """The font size of the character at `index`, as drawn."""
        size = float(self._raw.FPDFText_GetFontSize(self._page, index))
        # Some files set text in size 1 and scale it.
        if self._raw.FPDFText_GetMatrix(self._page, index, self._matrix):
            size *= float((self._matrix.a**2 + self._matrix.b**2) ** 0.5)
        return max(size, 1.0)
