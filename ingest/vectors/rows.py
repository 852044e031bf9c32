"""Vectors as rows of codes: in memory, or in a file that is mapped into memory.

A row is a name, a scale and one byte for each dimension: a quarter of the vector's size. The codes times the
scale differ from the vector by 0.4% of its largest component, which is enough to find candidates.

The file is a header of one page, and the rows. It is read through a mapping and written by calls, so that a
full disk is an error and not the end of the process. Its space is reserved before it is used. The header
holds the state of the catalogue that the rows belong to, and their sum. It is cleared before any row changes
and written after all rows are on disk. So a file that a killed process left has no state, and is made again.
"""

import mmap
import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.embedding import Vectors

Rows = npt.NDArray[Any]
"""An array of rows; its type is `row_type`."""

HEADER_BYTES = 4096

GROWTH = 9 / 8
"""Factor by which the space for rows grows, at least."""

_HEADER = struct.Struct("<16sIQQ64s")
"""Magic, dimensions, rows, their sum, the catalogue's state."""

_MAGIC = b"carrel vectors 1"

LARGEST_CODE = 127


def row_type(dimensions: int) -> np.dtype[Any]:
    """The type of a row. Its size is a multiple of 8 bytes, so that rows can be added up as integers."""
    return np.dtype(
        {
            "names": ["name", "scale", "codes"],
            "formats": [("<u8", (2,)), "<f4", ("i1", (dimensions,))],
            "offsets": [0, 16, 20],
            "itemsize": (20 + dimensions + 7) // 8 * 8,
        }
    )


def as_rows(names: npt.NDArray[np.uint64], vectors: Vectors) -> Rows:
    """Rows of vectors, of shape (names, dimensions)."""
    rows = np.zeros(len(names), row_type(vectors.shape[1]))
    scales = np.maximum(np.abs(vectors).max(axis=1), np.finfo(np.float32).tiny) / LARGEST_CODE
    rows["name"] = names
    rows["scale"] = scales
    rows["codes"] = np.rint(vectors / scales[:, None])
    return rows


class MemoryRows:
    """Rows in memory."""

    def __init__(self, dimensions: int) -> None:
        self._array: Rows = np.zeros(0, row_type(dimensions))
        self.count = 0
        """The number of rows."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return int(self._array.dtype["codes"].shape[0])

    @property
    def array(self) -> Rows:
        """The rows. Valid until they are changed."""
        return self._array[: self.count]

    def append(self, rows: Rows) -> None:
        """Adds rows at the end."""
        end = self.count + len(rows)
        if end > len(self._array):
            larger = np.zeros(max(end, int(len(self._array) * GROWTH)), self._array.dtype)
            larger[: self.count] = self.array
            self._array = larger
        self._array[self.count : end] = rows
        self.count = end

    def write(self, at: int, rows: Rows) -> None:
        """Overwrites rows from the one at `at` on."""
        self._array[at : at + len(rows)] = rows

    def shorten(self, count: int) -> None:
        """Overwrites all rows but the first `count` with zeros, and drops them."""
        self._array[count : self.count] = np.zeros(1, self._array.dtype)
        self.count = count

    def settle(self, state: str) -> None:
        """Nothing is on disk."""

    def close(self) -> None:
        """Overwrites the rows."""
        self.shorten(0)


class FileRows:
    """Rows in a file. Every change raises `OSError` when it cannot be written."""

    def __init__(self, path: Path, dimensions: int = 0, *, state: str = "") -> None:
        """Opens the file of this state; with `dimensions`, begins it anew.

        Raises `OSError` when it cannot be used, and `ValueError` when it is of another state or damaged.
        """
        flags = os.O_RDWR if dimensions else (os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY)
        self._path = path
        self._file = os.open(path, flags | (os.O_CREAT if dimensions else 0) | SAFE, 0o600)
        self._map: mmap.mmap | None = None
        self._space = 0
        self.count = 0
        """The number of rows."""
        try:
            self._settled = not dimensions
            self._type = row_type(dimensions or self._dimensions(state))
            if dimensions:
                overwrite(self._file)
            else:
                self._take(state)
        except BaseException:
            self.close()
            raise

    def _dimensions(self, state: str) -> int:
        header = os.pread(self._file, _HEADER.size + 4, 0)
        if len(header) < _HEADER.size + 4 or zlib.crc32(header[:-4]) != int.from_bytes(header[-4:], "little"):
            raise ValueError("the file was not closed in order")
        magic, dimensions, self.count, self._sum, stored = _HEADER.unpack(header[:-4])
        if magic != _MAGIC or not state or stored.rstrip(b"\0") != state.encode("ascii") or not dimensions:
            raise ValueError("the file is of another state")
        return int(dimensions)

    def _take(self, state: str) -> None:
        size = os.fstat(self._file).st_size - HEADER_BYTES
        self._space, rest = divmod(size, self._type.itemsize)
        if rest or self._space < self.count:
            raise ValueError("the file is incomplete")
        self._remap()
        if self._total() != self._sum:
            raise ValueError("the file is damaged")

    def _remap(self) -> None:
        self._map = None  # Arrays that are still used keep the old one open.
        if self._space:
            size = HEADER_BYTES + self._space * self._type.itemsize
            self._map = mmap.mmap(self._file, size, mmap.MAP_SHARED, mmap.PROT_READ)

    def _total(self) -> int:
        if self._map is None:
            return 0
        words = self._space * self._type.itemsize // 8
        return int(np.frombuffer(self._map, "<u8", words, HEADER_BYTES).sum(dtype=np.uint64))

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return int(self._type["codes"].shape[0])

    @property
    def array(self) -> Rows:
        """The rows. Valid until they are changed."""
        if self._map is None:
            return np.zeros(0, self._type)
        return np.frombuffer(self._map, self._type, self.count, HEADER_BYTES)

    def append(self, rows: Rows) -> None:
        """Adds rows at the end."""
        end = self.count + len(rows)
        if end > self._space:
            self._unsettle()
            space = max(end, int(self._space * GROWTH))
            size = HEADER_BYTES + space * self._type.itemsize
            reserve(self._file, size)
            self._space = space
            self._remap()
        self.write(self.count, rows)
        self.count = end

    def write(self, at: int, rows: Rows) -> None:
        """Overwrites rows from the one at `at` on."""
        self._unsettle()
        write_all(self._file, rows.tobytes(), HEADER_BYTES + at * self._type.itemsize)

    def shorten(self, count: int) -> None:
        """Overwrites all rows but the first `count` with zeros, and drops them."""
        self._unsettle()
        width = self._type.itemsize
        write_all(self._file, bytes((self.count - count) * width), HEADER_BYTES + count * width)
        self.count = count

    def settle(self, state: str) -> None:
        """Flushes the rows, then records their state."""
        if self._settled:
            return
        if self._space > self.count:
            os.ftruncate(self._file, HEADER_BYTES + self.count * self._type.itemsize)
            self._space = self.count
            self._remap()
        os.fsync(self._file)
        header = _HEADER.pack(_MAGIC, self.dimensions, self.count, self._total(), state.encode("ascii"))
        write_all(self._file, header + zlib.crc32(header).to_bytes(4, "little"), 0)
        os.fsync(self._file)
        self._settled = True

    def _unsettle(self) -> None:
        """Clears the state before anything changes."""
        if self._settled:
            write_all(self._file, bytes(_HEADER.size + 4), 0)
            os.fsync(self._file)
            self._settled = False

    def close(self) -> None:
        """Closes the file, which stays as it is."""
        self._map = None
        os.close(self._file)

    def discard(self) -> None:
        """Closes the file, overwrites it and deletes it."""
        self.close()
        discard(self._path)


SAFE = os.O_NOFOLLOW | os.O_CLOEXEC
"""Flags for every file of rows: a link is not followed, and programs that are started do not get the file."""


def discard(path: Path) -> None:
    """Overwrites a file of rows and deletes it. Raises `OSError` when it cannot be deleted."""
    with suppress(OSError):
        file = os.open(path, os.O_RDWR | SAFE)
        try:
            overwrite(file)
        finally:
            os.close(file)
    path.unlink(missing_ok=True)


def overwrite(file: int) -> None:
    """Overwrites an open file with zeros, flushes it and empties it."""
    size = os.fstat(file).st_size
    for at in range(0, size, _PORTION):
        write_all(file, bytes(min(_PORTION, size - at)), at)
    if size:
        os.fsync(file)
    os.ftruncate(file, 0)


_PORTION = 1 << 20


def reserve(file: int, size: int) -> None:
    """Makes an open file so long, with the space on disk for it. Raises `OSError` on a full disk."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
        return
    for at in range(os.fstat(file).st_size, size, _PORTION):
        write_all(file, bytes(min(_PORTION, size - at)), at)


def write_all(file: int, data: bytes, at: int) -> None:
    """Writes all of `data`."""
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, at)
        view, at = view[written:], at + written
