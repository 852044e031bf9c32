"""Text in OpenDocument files that a person does not see (OpenDocument 1.3, part 3, 16 and 20).

What a text looks like follows from the styles of its element and of those around it, each with the styles
that it is based on. What is behind it is the nearest background: of the span, paragraph, cell, table, frame
or page, and on a slide of the shapes under it. A fill that is not one colour, and a picture, has no known
colour: text there is never taken for hidden because of its own.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ingest.documents import Hiding
from ingest.parsers.unseen import FAINT, SMALLEST_POINTS
from ingest.parsers.unseen.areas import Areas, Box
from ingest.parsers.unseen.colours import WHITE, Colour, alike, from_hex
from ingest.parsers.unseen.themes import Paint

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _OFFICE = f"{{{_NS}text:1.0}}", f"{{{_NS}table:1.0}}", f"{{{_NS}office:1.0}}"
_DRAW, _STYLE, _SHOW = f"{{{_NS}drawing:1.0}}", f"{{{_NS}style:1.0}}", f"{{{_NS}presentation:1.0}}"
_FO, _SVG = f"{{{_NS}xsl-fo-compatible:1.0}}", f"{{{_NS}svg-compatible:1.0}}"

_FAMILIES = {
    f"{_TEXT}span": "text", f"{_TEXT}a": "text", f"{_TEXT}p": "paragraph", f"{_TEXT}h": "paragraph",
    f"{_TEXT}section": "section", f"{_TABLE}table": "table", f"{_TABLE}table-row": "table-row",
    f"{_TABLE}table-cell": "table-cell", f"{_TABLE}covered-table-cell": "table-cell",
}  # fmt: skip
"""The family of the styles of an element; drawn elements have `graphic` or `presentation`."""
_PARAGRAPHS = (f"{_TEXT}p", f"{_TEXT}h")
_AUTOMATIC = f"{_STYLE}use-window-font-color"
_OPACITY = re.compile(r"text \{.*\}opacity$")
"""A property of an extension, whose namespace programs choose."""
_TARGET = f"{{{_NS}smil-compatible:1.0}}targetElement"
_SLIDE = (793.7, 446.5)
"""Size of a slide whose file does not state it, in points: 28 by 15.75 cm."""
_EVERYWHERE: Box = (-1e6, -1e6, 1e6, 1e6)
_LINK = "{http://www.w3.org/1999/xlink}href"
_PERCENT = re.compile(r"(\d*\.?\d+)%")
_NARROWEST_PERCENT = 5
"""Width or size of characters, of what it would be, up to which they cannot be read."""
_BACKDROP_POINTS = 144.0
"""Width and height from which a picture or shape is a background for text: two inches."""
_OFF_POINTS = 800.0
"""Distance beyond which a frame is off its page: 28 cm."""
_POINTS = {"pt": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4, "pc": 12.0, "px": 0.75}
_LENGTH = re.compile(r"(-?\d*\.?\d+)(pt|in|cm|mm|pc|px)")
_DEPTH = 20
"""Styles that a style is based on, one after the other, that are considered."""

Properties = Mapping[str, str]
"""The attributes of a style, by the kind of properties that they are in and their names with namespaces."""
BehindShape = Callable[[Any], list[Colour | None]]
"""The colours behind a drawn element; None for one that is not known."""


class OdfLooks:
    """The looks of the texts of one file."""

    def __init__(self, content: Any, styles: Any) -> None:
        """Reads the styles of a file's parts.

        styles: the root of its part for styles; None if it has none.
        """
        self._styles: dict[tuple[str, str], Any] = {}
        self._defaults: dict[str, Properties] = {}
        self._known: dict[tuple[str, str], Properties] = {}
        roots = [root for root in (styles, content) if root is not None]
        for root in roots:
            for style in root.iter(f"{_STYLE}style", f"{_STYLE}default-style"):
                family = style.get(f"{_STYLE}family", "")
                if style.tag == f"{_STYLE}style":
                    self._styles[family, style.get(f"{_STYLE}name", "")] = style
                else:
                    self._defaults[family] = _properties(style)
        pages = [
            _background(_properties(page), "page-layout")
            for root in roots
            for page in root.iter(f"{_STYLE}page-layout")
        ]
        self._page = list({paint.colour if paint else WHITE for paint in pages}) or [WHITE]
        drawn = [each for each in content.iter() if isinstance(each.tag, str) and self._is_backdrop(each)]
        self._has_paint = bool(drawn)
        if any(_first([self.shape(each)], f"graphic {_STYLE}run-through") == "background" for each in drawn):
            self._page.append(None)

    def of(self, family: str, name: str) -> Properties:
        """The properties of a style, with those of the styles that it is based on."""
        known = self._known.get((family, name))
        if known is None:
            chain: list[Properties] = []
            style = self._styles.get((family, name))
            while style is not None and len(chain) < _DEPTH:
                chain.append(_properties(style))
                style = self._styles.get((family, style.get(f"{_STYLE}parent-style-name", "")))
            known = dict(self._defaults.get(family, {}))
            for properties in reversed(chain):
                if f"text {_FO}color" in properties or f"text {_AUTOMATIC}" in properties:
                    # Each is in place of the other.
                    known.pop(f"text {_FO}color", None)
                known.update(properties)
            self._known[family, name] = known
        return known

    def is_based_on(self, paragraph_style: str, other: str) -> bool:
        """Whether a style of paragraphs is another one, or based on it."""
        name = paragraph_style
        for _ in range(_DEPTH):
            if name == other:
                return True
            style = self._styles.get(("paragraph", name))
            name = style.get(f"{_STYLE}parent-style-name", "") if style is not None else ""
        return False

    def shape(self, element: Any) -> Properties:
        """The properties of a drawn element."""
        shown = element.get(f"{_SHOW}style-name")
        return (
            self.of("presentation", shown)
            if shown
            else self.of("graphic", element.get(f"{_DRAW}style-name", ""))
        )

    def hiding(self, element: Any, behind_shape: BehindShape | None = None) -> Hiding | None:
        """How the own text of an element, without its children's, is hidden; None if it can be seen.

        behind_shape: what is behind the text of a drawn element without a fill; the page if None.
        """
        looks: list[Properties] = []
        for around in (element, *element.iterancestors()):
            if _is_marked(around):
                return Hiding.MARKED
            looks += self._of_element(around)
        if _first(looks, f"text {_TEXT}display") == "none":
            return Hiding.MARKED
        if _is_tiny(looks):
            return Hiding.SIZE
        if _is_transparent(looks):
            return Hiding.UNDRAWN
        colour = _hex(_first(looks, f"text {_FO}color"))
        if colour is None:
            return None
        behind = self._behind(element, behind_shape)
        return Hiding.COLOUR if all(each is not None and alike(colour, each) for each in behind) else None

    def hiding_of_cell(self, cell: Any, name: str) -> Hiding | None:
        """How a cell of a spreadsheet hides its text; None if it can be seen.

        name: its style, or the one that its row or column gives it.
        """
        look = self.of("table-cell", name)
        spans = [self._of_element(each) for each in cell.iter(f"{_TEXT}span")]
        if len(spans) == 1:
            # It has the whole text, in all likelihood; of several, some may be seen.
            look = {**look, **spans[0][0]}
        if _is_tiny([look]):
            return Hiding.SIZE
        colour = _hex(look.get(f"text {_FO}color"))
        paint = _background(look, "table-cell")
        style = self._styles.get(("table-cell", name))
        # The look of a cell may depend on its value.
        is_conditional = style is not None and style.find(f"{_STYLE}map") is not None
        if colour is None or len(spans) > 1 or is_conditional:
            return None
        behind = paint.colour if paint else WHITE
        return Hiding.COLOUR if behind is not None and alike(colour, behind) else None

    def hiding_of_shape(self, element: Any) -> Hiding | None:
        """How a whole drawn element is hidden; None if it is not."""
        if element.get(f"{_DRAW}display", "always") in ("none", "printer"):
            return Hiding.MARKED
        box = box_of(element)
        is_off = box is not None and (box[2] < -_OFF_POINTS or box[0] > 2 * _OFF_POINTS)
        return Hiding.OUTSIDE if is_off else None

    def fill(self, element: Any) -> Paint:
        """The fill of a drawn element; one with opacity 0 if it has none."""
        if element.find(f"{_DRAW}image") is not None or element.find(f"{_DRAW}object") is not None:
            return Paint(None)
        look = self.shape(element)
        paint = _background(look, "graphic")
        is_frame = element.tag in (f"{_DRAW}frame", f"{_DRAW}g", f"{_DRAW}text-box", f"{_DRAW}page")
        if paint is None and not is_frame and f"graphic {_DRAW}fill" not in look:
            return Paint(None)
        return paint or Paint(None, 0.0)

    def _of_element(self, element: Any) -> list[Properties]:
        if not isinstance(element.tag, str):
            return []
        if element.tag.startswith(_DRAW) and element.tag != f"{_DRAW}page":
            return [self.shape(element)]
        family = _FAMILIES.get(element.tag)
        if family is None:
            return []
        name = element.get(f"{_TABLE if family.startswith('table') else _TEXT}style-name", "")
        return [self.of(family, name)]

    def _behind(self, element: Any, behind_shape: BehindShape | None) -> list[Colour | None]:
        for around in (element, *element.iterancestors()):
            if isinstance(around.tag, str) and around.tag.startswith(_DRAW):
                if around.tag in (f"{_DRAW}page", f"{_DRAW}text-box"):
                    continue
                paint = self.fill(around)
                if paint.opacity > 0:
                    return [paint.colour if paint.opacity == 1 else None]
                if around.tag == f"{_DRAW}g":
                    continue
                if behind_shape is not None:
                    return behind_shape(around)
                if self._has_paint:
                    return [None]
                continue
            for look in self._of_element(around):
                shade = _background(look, "text") or _background(look, _FAMILIES[around.tag])
                if shade:
                    return [shade.colour]
        return self._page

    def _is_backdrop(self, element: Any) -> bool:
        """Whether a drawn element has paint, and is large enough to be behind text."""
        if not element.tag.startswith(_DRAW) or element.get(f"{_TEXT}anchor-type") == "as-char":
            return False
        sides = [points(element.get(f"{_SVG}{side}", "")) for side in ("width", "height")]
        is_large = all(side is not None and side >= _BACKDROP_POINTS for side in sides)
        return is_large and self.fill(element).opacity > 0


class OdfSlide:
    """The looks of the texts on one slide."""

    def __init__(self, looks: OdfLooks, page: Any, styles: Any) -> None:
        """Reads what is drawn on a slide, and on its master page.

        styles: the root of the file's part for styles; None if it has none.
        """
        self._looks = looks
        parts = styles if styles is not None else page
        masters = {each.get(f"{_STYLE}name"): each for each in parts.iter(f"{_STYLE}master-page")}
        layouts = {each.get(f"{_STYLE}name"): each for each in parts.iter(f"{_STYLE}page-layout")}
        master = masters.get(page.get(f"{_DRAW}master-page-name"))
        layout = layouts.get(master.get(f"{_STYLE}page-layout-name")) if master is not None else None
        stated = _properties(layout) if layout is not None else {}
        width, height = (
            points(stated.get(f"page-layout {_FO}page-{side}", "")) for side in ("width", "height")
        )
        fills = [
            _background(looks.of("drawing-page", each.get(f"{_DRAW}style-name", "")), "drawing-page")
            for each in (page, master)
            if each is not None
        ]
        paint = next((fill for fill in fills if fill), None) or _background(stated, "page-layout")
        self._areas = Areas(width or _SLIDE[0], height or _SLIDE[1], paint.colour if paint else WHITE)
        self._has_size = width is not None and height is not None
        self._places: dict[Any, tuple[Box | None, int, int]] = {}
        self._is_animated = any(_TARGET in each.attrib for each in page.iter())
        if master is not None:
            self._add(each for each in master if not each.get(f"{_SHOW}class"))
        self._add(page)

    def hiding(self, element: Any) -> Hiding | None:
        """How the own text of an element, without its children's, is hidden; None if it can be seen."""
        return self._looks.hiding(element, self._behind)

    def hiding_of_shape(self, element: Any) -> Hiding | None:
        """How a whole drawn element is hidden; None if it is not."""
        marked = self._looks.hiding_of_shape(element)
        box, _, over = self._places.get(element, (None, 0, 0))
        if marked or box is None or self._is_animated:
            return marked
        if self._has_size and self._areas.is_outside(box):
            return Hiding.OUTSIDE
        return Hiding.COVERED if self._areas.is_covered(box, over) else None

    def _behind(self, element: Any) -> list[Colour | None]:
        box, layer, _ = self._places.get(element, (None, 0, 0))
        return self._areas.behind(box, layer)

    def _add(self, elements: Iterable[Any]) -> None:
        for element in elements:
            if element.tag == f"{_DRAW}g":
                self._add(element)
            elif isinstance(element.tag, str) and element.tag.startswith(_DRAW):
                box, layer, fill = box_of(element), len(self._areas), self._looks.fill(element)
                is_line = element.tag in (f"{_DRAW}line", f"{_DRAW}connector")
                if fill.opacity > 0 and not is_line and not self._looks.hiding_of_shape(element):
                    colour = fill.colour if fill.opacity == 1 else None
                    is_full = colour is not None and _is_rectangle(element)
                    self._areas.add(box or _EVERYWHERE, colour, is_full=is_full and box is not None)
                self._places[element] = box, layer, len(self._areas)


def _is_rectangle(element: Any) -> bool:
    geometry = element.find(f"{_DRAW}enhanced-geometry")
    form = geometry.get(f"{_DRAW}type") if geometry is not None else ""
    return element.tag in (f"{_DRAW}rect", f"{_DRAW}frame") or form == "rectangle"


def points(length: str) -> float | None:
    """A length in points; None if it is none."""
    match = _LENGTH.fullmatch(length.strip())
    return float(match[1]) * _POINTS[match[2]] if match else None


def box_of(element: Any) -> Box | None:
    """Where a drawn element is, in points; None if it does not say so, or is turned."""
    sides = [points(element.get(f"{_SVG}{side}", "")) for side in ("x", "y", "width", "height")]
    left, top, width, height = sides
    if left is None or top is None or element.get(f"{_DRAW}transform"):
        return None
    return left, top, left + (width or 0), top + (height or 0)


def _properties(style: Any) -> dict[str, str]:
    found = {}
    for part in style:
        if not isinstance(part.tag, str) or not part.tag.endswith("-properties"):
            continue
        kind = part.tag.removeprefix(_STYLE).removesuffix("-properties")
        found.update({f"{kind} {name}": value for name, value in part.attrib.items()})
        if any(each.get(_LINK) for each in part.iterfind(f"{_STYLE}background-image")):
            found[f"{kind} image"] = "image"
    if found.get(f"text {_AUTOMATIC}") == "true":
        # LibreOffice writes the automatic colour with an opacity of 0, and draws it opaque.
        found = {name: value for name, value in found.items() if not _OPACITY.match(name)}
    return found


def _background(look: Properties, family: str) -> Paint | None:
    """What a style of this family paints behind its element; None for nothing."""
    kind = family
    if f"{kind} image" in look:
        return Paint(None)
    fill = look.get(f"{kind} {_DRAW}fill")
    if fill == "solid":
        return Paint(
            _hex(look.get(f"{kind} {_DRAW}fill-color")), _percent(look.get(f"{kind} {_DRAW}opacity")) / 100
        )
    if fill not in (None, "none"):
        return Paint(None)
    colour = look.get(f"{kind} {_FO}background-color", "transparent")
    return Paint(_hex(colour)) if colour != "transparent" and fill is None else None


def _is_marked(element: Any) -> bool:
    """Whether a file marks an element as hidden by a condition or by itself."""
    if element.tag == f"{_TEXT}hidden-text" or element.get(f"{_TEXT}display") == "none":
        return True
    switches = element.iterfind(f"{_TEXT}hidden-paragraph") if element.tag in _PARAGRAPHS else ()
    return any(switch.get(f"{_TEXT}is-hidden", "true") == "true" for switch in switches)


def _is_tiny(looks: list[Properties]) -> bool:
    size = _first(looks, f"text {_FO}font-size") or ""
    height = points(size)
    if (height is not None and height <= SMALLEST_POINTS) or _percent(size) <= _NARROWEST_PERCENT:
        return True
    return _percent(_first(looks, f"text {_STYLE}text-scale")) <= _NARROWEST_PERCENT


def _is_transparent(looks: list[Properties]) -> bool:
    shares = [value for look in looks for name, value in look.items() if _OPACITY.match(name)]
    return any(_percent(share) < 100 * FAINT for share in shares[:1])


def _percent(value: str | None) -> float:
    """A share in percent; 100 if it is none."""
    match = _PERCENT.fullmatch(value or "")
    return float(match[1]) if match else 100.0


def _hex(colour: str | None) -> Colour | None:
    return from_hex(colour.removeprefix("#")) if colour else None


def _first(looks: list[Properties], name: str) -> str | None:
    """The value of a property in the innermost look that has it."""
    return next((look[name] for look in looks if name in look), None)
