"""Vectors of an encrypted library: rows in memory, kept in a file that is encrypted as a whole.

Opening such a library decrypts the file, which takes milliseconds where reading the vectors from an encrypted
catalogue takes seconds. The file is removed before any row changes and written when the rows are settled, so
it never holds a row that was removed. It names the state of the catalogue that it belongs to.
"""

import os
import struct
from pathlib import Path

import numpy as np

from ingest.encryption import Cipher
from ingest.vectors.rows import SAFE, MemoryRows, Rows, discard, row_type, write_all

_HEADER = struct.Struct("<IQ64s")
"""Dimensions, rows, the catalogue's state."""

_DRAFT = ".draft"
"""Ending of the file that is being written."""


class EncryptedRows(MemoryRows):
    """Rows in memory and in an encrypted file. A change raises `OSError` when the file cannot be removed."""

    def __init__(self, path: Path, cipher: Cipher, dimensions: int = 0, *, state: str = "") -> None:
        """Decrypts the file of this state; with `dimensions`, replaces the file by an empty one.

        Raises `OSError` when the file cannot be used, and `ValueError` if it is of another state or damaged.
        """
        self._path = path
        self._cipher = cipher
        self._settled = not dimensions
        if dimensions:
            self._remove()
            super().__init__(dimensions)
            return
        content = cipher.decrypt(path.name, path.read_bytes())
        if len(content) < _HEADER.size:
            raise ValueError("the file is incomplete")
        dimensions, count, stored = _HEADER.unpack_from(content)
        if not state or stored.rstrip(b"\0") != state.encode("ascii"):
            raise ValueError("the file is of another state")
        super().__init__(dimensions)
        super().append(np.frombuffer(content, row_type(dimensions), count, _HEADER.size))

    def append(self, rows: Rows) -> None:
        """Adds rows at the end."""
        self._unsettle()
        super().append(rows)

    def write(self, at: int, rows: Rows) -> None:
        """Overwrites rows from the one at `at` on."""
        self._unsettle()
        super().write(at, rows)

    def shorten(self, count: int) -> None:
        """Overwrites all rows but the first `count` with zeros, and drops them."""
        self._unsettle()
        super().shorten(count)

    def settle(self, state: str) -> None:
        """Encrypts the rows, with their state."""
        if self._settled:
            return
        header = _HEADER.pack(self.dimensions, self.count, state.encode("ascii"))
        encrypted = self._cipher.encrypt(self._path.name, header + self.array.tobytes())
        file = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | SAFE, 0o600)
        try:
            write_all(file, encrypted, 0)
            os.fsync(file)
        finally:
            os.close(file)
        self._draft.replace(self._path)
        self._settled = True

    def close(self) -> None:
        """Overwrites the rows in memory. The file stays as it is."""
        super().shorten(0)

    def discard(self) -> None:
        """Overwrites the rows in memory, and deletes the file."""
        self.close()
        self._remove()

    def _unsettle(self) -> None:
        """Removes the file before anything changes."""
        if self._settled:
            self._remove()
            self._settled = False

    def _remove(self) -> None:
        """Deletes the file and what a killed process left of one. Raises `OSError` when that fails."""
        discard(self._path)
        discard(self._draft)

    @property
    def _draft(self) -> Path:
        return self._path.with_name(self._path.name + _DRAFT)
