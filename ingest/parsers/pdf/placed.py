"""The lines of a PDF page as pdfium sees them, with their parts and where these are.

pdfium joins characters into lines, in the order of the file. It misses some spaces, and takes words at
different heights for one line where the file goes from column to column.
"""

import ctypes
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.parsers.pdf.columns import GUTTER, Cell, joined
from ingest.parsers.pdf.drawing import Box
from ingest.parsers.pdf.spaces import glued_words, without_wide_spacing
from ingest.parsers.pdf.tables import TableLine
from ingest.parsers.text import clean

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

CELL_GAP = 1.5
"""Minimum gap between two cells of a line, in font sizes. Spaces between words are 0.2 to 0.6."""
OTHER_HEIGHT = 0.25
"""Minimum difference between the baselines of two lines that pdfium returns as one, in font sizes."""
BACK = 1.5
"""Minimum way back to the left from one of these lines to the next, in font sizes."""

_SPACE = re.compile(r"[ \t]+")
_LINE = re.compile(r"[^\s](?:[^\r\n]*[^\s])?")
"""A line of a page without the white space around it."""


@dataclass(frozen=True, slots=True)
class PlacedLine:
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
    table: tuple[TableLine, ...] = ()
    """The rows, if it stands for a table with lines around its cells."""

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


def placed_lines(
    page: "PdfTextPage", text: str, dividers: Sequence[Box], known_words: set[str]
) -> list[PlacedLine]:
    """The lines of a page, in the order of the file.

    text: the text of the page, in which each character has its index on the page.
    dividers: what lies between two parts of a line, however narrow the gap.
    known_words: see `glued_words`.
    """
    boxes = _CharacterBoxes(page)
    glued = glued_words(page, text, known_words)
    return [
        line
        for match in _LINE.finditer(text)
        for line in _lines_at(text, match.span(), boxes, dividers, glued)
    ]


def page_text(page: "PdfTextPage", masked: Sequence[tuple[int, int]]) -> str:
    """The text of a page, with spaces in place of the characters between each start and end in `masked`."""
    return _masked(page, masked) if masked else page.get_text_range()


def _masked(page: "PdfTextPage", masked: Sequence[tuple[int, int]]) -> str:
    """The text of a page, character by character, with spaces in place of those that are left out."""
    from pypdfium2 import raw

    letters = [chr(raw.FPDFText_GetUnicode(page.raw, index) or 32) for index in range(page.count_chars())]
    for start, end in masked:
        letters[start:end] = " " * (end - start)
    return "".join(letters)


def _lines_at(
    text: str,
    place: tuple[int, int],
    boxes: "_CharacterBoxes",
    dividers: Sequence[Box],
    glued: Collection[int],
) -> Iterator[PlacedLine]:
    """The lines at a place of the text, where pdfium sees one.

    They are several if a word is far back to the left of the one before it, and on another height.

    glued: the characters before which a space is missing.
    """
    first, end = place
    size = boxes.size(first)
    pieces: list[Cell] = []
    is_wide: list[bool] = []
    start, (baseline, left) = first, boxes.origin(first)

    def line(last: int) -> PlacedLine:
        last_baseline = boxes.origin(last)[0]
        return PlacedLine(tuple(pieces), tuple(is_wide), pieces[0].box[1], last_baseline, size)

    beside = [box for box in dividers if box[1] < baseline + size / 2 < box[3] + size / 2]
    for space in _SPACE.finditer(text, first, end):
        before, after = space.start() - 1, space.end()
        right, next_left = boxes.right(before), boxes.left(after)
        gap = next_left - right
        is_divided = any(right - 2 < (box[0] + box[2]) / 2 < next_left + 2 for box in beside)
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


def _spaced(text: str, start: int, end: int, glued: Collection[int]) -> str:
    """A part of the text with the spaces that are missing."""
    parts = []
    for place in sorted(place for place in glued if start < place < end):
        parts.append(text[start:place])
        start = place
    return clean(without_wide_spacing(" ".join([*parts, text[start:end]])))


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
