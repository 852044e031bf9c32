"""Where a space is missing between two words of a PDF.

Many files set no space but move on to the next word, and pdfium misses some of those gaps. A gap counts as a
space if it is at least half as wide as the space of its font, beyond the distance at which the letters of its
line are set anyway. The widths of glyphs are looked up only where a letter is followed later than elsewhere
on the page.
"""

import ctypes
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ingest.language import UNSPACED

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

SHARE_OF_SPACE = 0.5
"""Minimum width of a gap between two words, in widths of the font's own space."""
USUAL_SPACE = 0.25
"""Width of a space in font sizes, for fonts without one."""
LEAST_GAP = 0.1
"""Minimum width of a gap between two words, in font sizes."""
SAME_HEIGHT = 0.05
"""Maximum difference between the baselines of two letters of a word, in font sizes."""
SAME_SIZE = 0.15
"""Maximum difference between the sizes of two letters of a line, as a share of one of them."""
SAMPLE = 60
"""Maximum number of letters by which the spacing of a line is judged."""


def glued_words(page: "PdfTextPage", text: str, lines: Sequence[tuple[int, int]]) -> set[int]:
    """The characters before which a space is missing, by index into `text`, the text of the page.

    lines: start and end of each line.
    """
    glyphs = _Glyphs(page, text)
    steps: list[tuple[int, float, tuple[str, int]]] = []
    least: dict[tuple[str, int], float] = {}
    for start, end in lines:
        size = round(glyphs.height(start))
        # A ligature stands for several letters, which all begin where it does.
        x = y = None
        in_ligature = False
        for index in range(start, end):
            letter = text[index]
            if letter.isspace():
                x = None
                continue
            next_x, next_y = glyphs.origin(index)
            if x is None or y is None:
                in_ligature = False
            elif next_x == x:
                in_ligature = True
            else:
                if not in_ligature and next_x > x and abs(next_y - y) <= SAME_HEIGHT * size:
                    key = text[index - 1], size
                    step = next_x - x
                    steps.append((index, step, key))
                    if step < least.get(key, step + 1):
                        least[key] = step
                in_ligature = False
            x, y = next_x, next_y
    counts: dict[tuple[str, int], int] = {}
    for _, _, key in steps:
        counts[key] = counts.get(key, 0) + 1
    found = set()
    for index, step, key in steps:
        is_late = step - least[key] > LEAST_GAP * key[1] * 0.8
        if (is_late or (counts[key] == 1 and step > key[1] / 2)) and glyphs.is_gap(index, step):
            found.add(index)
    return found


class _Glyphs:
    """Positions and widths of the characters of a page."""

    def __init__(self, page: "PdfTextPage", text: str) -> None:
        from pypdfium2 import raw

        self._raw: Any = raw
        self._page = page.raw
        self._text = text
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._point = ctypes.byref(self._x), ctypes.byref(self._y)
        self._matrix: Any = raw.FS_MATRIX()
        self._width = ctypes.c_float()
        self._widths: dict[tuple[int, str], float] = {}

    def origin(self, index: int) -> tuple[float, float]:
        """Where a character begins, and its baseline."""
        self._raw.FPDFText_GetCharOrigin(self._page, index, *self._point)
        return self._x.value, self._y.value

    def height(self, index: int) -> float:
        """The size of a character's font as drawn."""
        size = float(self._raw.FPDFText_GetFontSize(self._page, index))
        if self._raw.FPDFText_GetMatrix(self._page, index, self._matrix):
            size *= float((self._matrix.a**2 + self._matrix.b**2) ** 0.5)
        return max(size, 1.0)

    def is_gap(self, index: int, step: float) -> bool:
        """Whether there is a space before a character that follows the one before it by `step`."""
        before = index - 1
        if self._text[before] in _NO_SPACES and self._text[index] in _NO_SPACES:
            return False
        size = self.height(before)
        # The rest of a word stands apart from a large first letter.
        if abs(self.height(index) - size) > SAME_SIZE * size:
            return False
        gap, space = self._gap(before, step, size)
        least = max(SHARE_OF_SPACE * space, LEAST_GAP * size)
        if gap < least:
            return False
        return gap - self._usual_gap(before, size) >= least

    def _gap(self, index: int, step: float, size: float) -> tuple[float, float]:
        """What is left of a step after the width of the character, and the width of the font's space."""
        font = self._raw.FPDFTextObj_GetFont(self._raw.FPDFText_GetTextObject(self._page, index))
        width = self._width_of(font, self._text[index])
        space = self._width_of(font, " ") or USUAL_SPACE
        return (step - width * size if width else 0.0), space * size

    def _width_of(self, font: Any, letter: str) -> float:
        """The width of a letter in font sizes; 0 if it is not known."""
        key = ctypes.cast(font, ctypes.c_void_p).value or 0, letter
        if key not in self._widths:
            self._width.value = 0.0
            found = key[0] and self._raw.FPDFFont_GetGlyphWidth(font, ord(letter), 1000.0, self._width)
            self._widths[key] = self._width.value / 1000 if found else 0.0
        return self._widths[key]

    def _usual_gap(self, index: int, size: float) -> float:
        """The median distance between the letters around a character, beyond their widths."""
        start = max(self._text.rfind("\n", 0, index) + 1, index - SAMPLE // 2)
        gaps = []
        before = None
        for place in range(start, min(index + SAMPLE // 2, len(self._text))):
            if self._text[place].isspace():
                before = None
                if self._text[place] == "\n":
                    break
                continue
            x, _ = self.origin(place)
            if before is not None:
                gaps.append(self._gap(place - 1, x - before, size)[0])
            before = x
        return max(statistics.median(gaps), 0.0) if gaps else 0.0


class _Unspaced:
    """The characters of scripts without spaces."""

    def __init__(self, ranges: str) -> None:
        import re

        self._pattern = re.compile(f"[{ranges}]")

    def __contains__(self, letter: object) -> bool:
        return self._pattern.match(str(letter)) is not None


_NO_SPACES = _Unspaced(UNSPACED)
