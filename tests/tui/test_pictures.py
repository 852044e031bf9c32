"""Each screen as it looks, in two sizes and two looks, held against a picture that was looked at.

`CARREL_PICTURES=draw pytest tests/tui/test_pictures.py` makes them anew, and passes nothing; look at them
before they are kept.
"""

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from assistant.config import ColourTheme, Config, TuiSettings
from policies.network import Seal
from tests.still import StillLibrary
from tests.tui.piloting import answered, ask, text, until
from tests.tui.still import app
from tui.handover import Handover
from tui.survey import Survey

PICTURES = Path(__file__).with_name("pictures")
DRAWN_ANEW = os.environ.get("CARREL_PICTURES") == "draw"

SIZES = [(80, 24), (120, 40)]
LOOKS = [ColourTheme.DARK, ColourTheme.LIGHT]

Drive = Callable[[Pilot[None]], Awaitable[None]]


async def _begin(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: "up to date" in text(pilot))


async def _chat(pilot: Pilot[None]) -> None:
    await _begin(pilot)
    await ask(pilot, "When does the lease end?")
    await answered(pilot)
    await pilot.press("tab")
    await until(pilot, lambda: "It ends on 30 September 2028" in text(pilot))


async def _library(pilot: Pilot[None]) -> None:
    await _begin(pilot)
    await pilot.press("f3")
    await until(pilot, lambda: "5 of 5" in text(pilot))
    await pilot.press("j", "j")


async def _models(pilot: Pilot[None]) -> None:
    await _begin(pilot)
    await pilot.press("f4")
    await until(pilot, lambda: "Would fit this machine" in text(pilot))


async def _privacy(pilot: Pilot[None]) -> None:
    await _begin(pilot)
    await pilot.press("f5")
    await until(pilot, lambda: "What is kept" in text(pilot) or "sha256" in text(pilot))


async def _help(pilot: Pilot[None]) -> None:
    await _begin(pilot)
    await pilot.press("f1")
    await until(pilot, lambda: "Everywhere" in text(pilot))


async def _history(pilot: Pilot[None]) -> None:
    await _begin(pilot)
    await pilot.press("ctrl+r")
    await until(pilot, lambda: "What did the club decide?" in text(pilot))


async def _welcome(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: "a adds this folder" in text(pilot) and "letters" in text(pilot))


SCREENS: dict[str, Drive] = {
    "chat": _chat,
    "library": _library,
    "models": _models,
    "privacy": _privacy,
    "help": _help,
    "history": _history,
    "welcome": _welcome,
}


@pytest.fixture
def still_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What screens say of the machine they run on is the same on every one."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setenv("HOME", "/home/reader")
    facts = {
        "assistant.models.recommending.memory_bytes": lambda: 16 << 30,
        "assistant.engine.devices.physical_cores": lambda: 8,
        "tui.screens.privacy.kernel": lambda: {"system call filter": "2"},
        "tui.screens.privacy.network.sealed": lambda: True,
        "tui.screens.welcome.folders": lambda parent: [f"{parent}/letters", f"{parent}/notes"],
        "tui.screens.welcome.survey": _surveyed,
    }
    for name, fact in facts.items():
        monkeypatch.setattr(name, fact)


def _surveyed(folder: str, largest: int) -> Iterator[Survey]:
    types = {".md": (412, 3_400_000), ".pdf": (38, 61_000_000), ".org": (3, 9_000)}
    skipped = {"unknown type .mp4": 4, "symbolic link": 2}
    yield Survey(453, 64_409_000, types, skipped, done=True)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("screen", SCREENS)
def test_it_looks_as_it_did(
    still_machine: None,
    screen: str,
    size: tuple[int, int],
    look: ColourTheme,
) -> None:
    library = StillLibrary() if screen != "welcome" else StillLibrary(documents=(), sources=())
    ui = app(library, config=Config(tui=TuiSettings(theme=look)), kept=Handover())
    ui.seal = Seal(enforced=True, detail="The kernel refuses every socket (seccomp).")

    async def drawn() -> str:
        async with ui.run_test(size=size) as pilot:
            await SCREENS[screen](pilot)
            await pilot.wait_for_scheduled_animations()
            await pilot.pause()
            return ui.export_screenshot(simplify=True)

    # Names inside the picture count how many were drawn before.
    picture = re.sub(r"terminal-\d+-", "terminal-", asyncio.run(drawn()))
    file = PICTURES / f"{screen}-{size[0]}x{size[1]}-{look}.svg"
    if DRAWN_ANEW:
        file.write_text(picture, encoding="utf-8")
        pytest.skip(f"{file.name} was drawn anew: look at it")
    assert picture == file.read_text(encoding="utf-8"), f"{file.name} shows how it looked"
