"""Finds missing spaces between two words of a PDF.

Many files write no space but move on to the next word, and pdfium misses some of those gaps. A gap counts as
a space if it is at least half as wide as the space of its font, beyond the distance at which the letters of
its line are set anyway. A word is examined where it first occurs; if it has no gap there, it is one word.
"""

import ctypes
import re
import statistics
from typing import TYPE_CHECKING, Any

from ingest.language import UNSPACED
from ingest.language.scripts import SCRIPTS

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
LEAST_SPACED = 3
"""Minimum number of spaces between Chinese characters in a line that is set widely."""
_WORD = re.compile(r"[^\s\ufffe]{3,}")
SAMPLE = 60
"""Maximum number of letters by which the spacing of a line is judged."""


def glued_words(page: "PdfTextPage", text: str, known: set[str]) -> set[int]:
    """The characters before which a space is missing, by index into `text`, the text of the page.

    known: words of the document without a gap; those of the page are added.
    """
    glyphs = _Glyphs(page, text)
    found: set[int] = set()
    for match in _WORD.finditer(text):
        if match[0] not in known:
            gaps = glyphs.gaps(*match.span())
            if gaps:
                found.update(gaps)
            else:
                known.add(match[0])
    return found


def without_wide_spacing(text: str) -> str:
    """A line without the spaces between its characters, if it is Chinese or Japanese and set widely."""
    spaced = len(_SPACED_IDEOGRAPHS.findall(text))
    if spaced < LEAST_SPACED or spaced < len(_IDEOGRAPHS_IN_A_ROW.findall(text)):
        return text
    return _SPACED_IDEOGRAPHS.sub("", text)


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
        self._fonts: dict[int, Any] = {}
        self._widths: dict[tuple[int, str], float] = {}

    def gaps(self, start: int, end: int) -> list[int]:
        """The characters before which there is a space, of a word from `start` to `end`."""
        found = []
        size = self.height(start)
        font = self._font(start)
        x, y = self.origin(start)
        # A ligature stands for several letters, which all begin where it does.
        in_ligature = False
        for index in range(start + 1, end):
            next_x, next_y = self.origin(index)
            step = next_x - x
            if step == 0:
                in_ligature = True
            else:
                # The width in the first font tells what need not be examined.
                least = (self._width_of(font, self._text[index - 1]) + LEAST_GAP) * size
                is_level = abs(next_y - y) <= SAME_HEIGHT * size
                if step >= least and is_level and not in_ligature and self._is_gap(index, step):
                    found.append(index)
                in_ligature = False
            x, y = next_x, next_y
        return found

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

    def _is_gap(self, index: int, step: float) -> bool:
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
        font = self._font(index)
        width = self._width_of(font, self._text[index])
        space = self._width_of(font, " ") or USUAL_SPACE
        return (step - width * size if width else 0.0), space * size

    def _font(self, index: int) -> int:
        """The address of the font of a character."""
        font = self._raw.FPDFTextObj_GetFont(self._raw.FPDFText_GetTextObject(self._page, index))
        address = ctypes.cast(font, ctypes.c_void_p).value or 0
        self._fonts[address] = font
        return address

    def _width_of(self, font: int, letter: str) -> float:
        """The width of a letter in font sizes; 0 if it is not known."""
        key = font, letter
        width = self._widths.get(key)
        if width is None:
            self._width.value = 0.0
            found = font and self._raw.FPDFFont_GetGlyphWidth(
                self._fonts[font], ord(letter), 1000.0, self._width
            )
            width = self._widths[key] = self._width.value / 1000 if found else 0.0
        return width

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


_IDEOGRAPHS = "".join(script.unspaced for script in SCRIPTS if script.name in ("kana", "Han"))
_SPACED_IDEOGRAPHS = re.compile(f"(?<=[{_IDEOGRAPHS}，。、；：]) (?=[{_IDEOGRAPHS}，。、；：])")
_IDEOGRAPHS_IN_A_ROW = re.compile(f"[{_IDEOGRAPHS}](?=[{_IDEOGRAPHS}])")


class _Unspaced:
    """The characters of scripts without spaces."""

    def __init__(self, ranges: str) -> None:
        self._pattern = re.compile(f"[{ranges}]")

    def __contains__(self, letter: object) -> bool:
        return self._pattern.match(str(letter)) is not None


_NO_SPACES = _Unspaced(UNSPACED)
