"""Draws a frame around quoted words on the picture of their page.

The words are found by their letters and digits alone, because the text of a page was put together anew:
lines joined, columns read one after the other, hyphens dropped. Words that are not found that way as a whole
are looked for line by line. If nothing is found, nothing is framed.
"""

import ctypes
import unicodedata
from typing import TYPE_CHECKING

from ingest.parsers.pdf.drawing import Box

if TYPE_CHECKING:
    from pypdfium2 import PdfPage, PdfTextPage

Frame = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels, all included."""

FRAME_COLOUR = bytes((214, 72, 0))
"""Red, green and blue of a frame: an orange that is seen on white, on grey and beside black text."""
FRAME_PIXELS = 2
"""Width of its lines."""
_GAP_PIXELS = 3
"""Distance between the words and the frame."""
_SHORTEST = 8
"""Letters and digits of a line that is looked for by itself: a shorter one may stand anywhere."""


def frames(page: "PdfPage", words: str, width: int, height: int) -> list[Frame]:
    """The frames around `words` on the picture of a page: left, top, right and bottom in pixels.

    Lines that lie below each other have one frame. width, height: of the picture.
    """
    text_page = page.get_textpage()
    try:
        boxes = _boxes(text_page, words)
    finally:
        text_page.close()
    found: list[Frame] = []
    for left, bottom, right, top in boxes:
        corners = [_on_picture(page, x, y, width, height) for x, y in ((left, bottom), (right, top))]
        (one, two), (three, four) = corners
        frame = (
            max(min(one, three) - _GAP_PIXELS, 0),
            max(min(two, four) - _GAP_PIXELS, 0),
            min(max(one, three) + _GAP_PIXELS, width - 1),
            min(max(two, four) + _GAP_PIXELS, height - 1),
        )
        if found and _is_below(frame, found[-1]):
            frame = _around(frame, found.pop())
        found.append(frame)
    return found


def _is_below(frame: Frame, before: Frame) -> bool:
    """Whether two frames would run through each other's words."""
    shared = min(frame[2], before[2]) - max(frame[0], before[0])
    return shared > 0 and frame[1] <= before[3] and before[1] <= frame[3]


def _around(one: Frame, other: Frame) -> Frame:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def draw_frame(pixels: bytearray, width: int, frame: Frame) -> None:
    """Draws a frame on a picture that is `width` pixels wide, three bytes a pixel, row by row."""
    left, top, right, bottom = frame
    for row in range(top, bottom + 1):
        is_edge = row < top + FRAME_PIXELS or row > bottom - FRAME_PIXELS
        spans = [(left, right + 1)]
        if not is_edge:
            spans = [(left, left + FRAME_PIXELS), (right + 1 - FRAME_PIXELS, right + 1)]
        for start, end in spans:
            if start < end:
                place = 3 * (row * width + start)
                pixels[place : place + 3 * (end - start)] = FRAME_COLOUR * (end - start)


def _boxes(page: "PdfTextPage", words: str) -> list[Box]:
    """Where the words are on the page, a box for each line."""
    from pypdfium2 import raw

    letters: list[str] = []
    places: list[int] = []
    for index in range(page.count_chars()):
        for letter in _letters(chr(raw.FPDFText_GetUnicode(page.raw, index))):
            letters.append(letter)
            places.append(index)
    text = "".join(letters)
    wanted = ["".join(_letters(words))]
    if wanted[0] not in text:
        lines = ("".join(_letters(line)) for line in words.split("\n"))
        wanted = [line for line in lines if len(line) >= _SHORTEST]
    found = []
    for part in filter(None, wanted):
        start = text.find(part)
        if start >= 0:
            found += _lines(page, places[start], places[start + len(part) - 1])
    return found


def _letters(text: str) -> list[str]:
    return [letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum()]


def _lines(page: "PdfTextPage", first: int, last: int) -> list[Box]:
    """The boxes of the characters from `first` to `last`, joined line by line."""
    lines: list[Box] = []
    for index in range(first, last + 1):
        left, bottom, right, top = page.get_charbox(index, loose=True)
        if right <= left or top <= bottom:
            continue  # White space, or a character that pdfium adds.
        if lines:
            before = lines[-1]
            if before[1] < (bottom + top) / 2 < before[3] and left > before[0] - (top - bottom):
                lines[-1] = (before[0], min(before[1], bottom), max(before[2], right), max(before[3], top))
                continue
        lines.append((left, bottom, right, top))
    return lines


def _on_picture(page: "PdfPage", x: float, y: float, width: int, height: int) -> tuple[int, int]:
    """A place on the page, in points, as pixels of its picture."""
    from pypdfium2 import raw

    across, down = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page.raw, 0, 0, width, height, 0, x, y, across, down)
    return across.value, down.value
