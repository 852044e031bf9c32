"""Which contents the library holds: the digests of its documents, and whether they contain given texts.

Conversations and summaries, which are stored outside the catalogue, refer to a document by its digest. So
they are found after the file moved, and erased with the last document that has the content.
"""

import json
import os
from collections.abc import Iterable

from ingest.catalogue.records import READ_AGAIN
from ingest.database import Database
from ingest.parsers import media_type

COPIES = 100
"""Number of documents with the same content that are looked at to find one."""


class ContentTable:
    """The contents of one library's documents."""

    def __init__(self, database: Database) -> None:
        """database: the catalogue's file."""
        self._db = database

    def digests(self, paths: Iterable[str]) -> dict[str, str | None]:
        """The digest of the content of each of these documents, by path; None when it could not be read.

        Paths that are not in the catalogue are missing.
        """
        found: dict[str, str | None] = {}
        for path in paths:
            for (digest,) in self._db.rows(
                "SELECT digest FROM documents WHERE path = ?", (os.fsencode(path),)
            ):
                found[path] = digest
        return found

    def unsettled(self, paths: Iterable[str]) -> set[str]:
        """Those of `paths` whose file could not be read, and will be tried again in any case."""
        return {
            path
            for path in paths
            if self._db.rows(
                "SELECT 1 FROM documents WHERE path = ? AND digest IS NULL AND mtime_ns = ?",
                (os.fsencode(path), READ_AGAIN),
            )
        }

    def known(self, digests: Iterable[str]) -> set[str]:
        """Those of `digests` that a document has as its content."""
        rows = self._db.rows(
            "SELECT DISTINCT digest FROM json_each(?) JOIN documents ON digest = value",
            (json.dumps(list(digests)),),
        )
        return {digest for (digest,) in rows}

    def documents(self, digests: Iterable[str]) -> list[str]:
        """The paths of the documents with one of these contents, sorted."""
        rows = self._db.rows(
            "SELECT path FROM documents WHERE digest IN (SELECT value FROM json_each(?)) ORDER BY path",
            (json.dumps(list(digests)),),
        )
        return [os.fsdecode(path) for (path,) in rows]

    def holds_all(self, path: str, texts: Iterable[str]) -> bool:
        """Whether each of `texts` is the title of the document at `path` or is on one of its pages."""
        rows = self._db.rows(
            "SELECT title, text FROM pages JOIN documents ON documents.key = document WHERE path = ?",
            (os.fsencode(path),),
        )
        return bool(rows) and all(
            any(text == title or text in page for title, page in rows) for text in texts
        )

    def path_of(self, digest: str, path: str) -> str | None:
        """The path of a document with this content whose name stands for the same type as that of `path`,
        because the type decides how a content is read; None if there is none.

        Several documents may have the content; then `path` is returned if it is one of them.
        """
        rows = self._db.rows(
            "SELECT path FROM documents WHERE digest = ? AND state IN ('pending', 'indexed') "
            "AND mtime_ns != ? ORDER BY path = ? DESC LIMIT ?",
            (digest, READ_AGAIN, os.fsencode(path), COPIES),
        )
        named = (os.fsdecode(found) for (found,) in rows)
        return next((found for found in named if media_type(found) == media_type(path)), None)
