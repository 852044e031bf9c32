"""A library that is indexed again stays usable until its new catalogue is complete."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant.config import Config, IndexSettings
from assistant.dialogue import Answer
from assistant.doctor import Severity, checks
from assistant.library.forgetting import NEXT
from assistant.library.owner import Owner
from assistant.library.reindexing import reindex
from ingest.embedding import HashingEmbedder
from ingest.errors import IngestError, LibraryBusy, LibraryDamaged
from ingest.jail import Jail
from ingest.lock import Lock
from ingest.progress import Progress, Report

if TYPE_CHECKING:
    from assistant.engine import Engine

SMALLER = Config(index=IndexSettings(chunk_tokens=64))


@pytest.fixture
def library(tmp_path: Path, jail: Jail) -> Path:
    """Three notes in chunks of the default length, one of which was removed."""
    notes = tmp_path / "notes"
    notes.mkdir()
    for name in ("garden", "pond", "shed"):
        text = " ".join(f"The {name} is looked after in month {number}." for number in range(60))
        (notes / f"{name}.md").write_text(text, encoding="utf-8")
    folder = tmp_path / "library"
    with Owner(folder, Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        list(owner.add(notes))
        owner.remove(notes / "shed.md")
        owner.collect("water", [notes / "pond.md"], ["water"], "What is wet")
    return folder


def chunks(library: Path, config: Config, jail: Jail) -> int:
    with Owner(library, config, embedder=HashingEmbedder(), jail=jail) as owner:
        assert owner.search("garden", 1).passages
        assert [Path(entry.path).name for entry in owner.entries()] == ["garden.md", "pond.md"]
        return owner.status().counts.chunks


def test_it_has_the_new_chunks_and_the_same_documents(library: Path, jail: Jail) -> None:
    before = chunks(library, Config(), jail)
    *progress, report = reindex(library, SMALLER, embedder=HashingEmbedder(), jail=jail)
    assert all(isinstance(event, Progress) for event in progress)
    assert isinstance(report, Report)
    assert report.added == 2, "the excluded note stays excluded"
    assert chunks(library, SMALLER, jail) > before
    assert not (library / NEXT).exists()
    with Owner(library, SMALLER, embedder=HashingEmbedder(), jail=jail) as owner:
        (water,) = owner.collections()
        assert (water.context, water.tags) == ("What is wet", ("water",))
        assert [Path(entry.path).name for entry in owner.entries() if entry.collections] == ["pond.md"]
    with (
        Owner(library, Config(), embedder=HashingEmbedder(), jail=jail) as owner,
        pytest.raises(IngestError, match="another embedder or chunk size") as refused,
    ):
        owner.search("garden", 1)
    assert "carrel reindex" in refused.value.remedy


def test_an_interrupted_run_leaves_the_old_library_usable_and_is_continued(library: Path, jail: Jail) -> None:
    before = chunks(library, Config(), jail)
    run = reindex(library, SMALLER, embedder=HashingEmbedder(), jail=jail)
    next(run)
    run.close()  # type: ignore[attr-defined]
    assert (library / NEXT).exists()
    assert chunks(library, Config(), jail) == before
    list(reindex(library, SMALLER, embedder=HashingEmbedder(), jail=jail))
    assert chunks(library, SMALLER, jail) > before


def test_a_source_that_is_gone_leaves_the_library_unchanged(
    library: Path, jail: Jail, tmp_path: Path
) -> None:
    (tmp_path / "notes").rename(tmp_path / "elsewhere")
    with pytest.raises(IngestError, match="notes"):
        list(reindex(library, SMALLER, embedder=HashingEmbedder(), jail=jail))
    assert chunks(library, Config(), jail)


def test_a_library_that_is_in_use_is_not_indexed_again(library: Path) -> None:
    lock = Lock(library)
    try:
        with pytest.raises(LibraryBusy):
            next(reindex(library, SMALLER, embedder=HashingEmbedder()))
    finally:
        lock.release()


def serving_beside(library: Path, jail: Jail, opened: list[Owner]) -> Callable[[Config, Lock], Owner]:
    """Opens the owner that answers meanwhile, and notes it."""

    def open_owner(config: Config, lock: Lock) -> Owner:
        opened.append(Owner(library, config, lock=lock, embedder=HashingEmbedder(), jail=jail))
        return opened[-1]

    return open_owner


def test_the_old_library_answers_meanwhile_and_what_is_removed_from_it_stays_removed(
    library: Path, jail: Jail, tmp_path: Path
) -> None:
    opened: list[Owner] = []
    run = reindex(
        library,
        SMALLER,
        embedder=HashingEmbedder(),
        jail=jail,
        open_owner=serving_beside(library, jail, opened),
    )
    first = next(run)
    assert isinstance(first, Progress)
    (old,) = opened
    assert {Path(p.locator.path).name for p in old.search("pond", 5).passages} >= {"pond.md"}
    old.forget(tmp_path / "notes" / "pond.md")
    (tmp_path / "letter").mkdir()
    (tmp_path / "letter" / "letter.md").write_text("The hedge is cut in March.", encoding="utf-8")
    assert not old.add_sources([tmp_path / "letter"])[0].problem
    list(run)
    with Owner(library, SMALLER, embedder=HashingEmbedder(), jail=jail) as owner:
        assert [Path(entry.path).name for entry in owner.entries()] == ["letter.md", "garden.md"]
    assert not (library / NEXT).exists()
    for file in library.rglob("*"):
        assert not file.is_file() or b"The pond is looked after" not in file.read_bytes(), file


def test_text_of_an_unfinished_run_goes_when_a_document_that_only_it_has_is_removed(
    library: Path, jail: Jail, tmp_path: Path
) -> None:
    note = tmp_path / "notes" / "attic.md"
    note.write_text("The attic holds the secret of the stairs.", encoding="utf-8")
    run = reindex(library, SMALLER, embedder=HashingEmbedder(), jail=jail)
    for event in run:
        if isinstance(event, Progress) and event.files_done == event.files_total:
            break
    run.close()  # type: ignore[attr-defined]
    with (
        Owner(library, Config(), embedder=HashingEmbedder(), jail=jail) as owner,
        pytest.raises(IngestError, match="not in the library"),
    ):
        owner.remove(note)
    for file in library.rglob("*"):
        assert not file.is_file() or b"secret of the stairs" not in file.read_bytes(), file


def spoil(path: Path, sql: str) -> None:
    """Changes a database as another program would."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript(sql)


def make_newer(path: Path) -> None:
    spoil(path, "ALTER TABLE documents ADD COLUMN mood TEXT; PRAGMA user_version = 99;")


def make_too_old(path: Path) -> None:
    spoil(path, "DROP TABLE codes; PRAGMA user_version = 2;")


def damage_chunks(path: Path) -> None:
    """Overwrites the pages of the tables that hold text."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        ((size,),) = database.execute("PRAGMA page_size")
        roots = database.execute("SELECT rootpage FROM sqlite_schema WHERE tbl_name IN ('chunks', 'pages')")
        pages = [root for (root,) in roots if root]
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(b"\xa5" * size)


@pytest.mark.parametrize("change", [make_newer, make_too_old, damage_chunks])
def test_a_library_that_cannot_be_used_is_made_again_and_keeps_its_conversations(
    library: Path, jail: Jail, engine: "Engine", tmp_path: Path, change: Callable[[Path], None]
) -> None:
    parts: dict[str, Any] = {"embedder": HashingEmbedder(), "jail": jail}
    with Owner(library, Config(), engine=engine, **parts) as owner:
        list(owner.ask("When is the garden looked after?", conversation="garden"))
        assert len(owner.turns("garden")) == 1
    change(library / "catalogue.db")
    *_, report = reindex(library, Config(), **parts)
    assert isinstance(report, Report)
    with Owner(library, Config(), **parts) as owner:
        names = [Path(entry.path).name for entry in owner.entries()]
        assert names == ["garden.md", "pond.md"], "what was removed stays excluded"
        assert owner.search("garden", 1).passages
        assert [turn.answer.question for turn in owner.turns("garden")] == [
            "When is the garden looked after?"
        ]


def test_a_catalogue_of_which_nothing_can_be_read_says_what_to_do(library: Path, jail: Jail) -> None:
    (library / "catalogue.db").write_bytes(b"no database at all, but long enough to be one" * 100)
    with pytest.raises(IngestError, match="sources") as refused:
        list(reindex(library, Config(), embedder=HashingEmbedder(), jail=jail))
    assert "carrel add" in refused.value.remedy


def test_a_database_of_another_program_is_refused_and_left_alone(library: Path) -> None:
    catalogue = library / "catalogue.db"
    catalogue.unlink()
    spoil(catalogue, "CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup');")
    before = catalogue.read_bytes()
    with pytest.raises(LibraryDamaged, match="another program"):
        Owner(library, Config())
    assert b"soup" in catalogue.read_bytes()
    assert catalogue.stat().st_size == len(before)


@pytest.mark.parametrize("content", [b"no database " * 500, None], ids=["damaged", "foreign"])
def test_conversations_that_cannot_be_read_do_not_keep_documents_from_being_found(
    library: Path, jail: Jail, engine: "Engine", content: bytes | None
) -> None:
    history = library / "history.db"
    history.unlink(missing_ok=True)
    if content is None:
        spoil(history, "CREATE TABLE recipes (name TEXT); PRAGMA user_version = 40;")
    else:
        history.write_bytes(content)
    parts: dict[str, Any] = {"embedder": HashingEmbedder(), "jail": jail, "engine": engine}
    with Owner(library, Config(), **parts) as owner:
        assert owner.search("garden", 1).passages
        *_, answer = owner.ask("When is the garden looked after?", conversation="garden")
        assert isinstance(answer, Answer)
        assert "history.db" in answer.unkept
        with pytest.raises(IngestError, match=r"history\.db"):
            owner.conversations()
        receipt = owner.forget(next(Path(entry.path) for entry in owner.entries()))
        assert "history.db cannot be read" in receipt.unfinished


def test_doctor_names_files_of_the_library_that_cannot_be_used(library: Path) -> None:
    make_newer(library / "catalogue.db")
    (library / "history.db").write_bytes(b"no database " * 500)
    found = {result.name: result for result in checks(Config(), library)}
    assert found["catalogue"].severity is Severity.BROKEN
    assert "newer Carrel" in found["catalogue"].message
    assert "carrel reindex" in found["catalogue"].remedy
    assert found["history"].severity is Severity.BROKEN
    assert "damaged" in found["history"].message


def test_a_vector_of_another_length_is_damage_that_reindex_repairs(library: Path, jail: Jail) -> None:
    parts: dict[str, Any] = {"embedder": HashingEmbedder(), "jail": jail}
    spoil(
        library / "catalogue.db",
        "UPDATE vectors SET vector = x'0000803f' WHERE name = (SELECT min(name) FROM vectors);",
    )
    with (
        Owner(library, Config(), **parts) as owner,
        pytest.raises(LibraryDamaged, match="different lengths") as refused,
    ):
        owner.search("garden", 1)
    assert "carrel reindex" in refused.value.remedy
    list(reindex(library, Config(), **parts))
    with Owner(library, Config(), **parts) as owner:
        assert owner.search("garden", 1).passages
