"""The vector index: which texts are nearest to a vector. In memory, read from the catalogue when opened.

Every vector is compared with: a million of them take a tenth of a second, a person's library a few
milliseconds, and none is ever missed, whichever of them a filter leaves. A graph of neighbours
(HNSW) answers faster and misses some: docs/decisions.md has what was measured. There is no file of
its own to be damaged by a kill, or to hold what was forgotten.
"""

import threading
from collections.abc import Iterable, Sequence

import numpy as np

from ingest.embedding import Vectors


class VectorIndex:
    """Vectors by name. Several threads may use one; they take turns."""

    def __init__(self, stored: Iterable[tuple[Sequence[str], Vectors]] = ()) -> None:
        """stored: what it holds at first, in batches of names and unit vectors, shape (names, dimensions)."""
        self._names: list[str] = []
        self._places: dict[str, int] = {}
        self._rows: Vectors = np.zeros((0, 1), np.float32)
        """The first `len(self._names)` are vectors; the rest is room."""
        self._turn = threading.Lock()
        for names, vectors in stored:
            self.upsert(names, vectors)

    def upsert(self, names: Sequence[str], vectors: Vectors) -> None:
        """Adds vectors, replacing those whose name is held already."""
        with self._turn:
            for name in names:
                if name not in self._places:
                    self._places[name] = len(self._names)
                    self._names.append(name)
            if len(self._names) > len(self._rows):
                grown = np.zeros(
                    (max(len(self._names), len(self._rows) * 5 // 4), vectors.shape[1]), np.float32
                )
                grown[: len(self._rows)] = self._rows
                self._rows = grown
            self._rows[[self._places[name] for name in names]] = vectors

    def remove(self, names: Iterable[str]) -> None:
        """Forgets vectors; names that are not held are ignored."""
        with self._turn:
            for name in names:
                place = self._places.pop(name, None)
                if place is None:
                    continue
                last = self._names.pop()
                if last != name:
                    self._names[place] = last
                    self._places[last] = place
                    self._rows[place] = self._rows[len(self._names)]
                self._rows[len(self._names)] = 0.0

    def nearest(
        self, vector: Vectors, k: int, *, among: Iterable[str] | None = None
    ) -> list[tuple[str, float]]:
        """The `k` names most similar to `vector`, shape (1, dimensions), with their cosine, best first.

        `among` restricts the answer to those names; others than are held are ignored.
        """
        with self._turn:
            if among is None:
                places = np.arange(len(self._names))
                rows = self._rows[: len(self._names)]
            else:
                places = np.array([self._places[name] for name in among if name in self._places], dtype=int)
                rows = self._rows[places]
            if not len(places):
                return []
            similarities = rows @ vector[0]
            k = min(k, len(similarities))
            best = np.argpartition(-similarities, k - 1)[:k]
            ordered = best[np.argsort(-similarities[best], kind="stable")]
            return [(self._names[places[at]], float(similarities[at])) for at in ordered]

    def __len__(self) -> int:
        """How many vectors are held."""
        return len(self._names)
