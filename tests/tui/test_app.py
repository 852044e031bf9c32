"""The application: opening, keys, themes, the palette, the viewer, and the ways in which it ends."""

import asyncio
import time

import pytest
from textual.pilot import Pilot

from assistant.config import TuiSettings
from assistant.errors import OwnerGone
from ingest.errors import IngestError
from policies.outside import VIEWERS
from tests.still import FOLDER, StillLibrary
from tests.tui.piloting import answered, ask, chat, drive, text, until, until_shown
from tests.tui.still import RecordedOutside, app, start_values
from tui.handover import RESTART, Handover, ViewerFailed
from tui.screens.dialogs import ConfirmDialog, HelpDialog
from tui.screens.library import LibraryScreen
from tui.widgets.conversation import ConversationView
from tui.widgets.question import QuestionInput


def test_a_library_that_cannot_be_opened_says_why() -> None:
    def busy() -> StillLibrary:
        raise IngestError("Another process (4711) owns the library.", remedy="Stop it.")

    async def run() -> None:
        async with app(busy).run_test(size=(100, 30)) as pilot:
            await until_shown(pilot, "Another process (4711) owns the library. Stop it.")

    asyncio.run(run())


def test_a_library_without_sources_begins_with_choosing_a_folder() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await until_shown(pilot, "Which folder should Carrel read?")
        await pilot.press("escape")
        await until_shown(pilot, "The library is empty. Press Ctrl+O to add a folder.")

    drive(app(StillLibrary(documents=(), sources=())), script)


def test_the_handover_of_an_earlier_process_is_restored() -> None:
    handover = Handover("c1", "And the rent?", "Carrel has connected again.")

    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: chat(pilot).query_one(ConversationView).exchanges)
        assert chat(pilot).conversation == "c1"
        assert chat(pilot).query_one(QuestionInput).text == "And the rent?"
        assert "Carrel has connected again. Press Enter to ask your question again." in text(pilot)

    drive(app(StillLibrary(), handover=handover), script, (200, 40))


def test_a_lost_owner_ends_the_ui_and_hands_the_typed_question_over() -> None:
    outside = RecordedOutside()
    library = StillLibrary(failure=OwnerGone("The owner is gone."))
    ui = app(library, outside=outside)

    async def script(pilot: Pilot[None]) -> None:
        chat(pilot).query_one(QuestionInput).set_text("And the rent?")
        await pilot.press("enter")
        await until(pilot, lambda: ui._exit)
        assert outside.saved == Handover(chat(pilot).conversation, "And the rent?")

    drive(ui, script)
    assert ui.return_code == RESTART


def test_quitting_stops_the_answer_and_closes_the_library_at_once() -> None:
    library, outside = StillLibrary(pause_s=0.2), RecordedOutside()
    ui = app(library, outside=outside)
    began = 0.0

    async def script(pilot: Pilot[None]) -> None:
        nonlocal began
        await ask(pilot, "When?")
        began = time.monotonic()
        await pilot.press("ctrl+q")
        await until(pilot, lambda: ui._exit)

    drive(ui, script)
    ui.calls.close(5)
    assert time.monotonic() - began < 3
    assert library.closed
    assert outside.saved.question == ""


def test_an_internal_error_prints_no_text_of_a_document(capfd: pytest.CaptureFixture[str]) -> None:
    ui = app(StillLibrary())

    async def script(pilot: Pilot[None]) -> None:
        secret = "the text of a document"
        ui.call_later(lambda: [][len(secret)])
        await until(pilot, lambda: ui._exception)

    with pytest.raises(IndexError):
        drive(ui, script)
    out, err = capfd.readouterr()
    assert "secret" not in out + err
    assert "the text of a document" not in out + err


def test_keys_can_be_changed_by_their_ids() -> None:
    settings = TuiSettings(keys={"app.library": "ctrl+l", "question.send": "ctrl+s"})
    library = StillLibrary()
    ui = app(library, start_values(settings=settings))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("W", "ctrl+s")
        await until(pilot, lambda: library.asked == ["W"])
        await pilot.press("ctrl+l")
        assert isinstance(ui.screen, LibraryScreen)
        await pilot.press("f1")
        assert isinstance(ui.screen, HelpDialog)
        await until_shown(pilot, "ctrl+l")

    drive(ui, script)


def test_the_theme_is_changed_and_saved() -> None:
    outside = RecordedOutside()
    ui = app(StillLibrary(), outside=outside)

    async def script(pilot: Pilot[None]) -> None:
        for theme in ("dark", "light", "contrast"):
            assert ui.theme == f"carrel-{theme}"
            await pilot.press("ctrl+t")
        assert ui.theme == "carrel-dark"
        await until(pilot, lambda: outside.settings == {"tui.theme": "dark"})

    drive(ui, script)


def test_without_colour_the_screen_has_no_colour() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When?")
        await answered(pilot)
        styles = [
            segment.style for strip in pilot.app.screen._compositor.render_strips() for segment in strip
        ]
        colours = {colour for style in styles if style for colour in (style.color, style.bgcolor)}
        assert all(colour is None or colour.is_default for colour in colours)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_COLOR", "1")
        drive(app(StillLibrary(), start_values(colour=False)), script, (100, 30))


def test_the_palette_switches_how_questions_are_answered() -> None:
    library = StillLibrary()

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+p", *"strict")
        await until_shown(pilot, "Turn strict answers on")
        await pilot.press("enter")
        await until(pilot, lambda: chat(pilot).asking.strict)
        await until_shown(pilot, "strict")
        await ask(pilot, "When?")
        await answered(pilot)
        assert library.asking[-1].strict

    drive(app(library), script)


def test_the_desktops_viewer_is_offered_once_and_saved() -> None:
    outside = RecordedOutside()
    ui = app(StillLibrary(), outside=outside)

    async def script(pilot: Pilot[None]) -> None:
        ui.view(f"{FOLDER}/lease.md", None, 3)
        await until(pilot, lambda: isinstance(ui.screen, ConfirmDialog))
        await pilot.click("#confirm")
        await until(pilot, lambda: outside.viewed)
        assert outside.settings == {"tui.viewer": VIEWERS[0]}
        ui.view(f"{FOLDER}/lease.md", None, 3)
        await until(pilot, lambda: outside.viewed == [(f"{FOLDER}/lease.md", None, 3)] * 2)

    drive(ui, script)


def test_a_viewer_that_does_not_start_is_reported_and_stays_configured() -> None:
    outside = RecordedOutside(failure=ViewerFailed("Could not start the viewer: no display."))
    ui = app(StillLibrary(), start_values(settings=TuiSettings(viewer="viewer {path}")), outside=outside)

    async def script(pilot: Pilot[None]) -> None:
        ui.view(f"{FOLDER}/lease.md", None, None)
        await until_shown(pilot, "Could not start the viewer: no display.")
        assert ui.settings["tui.viewer"] == "viewer {path}"

    drive(ui, script)


def test_a_file_outside_every_source_is_not_opened() -> None:
    outside = RecordedOutside()
    ui = app(StillLibrary(), outside=outside)

    async def script(pilot: Pilot[None]) -> None:
        ui.view("/etc/passwd", None, None)
        await until_shown(pilot, "This file is not in any source of the library.")

    drive(ui, script)
    assert not outside.viewed
