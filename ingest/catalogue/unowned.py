"""Reads from the catalogue, for a process that does not own the library.

`carrel doctor` reads the beginnings of documents. `carrel summarize` asks whether a file is a document, and
which documents there are.
`carrel reindex` reads what it can of a catalogue that cannot be opened.
Such a process takes no lock and writes nothing. If no process has the catalogue open, it reads it as a file
that does not change, otherwise through SQLite's log, as the owner's own readers do. Of a locked library it
reads nothing.
"""

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.catalogue.exclusions import KEY
from ingest.encryption import cipher_of
from ingest.encryption.ciphers import driver_errors
from ingest.errors import LibraryLocked

MOST_DOCUMENTS = 500
"""Maximum number of documents whose beginnings are read."""

MOST_CHARACTERS = 2_000
"""Length of a beginning."""


def beginnings(catalogue: Path) -> list[str]:
    """Returns the beginnings of up to `MOST_DOCUMENTS` documents, of all ages; none if it cannot be read."""
    rows = _rows(
        catalogue,
        "SELECT substr(text, 1, ?) FROM pages WHERE number ="
        " (SELECT min(number) FROM pages AS others WHERE others.document = pages.document)"
        # A remainder by a prime: documents of all ages, the same ones each time.
        " ORDER BY document * 7919 % 1009 LIMIT ?",
        (MOST_CHARACTERS, MOST_DOCUMENTS),
    )
    return [str(text) for (text,) in rows]


def digest_of(catalogue: Path, document_id: str) -> str | None:
    """The digest of the document with this id (`ingest.documents.document_id`).

    None when the library does not hold the document, or the catalogue cannot be read.
    """
    rows = _rows(catalogue, "SELECT digest FROM documents WHERE id = ?", (document_id,))
    return str(rows[0][0]) if rows else None


def paths(catalogue: Path) -> list[str]:
    """The paths of all documents, sorted; none if the catalogue cannot be read."""
    return [os.fsdecode(path) for (path,) in _rows(catalogue, "SELECT path FROM documents ORDER BY path", ())]


def fact(catalogue: Path, name: str) -> str | None:
    """A value stored with the library (`Catalogue.fact`); None if it is not set, or cannot be read."""
    rows = _rows(catalogue, "SELECT value FROM facts WHERE name = ?", (name,))
    return str(rows[0][0]) if rows else None


@dataclass(frozen=True, slots=True)
class Remains:
    """What a new catalogue takes from one that cannot be used."""

    sources: tuple[str, ...]
    """The sources."""
    exclusions: tuple[bytes, ...]
    """The rows of the excluded paths (`ingest.catalogue.exclusions`)."""
    exclusion_key: str
    """The key of their digests, in hex; empty if it cannot be read."""


def remains(catalogue: Path) -> Remains:
    """What can still be read of a catalogue that is damaged or has another layout."""
    sources = _rows(catalogue, "SELECT path FROM sources", ())
    excluded = _rows(catalogue, "SELECT path FROM excluded", ())
    return Remains(
        tuple(os.fsdecode(path) for (path,) in sources if isinstance(path, bytes | str)),
        tuple(row for (row,) in excluded if isinstance(row, bytes)),
        fact(catalogue, KEY) or "",
    )


def _rows(catalogue: Path, sql: str, values: Sequence[Any]) -> list[Any]:
    log = catalogue.with_name(f"{catalogue.name}-wal")
    mode = "mode=ro" if log.exists() else "mode=ro&immutable=1"
    try:
        cipher = cipher_of(catalogue.parent)
        with closing(cipher.connect(f"{catalogue.absolute().as_uri()}?{mode}")) as database:
            return database.execute(sql, values).fetchall()
    except driver_errors(LibraryLocked):
        return []
