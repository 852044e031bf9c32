"""The keys at the bottom of a screen."""

import re

import pytest
from textual.pilot import Pilot

from tests.still import StillLibrary
from tests.tui.piloting import drive, text, until, until_shown
from tests.tui.still import app


@pytest.mark.parametrize(("width", "last"), [(70, "^q Quit"), (80, "f1 Help"), (140, "f9 Settings")])
def test_no_key_is_cut_and_all_that_fit_are_shown(width: int, last: str) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("f3")
        await until_shown(pilot, "r Retry")
        await until(pilot, lambda: re.split(r"  +", text(pilot).splitlines()[-1].rstrip())[-1] == last)

    drive(app(StillLibrary()), script, (width, 24))
