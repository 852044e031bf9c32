"""The catalogue: SQLite, the truth about a library.

It holds the sources, every document with its state, the text of its pages, the chunks as spans of
those pages, the vectors, and the full-text index. The vector index is derived from it. Nothing
else writes the file, and one process at a time opens it (`ingest.lock`); threads of that process
take turns.

A vector is named by the text it was made from. So a text that stands in two places has one vector,
and a file that moves or is changed keeps those of the text it still has. A vector whose text has gone
stays until `prune`: what is gone from one place may be about to come in another.

A document's life: *pending* once its chunks are stored (keyword search finds it), *indexed* once
the vectors are stored too and the vector index holds them; that last step is flushed to the disk
before it is believed. *Failed* and *skipped* keep the reason, and the stamp of the file they
speak of, so that the file is tried again when it changes.

Paths are stored as the bytes the file system uses: a name need not be text.
"""

import datetime
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from ingest.chunking import embedded_text
from ingest.database import Database, DatabaseLayout
from ingest.documents import Chunk, Document, Locator, document_id
from ingest.embedding import Vectors
from ingest.fulltext import FullText
from ingest.keywords import index_text
from ingest.parsers import fallback_title
from ingest.selection import Selection, Traits
from ingest.sources import Stamp

VECTORS_AT_ONCE = 10_000
"""Vectors read in one batch (15 MB of 384 dimensions)."""

SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE sources (path BLOB PRIMARY KEY, added_at REAL NOT NULL, disk TEXT NOT NULL) STRICT;
CREATE TABLE excluded (path BLOB PRIMARY KEY) STRICT;
CREATE TABLE documents (
    key INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    id TEXT,
    digest TEXT,
    bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    media_type TEXT,
    title TEXT,
    date TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'indexed', 'failed', 'skipped')),
    reason TEXT NOT NULL,
    indexed_at REAL
) STRICT;
CREATE INDEX documents_by_state ON documents (state, mtime_ns);
CREATE INDEX documents_by_digest ON documents (digest);
CREATE TABLE tags (
    document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (document, tag)
) STRICT;
CREATE INDEX tags_by_tag ON tags (tag);
CREATE TABLE links (
    document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    target TEXT NOT NULL,
    PRIMARY KEY (document, target)
) STRICT;
CREATE TABLE pages (
    document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (document, number)
) STRICT;
CREATE TABLE chunks (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    page INTEGER,
    label TEXT,
    heading TEXT NOT NULL,
    first_line INTEGER,
    last_line INTEGER,
    first_char INTEGER NOT NULL,
    end_char INTEGER NOT NULL,
    vector TEXT NOT NULL
) STRICT;
CREATE INDEX chunks_by_document ON chunks (document, ordinal);
CREATE INDEX chunks_by_vector ON chunks (vector);
CREATE TABLE vectors (name TEXT PRIMARY KEY, vector BLOB NOT NULL) STRICT;
CREATE VIRTUAL TABLE words USING fts5 (
    title, heading, body, tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER words_follow_chunks AFTER DELETE ON chunks BEGIN
    DELETE FROM words WHERE rowid = old.key;
END;
"""

LAYOUT = DatabaseLayout(
    version=3,
    schema=SCHEMA,
    rescue="Move the library folder away and add the sources again; the documents themselves are untouched.",
)
"""No release wrote layouts 1 and 2, so no migration reads them."""


class DocumentState(StrEnum):
    """Where a document stands."""

    PENDING = "pending"
    """Stored and found by keywords; its vectors are still to come."""
    INDEXED = "indexed"
    """Found by keywords and by meaning."""
    FAILED = "failed"
    """Could not be read."""
    SKIPPED = "skipped"
    """Not read by rule: its type, its size, or what kind of file it is."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What the catalogue remembers of a file, to tell whether it changed."""

    stamp: Stamp
    digest: str | None
    """SHA-256 of its bytes; None when it could not be read."""
    state: DocumentState


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """A document as listed."""

    path: str
    state: DocumentState
    reason: str
    """Why it failed or was skipped; else empty."""
    chunks: int
    bytes: int
    media_type: str | None
    indexed_at: float | None
    """When it was last found by meaning, in seconds since 1970; None before that."""


@dataclass(frozen=True, slots=True)
class LibraryCounts:
    """How much a library holds."""

    documents: dict[DocumentState, int]
    chunks: int
    vectors: int
    """Different texts among the chunks that have their vector."""

    @property
    def searchable(self) -> int:
        """Documents that a question may find."""
        return self.documents.get(DocumentState.INDEXED, 0) + self.documents.get(DocumentState.PENDING, 0)


@dataclass(frozen=True, slots=True)
class FileMove:
    """A file that is at another path now, with the same content."""

    old: str
    new: str
    stamp: Stamp
    """Of the file at its new path."""


class Catalogue:
    """One library's `catalogue.db`."""

    def __init__(self, path: Path) -> None:
        """Opens the catalogue, making it when it is new.

        Raises `LibraryDamaged` when the file is no catalogue, `UnsupportedLayout` when it is one of a newer
        Carrel, and `IngestError` when it cannot be used.
        """
        self._db = Database(path, LAYOUT)
        self.words = FullText(self._db)

    def close(self) -> None:
        self._db.close()

    # Facts

    def fact(self, name: str) -> str | None:
        """A value kept with the library, such as the fingerprint of its vectors."""
        rows = self._db.rows("SELECT value FROM facts WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def keep_fact(self, name: str, value: str) -> None:
        with self._db.transaction():
            self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    # Sources

    def sources(self) -> list[str]:
        """The added folders and files, in the order they were added."""
        return [os.fsdecode(path) for (path,) in self._db.rows("SELECT path FROM sources ORDER BY added_at")]

    def add_source(self, path: str) -> None:
        """Records a source, on whatever disk it is now.

        When it is new, what was removed by hand at or below `path` is wanted again.
        """
        with self._db.transaction():
            added = self._db.execute(
                "INSERT OR IGNORE INTO sources VALUES (?, ?, '')", (os.fsencode(path), time.time())
            )
            self._db.execute("UPDATE sources SET disk = '' WHERE path = ?", (os.fsencode(path),))
            if added.rowcount:
                self._db.execute(f"DELETE FROM excluded WHERE {_BELOW}", _below(path))

    def disk(self, path: str) -> str:
        """The disk a source lay on when it was last there (`ingest.mounts`); empty when that is not known."""
        rows = self._db.rows("SELECT disk FROM sources WHERE path = ?", (os.fsencode(path),))
        return str(rows[0][0]) if rows else ""

    def keep_disk(self, path: str, disk: str) -> None:
        if self.disk(path) != disk:
            with self._db.transaction():
                self._db.execute("UPDATE sources SET disk = ? WHERE path = ?", (disk, os.fsencode(path)))

    def exclude(self, path: str) -> None:
        """Keeps a path inside a source out of the library until it is added again by name."""
        with self._db.transaction():
            self._db.execute("INSERT OR IGNORE INTO excluded VALUES (?)", (os.fsencode(path),))

    def excluded(self) -> list[str]:
        """The paths kept out."""
        return [os.fsdecode(path) for (path,) in self._db.rows("SELECT path FROM excluded")]

    def remove_sources(self, path: str) -> None:
        """Forgets the sources at or below `path`, not their documents."""
        with self._db.transaction():
            self._db.execute(f"DELETE FROM sources WHERE {_BELOW}", _below(path))

    # Documents

    def known(self, roots: Iterable[str]) -> dict[str, FileRecord]:
        """What is remembered of the files at or below `roots` that were read or tried, by path."""
        found: dict[str, FileRecord] = {}
        for root in roots:
            rows = self._db.rows(
                f"SELECT path, bytes, mtime_ns, digest, state FROM documents WHERE {_TRIED} AND {_BELOW}",
                _below(root),
            )
            for path, size, mtime_ns, digest, state in rows:
                found[os.fsdecode(path)] = FileRecord(Stamp(size, mtime_ns), digest, DocumentState(state))
        return found

    def holder(self, digest: str, media_type: str | None, *, preferred: str) -> str | None:
        """The path of a document with this content, read as this type: `preferred`, or any other, or None."""
        rows = self._db.rows(
            "SELECT path FROM documents WHERE digest = ? AND media_type = ? "
            "AND state IN ('pending', 'indexed') ORDER BY path = ? DESC LIMIT 1",
            (digest, media_type, os.fsencode(preferred)),
        )
        return os.fsdecode(rows[0][0]) if rows else None

    def entries(self) -> list[DocumentEntry]:
        """Every document, by path."""
        rows = self._db.rows(
            "SELECT path, state, reason, (SELECT count(*) FROM chunks WHERE document = documents.key), "
            "bytes, media_type, indexed_at FROM documents ORDER BY path"
        )
        return [
            DocumentEntry(
                os.fsdecode(path), DocumentState(state), reason, chunks, size, media_type, indexed_at
            )
            for path, state, reason, chunks, size, media_type, indexed_at in rows
        ]

    def store(self, document: Document, chunks: Sequence[Chunk], *, digest: str, stamp: Stamp) -> None:
        """Stores a document as pending, in place of what its path held."""
        with self._db.transaction():
            self._drop([document.path])
            date = document.metadata.date
            key = self._db.execute(
                "INSERT INTO documents (path, id, digest, bytes, mtime_ns, media_type, title, date, state, "
                "reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)",
                (
                    os.fsencode(document.path),
                    document.id,
                    digest,
                    stamp.size,
                    stamp.mtime_ns,
                    document.media_type,
                    document.title,
                    date.isoformat() if date else None,
                    document.unread,
                ),
            ).lastrowid
            for table, names in (("tags", document.metadata.tags), ("links", document.metadata.links)):
                self._db.executemany(
                    f"INSERT OR IGNORE INTO {table} VALUES (?, ?)", ((key, name) for name in names)
                )
            self._db.executemany(
                "INSERT INTO pages VALUES (?, ?, ?)",
                ((key, number, text) for number, text in enumerate(document.pages, start=1)),
            )
            name = self._name(key)
            for chunk in chunks:
                place = chunk.locator
                row = self._db.execute(
                    "INSERT INTO chunks (id, document, ordinal, page, label, heading, first_line, last_line, "
                    "first_char, end_char, vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        chunk.id,
                        key,
                        chunk.ordinal,
                        place.page,
                        place.label,
                        json.dumps(place.heading, ensure_ascii=False),
                        *(place.lines or (None, None)),
                        *place.chars,
                        _vector_name(embedded_text(document.title, chunk)),
                    ),
                ).lastrowid
                self._db.execute(
                    "INSERT INTO words (rowid, title, heading, body) VALUES (?, ?, ?, ?)",
                    (row, name, index_text(" ".join(place.heading)), index_text(chunk.text)),
                )

    def copy(self, source: str, path: str, stamp: Stamp) -> bool:
        """Stores the file at `path` as pending with all that is known of `source`, whose content is the same.

        Returns False, having done nothing, when `source` is no longer held.
        """
        with self._db.transaction():
            rows = self._db.execute(
                "SELECT key, digest, title FROM documents WHERE path = ? AND state IN ('pending', 'indexed')",
                (os.fsencode(source),),
            ).fetchall()
            if not rows:
                return False
            ((origin, digest, title),) = rows
            self._drop([path])
            identity = document_id(path, digest)
            title = _title_after(source, path, title)
            key = self._db.execute(
                "INSERT INTO documents (path, id, digest, bytes, mtime_ns, media_type, title, date, state, "
                "reason) SELECT ?, ?, digest, ?, ?, media_type, ?, date, 'pending', reason "
                "FROM documents WHERE key = ?",
                (os.fsencode(path), identity, stamp.size, stamp.mtime_ns, title, origin),
            ).lastrowid
            for table, columns in (("tags", "tag"), ("links", "target"), ("pages", "number, text")):
                self._db.execute(
                    f"INSERT INTO {table} SELECT ?, {columns} FROM {table} WHERE document = ?", (key, origin)
                )
            name = self._name(key)
            pairs = self._db.execute(
                "SELECT key, ordinal FROM chunks WHERE document = ? ORDER BY ordinal", (origin,)
            ).fetchall()
            for chunk, ordinal in pairs:
                row = self._db.execute(
                    "INSERT INTO chunks (id, document, ordinal, page, label, heading, first_line, last_line, "
                    "first_char, end_char, vector) SELECT ?, ?, ordinal, page, label, heading, first_line, "
                    "last_line, first_char, end_char, vector FROM chunks WHERE key = ?",
                    (f"{identity}.{ordinal}", key, chunk),
                ).lastrowid
                self._db.execute(
                    "INSERT INTO words (rowid, title, heading, body) SELECT ?, ?, heading, body FROM words "
                    "WHERE rowid = ?",
                    (row, name, chunk),
                )
        return True

    def move(self, moves: Iterable[FileMove]) -> None:
        """Gives indexed documents their new paths; their chunks and the vectors of these stay."""
        with self._db.transaction():
            for move in moves:
                ((key, digest, title),) = self._db.execute(
                    "SELECT key, digest, title FROM documents WHERE path = ?", (os.fsencode(move.old),)
                ).fetchall()
                identity = document_id(move.new, digest)
                new_title = _title_after(move.old, move.new, title)
                self._db.execute(
                    "UPDATE documents SET path = ?, id = ?, bytes = ?, mtime_ns = ?, title = ? WHERE key = ?",
                    (
                        os.fsencode(move.new),
                        identity,
                        move.stamp.size,
                        move.stamp.mtime_ns,
                        new_title,
                        key,
                    ),
                )
                self._db.execute(
                    "UPDATE chunks SET id = ? || '.' || ordinal WHERE document = ?", (identity, key)
                )
                self._db.execute(
                    "UPDATE words SET title = ? WHERE rowid IN (SELECT key FROM chunks WHERE document = ?)",
                    (self._name(key), key),
                )

    def fail(
        self,
        path: str,
        reason: str,
        *,
        stamp: Stamp,
        media_type: str | None,
        state: DocumentState = DocumentState.FAILED,
    ) -> None:
        """Records a file that was tried and not read, in place of what its path held.

        state: failed, or skipped where the file is sound and Carrel lacks what would read it.
        """
        with self._db.transaction():
            self._drop([path])
            self._db.execute(
                "INSERT INTO documents (path, bytes, mtime_ns, media_type, state, reason) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (os.fsencode(path), stamp.size, stamp.mtime_ns, media_type, state, reason),
            )

    def skip(self, roots: Sequence[str], skipped: Iterable[tuple[str, str]]) -> None:
        """Records the files at or below `roots` that are not read, as (path, reason): these and no others."""
        wanted = {os.fsencode(path): reason for path, reason in skipped}
        recorded: dict[bytes, str] = {}
        for root in roots:
            recorded |= self._db.rows(
                f"SELECT path, reason FROM documents WHERE NOT ({_TRIED}) AND {_BELOW}", _below(root)
            )
        if wanted == recorded:
            return
        with self._db.transaction():
            self._db.executemany("DELETE FROM documents WHERE path = ?", ((path,) for path in recorded))
            self._db.executemany(
                "INSERT OR REPLACE INTO documents (path, bytes, mtime_ns, state, reason) "
                "VALUES (?, 0, 0, 'skipped', ?)",
                wanted.items(),
            )

    def forget_failures(self, root: str) -> int:
        """Has the files at or below `root` that were tried and not read tried again; returns how many."""
        with self._db.transaction():
            changed = self._db.execute(
                f"UPDATE documents SET mtime_ns = -1 WHERE state IN ('failed', 'skipped') AND {_TRIED} "
                f"AND {_BELOW}",
                _below(root),
            )
        return changed.rowcount

    def touch(self, path: str, stamp: Stamp) -> None:
        """Remembers a new stamp for a file whose content is the same."""
        with self._db.transaction():
            self._db.execute(
                "UPDATE documents SET bytes = ?, mtime_ns = ? WHERE path = ?",
                (stamp.size, stamp.mtime_ns, os.fsencode(path)),
            )

    def remove(self, paths: Iterable[str]) -> None:
        """Drops the documents at these paths."""
        with self._db.transaction():
            self._drop(paths)

    def prune(self) -> list[str]:
        """Deletes the vectors whose text no chunk has; returns their names."""
        with self._db.transaction():
            gone = self._db.execute(
                "DELETE FROM vectors WHERE NOT EXISTS (SELECT 1 FROM chunks WHERE chunks.vector = name) "
                "RETURNING name"
            ).fetchall()
        return [name for (name,) in gone]

    def purge(self) -> None:
        """Rewrites what deletion leaves behind: words in the full-text index, pages in the log."""
        with self._db.exclusive():
            self._db.execute("INSERT INTO words (words) VALUES ('optimize')")
        self._db.purge()

    def _name(self, key: int | None) -> str:
        """What the document is found by besides its text: title, file name, tags and date."""
        ((path, title, date),) = self._db.execute(
            "SELECT path, title, date FROM documents WHERE key = ?", (key,)
        ).fetchall()
        tags = self._db.execute("SELECT tag FROM tags WHERE document = ? ORDER BY tag", (key,)).fetchall()
        stem = fallback_title(os.fsdecode(path))
        parts = (title, stem, *(tag for (tag,) in tags), date or "")
        return index_text(" ".join(dict.fromkeys(part for part in parts if part)))

    def _drop(self, paths: Iterable[str]) -> None:
        self._db.executemany("DELETE FROM documents WHERE path = ?", ((os.fsencode(path),) for path in paths))

    def counts(self) -> LibraryCounts:
        states = dict(self._db.rows("SELECT state, count(*) FROM documents GROUP BY state"))
        ((chunks, vectors),) = self._db.rows(
            "SELECT (SELECT count(*) FROM chunks), (SELECT count(*) FROM vectors)"
        )
        return LibraryCounts({state: states.get(state.value, 0) for state in DocumentState}, chunks, vectors)

    # Vectors

    def pending(self, limit: int) -> dict[str, str]:
        """Texts to embed by the name of the vector they want, some `limit`, those last changed first."""
        rows = self._db.rows(
            f"SELECT title, chunks.vector, {_CHUNK} JOIN documents ON documents.key = chunks.document "
            "WHERE documents.key IN (SELECT key FROM documents WHERE state = 'pending' "
            "ORDER BY mtime_ns DESC LIMIT ?) "
            "AND NOT EXISTS (SELECT 1 FROM vectors WHERE name = chunks.vector) "
            "ORDER BY mtime_ns DESC, chunks.key LIMIT ?",
            (limit, limit),
        )
        chunks = self._chunks([row[2:] for row in rows])
        return {row[1]: embedded_text(row[0], chunk) for row, chunk in zip(rows, chunks, strict=True)}

    def waiting(self) -> int:
        """How many chunks have no vector yet."""
        ((count,),) = self._db.rows(
            "SELECT count(*) FROM documents JOIN chunks ON document = documents.key WHERE state = 'pending' "
            "AND NOT EXISTS (SELECT 1 FROM vectors WHERE name = chunks.vector)"
        )
        return int(count)

    def put_vectors(self, names: Sequence[str], vectors: Vectors) -> None:
        """Keeps vectors, those that a chunk still wants."""
        with self._db.transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO vectors SELECT ?1, ?2 "
                "WHERE EXISTS (SELECT 1 FROM chunks WHERE vector = ?1)",
                ((name, vector.astype("<f4").tobytes()) for name, vector in zip(names, vectors, strict=True)),
            )

    def settle(self) -> list[str]:
        """Calls every pending document whose chunks all have vectors indexed, and flushes that to the disk.

        To be called once the vector index holds those vectors. Returns the documents' paths.
        """
        with self._db.exclusive():
            ready = self._db.execute(
                "SELECT key, path FROM documents WHERE state = 'pending' AND NOT EXISTS ("
                "SELECT 1 FROM chunks LEFT JOIN vectors ON name = chunks.vector "
                "WHERE document = documents.key AND name IS NULL)"
            ).fetchall()
            if not ready:
                return []
            self._db.execute("PRAGMA synchronous = FULL")
            try:
                with self._db.transaction():
                    self._db.executemany(
                        "UPDATE documents SET state = 'indexed', indexed_at = ? WHERE key = ?",
                        ((time.time(), key) for key, _ in ready),
                    )
            finally:
                self._db.execute("PRAGMA synchronous = NORMAL")
        return [os.fsdecode(path) for _, path in ready]

    def bearers(
        self, names: Sequence[str], *, documents: Sequence[int] | None = None
    ) -> dict[str, list[str]]:
        """The ids of the chunks that have each of these vectors; of `documents`, by key, where given."""
        found: dict[str, list[str]] = {}
        only = "" if documents is None else "WHERE document IN (SELECT value FROM json_each(?))"
        for name, chunk_id in self._db.rows(
            "SELECT chunks.vector, chunks.id FROM json_each(?) AS wanted "
            f"JOIN chunks ON chunks.vector = wanted.value {only}",
            (json.dumps(list(names)), *(() if documents is None else (json.dumps(documents),))),
        ):
            found.setdefault(name, []).append(chunk_id)
        return found

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these chunks, those that have one, each of shape (dimensions,)."""
        rows = self._db.rows(
            "SELECT chunks.id, vectors.vector FROM json_each(?) JOIN chunks ON chunks.id = value "
            "JOIN vectors ON name = chunks.vector",
            (json.dumps(list(ids)),),
        )
        return {chunk_id: np.frombuffer(vector, dtype="<f4") for chunk_id, vector in rows}

    def all_vectors(self) -> Iterator[tuple[list[str], Vectors]]:
        """Every vector with its name, in batches."""
        last = ""
        while rows := self._db.rows(
            "SELECT name, vector FROM vectors WHERE name > ? ORDER BY name LIMIT ?", (last, VECTORS_AT_ONCE)
        ):
            last = rows[-1][0]
            joined = b"".join(vector for _, vector in rows)
            yield [name for name, _ in rows], np.frombuffer(joined, dtype="<f4").reshape(len(rows), -1)

    # Search

    def select(self, selection: Selection) -> list[tuple[int, str]]:
        """The documents that can be searched and that `selection` holds: key and path, by path."""
        held = "state IN ('pending', 'indexed')"
        return [(key, document.path) for key, document, _ in self._traits(held) if selection.holds(document)]

    def unread(self, selection: Selection) -> list[tuple[str, str]]:
        """The documents that `selection` would hold and that could not be read: path and reason."""
        tried = f"state NOT IN ('pending', 'indexed') AND {_TRIED}"
        return [
            (document.path, reason)
            for _, document, reason in self._traits(tried)
            if selection.holds(document)
        ]

    def _traits(self, condition: str) -> Iterator[tuple[int, Traits, str]]:
        """Key, traits and reason of the documents for which `condition` holds, by path."""
        tags: dict[int, set[str]] = {}
        for key, tag in self._db.rows("SELECT document, tag FROM tags"):
            tags.setdefault(key, set()).add(tag)
        for key, raw, media_type, title, date, mtime_ns, reason in self._db.rows(
            "SELECT key, path, media_type, title, date, mtime_ns, reason FROM documents "
            f"WHERE {condition} ORDER BY path"
        ):
            path = os.fsdecode(raw)
            changed = datetime.date.fromtimestamp(mtime_ns / 1e9)
            traits = Traits(
                path=path,
                media_type=media_type or "",
                title=title or fallback_title(path),
                tags=frozenset(tags.get(key, ())),
                date=datetime.date.fromisoformat(date) if date else changed,
            )
            yield key, traits, reason

    def chunk_count(self, documents: Sequence[int]) -> int:
        """How many chunks these documents, by key, have."""
        ((count,),) = self._db.rows(
            "SELECT count(*) FROM json_each(?) JOIN chunks ON document = value", (json.dumps(documents),)
        )
        return int(count)

    def vocabulary(self) -> dict[str, list[str]]:
        """What filters can name: folders below the sources (`in`), suffixes (`type`) and tags (`tag`)."""
        folders, suffixes = set(), set()
        sources = self.sources()
        for (raw,) in self._db.rows("SELECT path FROM documents WHERE state IN ('pending', 'indexed')"):
            path = os.fsdecode(raw)
            suffixes.add(os.path.splitext(path)[1].lower().lstrip("."))
            source = min((each for each in sources if path.startswith(each)), key=len, default="")
            above = os.path.dirname(os.path.relpath(path, source)) if source else ""
            while above:
                folders.add(above)
                above = os.path.dirname(above)
        tags = [tag for (tag,) in self._db.rows("SELECT DISTINCT tag FROM tags ORDER BY tag")]
        return {"in": sorted(folders), "type": sorted(suffixes - {""}), "tag": tags}

    def vectors_of(self, documents: Sequence[int]) -> list[str]:
        """The names of the vectors these documents' chunks have or want."""
        rows = self._db.rows(
            "SELECT DISTINCT chunks.vector FROM json_each(?) JOIN chunks ON document = value",
            (json.dumps(documents),),
        )
        return [name for (name,) in rows]

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks with these ids, those that exist."""
        rows = self._db.rows(
            f"SELECT {_CHUNK} JOIN json_each(?) ON chunks.id = value", (json.dumps(list(ids)),)
        )
        return {chunk.id: chunk for chunk in self._chunks(rows)}

    def page(self, locator: Locator) -> str | None:
        """The text of the page `locator` lies on; None when the document is not held, or is shorter now."""
        rows = self._db.rows(
            "SELECT text FROM pages JOIN documents ON documents.key = document WHERE path = ? AND number = ?",
            (os.fsencode(locator.path), locator.page or 1),
        )
        return str(rows[0][0]) if rows and len(rows[0][0]) >= locator.chars[1] else None

    def title(self, document_id: str) -> str:
        """The title of a document that is held."""
        ((title,),) = self._db.rows("SELECT title FROM documents WHERE id = ?", (document_id,))
        return str(title)

    def text(self, document_id: str, locator: Locator) -> str:
        """What `locator` spans in a document that is held, verbatim."""
        ((page,),) = self._db.rows(
            "SELECT text FROM pages JOIN documents ON documents.key = document WHERE id = ? AND number = ?",
            (document_id, locator.page or 1),
        )
        return str(page)[locator.chars[0] : locator.chars[1]]

    def _chunks(self, rows: Sequence[Any]) -> Iterator[Chunk]:
        pages: dict[tuple[int, int], str] = {}
        for key, chunk_id, ordinal, page, label, heading, first, last, start, end in rows:
            place = (key, page or 1)
            if place not in pages:
                ((pages[place],),) = self._db.rows(
                    "SELECT text FROM pages WHERE document = ? AND number = ?", place
                )
            ((path, document_id),) = self._db.rows("SELECT path, id FROM documents WHERE key = ?", (key,))
            yield Chunk(
                id=chunk_id,
                document_id=document_id,
                ordinal=ordinal,
                text=pages[place][start:end],
                locator=Locator(
                    path=os.fsdecode(path),
                    page=page,
                    label=label,
                    heading=tuple(json.loads(heading)),
                    lines=None if first is None else (first, last),
                    chars=(start, end),
                ),
            )


_CHUNK = (
    "chunks.document, chunks.id, ordinal, page, label, heading, first_line, last_line, first_char, end_char "
    "FROM chunks"
)


def _title_after(old: str, new: str, title: str) -> str:
    """The title of a document whose file is called otherwise now: its own, or else the new name."""
    return fallback_title(new) if title == fallback_title(old) else title


def _vector_name(text: str) -> str:
    """32 hex digits of SHA-256 over the text a vector is made from."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


_TRIED = "(state != 'skipped' OR media_type IS NOT NULL)"
"""Of documents that were opened. What is skipped by its name or kind alone has no media type."""

_BELOW = "(path = ? OR (path > ? AND path < ?))"


def _below(root: str) -> tuple[bytes, bytes, bytes]:
    """Values for `_BELOW`: a path itself, and what starts with it and a slash."""
    raw = os.fsencode(root)
    stem = raw.rstrip(b"/")
    return raw, stem + b"/", stem + b"0"  # "0" is the character after "/".
