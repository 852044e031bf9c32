"""Adding a folder."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from assistant.library.facade import SourceStatus, Status
from ingest.errors import IngestError
from ingest.progress import Progress, Report
from tests.still import FOLDER, StillLibrary
from tests.tui.piloting import drive, text, until, until_shown
from tests.tui.still import app
from tui.widgets.path_field import PathField


class Elsewhere(StillLibrary):
    """A library that is not in the person's home folder."""

    def status(self) -> Status:
        return dataclasses.replace(super().status(), library=Path("/srv/library"))


def empty() -> StillLibrary:
    """A library without sources."""
    return Elsewhere(documents=(), sources=())


def test_a_folder_is_surveyed_before_anything_is_read() -> None:
    library = empty()

    async def script(pilot: Pilot[None]) -> None:
        await until_shown(
            pilot,
            "▼ /home/reader",
            "letters",
            "453 documents, 61 MiB",
            "412  .md",
            "Will be skipped",
            "4  unknown type .mp4",
            "2  symbolic link",
        )
        order = [text(pilot).index(suffix) for suffix in (".pdf ", ".md ", ".org ")]
        assert order == sorted(order), "the type with the most bytes is first"
        assert library.sources == ()
        await pilot.press("down")
        await until_shown(pilot, "/home/reader/letters")

    drive(app(library), script)


def test_the_parent_folder_can_be_reached() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await until_shown(pilot, "▼ /home/reader")
        await pilot.press("backspace")
        await until_shown(pilot, "▼ /home")
        await pilot.press("backspace", "backspace")
        await until_shown(pilot, "▼ /")

    drive(app(empty()), script)


def test_a_folder_that_the_library_has_already_is_said_to_be_there() -> None:
    class Known(Elsewhere):
        def add(self, path: Path) -> Iterator[Progress | Report]:
            for event in super().add(path):
                yield dataclasses.replace(event, added=0, unchanged=3) if isinstance(event, Report) else event

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+o")
        await until_shown(pilot, "letters")
        await pilot.press("a")
        await until_shown(pilot, "The library already has the documents of", "folder.")

    drive(app(Known()), script)


def test_an_added_folder_can_be_asked_about_as_soon_as_a_document_is_searchable() -> None:
    library = empty()

    async def script(pilot: Pilot[None]) -> None:
        await until_shown(pilot, "letters")
        await pilot.press("down", "a")
        await until(pilot, lambda: library.sources == (SourceStatus("/home/reader/letters", ""),))
        await until_shown(pilot, "1 document added.")
        library.documents = StillLibrary().documents
        await until_shown(pilot, "3 documents searchable · up to date", "You can ask now. Press Esc")
        await pilot.press("escape")
        await until_shown(pilot, "Ask about your 3 documents")

    drive(app(library), script)


def test_a_folder_that_cannot_be_added_says_why() -> None:
    class Refusing(Elsewhere):
        def add(self, path):  # type: ignore[no-untyped-def]
            raise IngestError("The folder holds the library itself.", remedy="Choose another one.")

    async def script(pilot: Pilot[None]) -> None:
        await until_shown(pilot, "letters")
        await pilot.press("a")
        await until_shown(pilot, "The folder holds the library itself. Choose another one.")

    drive(app(Refusing(documents=(), sources=())), script)


def test_f2_goes_from_adding_a_folder_to_the_conversation() -> None:
    async def script(pilot: Pilot[None]) -> None:
        for way in ((), ("f3",)):
            await pilot.press("ctrl+o")
            await until_shown(pilot, "Which folder should Carrel read?")
            await pilot.press(*way, "f2")
            await until_shown(pilot, "Ask about your 3 documents in your own words.")

    drive(app(StillLibrary()), script)


def test_a_second_folder_is_added_with_ctrl_o() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+o")
        await until_shown(pilot, "Which folder should Carrel read?", "3 documents searchable")
        assert FOLDER not in text(pilot)

    drive(app(StillLibrary()), script)


class HomeLibrary(StillLibrary):
    """A library in the folder that the program was started in."""

    def status(self) -> Status:
        return dataclasses.replace(super().status(), library=Path("/home/reader/.local/share/carrel/library"))


def test_a_folder_with_the_library_in_it_is_refused_before_it_is_offered() -> None:
    library = HomeLibrary(documents=(), sources=())

    async def script(pilot: Pilot[None]) -> None:
        await until_shown(pilot, "Carrel keeps its own library in this folder")
        assert "453 documents" not in text(pilot)
        await pilot.press("a")
        await until_shown(pilot, "Choose a folder below this one, then press a.")
        assert library.sources == ()
        await pilot.press("down", "a")
        await until(pilot, lambda: library.sources == (SourceStatus("/home/reader/letters", ""),))

    drive(app(library), script)


def test_the_footer_names_every_key_that_works_here() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await until_shown(pilot, "a Add", "⌫ Up", "/ Path", "esc Close")

    drive(app(empty()), script)


def test_a_path_is_typed_with_completion_and_letters_in_it_are_no_commands() -> None:
    library = empty()

    async def script(pilot: Pilot[None]) -> None:
        await until_shown(pilot, "letters")
        await pilot.press("~", "slash")
        field = pilot.app.screen.query_one(PathField)
        await until_shown(pilot, "letters/")
        await pilot.press("l", "e", "tab")
        assert field.value == "~/letters/"
        assert library.sources == (), "a letter in the path has added nothing"
        await pilot.press("enter")
        await until_shown(pilot, "▼ /home/reader/letters")
        await pilot.press("a")
        await until(pilot, lambda: library.sources == (SourceStatus("/home/reader/letters", ""),))

    drive(app(library), script)


def test_the_slash_that_begins_a_path_is_part_of_it() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await until_shown(pilot, "letters")
        await pilot.press(*"/srv", "enter")
        await until_shown(pilot, "▼ /srv")

    drive(app(empty()), script)


def test_a_pasted_path_is_taken_wherever_the_focus_is() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await until_shown(pilot, "letters")
        pilot.app.post_message(events.Paste("'/srv/my papers'\n"))
        field = pilot.app.screen.query_one(PathField)
        await until(pilot, lambda: field.has_focus)
        assert field.path == "/srv/my papers"
        await pilot.press("enter")
        await until_shown(pilot, "▼ /srv/my papers")
        await pilot.press("slash", "x", "escape")
        await until(pilot, lambda: not field.has_focus)
        assert field.value == "/srv/my papers"

    drive(app(empty()), script)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (20, 5)])
def test_no_number_is_parted_from_its_unit(size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[None]) -> None:
        if size[0] >= 80:
            await until_shown(pilot, "412  .md")
            assert re.search(r"412  \.md +[\d.]+ MiB", text(pilot))

    drive(app(empty()), script, size)
