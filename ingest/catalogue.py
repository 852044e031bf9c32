"""The catalogue: SQLite, the truth about a library.

It holds the sources, every document with its state, the text of its pages, the chunks as spans of
those pages, each chunk's vector, and the full-text index. The vector index is derived from it.
Nothing else writes the file, and one process at a time opens it (`ingest.lock`).

A document's life: *pending* once its chunks are stored (keyword search finds it), *indexed* once
the vectors are stored too and the vector index holds them; that last step is flushed to the disk
before it is believed. *Failed* and *skipped* keep the reason, and the stamp of the file they
speak of, so that the file is tried again when it changes.

Paths are stored as the bytes the file system uses: a name need not be text.
"""

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from ingest.documents import Chunk, Document, Locator
from ingest.embedding import Vectors
from ingest.errors import IngestError, LibraryDamaged
from ingest.keywords import match_expression, searchable
from ingest.sources import Stamp

SCHEMA_VERSION = 1

SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE sources (path BLOB PRIMARY KEY, added_at REAL NOT NULL) STRICT;
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
    state TEXT NOT NULL CHECK (state IN ('pending', 'indexed', 'failed', 'skipped')),
    reason TEXT NOT NULL,
    indexed_at REAL
) STRICT;
CREATE INDEX documents_by_state ON documents (state);
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
    heading TEXT NOT NULL,
    first_line INTEGER,
    last_line INTEGER,
    first_char INTEGER NOT NULL,
    end_char INTEGER NOT NULL
) STRICT;
CREATE INDEX chunks_by_document ON chunks (document, ordinal);
CREATE TABLE vectors (
    chunk INTEGER PRIMARY KEY REFERENCES chunks ON DELETE CASCADE,
    vector BLOB NOT NULL
) STRICT;
CREATE VIRTUAL TABLE words USING fts5 (
    title, heading, body, tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER words_follow_chunks AFTER DELETE ON chunks BEGIN
    DELETE FROM words WHERE rowid = old.key;
END;
"""

COLUMN_WEIGHTS = (1.0, 1.0, 1.0)
"""What a word in the title, the heading and the text counts for in BM25."""


class State(StrEnum):
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
class Known:
    """What the catalogue remembers of a file, to tell whether it changed."""

    stamp: Stamp
    digest: str | None
    """SHA-256 of its bytes; None when it could not be read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as listed."""

    path: str
    state: State
    reason: str
    """Why it failed or was skipped; else empty."""
    chunks: int
    bytes: int
    media_type: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a library holds."""

    documents: dict[State, int]
    chunks: int
    vectors: int


class Catalogue:
    """One library's `catalogue.db`. Not for several threads at once."""

    def __init__(self, path: Path) -> None:
        """Opens the catalogue, making it when it is new.

        Raises `LibraryDamaged` when the file is no catalogue, or one of a newer Carrel.
        """
        self._path = path
        with self._translated():
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.executescript(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
                "PRAGMA secure_delete = ON; PRAGMA cache_size = -65536;"
            )
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                self._db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
            elif version != SCHEMA_VERSION:
                raise LibraryDamaged(
                    f"{path} has layout {version}; this Carrel knows layout {SCHEMA_VERSION}.",
                    remedy="Use the Carrel that wrote it, or another library folder.",
                )

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """SQLite's errors as errors for people."""
        try:
            yield
        except sqlite3.OperationalError as error:
            # The files beside the catalogue fail as input and output, not as full.
            refused = error.sqlite_errorcode & 0xFF
            free = shutil.disk_usage(self._path.parent).free
            if refused == sqlite3.SQLITE_FULL or (refused == sqlite3.SQLITE_IOERR and free == 0):
                raise IngestError(
                    f"The disk is full: {self._path} cannot grow. Nothing stored so far is lost.",
                    remedy="Free some space and run the command again; it goes on where it stopped.",
                ) from error
            raise IngestError(f"The catalogue {self._path} cannot be used: {error}.") from error
        except sqlite3.DatabaseError as error:
            raise LibraryDamaged(
                f"The catalogue {self._path} is damaged: {error}.",
                remedy="Move the library folder away and add the sources again; the documents themselves are "
                "untouched.",
            ) from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                # Some errors, a full disk among them, have rolled it back already.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._translated():
            return self._db.execute(sql, values).fetchall()

    # Facts

    def fact(self, name: str) -> str | None:
        """A value kept with the library, such as the fingerprint of its vectors."""
        rows = self._rows("SELECT value FROM facts WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def keep_fact(self, name: str, value: str) -> None:
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    # Sources

    def sources(self) -> list[str]:
        """The added folders and files, in the order they were added."""
        return [os.fsdecode(path) for (path,) in self._rows("SELECT path FROM sources ORDER BY added_at")]

    def add_source(self, path: str) -> None:
        """Records a source. When it is new, what was removed by hand at or below `path` is wanted again."""
        with self._transaction():
            added = self._db.execute(
                "INSERT OR IGNORE INTO sources VALUES (?, ?)", (os.fsencode(path), time.time())
            )
            if added.rowcount:
                self._db.execute(f"DELETE FROM excluded WHERE {_BELOW}", _below(path))

    def exclude(self, path: str) -> None:
        """Keeps a path inside a source out of the library until it is added again by name."""
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO excluded VALUES (?)", (os.fsencode(path),))

    def excluded(self) -> list[str]:
        """The paths kept out."""
        return [os.fsdecode(path) for (path,) in self._rows("SELECT path FROM excluded")]

    def remove_sources(self, path: str) -> None:
        """Forgets the sources at or below `path`, not their documents."""
        with self._transaction():
            self._db.execute(f"DELETE FROM sources WHERE {_BELOW}", _below(path))

    # Documents

    def known(self, root: str) -> dict[str, Known]:
        """What is remembered of the files at or below `root` that were read or tried, by path."""
        rows = self._rows(
            f"SELECT path, bytes, mtime_ns, digest FROM documents WHERE state != 'skipped' AND {_BELOW}",
            _below(root),
        )
        return {
            os.fsdecode(path): Known(Stamp(size, mtime_ns), digest) for path, size, mtime_ns, digest in rows
        }

    def entries(self) -> list[Entry]:
        """Every document, by path."""
        rows = self._rows(
            "SELECT path, state, reason, (SELECT count(*) FROM chunks WHERE document = documents.key), "
            "bytes, media_type FROM documents ORDER BY path"
        )
        return [
            Entry(os.fsdecode(path), State(state), reason, chunks, size, media_type)
            for path, state, reason, chunks, size, media_type in rows
        ]

    def store(self, document: Document, chunks: Sequence[Chunk], *, digest: str, stamp: Stamp) -> list[str]:
        """Stores a document as pending, in place of what its path held; returns the chunk ids that went."""
        with self._transaction():
            gone = self._drop([document.path])
            key = self._db.execute(
                "INSERT INTO documents (path, id, digest, bytes, mtime_ns, media_type, title, state, reason) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', '')",
                (
                    os.fsencode(document.path),
                    document.id,
                    digest,
                    stamp.size,
                    stamp.mtime_ns,
                    document.media_type,
                    document.title,
                ),
            ).lastrowid
            self._db.executemany(
                "INSERT INTO pages VALUES (?, ?, ?)",
                ((key, number, text) for number, text in enumerate(document.pages, start=1)),
            )
            title = searchable(document.title)
            for chunk in chunks:
                place = chunk.locator
                row = self._db.execute(
                    "INSERT INTO chunks (id, document, ordinal, page, heading, first_line, last_line, "
                    "first_char, end_char) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        chunk.id,
                        key,
                        chunk.ordinal,
                        place.page,
                        json.dumps(place.heading, ensure_ascii=False),
                        *(place.lines or (None, None)),
                        *place.chars,
                    ),
                ).lastrowid
                self._db.execute(
                    "INSERT INTO words (rowid, title, heading, body) VALUES (?, ?, ?, ?)",
                    (row, title, searchable(" ".join(place.heading)), searchable(chunk.text)),
                )
        return gone

    def fail(self, path: str, reason: str, *, stamp: Stamp, media_type: str | None) -> list[str]:
        """Records a file that cannot be read, in place of its chunks; returns the chunk ids that went."""
        with self._transaction():
            gone = self._drop([path])
            self._db.execute(
                "INSERT INTO documents (path, bytes, mtime_ns, media_type, state, reason) "
                "VALUES (?, ?, ?, ?, 'failed', ?)",
                (os.fsencode(path), stamp.size, stamp.mtime_ns, media_type, reason),
            )
        return gone

    def skip(self, root: str, skipped: Iterable[tuple[str, str]]) -> None:
        """Records the files at or below `root` that are not read, as (path, reason): these and no others."""
        wanted = {os.fsencode(path): reason for path, reason in skipped}
        recorded = dict(
            self._rows(
                f"SELECT path, reason FROM documents WHERE state = 'skipped' AND {_BELOW}", _below(root)
            )
        )
        if wanted == recorded:
            return
        with self._transaction():
            self._db.executemany("DELETE FROM documents WHERE path = ?", ((path,) for path in recorded))
            self._db.executemany(
                "INSERT INTO documents (path, bytes, mtime_ns, state, reason) VALUES (?, 0, 0, 'skipped', ?)",
                wanted.items(),
            )

    def touch(self, path: str, stamp: Stamp) -> None:
        """Remembers a new stamp for a file whose content is the same."""
        with self._transaction():
            self._db.execute(
                "UPDATE documents SET bytes = ?, mtime_ns = ? WHERE path = ?",
                (stamp.size, stamp.mtime_ns, os.fsencode(path)),
            )

    def remove(self, paths: Iterable[str]) -> list[str]:
        """Drops the documents at these paths; returns the chunk ids that went."""
        with self._transaction():
            return self._drop(paths)

    def purge(self) -> None:
        """Rewrites what deletion leaves behind: words in the full-text index, pages in the log."""
        with self._translated():
            self._db.execute("INSERT INTO words (words) VALUES ('optimize')")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _drop(self, paths: Iterable[str]) -> list[str]:
        gone: list[str] = []
        for path in paths:
            key = (os.fsencode(path),)
            gone += [
                chunk_id
                for (chunk_id,) in self._db.execute(
                    "SELECT chunks.id FROM chunks JOIN documents ON documents.key = document WHERE path = ?",
                    key,
                )
            ]
            self._db.execute("DELETE FROM documents WHERE path = ?", key)
        return gone

    def counts(self) -> Counts:
        states = dict(self._rows("SELECT state, count(*) FROM documents GROUP BY state"))
        ((chunks, vectors),) = self._rows(
            "SELECT (SELECT count(*) FROM chunks), (SELECT count(*) FROM vectors)"
        )
        return Counts({state: states.get(state.value, 0) for state in State}, chunks, vectors)

    # Vectors

    def pending(self, limit: int) -> list[tuple[str, Chunk]]:
        """Up to `limit` chunks that have no vector yet, each with its document's title."""
        rows = self._rows(
            f"SELECT title, {_CHUNK} JOIN documents ON documents.key = chunks.document "
            "WHERE state = 'pending' AND NOT EXISTS (SELECT 1 FROM vectors WHERE chunk = chunks.key) "
            "ORDER BY chunks.key LIMIT ?",
            (limit,),
        )
        return [(row[0], chunk) for row, chunk in zip(rows, self._chunks([r[1:] for r in rows]), strict=True)]

    def put_vectors(self, ids: Sequence[str], vectors: Vectors) -> None:
        with self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO vectors SELECT key, ? FROM chunks WHERE id = ?",
                (
                    (vector.astype("<f4").tobytes(), chunk_id)
                    for chunk_id, vector in zip(ids, vectors, strict=True)
                ),
            )

    def settle(self) -> None:
        """Calls every pending document whose chunks all have vectors indexed, and flushes that to the disk.

        To be called once the vector index holds those vectors.
        """
        with self._translated():
            self._db.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            self._db.execute(
                "UPDATE documents SET state = 'indexed', indexed_at = ? "
                "WHERE state = 'pending' AND NOT EXISTS ("
                "SELECT 1 FROM chunks LEFT JOIN vectors ON chunk = chunks.key "
                "WHERE document = documents.key AND chunk IS NULL)",
                (time.time(),),
            )
        with self._translated():
            self._db.execute("PRAGMA synchronous = NORMAL")

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these chunks, those that have one, each of shape (dimensions,)."""
        rows = self._rows(
            "SELECT chunks.id, vector FROM json_each(?) JOIN chunks ON chunks.id = value "
            "JOIN vectors ON chunk = chunks.key",
            (json.dumps(list(ids)),),
        )
        return {chunk_id: np.frombuffer(vector, dtype="<f4") for chunk_id, vector in rows}

    def all_vectors(self, batch: int) -> Iterator[tuple[list[str], Vectors]]:
        """Every chunk's id and vector, in batches."""
        last = -1
        while rows := self._rows(
            "SELECT chunks.key, id, vector FROM vectors JOIN chunks ON chunks.key = chunk WHERE chunk > ? "
            "ORDER BY chunk LIMIT ?",
            (last, batch),
        ):
            last = rows[-1][0]
            joined = b"".join(vector for _, _, vector in rows)
            yield [row[1] for row in rows], np.frombuffer(joined, dtype="<f4").reshape(len(rows), -1)

    # Search

    def keyword_scores(
        self, words: list[str], limit: int, *, among: Sequence[str] | None = None
    ) -> dict[str, float]:
        """BM25 of the chunks that hold any of `words` (`ingest.keywords.terms`), best first.

        Positive, unbounded above. `among` restricts the answer to those chunk ids.
        """
        if not words:
            return {}
        only = (
            ""
            if among is None
            else "AND words.rowid IN (SELECT chunks.key FROM json_each(?) JOIN chunks ON chunks.id = value)"
        )
        rows = self._rows(
            "SELECT id, -score FROM (SELECT words.rowid AS found, bm25(words, ?, ?, ?) AS score FROM words "
            f"WHERE words MATCH ? {only} ORDER BY score LIMIT ?) JOIN chunks ON chunks.key = found "
            "ORDER BY score",
            (
                *COLUMN_WEIGHTS,
                match_expression(words),
                *(() if among is None else (json.dumps(list(among)),)),
                limit,
            ),
        )
        return dict(rows)

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks with these ids, those that exist."""
        rows = self._rows(f"SELECT {_CHUNK} JOIN json_each(?) ON chunks.id = value", (json.dumps(list(ids)),))
        return {chunk.id: chunk for chunk in self._chunks(rows)}

    def title(self, document_id: str) -> str:
        """The title of a document that is held."""
        ((title,),) = self._rows("SELECT title FROM documents WHERE id = ?", (document_id,))
        return str(title)

    def text(self, document_id: str, locator: Locator) -> str:
        """What `locator` spans in a document that is held, verbatim."""
        ((page,),) = self._rows(
            "SELECT text FROM pages JOIN documents ON documents.key = document WHERE id = ? AND number = ?",
            (document_id, locator.page or 1),
        )
        return str(page)[locator.chars[0] : locator.chars[1]]

    def _chunks(self, rows: Sequence[Any]) -> Iterator[Chunk]:
        pages: dict[tuple[int, int], str] = {}
        for key, chunk_id, ordinal, page, heading, first, last, start, end in rows:
            place = (key, page or 1)
            if place not in pages:
                ((pages[place],),) = self._rows(
                    "SELECT text FROM pages WHERE document = ? AND number = ?", place
                )
            ((path, document_id),) = self._rows("SELECT path, id FROM documents WHERE key = ?", (key,))
            yield Chunk(
                id=chunk_id,
                document_id=document_id,
                ordinal=ordinal,
                text=pages[place][start:end],
                locator=Locator(
                    path=os.fsdecode(path),
                    page=page,
                    heading=tuple(json.loads(heading)),
                    lines=None if first is None else (first, last),
                    chars=(start, end),
                ),
            )


_CHUNK = (
    "chunks.document, chunks.id, ordinal, page, heading, first_line, last_line, first_char, end_char "
    "FROM chunks"
)

_BELOW = "(path = ? OR (path > ? AND path < ?))"


def _below(root: str) -> tuple[bytes, bytes, bytes]:
    """Values for `_BELOW`: a path itself, and what starts with it and a slash."""
    raw = os.fsencode(root)
    stem = raw.rstrip(b"/")
    return raw, stem + b"/", stem + b"0"  # "0" is the character after "/".
