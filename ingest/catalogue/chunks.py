"""Chunks, stored as spans of their document's pages, and the vectors of their texts."""

import hashlib
import json
import os
import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ingest.catalogue.codes import PLACE, CodeTable
from ingest.chunking import embedded_text
from ingest.database import Database
from ingest.documents import Chunk, Locator
from ingest.embedding import Vectors
from ingest.errors import LibraryDamaged

VECTORS_AT_ONCE = 10_000
"""Vectors read in one batch: 15 MB at 384 dimensions."""

NUMBER = np.dtype("<f2")
"""The type in which vectors are stored: half precision."""

_STATE = "vectors"
"""Name of the fact that tells one state of the vectors from every other."""

SCHEMA = """
CREATE TABLE dropped (vector BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TRIGGER dropped_follow_chunks AFTER DELETE ON chunks BEGIN
    INSERT OR IGNORE INTO dropped VALUES (old.vector);
END;
"""
"""The vectors whose chunks were deleted, which may be unused. So no other vectors are looked through."""

ID = "documents.id || '.' || ordinal"
"""SQL: the id of a chunk, which is made of its document's id and its position."""

WITH_IDS = (
    "json_each(?) AS wanted JOIN documents ON documents.id = json_extract(wanted.value, '$[0]') "
    "JOIN chunks ON document = documents.key AND ordinal = json_extract(wanted.value, '$[1]')"
)
"""SQL: the chunks whose ids are in the parameter, written by `divided`, joined with their documents."""

_CHUNK = f"chunks.document, {PLACE}"


class ChunkTable:
    """The chunks of one library and their vectors. Equal texts share a vector, which is named by the text."""

    def __init__(self, database: Database, codes: CodeTable) -> None:
        """database: the catalogue's file. codes: of its documents."""
        self._db = database
        self._codes = codes
        self._embedded_to = ("", 0)
        """The id of a document, and the position of a chunk before which all have vectors."""

    # Chunks

    def by_id(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks with these ids; ids of chunks that do not exist, or whose document is altered, are
        missing."""
        with self._db.snapshot():
            rows = self._db.rows(f"SELECT {_CHUNK} FROM {WITH_IDS}", (divided(ids),))
            return {chunk.id: chunk for chunk in self._chunks(rows).values()}

    def of_document(self, path: str, first: int, most: int) -> list[Chunk]:
        """Up to `most` chunks of the document at `path`, from the one at position `first` on, in order."""
        with self._db.snapshot():
            rows = self._db.rows(
                f"SELECT {_CHUNK} FROM chunks WHERE document = (SELECT key FROM documents WHERE path = ?) "
                "AND ordinal >= ? ORDER BY ordinal LIMIT ?",
                (os.fsencode(path), first, most),
            )
            return list(self._chunks(rows).values())

    def at_line(self, path: str, line: int) -> Chunk | None:
        """The last chunk of the document at `path` that begins before this line; None if there is none, or
        its places are not told by lines."""
        with self._db.snapshot():
            rows = self._db.rows(
                f"SELECT {_CHUNK} FROM chunks WHERE document = (SELECT key FROM documents WHERE path = ?) "
                "AND first_line < ? ORDER BY ordinal DESC LIMIT 1",
                (os.fsencode(path), line),
            )
            return self._chunks(rows).get(0)

    def count(self, documents: Sequence[int]) -> int:
        """How many chunks these documents, given by key, have."""
        ((count,),) = self._db.rows(
            "SELECT count(*) FROM json_each(?) JOIN chunks ON document = value", (json.dumps(documents),)
        )
        return int(count)

    def share(self, documents: Collection[int]) -> float:
        """The share of all chunks that these documents, given by key, have; 0 to 1."""
        ((chunks,),) = self._db.rows("SELECT count(*) FROM chunks")
        return float(self.count(list(documents)) / max(1, chunks))

    def documents(self, ids: Sequence[str]) -> dict[str, int]:
        """The keys of the documents of the chunks with these ids."""
        return dict(self._db.rows(f"SELECT {ID}, document FROM {WITH_IDS}", (divided(ids),)))

    def totals(self) -> tuple[int, int]:
        """How many chunks and how many vectors are stored."""
        ((chunks, vectors),) = self._db.rows(
            "SELECT (SELECT count(*) FROM chunks), (SELECT count(*) FROM vectors)"
        )
        return chunks, vectors

    def _chunks(self, rows: Sequence[Any]) -> dict[int, Chunk]:
        """The chunks in rows of `_CHUNK`, by the position of the row. Altered documents are reported, and
        their chunks are missing."""
        found: dict[int, Chunk] = {}
        documents: dict[int, tuple[bytes, str]] = {}
        pages: dict[tuple[int, int], str | None] = {}
        altered: set[int] = set()
        for position, (key, *place) in enumerate(rows):
            ordinal, page, label, heading, first, last, start, end = place
            if key not in documents:
                ((*documents[key],),) = self._db.rows("SELECT path, id FROM documents WHERE key = ?", (key,))
                if not self._codes.own_fits(key):
                    altered.add(key)
            text = self._page(pages, key, page or 1)
            path, document_id = documents[key]
            if text is None or not self._codes.chunk_fits(key, place):
                altered.add(key)
            if key in altered or text is None:
                continue
            found[position] = Chunk(
                id=f"{document_id}.{ordinal}",
                document_id=document_id,
                ordinal=ordinal,
                text=text[start:end],
                locator=Locator(
                    path=os.fsdecode(path),
                    page=page,
                    label=label,
                    heading=tuple(json.loads(heading)),
                    lines=None if first is None else (first, last),
                    chars=(start, end),
                ),
            )
        self._codes.report(altered)
        return {position: chunk for position, chunk in found.items() if rows[position][0] not in altered}

    def _page(self, pages: dict[tuple[int, int], str | None], key: int, number: int) -> str | None:
        """A page as it was stored; None if it is altered. pages: those that were read already."""
        if (key, number) not in pages:
            try:
                rows = self._db.rows(
                    "SELECT text FROM pages WHERE document = ? AND number = ?", (key, number)
                )
            except LibraryDamaged:  # It is no longer text.
                rows = []
            fits = rows and self._codes.page_fits(key, number, rows[0][0])
            pages[key, number] = rows[0][0] if fits else None
        return pages[key, number]

    # Vectors

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these chunks by id, each of shape (dimensions,). Chunks without one are missing."""
        rows = self._db.rows(
            f"SELECT {ID}, vectors.vector FROM {WITH_IDS} JOIN vectors ON name = chunks.vector",
            (divided(ids),),
        )
        return {chunk_id: _vector(stored) for chunk_id, stored in rows}

    def vectors_named(self, names: Sequence[str], dimensions: int) -> dict[str, Vectors]:
        """The vectors with these names, each of shape (dimensions,), as far as stored.

        Raises `LibraryDamaged` when one has another length.
        """
        rows = self._db.rows(
            "SELECT value, vectors.vector FROM json_each(?) JOIN vectors ON name = unhex(value)",
            (json.dumps(list(names)),),
        )
        if any(len(stored) != NUMBER.itemsize * dimensions for _, stored in rows):
            raise _different_lengths()
        return {name: _vector(stored) for name, stored in rows}

    def vectors_state(self) -> str:
        """What the vectors are now, as 32 hex digits that no other state has. Empty for a catalogue that is
        only read and whose state was never recorded."""
        rows = self._db.rows("SELECT value FROM facts WHERE name = ?", (_STATE,))
        if not rows and not self._db.read_only:
            with self._db.transaction():
                return self._record_state()
        return str(rows[0][0]) if rows else ""

    def _record_state(self) -> str:
        """Records a new state of the vectors, as part of the transaction that changes them."""
        state = secrets.token_hex(16)
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (_STATE, state))
        return state

    def all_vectors(self) -> Iterator[tuple[list[str], Vectors]]:
        """All vectors in batches: names, and an array of shape (names, dimensions).

        Raises `LibraryDamaged` when they have different lengths.
        """
        last, length = b"", 0
        while rows := self._db.rows(
            "SELECT name, vector FROM vectors WHERE name > ? ORDER BY name LIMIT ?", (last, VECTORS_AT_ONCE)
        ):
            last = rows[-1][0]
            length = length or len(rows[0][1])
            if not length or length % NUMBER.itemsize or any(len(vector) != length for _, vector in rows):
                raise _different_lengths()
            joined = b"".join(vector for _, vector in rows)
            yield [name.hex() for name, _ in rows], _vector(joined).reshape(len(rows), -1)

    def vector_names(self, documents: Collection[int]) -> list[str]:
        """The names of the vectors of these documents, given by key, stored or still to be made."""
        rows = self._db.rows(
            "SELECT DISTINCT chunks.vector FROM json_each(?) JOIN chunks ON document = value",
            (json.dumps(list(documents)),),
        )
        return [name.hex() for (name,) in rows]

    def ids_by_vector(
        self, names: Sequence[str], *, documents: Collection[int] | None = None
    ) -> dict[str, list[str]]:
        """The ids of the chunks that have each of these vectors. Vectors without a chunk are missing.

        documents: restricts the chunks to those of these documents, given by key; best as a set.
        """
        ids: dict[str, list[str]] = {}
        # Not in SQL, which would first make a table of the documents: they may be all but a few.
        only = None if documents is None else frozenset(documents)
        for name, chunk_id, document in self._db.rows(
            f"SELECT wanted.value, {ID}, document FROM json_each(?) AS wanted "
            "JOIN chunks ON chunks.vector = unhex(wanted.value) JOIN documents ON documents.key = document",
            (json.dumps(list(names)),),
        ):
            if only is None or document in only:
                ids.setdefault(name, []).append(chunk_id)
        return ids

    def texts_to_embed(self, limit: int) -> dict[str, str]:
        """Up to about `limit` texts that have no vector, by the vector's name; latest changed files first."""
        with self._db.snapshot():
            rows: list[Any] = []
            pending = 0
            while len(rows) < limit and (
                documents := self._db.rows(
                    "SELECT key, id, title FROM documents WHERE state = 'pending' "
                    "ORDER BY mtime_ns DESC LIMIT ? OFFSET ?",
                    (limit, pending),
                )
            ):
                for key, identity, title in documents:
                    rows += self._without_vector(key, identity, title, limit - len(rows))
                pending += len(documents)
            chunks = self._chunks([row[2:] for row in rows])
        if rows and not chunks:  # All of them are altered, and were dropped.
            return self.texts_to_embed(limit)
        return {
            name.hex(): embedded_text(title, chunks[position])
            for position, (title, name) in enumerate(row[:2] for row in rows)
            if position in chunks
        }

    def _without_vector(self, document: int, identity: str, title: str, limit: int) -> list[Any]:
        """Up to `limit` chunks of a document that have no vector: its title, the vector's name, and `_CHUNK`.

        A search in a long document begins where the last one did, because those before have vectors.
        """
        if not limit:
            return []
        first = self._embedded_to[1] if self._embedded_to[0] == identity else 0
        while True:
            rows = self._db.rows(
                f"SELECT ?, chunks.vector, {_CHUNK} FROM chunks WHERE document = ? AND ordinal >= ? "
                "AND NOT EXISTS (SELECT 1 FROM vectors WHERE name = chunks.vector) "
                "ORDER BY ordinal LIMIT ?",
                (title, document, first, limit),
            )
            if rows:
                self._embedded_to = (identity, rows[0][3])
            if rows or not first:
                return rows
            first = 0

    def count_without_vector(self) -> int:
        """How many chunks have no vector yet."""
        ((count,),) = self._db.rows(
            "SELECT count(*) FROM documents JOIN chunks ON document = documents.key WHERE state = 'pending' "
            "AND NOT EXISTS (SELECT 1 FROM vectors WHERE name = chunks.vector)"
        )
        return int(count)

    def store_vectors(self, names: Sequence[str], vectors: Vectors) -> None:
        """Stores `vectors`, of shape (names, dimensions), except those that no chunk uses any more."""
        with self._db.transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO vectors SELECT ?1, ?2 "
                "WHERE EXISTS (SELECT 1 FROM chunks WHERE vector = ?1)",
                (
                    (bytes.fromhex(name), vector.astype(NUMBER).tobytes())
                    for name, vector in zip(names, vectors, strict=True)
                ),
            )
            self._record_state()

    @property
    def has_dropped(self) -> bool:
        """Whether chunks were deleted whose vectors may be unused."""
        return bool(self._db.rows("SELECT 1 FROM dropped LIMIT 1"))

    def delete_unused_vectors(self) -> list[str]:
        """Deletes the vectors that no chunk uses. Returns their names."""
        if not self.has_dropped:
            return []
        with self._db.transaction():
            deleted = self._db.execute(
                "DELETE FROM vectors WHERE name IN (SELECT vector FROM dropped) "
                "AND NOT EXISTS (SELECT 1 FROM chunks WHERE chunks.vector = name) RETURNING name"
            ).fetchall()
            self._db.execute("DELETE FROM dropped")
            if deleted:
                self._record_state()
        return [name.hex() for (name,) in deleted]

    # Changes that are part of a transaction of the catalogue. Chunks are deleted with their document.

    def insert(self, document: int, title: str, chunk: Chunk) -> int:
        """Stores a chunk of the document with this key and title. Returns the chunk's key."""
        place = chunk.locator
        key = self._db.execute(
            f"INSERT INTO chunks (document, {PLACE}, vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                document,
                chunk.ordinal,
                place.page,
                place.label,
                json.dumps(place.heading, ensure_ascii=False),
                *(place.lines or (None, None)),
                *place.chars,
                _vector_name(embedded_text(title, chunk)),
            ),
        ).lastrowid
        assert key is not None
        return key

    def insert_copies(self, origin: int, document: int) -> Iterator[tuple[int, int]]:
        """Stores the chunks of the document `origin` once more for `document`. Yields old and new keys."""
        for (old,) in self._db.rows("SELECT key FROM chunks WHERE document = ? ORDER BY ordinal", (origin,)):
            new = self._db.execute(
                f"INSERT INTO chunks (document, {PLACE}, vector) "
                f"SELECT ?, {PLACE}, vector FROM chunks WHERE key = ?",
                (document, old),
            ).lastrowid
            assert new is not None
            yield old, new


def divided(ids: Iterable[str]) -> str:
    """Ids of chunks as JSON: pairs of a document's id and a position. Invalid ids are left out."""
    parts = (chunk_id.rpartition(".") for chunk_id in ids)
    return json.dumps([(document, int(ordinal)) for document, _, ordinal in parts if ordinal.isdecimal()])


def unhex(digits: str) -> bytes | None:
    """The bytes that hex digits stand for; None for other text. SQLite has `unhex` from 3.41 on."""
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return None


def _vector(stored: bytes) -> Vectors:
    return np.frombuffer(stored, NUMBER).astype(np.float32)


def _different_lengths() -> LibraryDamaged:
    return LibraryDamaged(
        "The library is damaged: its vectors have different lengths.",
        remedy="Run `carrel reindex`: it computes them again.",
    )


def _vector_name(text: str) -> bytes:
    """The name of a text's vector: 16 bytes of the text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]
