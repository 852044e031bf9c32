"""The library screen."""

from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot

from assistant.config import TuiSettings
from assistant.library.facade import Indexing, SourceStatus
from ingest.catalogue import DocumentEntry, DocumentState
from tests.still import FOLDER, StillLibrary
from tests.tui.piloting import NARROW, drive, styles_of, text, until, until_shown
from tests.tui.still import RecordedOutside, app, start_values
from tui.screens.dialogs import ConfirmDialog
from tui.widgets.table import Table


async def shown(pilot: Pilot[None]) -> Table:
    """Goes to the screen; its table, once it is filled."""
    await pilot.press("f3")
    table = pilot.app.screen.query_one(Table)
    await until(pilot, lambda: table.counts[1])
    return table


def test_documents_are_listed_with_state_reason_and_size() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await shown(pilot)
        await until_shown(
            pilot, f"✓ {FOLDER}", "88 KiB", "damaged: no page could", "unknown type .mp4", "5 of 5"
        )
        failed = styles_of(pilot, "receipt.pdf")
        assert failed != styles_of(pilot, "lisbon.md"), "a failed document looks different"

    drive(app(StillLibrary()), script)


def test_documents_are_sorted_by_one_column_after_the_other() -> None:
    async def script(pilot: Pilot[None]) -> None:
        table = await shown(pilot)
        await pilot.press("s", "s", "s", "s")
        await until_shown(pilot, "by size")
        await pilot.press("g")
        assert table.key == f"{FOLDER}/video.mp4", "the largest is first"

    drive(app(StillLibrary()), script)


def test_ten_thousand_documents_are_filtered_and_walked() -> None:
    entries = [
        DocumentEntry(f"{FOLDER}/{number:05}.md", DocumentState.INDEXED, "", 3, 1000, "text/markdown", 0.0)
        for number in range(10_000)
    ]

    async def script(pilot: Pilot[None]) -> None:
        table = await shown(pilot)
        await until(pilot, lambda: table.counts == (10_000, 10_000))
        await pilot.press("G")
        await until_shown(pilot, "09999.md")
        await pilot.press("k", "k")
        assert table.key == f"{FOLDER}/09997.md"
        await pilot.press("slash", *"042", "enter")
        await until(pilot, lambda: table.counts == (120, 10_000))
        await pilot.press("g")
        assert table.key is not None
        assert "042" in table.key
        await pilot.press("slash", *"zz")
        await until_shown(pilot, "No row matches the filter.")

    drive(app(StillLibrary(documents=entries)), script)


def test_a_document_is_removed_only_after_a_confirmation() -> None:
    library = StillLibrary()
    ui = app(library)

    async def script(pilot: Pilot[None]) -> None:
        table = await shown(pilot)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(ui.screen, ConfirmDialog))
        await until_shown(pilot, "garden/pond.org?", "removes 1 document with 9 chunks", "The files stay")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(ui.screen, ConfirmDialog))
        assert not library.removed
        await pilot.press("d")
        await until(pilot, lambda: isinstance(ui.screen, ConfirmDialog))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: library.removed == [Path(f"{FOLDER}/garden/pond.org")])
        await until_shown(pilot, "1 document removed from the library, and 1 saved answer")
        await until(pilot, lambda: table.counts == (4, 4))

    drive(ui, script)


def test_a_whole_source_is_removed_with_the_shifted_key() -> None:
    library = StillLibrary()

    async def script(pilot: Pilot[None]) -> None:
        await shown(pilot)
        await pilot.press("D")
        await until_shown(pilot, f"Remove {FOLDER}?", "5 documents with 26 chunks")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: library.removed == [Path(FOLDER)])

    drive(app(library), script)


def test_indexing_is_paused_resumed_and_retried() -> None:
    library = StillLibrary()

    async def script(pilot: Pilot[None]) -> None:
        await shown(pilot)
        await pilot.press("p")
        await until(pilot, lambda: library.paused)
        library.indexing = replace(library.indexing, paused=True)
        await until_shown(pilot, "indexing paused")
        await pilot.press("p")
        await until(pilot, lambda: not library.paused)
        await pilot.press("r")
        await until_shown(pilot, "Trying 1 file again …")

    drive(app(library), script)


def test_progress_offline_sources_and_problems_are_shown() -> None:
    library = StillLibrary(
        sources=(SourceStatus(FOLDER, ""), SourceStatus("/mnt/disk", "not mounted")),
        indexing=Indexing(True, False, 7, 40, (f"{FOLDER}/big.pdf",), 2.5, 125.0, ""),
    )

    async def script(pilot: Pilot[None]) -> None:
        await shown(pilot)
        await until_shown(
            pilot,
            "offline: not mounted /mnt/disk",
            f"✓ {FOLDER}  reading big.pdf",
            "reading 7 files at 2.5 files/s, 2 min left · 40 chunks to embed",
        )
        library.indexing = replace(library.indexing, problem="The disk is full.")
        await until_shown(pilot, "indexing has a problem · 40 chunks to embed: The disk is full.")

    drive(app(library), script)


def test_a_document_is_opened_in_the_viewer() -> None:
    outside = RecordedOutside()
    ui = app(StillLibrary(), start_values(settings=TuiSettings(viewer="v {path}")), outside=outside)

    async def script(pilot: Pilot[None]) -> None:
        await shown(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: outside.viewed == [(f"{FOLDER}/garden/pond.org", None, None)])
        await until_shown(pilot, "Opening pond.org …")

    drive(ui, script)


def test_escape_leaves_the_filter_and_shows_all_rows() -> None:
    async def script(pilot: Pilot[None]) -> None:
        table = await shown(pilot)
        await pilot.press("slash", "l", "e", "a")
        await until(pilot, lambda: table.counts == (1, 5))
        await pilot.press("escape")
        await until(pilot, lambda: table.counts == (5, 5))
        assert table.has_focus
        assert not pilot.app.screen.query_one("#filter").display

    drive(app(StillLibrary()), script)


def test_a_narrow_table_leaves_out_columns_and_keeps_the_names() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await shown(pilot)
        await until_shown(pilot, f"{FOLDER}/scans/receipt.pdf")
        assert "chunks" not in text(pilot)

    drive(app(StillLibrary()), script, NARROW)
