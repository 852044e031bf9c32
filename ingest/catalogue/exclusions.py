"""Paths that indexing leaves out, because they were removed from the library and a source contains them.

A removed document must not leave its name behind. So an excluded path is recorded as digests made with a key
of the library: one of the path, and one of each folder above it, so that adding such a folder ends the
exclusion. Anyone who has the library can check whether a guessed path is excluded, but cannot list the
excluded paths.

Digests cannot be moved to other paths. So when a library is restored under other paths, a row records the
move, and a path is looked for where it was as well.
"""

import functools
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Sequence

from ingest.catalogue.documents import REMAINS
from ingest.database import Database
from ingest.documents import is_within

KEY = "exclusions"
"""Name of the fact with the key, in hex."""

DIGEST_BYTES = 16
"""Length of a digest."""

_DIGESTS = b"\0"
"""The first byte of a row of digests. Earlier versions stored the path itself, which begins with a slash."""

_MOVE = b"\1"
"""The first byte of a row that records a move, as JSON of the new path and the old one."""


class ExclusionTable:
    """The excluded paths of one library."""

    def __init__(self, database: Database) -> None:
        """database: the catalogue's file. Paths that an earlier version stored become digests."""
        self._db = database
        plain = database.rows("SELECT path FROM excluded WHERE substr(path, 1, 1) = ?", (b"/",))
        if plain and not database.read_only:
            with database.transaction():
                database.execute("DELETE FROM excluded WHERE substr(path, 1, 1) = ?", (b"/",))
                database.execute("INSERT OR REPLACE INTO facts VALUES (?, 'yes')", (REMAINS,))
            for (path,) in plain:
                self.add(os.fsdecode(path))

    def add(self, path: str) -> None:
        """Excludes a path inside a source, until that path or a folder above it becomes a source."""
        with self._db.transaction():
            key = self._key()
            row = _DIGESTS + b"".join(_digest(key, place) for place in _upwards(path))
            self._db.execute("INSERT OR IGNORE INTO excluded VALUES (?)", (row,))

    def matcher(self) -> Callable[[str], bool]:
        """A function that says whether a path is excluded or below an excluded path, as of now."""
        rows = self._db.rows("SELECT path FROM excluded")
        if not rows:
            return lambda path: False
        key, moves = self._key(), _moves(rows)
        excluded = {row[1 : 1 + DIGEST_BYTES] for (row,) in rows if row[:1] == _DIGESTS}

        @functools.cache
        def is_excluded_folder(folder: str) -> bool:
            return any(_digest(key, place) in excluded for place in _upwards(folder))

        def is_excluded(path: str) -> bool:
            return _digest(key, path) in excluded or is_excluded_folder(os.path.dirname(path))

        return lambda path: any(map(is_excluded, _places(path, moves)))

    def copy_to(self, other: "ExclusionTable") -> None:
        """Excludes the same paths in another library."""
        rows = self._db.rows("SELECT path FROM excluded")
        if rows:
            with other._db.transaction():
                other._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (KEY, self._key().hex()))
                other._db.executemany("INSERT OR IGNORE INTO excluded VALUES (?)", rows)

    def restore(self, rows: Sequence[bytes], key: str) -> None:
        """Excludes the paths of the rows of another library. key: of their digests, in hex; empty if lost."""
        if rows and key:
            with self._db.transaction():
                self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (KEY, key))
                self._db.executemany("INSERT OR IGNORE INTO excluded VALUES (?)", ((row,) for row in rows))

    def lift(self, path: str) -> None:
        """Ends the exclusion of what is at or below `path`. Part of a transaction of the catalogue."""
        rows = self._db.rows("SELECT path FROM excluded")
        if rows:
            wanted = {_digest(self._key(), place) for place in _places(path, _moves(rows))}
            self._db.executemany(
                "DELETE FROM excluded WHERE path = ?", ((row,) for (row,) in rows if wanted & _digests(row))
            )

    def relocate(self, moves: Iterable[tuple[str, str]]) -> None:
        """Records that what was excluded below the first path of a move is excluded below the second.

        Part of a transaction of the catalogue.
        """
        rows = self._db.rows("SELECT path FROM excluded")
        for old, new in moves if rows else ():
            origins = {new: [old]}
            for earlier, origin in _moves(rows):  # What an earlier move brought there moves on.
                if is_within(earlier, old):
                    origins.setdefault(new + _rest(earlier, old), []).append(origin)
                elif is_within(old, earlier):
                    origins[new].append(origin + _rest(old, earlier))
            self._db.executemany(
                "INSERT OR IGNORE INTO excluded VALUES (?)",
                (
                    (_MOVE + json.dumps([place, origin]).encode("ascii"),)
                    for place, found in origins.items()
                    for origin in found
                ),
            )

    def _key(self) -> bytes:
        """The key, which is made when it is first needed."""
        self._db.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (KEY, os.urandom(DIGEST_BYTES).hex()))
        ((key,),) = self._db.rows("SELECT value FROM facts WHERE name = ?", (KEY,))
        return bytes.fromhex(key)


def malformed(database: Database) -> bool:
    """Whether a row of the table can exclude nothing, because it or the key is not what was stored."""
    rows = database.rows("SELECT path FROM excluded")
    if not rows:
        return False
    keys = database.rows("SELECT value FROM facts WHERE name = ?", (KEY,))
    is_key = bool(keys) and re.fullmatch(f"[0-9a-f]{{{2 * DIGEST_BYTES}}}", keys[0][0])
    return not is_key or any(
        row[:1] != _MOVE and (row[:1] != _DIGESTS or len(row) % DIGEST_BYTES != 1) for (row,) in rows
    )


def _upwards(path: str) -> list[str]:
    """A path and all folders above it."""
    places = [path]
    while (above := os.path.dirname(places[-1])) != places[-1]:
        places.append(above)
    return places


def _digest(key: bytes, path: str) -> bytes:
    return hashlib.blake2b(os.fsencode(path), key=key, digest_size=DIGEST_BYTES).digest()


def _moves(rows: Iterable[tuple[bytes]]) -> list[tuple[str, str]]:
    """The moves that rows record: new path and old path of each."""
    return [tuple(json.loads(row[1:])) for (row,) in rows if row[:1] == _MOVE]


def _places(path: str, moves: Sequence[tuple[str, str]]) -> list[str]:
    """A path, and where it was before the moves."""
    return [path, *(old + _rest(path, new) for new, old in moves if is_within(path, new))]


def _rest(path: str, folder: str) -> str:
    """What follows the path of a folder in a path that is at or below it."""
    return path[len(folder.rstrip("/")) :]


def _digests(row: bytes) -> set[bytes]:
    if row[:1] != _DIGESTS:
        return set()
    return {row[start : start + DIGEST_BYTES] for start in range(1, len(row), DIGEST_BYTES)}
