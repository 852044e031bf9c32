"""What some documents say about others: title, authors, tags and date of the files in their folder.

A described document is stored with its description. When the describing document is stored later, or again,
the stored documents are changed without being read. When a description disappears, the documents lose it at
once, and are read again for their own title, tags and date, which are not stored.

A file that somebody sent must not describe a person's documents, so a description counts for files below
the folder of the describing document. Zotero's database also describes files that are linked from elsewhere:
those in its own source, and those in all sources if its folder was added as a source itself.
"""

import datetime
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ingest.catalogue.paths import BELOW, below
from ingest.catalogue.records import READ_AGAIN
from ingest.catalogue.texts import LISTS
from ingest.database import Database
from ingest.documents import LINKED, Description, Metadata, is_within
from ingest.parsers import DESCRIBING_NAMES, fallback_title

SCHEMA = """
CREATE TABLE descriptions (
    document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    target TEXT NOT NULL,
    title TEXT NOT NULL,
    names TEXT NOT NULL,
    tags TEXT NOT NULL,
    date TEXT,
    PRIMARY KEY (document, target)
) STRICT;
"""
"""The table, in the catalogue's file. `document` is the describing one; names and tags are lists in JSON."""

_DEPTH = 2
"""Folders between a document and what describes it."""
_LINKING = "zotero.sqlite"
"""The name of a document that may describe files outside its folder."""
_COLUMNS = "target, descriptions.title, names, tags, descriptions.date"


class DescriptionTable:
    """The descriptions of one library."""

    def __init__(self, database: Database) -> None:
        """database: the catalogue's file."""
        self._db = database
        self.mask: Callable[[str, str], str] = lambda path, text: text
        """Masks a text about the document at a path, as the user's policies want it."""

    def of(self, path: str) -> Description | None:
        """What another document says about the file at `path`; None if none does."""
        folder = path
        for _ in range(_DEPTH + 1):
            folder = os.path.dirname(folder)
            # A name that is not valid text is described by no text.
            target = os.fsencode(os.path.relpath(path, folder)).decode("utf-8", "replace")
            describing = [os.path.join(folder, name) for name in DESCRIBING_NAMES]
            rows = self._db.rows(
                f"SELECT {_COLUMNS} FROM descriptions JOIN documents ON documents.key = document "
                f"WHERE path IN ({', '.join('?' * len(describing))}) AND target IN (?, ?) AND path != ?",
                (
                    *map(os.fsencode, describing),
                    target,
                    "" if os.sep not in target else target,
                    os.fsencode(path),
                ),
            )
            if rows:
                return self._masked(path, _description(*rows[0]))
        return self._linked(path)

    def _linked(self, path: str) -> Description | None:
        """What a database says about the file at `path` that is linked from it."""
        roots = [root for root in self._sources() if is_within(path, root)]
        targets = [path, *(f"{LINKED}{os.path.relpath(path, root)}" for root in roots)]
        rows = self._db.rows(
            f"SELECT path, {_COLUMNS} FROM descriptions JOIN documents ON documents.key = document "
            f"WHERE target IN ({', '.join('?' * len(targets))}) ORDER BY path",
            [os.fsencode(target).decode("utf-8", "replace") for target in targets],
        )
        for raw, *columns in rows:
            if self._may_link(os.fsdecode(raw), path):
                return self._masked(path, _description(*columns))
        return None

    def _may_link(self, describing: str, path: str) -> bool:
        """Whether what a document says about a linked file at `path` counts."""
        folder, name = os.path.split(describing)
        return name == _LINKING and any(
            folder == root or (is_within(describing, root) and is_within(path, root))
            for root in self._sources()
        )

    def _sources(self) -> list[str]:
        return [os.fsdecode(path) for (path,) in self._db.rows("SELECT path FROM sources")]

    def insert(self, document: int, about: Iterable[Description]) -> None:
        """Stores what a document, given by key, says about others."""
        self._db.executemany(
            "INSERT OR REPLACE INTO descriptions VALUES (?, ?, ?, ?, ?, ?)",
            (
                (
                    document,
                    each.target,
                    each.title,
                    json.dumps(each.names, ensure_ascii=False),
                    json.dumps(each.tags, ensure_ascii=False),
                    each.date.isoformat() if each.date else None,
                )
                for each in about
            ),
        )

    def said(self, path: str) -> list[Description]:
        """What the document at `path` says about others."""
        if os.path.basename(path) not in DESCRIBING_NAMES:
            return []
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM descriptions JOIN documents ON documents.key = document WHERE path = ?",
            (os.fsencode(path),),
        )
        return [_description(*row) for row in rows]

    def described(self, path: str, about: Iterable[Description]) -> Iterator[tuple[int, Description]]:
        """The keys of the documents that the document at `path` describes, with their descriptions."""
        folder = os.path.dirname(path)
        for each in about:
            if each.target:
                for target in self._targets(path, each.target):
                    rows = self._db.rows(
                        "SELECT key FROM documents WHERE path = ? AND id IS NOT NULL", (os.fsencode(target),)
                    )
                    yield from ((key, self._masked(target, each)) for (key,) in rows)
                continue
            for key, other in self._db.rows(
                f"SELECT key, path FROM documents WHERE id IS NOT NULL AND {BELOW}", below(folder)
            ):
                is_beside = os.path.dirname(os.fsdecode(other)) == folder
                if is_beside and os.fsdecode(other) != path:
                    yield key, self._masked(os.fsdecode(other), each)

    def _targets(self, path: str, target: str) -> list[str]:
        """The paths that the target of a description by the document at `path` may have."""
        if target.startswith(LINKED):
            places = [os.path.join(root, target.removeprefix(LINKED)) for root in self._sources()]
        elif os.path.isabs(target):
            places = [target]
        else:
            return [os.path.join(os.path.dirname(path), target)]
        return [place for place in places if place != path and self._may_link(path, place)]

    def _masked(self, path: str, description: Description) -> Description:
        return replace(
            description,
            title=self.mask(path, description.title),
            names=tuple(self.mask(path, name) for name in description.names),
            tags=tuple(self.mask(path, tag) for tag in description.tags),
        )

    def apply(self, key: int, description: Description) -> bool:
        """Gives a document, by key, what another one says about it; whether that changes it."""
        return self._change(key, *description.applied(*self._metadata(key)))

    def withdraw(self, key: int, description: Description) -> bool:
        """Takes from a document, by key, what another one said about it; whether that changes it.

        It then looks changed, so that it is read again.
        """
        title, metadata = self._metadata(key)
        ((path,),) = self._db.rows("SELECT path FROM documents WHERE key = ?", (key,))
        own = replace(
            metadata,
            tags=tuple(tag for tag in metadata.tags if tag not in description.tags),
            names=tuple(name for name in metadata.names if name not in description.names),
            date=None if metadata.date == description.date else metadata.date,
        )
        title = fallback_title(os.fsdecode(path)) if title == description.title else title
        if not self._change(key, title, own):
            return False
        self._db.execute("UPDATE documents SET mtime_ns = ? WHERE key = ?", (READ_AGAIN, key))
        return True

    def _change(self, key: int, title: str, values: Metadata) -> bool:
        """Sets the title and metadata of a document, by key, without its links; whether that changed them."""
        if (title, values) == self._metadata(key):
            return False
        self._db.execute(
            "UPDATE documents SET title = ?, date = ? WHERE key = ?",
            (title, values.date.isoformat() if values.date else None, key),
        )
        for table, names in (("tags", values.tags), ("names", values.names)):
            self._db.execute(f"DELETE FROM {table} WHERE document = ?", (key,))
            self._db.executemany(
                f"INSERT OR IGNORE INTO {table} VALUES (?, ?)", ((key, name) for name in names)
            )
        return True

    def _metadata(self, key: int) -> tuple[str, Metadata]:
        """The title of a document, and what else it says about itself."""
        ((title, date),) = self._db.rows("SELECT title, date FROM documents WHERE key = ?", (key,))
        tags, links, names = (
            tuple(
                value
                for (value,) in self._db.rows(
                    f"SELECT {column} FROM {table} WHERE document = ? ORDER BY rowid", (key,)
                )
            )
            for table, column in LISTS.items()
        )
        return title, Metadata(tags, links, datetime.date.fromisoformat(date) if date else None, names)


def _description(target: str, title: str, names: str, tags: str, date: str | None) -> Description:
    return Description(
        target,
        title,
        tuple(json.loads(names)),
        tuple(json.loads(tags)),
        datetime.date.fromisoformat(date) if date else None,
    )
