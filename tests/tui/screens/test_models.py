"""The models screen."""

from textual.pilot import Pilot

from tests.still import StillLibrary
from tests.tui.piloting import answered, ask, drive, styles_of, text, until, until_shown
from tests.tui.still import app
from tui.widgets.table import Table


def test_models_are_listed_with_role_speed_and_faults() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When?")
        await answered(pilot)
        await pilot.press("f4")
        await until_shown(
            pilot, "answers        scripted-8b", "finds passages all-minilm-l6-v2", "31 tokens/s", "Q4_K_M"
        )
        assert "4.6 GiB" in text(pilot)
        assert styles_of(pilot, "broken") != styles_of(pilot, "tiny"), "a model that cannot be used looks so"
        assert "qwen3-4b" in text(pilot)
        assert "first word 17 s, 13 tokens/s" in text(pilot)

    drive(app(StillLibrary()), script)


def test_a_machine_that_no_model_of_the_catalogue_fits_is_told_so() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("f4")
        await until_shown(pilot, "No other model of the catalogue would be fast enough on this machine.")

    drive(app(StillLibrary(recommended=())), script)


def test_enter_answers_with_a_model_and_d_drafts_with_one() -> None:
    library = StillLibrary()

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("f4")
        table = pilot.app.screen.query_one(Table)
        await until(pilot, lambda: table.counts == (3, 3))
        await pilot.press("j", "enter")
        await until_shown(pilot, "answers        tiny", "The next question loads and uses this model.")
        await pilot.press("g", "d")
        await until(pilot, lambda: library.used_draft == "scripted-8b")

    drive(app(library), script)
