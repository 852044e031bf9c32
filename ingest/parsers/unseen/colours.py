"""Colours as files write them, and whether a person can tell two of them apart."""

import re

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)

CONTRAST = 20
"""Minimum difference of one part of a colour that a person sees."""

_NAMES = {
    "white": "ffffff", "snow": "fffafa", "ivory": "fffff0", "ghostwhite": "f8f8ff", "whitesmoke": "f5f5f5",
    "floralwhite": "fffaf0", "mintcream": "f5fffa", "azure": "f0ffff", "aliceblue": "f0f8ff",
    "honeydew": "f0fff0", "seashell": "fff5ee", "linen": "faf0e6", "lavenderblush": "fff0f5",
    "lightyellow": "ffffe0", "lightcyan": "e0ffff", "lavender": "e6e6fa", "beige": "f5f5dc",
    "oldlace": "fdf5e6", "cornsilk": "fff8dc", "gainsboro": "dcdcdc", "lightgrey": "d3d3d3",
    "lightgray": "d3d3d3", "silver": "c0c0c0", "darkgray": "a9a9a9", "darkgrey": "a9a9a9", "gray": "808080",
    "grey": "808080", "dimgray": "696969", "dimgrey": "696969", "black": "000000", "red": "ff0000",
    "maroon": "800000", "yellow": "ffff00", "olive": "808000", "lime": "00ff00", "green": "008000",
    "aqua": "00ffff", "cyan": "00ffff", "teal": "008080", "blue": "0000ff", "navy": "000080",
    "darkblue": "00008b", "darkgreen": "006400", "darkred": "8b0000", "fuchsia": "ff00ff",
    "magenta": "ff00ff", "purple": "800080", "orange": "ffa500", "pink": "ffc0cb", "brown": "a52a2a",
    "gold": "ffd700",
}  # fmt: skip
"""The colours that texts and backgrounds have most often, by their names in CSS."""

_FUNCTION = re.compile(r"(rgba?|hsla?)\(([^()]*)\)")


def alike(a: Colour, b: Colour) -> bool:
    """Whether a person cannot tell two colours apart."""
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) < CONTRAST


def from_hex(digits: str) -> Colour | None:
    """The colour of `ffffff` or `fff`; None for anything else."""
    if not re.fullmatch(r"[0-9a-fA-F]{6}|[0-9a-fA-F]{3}", digits):
        return None
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def from_css(value: str) -> tuple[Colour | None, float]:
    """The colour of a value of CSS, and how opaque it is, 0 to 1. The colour is None if it is not known."""
    value = value.strip().lower()
    if value == "transparent":
        return WHITE, 0.0
    if value.startswith("#"):
        digits = value[1:]
        if len(digits) in (4, 8):
            size = len(digits) // 4
            alpha = re.fullmatch("[0-9a-f]+", digits[3 * size :])
            return from_hex(digits[: 3 * size]), int(alpha[0], 16) / (16**size - 1) if alpha else 1.0
        return from_hex(digits), 1.0
    if value in _NAMES:
        return from_hex(_NAMES[value]), 1.0
    function = _FUNCTION.fullmatch(value)
    if not function:
        return None, 1.0
    parts = re.findall(r"[-+]?[0-9.]+%?", function[2])
    try:
        numbers = [_number(part) for part in parts]
    except ValueError:
        return None, 1.0
    if len(numbers) < 3:
        return None, 1.0
    alpha_part = numbers[3] / (1 if "%" not in parts[3] else 100) if len(numbers) > 3 else 1.0
    if function[1].startswith("rgb"):
        scale = [2.55 if "%" in part else 1.0 for part in parts]
        red, green, blue = (round(min(max(numbers[i] * scale[i], 0), 255)) for i in range(3))
        return (red, green, blue), alpha_part
    # Of other colours, only white and black are worth knowing.
    lightness = numbers[2]
    return (WHITE if lightness >= 97 else BLACK if lightness <= 3 else None), alpha_part


def _number(part: str) -> float:
    return float(part.rstrip("%"))
