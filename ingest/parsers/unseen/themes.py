"""Colours and fills of DrawingML, as Word, PowerPoint and Excel files write them (ECMA-376, part 1, 20.1).

A colour may be a number, or a name that the theme of the file stands for, made lighter or darker. A fill that
is a picture, a pattern or a gradient of several colours has no one colour: it is unknown, and no text on it
is taken for hidden.
"""

import colorsys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.parsers.unseen.colours import BLACK, WHITE, Colour, alike, from_css, from_hex

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_FILLS = ("solidFill", "gradFill", "blipFill", "pattFill", "grpFill", "noFill")
_MAPPING = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}
_SYSTEM = {"window": WHITE, "windowText": BLACK}
_WHOLE = 100_000
"""What stands for 100 %."""


@dataclass(frozen=True, slots=True)
class Paint:
    """What an area, or text, is filled with."""

    colour: Colour | None
    """None if it is not one known colour."""
    opacity: float = 1.0
    """0 for nothing, 1 for a fill that nothing shines through."""


class Theme:
    """The colours that names stand for in one file, or on one slide of it."""

    def __init__(self, root: Any = None, mapping: Mapping[str, str] | None = None) -> None:
        """Reads the colours of a theme part.

        root: its root element; None for a file without a theme.
        mapping: which colours of the theme the names of backgrounds and texts stand for.
        """
        self._mapping = {**_MAPPING, **(mapping or {})}
        self._colours: dict[str, Colour | None] = {"lt1": WHITE, "dk1": BLACK}
        scheme = next(root.iter(f"{_A}clrScheme"), ()) if root is not None else ()
        for named in scheme:
            if isinstance(named.tag, str) and len(named):
                self._colours[named.tag.removeprefix(_A)] = self.colour(named[0]).colour

    def named(self, name: str) -> Colour | None:
        """The colour that a name of the theme stands for; None if it is not known."""
        return self._colours.get(self._mapping.get(name, name))

    def colour(self, element: Any) -> Paint:
        """The colour that an element such as `srgbClr` or `schemeClr` describes."""
        kind = element.tag.removeprefix(_A)
        value = element.get("val", "")
        if kind == "srgbClr":
            colour = from_hex(value)
        elif kind == "schemeClr":
            colour = self.named(value)
        elif kind == "sysClr":
            colour = from_hex(element.get("lastClr", "")) or _SYSTEM.get(value)
        elif kind == "prstClr":
            colour = from_css(value)[0]
        else:
            colour = None
        opacity = 1.0
        for change in element:
            if not isinstance(change.tag, str):
                continue
            share = _share(change.get("val"))
            name = change.tag.removeprefix(_A)
            if name == "alpha":
                opacity = share
            elif colour is not None:
                colour = _changed(colour, name, share)
        return Paint(colour, opacity)

    def fill(self, properties: Any) -> Paint | None:
        """The fill among an element's children; None if it states none. No fill is one with opacity 0."""
        for name in _FILLS:
            fill = properties.find(f"{_A}{name}") if properties is not None else None
            if fill is None:
                continue
            if name == "noFill":
                return Paint(None, 0.0)
            colours = [self.colour(each) for each in fill] if name == "solidFill" else []
            if name == "gradFill":
                colours = [self.colour(each) for stop in fill.iter(f"{_A}gs") for each in stop]
            known = [paint.colour for paint in colours if paint.colour is not None]
            is_one = len(known) == len(colours) > 0 and all(alike(known[0], other) for other in known)
            opacity = max((paint.opacity for paint in colours), default=1.0)
            return Paint(known[0] if is_one else None, opacity)
        return None


def tinted(colour: Colour, tint: float) -> Colour:
    """A colour made lighter, or darker if `tint` is negative: -1 for black, 1 for white (18.8.19)."""
    hue, light, saturation = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    return _whole(colorsys.hls_to_rgb(hue, min(max(light, 0), 1), saturation))


def _share(value: str | None) -> float:
    if value is None:
        return 1.0
    return float(value[:-1]) / 100 if value.endswith("%") else float(value) / _WHOLE


def _changed(colour: Colour, change: str, share: float) -> Colour | None:
    """A colour after one of the changes that the theme's user chose; None if its effect is not known."""
    if change == "tint":
        return _whole(tuple(part / 255 * share + 1 - share for part in colour))
    if change == "shade":
        return _whole(tuple(part / 255 * share for part in colour))
    if change not in ("lumMod", "lumOff", "satMod"):
        return None
    hue, light, saturation = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    if change == "satMod":
        saturation *= share
    light = light * share if change == "lumMod" else light + share * (change == "lumOff")
    return _whole(colorsys.hls_to_rgb(hue, min(max(light, 0), 1), min(saturation, 1)))


def _whole(parts: tuple[float, ...]) -> Colour:
    red, green, blue = (round(min(max(part, 0), 1) * 255) for part in parts)
    return red, green, blue
