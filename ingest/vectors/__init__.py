"""The vector store: finds the texts whose vectors are most similar to a given vector.

It is a seam. `ExactVectors`, the default, compares a question with every vector; `ChromaVectors` keeps them
in an index of Chroma. Both are derived from the catalogue, which alone is believed: what a store keeps on
disk is used if it was closed in order and belongs to the state that the catalogue is in, and is made again
otherwise. A store only proposes. The nearest of what it proposes are chosen by the exact vectors of the
catalogue (`nearest`), so a vector that a store should no longer have can never answer.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from ingest.catalogue import Catalogue
from ingest.embedding import Vectors

SPARE = 100
"""Vectors that a store proposes beyond those that are asked for, because it compares them less exactly."""


class VectorStore(Protocol):
    """Vectors by name. Names are 32 hex digits. Several threads may use one store."""

    def upsert(self, names: Sequence[str], vectors: Vectors) -> None:
        """Adds unit vectors, of shape (names, dimensions). A vector replaces the previous one of its name."""

    def remove(self, names: Iterable[str]) -> None:
        """Removes vectors, and overwrites them in memory and on disk. Unknown names are ignored."""

    def propose(self, vector: Vectors, k: int, *, among: Iterable[str] | None = None) -> list[str]:
        """The names of about the `k` most similar vectors, best first.

        vector: a unit vector of shape (1, dimensions).
        among: restricts the result to these names. Unknown names are ignored.
        """

    def settle(self, state: str) -> None:
        """Makes what is on disk complete. It is used again while the catalogue is in this state."""

    def close(self) -> None:
        """Releases files and memory. What was not settled is made again when the store is opened next."""

    def __len__(self) -> int:
        """The number of vectors."""


def nearest(
    store: VectorStore,
    catalogue: Catalogue,
    vector: Vectors,
    k: int,
    *,
    among: Iterable[str] | None = None,
) -> list[tuple[str, float]]:
    """The `k` most similar vectors as (name, cosine similarity), best first, by their exact values.

    vector, among: as in `VectorStore.propose`.
    """
    proposed = store.propose(vector, k + SPARE, among=among)
    exact = catalogue.chunks.vectors_named(proposed, vector.shape[1])
    similarities = {name: float(other @ vector[0]) for name, other in exact.items()}
    return sorted(similarities.items(), key=lambda item: (-item[1], item[0]))[:k]
