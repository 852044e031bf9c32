"""A library's SQLite files: opened by one process, migrated when they are old, with errors a person can read.

Each file records the number of its layout. A file of an older layout is migrated when it is opened, by one
numbered migration after another, in a single transaction. A copy of the file stays next to it until that
transaction is on the disk. A migration that fails or is killed leaves the old file as it was; should the
file be damaged nevertheless, the next start restores the copy. The copy holds document content, so it is
deleted as soon as it is not needed. A file of a newer layout is refused and left alone.

SQLite overwrites deleted content with zeros (`secure_delete`), and `compact` removes the copies that it
leaves behind when it moves rows. A transaction that fails is rolled back, even on a full disk, so earlier
data stays intact.

A file that cannot be written is opened read-only: nothing is created next to it, and every change is refused.

Several reads that belong together read one snapshot, on a connection of their own: what is stored meanwhile
neither changes what they see nor makes them wait.
"""

import errno
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.connecting import SqlFunctions, connect, connect_to_read
from ingest.copies import MigrationCopy
from ingest.encryption.ciphers import driver_errors, operational_errors
from ingest.errors import (
    DiskFull,
    IngestError,
    LibraryBusy,
    LibraryDamaged,
    LibraryReadOnly,
    UnsupportedLayout,
)

Migration = Callable[["Database"], None]
"""Turns one layout into the next, by statements executed on the database it is given.

It runs inside the transaction of the whole migration, with foreign keys not enforced until its end, so that
it can rebuild tables. It neither begins nor commits a transaction of its own.
"""


@dataclass(frozen=True, slots=True)
class DatabaseLayout:
    """What a database file looks like, and how files of older layouts are brought up to date."""

    version: int
    """The number of the layout, from 1."""
    schema: str
    """SQL that creates the layout in an empty file."""
    rescue: str
    """Advice for a person whose file is damaged or too old to migrate."""
    migrations: Mapping[int, Migration] = field(default_factory=dict)
    """By the layout that each produces: migration 4 turns layout 3 into layout 4. Without gaps, up to
    `version`. A file older than the first migration reads is refused."""
    functions: SqlFunctions = field(default_factory=dict)
    """What the layout and its statements call besides SQLite's own functions."""

    def __post_init__(self) -> None:
        """Raises `ValueError` when a migration is missing or leads nowhere."""
        if sorted(self.migrations) != list(range(self.oldest + 1, self.version + 1)):
            raise ValueError(f"migrations {sorted(self.migrations)} do not lead to layout {self.version}")

    @property
    def oldest(self) -> int:
        """The oldest layout that can be migrated."""
        return min(self.migrations, default=self.version + 1) - 1


BUSY_S = 5.0
"""Longest wait for the snapshots of other threads to end, before the log is emptied."""


class _ThreadState(threading.local):
    """The state of one thread's reads."""

    connection: sqlite3.Connection | None = None
    """The connection of its snapshot, if it has one."""
    depth = 0
    """How many calls of `exclusive` it is in; within them it reads what it writes."""


class Database:
    """One SQLite file, open until `close`. Several threads may use it; one at a time writes."""

    def __init__(self, path: Path, layout: DatabaseLayout, *, read_only: bool = False) -> None:
        """Opens the file, creates it when it is missing, and migrates it when its layout is older.

        read_only: whether to change nothing. A file that is missing then counts as empty.
        Raises `UnsupportedLayout` for a file of a newer Carrel or one too old to migrate, `IngestError` when
        the migration fails, and the errors of `exclusive`.
        """
        self.read_only = read_only
        """Whether every change is refused."""
        self._path = path
        self._copy = MigrationCopy(path)
        self._layout = layout
        self._lock = threading.RLock()
        self._reading = _ThreadState()
        self._preparations: list[str] = []
        self._idle: list[sqlite3.Connection] = []  # Of snapshots that have ended.
        self._snapshots = 0
        self._closed = False
        self._emptying = False  # Whether new snapshots wait until the log is empty.
        self._changed = threading.Condition()
        with self.exclusive():
            if not read_only and self._copy.exists and not self._is_sound():
                self._copy.restore()
            self._connection = self._connect()
            try:
                self._bring_up_to_date()
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        """Closes the file. SQLite then deletes its log."""
        with self._lock:
            with self._changed:
                self._closed = True
                self._close_idle()
            self._connection.close()

    def prepare(self, sql: str) -> None:
        """Executes a statement on every connection, also on those that are opened later."""
        with self.exclusive():
            self._preparations.append(sql)
            self.execute(sql)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Inside it, `rows` on this thread reads the file as it was when the snapshot began.

        Nested in another snapshot it has no effect. Inside `exclusive` and `transaction`, this thread still
        reads what it wrote. Raises as `exclusive` does.
        """
        if self._reading.connection is not None or self._reading.depth or self.read_only:
            yield
            return
        with self._changed:
            self._changed.wait_for(lambda: not self._emptying, BUSY_S)
            self._snapshots += 1
            connection = self._idle.pop() if self._idle else None
        try:
            with self._translated():
                if connection is None:
                    connection = self._connect()
                    for sql in self._preparations:
                        connection.execute(sql)
                    connection.executescript("PRAGMA query_only = ON; PRAGMA cache_size = -16384;")
                connection.execute("BEGIN")
                connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()  # Begins it.
            self._reading.connection = connection
            yield
        finally:
            self._reading.connection = None
            with self._changed:
                if connection is not None:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    self._idle.append(connection)
                if self._closed:
                    self._close_idle()
                self._snapshots -= 1
                self._changed.notify_all()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Makes other threads wait, and translates SQLite's errors.

        Raises `LibraryBusy` when another program has locked the file, `LibraryDamaged` when it is damaged,
        and `IngestError` when it cannot be used or the disk is full.
        """
        with self._translated(), self._lock:
            self._reading.depth += 1
            try:
                yield
            finally:
                self._reading.depth -= 1

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Translates SQLite's errors, as `exclusive` says."""
        try:
            yield
        except operational_errors() as error:
            if not hasattr(error, "sqlite_errorcode"):  # Of Python: a text is not UTF-8.
                raise self._damage(error) from error
            if self._is_full(error):
                raise DiskFull(
                    f"The disk is full: {self._path} cannot grow. Everything stored so far is safe.",
                    remedy="Free some space and run the command again. It continues where it stopped.",
                ) from error
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY:
                raise self._refusal() from error
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise LibraryBusy(
                    f"{self._path} is in use by another program.",
                    pid=None,
                    remedy="Close the program that has it open, such as a backup or a database browser, "
                    "and run the command again.",
                ) from error
            raise IngestError(
                f"{self._path} cannot be used: {error}.",
                remedy="Check that its disk is not read-only and that you own its folder. Nothing is lost.",
            ) from error
        except driver_errors(UnicodeDecodeError) as error:
            raise self._damage(error) from error

    def _damage(self, error: Exception) -> LibraryDamaged:
        return LibraryDamaged(f"{self._path} is damaged: {error}.", remedy=self._layout.rescue)

    def _refusal(self) -> LibraryReadOnly:
        return LibraryReadOnly(
            f"The library {self._path.parent} cannot be changed: its files are read-only.",
            remedy="It can be searched. To change it, make its folder and its disk writable.",
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits everything executed inside it, or nothing when an exception leaves it.

        Raises `LibraryReadOnly` if the file was opened so.
        """
        if self.read_only:
            raise self._refusal()
        with self.exclusive():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                # SQLite has already rolled back after some errors, such as a full disk.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def purge(self) -> bool:
        """Empties the write-ahead log, which may still hold deleted content.

        Waits for snapshots. Returns False when one takes longer than `BUSY_S`, or another program is reading
        the file, which keeps the log as it is.
        """
        self.rows("PRAGMA wal_checkpoint(PASSIVE)")  # Most of it, while others read.
        with self._changed:
            # New snapshots wait only if there is never a moment without any.
            self._changed.wait_for(lambda: not self._snapshots, BUSY_S)
            self._emptying = True
            self._changed.wait_for(lambda: not self._snapshots, BUSY_S)
            self._close_idle()  # Their memory holds pages with deleted content.
        try:
            with self.exclusive():
                ((is_busy, _, _),) = self.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            with self._changed:
                self._emptying = False
                self._changed.notify_all()
        return not is_busy

    def compact(self) -> bool:
        """Rewrites the file without deleted content, and empties its log.

        SQLite overwrites deleted rows, but it moves rows between pages, and leaves a copy of some of them in
        the unused part of a page: of 631 deleted documents one could still be read. Needs as much memory as
        the file is large. Returns False as `purge` does.
        """
        with self.exclusive():
            self.execute("VACUUM")
            return self.purge()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query."""
        connection = self._reading.connection
        if connection is not None and not self._reading.depth:
            with self._translated():
                return connection.execute(sql, values).fetchall()
        with self.exclusive():
            return self._connection.execute(sql, values).fetchall()

    def changes(self) -> int:
        """How many rows this process has changed in the file."""
        return self._connection.total_changes

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Executes one statement. Call it inside `exclusive` or `transaction`."""
        return self._connection.execute(sql, values)

    def executemany(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """Executes one statement for each of `values`. Call it inside `transaction`."""
        self._connection.executemany(sql, values)

    # Opening and migrating

    def _connect(self) -> sqlite3.Connection:
        opening = connect_to_read if self.read_only else connect
        return opening(self._path, self._layout.functions)

    def _bring_up_to_date(self) -> None:
        layout = self._layout
        ((version,),) = self.execute("PRAGMA user_version")
        if self.read_only and self._path.exists() and 0 < version < layout.version:
            raise UnsupportedLayout(
                f"{self._path} was written by an earlier Carrel, and is read-only, so it cannot be migrated.",
                remedy="Make its folder and its disk writable, and run the command once.",
            )
        if version == 0 and self.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
            raise LibraryDamaged(
                f"{self._path} is a database of another program, or damaged.", remedy=layout.rescue
            )
        if version == 0:
            self._connection.executescript(
                f"BEGIN; {layout.schema} PRAGMA user_version = {layout.version}; COMMIT;"
            )
        elif version > layout.version:
            raise UnsupportedLayout(
                f"{self._path} was written by a newer Carrel: it has layout {version}, and this version "
                f"reads layouts up to {layout.version}. The file was not changed.",
                remedy="Update Carrel, or choose another library folder with --library.",
            )
        elif version < layout.oldest:
            raise UnsupportedLayout(
                f"{self._path} was written by an early version of Carrel: it has layout {version}, and this "
                f"version reads layouts from {layout.oldest} on. The file was not changed.",
                remedy=layout.rescue,
            )
        else:
            if not self.read_only:
                self._copy.discard()
            if version < layout.version:
                self._migrate(version)

    def _migrate(self, version: int) -> None:
        layout = self._layout
        try:
            self._copy.write(self._connection)
            self._connection.executescript("PRAGMA foreign_keys = OFF; PRAGMA synchronous = FULL;")
            with self.transaction():
                for number in range(version + 1, layout.version + 1):
                    layout.migrations[number](self)
                if broken := self.execute("PRAGMA foreign_key_check").fetchone():
                    raise sqlite3.IntegrityError(f"a row of {broken[0]} refers to a row that does not exist")
                self.execute(f"PRAGMA user_version = {layout.version}")
        except Exception as error:
            raise self._migration_failed(version, error) from error
        finally:
            self._connection.executescript("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
        self.purge()
        self._copy.discard()

    def _migration_failed(self, version: int, error: Exception) -> IngestError:
        """The error to raise after a migration failed. Deletes the copy if the file is sound without it."""
        outcome = "The next start restores the library as it was."
        with suppress(*operational_errors()):
            if self._is_sound():
                self._copy.discard()
                outcome = "The library is unchanged."
        cause = error.__cause__ if isinstance(error, IngestError) and error.__cause__ else error
        if self._is_full(cause):
            reason = "the disk is full"
            remedy = "Free some space, at least the size of the file, and start Carrel again."
        else:
            reason = str(cause)
            remedy = "Use the version of Carrel that wrote the library, and report this error."
        return IngestError(
            f"{self._path} could not be migrated from layout {version} to layout {self._layout.version}: "
            f"{reason}. {outcome}",
            remedy=remedy,
        )

    def _is_sound(self) -> bool:
        """Whether the file is a database without damage."""
        if not self._path.exists():
            return False
        try:
            with closing(self._connect()) as connection:
                ((version,),) = connection.execute("PRAGMA user_version")
                ((state,),) = connection.execute("PRAGMA quick_check(1)")
        except operational_errors():
            raise
        except driver_errors():
            return False
        return bool(version > 0 and state == "ok")

    def _is_full(self, error: BaseException) -> bool:
        if not isinstance(error, operational_errors()):
            return isinstance(error, OSError) and error.errno == errno.ENOSPC
        # SQLite reports a full disk as an input or output error when its log cannot grow.
        code = error.sqlite_errorcode & 0xFF
        free = shutil.disk_usage(self._path.parent).free
        return code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and free == 0)
