"""The vector index: finds the texts whose vectors are most similar to a given vector.

It is an array in memory, filled from the catalogue when it is opened. A query is compared with every vector,
which takes 0.1 s for a million vectors and a few milliseconds for a personal library. The search is
exact, with or without a filter. A graph of neighbours (HNSW) answers faster but misses some;
docs/decisions.md has the measurements. The index is never written to disk, so a crash cannot damage it
and no erased vector can remain in a file.
"""

import threading
from collections.abc import Iterable, Sequence

import numpy as np

from ingest.embedding import Vectors

_GROWTH = 5 / 4
"""Factor by which the array grows, at least, when it is full."""


class VectorIndex:
    """Vectors by name. Several threads may use one index; they take turns."""

    def __init__(self, stored: Iterable[tuple[Sequence[str], Vectors]] = ()) -> None:
        """stored: the initial content, in batches of names and unit vectors of shape (names, dimensions)."""
        self._names: list[str] = []
        self._rows_by_name: dict[str, int] = {}
        self._array: Vectors = np.zeros((0, 1), np.float32)
        """The first `len(self._names)` rows are vectors. The others are free."""
        self._lock = threading.Lock()
        for names, vectors in stored:
            self.upsert(names, vectors)

    def upsert(self, names: Sequence[str], vectors: Vectors) -> None:
        """Adds unit vectors, of shape (names, dimensions). A vector replaces the previous one of its name."""
        with self._lock:
            for name in names:
                if name not in self._rows_by_name:
                    self._rows_by_name[name] = len(self._names)
                    self._names.append(name)
            if len(self._names) > len(self._array):
                rows = max(len(self._names), int(len(self._array) * _GROWTH))
                larger = np.zeros((rows, vectors.shape[1]), np.float32)
                larger[: len(self._array)] = self._array
                self._array = larger
            self._array[[self._rows_by_name[name] for name in names]] = vectors

    def remove(self, names: Iterable[str]) -> None:
        """Removes vectors and overwrites their memory. Unknown names are ignored."""
        with self._lock:
            for name in names:
                row = self._rows_by_name.pop(name, None)
                if row is None:
                    continue
                # The last vector moves to the free row.
                last = self._names.pop()
                if last != name:
                    self._names[row] = last
                    self._rows_by_name[last] = row
                    self._array[row] = self._array[len(self._names)]
                self._array[len(self._names)] = 0.0

    def nearest(
        self, vector: Vectors, k: int, *, among: Iterable[str] | None = None
    ) -> list[tuple[str, float]]:
        """The `k` most similar vectors as (name, cosine similarity), best first.

        vector: a unit vector of shape (1, dimensions).
        among: restricts the result to these names. Unknown names are ignored.
        """
        with self._lock:
            if among is None:
                rows = np.arange(len(self._names))
                vectors = self._array[: len(self._names)]
            else:
                known = [self._rows_by_name[name] for name in among if name in self._rows_by_name]
                rows = np.array(known, dtype=int)
                vectors = self._array[rows]
            if not len(rows):
                return []
            similarities = vectors @ vector[0]
            k = min(k, len(similarities))
            best = np.argpartition(-similarities, k - 1)[:k]
            ordered = best[np.argsort(-similarities[best], kind="stable")]
            return [(self._names[rows[place]], float(similarities[place])) for place in ordered]

    def __len__(self) -> int:
        """The number of vectors."""
        return len(self._names)
