"""The lines of a PDF page, put together from where pdfium says its characters are.

A large step between baselines starts a paragraph, a wide gap within a line separates the cells of a table,
and consecutive lines with such gaps are the rows of one.
"""

import ctypes
import re
import statistics
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ingest.parsers.extract import paragraphs
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
PARAGRAPH_STEP = 1.35
"""Minimum step between the baselines of two paragraphs, in median steps of the page."""

_SPACE = re.compile(r"[ \t]+")
_LINE = re.compile(r"[^\s](?:[^\r\n]*[^\s])?")
"""A line of a page without the white space around it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a line, with wide gaps around it."""

    text: str
    box: Box


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
    rows = _rows([_placed_line(text, match.span(), boxes, dividers, glued) for match in _LINE.finditer(text)])
    steps = [above[-1].last_baseline - below[0].baseline for above, below in pairwise(rows)]
    median_step = statistics.median([step for step in steps if step > 0] or [0.0])
    for index, row in enumerate(rows):
        starts_paragraph = index == 0 or not 0 <= steps[index - 1] <= PARAGRAPH_STEP * median_step
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

    cells: tuple[Cell, ...]
    """Its text, split at wide gaps."""
    baseline: float
    last_baseline: float
    left: float
    right: float
    size: float
    """The font size."""


def _placed_line(
    text: str,
    place: tuple[int, int],
    boxes: "_CharacterBoxes",
    dividers: Sequence[Box],
    glued: Collection[int],
) -> _PlacedLine:
    """The line at a place of the text; `glued` are the characters before which a space is missing."""
    first, end = place
    size = boxes.size(first)
    baseline, left = boxes.origin(first)
    cells = []
    cell_start, cell_left = first, left
    for space in _SPACE.finditer(text, first, end):
        before, after = space.start() - 1, space.end()
        gap_left, gap_right = boxes.right(before), boxes.left(after)
        is_divided = any(
            gap_left - 2 < (box[0] + box[2]) / 2 < gap_right + 2
            and box[1] < baseline + size / 2 < box[3] + size / 2
            for box in dividers
        )
        if gap_right - gap_left > CELL_GAP * size or is_divided:
            box = (cell_left, baseline, gap_left, baseline + size)
            cells.append(Cell(_spaced(text, cell_start, before + 1, glued), box))
            cell_start, cell_left = after, gap_right
    right = boxes.right(end - 1)
    box = (cell_left, baseline, right, baseline + size)
    cells.append(Cell(_spaced(text, cell_start, end, glued), box))
    return _PlacedLine(tuple(cells), baseline, boxes.origin(end - 1)[0], left, right, size)


def _spaced(text: str, start: int, end: int, glued: Collection[int]) -> str:
    """A part of the text with the spaces that are missing."""
    parts = []
    for place in sorted(place for place in glued if start < place < end):
        parts.append(text[start:place])
        start = place
    return clean(without_wide_spacing(" ".join([*parts, text[start:end]])))


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
        """The font size of the character at `index`, as drawn if that is larger."""
        size = float(self._raw.FPDFText_GetFontSize(self._page, index))
        self._raw.FPDFText_GetCharBox(self._page, index, *self._pointers)
        # Some files set text in size 1 and scale it.
        return max(size, self._values[3].value - self._values[2].value, 1.0)
