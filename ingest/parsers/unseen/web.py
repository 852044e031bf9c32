"""Text of a web page that a browser does not show, or shows so that nobody can see it.

Judged from the page's elements, its own style sheets and attributes, as a browser without scripts and network
would show it. Alternative texts and comments are never shown beside what they belong to, so they are hidden
text too. Called for web pages, e-mail in HTML and electronic books.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.documents import Hiding
from ingest.parsers.pagetree import put
from ingest.parsers.unseen import FAINT, SMALLEST_POINTS, Marks
from ingest.parsers.unseen.colours import BLACK, WHITE, Colour, alike, from_css
from ingest.parsers.unseen.stylesheets import LONGEST_VALUE, Styles

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag
    from bs4.element import PageElement

FAR_PX = 500.0
"""Distance in pixels outside its place from which a text is taken for moved out of the window."""
TINY_PX = 1.0
"""Side of a box in pixels that shows nothing of what it cuts off."""
TOOLTIP_WORDS = 4
"""Words of a tooltip from which it is more than a name."""

_NEVER_SHOWN = {
    **dict.fromkeys(("template", "datalist"), Hiding.MARKED),
    **dict.fromkeys(
        (
            *("noscript", "noframes", "noembed", "canvas", "video", "audio", "object", "iframe", "applet"),
            # The source of a formula.
            *("annotation", "annotation-xml"),
        ),
        Hiding.SUBSTITUTE,
    ),
}
"""Elements that a browser does not show, or shows something else for."""
_SVG_UNSHOWN = frozenset(
    "defs symbol clippath mask pattern marker desc metadata title lineargradient radialgradient".split()
)
"""Elements of a drawing that are not drawn by themselves."""
_PROGRAMS = frozenset({"script", "style", "link", "meta", "head", "title", "base"})
"""Elements without a text of their own for readers. What is in the head is looked at by itself."""
_PX = {"px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "pc": 16.0, "in": 96.0,
       "cm": 37.8, "mm": 3.78, "q": 0.94, "vw": 12.8, "vh": 8.0, "%": 10.0, "": 1.0}  # fmt: skip
"""Lengths in pixels; relative ones in a common window."""
_LENGTH = re.compile(
    r"([-+]?(?:(?<!\d)\d++(?:\.\d*+)?|\.\d++)(?:e[-+]?\d++)?)(px|pt|em|rem|ex|ch|pc|in|cm|mm|q|vw|vh|%)?(?![\w%])"
)
_FONT_WORDS = {
    "xx-small": 9.0,
    "x-small": 10.0,
    "small": 13.0,
    "medium": 16.0,
    "large": 18.0,
    "x-large": 24.0,
    "xx-large": 32.0,
}
"""Sizes in words, in pixels."""
_SHARE = re.compile(r"(?<![\d.])(\d++(?:\.\d*+)?|\.\d++)%")
_BACKGROUND_COLOUR = re.compile(r"#[0-9a-f]{3,8}|\b\w++\([^)]{0,200}\)|[a-z]+")
_GRADIENT_COLOUR = re.compile(r"#[0-9a-f]{3,8}|rgba?\([^)]{0,200}\)|\b[a-z]{3,}\b(?![\w(-])")


@dataclass(frozen=True, slots=True)
class _Look:
    """How text looks: what an element passes on to what is in it."""

    size: float = 16.0
    """The size of the font, in pixels."""
    colour: Colour | None = BLACK
    """None if it is not known."""
    opacity: float = 1.0
    """Of the colour."""
    background: Colour | None = WHITE
    """None if it is not known."""
    shown: bool = True
    """Whether it is visible, as the property `visibility` says."""
    in_drawing: bool = False

    def hiding(self) -> Hiding | None:
        """How text with this look is hidden; None if it can be seen."""
        if not self.shown:
            return Hiding.MARKED
        if self.size < SMALLEST_POINTS * _PX["pt"]:
            return Hiding.SIZE
        if self.opacity < FAINT:
            return Hiding.UNDRAWN
        if self.colour and self.background and alike(self.colour, self.background):
            return Hiding.COLOUR
        return None


def hide(page: "BeautifulSoup", marks: Marks) -> None:
    """Takes the text that cannot be seen out of a page, and puts marks in its place."""
    from bs4.element import CData, Comment, Declaration, NavigableString, ProcessingInstruction, Tag

    styles = Styles(page)
    pending: list[tuple[Tag, _Look]] = [(page, _Look())]
    while pending:
        element, look = pending.pop()
        places: list[tuple[PageElement, list[PageElement | str]]] = []
        for child in element.children:
            if isinstance(child, (Comment, CData, Declaration, ProcessingInstruction)):
                # The declaration of XML at the start of a page is not text.
                text = "" if str(child).startswith("xml ") else str(child)
                places.append((child, [marks.put(text, Hiding.COMMENT)]))
            elif isinstance(child, Tag):
                name = child.name.lower()
                if name in _PROGRAMS and not look.in_drawing:
                    if name == "head":
                        pending.append((child, look))
                    continue
                declared = _declared(child, styles, look)
                how = _boxed(child, name, declared, look)
                if how is not None:
                    places.append((child, [marks.put(_whole_text(child), how)]))
                    continue
                if substitutes := _substitutes(child, marks):
                    places.append((child, [*substitutes, child]))
                pending.append((child, _inherited(child, name, declared, look)))
            elif isinstance(child, NavigableString) and type(child) is NavigableString:
                how = look.hiding()
                if how is not None and str(child).strip():
                    places.append((child, [marks.put(str(child), how)]))
        put(places)


def _whole_text(element: "Tag") -> str:
    """All text in an element, alternative texts included."""
    alternatives = [str(image["alt"]) for image in element.find_all(alt=True)]
    return " ".join([element.get_text(" "), *alternatives])


def _substitutes(element: "Tag", marks: Marks) -> list[str]:
    """Marks for the alternative text and the tooltip of an element, which are taken off it."""
    alternative, tooltip = (str(element.attrs.pop(name, None) or "") for name in ("alt", "title"))
    substitutes = [alternative] if alternative else []
    if tooltip != alternative and len(tooltip.split()) >= TOOLTIP_WORDS:
        substitutes.append(tooltip)
    return [marks.put(text, Hiding.SUBSTITUTE) for text in substitutes]


def _declared(element: "Tag", styles: Styles, look: _Look) -> dict[str, str]:
    """The values of an element's properties, with those that its attributes stand for."""
    attributes = {}
    name = element.name.lower()
    for attribute, prop in (("color", "color"), ("text", "color"), ("bgcolor", "background-color")):
        if element.get(attribute) and (attribute != "text" or name == "body"):
            value = str(element[attribute]).strip().lower()
            is_hex = re.fullmatch("[0-9a-f]{6}", value)
            attributes[prop] = f"#{value}" if is_hex else value
    if look.in_drawing or name == "svg":
        for prop in ("fill", "opacity", "display", "visibility", "font-size", "width", "height", "transform"):
            if element.get(prop) is not None:
                attributes[prop] = str(element[prop]).strip().lower()
        if element.get("fill-opacity"):
            attributes["fill-opacity"] = str(element["fill-opacity"])
    stated = {prop: value[:LONGEST_VALUE] for prop, value in attributes.items()}
    return stated | styles.of(element)


def _boxed(element: "Tag", name: str, declared: dict[str, str], look: _Look) -> Hiding | None:
    """How an element is hidden with all that is in it; None if it is not."""
    if name in _NEVER_SHOWN:
        return _NEVER_SHOWN[name]
    if look.in_drawing and name in _SVG_UNSHOWN:
        return Hiding.MARKED
    display = declared.get("display", "")
    is_marked = element.has_attr("hidden") or (name == "dialog" and not element.has_attr("open"))
    if display == "none" or (is_marked and not display):
        return Hiding.MARKED
    if declared.get("content-visibility") == "hidden" or declared.get("mso-hide") == "all":
        return Hiding.MARKED
    if _opacity(declared) < FAINT:
        return Hiding.UNDRAWN
    if _is_scaled_to_nothing(declared):
        return Hiding.SIZE
    if _is_outside(element, name, declared, look):
        return Hiding.OUTSIDE
    return None


def _is_scaled_to_nothing(declared: dict[str, str]) -> bool:
    scales = re.findall(r"scale[xy3d]*\(([^()]*)\)", declared.get("transform", ""))
    scales.append(declared.get("scale", ""))
    # Of three factors, the last one is the depth, which nobody sees.
    factors = [factor for scale in scales for factor in re.findall(r"\d*\.?\d+", scale)[:2]]
    return any(float(factor) == 0 for factor in factors)


def _opacity(declared: dict[str, str]) -> float:
    filtered = re.search(r"opacity\(\s*([\d.]+%?)\s*\)", declared.get("filter", ""))
    values = [declared.get("opacity", ""), filtered[1] if filtered else ""]
    return min((_share(value) for value in values if value), default=1.0)


def _share(value: str) -> float:
    number = re.match(r"\d*\.?\d+", value)
    if not number:
        return 1.0
    return float(number[0]) / (100 if value.endswith("%") else 1)


def _is_outside(element: "Tag", name: str, declared: dict[str, str], look: _Look) -> bool:
    """Whether an element is moved out of the window, or cut off."""
    is_placed = declared.get("position", "static") != "static"
    offsets = [declared.get("text-indent"), declared.get("margin-left"), declared.get("margin-top")]
    offsets += re.findall(r"[^\s()]+", declared.get("margin", ""))
    if is_placed:
        offsets += [declared.get(side) for side in ("left", "top", "right", "bottom")]
    offsets += re.findall(r"translate\w*\(([^)]*)\)", declared.get("transform", ""))
    offsets += [declared.get("translate")]
    if any(length <= -FAR_PX for offset in offsets if offset for length in _lengths(offset)):
        return True
    if is_placed and any(
        length >= 10 * FAR_PX for side in ("left", "top") for length in _lengths(declared.get(side, ""))
    ):
        return True
    clip = [abs(length) for length in _lengths(declared.get("clip", ""))]
    if clip and is_placed and max(clip) <= TINY_PX:
        return True
    path = declared.get("clip-path", "")
    shares = [float(share) for share in _SHARE.findall(path)]
    if (path.startswith("inset") and shares and max(shares) >= 50) or re.match(r"circle\(\s*0", path):
        return True
    cuts = any(
        declared.get(prop, "visible") not in ("visible", "")
        for prop in ("overflow", "overflow-x", "overflow-y")
    )
    sides = [declared.get(prop) for prop in ("width", "height", "max-width", "max-height")]
    if (cuts or name == "svg") and any(
        side and re.match(r"[\d.]", side) and max(_lengths(side), default=FAR_PX) <= TINY_PX for side in sides
    ):
        return True
    return look.in_drawing and name in ("text", "tspan") and _is_above_drawing(element, name)


def _is_above_drawing(element: "Tag", name: str) -> bool:
    """Whether a text of a drawing lies above or left of it, where it is cut off."""
    if any(each.get("transform") for each in [element, *element.parents] if hasattr(each, "get")):
        return False
    across, up = (next(iter(_lengths(str(element.get(side) or ""))), None) for side in ("x", "y"))
    if name == "tspan" or element.get("dy"):
        return (across or 0.0) <= -FAR_PX or (up or 0.0) < 0
    return (up or 0.0) <= 0 or (across or 0.0) <= -FAR_PX


def _lengths(value: str) -> Iterator[float]:
    """The lengths in a value, in pixels."""
    for match in _LENGTH.finditer(value):
        yield float(match[1]) * _PX[match[2] or ""]


def _inherited(element: "Tag", name: str, declared: dict[str, str], look: _Look) -> _Look:
    """The look of what is in an element."""
    in_drawing = look.in_drawing or name == "svg"
    if "visibility" in declared:
        look = replace(look, shown=declared["visibility"] not in ("hidden", "collapse"))
    look = replace(look, size=_font_size(declared, look.size), in_drawing=in_drawing)
    paint = "fill" if in_drawing else "color"
    value = declared.get("-webkit-text-fill-color") or declared.get(paint)
    if in_drawing and value == "none":
        look = replace(look, opacity=0.0)
    elif value and value not in ("inherit", "currentcolor"):
        colour, opacity = from_css(value)
        look = replace(look, colour=colour, opacity=opacity)
    if in_drawing and "fill-opacity" in declared:
        look = replace(look, opacity=_share(declared["fill-opacity"]))
    if in_drawing and name == "svg" and element.find(["rect", "path", "image", "circle", "polygon"]):
        look = replace(look, background=None)
    return _on_background(declared, look)


def _on_background(declared: dict[str, str], look: _Look) -> _Look:
    value = f"{declared.get('background', '')} {declared.get('background-image', '')}"
    plain = declared.get("background-color")
    if "url(" in value or "gradient(" in value:
        # Of a gradient, only one that is a single colour in effect is worth knowing.
        colours = [from_css(part)[0] for part in _GRADIENT_COLOUR.findall(value)]
        known = [colour for colour in colours if colour is not None]
        if "url(" not in value and known and all(alike(known[0], other) for other in known):
            return replace(look, background=known[0])
        return replace(look, background=None)
    for part in [plain or "", *_BACKGROUND_COLOUR.findall(declared.get("background", ""))]:
        colour, opacity = from_css(part)
        if colour is not None and opacity > 0.5:
            return replace(look, background=colour)
    if plain and plain not in ("transparent", "inherit", "initial", "none"):
        _, opacity = from_css(plain)
        return look if opacity <= 0.5 else replace(look, background=None)
    return look


def _font_size(declared: dict[str, str], size: float) -> float:
    value = declared.get("font-size", "")
    if not value and "font" in declared:
        before_family = re.search(r"(?:^|\s)([\d.]+(?:px|pt|em|rem|%)?)(?:\s*/|\s|$)", declared["font"])
        value = before_family[1] if before_family else ""
    if value in _FONT_WORDS:
        return _FONT_WORDS[value]
    match = _LENGTH.match(value)
    if not match:
        return size
    number, unit = float(match[1]), match[2] or ""
    if unit in ("em", "%", "ex", "ch"):
        return size * number * {"em": 1.0, "%": 0.01, "ex": 0.5, "ch": 0.5}[unit]
    return number * _PX[unit]
