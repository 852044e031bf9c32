"""The keys at the bottom of a screen."""

import re

import pytest
from textual.pilot import Pilot

from tests.still import StillLibrary
from tests.tui.piloting import NARROW, answered, ask, chat, drive, text, until, until_shown
from tests.tui.still import app
from tui.screens.chat import ChatScreen
from tui.screens.history import HistoryScreen
from tui.widgets.conversation import ConversationView


def footer(pilot: Pilot[None]) -> list[str]:
    """The keys in the last line of the screen."""
    return re.split(r"  +", text(pilot).splitlines()[-1].strip())


@pytest.mark.parametrize(("width", "last"), [(70, "^q Quit"), (80, "f1 Help"), (140, "f9 Settings")])
def test_no_key_is_cut_and_all_that_fit_are_shown(width: int, last: str) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("f3")
        await until_shown(pilot, "r Retry")
        await until(pilot, lambda: footer(pilot)[-1] == last)
        await pilot.press("f1")
        await until_shown(pilot, "Type a question and press Enter.")
        await pilot.press("escape")
        await until(pilot, lambda: footer(pilot)[-1] == last)

    drive(app(StillLibrary()), script, (width, 24))


@pytest.mark.parametrize("key", ["f3", "f4", "f5", "f9"])
def test_every_screen_names_the_key_that_leads_back_to_the_conversation(key: str) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press(key)
        await until(pilot, lambda: "esc Chat" in footer(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))

    drive(app(StillLibrary()), script, NARROW)


@pytest.mark.parametrize(("screen", "enter"), [("ctrl+o", "⏎ Show"), ("f3", "⏎ Rows"), ("f9", "⏎ Rows")])
def test_a_field_names_what_enter_does_and_no_key_that_it_would_type(screen: str, enter: str) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press(screen)
        await until(pilot, lambda: any(key.startswith("/ ") for key in footer(pilot)))
        await pilot.press("slash")
        await until(pilot, lambda: enter in footer(pilot))
        assert not [key for key in footer(pilot) if len(key.split()[0]) == 1 and key.split()[0] != "⏎"]

    drive(app(StillLibrary()), script, NARROW)


def test_escape_stops_while_there_is_something_to_stop() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "esc Back" in footer(pilot) and "tab Source" in footer(pilot))
        await ask(pilot, "When does the lease end?")
        await until(pilot, lambda: "esc Stop" in footer(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "esc Back" in footer(pilot))

    drive(app(StillLibrary(pause_s=1.0)), script, NARROW)


def test_the_keys_that_work_everywhere_work_in_the_question() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
        await pilot.press("escape")
        await ask(pilot, "When does the lease end?")
        await answered(pilot)
        await pilot.press("f6")
        await until(pilot, lambda: not chat(pilot).query_one(ConversationView).exchanges)

    drive(app(StillLibrary()), script)
