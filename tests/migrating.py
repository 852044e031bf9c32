"""Layouts for tests to migrate a library to, and a process that is killed during a migration."""

import functools
import os
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.catalogue.layout import layout
from ingest.database import Database, Migration
from tests.running import KEY

LAYOUT_3 = Path(__file__).parent / "ingest" / "fixtures" / "layout-3.sql"
"""A library of layout 3 as SQL, filled by the Carrel that first wrote it."""


def add_language(database: Database) -> None:
    """Layout 4: documents have a language."""
    database.execute("ALTER TABLE documents ADD COLUMN language TEXT NOT NULL DEFAULT 'en'")
    database.execute("UPDATE documents SET language = 'zh' WHERE key = 4")


def rebuild_documents(database: Database) -> None:
    """Layout 5: the table that all others refer to is rebuilt, without titles."""
    # The procedure of "Making Other Kinds Of Table Schema Changes", sqlite.org/lang_altertable.html.
    database.execute(
        "CREATE TABLE new_documents (key INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, id TEXT, "
        "digest TEXT, bytes INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, "
        "language TEXT NOT NULL) STRICT"
    )
    database.execute(
        "INSERT INTO new_documents SELECT key, path, id, digest, bytes, state, reason, language "
        "FROM documents"
    )
    database.execute("DROP TABLE documents")
    database.execute("ALTER TABLE new_documents RENAME TO documents")


MIGRATIONS: dict[int, Migration] = {4: add_language, 5: rebuild_documents}

# No schema: these layouts are only migrated to.
LAYOUT_5 = replace(layout(KEY), version=5, schema="", migrations=MIGRATIONS)
SAME_LAYOUT = replace(layout(KEY), version=3, migrations={})
"""Of a Carrel that leaves a library of layout 3 as it is."""


def load(path: Path, script: Path = LAYOUT_3) -> None:
    """Creates the library that `script` describes at `path`."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    connection.executescript(
        f"PRAGMA journal_mode = WAL; BEGIN; {script.read_text(encoding='utf-8')} COMMIT;"
    )
    connection.close()


def contents(path: Path) -> dict[str, list[Any]]:
    """All rows of all tables, and the file's layout."""
    connection = sqlite3.connect(path)
    try:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        rows = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in names.fetchall()}
        return rows | {"layout": connection.execute("PRAGMA user_version").fetchall()}
    finally:
        connection.close()


class Steps:
    """Counts the steps of opening a database, and calls `strike` just before step `number`.

    A step is an SQL statement, a flush to the disk, or the renaming or deletion of a file.
    """

    def __init__(self, number: int, strike: Callable[[], None]) -> None:
        self._passed = 0
        self._number = number
        self._strike = strike

    def step(self, *_: object) -> None:
        """Counts one step."""
        self._passed += 1
        if self._passed == self._number:
            self._strike()

    def watch(self, patch: Callable[[object, str, Any], None]) -> None:
        """Counts in `sqlite3`, `Path` and `os` from now on. `patch` sets an attribute of an object."""

        def counted(function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any, **options: Any) -> Any:
                self.step()
                return function(*arguments, **options)

            return call

        class Watched(sqlite3.Connection):
            """A connection whose statements are steps."""

            execute = counted(sqlite3.Connection.execute)
            executescript = counted(sqlite3.Connection.executescript)
            backup = counted(sqlite3.Connection.backup)

        patch(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Watched))
        patch(Path, "replace", counted(Path.replace))
        patch(Path, "unlink", counted(Path.unlink))
        patch(os, "fsync", counted(os.fsync))


def migrate_until_killed(path: Path, number: int) -> None:
    """Opens the library at `path` as `LAYOUT_5`, and is killed before step `number`, if there is one."""
    Steps(number, lambda: os.kill(os.getpid(), signal.SIGKILL)).watch(setattr)
    Database(path, LAYOUT_5).close()
