"""The exact vector store: it compares a question with every vector, by codes of one byte a dimension.

The codes lie in a file in the form in which they are compared (`ingest.vectors.rows`), so opening a library
of a million texts reads no vector of the catalogue. In an encrypted library, the file is encrypted
(`ingest.vectors.encrypted`). Without a file (a library that is read-only, a disk that is full) the codes are
in memory, and are made from the catalogue each time.

No graph of neighbours is kept, so nothing is missed: with or without a restriction, the true nearest are
among those that are proposed. docs/decisions.md has the measurements.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ingest.embedding import Vectors
from ingest.encryption import PLAIN, Cipher
from ingest.vectors.encrypted import EncryptedRows
from ingest.vectors.rows import FileRows, MemoryRows, as_rows, discard

log = logging.getLogger(__name__)

BLOCK = 512
"""Rows that are compared at once: their codes, as numbers, fit the processor's cache."""

Stored = Iterable[tuple[Sequence[str], Vectors]]
"""Names and unit vectors of shape (names, dimensions), in batches."""


class ExactVectors:
    """All vectors of a library. Threads take turns. Implements `VectorStore`."""

    def __init__(self, stored: Stored = (), *, file: Path | None = None, cipher: Cipher = PLAIN) -> None:
        """
        stored: the initial content.
        file: where to keep it; it is begun anew. None for memory alone.
        cipher: encrypts the file.
        """
        self._path = file
        self._cipher = cipher
        self._rows: FileRows | MemoryRows | None = None
        self._order: tuple[npt.NDArray[np.uint64], npt.NDArray[np.intp]] | None = None
        """First halves of all names in order, and the rows that have them; made when they are needed."""
        self._lock = threading.Lock()
        for names, vectors in stored:
            self.upsert(names, vectors)

    @classmethod
    def opened(
        cls,
        file: Path,
        state: str,
        stored: Callable[[], Stored],
        *,
        cipher: Cipher = PLAIN,
        read_only: bool = False,
    ) -> "ExactVectors":
        """The store in `file` if that belongs to the catalogue's state; otherwise it is made again.

        stored: returns what the catalogue has.
        read_only: whether to leave the file as it is, and to make the store in memory if need be.
        """
        store = cls(cipher=cipher)
        store._path = file
        try:
            store._rows = _rows_in(file, cipher, state=state)
        except (OSError, ValueError) as error:
            log.debug("vectors are read from the catalogue: %s", error)
            if not read_only:
                with suppress(OSError):
                    discard(file)
            store = cls(stored(), file=None if read_only else file, cipher=cipher)
            store.settle(state)
        return store

    def upsert(self, names: Sequence[str], vectors: Vectors) -> None:
        """Adds unit vectors, of shape (names, dimensions). A vector replaces the previous one of its name."""
        if not len(names):
            return
        with self._lock:
            if self._rows is None:
                self._rows = self._begun(vectors.shape[1])
            rows = as_rows(_as_numbers(names), vectors)
            known = self._find(rows["name"])
            try:
                self._put(self._rows, rows, known)
            except OSError as error:
                self._put(self._moved_to_memory(error), rows, known)

    def _put(
        self, kept: FileRows | MemoryRows, rows: npt.NDArray[np.void], known: npt.NDArray[np.intp]
    ) -> None:
        for at in np.flatnonzero(known >= 0):
            kept.write(int(known[at]), rows[at : at + 1])
        new = rows[known < 0]
        if len(new):
            kept.append(new)
            self._order = None

    def remove(self, names: Iterable[str]) -> None:
        """Removes vectors, and overwrites them in memory and in the file. Unknown names are ignored."""
        with self._lock:
            found = self._find(_as_numbers(list(names)))
            places = np.unique(found[found >= 0])
            if self._rows is None or not len(places):
                return
            try:
                self._take_out(self._rows, places)
            except OSError as error:
                self._take_out(self._moved_to_memory(error), places)
            self._order = None

    def _take_out(self, kept: FileRows | MemoryRows, places: npt.NDArray[np.intp]) -> None:
        left = kept.count - len(places)
        last = np.arange(left, kept.count)
        is_moved = ~np.isin(last, places)
        holes = places[places < left]
        for hole, moving in zip(holes, last[is_moved], strict=True):  # The last vectors fill the holes.
            kept.write(int(hole), kept.array[moving : moving + 1].copy())
        kept.shorten(left)

    def propose(self, vector: Vectors, k: int, *, among: Iterable[str] | None = None) -> list[str]:
        """The names of the `k` most similar vectors, best first; see `VectorStore`."""
        with self._lock:
            if self._rows is None or not self._rows.count:
                return []
            rows = self._rows.array
            if among is not None:
                found = self._find(_as_numbers(list(among)))
                rows = rows[np.unique(found[found >= 0])]
                if not len(rows):
                    return []
            similarities = _similarities(rows["codes"], rows["scale"], vector[0])
            k = min(k, len(rows))
            best = np.argpartition(-similarities, k - 1)[:k]
            best = best[np.argsort(-similarities[best], kind="stable")]
            return _as_names(rows["name"][best])

    def settle(self, state: str) -> None:
        """Flushes the file, which then belongs to the catalogue's state."""
        with self._lock:
            if self._rows is not None:
                try:
                    self._rows.settle(state)
                except OSError as error:
                    self._moved_to_memory(error)

    def close(self) -> None:
        """Closes the file, or overwrites the memory."""
        with self._lock:
            if self._rows is not None:
                self._rows.close()
            self._rows, self._order = None, None

    def __len__(self) -> int:
        """The number of vectors."""
        return self._rows.count if self._rows is not None else 0

    def _begun(self, dimensions: int) -> FileRows | MemoryRows:
        """Rows for the first vectors."""
        if self._path is not None:
            try:
                return _rows_in(self._path, self._cipher, dimensions)
            except OSError as error:
                log.warning("vectors are kept in memory: %s", error)
                self._path = None
        return MemoryRows(dimensions)

    def _moved_to_memory(self, error: OSError) -> MemoryRows:
        """The rows in memory, because the file cannot be written. It is deleted."""
        log.warning("vectors are kept in memory: %s", error)
        file, self._path = self._rows, None
        assert isinstance(file, FileRows | EncryptedRows)
        memory = MemoryRows(file.dimensions)
        memory.append(file.array)
        self._rows = memory
        with suppress(OSError):
            file.discard()
        return memory

    def _find(self, names: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
        """The row of each name, -1 for those that have none."""
        found = np.full(len(names), -1, np.intp)
        if self._rows is None or not self._rows.count or not len(names):
            return found
        kept = self._rows.array["name"]
        if self._order is None:
            order = np.argsort(kept[:, 0], kind="stable")
            self._order = (kept[order, 0], order)
        firsts, order = self._order
        at = np.searchsorted(firsts, names[:, 0])
        wanted = np.arange(len(names))
        while len(wanted):  # Again only if two names have the same first half.
            wanted = wanted[at[wanted] < len(firsts)]
            wanted = wanted[firsts[at[wanted]] == names[wanted, 0]]
            rows = order[at[wanted]]
            is_found = (kept[rows] == names[wanted]).all(axis=1)
            found[wanted[is_found]] = rows[is_found]
            wanted = wanted[~is_found]
            at[wanted] += 1
        return found


def _rows_in(file: Path, cipher: Cipher, dimensions: int = 0, *, state: str = "") -> FileRows | EncryptedRows:
    """The rows in a file of this state; with `dimensions`, of an empty file that replaces it.

    Raises what the two classes raise.
    """
    if cipher is PLAIN:
        return FileRows(file, dimensions, state=state)
    return EncryptedRows(file, cipher, dimensions, state=state)


def _similarities(
    codes: npt.NDArray[np.int8], scales: npt.NDArray[np.float32], vector: Vectors
) -> npt.NDArray[np.float32]:
    """The cosine similarity of each row and `vector`, shape (rows,), nearly."""
    result = np.empty(len(codes), np.float32)
    block = np.empty((BLOCK, codes.shape[1]), np.float32)
    for start in range(0, len(codes), BLOCK):
        part = codes[start : start + BLOCK]
        numbers = block[: len(part)]
        np.copyto(numbers, part)
        np.dot(numbers, vector, out=result[start : start + BLOCK])
    result *= scales
    return result


def _as_numbers(names: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Names of 32 hex digits as pairs of numbers, shape (names, 2)."""
    return np.frombuffer(bytes.fromhex("".join(names)), "<u8").reshape(-1, 2)


def _as_names(numbers: npt.NDArray[np.uint64]) -> list[str]:
    """The reverse of `_as_numbers`."""
    joined = np.ascontiguousarray(numbers).tobytes().hex()
    return [joined[start : start + 32] for start in range(0, len(joined), 32)]
