"""The copy of a SQLite file that stays next to it while its layout is migrated.

A file that a migration damaged is replaced by the copy at the next start. The copy holds document content, so
it is deleted as soon as it is not needed. `ingest.database` decides when.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from ingest.encryption import cipher_of


class MigrationCopy:
    """The copy of one file."""

    def __init__(self, path: Path) -> None:
        """path: the file's."""
        self._path = path
        self._copy = path.with_name(f"{path.name}.before-migration")

    @property
    def exists(self) -> bool:
        """Whether there is a complete copy, left by a process that was killed."""
        return self._copy.exists()

    def write(self, connection: sqlite3.Connection) -> None:
        """Copies the file, its log included. The copy gets its name once all of it is on the disk."""
        partial = self._partial
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with closing(cipher_of(partial.parent).connect(str(partial))) as target:
                # A journal would be another file to delete after a kill.
                target.execute("PRAGMA journal_mode = OFF")
                connection.backup(target)
            os.fsync(descriptor)
        except BaseException:
            partial.unlink()
            raise
        finally:
            os.close(descriptor)
        partial.replace(self._copy)
        self._flush_folder()

    def discard(self) -> None:
        """Deletes the copy, complete or not."""
        for path in (self._copy, self._partial):
            path.unlink(missing_ok=True)

    def restore(self) -> None:
        """Puts the copy in the file's place. The log goes first: it belongs to the damaged file."""
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        self._copy.replace(self._path)
        self._flush_folder()

    @property
    def _partial(self) -> Path:
        return self._copy.with_name(f"{self._copy.name}.partial")

    def _flush_folder(self) -> None:
        descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
