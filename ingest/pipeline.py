"""One source through all stages: walk, compare, read, parse, chunk, store, embed, index.

A file that cannot be read costs itself only: it is kept with its reason and the run goes on. A
document becomes *indexed* when the catalogue and the vector index both hold it; a run that is
interrupted anywhere is taken up by the next one where it stopped, and nothing is embedded twice.

Called by the façade; it decides nothing about locks, seals or screens.
"""

import hashlib
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.catalogue import Catalogue, Known
from ingest.chunking import chunks, embedded_text
from ingest.embedding import Embedder
from ingest.errors import IngestError, UnreadableDocument
from ingest.parsers import media_type, parse
from ingest.sources import Candidate, Stamp, plan, read, walk
from ingest.vectors import VectorIndex

EMBED_AT_ONCE = 256
"""Chunks gathered before they are embedded: enough to sort by length, little to lose."""

FREE_BYTES = 64 << 20
"""Space (64 MiB) that must stay free on the library's disk; indexing stops before it is used up."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Event: how far indexing has come."""

    files_done: int
    files_total: int
    """Files to read in this run; those that have not changed are not among them."""
    path: str
    """The file being read."""


@dataclass(frozen=True, slots=True)
class Report:
    """What indexing a source did, in files where nothing else is said."""

    added: int
    changed: int
    unchanged: int
    removed: int
    failed: tuple[tuple[str, str], ...]
    """Those that could not be read in this run: path and reason."""
    skipped: tuple[tuple[str, str], ...]
    """Those left out by rule: path and reason."""
    chunks: int
    """Chunks embedded in this run."""
    seconds: float


@dataclass(slots=True)
class _Tally:
    """A run's figures while they grow."""

    added: int = 0
    changed: int = 0
    touched: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    chunks: int = 0
    waiting: int = 0
    """Chunks stored and not yet embedded."""


class Pipeline:
    """Brings a library up to date with its sources."""

    def __init__(
        self,
        catalogue: Catalogue,
        vectors: VectorIndex,
        embedder: Embedder,
        *,
        disk: Path,
        chunk_tokens: int,
        largest_file: int,
    ) -> None:
        """
        disk: any path on the disk the library lies on.
        chunk_tokens: what a chunk aims at, in the embedder's tokens.
        largest_file: bytes; larger files are skipped.
        """
        self._catalogue = catalogue
        self._vectors = vectors
        self._embedder = embedder
        self._disk = disk
        self._chunk_tokens = chunk_tokens
        self._largest_file = largest_file

    def update(self, root: str) -> Iterator[Progress | Report]:
        """Indexes what is new or changed at or below `root` and drops what is gone.

        Yields `Progress` as it goes and one `Report` at the end. Raises `IngestError` when `root`
        cannot be reached or the disk is nearly full.
        """
        began = time.perf_counter()
        excluded = self._catalogue.excluded()
        known = self._catalogue.known(root)
        found = (
            entry for entry in walk(root, limit=self._largest_file) if not _is_within(entry.path, excluded)
        )
        changes = plan(found, {path: file.stamp for path, file in known.items()})
        skipped = tuple((entry.path, entry.reason) for entry in changes.skipped)
        self._drop_vectors(self._catalogue.remove(changes.gone))
        self._catalogue.skip(root, skipped)
        tally = _Tally()
        total = len(changes.to_read)
        for done, candidate in enumerate(changes.to_read):
            self._require_space()
            yield Progress(done, total, candidate.path)
            self._take(candidate, known.get(candidate.path), tally)
            if tally.waiting >= EMBED_AT_ONCE:
                for _ in self._embed(tally):
                    yield Progress(done + 1, total, candidate.path)
        for _ in self._embed(tally):
            yield Progress(total, total, root)
        yield Report(
            added=tally.added,
            changed=tally.changed,
            unchanged=len(changes.unchanged) + tally.touched,
            removed=len(changes.gone),
            failed=tuple(tally.failed),
            skipped=skipped,
            chunks=tally.chunks,
            seconds=time.perf_counter() - began,
        )

    def _take(self, candidate: Candidate, before: Known | None, tally: _Tally) -> None:
        """One file into the catalogue, as a pending document or with the reason why not."""
        path = candidate.path
        # A stamp no file has: one that cannot be opened is tried on every run, because what opens it
        # (a permission, a hard link that goes) changes neither its size nor its time.
        stamp = Stamp(candidate.size, 0)
        try:
            data, stamp = read(path, limit=self._largest_file)
            digest = hashlib.sha256(data).hexdigest()
            if before is not None and before.digest == digest:
                self._catalogue.touch(path, stamp)
                tally.touched += 1
                return
            document = parse(path, data)
        except UnreadableDocument as error:
            gone = self._catalogue.fail(path, error.message, stamp=stamp, media_type=media_type(path))
            self._drop_vectors(gone)
            tally.failed.append((path, error.message))
            return
        pieces = list(chunks(document, self._embedder.count, self._chunk_tokens))
        self._drop_vectors(self._catalogue.store(document, pieces, digest=digest, stamp=stamp))
        tally.waiting += len(pieces)
        if before is None:
            tally.added += 1
        else:
            tally.changed += 1

    def _embed(self, tally: _Tally) -> Iterator[None]:
        """Gives every stored chunk its vector, also those of an interrupted run; yields as it goes."""
        while waiting := self._catalogue.pending(EMBED_AT_ONCE):
            self._require_space()
            ids = [chunk.id for _, chunk in waiting]
            vectors = self._embedder.embed([embedded_text(title, chunk) for title, chunk in waiting])
            # In this order: a vector the catalogue holds is never embedded again, so the index has it first.
            self._vectors.upsert(ids, vectors)
            self._catalogue.put_vectors(ids, vectors)
            self._catalogue.settle()
            tally.chunks += len(ids)
            yield
        self._catalogue.settle()
        tally.waiting = 0

    def _drop_vectors(self, chunk_ids: Sequence[str]) -> None:
        if chunk_ids:
            self._vectors.remove(chunk_ids)

    def _require_space(self) -> None:
        free = shutil.disk_usage(self._disk).free
        if free < FREE_BYTES:
            raise IngestError(
                f"The disk is nearly full: {free >> 20} MiB are left beside {self._disk}. Nothing is lost.",
                remedy="Free some space and run the command again; it goes on where it stopped.",
            )


def _is_within(path: str, roots: Sequence[str]) -> bool:
    return any(path == root or path.startswith(root + "/") for root in roots)
