"""The objects of a PDF page as pdfium draws them: texts, pictures and areas, with what may hide a text.

It reads attributes and judges from them whether a text may be invisible; `unseen` decides. Values that pdfium
fills in are made once, because a page has thousands of objects.
"""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import hypot
from typing import TYPE_CHECKING, Any

from ingest.documents import Hiding
from ingest.parsers.unseen import SMALLEST_POINTS
from ingest.parsers.unseen.colours import CONTRAST, Colour

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

LIGHT = 150
"""Brightness, of 255, from which a text may be as light as its background."""
THINNEST = 1.0
"""Width in points below which an area is a line, which neither covers a text nor is its background."""
MOST_SEGMENTS = 6
"""Maximum number of segments of a path that may be a rectangle."""
MAX_DEPTH = 8
"""Maximum depth of nested forms; pdfium draws no deeper ones either."""

Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in points."""

_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: _Matrix = (1, 0, 0, 1, 0, 0)


@dataclass(slots=True)
class Drawn:
    """An object of a page that is a text, or may be under or over one."""

    raw: Any
    box: Box
    own_box: Box
    """Its box in the coordinates of the form that it is in, in which its clipping paths are given."""
    is_text: bool
    is_image: bool
    is_doubtful: bool
    """Whether it is in a form that may be transparent, switched off or cut off."""
    colour: Colour | None
    """Its fill; None for a pattern, a picture, or an object without one."""
    alpha: int
    """0 is transparent, 255 opaque."""
    size: float
    """The font size of a text as drawn, or a larger one if it is not a small text."""


class PageObjects:
    """Reads the objects of a page."""

    def __init__(self, page: "PdfPage", *, has_form_on_layer: bool) -> None:
        """has_form_on_layer: whether a form of the file may be on a layer, which can be switched off."""
        from pypdfium2 import raw

        self._page = page
        self._has_form_on_layer = has_form_on_layer
        self._raw: Any = raw
        self._floats = [ctypes.c_float() for _ in range(4)]
        self._box = [ctypes.byref(value) for value in self._floats]
        self._parts = [ctypes.c_uint() for _ in range(4)]
        self._colour = [ctypes.byref(value) for value in self._parts]
        self._matrix: Any = raw.FS_MATRIX()
        self._mode = ctypes.c_int(), ctypes.c_int()

    def drawn(self) -> list[Drawn]:
        """The texts, pictures and areas, in the order of drawing."""
        raw = self._raw
        count = raw.FPDFPage_CountObjects(self._page.raw)
        return list(self._walk(raw.FPDFPage_GetObject, self._page.raw, count, _IDENTITY, doubtful=False))

    def _walk(
        self, get: Any, holder: Any, count: int, outer: _Matrix, depth: int = 0, *, doubtful: bool
    ) -> Iterator[Drawn]:
        raw, floats, parts = self._raw, self._floats, self._parts
        text, path, form = raw.FPDF_PAGEOBJ_TEXT, raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_FORM
        for index in range(count):
            item = get(holder, index)
            kind = raw.FPDFPageObj_GetType(item)
            raw.FPDFPageObj_GetBounds(item, *self._box)
            own_box = (floats[0].value, floats[1].value, floats[2].value, floats[3].value)
            if kind == form:
                if depth < MAX_DEPTH:
                    matrix = _product(self._matrix_of(item), outer)
                    inner = raw.FPDFFormObj_CountObjects(item)
                    may_vanish = (
                        doubtful
                        or self._has_form_on_layer
                        or raw.FPDFPageObj_HasTransparency(item)
                        or self._is_optional(item)
                        or self._is_clipped(item, own_box)
                    )
                    yield from self._walk(
                        raw.FPDFFormObj_GetObject, item, inner, matrix, depth + 1, doubtful=may_vanish
                    )
                continue
            box = _mapped(own_box, outer) if depth else own_box
            thickness = min(box[2] - box[0], box[3] - box[1])
            if kind != text and thickness < THINNEST:
                continue
            if kind == path:
                raw.FPDFPath_GetDrawMode(item, *self._mode)
                if self._mode[0].value == raw.FPDF_FILLMODE_NONE:
                    continue
            has_colour = kind in (text, path) and raw.FPDFPageObj_GetFillColor(item, *self._colour)
            # What is drawn larger has no smaller font.
            size = 3 * SMALLEST_POINTS
            if kind == text and thickness < size:
                size = self._font_size(item, outer)
            yield Drawn(
                item,
                box,
                own_box,
                kind == text,
                kind == raw.FPDF_PAGEOBJ_IMAGE,
                doubtful,
                (parts[0].value, parts[1].value, parts[2].value) if has_colour else None,
                parts[3].value if has_colour else 255,
                size,
            )

    def _matrix_of(self, item: Any) -> _Matrix:
        matrix = self._matrix
        self._raw.FPDFPageObj_GetMatrix(item, matrix)
        return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f

    def _font_size(self, item: Any, outer: _Matrix) -> float:
        self._raw.FPDFTextObj_GetFontSize(item, self._floats[0])
        a, b, c, d, _, _ = _product(self._matrix_of(item), outer)
        return abs(self._floats[0].value) * min(hypot(a, b), hypot(c, d))

    # Attributes of texts

    def attribute(self, text: Drawn, shown: Box) -> tuple[Hiding | None, bool]:
        """Why a text may be hidden by its own attributes, and whether it certainly is."""
        raw = self._raw
        mode = raw.FPDFTextObj_GetTextRenderMode(text.raw)
        is_filled = mode == raw.FPDF_TEXTRENDERMODE_FILL
        if mode == raw.FPDF_TEXTRENDERMODE_INVISIBLE or (is_filled and text.alpha == 0):
            return Hiding.UNDRAWN, True
        if text.size < SMALLEST_POINTS:
            return Hiding.SIZE, True
        left, bottom, right, top = text.box
        if left >= right or bottom >= top:
            # A space, or glyphs without a shape. If the font is not in the file, this machine may lack it.
            return (Hiding.UNDRAWN if self._is_embedded(text.raw) else None), False
        if (
            not within(text.box, shown)
            or mode == raw.FPDF_TEXTRENDERMODE_CLIP
            or self._is_clipped(text.raw, text.own_box)
        ):
            return Hiding.OUTSIDE, False
        if text.is_doubtful or raw.FPDFPageObj_HasTransparency(text.raw) or self._is_optional(text.raw):
            return Hiding.UNDRAWN, False
        if text.colour is None or not is_filled:
            return Hiding.COLOUR, False
        return None, False

    def _is_embedded(self, item: Any) -> bool:
        """Whether the font of a text is in the file."""
        return bool(self._raw.FPDFFont_GetIsEmbedded(self._raw.FPDFTextObj_GetFont(item)) == 1)

    def contrasts(self, text: Drawn, under: Sequence[Drawn]) -> bool:
        """Whether the colour of a text surely differs from what is drawn under it, in order of drawing."""
        assert text.colour is not None, "a text without a colour is suspect by itself"
        for area in reversed(under):
            if _is_alike(text.colour, area.colour):
                return False
            if area.alpha == 255 and within(text.box, area.box) and self._is_rectangle(area.raw):
                return True
        return 0.3 * text.colour[0] + 0.59 * text.colour[1] + 0.11 * text.colour[2] < LIGHT

    def _is_rectangle(self, item: Any) -> bool:
        segment = partial(self._raw.FPDFPath_GetPathSegment, item)
        return self._corners(self._raw.FPDFPath_CountSegments(item), segment) is not None

    def _is_clipped(self, item: Any, own_box: Box) -> bool:
        """Whether the clipping paths of an object may cut anything off it."""
        raw = self._raw
        clip = raw.FPDFPageObj_GetClipPath(item)
        for path in range(raw.FPDFClipPath_CountPaths(clip)):
            segment = partial(raw.FPDFClipPath_GetPathSegment, clip, path)
            corners = self._corners(raw.FPDFClipPath_CountPathSegments(clip, path), segment)
            # A path that is more than a rectangle may leave out anything.
            if corners is None or not within(own_box, corners):
                return True
        return False

    def _corners(self, count: int, segment: Callable[[int], Any]) -> Box | None:
        """The upright rectangle that the `count` segments of a path draw; None if it is something else."""
        if not 4 <= count <= MOST_SEGMENTS:
            return None
        across, up = set(), set()
        for index in range(count):
            self._raw.FPDFPathSegment_GetPoint(segment(index), self._box[0], self._box[1])
            across.add(round(self._floats[0].value, 1))
            up.add(round(self._floats[1].value, 1))
        is_rectangle = len(across) == 2 and len(up) == 2
        return (min(across), min(up), max(across), max(up)) if is_rectangle else None

    def _is_optional(self, item: Any) -> bool:
        """Whether the page draws an object on a layer, which can be switched off."""
        raw = self._raw
        for index in range(raw.FPDFPageObj_CountMarks(item)):
            name, size = (ctypes.c_ushort * 8)(), ctypes.c_ulong()
            raw.FPDFPageObjMark_GetName(raw.FPDFPageObj_GetMark(item, index), name, ctypes.sizeof(name), size)
            if bytes(name).startswith(b"O\0C\0\0\0"):
                return True
        return False

    def notes(self) -> Iterator[Box]:
        """Where annotations lie that may cover text."""
        raw, page = self._raw, self._page.raw
        transparent = (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_WIDGET)
        for index in range(raw.FPDFPage_GetAnnotCount(page)):
            note = raw.FPDFPage_GetAnnot(page, index)
            if not note:
                continue
            box = raw.FS_RECTF()
            if raw.FPDFAnnot_GetSubtype(note) not in transparent and raw.FPDFAnnot_GetRect(note, box):
                across, up = sorted((box.left, box.right)), sorted((box.bottom, box.top))
                yield across[0], up[0], across[1], up[1]
            raw.FPDFPage_CloseAnnot(note)


def _product(inner: _Matrix, outer: _Matrix) -> _Matrix:
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _mapped(box: Box, matrix: _Matrix) -> Box:
    a, b, c, d, e, f = matrix
    points = [(a * x + c * y + e, b * x + d * y + f) for x in box[::2] for y in box[1::2]]
    across, up = zip(*points, strict=True)
    return min(across), min(up), max(across), max(up)


def common(a: Sequence[float], b: Sequence[float]) -> Box:
    """What two boxes have in common; turned inside out if that is nothing."""
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def area(box: Box) -> float:
    """The area of a box, in square points."""
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def touch(a: Box, b: Box) -> bool:
    """Whether two boxes overlap."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def touches_any(box: Box, others: Sequence[Box]) -> bool:
    """Whether a box overlaps one of the others."""
    return any(touch(box, other) for other in others)


def within(inner: Box, outer: Box, slack: float = 1.0) -> bool:
    """Whether a box lies in another one, which may be `slack` points too small on each side."""
    return (
        inner[0] >= outer[0] - slack
        and inner[1] >= outer[1] - slack
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )


def grown(box: Box, by: float) -> Box:
    """A box with `by` more points on each side."""
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def _is_alike(a: Colour, b: Colour | None) -> bool:
    """Whether a text of colour `a` may not be seen on `b`. The colour of a picture is not known."""
    return b is None or max(abs(x - y) for x, y in zip(a, b, strict=True)) < 3 * CONTRAST
