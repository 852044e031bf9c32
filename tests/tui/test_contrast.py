"""The contrast of WCAG 2.2, level AA, computed from the colours of the themes themselves."""

import pytest
from textual.color import Color

from tui.themes import THEMES

TEXT = 4.5
"""Least contrast of text with what is behind it."""

BORDER = 3.0
"""Least contrast of a border that shows what can have the focus."""

TEXTS = (
    *("foreground", "text-muted", "primary", "secondary", "accent", "success", "warning", "error"),
    *("text-warning", "text-error", "text-success", "footer-key-foreground", "footer-description-foreground"),
)
GROUNDS = ("background", "surface", "panel")

TINTED = (
    ("foreground", 0.25),
    ("foreground", 0.22),
    ("text-muted", 0.22),
    ("text-muted", 0.12),
)
"""Texts on the background with some of the accent: the quoted words, and the selected source."""


def luminance(color: Color) -> float:
    """The relative luminance of a colour, as WCAG defines it."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (color.r / 255, color.g / 255, color.b / 255)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def colours(theme: str) -> dict[str, Color]:
    """The colours that the style sheets get, by the names of their variables."""
    values = THEMES[theme].to_color_system().generate() | THEMES[theme].variables
    return {name: Color.parse(values[name]) for name in {*TEXTS, *GROUNDS, "border"}}


def test_the_formula_knows_black_and_white() -> None:
    black, white, grey = Color.parse("#000000"), Color.parse("#ffffff"), Color.parse("#767676")
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(grey, white) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_every_ground(theme: str) -> None:
    values = colours(theme)
    weak = {
        (text, ground): round(contrast(values[text], values[ground]), 2)
        for text in TEXTS
        for ground in GROUNDS
        if contrast(values[text], values[ground]) < TEXT
    }
    assert not weak


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_where_it_is_highlighted(theme: str) -> None:
    values = colours(theme)
    for text, share in TINTED:
        ground = values["background"].blend(values["accent"], share)
        assert contrast(values[text], ground) >= TEXT, (text, share)


@pytest.mark.parametrize("theme", THEMES)
def test_the_borders_of_what_can_have_the_focus_can_be_seen(theme: str) -> None:
    values = colours(theme)
    for border in ("border", "accent"):
        for ground in GROUNDS:
            assert contrast(values[border], values[ground]) >= BORDER, (border, ground)
