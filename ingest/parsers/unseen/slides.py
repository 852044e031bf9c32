"""Text on PowerPoint's slides that a person does not see (ECMA-376, part 1, 19.3 and 21.1).

A shape's text lies on the shape's own fill, otherwise on the shapes under it, on those of the slide's layout
and master, and on the background. Only colours that the slide itself gives a text are judged: those that it
inherits are meant to be seen. On slides with animations, nothing counts as covered or off the slide, because
it may move.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingest.documents import Hiding
from ingest.parsers.unseen import FAINT, SMALLEST_POINTS, Marks
from ingest.parsers.unseen.areas import Areas, Box
from ingest.parsers.unseen.colours import WHITE, Colour, alike
from ingest.parsers.unseen.themes import Paint, Theme

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SHAPES = frozenset(f"{_P}{kind}" for kind in ("sp", "pic", "graphicFrame", "grpSp", "cxnSp"))

_HUNDREDTHS = 100
"""Parts of a point in which sizes are given."""
_SOLID_BACKGROUND = "1001"
"""The first background of a theme, which is one colour."""
_PLAIN_TABLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
"""The table style without fills."""
_NOTHING = Paint(None, 0.0)


def hide(data: bytes, marks: Marks) -> bytes:
    """A presentation in which the hidden texts of its slides are replaced by their marks."""
    # 0.1 s to import; loaded with markitdown.
    from pptx import Presentation

    presentation = Presentation(io.BytesIO(data))
    size = float(presentation.slide_width or 0), float(presentation.slide_height or 0)
    is_changed = False
    for slide in presentation.slides:
        is_changed |= _decided(slide._element)
        is_changed |= _Slide(slide, *size).hide(marks)
    if not is_changed:
        return data
    changed = io.BytesIO()
    presentation.save(changed)
    return changed.getvalue()


def _decided(slide: Any) -> bool:
    """If a shape is stored in several forms, keeps only the first one with shapes. Returns whether there were
    any such shapes.
    """
    decided = False
    for alternatives in list(slide.iter(f"{_MC}AlternateContent")):
        ways = [list(way) for way in alternatives]
        chosen = next((way for way in ways if any(each.tag in _SHAPES for each in way)), [])
        if chosen and alternatives.getparent() is not None:
            for each in chosen:
                alternatives.addprevious(each)
            alternatives.getparent().remove(alternatives)
            decided = True
    return decided


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A shape with text, or a table."""

    element: Any
    box: Box | None
    """Where it is on the slide; None if the file does not say so."""
    layer: int
    """How many areas lie under it."""
    over: int
    """The same, with its own."""
    fill: Paint
    is_hidden: bool


class _Slide:
    """One slide, with what is drawn on it."""

    def __init__(self, slide: Any, width: float, height: float) -> None:
        self._layout, self._master = slide.slide_layout, slide.slide_layout.slide_master
        self._slide = slide
        self._theme = self._read_theme()
        self._areas = Areas(width, height, self._background().colour)
        # A timeline is there without animations, too.
        self._is_animated = next(slide._element.iter(f"{_P}spTgt"), None) is not None
        # A slide may leave out the shapes of both, and a layout those of its master.
        parts = [self._master] if _shows_master(self._layout) else []
        for behind in (*parts, self._layout) if _shows_master(slide) else ():
            list(self._walk(behind, keep=False))
        self._drawn = list(self._walk(slide, keep=True))

    def hide(self, marks: Marks) -> bool:
        """Replaces hidden texts by their marks; whether there are any."""
        is_changed = False
        for drawn in self._drawn:
            how = self._hiding(drawn)
            if how is not None:
                is_changed |= _replaced(list(drawn.element.iter(f"{_A}t")), how, marks)
                continue
            for body, behind in self._bodies(drawn):
                for run, paragraph in _runs(body):
                    how = self._hiding_of_run(run, paragraph, body, behind)
                    if how is not None:
                        is_changed |= _replaced(list(run.iter(f"{_A}t")), how, marks)
        return is_changed

    def _read_theme(self) -> Theme:
        from lxml import etree  # type: ignore[import-untyped]

        mapping = dict(self._master._element.find(f"{_P}clrMap").attrib)
        for part in (self._layout, self._slide):
            other = part._element.find(f"{_P}clrMapOvr/{_A}overrideClrMapping")
            mapping.update(other.attrib if other is not None else {})
        relations = self._master.part.rels.values()
        themes = [each.target_part for each in relations if each.reltype.endswith("/theme")]
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        return Theme(etree.fromstring(themes[0].blob, parser) if themes else None, mapping)

    def _background(self) -> Paint:
        for part in (self._slide, self._layout, self._master):
            background = part._element.find(f"{_P}cSld/{_P}bg")
            if background is None:
                continue
            reference = background.find(f"{_P}bgRef")
            if reference is None:
                paint = self._theme.fill(background.find(f"{_P}bgPr"))
                return paint if paint is not None and paint.opacity == 1 else Paint(None)
            is_plain = reference.get("idx") == _SOLID_BACKGROUND and len(reference)
            return self._theme.colour(reference[0]) if is_plain else Paint(None)
        return Paint(WHITE)

    def _walk(self, part: Any, *, keep: bool) -> Iterator[_Drawn]:
        """Adds the areas of a slide, layout or master; yields the shapes with text if `keep`."""
        placeholders = {each.shape_id: each for each in part.placeholders} if keep else {}
        shapes = part._element.find(f"{_P}cSld/{_P}spTree")
        pending: list[tuple[Any, _Group | None, bool]] = [(each, None, False) for each in reversed(shapes)]
        while pending:
            element, group, in_hidden = pending.pop()
            kind = element.tag.removeprefix(_P) if isinstance(element.tag, str) else ""
            named = element.find(f"*/{_P}cNvPr") if kind else None
            if named is None:
                continue
            is_hidden = in_hidden or named.get("hidden") in ("1", "true")
            placeholder = placeholders.get(int(named.get("id", "0")))
            if kind == "grpSp":
                inner = _Group.of(element, group)
                pending += [(each, inner, is_hidden) for each in reversed(list(element))]
            is_placeholder = element.find(f"*/{_P}nvPr/{_P}ph") is not None
            if kind not in ("sp", "pic", "graphicFrame", "cxnSp") or (is_placeholder and not keep):
                continue
            box = _box(element, group)
            if box is None and placeholder is not None:
                box = _inherited_box(placeholder)
            layer = len(self._areas)
            fill = self._shape_fill(element, kind, placeholder)
            if box is not None and fill.opacity > 0 and not is_hidden:
                is_full = fill.opacity == 1 and _is_rectangle(element)
                self._areas.add(box, fill.colour if fill.opacity == 1 else None, is_full=is_full)
            if keep and kind in ("sp", "graphicFrame"):
                yield _Drawn(element, box, layer, len(self._areas), fill, is_hidden)

    def _shape_fill(self, element: Any, kind: str, placeholder: Any) -> Paint:
        if kind == "pic":
            return Paint(None)
        if kind == "cxnSp":
            return _NOTHING
        if kind == "graphicFrame":
            # A chart or drawing may have any colour; the cells of a table are judged one by one.
            return _NOTHING if element.find(f".//{_A}tbl") is not None else Paint(None)
        while True:
            stated = self._theme.fill(element.find(f"{_P}spPr"))
            if stated is not None:
                return stated
            style = element.find(f"{_P}style/{_A}fillRef")
            if style is not None and style.get("idx") != "0":
                return self._theme.colour(style[0]) if len(style) and style.get("idx") == "1" else Paint(None)
            placeholder = getattr(placeholder, "_base_placeholder", None)
            if placeholder is None:
                return _NOTHING
            element = placeholder._element

    def _hiding(self, drawn: _Drawn) -> Hiding | None:
        """How a whole shape is hidden; None if it is not."""
        if drawn.is_hidden:
            return Hiding.MARKED
        if drawn.box is None or self._is_animated:
            return None
        if self._areas.is_outside(drawn.box):
            return Hiding.OUTSIDE
        return Hiding.COVERED if self._areas.is_covered(drawn.box, drawn.over) else None

    def _bodies(self, drawn: _Drawn) -> Iterator[tuple[Any, list[Colour | None]]]:
        """The texts of a shape or table, each with the colours behind it; None for an unknown one."""
        if drawn.element.tag == f"{_P}sp":
            body = drawn.element.find(f"{_P}txBody")
            if body is not None:
                yield body, self._behind(drawn, drawn.fill)
            return
        for table in drawn.element.iter(f"{_A}tbl"):
            style = table.findtext(f"{_A}tblPr/{_A}tableStyleId")
            for cell in table.iter(f"{_A}tc"):
                fill = self._theme.fill(cell.find(f"{_A}tcPr"))
                if fill is None:
                    fill = _NOTHING if style in (None, _PLAIN_TABLE) else Paint(None)
                body = cell.find(f"{_A}txBody")
                if body is not None:
                    yield body, self._behind(drawn, fill)

    def _behind(self, drawn: _Drawn, fill: Paint) -> list[Colour | None]:
        if fill.opacity == 1:
            return [fill.colour]
        return [None] if fill.opacity > 0 else self._areas.behind(drawn.box, drawn.layer)

    def _hiding_of_run(
        self, run: Any, paragraph: Any, body: Any, behind: list[Colour | None]
    ) -> Hiding | None:
        """How a run of text is hidden; None if it can be seen."""
        level = paragraph.find(f"{_A}pPr")
        number = int(level.get("lvl", "0")) + 1 if level is not None else 1
        looks = [run.find(f"{_A}rPr"), body.find(f"{_A}lstStyle/{_A}lvl{number}pPr/{_A}defRPr")]
        looks = [each for each in looks if each is not None]
        size = next((each.get("sz") for each in looks if each.get("sz")), "")
        if size.isdigit() and int(size) <= _HUNDREDTHS * SMALLEST_POINTS:
            return Hiding.SIZE
        if any(_has_outline(each) for each in looks):
            return None
        paint = next((fill for each in looks if (fill := self._theme.fill(each)) is not None), None)
        if paint is None:
            return None
        if paint.opacity < FAINT:
            return Hiding.UNDRAWN
        highlight = looks[0].find(f"{_A}highlight")
        if highlight is not None and len(highlight):
            behind = [self._theme.colour(highlight[0]).colour]
        colour = paint.colour
        is_lost = colour is not None and all(other is not None and alike(colour, other) for other in behind)
        return Hiding.COLOUR if is_lost else None


@dataclass(frozen=True, slots=True)
class _Group:
    """How coordinates in a group become those of the slide: `at = start + scale * (at - origin)`."""

    origin: tuple[float, float]
    start: tuple[float, float]
    scale: tuple[float, float]

    @classmethod
    def of(cls, element: Any, outer: "_Group | None") -> "_Group | None":
        """The group that an element is, in another one."""
        frame = element.find(f"{_P}grpSpPr/{_A}xfrm")
        place, size = _pair(frame, "off", "x", "y"), _pair(frame, "ext", "cx", "cy")
        origin, inner = _pair(frame, "chOff", "x", "y"), _pair(frame, "chExt", "cx", "cy")
        if place is None or size is None or origin is None or inner is None:
            return outer
        scale = (size[0] / (inner[0] or 1), size[1] / (inner[1] or 1))
        if outer:
            left, top, _, _ = outer.placed((*place, *place))
            return cls(origin, (left, top), (scale[0] * outer.scale[0], scale[1] * outer.scale[1]))
        return cls(origin, place, scale)

    def placed(self, box: Box) -> Box:
        """A box in the group, on the slide."""
        left, top, right, bottom = (
            self.start[side % 2] + self.scale[side % 2] * (value - self.origin[side % 2])
            for side, value in enumerate(box)
        )
        return left, top, right, bottom


def _shows_master(part: Any) -> bool:
    return part._element.get("showMasterSp", "1") not in ("0", "false")


def _box(element: Any, group: _Group | None) -> Box | None:
    """Where an element says it is on the slide; None if it does not."""
    frames = (element.find(f"{_P}xfrm"), element.find(f"{_P}spPr/{_A}xfrm"))
    frame = next((each for each in frames if each is not None), None)
    place, size = _pair(frame, "off", "x", "y"), _pair(frame, "ext", "cx", "cy")
    if frame is None or place is None or size is None:
        return None
    (left, top), (width, height) = place, size
    if int(frame.get("rot", "0")) % 21_600_000:
        # Wherever it is turned to.
        reach = (width + height) / 2
        middle = left + width / 2, top + height / 2
        left, top, width, height = middle[0] - reach, middle[1] - reach, 2 * reach, 2 * reach
    box = left, top, left + width, top + height
    return group.placed(box) if group else box


def _pair(frame: Any, name: str, first: str, second: str) -> tuple[float, float] | None:
    """The two numbers of a part of a frame; None if it lacks them."""
    part = frame.find(f"{_A}{name}") if frame is not None else None
    return (float(part.get(first, 0)), float(part.get(second, 0))) if part is not None else None


def _inherited_box(shape: Any) -> Box | None:
    sides = [shape.left, shape.top, shape.width, shape.height]
    if any(side is None for side in sides):
        return None
    left, top, width, height = map(float, sides)
    return left, top, left + width, top + height


def _is_rectangle(element: Any) -> bool:
    """Whether a shape fills its box up to the corners, and nothing shines through it."""
    form = element.find(f"{_P}spPr/{_A}prstGeom")
    frame = element.find(f"{_P}spPr/{_A}xfrm")
    is_turned = frame is not None and int(frame.get("rot", "0")) % 21_600_000
    return element.tag == f"{_P}sp" and form is not None and form.get("prst") == "rect" and not is_turned


def _runs(body: Any) -> Iterator[tuple[Any, Any]]:
    for paragraph in body.iter(f"{_A}p"):
        for run in paragraph.iter(f"{_A}r", f"{_A}fld"):
            yield run, paragraph


def _has_outline(properties: Any) -> bool:
    """Whether text has a line around it, or a shadow, by which it is seen in any colour."""
    outline, effects = properties.find(f"{_A}ln"), properties.find(f"{_A}effectLst")
    is_drawn = outline is not None and len(outline) > 0 and outline.find(f"{_A}noFill") is None
    return is_drawn or (effects is not None and len(effects) > 0)


def _replaced(texts: list[Any], how: Hiding, marks: Marks) -> bool:
    """Puts one mark in the place of texts; whether they held any."""
    paragraphs: dict[Any, list[str]] = {}
    for text in texts:
        paragraphs.setdefault(next(text.iterancestors(f"{_A}p"), None), []).append(text.text or "")
    mark = marks.put(" ".join(map("".join, paragraphs.values())), how)
    if not mark:
        return False
    texts[0].text = mark
    for text in texts[1:]:
        text.text = ""
    return True
