"""Text in a Word document that a person does not see (ECMA-376, part 1, 17.3).

What a run looks like follows from its own properties and from its styles. What is behind it follows from
its shading and that of its paragraph, cell and table, from the fill of the text box that it is in, and from
the page. A table whose style shades it, and a page with a picture or shape behind its text, has no known
colour: text there is never taken for hidden because of its own.
"""

import re
from collections.abc import Iterator
from typing import Any

from ingest.documents import Hiding
from ingest.parsers.unseen import SMALLEST_POINTS, Marks
from ingest.parsers.unseen.colours import BLACK, WHITE, alike, from_css, from_hex
from ingest.parsers.unseen.themes import Paint, Theme

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_WPS = "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_ANCHOR = f"{_WP}anchor"
_V = "{urn:schemas-microsoft-com:vml}"

_TWIPS = 20
"""Parts of a point in which Word measures lines."""
_NARROWEST_PERCENT = 5
"""Width of characters up to which they cannot be read."""
_TRANSPARENT = 90_000
"""Transparency, of 100,000, from which text cannot be seen."""
_OFF_TWIPS = 16_000
"""Distance beyond which text is off its page: 28 cm."""
_EMU = 635
"""Parts of a twip in which drawings are measured."""
_BACKDROP_EMU = 2 * 914_400
"""Width and height from which a picture behind the text is a background for it: two inches."""
_DEPTH = 20
"""Styles that a style is based on, one after the other, that are considered."""

_NAMED = {
    "black": "000000", "blue": "0000FF", "cyan": "00FFFF", "green": "00FF00", "magenta": "FF00FF",
    "red": "FF0000", "yellow": "FFFF00", "white": "FFFFFF", "darkBlue": "000080", "darkCyan": "008080",
    "darkGreen": "008000", "darkMagenta": "800080", "darkRed": "800000", "darkYellow": "808000",
    "darkGray": "808080", "lightGray": "C0C0C0",
}  # fmt: skip
"""The colours of highlighting (17.18.40)."""


class WordLooks:
    """The looks of runs in one document."""

    def __init__(self, main: Any, margins: list[Any], styles: Any, settings: Any, theme: Any) -> None:
        """Reads what the looks depend on: roots of the parts, None for those that do not exist.

        main: the root of the main part.
        margins: the roots of the headers and footers.
        """
        self._theme = Theme(theme)
        self._last: tuple[Any, list[Any], list[Any]] | None = None
        """The paragraph of the last run, and what its style says about characters and paragraphs."""
        self._styles: dict[str, Any] = {}
        self._standard: dict[str, str] = {}
        for style in styles.iter(f"{_W}style") if styles is not None else ():
            name = style.get(f"{_W}styleId", "")
            self._styles[name] = style
            if style.get(f"{_W}default") in ("1", "true"):
                self._standard[style.get(f"{_W}type", "")] = name
        page = main.find(f"{_W}background")
        is_shown = settings is not None and settings.find(f"{_W}displayBackgroundShape") is not None
        colour = from_hex(page.get(f"{_W}color", "")) if page is not None and is_shown else None
        self._page = Paint(colour or WHITE)
        if any(_is_backdrop(each) for margin in margins for each in margin.iter(_ANCHOR, f"{_W}pict")):
            # It lies behind the text of every page.
            self._page = Paint(None)

    def hide(self, part: Any, marks: Marks) -> None:
        """Replaces the hidden texts of a part by their marks."""
        with_backdrop, painted = set(), set()
        for element, page in _paged(part, _ANCHOR, f"{_W}pict"):
            if _is_backdrop(element):
                with_backdrop.add(page)
            if self._is_painted(element):
                painted.add(page)
        for run, page in _paged(part, f"{_W}r"):
            texts = [text for text in run.iter(f"{_W}t") if next(text.iterancestors(f"{_W}r")) is run]
            if not texts:
                continue
            paper = Paint(None) if page in with_backdrop else self._page
            how = self._hiding(run, paper, is_box_over_paint=page in painted)
            if how is not None:
                texts[0].text = marks.put("".join(text.text or "" for text in texts), how)
                for text in texts[1:]:
                    text.text = ""

    def _hiding(self, run: Any, paper: Paint, *, is_box_over_paint: bool) -> Hiding | None:
        """How a run of text is hidden; None if it can be seen.

        paper: what is behind the text of the run's page.
        is_box_over_paint: whether a text box without a fill may lie over a picture or shape.
        """
        paragraph = next(run.iterancestors(f"{_W}p"), None)
        # Looking them up for each run would take quadratic time in a paragraph of many runs.
        if self._last is None or self._last[0] is not paragraph:
            layouts = [paragraph.find(f"{_W}pPr")] if paragraph is not None else []
            layouts += self._of_style(paragraph, "paragraph", f"{_W}pPr")
            self._last = paragraph, self._of_style(paragraph, "paragraph"), layouts
        _, looks, layouts = self._last
        looks = [run.find(f"{_W}rPr"), *self._of_style(run, "character"), *looks]
        vanish = _first(looks, "vanish")
        if (vanish is not None and is_on(vanish)) or _is_in_hidden_part(run):
            return Hiding.MARKED
        if _is_outside(run, layouts):
            return Hiding.OUTSIDE
        if _is_tiny(looks, layouts):
            return Hiding.SIZE
        if _is_transparent(run.find(f"{_W}rPr")):
            return Hiding.UNDRAWN
        stated = _first(looks, "color")
        colour = from_hex(stated.get(f"{_W}val", "")) if stated is not None else None
        if colour is None:
            return None
        behind = self._behind(run, looks, layouts, paper, is_box_over_paint=is_box_over_paint).colour
        return Hiding.COLOUR if behind is not None and alike(colour, behind) else None

    def _behind(
        self, run: Any, looks: list[Any], layouts: list[Any], paper: Paint, *, is_box_over_paint: bool
    ) -> Paint:
        """What is behind a run."""
        highlight = _first(looks, "highlight")
        if highlight is not None and (digits := _NAMED.get(highlight.get(f"{_W}val", ""))):
            return Paint(from_hex(digits))
        for shade in (_first(looks, "shd"), _first(layouts, "shd")):
            if paint := _shading(shade):
                return paint
        for around in run.iterancestors(f"{_W}tc", f"{_W}tbl", f"{_W}txbxContent"):
            if around.tag == f"{_W}txbxContent":
                paint = self._box(around)
                if paint.opacity > 0 or is_box_over_paint:
                    return paint if paint.opacity > 0 else Paint(None)
                continue
            properties = around.find(f"{around.tag}Pr")
            if paint := _shading(properties.find(f"{_W}shd") if properties is not None else None):
                return paint
            if around.tag == f"{_W}tbl" and self._is_shaded_by_style(properties):
                return Paint(None)
        return paper

    def _of_style(self, element: Any, kind: str, properties: str = f"{_W}rPr") -> list[Any]:
        """The properties that an element's style gives it, the most specific first."""
        place = {"character": f"{_W}rPr/{_W}rStyle", "paragraph": f"{_W}pPr/{_W}pStyle"}[kind]
        stated = element.find(place) if element is not None else None
        style_id = stated.get(f"{_W}val") if stated is not None else self._standard.get(kind)
        found = []
        for _ in range(_DEPTH):
            style = self._styles.get(style_id or "")
            if style is None:
                break
            found.append(style.find(properties))
            base = style.find(f"{_W}basedOn")
            style_id = base.get(f"{_W}val") if base is not None else None
        return [each for each in found if each is not None]

    def _is_shaded_by_style(self, table_properties: Any) -> bool:
        """Whether the style of a table shades any of its cells."""
        stated = table_properties.find(f"{_W}tblStyle") if table_properties is not None else None
        style_id = stated.get(f"{_W}val") if stated is not None else self._standard.get("table")
        for _ in range(_DEPTH):
            style = self._styles.get(style_id or "")
            if style is None:
                return False
            if any(_shading(shade) for shade in style.iter(f"{_W}shd")):
                return True
            base = style.find(f"{_W}basedOn")
            style_id = base.get(f"{_W}val") if base is not None else None
        return False

    def _box(self, content: Any) -> Paint:
        """The fill of a text box; one with opacity 0 if it has none."""
        shape = next(content.iterancestors(f"{_WPS}wsp"), None)
        if shape is not None:
            return self._filled(shape)
        drawn = next((each for each in content.iterancestors() if each.tag.startswith(_V)), None)
        drawn = drawn.getparent() if drawn is not None and drawn.tag == f"{_V}textbox" else drawn
        if drawn is None or drawn.get("filled") in ("f", "false", "0"):
            return Paint(None, 0.0)
        if drawn.find(f"{_V}fill") is not None:
            return Paint(None)
        # A theme's colour follows in brackets: "#5b9bd5 [3204]".
        return Paint(from_css(drawn.get("fillcolor", "white").split(" ")[0])[0])

    def _filled(self, shape: Any) -> Paint:
        stated = self._theme.fill(shape.find(f"{_WPS}spPr"))
        if stated is not None:
            return stated
        style = shape.find(f"{_WPS}style/{_A}fillRef")
        if style is None or style.get("idx") == "0":
            return Paint(None, 0.0)
        return self._theme.colour(style[0]) if len(style) else Paint(None)

    def _is_painted(self, drawing: Any) -> bool:
        """Whether a drawing has a picture or a shape with a fill, which text may lie on."""
        if any(self._filled(shape).opacity > 0 for shape in drawing.iter(f"{_WPS}wsp")):
            return True
        return any(True for _ in drawing.iter(f"{_A}blip", f"{_V}imagedata", f"{_V}rect", f"{_V}shape"))


def is_on(switch: Any) -> bool:
    """Whether a property that is on or off is on."""
    return switch.get(f"{_W}val", "true") not in ("false", "0", "off")


def _paged(part: Any, *tags: str) -> Iterator[tuple[Any, int]]:
    """The elements of these kinds with the numbers of their pages, as far as the file tells them."""
    page = 0
    breaks = (f"{_W}br", f"{_W}lastRenderedPageBreak", f"{_W}pageBreakBefore", f"{_W}sectPr")
    for element in list(part.iter(*breaks, *tags)):
        if element.tag in tags:
            yield element, page
        elif element.tag != f"{_W}br" or element.get(f"{_W}type") == "page":
            page += 1


def _is_backdrop(drawing: Any) -> bool:
    """Whether a drawing lies behind the text and is large enough to be a background for it."""
    if drawing.tag == f"{_W}pict":
        return any("z-index:-" in shape.get("style", "") for shape in drawing)
    extent = drawing.find(f"{_WP}extent")
    sides = [extent.get(side, "") for side in ("cx", "cy")] if extent is not None else []
    is_large = all(side.isdigit() and int(side) >= _BACKDROP_EMU for side in sides)
    return drawing.get("behindDoc") in ("1", "true") and bool(sides) and is_large


def _is_in_hidden_part(run: Any) -> bool:
    """Whether a run is in a row or drawing that is hidden."""
    for around in run.iterancestors(f"{_W}tr", _ANCHOR, f"{_WP}inline"):
        if around.tag != f"{_W}tr":
            if any(name.get("hidden") in ("1", "true") for name in around.iterfind(f"{_WP}docPr")):
                return True
        elif any(is_on(switch) for switch in around.iterfind(f"{_W}trPr/{_W}hidden")):
            return True
    return False


def _is_outside(run: Any, layouts: list[Any]) -> bool:
    """Whether a run is indented out of its page, or in a text box that lies off it."""
    indent = _first(layouts, "ind")
    left = (indent.get(f"{_W}left") or indent.get(f"{_W}start") or "") if indent is not None else ""
    if re.fullmatch(r"-?\d+", left) and not -_OFF_TWIPS < int(left) < _OFF_TWIPS:
        return True
    for anchor in run.iterancestors(_ANCHOR):
        for offset in anchor.iterfind(f"*/{_WP}posOffset"):
            if re.fullmatch(r"\s*-?\d+\s*", offset.text or "") and abs(int(offset.text)) >= _OFF_TWIPS * _EMU:
                return True
    return False


def _is_tiny(looks: list[Any], layouts: list[Any]) -> bool:
    size, width, spacing = _first(looks, "sz"), _first(looks, "w"), _first(layouts, "spacing")
    half_points = size.get(f"{_W}val", "") if size is not None else ""
    percent = width.get(f"{_W}val", "").rstrip("%") if width is not None else ""
    is_exact = spacing is not None and spacing.get(f"{_W}lineRule") == "exact"
    height = spacing.get(f"{_W}line", "") if is_exact else ""
    return any(
        value.isdigit() and int(value) <= least
        for value, least in (
            (half_points, 2 * SMALLEST_POINTS),
            (percent, _NARROWEST_PERCENT),
            (height, _TWIPS * SMALLEST_POINTS),
        )
    )


def _is_transparent(properties: Any) -> bool:
    fill = properties.find(f"{_W14}textFill") if properties is not None else None
    if fill is None or properties.find(f"{_W14}textOutline/{_W14}solidFill") is not None:
        return False
    shares = [each.get(f"{_W14}val", "") for each in fill.iter(f"{_W14}alpha")]
    is_clear = any(share.isdigit() and int(share) >= _TRANSPARENT for share in shares)
    return fill.find(f"{_W14}noFill") is not None or is_clear


def _first(properties: list[Any], name: str) -> Any:
    """The first of these properties with a name, from the most specific element that has it."""
    found = (each.find(f"{_W}{name}") for each in properties if each is not None)
    return next((each for each in found if each is not None), None)


def _shading(shade: Any) -> Paint | None:
    """The colour of a shading; None for one that paints nothing."""
    if shade is None or shade.get(f"{_W}val") == "nil":
        return None
    pattern, fill = shade.get(f"{_W}val", "clear"), shade.get(f"{_W}fill", "auto")
    if pattern == "solid":
        return Paint(from_hex(shade.get(f"{_W}color", "")) or BLACK)
    if pattern != "clear":
        return Paint(None)
    colour = from_hex(fill)
    return Paint(colour) if colour is not None else None
