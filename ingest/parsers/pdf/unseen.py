"""Which characters of a PDF page a person does not see.

The test is the picture of the page: text is hidden when the page looks the same without it. That covers text
in the colour of its background, transparent, clipped, covered by something else, or on a layer that is
switched off. Drawing every page twice would cost too much, so it is done only where an attribute of the
text, or something drawn near it, makes that possible. Text that is never drawn (render mode 3), tiny, or
outside the page is known without a picture.

The text layer of a scan is not hidden: it is never drawn, but the picture under it shows the words. So text
that is never drawn stays where the picture has ink.
"""

import ctypes
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.documents import Hiding
from ingest.parsers.pdf.drawing import (
    Box,
    Drawn,
    PageObjects,
    area,
    common,
    grown,
    touch,
    touches_any,
)
from ingest.parsers.text import letters, line
from ingest.parsers.unseen.colours import CONTRAST

if TYPE_CHECKING:
    from pypdfium2 import PdfBitmap, PdfPage, PdfTextPage

SCALE = 1.25
"""Pixels per point of the compared pictures."""
INK = 40
"""Minimum difference of a colour, of 255, within a picture that shows text."""
MAX_PAIRS = 100_000
"""Texts times areas of one page that are compared; on a page with more, every text is examined."""
COVERED_SHARE = 0.2
"""Minimum share of a text under what is drawn later, for the text to be examined."""
WORD_GAP = 0.15
"""Distance between two words, in heights of a line, below which they are one."""
PAGE_SHARE = 0.5
"""Minimum share of the page under a picture that covers the text layer of a scan."""


@dataclass(frozen=True, slots=True)
class UnseenText:
    """Text of a page that a person does not see."""

    text: str
    """The text, on one line."""
    how: Hiding
    """How it is hidden."""
    box: Box
    """Where it is."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """What a person does not see of a page."""

    texts: list[UnseenText]
    """In the order of the file, without what the page shows as well and what only programs read."""
    masked: list[tuple[int, int]]
    """Start and end, in the text page, of hidden characters in an object of which others can be seen."""


def without_unseen(page: "PdfPage", *, has_form_on_layer: bool) -> "tuple[PdfTextPage, Unseen]":
    """The text of an open page without what cannot be seen. The page changes, the file does not.

    has_form_on_layer: whether a form of the file may be on a layer, which can be switched off.

    Returns the text page of what can be seen, which the caller closes, and what cannot.
    """
    # With boxes that the page inherits from the folder of pages above it.
    shown = page.get_bbox()
    objects = PageObjects(page, has_form_on_layer=has_form_on_layer)
    drawn = objects.drawn()
    suspects = list(_suspects(objects, drawn, shown))
    text_page = page.get_textpage()
    texts = [(each, text) for each in suspects if _WRITTEN.search(text := _text(each, text_page))]
    if not texts:
        return text_page, Unseen([], [])
    pictures = [each.box for each in drawn if each.is_image]
    view = None
    if any(not each.known or touches_any(each.box, pictures) for each, _ in texts):
        view = _View(page, [each for each, _ in texts], pictures)
    unseen, mixed = [], {}
    for suspect, text in texts:
        verdicts = {_judged(part, suspect, shown, view) for part in _parts(suspect)}
        if None not in verdicts:
            unseen.append(UnseenText(text, suspect.how, suspect.box))
            _set_active(suspect, active=False)
        elif len(verdicts) > 1:
            mixed[_address(suspect.raw)] = suspect
    if unseen:
        text_page.close()
        text_page = page.get_textpage()
    # What the page shows as well, such as the text of a shadow, hides nothing.
    seen = letters(text_page.get_text_range()) if unseen else ""
    unseen = [each for each in unseen if letters(each.text) not in seen]
    masked = []
    for word in _words(text_page, mixed) if mixed else ():
        how = _judged(word.box, mixed[word.address], shown, view)
        if how is not None:
            unseen.append(UnseenText(word.text, how, word.box))
            masked.append((word.start, word.end))
    return text_page, Unseen(_joined(unseen), masked)


def _joined(pieces: list[UnseenText]) -> list[UnseenText]:
    """Pieces that follow each other as one, without those that only a program reads."""
    joined: list[UnseenText] = []
    for piece in pieces:
        before = joined[-1] if joined else None
        if before is not None and before.how is piece.how:
            left, bottom, _, top = piece.box
            is_beside = bottom < before.box[3] and top > before.box[1]
            is_close = is_beside and abs(left - before.box[2]) < WORD_GAP * (top - bottom)
            text = before.text + ("" if is_close else " ") + piece.text
            joined[-1] = UnseenText(text, piece.how, piece.box)
        else:
            joined.append(piece)
    return [piece for piece in joined if _READABLE.search(piece.text)]


# Which texts may be hidden


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A text object that may be hidden."""

    raw: Any
    box: Box
    how: Hiding
    """Why it is, if it is."""
    known: bool
    """Whether it is known without a picture."""


def _suspects(objects: PageObjects, drawn: list[Drawn], shown: Box) -> Iterator[_Suspect]:
    """The texts that may be hidden."""
    texts = [(place, each) for place, each in enumerate(drawn) if each.is_text]
    areas = [(place, each) for place, each in enumerate(drawn) if not each.is_text]
    notes = list(objects.notes())
    too_many = len(texts) * (len(areas) + len(notes)) > MAX_PAIRS
    for place, text in texts:
        how, known = objects.attribute(text, shown)
        if how is None and too_many:
            how = Hiding.COVERED
        elif how is None:
            left, bottom, right, top = text.box
            around = [
                (other, area)
                for other, area in areas
                if area.box[0] < right and left < area.box[2] and area.box[1] < top and bottom < area.box[3]
            ]
            over = [area.box for other, area in around if other > place]
            over += [box for box in notes if touch(text.box, box)]
            if over and sum(area(common(text.box, box)) for box in over) > COVERED_SHARE * area(text.box):
                how = Hiding.COVERED
            elif not objects.contrasts(text, [area for other, area in around if other < place]):
                how = Hiding.COLOUR
        if how is not None:
            yield _Suspect(text.raw, text.box, how, known)


# Which words are hidden

_WRITTEN = re.compile(r"\w")
"""A lone dash or dot is not worth hiding."""
_READABLE = re.compile(r"(?<![\w-])(?:[^\W\d_]{2,}|\d[\d.,]*|[\u3040-\u9fff])(?![\w-])|[\u3040-\u9fff]{2}")
"""A word or number. Programs leave identifiers in size 0, which no person and no model would read as text."""


@dataclass(frozen=True, slots=True)
class _Word:
    """Characters of one text object without white space between them."""

    text: str
    start: int
    end: int
    address: int
    """Of its text object."""
    box: Box


def _text(suspect: _Suspect, page: "PdfTextPage") -> str:
    """The text of an object, on one line."""
    from pypdfium2 import raw

    size = raw.FPDFTextObj_GetText(suspect.raw, page.raw, None, 0)
    buffer = (ctypes.c_ushort * (size // 2))()
    raw.FPDFTextObj_GetText(suspect.raw, page.raw, buffer, size)
    return line(bytes(buffer).decode("utf-16-le", errors="replace").rstrip("\0"))


def _set_active(suspect: _Suspect, *, active: bool) -> None:
    """Sets whether an object is drawn and read."""
    from pypdfium2 import raw

    raw.FPDFPageObj_SetIsActive(suspect.raw, active)


def _parts(suspect: _Suspect) -> Iterator[Box]:
    """The parts of a text from its one end to its other, each about twice as long as high."""
    left, bottom, right, top = suspect.box
    is_across = right - left >= top - bottom
    length, height = (right - left, top - bottom) if is_across else (top - bottom, right - left)
    count = 1 if height <= 0 else max(int(length / (2 * height)), 1)
    for part in range(count):
        first, last = length * part / count, length * (part + 1) / count
        if is_across:
            yield left + first, bottom, left + last, top
        else:
            yield left, bottom + first, right, bottom + last


def _address(item: Any) -> int:
    return ctypes.cast(item, ctypes.c_void_p).value or 0


def _words(page: "PdfTextPage", suspects: dict[int, _Suspect]) -> Iterator[_Word]:
    """The words of the texts that may be hidden."""
    from pypdfium2 import raw

    values = [ctypes.c_double() for _ in range(4)]
    characters = [chr(raw.FPDFText_GetUnicode(page.raw, index)) for index in range(page.count_chars())]

    def owner(index: int) -> int:
        if characters[index].isspace() or characters[index] == "\0":
            return 0
        item = raw.FPDFText_GetTextObject(page.raw, index)
        return _address(item) if item else 0

    for address, group in itertools.groupby(range(len(characters)), key=owner):
        places = list(group)
        text = "".join(characters[place] for place in places)
        if address in suspects and _WRITTEN.search(text):
            boxes = []
            for index in places:
                raw.FPDFText_GetCharBox(page.raw, index, *values)
                boxes.append(tuple(value.value for value in values))
            left, right, bottom, top = zip(*boxes, strict=True)
            box = min(left), min(bottom), max(right), max(top)
            yield _Word(line(text), places[0], places[-1] + 1, address, box)


def _judged(box: Box, suspect: _Suspect, shown: Box, view: "_View | None") -> Hiding | None:
    """Why the part of a text in `box` is hidden; None if it can be seen."""
    if not touch(grown(box, 0.01), shown):
        return Hiding.OUTSIDE
    if view is not None:
        if not suspect.known and view.changes(box):
            return None
        if suspect.how in (Hiding.UNDRAWN, Hiding.COVERED) and view.shows_ink(
            box, whole_page=suspect.how is Hiding.COVERED
        ):
            return None
    return suspect.how


class _View:
    """A page drawn with and without the texts that may be hidden."""

    def __init__(self, page: "PdfPage", suspects: Sequence[_Suspect], pictures: list[Box]) -> None:
        from pypdfium2 import raw

        self._raw: Any = raw
        self._page = page
        self._pictures = pictures
        self._bitmap: PdfBitmap = page.render(scale=SCALE)
        for suspect in suspects:
            _set_active(suspect, active=False)
        without = page.render(scale=SCALE)
        for suspect in suspects:
            _set_active(suspect, active=True)
        self._pixels = bytes(self._bitmap.buffer), bytes(without.buffer)

    def changes(self, box: Box) -> bool:
        """Whether the picture of `box` is another one without the texts."""
        for start, end in self._rows(box):
            before, after = (pixels[start:end] for pixels in self._pixels)
            if before != after and max(abs(a - b) for a, b in zip(before, after, strict=True)) >= CONTRAST:
                return True
        return False

    def shows_ink(self, box: Box, *, whole_page: bool) -> bool:
        """Whether a picture on the page has something drawn at `box` or just beside it.

        whole_page: only pictures count that fill most of the page.
        """
        least = PAGE_SHARE * self._page.get_width() * self._page.get_height() if whole_page else 0.0
        if not any(touch(box, picture) and area(picture) >= least for picture in self._pictures):
            return False
        around = grown(box, max(3.0, (box[3] - box[1]) / 2))
        rows = [self._pixels[1][start:end] for start, end in self._rows(around)]
        return bool(rows) and max(map(max, rows)) - min(map(min, rows)) >= INK

    def _rows(self, box: Box) -> Iterator[tuple[int, int]]:
        """Start and end of every row of pixels in `box`."""
        bitmap = self._bitmap
        ends = []
        for x, y in ((box[0], box[1]), (box[2], box[3])):
            across, down = ctypes.c_int(), ctypes.c_int()
            size = (0, 0, bitmap.width, bitmap.height, 0)
            self._raw.FPDF_PageToDevice(self._page.raw, *size, x, y, across, down)
            ends.append((across.value, down.value))
        (left, right), (top, bottom) = sorted((ends[0][0], ends[1][0])), sorted((ends[0][1], ends[1][1]))
        left, top = max(left, 0), max(top, 0)
        right, bottom = min(right + 1, bitmap.width), min(bottom + 1, bitmap.height)
        if left >= right:
            return
        for row in range(top, bottom):
            first = row * bitmap.stride
            yield first + left * bitmap.n_channels, first + right * bitmap.n_channels
