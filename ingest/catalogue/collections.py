"""Collections: sets of folders, documents and tags under a name, with a line of context each.

A collection narrows what a question is about, like a filter that a person named. It holds what it names at
the moment of the question: a document that is added to one of its folders, or gets one of its tags, is in it.

A collection names paths, so whatever the library forgets on request is taken out of it, and a document that
moves stays in it under its new path.
"""

import os
from collections.abc import Callable, Iterable

from ingest.catalogue.paths import BELOW, below
from ingest.database import Database
from ingest.errors import BadCollection
from ingest.selection import COLLECTION_NAMES, Collection, collection_name, is_collection_name

SCHEMA = """
CREATE TABLE collections (name TEXT PRIMARY KEY, context TEXT NOT NULL) STRICT;
CREATE TABLE collected_paths (
    collection TEXT NOT NULL REFERENCES collections ON DELETE CASCADE,
    path BLOB NOT NULL,
    PRIMARY KEY (collection, path)
) STRICT;
CREATE TABLE collected_tags (
    collection TEXT NOT NULL REFERENCES collections ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (collection, tag)
) STRICT;
"""

LONGEST_CONTEXT = 300
"""Characters of a line of context."""


class CollectionTable:
    """The collections of one library."""

    def __init__(self, database: Database) -> None:
        """database: the catalogue's file."""
        self._db = database

    def all(self) -> list[Collection]:
        """The collections, by name."""
        paths: dict[str, list[str]] = {}
        for name, path in self._db.rows("SELECT collection, path FROM collected_paths ORDER BY path"):
            paths.setdefault(name, []).append(os.fsdecode(path))
        tags: dict[str, list[str]] = {}
        for name, tag in self._db.rows("SELECT collection, tag FROM collected_tags ORDER BY tag"):
            tags.setdefault(name, []).append(tag)
        return [
            Collection(name, context, tuple(paths.get(name, ())), tuple(tags.get(name, ())))
            for name, context in self._db.rows("SELECT name, context FROM collections ORDER BY name")
        ]

    def add(self, name: str, paths: Iterable[str], tags: Iterable[str], context: str | None) -> None:
        """Adds paths and tags to a collection, which is made if there is none of this name.

        context: the new line about it; None to leave it as it is. Raises `BadCollection` for a name that is
        none, or a context that is too long or more than a line.
        """
        name = collection_name(name)
        if not is_collection_name(name):
            raise BadCollection(
                f"“{name}” cannot be the name of a collection.", remedy=f"Use {COLLECTION_NAMES}."
            )
        if context is not None and (len(context) > LONGEST_CONTEXT or not context.isprintable()):
            raise BadCollection(
                f"The context of {name} must be one line of up to {LONGEST_CONTEXT} characters.",
                remedy="Say in a sentence what these documents are about.",
            )
        with self._db.transaction():
            self._db.execute("INSERT OR IGNORE INTO collections VALUES (?, '')", (name,))
            if context is not None:
                self._db.execute("UPDATE collections SET context = ? WHERE name = ?", (context, name))
            self._db.executemany(
                "INSERT OR IGNORE INTO collected_paths VALUES (?, ?)",
                ((name, os.fsencode(path)) for path in paths),
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO collected_tags VALUES (?, ?)",
                ((name, tag.lstrip("#").casefold()) for tag in tags),
            )

    def remove(self, name: str, paths: Iterable[str] = (), tags: Iterable[str] = ()) -> None:
        """Takes paths and tags out of a collection; removes the collection if none are named.

        Raises `BadCollection`, and changes nothing, when there is no such collection, or it does not name one
        of them.
        """
        name, paths, tags = collection_name(name), list(paths), [tag.lstrip("#").casefold() for tag in tags]
        collection = next((each for each in self.all() if each.name == name), None)
        if collection is None:
            raise BadCollection(
                f"There is no collection {name}.", remedy="`carrel collection ls` lists the collections."
            )
        absent = [path for path in paths if path not in collection.paths]
        absent += [f"the tag {tag}" for tag in tags if tag not in collection.tags]
        if absent:
            raise BadCollection(
                f"The collection {name} does not name {absent[0]}.",
                remedy="`carrel collection ls` shows what it names.",
            )
        with self._db.transaction():
            if not paths and not tags:
                self._db.execute("DELETE FROM collections WHERE name = ?", (name,))
            for path in paths:
                self._db.execute(
                    "DELETE FROM collected_paths WHERE collection = ? AND path = ?", (name, os.fsencode(path))
                )
            for tag in tags:
                self._db.execute("DELETE FROM collected_tags WHERE collection = ? AND tag = ?", (name, tag))

    def forget(self, root: str) -> None:
        """Takes every path at or below `root` out of all collections."""
        with self._db.transaction():
            self._db.execute(f"DELETE FROM collected_paths WHERE {BELOW}", below(root))

    def relocate(self, place: Callable[[str], str]) -> None:
        """Gives the paths the places that `place` returns, as part of a transaction of the catalogue."""
        rows = self._db.rows("SELECT collection, path FROM collected_paths")
        for name, raw in rows:
            new = os.fsencode(place(os.fsdecode(raw)))
            if new != raw:
                self._db.execute("DELETE FROM collected_paths WHERE collection = ? AND path = ?", (name, raw))
                self._db.execute("INSERT OR IGNORE INTO collected_paths VALUES (?, ?)", (name, new))

    def copy_to(self, other: "CollectionTable") -> None:
        """Makes the collections of another library those of this one."""
        with other._db.transaction():
            other._db.execute("DELETE FROM collections")
        for each in self.all():
            other.add(each.name, each.paths, each.tags, each.context)
