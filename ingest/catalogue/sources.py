"""The sources of a library: folders and files that were added."""

import os
import time
from collections.abc import Callable

from ingest.catalogue.exclusions import ExclusionTable
from ingest.catalogue.paths import BELOW, below
from ingest.database import Database
from ingest.documents import is_within


class SourceTable:
    """The sources of one library."""

    def __init__(self, database: Database, exclusions: ExclusionTable) -> None:
        """database: the catalogue's file. exclusions: the paths that are excluded from the sources."""
        self._db = database
        self._exclusions = exclusions

    def paths(self) -> list[str]:
        """The sources, in the order in which they were added."""
        return [os.fsdecode(path) for (path,) in self._db.rows("SELECT path FROM sources ORDER BY added_at")]

    def containing(self, path: str) -> str | None:
        """The source at or above `path`; None if there is none."""
        return next((source for source in self.paths() if is_within(path, source)), None)

    def inner(self, source: str) -> Callable[[str], bool]:
        """A function that says whether a path lies in another source inside this one."""
        others = [other for other in self.paths() if other != source and is_within(other, source)]
        return lambda path: any(is_within(path, other) for other in others)

    def add(self, path: str) -> None:
        """Adds a source, and forgets the disk of one that is known.

        Adding a new source ends the exclusion of paths at or below it.
        """
        with self._db.transaction():
            added = self._db.execute(
                "INSERT OR IGNORE INTO sources VALUES (?, ?, '')", (os.fsencode(path), time.time())
            )
            self._db.execute("UPDATE sources SET disk = '' WHERE path = ?", (os.fsencode(path),))
            if added.rowcount:
                self._exclusions.lift(path)

    def include(self, path: str) -> None:
        """Ends the exclusion of paths at or below `path`, which lies in a source."""
        with self._db.transaction():
            self._exclusions.lift(path)

    def remove(self, path: str) -> None:
        """Removes the sources at or below `path`. Their documents stay."""
        with self._db.transaction():
            self._db.execute(f"DELETE FROM sources WHERE {BELOW}", below(path))

    def relocate(self, place: Callable[[str], str], *, keep_disks: bool) -> None:
        """Gives sources the paths that `place` returns, as part of a transaction of the catalogue.

        keep_disks: whether a source that stays where it is keeps its disk; others have none that is known.
        """
        for path in self.paths():
            new = place(path)
            disk = self.disk(path) if keep_disks and new == path else ""
            self._db.execute(
                "UPDATE sources SET path = ?, disk = ? WHERE path = ?",
                (os.fsencode(new), disk, os.fsencode(path)),
            )

    def disk(self, path: str) -> str:
        """The disk on which a source was last seen (`ingest.mounts`); empty when it is not known."""
        rows = self._db.rows("SELECT disk FROM sources WHERE path = ?", (os.fsencode(path),))
        return str(rows[0][0]) if rows else ""

    def set_disk(self, path: str, disk: str) -> None:
        """Records the disk on which a source was seen."""
        if self.disk(path) != disk:
            with self._db.transaction():
                self._db.execute("UPDATE sources SET disk = ? WHERE path = ?", (disk, os.fsencode(path)))
