"""Verifies what the catalogue promises, part by part: `carrel check`.

A promise is what other modules rely on without looking: each document's text is what was stored, each chunk
lies on its page, the full-text index has the words of every chunk and no others, an indexed document's chunks
have vectors, and every document lies in a source. Nothing is changed. Each part is read in one snapshot, so a
library is checked while its owner changes it.

What has no second record is not verified: times, sizes and links. A vector is only tested for its length,
because computing it again takes as long as indexing.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from ingest.catalogue.chunks import NUMBER, ChunkTable
from ingest.catalogue.codes import CodeTable
from ingest.catalogue.exclusions import malformed
from ingest.catalogue.fulltext import FullTextIndex
from ingest.catalogue.sources import SourceTable
from ingest.database import Database
from ingest.documents import document_id, is_within
from ingest.errors import LibraryDamaged

NAMED = 5
"""Documents that one fault names; it counts the others."""

LENGTH_TOLERANCE = 1e-3
"""How far the length of a vector may be from 1."""

REINDEX = "Run `carrel reindex`: it reads your documents again and keeps the conversations."
"""What to do about most faults."""

RETRY = "Run `carrel retry`: it reads them again."
"""What to do about documents."""

_PAIRED = "documents JOIN chunks ON chunks.document = documents.key"


@dataclass(frozen=True, slots=True)
class Damage:
    """A promise that does not hold."""

    message: str
    """What is wrong, as part of a sentence without a full stop."""
    remedy: str
    """What to do about it."""


@dataclass(frozen=True, slots=True)
class Verified:
    """One part of the catalogue after it was verified."""

    part: str
    """What it is, such as `full text`."""
    summary: str
    """What it holds, in words; empty if it could not be read."""
    faults: tuple[Damage, ...]
    """What is wrong with it."""


Findings = tuple[str, list[Damage]]
"""A summary, and the faults."""


class Verification:
    """Verifies one catalogue."""

    def __init__(
        self,
        database: Database,
        *,
        codes: CodeTable,
        chunks: ChunkTable,
        full_text: FullTextIndex,
        sources: SourceTable,
        read_data: bool,
    ) -> None:
        """
        database: the catalogue's file, with its tables.
        read_data: whether to read all texts, words and vectors, not only what refers to them.
        """
        self._db = database
        self._codes = codes
        self._chunk_table = chunks
        self._index = full_text
        self._source_table = sources
        self._read_data = read_data

    def parts(self) -> Iterator[Verified]:
        """Verifies all parts, yielding each when it is done."""
        looks: tuple[tuple[str, Callable[[], Findings]], ...] = (
            ("catalogue", self._file),
            ("documents", self._documents),
            ("chunks", self._chunks),
            ("full text", self._full_text),
            ("vectors", self._vectors),
            ("sources", self._sources),
        )
        for part, look in looks:
            try:
                with self._snapshot():
                    summary, faults = look()
            except LibraryDamaged as error:
                summary, faults = "", [Damage(error.message.rstrip("."), REINDEX)]
            yield Verified(part, summary, tuple(faults))

    def _file(self) -> Findings:
        # The pages of the file are sound: a file is looked through before it is opened.
        states = self._db.rows("PRAGMA integrity_check(3)") if self._read_data else [("ok",)]
        faults = [Damage(f"damaged: {state}", REINDEX) for (state,) in states if state != "ok"]
        lost = sorted({str(row[0]) for row in self._db.rows("PRAGMA foreign_key_check")})
        if lost:
            faults.append(Damage(f"rows belong to no document: {', '.join(lost)}", REINDEX))
        return "the file is sound", faults

    def _documents(self) -> Findings:
        documents = {
            key: (os.fsdecode(path), identity, digest)
            for key, path, identity, digest in self._db.rows(
                "SELECT key, path, id, digest FROM documents WHERE state IN ('pending', 'indexed')"
            )
        }
        ((others,),) = self._db.rows("SELECT count(*) FROM documents WHERE state IN ('failed', 'skipped')")
        summary = f"{len(documents):,} with text, {others:,} without"
        strays = self._paths(
            "SELECT path FROM documents WHERE state NOT IN ('pending', 'indexed') AND "
            "key IN (SELECT document FROM pages UNION SELECT document FROM chunks)"
        )
        faults = [Damage(f"could not be read and have text: {_named(strays)}", REINDEX)] if strays else []
        if documents and not self._codes.has_own_key:
            message = "stored with another key, so Carrel cannot tell their text from text of another program"
            remedy = f"Put back the file integrity.key that belongs to the library. Without it: {REINDEX}"
            return summary, [*faults, Damage(message, remedy)]
        fits = self._codes.fits if self._read_data else self._codes.own_fits
        unlike = {
            key
            for key, (path, identity, digest) in documents.items()
            # Without a digest, an older Carrel stored it, and it is read again by the next update.
            if not fits(key) or digest is None or (digest and identity != document_id(path, digest))
        }
        unlike |= documents.keys() & self._codes.incomplete()
        if unlike:
            paths = (documents[key][0] for key in unlike)
            faults.append(Damage(f"not as they were stored: {_named(paths)}", RETRY))
        return summary, faults

    def _chunks(self) -> Findings:
        faults: list[Damage] = []
        if self._read_data:
            outside = self._paths(
                f"SELECT DISTINCT path FROM {_PAIRED} LEFT JOIN pages ON pages.document = documents.key "
                "AND number = coalesce(page, 1) "
                "WHERE text IS NULL OR first_char < 0 OR end_char <= first_char OR end_char > length(text)"
            )
            if outside:
                faults.append(Damage(f"they are outside their pages: {_named(outside)}", RETRY))
        return f"{self._chunk_table.totals()[0]:,}", faults

    def _full_text(self) -> Findings:
        missing, left_over = self._index.rows_apart()
        faults = []
        if missing:
            faults.append(Damage(f"the words of {missing:,} chunks are missing", REINDEX))
        if left_over:
            faults.append(Damage(f"it has the words of {left_over:,} chunks that do not exist", REINDEX))
        if self._read_data and not self._index.is_consistent():
            faults.append(Damage("its words are not those of its chunks", REINDEX))
        return "the words of all chunks, and no others", faults

    def _vectors(self) -> Findings:
        bare = self._paths(
            f"SELECT DISTINCT path FROM {_PAIRED} LEFT JOIN vectors ON name = chunks.vector "
            "WHERE state = 'indexed' AND name IS NULL"
        )
        faults = [Damage(f"missing for indexed documents: {_named(bare)}", REINDEX)] if bare else []
        sizes = [size for (size,) in self._db.rows("SELECT DISTINCT length(vector) FROM vectors")]
        if len(sizes) > 1 or any(size == 0 or size % NUMBER.itemsize for size in sizes):
            faults.append(Damage("their sizes differ", REINDEX))
        elif self._read_data:
            wrong = 0
            for _, vectors in self._chunk_table.all_vectors():
                with np.errstate(all="ignore"):
                    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
                wrong += int(np.count_nonzero(~(np.abs(lengths - 1.0) <= LENGTH_TOLERANCE)))
            if wrong:
                faults.append(Damage(f"{wrong:,} are not of length 1", REINDEX))
        return f"{self._chunk_table.totals()[1]:,}", faults

    def _sources(self) -> Findings:
        sources = self._source_table.paths()
        astray = [
            path
            for path in self._paths("SELECT path FROM documents")
            if not any(is_within(path, source) for source in sources)
        ]
        faults = [Damage(f"documents are in none of them: {_named(astray)}", REINDEX)] if astray else []
        if malformed(self._db):
            faults.append(Damage("the list of excluded paths cannot be read", REINDEX))
        return f"{len(sources):,}", faults

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Inside it, all reads see the same state."""
        with self._db.exclusive():
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("ROLLBACK")

    def _paths(self, sql: str) -> list[str]:
        return [os.fsdecode(path) for (path,) in self._db.rows(sql)]


def _named(paths: Iterable[str]) -> str:
    """Some of the paths, and how many more there are."""
    ordered = sorted(paths)
    more = f" and {len(ordered) - NAMED:,} more" if len(ordered) > NAMED else ""
    return ", ".join(ordered[:NAMED]) + more
