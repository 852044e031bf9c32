"""The settings screen, and what it writes to the configuration."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from assistant.config import Config, TuiSettings, change, load
from policies.outside import SETTINGS, VIEWERS
from tests.still import ENTRIES, FOLDER, StillLibrary
from tests.tui.piloting import NARROW, WIDE, chat, drive, text, until, until_shown
from tests.tui.still import RecordedOutside, app, start_values
from tui.handover import ViewerFailed
from tui.screens.dialogs import ConfirmDialog
from tui.screens.settings import ROWS, KeyDialog, SettingsScreen, ViewerDialog, neighbour
from tui.widgets.question import QuestionInput
from tui.widgets.table import Table


async def opened(pilot: Pilot[None], row: str) -> Table:
    """Goes to the settings, and there to a row."""
    await pilot.press("f9")
    await until(pilot, lambda: isinstance(pilot.app.screen, SettingsScreen))
    table = pilot.app.screen.query_one(Table)
    await until(pilot, lambda: table.counts[1])
    for _ in range(table.counts[1]):
        if table.key == row:
            return table
        await pilot.press("down")
    raise AssertionError(f"there is no row {row}")


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_settings_show_what_they_are_now(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await opened(pilot, "answers.prompt_tokens")
        await until_shown(pilot, "Colours", "dark", "not chosen yet", "scripted-8b", "1,200 tokens at most")
        await until_shown(pilot, "next start of Carrel")
        assert "Key: Show this help." in text(pilot)
        assert "Previous" in text(pilot)

    drive(app(StillLibrary()), script, size)


def test_a_setting_takes_its_next_value_at_once_and_in_the_configuration() -> None:
    outside = RecordedOutside()
    ui = app(StillLibrary(), outside=outside)

    async def script(pilot: Pilot[None]) -> None:
        await opened(pilot, "tui.theme")
        await pilot.press("enter")
        await until(pilot, lambda: outside.settings.get("tui.theme") == "light")
        assert ui.theme == "carrel-light"
        await opened(pilot, "answers.passages")
        await pilot.press("right")
        await until(pilot, lambda: outside.settings.get("answers.passages") == 8)
        await pilot.press("left", "left")
        await until(pilot, lambda: outside.settings.get("answers.passages") == 3)
        await until_shown(pilot, "Passages looked up")

    drive(ui, script)


def test_a_program_is_tried_on_a_document_and_kept_when_it_showed_it() -> None:
    outside = RecordedOutside()

    async def script(pilot: Pilot[None]) -> None:
        await opened(pilot, "tui.viewer")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ViewerDialog))
        await until_shown(pilot, VIEWERS[1], "set `tui.viewer` in the configuration file")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog))
        assert outside.tried == [(VIEWERS[1], f"{FOLDER}/lease.md")]
        assert not outside.settings, "it is not kept yet"
        await until_shown(pilot, "Did it show the document?")
        await pilot.click("#confirm")
        await until(pilot, lambda: outside.settings == {"tui.viewer": VIEWERS[1]})
        await until_shown(pilot, VIEWERS[1])

    drive(app(StillLibrary(documents=ENTRIES[:1]), outside=outside), script)


def test_a_program_that_does_not_start_is_not_kept() -> None:
    outside = RecordedOutside(
        failure=ViewerFailed("The program is not installed.", remedy="Nothing changed.")
    )
    own = TuiSettings(viewer="vim {path}")

    async def script(pilot: Pilot[None]) -> None:
        await opened(pilot, "tui.viewer")
        await pilot.press("enter")
        await until_shown(pilot, "✓  vim {path}")
        await pilot.press("down", "enter")
        await until_shown(pilot, "The program is not installed. Nothing changed.", "vim {path}")
        assert not outside.settings
        assert isinstance(pilot.app.screen, SettingsScreen)

    drive(app(StillLibrary(), start_values(settings=own), outside=outside), script)


def test_a_key_is_changed_by_pressing_the_new_one_unless_it_is_taken() -> None:
    outside = RecordedOutside()
    ui = app(StillLibrary(), outside=outside)

    async def press_for(pilot: Pilot[None], row: str, key: str) -> None:
        await opened(pilot, row)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, KeyDialog))
        await pilot.press(key)
        await until(pilot, lambda: isinstance(pilot.app.screen, SettingsScreen))

    async def script(pilot: Pilot[None]) -> None:
        await press_for(pilot, "tui.keys.app.library", "f1")
        await until_shown(pilot, "f1 is already used: Show this help.")
        await press_for(pilot, "tui.keys.app.library", "escape")
        assert not outside.settings
        await press_for(pilot, "tui.keys.app.library", "ctrl+g")
        await until(pilot, lambda: outside.settings == {"tui.keys.app.library": "ctrl+g"})
        await pilot.press("ctrl+g")
        await until_shown(pilot, "5 of 5")

    drive(ui, script)


def test_settings_are_filtered_and_escape_leaves_the_filter() -> None:
    async def script(pilot: Pilot[None]) -> None:
        table = await opened(pilot, "tui.theme")
        await pilot.press("slash", *"answer", "left", "right", "enter")
        await until(pilot, lambda: table.key == "answers.prompt_tokens" and table.has_focus)
        await pilot.press("slash", "escape")
        await until(pilot, lambda: table.counts[0] == table.counts[1] and table.has_focus)

    drive(app(StillLibrary()), script)


def test_the_language_model_is_chosen_on_the_models_screen_and_f2_leads_back() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await opened(pilot, "models.target")
        await pilot.press("enter")
        await until_shown(pilot, "These would fit this machine")
        await pilot.press("f2")
        await until(pilot, lambda: chat(pilot).query_one(QuestionInput).has_focus)

    drive(app(StillLibrary()), script)


def test_every_value_that_a_setting_can_get_is_valid_in_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('# mine\n[tui]\nviewer = "vim {path}"\n', encoding="utf-8")
    for key, values in SETTINGS.items():
        for value in values:
            change(file, {key: value})
    change(file, {"tui.keys.chat.open": "ctrl+g"})
    change(file, {"tui.keys.chat.copy": "f12"})
    assert load(file).tui.keys == {"chat.open": "ctrl+g", "chat.copy": "f12"}
    assert file.read_text(encoding="utf-8").startswith("# mine\n")
    defaults = Config().answers
    assert {row.key for row in ROWS} == {*SETTINGS, "models.target"}
    assert defaults.passages in SETTINGS["answers.passages"]
    assert defaults.prompt_tokens in SETTINGS["answers.prompt_tokens"]
    assert defaults.answer_tokens in SETTINGS["answers.answer_tokens"]


@pytest.mark.parametrize(
    ("value", "by", "following"), [(5, 1, 8), (8, 1, 3), (3, -1, 8), (6, 1, 8), (6, -1, 5), (50, 1, 3)]
)
def test_a_number_of_ones_own_goes_to_the_nearest_choice(value: int, by: int, following: int) -> None:
    assert neighbour(value, (3, 5, 8), by) == following
