"""The document picker, over a library with fixed documents."""

import dataclasses

from textual.pilot import Pilot

from ingest.errors import IngestError
from ingest.selection import Collection, Selection
from tests.still import ENTRIES, FOLDER, StillLibrary
from tests.tui.piloting import NARROW, answered, ask, chat, drive, text, until, until_shown
from tests.tui.still import RecordedOutside, app
from tui.matching import matching
from tui.screens.picker import DocumentPicker
from tui.widgets.question import QuestionInput
from tui.widgets.table import Table


async def opened(pilot: Pilot[None], key: str = "f8") -> Table:
    """Opens the picker, and waits for its documents."""
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, DocumentPicker))
    table = pilot.app.screen.query_one(Table)
    await until(pilot, lambda: table.counts[1])
    return table


def test_letters_find_a_document_and_only_it_is_asked_about_until_escape() -> None:
    library = StillLibrary()

    async def script(pilot: Pilot[None]) -> None:
        question = chat(pilot).query_one(QuestionInput)
        table = await opened(pilot)
        await pilot.press(*"lsm")
        await until(pilot, lambda: table.key == f"{FOLDER}/lease.md")
        await pilot.press("enter")
        await until_shown(pilot, "Only lease.md", "Esc: all documents")
        assert question.has_focus
        await ask_now(pilot, "When?", "When? in:lease.md")
        assert library.selections[-1] == Selection(folders=("lease.md",))
        await pilot.press("escape")
        await until(pilot, lambda: "Only lease.md" not in text(pilot))
        assert question.has_focus, "Escape only leaves the document"
        await ask(pilot, "Why?")
        await answered(pilot, 2)
        assert library.selections[-1] == Selection()

    drive(app(library), script)


def test_a_collection_stands_first_in_the_list_and_takes_the_place_of_documents() -> None:
    library = StillLibrary(collected=(Collection("flat", "Lease and meters", (FOLDER,), ()),))

    async def script(pilot: Pilot[None]) -> None:
        table = await opened(pilot)
        await pilot.press(*"lsm", "enter")
        await until_shown(pilot, "Only lease.md")
        table = await opened(pilot)
        await until_shown(pilot, "collection:flat", "Lease and meters")
        assert table.key == "collection:flat"
        await pilot.press("enter")
        await until_shown(pilot, "Only flat", "Esc: all documents")
        await ask_now(pilot, "When?", "When? collection:flat")
        assert library.selections[-1] == Selection(collections=("flat",))

    drive(app(library), script)


async def ask_now(pilot: Pilot[None], typed: str, shown: str) -> None:
    """Asks a question that is shown with its documents."""
    exchanges = len(chat(pilot).query("TurnView"))
    chat(pilot).query_one(QuestionInput).set_text(typed)
    await pilot.press("enter")
    await answered(pilot, exchanges + 1)
    await until_shown(pilot, shown)


def test_an_at_sign_opens_the_list_and_gives_way_to_the_document() -> None:
    library = StillLibrary()

    async def script(pilot: Pilot[None]) -> None:
        question = chat(pilot).query_one(QuestionInput)
        await pilot.press(*"How", "space", *"deep", "space")
        await opened(pilot, "@")
        await pilot.press(*"pond", "enter")
        await until_shown(pilot, "Only pond.org")
        assert question.text == "How deep "
        # A second document is asked about too.
        await opened(pilot, "@")
        await pilot.press(*"lisbon", "enter")
        await until_shown(pilot, "Only pond.org, lisbon.md")
        # Choosing one again takes it out.
        await opened(pilot)
        await until_shown(pilot, "✓  pond.org")
        await pilot.press(*"pond", "enter")
        await until_shown(pilot, "Only lisbon.md")

    drive(app(library), script)


def test_escape_leaves_the_list_and_what_was_typed() -> None:
    async def script(pilot: Pilot[None]) -> None:
        question = chat(pilot).query_one(QuestionInput)
        await pilot.press(*"Who", "space")
        await opened(pilot, "@")
        await pilot.press("escape")
        await until(pilot, lambda: question.has_focus)
        assert question.text == "Who @"
        assert "Only" not in text(pilot)
        # Within a word, it is just a character.
        await pilot.press("backspace", *"ann@b")
        await until(pilot, lambda: question.text == "Who ann@b")
        assert chat(pilot)

    drive(app(StillLibrary()), script)


def test_only_documents_that_can_be_found_are_listed() -> None:
    async def script(pilot: Pilot[None]) -> None:
        table = await opened(pilot)
        assert table.counts == (3, 3)
        await pilot.press(*"receipt")
        await until_shown(pilot, "No document or collection has these letters.")
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, DocumentPicker), "there is nothing to choose"

    drive(app(StillLibrary()), script, NARROW)


def test_two_documents_of_one_name_are_told_apart() -> None:
    again = dataclasses.replace(ENTRIES[0], path=f"{FOLDER}/old/lease.md")
    library = StillLibrary(documents=(*ENTRIES, again))

    async def script(pilot: Pilot[None]) -> None:
        await opened(pilot)
        await pilot.press(*"old", "space", *"lease", "enter")
        await until_shown(pilot, "Only old/lease.md")

    drive(app(library), script)


def test_a_question_about_one_document_keeps_it_when_this_process_ends_and_when_it_fails() -> None:
    library = StillLibrary(failure=IngestError("The model is gone."))
    outside = RecordedOutside()

    async def script(pilot: Pilot[None]) -> None:
        await opened(pilot)
        await pilot.press(*"lease", "enter")
        await until_shown(pilot, "Only lease.md")
        chat(pilot).query_one(QuestionInput).set_text("When?")
        assert chat(pilot).unanswered == "When? in:lease.md"
        await pilot.press("enter")
        await until_shown(pilot, "The model is gone.", "Only lease.md")
        assert chat(pilot).query_one(QuestionInput).text == "When?"
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "Only" not in text(pilot))

    drive(app(library, outside=outside), script)


def test_the_list_moves_with_the_arrow_keys_and_with_control_keys() -> None:
    async def script(pilot: Pilot[None]) -> None:
        table = await opened(pilot)
        await pilot.press("down", "ctrl+n")
        await until(pilot, lambda: table.cursor == 2)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: table.cursor == 1)
        assert isinstance(pilot.app.screen, DocumentPicker)

    drive(app(StillLibrary()), script)


def test_names_come_before_folders_and_words_before_letters() -> None:
    paths = ["/a/car/tax.md", "/a/scar.md", "/a/car.md", "/a/chalk-art.md", "/a/tax.md"]
    assert matching("car", dict.fromkeys(paths, ())) == [
        "/a/car.md",
        "/a/scar.md",
        "/a/car/tax.md",
        "/a/chalk-art.md",
    ]
    assert matching("", dict.fromkeys(paths, ())) == paths


def test_a_document_is_matched_by_its_other_names() -> None:
    names = {"/vault/hall.md": ("Gym", "Turnhalle"), "/vault/gym.md": (), "/vault/pond.md": ()}
    assert matching("gym", names) == ["/vault/gym.md", "/vault/hall.md"]
    assert matching("turnhalle", names) == ["/vault/hall.md"]
