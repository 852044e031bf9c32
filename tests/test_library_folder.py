"""The library's folder as commands leave it: private, intact, and without anything that was removed."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import NOTES, Carrel, require_starter_models, write

pytestmark = pytest.mark.model


def test_only_the_user_can_read_a_library(carrel: Carrel) -> None:
    carrel.library.mkdir(mode=0o755)
    note = write(carrel.home / "garden.md")
    before = os.umask(0)
    try:
        assert carrel("add", note).code == 0
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in carrel.library.rglob("*")}
    assert stat.S_IMODE(carrel.library.stat().st_mode) == 0o700
    assert any(path.name == "catalogue.db" for path in modes)
    for path, mode in modes.items():
        assert mode == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("arguments", [("ls",), ("add", "notes"), ("doctor",), ("watch",)])
def test_a_folder_of_documents_that_is_named_as_the_library_is_left_as_it_is(
    carrel: Carrel, arguments: tuple[str, ...]
) -> None:
    notes = carrel.home / "notes"
    note = write(notes / "garden.md")
    notes.chmod(0o755)
    outcome = carrel(*arguments, "--library", notes)
    assert list(notes.iterdir()) == [note]
    assert stat.S_IMODE(notes.stat().st_mode) == 0o755
    assert outcome.code == 2
    assert "is not a library: it holds other files, such as garden.md" in outcome.narration


@pytest.mark.parametrize("arguments", [("ls",), ("add", "note.md"), ("reindex",)])
def test_documents_in_a_folder_named_like_an_unfinished_library_make_no_library(
    carrel: Carrel, arguments: tuple[str, ...]
) -> None:
    """Once it is a library, `next` in it is deleted when a reindex or a restore ends."""
    plan = write(carrel.home / "plans" / "next" / "novel.md")
    outcome = carrel(*arguments, "--library", carrel.home / "plans")
    assert outcome.code == 2
    assert "is not a library: it holds other files, such as next" in outcome.narration
    assert [path for path in (carrel.home / "plans").rglob("*") if path.is_file()] == [plan]


@pytest.mark.parametrize("damage", ["garbage", "newer"])
def test_an_unusable_catalogue_is_not_changed(filled: Carrel, damage: str) -> None:
    catalogue = filled.library / "catalogue.db"
    if damage == "garbage":
        catalogue.write_bytes(b"not a database at all" * 1000)
    else:
        with sqlite3.connect(catalogue) as database:
            database.execute("PRAGMA user_version = 99")
        database.close()
    before = catalogue.read_bytes()
    outcome = filled.here("search", "lease", "--json")
    assert outcome.code == outcome.error["exit"] == 1
    assert "catalogue.db" in outcome.narration
    assert outcome.error["remedy"]
    assert catalogue.read_bytes() == before


def test_a_removed_document_leaves_no_trace_and_stays_excluded(filled: Carrel) -> None:
    note = filled.home / "notes" / "health" / "visits.md"
    with sqlite3.connect(filled.library / "catalogue.db") as database:
        path = os.fsencode(note)
        rows = database.execute(
            "SELECT vectors.vector FROM vectors JOIN chunks ON chunks.vector = vectors.name "
            "JOIN documents ON documents.key = document WHERE path = ?",
            (path,),
        ).fetchall()
    database.close()
    # A part of each vector that no two vectors share by chance.
    traces = [row[0][64:128] for row in rows] + [b"Penicillin", b"penicillin", b"erritin"]

    def traces_left() -> set[bytes]:
        contents = [file.read_bytes() for file in filled.library.rglob("*") if file.is_file()]
        return {trace for trace in traces for content in contents if trace in content}

    def listed() -> bool:
        return str(note) in {entry["path"] for entry in filled.here("ls", "--json").object["documents"]}

    assert len(traces_left()) >= len(rows) + 2
    assert filled.here("rm", note).code == 0
    assert not traces_left()
    assert not listed()
    passages = filled.here("search", "Which medicine am I allergic to?", "--json").object["passages"]
    assert str(note) not in {passage["path"] for passage in passages}
    assert note.is_file(), "the file itself is not touched"

    assert filled.here("add", note.parents[1]).code == 0
    assert not listed(), "it stays excluded from its source"
    assert filled.here("add", note).code == 0
    assert listed(), "until it is added"


@pytest.fixture
def small_disk(mount_disk: Callable[[int], Path]) -> Path:
    """A file system of 72 MiB, slightly more than must stay free."""
    return mount_disk(72)


def test_a_full_disk_stops_indexing_and_loses_nothing(carrel: Carrel, small_disk: Path) -> None:
    library = small_disk / "library"
    first = write(carrel.home / "notes" / "garden.md")
    assert carrel.here("add", first.parent, "--library", library).code == 0
    write(carrel.home / "notes" / "pond.md", "# Pond\n\nThe pump is serviced in April.\n")

    filler = small_disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - (8 << 20)))
    nearly = carrel.here("add", first.parent, "--library", library)
    assert nearly.code == 1
    assert "disk is nearly full" in nearly.narration

    with filler.open("ab", buffering=0) as file:
        file.write(bytes(shutil.disk_usage(small_disk).free))
    full = carrel.here("add", first.parent, "--library", library)
    assert full.code == 1
    assert "disk is full" in full.narration

    filler.unlink()
    after = carrel.here("add", first.parent, "--library", library, "--json")
    assert after.code == 0
    assert (after.object["sources"][0]["unchanged"], after.object["sources"][0]["added"]) == (1, 1)
    passages = carrel.here("search", "pump of the pond", "--library", library, "--json").object["passages"]
    assert passages[0]["path"].endswith("pond.md")


def test_cached_prompts_are_deleted_with_a_document_that_changes_or_is_removed(carrel: Carrel) -> None:
    require_starter_models()
    notes = carrel.home / "notes"
    shutil.copytree(NOTES / "home", notes)
    cached = carrel.library / "cache" / "kv" / "prompt.kv"

    def cache_prompt() -> None:
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.write_bytes(b"keys and values")

    carrel.here("add", notes)
    cache_prompt()
    carrel.here("add", notes)
    assert cached.exists()
    (notes / "reading-meters.txt").write_text("Nothing to read.", encoding="utf-8")
    carrel.here("add", notes)
    assert not cached.exists()
    cache_prompt()
    carrel.here("rm", notes / "dishwasher-warranty.txt")
    assert not cached.exists()
