"""The vector index: which texts are nearest to a vector. Derived from the catalogue, never the truth.

Chroma is not safe when its process dies: killed while it writes its index files, it can come back
with an unreadable index, or with a file that grows without end. So an index is believed only when
it was closed in order. `state.json` says so: written last when an index is closed, with what the
index then held and the sizes of its files, and removed before the first change. An index without
it, one whose files have other sizes (reading those, Chroma can crash), or one that does not hold
what the catalogue does, is thrown away unopened and filled again from the catalogue's vectors, at
about 3,000 a second.

Chroma is given ids and vectors and nothing else: no text to store, and no text to embed, because
it would download a model for that. Its settings come from here alone: importing it reads a `.env`
in the current folder, so it is imported from inside the index's own.

`ExactIndex` holds the vectors in memory and compares with each.
"""

import contextlib
import json
import logging
import os
import resource
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ingest.embedding import Vectors
from ingest.errors import IngestError

log = logging.getLogger(__name__)

BATCH = 1000
"""Vectors handed to Chroma at once; its own limit is above 5,000."""

LARGEST_FILE = 1 << 36
"""Bytes (64 GiB) no file of this process may grow past: a damaged index has been seen to write
files of terabytes."""


_GRAPH: dict[str, Any] = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32}
"""With Chroma's own 100 and 16, one of a thousand vectors of a real library was not even found by itself."""


class VectorIndex(Protocol):
    """Vectors by name. Several threads may use one; they take turns."""

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Adds vectors, replacing those whose id is held already."""

    def remove(self, ids: Sequence[str]) -> None:
        """Forgets vectors; ids that are not held are ignored."""

    def nearest(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The ids most similar to `vector` (shape (1, dimensions)) with their cosine, best first."""

    def refill(self, stored: Iterable[tuple[Sequence[str], Vectors]]) -> None:
        """Makes the index anew from `stored`, so that nothing is left of any other vector."""

    def __len__(self) -> int:
        """How many vectors are held."""

    def close(self) -> None:
        """Makes all changes durable; the index cannot be used afterwards."""


class ExactIndex:
    """Every vector in memory, compared one by one."""

    def __init__(self) -> None:
        self._vectors: dict[str, Vectors] = {}
        self._turn = threading.Lock()

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        with self._turn:
            self._vectors.update(zip(ids, vectors, strict=True))

    def remove(self, ids: Sequence[str]) -> None:
        with self._turn:
            for name in ids:
                self._vectors.pop(name, None)

    def nearest(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        with self._turn:
            held = dict(self._vectors)
        if not held:
            return []
        similarities = np.stack(list(held.values())) @ vector[0]
        best = np.argsort(-similarities, kind="stable")[:k]
        ids = list(held)
        return [(ids[i], float(similarities[i])) for i in best]

    def refill(self, stored: Iterable[tuple[Sequence[str], Vectors]]) -> None:
        with self._turn:
            self._vectors.clear()
            for ids, vectors in stored:
                self._vectors.update(zip(ids, vectors, strict=True))

    def __len__(self) -> int:
        return len(self._vectors)

    def close(self) -> None:
        self._vectors.clear()


class ChromaIndex:
    """Chroma's HNSW index in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        fingerprint: str,
        expected: int,
        stored: Iterable[tuple[Sequence[str], Vectors]],
    ) -> None:
        """Opens the index in `folder`, or fills a new one.

        `fingerprint` names how the vectors were made and `expected` how many the catalogue holds;
        `stored` yields them in batches and is read only when the index must be filled.
        Raises `IngestError` when the index can be neither opened nor filled.
        """
        self._folder = folder
        self._state = folder / "state.json"
        self._fingerprint = fingerprint
        self._turn = threading.RLock()
        _limit_file_size()
        if self._is_sound(expected):
            self._connect()
            if len(self) == expected:
                return
            self._client.close()
        if folder.exists():
            log.info("the vector index was not closed in order, or is out of date: filling it again")
        self._fill(stored)

    def _fill(self, stored: Iterable[tuple[Sequence[str], Vectors]]) -> None:
        discard(self._folder)
        self._folder.mkdir(parents=True, mode=0o700)
        self._connect()
        for ids, vectors in stored:
            self.upsert(ids, vectors)

    def refill(self, stored: Iterable[tuple[Sequence[str], Vectors]]) -> None:
        with self._turn:
            self._client.close()
            self._fill(stored)

    def _is_sound(self, expected: int) -> bool:
        """Whether the index was closed in order holding just this many vectors made just this way."""
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(state == self._described(expected))

    def _described(self, count: int) -> dict[str, Any]:
        """What `state.json` says of the index as its files are now, holding `count` vectors."""
        files = sorted(path for path in (self._folder / "chroma").rglob("*") if path.is_file())
        return {
            "fingerprint": self._fingerprint,
            "count": count,
            "bytes": {str(path.relative_to(self._folder)): path.stat().st_size for path in files},
        }

    def _connect(self) -> None:
        with contextlib.chdir(self._folder):
            # 0.7 s to import.
            import chromadb
            from chromadb.config import Settings

        settings = Settings(_env_file=None, anonymized_telemetry=False)  # type: ignore[call-arg]
        with self._translated():
            # Typed by an interface that lacks `close`.
            self._client: Any = chromadb.PersistentClient(self._folder / "chroma", settings)
            self._collection = self._client.get_or_create_collection(
                "chunks", embedding_function=None, configuration={"hnsw": _GRAPH}
            )

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """One thread at a time, and Chroma's errors as errors for people."""
        try:
            with self._turn:
                yield
        except Exception as error:  # Chroma raises its Rust side's errors untyped.
            raise IngestError(
                f"The vector index in {self._folder} cannot be used: {error}",
                remedy="Check the disk's free space, then delete that folder: it is filled again.",
            ) from error

    def _change(self) -> None:
        """To be called before anything is written."""
        self._state.unlink(missing_ok=True)

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        for start in range(0, len(ids), BATCH):
            part = slice(start, start + BATCH)
            with self._translated():
                self._change()
                self._collection.upsert(ids=list(ids[part]), embeddings=vectors[part])

    def remove(self, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), BATCH):
            with self._translated():
                self._change()
                self._collection.delete(ids=list(ids[start : start + BATCH]))

    def nearest(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        with self._translated():
            held = len(self)
            if held == 0:
                return []
            found: Any = self._collection.query(
                query_embeddings=vector, n_results=min(k, held), include=["distances"]
            )
        return [
            (name, 1.0 - distance)
            for name, distance in zip(found["ids"][0], found["distances"][0], strict=True)
        ]

    def __len__(self) -> int:
        with self._translated():
            return int(self._collection.count())

    def close(self) -> None:
        count = len(self)
        self._client.close()
        if self._state.exists():
            return
        for path in sorted(self._folder.rglob("*"), reverse=True):
            _sync(path)
        partial = self._state.with_suffix(".part")
        partial.write_text(json.dumps(self._described(count)), encoding="utf-8")
        _sync(partial)
        partial.replace(self._state)
        _sync(self._folder)


def discard(folder: Path) -> None:
    """Deletes an index, which must not be open; the next one in its place is filled from the catalogue."""
    if folder.exists():
        shutil.rmtree(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _limit_file_size() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if soft == resource.RLIM_INFINITY or soft > LARGEST_FILE:
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, hard))
