"""Codes by which the catalogue recognises the text it stored: other programs can write to its file as well.

Each document has codes (`policies.integrity`) of what it is called, of each of its pages, and of the place of
each of its chunks. All of them cover the digest of the file, so a quote that is shown was read from a file
with this digest. They are checked whenever text is read. A document that does not fit is altered: it is
recorded as failed, its text is dropped, and it is read again like a changed file.

A document also has a random key of its own, from which its name in the audit log is made. It goes when the
document is deleted.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from ingest.catalogue.paths import BELOW, below
from ingest.database import Database
from ingest.errors import IngestError, LibraryDamaged
from policies.integrity import CODE_BYTES, IntegrityKey

ALTERED = "its text in the library was changed by another program"
"""The reason of a document that does not fit its codes."""

SCHEMA = """
CREATE TABLE codes (
    document INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE,
    own BLOB NOT NULL,
    pages BLOB NOT NULL,
    chunks BLOB NOT NULL,
    name_key BLOB NOT NULL,
    logged INTEGER NOT NULL
) STRICT;
CREATE INDEX codes_to_log ON codes (document) WHERE logged = 0;
"""
"""The table, in the catalogue's file. `pages` and `chunks` are codes one after the other, in order."""

PLACE = "ordinal, page, label, heading, first_line, last_line, first_char, end_char"
"""The columns of a chunk that say where it is."""

_KEY = "key"
"""Name of the fact that says with which key the codes were made."""


class CodeTable:
    """The codes of one library."""

    def __init__(self, database: Database, key: IntegrityKey, on_altered: Callable[[int], None]) -> None:
        """
        database: the catalogue's file.
        on_altered: called with the key of a document that does not fit its codes.
        """
        self._db = database
        self._key = key
        self._on_altered = on_altered
        self._forgotten: list[str] = []

    # Checking

    def report(self, documents: Collection[int]) -> None:
        """Records that these documents, given by key, are altered.

        Raises `IngestError` when the codes were made with another key, because then no document fits.
        """
        if documents:
            self._require_key()
        for document in documents:
            self._on_altered(document)

    def own_fits(self, document: int) -> bool:
        """Whether path, title and the like of a document, given by key, are as they were stored."""
        rows = self._db.rows("SELECT own FROM codes WHERE document = ?", (document,))
        return bool(rows) and hmac.compare_digest(rows[0][0], self._own(document))

    def page_fits(self, document: int, number: int, text: str) -> bool:
        """Whether a page of a document is as it was stored.

        number: from 1, also for the text of a document without pages.
        """
        return self._is_at("pages", document, number - 1, self._page(self._digest(document), number, text))

    def chunk_fits(self, document: int, place: Sequence[Any]) -> bool:
        """Whether the place of a chunk, as in the columns `PLACE` of its table, is as it was stored."""
        return self._is_at("chunks", document, place[0], self._chunk(self._digest(document), place))

    def fits(self, document: int) -> bool:
        """Whether all of a document is as it was stored."""
        rows = self._db.rows("SELECT own, pages, chunks FROM codes WHERE document = ?", (document,))
        try:
            return bool(rows) and tuple(rows[0]) == self._codes(document)
        except LibraryDamaged:  # It is no longer text.
            return False

    def unlike(self, roots: Iterable[str]) -> list[int]:
        """The keys of the documents at or below `roots` that are not as they were stored. Reads them all."""
        unlike: list[int] = []
        for root in roots:
            with self._db.snapshot():
                rows = self._db.rows(
                    f"SELECT key FROM documents WHERE state IN ('pending', 'indexed') AND {BELOW}",
                    below(root),
                )
                unlike += (key for (key,) in rows if not self.fits(key))
        return unlike

    def altered(self) -> list[str]:
        """The paths of the documents that were found altered and were not read again yet."""
        rows = self._db.rows(
            "SELECT path FROM documents WHERE state = 'failed' AND reason = ? ORDER BY path", (ALTERED,)
        )
        return [os.fsdecode(path) for (path,) in rows]

    def incomplete(self) -> list[int]:
        """The keys of the documents that have more or fewer pages or chunks than were stored."""
        rows = self._db.rows(
            "SELECT key FROM documents LEFT JOIN codes ON document = key "
            "WHERE state IN ('pending', 'indexed') AND (own IS NULL "
            "OR length(pages) != ?1 * (SELECT count(*) FROM pages WHERE pages.document = documents.key) "
            "OR length(chunks) != ?1 * (SELECT count(*) FROM chunks WHERE chunks.document = documents.key))",
            (CODE_BYTES,),
        )
        return [key for (key,) in rows]

    def _is_at(self, column: str, document: int, position: int, code: bytes) -> bool:
        rows = self._db.rows(
            f"SELECT substr({column}, ?, ?) FROM codes WHERE document = ?",
            (CODE_BYTES * position + 1, CODE_BYTES, document),
        )
        return bool(rows) and hmac.compare_digest(rows[0][0], code)

    # Making codes, as part of a transaction of the catalogue

    def seal(self, document: int) -> None:
        """Makes the codes of a document that was stored just now, and a key for its name."""
        self._db.execute(
            "INSERT OR REPLACE INTO codes VALUES (?, ?, ?, ?, ?, 0)",
            (document, *self._codes(document), secrets.token_bytes(CODE_BYTES)),
        )

    def seal_own(self, document: int) -> None:
        """Makes the code of path, title and the like again, after they were changed."""
        self._db.execute("UPDATE codes SET own = ? WHERE document = ?", (self._own(document), document))

    def adopt(self) -> None:
        """Makes the codes of all documents with this catalogue's key. Their names in the log stay."""
        for (document,) in self._db.rows("SELECT document FROM codes"):
            self._db.execute(
                "UPDATE codes SET own = ?, pages = ?, chunks = ? WHERE document = ?",
                (*self._codes(document), document),
            )
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (_KEY, self._key.code("key").hex()))

    def _codes(self, document: int) -> tuple[bytes, bytes, bytes]:
        digest = self._digest(document)
        pages = self._db.rows(
            "SELECT number, text FROM pages WHERE document = ? ORDER BY number", (document,)
        )
        places = self._db.rows(f"SELECT {PLACE} FROM chunks WHERE document = ? ORDER BY ordinal", (document,))
        return (
            self._own(document),
            b"".join(self._page(digest, number, text) for number, text in pages),
            b"".join(self._chunk(digest, place) for place in places),
        )

    def _own(self, document: int) -> bytes:
        rows = self._db.rows(
            "SELECT path, id, digest, media_type, title, date, reason FROM documents WHERE key = ?",
            (document,),
        )
        tags = self._db.rows("SELECT tag FROM tags WHERE document = ? ORDER BY tag", (document,))
        names = self._db.rows("SELECT name FROM names WHERE document = ? ORDER BY name", (document,))
        # Most documents have none, and had none before there was a table for them.
        more = ("names", *(name for (name,) in names)) if names else ()
        return self._key.code("document", *(part for row in (*rows, *tags) for part in row), *more)

    def _page(self, digest: str, number: int, text: str) -> bytes:
        return self._key.code("page", digest, number, text)

    def _chunk(self, digest: str, place: Sequence[Any]) -> bytes:
        return self._key.code("chunk", digest, *place)

    def _digest(self, document: int) -> str:
        rows = self._db.rows("SELECT digest FROM documents WHERE key = ?", (document,))
        return str(rows[0][0]) if rows else ""

    # Names in the audit log

    def name(self, path: str) -> str:
        """The name of the document at `path`, in hex; empty when there is none."""
        return "".join(self._names("path = ?", os.fsencode(path)))

    def names_read(self) -> list[str]:
        """The names of the documents that were stored since the last call, in hex, sorted."""
        with self._db.transaction():
            names = self._names("logged = 0")
            self._db.execute("UPDATE codes SET logged = 1 WHERE logged = 0")
        return names

    def forgetting(self, path: str) -> None:
        """Takes note of the name of the document at `path`, which is about to be deleted."""
        self._forgotten += self._names("path = ?", os.fsencode(path))

    def names_forgotten(self) -> list[str]:
        """The names of the documents that were deleted since the last call, in hex, sorted."""
        names, self._forgotten = sorted(self._forgotten), []
        return names

    def _names(self, condition: str, *values: bytes) -> list[str]:
        rows = self._db.rows(
            "SELECT name_key, digest FROM codes JOIN documents ON documents.key = document "
            f"WHERE {condition}",
            values,
        )
        return sorted(_name(*row) for row in rows)

    # The key

    @property
    def has_own_key(self) -> bool:
        """Whether the codes were made with the key of this catalogue's user."""
        rows = self._db.rows("SELECT value FROM facts WHERE name = ?", (_KEY,))
        return bool(rows) and rows[0][0] == self._key.code("key").hex()

    def _require_key(self) -> None:
        if not self.has_own_key:
            raise IngestError(
                "This library was made with another key, so Carrel cannot tell its text from text that"
                " another program put there.",
                remedy="Restore integrity.key, or run `carrel reindex`, which reads your documents again.",
            )

    def record_key(self) -> None:
        """Records with which key the codes are made, if there are none yet."""
        if not self._db.rows("SELECT 1 FROM codes LIMIT 1"):
            name = self._key.code("key").hex()
            self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (_KEY, name))


def _name(name_key: bytes, digest: str) -> str:
    return hmac.digest(name_key, str(digest).encode(), hashlib.sha256)[:CODE_BYTES].hex()
