"""The help."""

from textual.pilot import Pilot
from textual.widgets import Static

from tests.still import StillLibrary
from tests.tui.piloting import NARROW, drive, until, until_shown
from tests.tui.still import app
from tui.keys import KEYS, PLACES
from tui.screens.dialogs import HelpDialog


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
