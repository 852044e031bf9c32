"""A library's SQLite files: one process, threads in turn, and errors in people's words.

A file knows which layout it has and is refused with another. What is deleted is overwritten. A transaction
that fails is undone, on a full disk too, so that what was stored before stays as it was.
"""

import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingest.errors import IngestError, LibraryDamaged


class Database:
    """One file, open until closed."""

    def __init__(self, path: Path, schema: str, version: int, *, rescue: str) -> None:
        """Opens the file, making it by `schema` when it is new.

        version: of the layout; above 0.
        rescue: what to do about a file that is damaged.
        Raises `LibraryDamaged` for a damaged file and one of another layout, `IngestError` when it cannot be
        used for another reason.
        """
        self._path = path
        self._rescue = rescue
        self._turn = threading.RLock()
        with self.turn():
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._connection.executescript(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
                "PRAGMA secure_delete = ON; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;"
            )
            ((found,),) = self.execute("PRAGMA user_version")
            if found == 0:
                self._connection.executescript(f"BEGIN; {schema} PRAGMA user_version = {version}; COMMIT;")
            elif found != version:
                raise LibraryDamaged(
                    f"{path} has layout {found}; this Carrel knows layout {version}.",
                    remedy="Use the Carrel that wrote it, or another library folder.",
                )

    def close(self) -> None:
        with self._turn:
            self._connection.close()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Keeps other threads waiting; SQLite's errors become errors for people."""
        try:
            with self._turn:
                yield
        except sqlite3.OperationalError as error:
            # The files beside this one fail as input and output, not as full.
            refused = error.sqlite_errorcode & 0xFF
            free = shutil.disk_usage(self._path.parent).free
            if refused == sqlite3.SQLITE_FULL or (refused == sqlite3.SQLITE_IOERR and free == 0):
                raise IngestError(
                    f"The disk is full: {self._path} cannot grow. Nothing stored so far is lost.",
                    remedy="Free some space and run the command again; it goes on where it stopped.",
                ) from error
            raise IngestError(
                f"{self._path} cannot be used: {error}.",
                remedy="Check that its disk is not read-only and that its folder is yours. Nothing is lost.",
            ) from error
        except sqlite3.DatabaseError as error:
            raise LibraryDamaged(f"{self._path} is damaged: {error}.", remedy=self._rescue) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is executed within it happens, or nothing."""
        with self.turn():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                # Some errors, a full disk among them, have rolled it back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def purge(self) -> None:
        """Empties the log, which still holds what has been deleted."""
        with self.turn():
            self.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """What a query finds."""
        with self.turn():
            return self._connection.execute(sql, values).fetchall()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """To be called within a turn or a transaction."""
        return self._connection.execute(sql, values)

    def executemany(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """To be called within a transaction."""
        self._connection.executemany(sql, values)
