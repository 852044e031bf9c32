"""Adding a folder."""

from textual.pilot import Pilot

from assistant.library.facade import SourceStatus
from ingest.errors import IngestError
from tests.still import FOLDER, StillLibrary
from tests.tui.piloting import drive, text, until, until_shown
from tests.tui.still import app


def empty() -> StillLibrary:
    """A library without sources."""
    return StillLibrary(documents=(), sources=())


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
    class Refusing(StillLibrary):
        def add(self, path):  # type: ignore[no-untyped-def]
            raise IngestError("The folder holds the library itself.", remedy="Choose another one.")

    async def script(pilot: Pilot[None]) -> None:
        await until_shown(pilot, "letters")
        await pilot.press("a")
        await until_shown(pilot, "The folder holds the library itself. Choose another one.")

    drive(app(Refusing(documents=(), sources=())), script)


def test_a_second_folder_is_added_with_ctrl_o() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+o")
        await until_shown(pilot, "Which folder should Carrel read?", "3 documents searchable")
        assert FOLDER not in text(pilot)

    drive(app(StillLibrary()), script)
