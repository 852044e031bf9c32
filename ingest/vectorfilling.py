"""Embeds the texts that have no vector, one batch at a time, on the pipeline's embedding thread."""

import threading
from collections.abc import Callable

from ingest.catalogue import Catalogue
from ingest.embedding import Embedder
from ingest.gate import Gate
from ingest.vectors import VectorStore

BATCHES_UNCOUNTED = 16
"""Batches between two looks at all that is not embedded yet, which takes a second in a large library."""

EMBED_BATCH = 128
"""Texts embedded between two commits. A file that was just saved may have to wait for one batch."""

TEXTS_PER_FILE = 5
"""A low estimate of the number of texts that an average file has."""


class _Stopped(Exception):
    """`stop` was called while the embedder waited at the gate."""


class VectorFiller:
    """Computes missing vectors and marks documents that have all of theirs as indexed."""

    def __init__(
        self,
        catalogue: Catalogue,
        vectors: Callable[[], VectorStore],
        embedder: Callable[[], Embedder],
        *,
        gate: Gate,
        turn: threading.RLock,
    ) -> None:
        """
        vectors, embedder: return the index and the embedder; called when there are texts to embed.
        gate: the embedder waits at it between its batches.
        turn: held while catalogue and vector index are changed together.
        """
        self._catalogue = catalogue
        self._vectors = vectors
        self._embedder = embedder
        self._gate = gate
        self._turn = turn
        self._stopping = threading.Event()
        self._batches = 0
        self._left = 0
        """Texts without a vector, when they were counted last, less those embedded since."""

    def stop(self) -> None:
        """Makes a `fill` that waits at the gate return without a result. May be called on any thread."""
        self._stopping.set()

    def fill(self, files_queued: int) -> tuple[int, list[str]]:
        """Embeds one batch, the most recently changed documents first.

        files_queued: number of files that are still to be read; the embedder prepares for their texts.

        Returns the number of texts, 0 when none is left, and the paths of the documents that are indexed now.
        """
        texts = self._catalogue.chunks.texts_to_embed(EMBED_BATCH)
        if not texts:
            self._left, self._batches = 0, 0
            return 0, self._catalogue.documents.mark_indexed()
        embedder = self._embedder()
        is_counting = self._batches % BATCHES_UNCOUNTED == 0
        self._batches += 1
        self._left = self._catalogue.chunks.count_without_vector() if is_counting else self._left
        embedder.expect(self._left + TEXTS_PER_FILE * files_queued)
        self._left = max(0, self._left - len(texts))
        try:
            vectors = embedder.embed(list(texts.values()), between=self._give_way)
        except _Stopped:
            return 0, []
        names = list(texts)
        with self._turn:
            wanted = self._catalogue.chunks.ids_by_vector(names)
            rows = [row for row, name in enumerate(names) if name in wanted]
            # The index first: a vector that the catalogue has is never computed again.
            index, stored = self._vectors(), [names[row] for row in rows]
            index.upsert(stored, vectors[rows])
            try:
                self._catalogue.chunks.store_vectors(stored, vectors[rows])
            except BaseException:
                index.remove(stored)  # Nothing else would, should their text be deleted.
                raise
        # Documents that need no text embedded, such as copies, are looked for from time to time.
        return len(names), self._catalogue.documents.mark_indexed(None if is_counting else names)

    def _give_way(self) -> None:
        """Waits while the gate is held, for example while a question is answered."""
        while not self._gate.wait(0.1):
            if self._stopping.is_set():
                raise _Stopped
