"""The line at the top of a screen."""

from textual.pilot import Pilot

from assistant.library.facade import Indexing
from tests.still import StillLibrary
from tests.tui.piloting import NARROW, drive, until_shown
from tests.tui.still import app


def test_no_tab_is_cut_while_the_library_grows() -> None:
    growing = StillLibrary(indexing=Indexing(True, False, 0, 12_215, (), 0.0, None, ""))

    async def script(pilot: Pilot[None]) -> None:
        await until_shown(pilot, " Chat   Library   Models   Privacy ", "embedding 12,215 chunks", "SEALED")

    drive(app(growing), script, NARROW)
