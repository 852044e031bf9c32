"""Database files: layouts are created, migrated and refused, and no migration loses a library."""

import multiprocessing
import os
import random
import signal
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.database import Database, DatabaseLayout
from ingest.errors import IngestError, LibraryBusy, LibraryDamaged, UnsupportedLayout
from tests.migrating import LAYOUT_5, MIGRATIONS, SAME_LAYOUT, Steps, contents, load, migrate_until_killed

MOST_STEPS = 100
"""More than opening and migrating takes."""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library of layout 3."""
    path = tmp_path / "catalogue.db"
    load(path)
    return path


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    """What the library holds after an undisturbed migration."""
    path = tmp_path_factory.mktemp("migrated") / "catalogue.db"
    load(path)
    Database(path, LAYOUT_5).close()
    return contents(path)


def files(library: Path) -> list[str]:
    """The names of the files in the library's folder."""
    return sorted(path.name for path in library.parent.iterdir())


def test_a_compacted_file_holds_no_copy_of_deleted_rows(tmp_path: Path) -> None:
    layout = DatabaseLayout(version=1, schema="CREATE TABLE notes (key INTEGER PRIMARY KEY, t);", rescue="")
    database = Database(tmp_path / "notes.db", layout)
    source = random.Random(4)
    deleted = []
    for key in source.sample(range(4000), 4000):
        text = f"<{key}:{'x' * source.choice([20, 200, 900])}>"
        with database.transaction():
            database.execute("INSERT INTO notes VALUES (?, ?)", (key, text))
        if key % 3 == 0:
            deleted.append(text.encode())
    with database.transaction():
        database.execute("DELETE FROM notes WHERE key % 3 = 0")
    assert database.compact()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not any(text in content for text in deleted)
    assert b"<4:x" in content
    database.close()


def test_a_log_that_another_program_reads_is_not_said_to_be_empty(tmp_path: Path) -> None:
    layout = DatabaseLayout(version=1, schema="CREATE TABLE notes (text);", rescue="")
    database = Database(tmp_path / "notes.db", layout)
    database.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(tmp_path / "notes.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM notes").fetchall()
        with database.transaction():
            database.execute("INSERT INTO notes VALUES ('text')")
        assert not database.purge()
    assert database.purge()
    database.close()


# Migrations


def test_migrations_run_in_order_and_keep_what_they_do_not_change(library: Path) -> None:
    before = contents(library)
    database = Database(library, LAYOUT_5)
    assert database.rows("PRAGMA user_version") == [(5,)]
    assert database.rows("SELECT language FROM documents WHERE key = 4") == [("zh",)]
    assert database.rows("PRAGMA foreign_keys") == [(1,)]
    database.close()
    after = contents(library)
    unchanged = before.keys() - {"documents", "layout"}
    assert {name: after[name] for name in unchanged} == {name: before[name] for name in unchanged}
    assert len(after["documents"]) == len(before["documents"])


def test_a_migrated_library_is_not_migrated_again(library: Path) -> None:
    Database(library, LAYOUT_5).close()
    calls: list[int] = []
    layout = replace(LAYOUT_5, migrations={4: lambda _: calls.append(4), 5: lambda _: calls.append(5)})
    Database(library, layout).close()
    assert calls == []


def test_the_copy_is_complete_and_private_while_the_migration_runs_and_gone_after_it(library: Path) -> None:
    before = contents(library)
    copy = library.with_name("catalogue.db.before-migration")

    def look(_: Database) -> None:
        assert contents(copy) == before
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600

    Database(library, replace(LAYOUT_5, version=4, migrations={4: look})).close()
    assert files(library) == ["catalogue.db"]


def test_the_copy_holds_what_is_still_in_the_log(library: Path) -> None:
    writer = sqlite3.connect(library)
    writer.execute("INSERT INTO facts VALUES ('late', 'yes')")
    writer.commit()

    def look(_: Database) -> None:
        copy = library.with_name("catalogue.db.before-migration")
        assert ("late", "yes") in contents(copy)["facts"]

    Database(library, replace(LAYOUT_5, version=4, migrations={4: look})).close()
    writer.close()


def test_an_error_at_any_step_leaves_the_old_library_or_the_migrated_one(
    library: Path, migrated: dict[str, list[object]]
) -> None:
    before, original = contents(library), library.read_bytes()
    for number in range(1, MOST_STEPS):

        def strike(number: int = number) -> None:
            raise OSError(f"step {number} failed")

        steps = Steps(number, strike)
        with pytest.MonkeyPatch.context() as patch:
            steps.watch(patch.setattr)
            try:
                Database(library, LAYOUT_5).close()
            except (IngestError, OSError):
                pass
            else:
                break
        if contents(library) != migrated:
            assert contents(library) == before, number
            Database(library, SAME_LAYOUT).close()
            assert files(library) == ["catalogue.db"], number
        Database(library, LAYOUT_5).close()
        assert contents(library) == migrated, number
        assert files(library) == ["catalogue.db"], number
        reset(library, original)
    assert number > 15, "the migration has at least these steps"
    assert contents(library) == migrated


def reset(library: Path, original: bytes) -> None:
    """Empties the library's folder and puts the file in it that it had at first."""
    for path in library.parent.iterdir():
        path.unlink()
    library.write_bytes(original)


def test_killed_at_any_step_the_library_is_whole_and_is_migrated_by_the_next_start(
    library: Path, migrated: dict[str, list[object]]
) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crashing", "tests.migrating"])
    original = library.read_bytes()
    for number in range(1, MOST_STEPS):
        process = context.Process(target=migrate_until_killed, args=(library, number))
        process.start()
        process.join()
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        Database(library, LAYOUT_5).close()
        assert contents(library) == migrated, number
        assert files(library) == ["catalogue.db"], number
        reset(library, original)
    assert number > 15, "the migration has at least these steps"


def test_a_migration_that_fails_says_so_and_what_to_do(library: Path) -> None:
    def fail(database: Database) -> None:
        database.execute("UPDATE documents SET title = 'lost'")
        database.execute("INSERT INTO facts VALUES ('paused', 'twice')")

    before = contents(library)
    with pytest.raises(IngestError, match=r"migrated from layout 3 to layout 4: UNIQUE") as failed:
        Database(library, replace(LAYOUT_5, version=4, migrations={4: fail}))
    assert "The library is unchanged." in failed.value.message
    assert "the version of Carrel that wrote the library" in failed.value.remedy
    assert not isinstance(failed.value, LibraryDamaged)
    assert contents(library) == before
    assert files(library) == ["catalogue.db"]


def test_a_file_that_a_failed_migration_damaged_is_restored_by_the_next_start(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Database) -> None:
        raise OSError("the disk failed")

    before = contents(library)
    with monkeypatch.context() as patch:
        patch.setattr(Database, "_is_sound", lambda _: False)
        with pytest.raises(IngestError, match="The next start restores the library as it was"):
            Database(library, replace(LAYOUT_5, version=4, migrations={4: fail}))
    overwrite(library)
    Database(library, SAME_LAYOUT).close()
    assert contents(library) == before
    assert files(library) == ["catalogue.db"]


def test_a_disk_that_fills_up_during_a_migration_is_reported_as_full(library: Path) -> None:
    def fill(database: Database) -> None:
        database.execute("PRAGMA max_page_count = 60")
        database.execute("INSERT INTO facts VALUES ('long', hex(zeroblob(1000000)))")

    before = contents(library)
    with pytest.raises(IngestError, match="the disk is full") as failed:
        Database(library, replace(LAYOUT_5, version=4, migrations={4: fill}))
    assert "Free some space" in failed.value.remedy
    assert contents(library) == before
    assert files(library) == ["catalogue.db"]


def test_a_migration_that_leaves_rows_without_their_document_is_rolled_back(library: Path) -> None:
    def orphan(database: Database) -> None:
        database.execute("DELETE FROM documents WHERE key = 1")

    before = contents(library)
    with pytest.raises(IngestError, match="refers to a row that does not exist"):
        Database(library, replace(LAYOUT_5, version=4, migrations={4: orphan}))
    assert contents(library) == before


@pytest.mark.parametrize("missing", [[4], [5], [4, 5, 7], [3, 5], [4, 5, 6]])
def test_a_layout_with_a_missing_or_pointless_migration_is_a_mistake(missing: list[int]) -> None:
    migrations = dict.fromkeys(missing, MIGRATIONS[4])
    if missing == [5]:
        DatabaseLayout(version=5, schema="", rescue="", migrations=migrations)
        return
    with pytest.raises(ValueError, match="do not lead to layout 5"):
        DatabaseLayout(version=5, schema="", rescue="", migrations=migrations)


# The copy of an interrupted migration


def copied(library: Path) -> Path:
    """Leaves a copy of the library beside it, as a migration that was killed does."""
    copy = library.with_name("catalogue.db.before-migration")
    copy.write_bytes(library.read_bytes())
    return copy


def overwrite(path: Path) -> None:
    """Overwrites all pages of a database but the first."""
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))


def replace_content(path: Path) -> None:
    """Replaces a database with a file of another kind."""
    path.write_bytes(b"no database " * 1000)


def empty(path: Path) -> None:
    """Truncates a file."""
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [Path.unlink, overwrite, replace_content, empty])
def test_a_library_damaged_while_it_was_migrated_is_restored_from_the_copy(
    library: Path, damage: Callable[[Path], None], migrated: dict[str, list[object]]
) -> None:
    before = contents(library)
    copied(library)
    damage(library)
    library.with_name("catalogue.db-wal").write_bytes(b"a log of the damaged file")
    Database(library, SAME_LAYOUT).close()
    assert contents(library) == before
    assert files(library) == ["catalogue.db"]
    Database(library, LAYOUT_5).close()
    assert contents(library) == migrated


def test_a_sound_library_is_never_replaced_by_a_copy(library: Path) -> None:
    copied(library)
    with sqlite3.connect(library) as connection:
        connection.execute("INSERT INTO facts VALUES ('newer', 'than the copy')")
    connection.close()
    Database(library, SAME_LAYOUT).close()
    assert ("newer", "than the copy") in contents(library)["facts"]
    assert files(library) == ["catalogue.db"]


def test_a_copy_that_was_not_finished_is_deleted(library: Path) -> None:
    library.with_name("catalogue.db.before-migration.partial").write_bytes(b"half")
    before = contents(library)
    Database(library, SAME_LAYOUT).close()
    assert contents(library) == before
    assert files(library) == ["catalogue.db"]


# Files that are refused


def test_a_file_that_another_program_has_locked_is_reported_as_busy(library: Path) -> None:
    database = Database(library, SAME_LAYOUT)
    database.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(library, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LibraryBusy, match="in use by another program") as busy, database.transaction():
        pass
    assert "database browser" in busy.value.remedy
    other.execute("ROLLBACK")
    other.close()
    with database.transaction():
        database.execute("INSERT INTO facts VALUES ('free', 'again')")
    database.close()


def test_a_library_of_a_newer_carrel_is_refused_and_left_alone(library: Path) -> None:
    Database(library, LAYOUT_5).close()
    copied(library)
    before = {name: (library.parent / name).read_bytes() for name in files(library)}
    with pytest.raises(UnsupportedLayout) as refused:
        Database(library, SAME_LAYOUT)
    assert "written by a newer Carrel: it has layout 5" in refused.value.message
    assert str(library) in refused.value.message
    assert "Update Carrel" in refused.value.remedy
    assert {name: (library.parent / name).read_bytes() for name in files(library)} == before


@pytest.mark.parametrize("version", [1, 2])
def test_a_library_too_old_to_migrate_is_refused_with_the_way_out(library: Path, version: int) -> None:
    with sqlite3.connect(library) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    before = library.read_bytes()
    with pytest.raises(UnsupportedLayout, match=f"it has layout {version}") as refused:
        Database(library, SAME_LAYOUT)
    assert "carrel reindex" in refused.value.remedy
    assert library.read_bytes() == before


def test_a_new_file_gets_the_current_layout_without_migrating(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    layout = replace(LAYOUT_5, schema="CREATE TABLE facts (name TEXT, value TEXT) STRICT;")
    Database(path, layout).close()
    assert contents(path) == {"facts": [], "layout": [(5,)]}
    assert os.listdir(tmp_path) == ["catalogue.db"]
