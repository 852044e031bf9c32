"""The dialogs: the help, and how each is closed."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.still import StillLibrary
from tests.tui.piloting import NARROW, chat, drive, until, until_shown
from tests.tui.still import app
from tui.keys import KEYS, PLACES
from tui.screens.dialogs import HelpDialog
from tui.screens.history import HistoryScreen
from tui.screens.picker import DocumentPicker
from tui.screens.welcome import WelcomeScreen


def test_the_help_names_every_key_with_its_id_and_scrolls() -> None:
    ui = app(StillLibrary())

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(ui.screen, HelpDialog))
        await until_shown(pilot, "Type a question and press Enter.")
        help_text = ui.screen.query_one(Static)
        lines = str(help_text.render()).splitlines()
        of_keys = lines[lines.index("Everywhere") :]
        assert all(len(line.rstrip()) <= help_text.size.width for line in of_keys), (
            "each is broken beside its key"
        )
        content = " ".join(" ".join(lines).split())
        assert all(key.id in content and key.meaning in content for key in KEYS)
        assert all(title in content for title in PLACES.values())
        await pilot.press("end")
        await until_shown(pilot, "dialog.close")
        await pilot.press("escape")
        assert not isinstance(ui.screen, HelpDialog)

    drive(ui, script, NARROW)


@pytest.mark.parametrize("command", ["help", "screen.pick", "history", "add"])
def test_a_dialog_that_is_told_twice_to_close_closes_once(command: str) -> None:
    ui = app(StillLibrary())

    async def script(pilot: Pilot[None]) -> None:
        below = ui.screen
        await ui.run_action(command)
        await pilot.pause()
        dialog = ui.screen
        assert dialog is not below
        # As two keys do of which the second comes before the screen below has the focus.
        assert isinstance(dialog, HelpDialog | DocumentPicker | HistoryScreen | WelcomeScreen)
        dialog.action_close()
        dialog.action_close()
        await until(pilot, lambda: chat(pilot).is_current)
        assert len(ui.screen_stack) == 1

    drive(ui, script)


def test_a_dialog_that_is_told_to_close_after_another_screen_was_chosen_closes_nothing_else() -> None:
    ui = app(StillLibrary())

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("f1")
        dialog = ui.screen
        assert isinstance(dialog, HelpDialog)
        ui.switch_mode("models")
        dialog.action_close()
        await until_shown(pilot, "carrel models pull")
        await pilot.press("f2", "escape")
        assert chat(pilot)

    drive(ui, script)
