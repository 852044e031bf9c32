"""What each screen looks like, in two sizes of the terminal.

The text of each screen is compared, cell by cell, with a file that was reviewed: what is shown, where, and
what is cut off. It does not depend on the release of Textual. Colours are compared in four whole pictures,
which may have to be drawn again for a new release; and for the styles that carry meaning, in each theme.

`CARREL_PICTURES=draw pytest tests/tui/test_pictures.py` draws texts and pictures again and skips the
comparison. Review them before you commit them.
"""

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from rich.style import Style
from textual.color import Color
from textual.pilot import Pilot

from assistant.config import ColourTheme, TuiSettings
from tests.still import StillLibrary
from tests.tui.piloting import NARROW, WIDE, answered, ask, drive, styles_of, text, until_shown
from tests.tui.still import app, start_values
from tui.themes import THEMES

PICTURES = Path(__file__).with_name("pictures")
DRAW = os.environ.get("CARREL_PICTURES") == "draw"

Script = Callable[[Pilot[None]], Awaitable[None]]


async def show_chat(pilot: Pilot[None]) -> None:
    await ask(pilot, "When does the lease end?")
    await answered(pilot)
    await pilot.press("tab")
    await until_shown(pilot, "It ends on 30 September 2028", "v explains")


async def show_library(pilot: Pilot[None]) -> None:
    await pilot.press("f3")
    await until_shown(pilot, "5 of 5")
    await pilot.press("j", "j")
    await pilot.pause()


async def show_models(pilot: Pilot[None]) -> None:
    await pilot.press("f4")
    await until_shown(pilot, "These would fit this machine")


async def show_privacy(pilot: Pilot[None]) -> None:
    await pilot.press("f5")
    await until_shown(pilot, "SEALED  This screen's process")


async def show_settings(pilot: Pilot[None]) -> None:
    await pilot.press("f9")
    await until_shown(pilot, "scripted-8b", "Dark, light or high contrast.")


async def show_picker(pilot: Pilot[None]) -> None:
    await pilot.press("f8")
    await until_shown(pilot, "pond.org")


async def show_help(pilot: Pilot[None]) -> None:
    await pilot.press("f1")
    await until_shown(pilot, "Everywhere")


async def show_history(pilot: Pilot[None]) -> None:
    await pilot.press("ctrl+r")
    await until_shown(pilot, "What did the club decide?")


async def show_welcome(pilot: Pilot[None]) -> None:
    await until_shown(pilot, "Press a to add this folder.", "letters")


SCREENS: dict[str, Script] = {
    "chat": show_chat,
    "library": show_library,
    "models": show_models,
    "privacy": show_privacy,
    "settings": show_settings,
    "picker": show_picker,
    "help": show_help,
    "history": show_history,
    "welcome": show_welcome,
}

WHOLE = [
    ("chat", WIDE, ColourTheme.DARK),
    ("chat", NARROW, ColourTheme.LIGHT),
    ("library", WIDE, ColourTheme.LIGHT),
    ("privacy", WIDE, ColourTheme.DARK),
]
"""The screens that are compared as whole pictures."""


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times are shown in UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def shown(screen: str, size: tuple[int, int], look: ColourTheme) -> tuple[str, str]:
    """A screen as text and as an SVG picture."""
    empty = StillLibrary(documents=(), sources=(), place=Path("/srv/library"))
    library = StillLibrary() if screen != "welcome" else empty
    ui = app(library, start_values(settings=TuiSettings(theme=look)))

    async def run() -> tuple[str, str]:
        async with ui.run_test(size=size) as pilot:
            await until_shown(pilot, "up to date")
            await SCREENS[screen](pilot)
            await pilot.wait_for_scheduled_animations()
            await pilot.pause()
            lines = (line.rstrip() for line in text(pilot).splitlines())
            # Names in the picture count the pictures that were drawn before.
            picture = re.sub(r"terminal-\d+-", "terminal-", ui.export_screenshot(simplify=True))
            return "\n".join(lines) + "\n", picture

    return asyncio.run(run())


def compare(actual: str, file: Path) -> None:
    """Compares with a reviewed file, or writes it."""
    if DRAW:
        file.parent.mkdir(exist_ok=True)
        file.write_text(actual, encoding="utf-8")
        pytest.skip(f"{file.name} was drawn: review it")
    assert actual == file.read_text(encoding="utf-8"), f"{file.name} has changed"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_has_the_reviewed_text(screen: str, size: tuple[int, int]) -> None:
    actual, _ = shown(screen, size, ColourTheme.DARK)
    compare(actual, PICTURES / f"{screen}-{size[0]}x{size[1]}.txt")


@pytest.mark.parametrize(("screen", "size", "look"), WHOLE)
def test_a_screen_has_the_reviewed_picture(screen: str, size: tuple[int, int], look: ColourTheme) -> None:
    _, picture = shown(screen, size, look)
    compare(picture, PICTURES / f"{screen}-{size[0]}x{size[1]}-{look}.svg")


@pytest.mark.parametrize("look", ColourTheme)
def test_colours_of_a_theme_carry_their_meaning(look: ColourTheme) -> None:
    theme = THEMES[look]

    async def script(pilot: Pilot[None]) -> None:
        def has_colour(wanted: str, name: str | None) -> bool:
            """Whether a text has a colour of the theme; blending may round it by one step."""
            styles = [Style.parse(style) for style in styles_of(pilot, wanted)]
            colours = [Color.parse(style.color.name) for style in styles if style.color is not None]
            r, g, b = Color.parse(name or "").rgb
            return bool(colours) and all(
                max(abs(colour.r - r), abs(colour.g - g), abs(colour.b - b)) <= 1 for colour in colours
            )

        assert has_colour("SEALED", theme.success)
        assert "reverse" in " ".join(styles_of(pilot, " Chat ")), "the tab of this screen is marked"
        await show_chat(pilot)
        assert has_colour("The deposit is 1,400 euros.", theme.error)
        assert "bold" in " ".join(styles_of(pilot, "30 September 2028"))
        await show_library(pilot)
        await pilot.press("g")
        assert has_colour("receipt.pdf", theme.error)
        assert "reverse" in " ".join(styles_of(pilot, "pond.org")), "the row under the cursor is marked"

    drive(app(StillLibrary(), start_values(settings=TuiSettings(theme=look))), script)
