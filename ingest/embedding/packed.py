"""Reads a file of packed weights: a BERT encoder in 4 bits with its tokenizer, in one file.

The file begins with `E5S1`, a version and the sizes of the model. The tokenizer follows: pieces of a unigram
model with their scores, and a table of characters to replace. Then comes a directory of tensors. All numbers
are little-endian. A tensor is float32, or 4 bits: blocks of 32 weights of a row, each block a float16 scale
and 16 bytes whose low halves are the first 16 weights and whose high halves are the others. A weight is its
four bits, less 8, times the scale.

Nothing in the file is code, and nothing beyond its end is read: a damaged file raises `IngestError`.
"""

import mmap
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.errors import IngestError

MAGIC = b"E5S1"
"""The first bytes of such a file."""

BLOCK = 32
"""Weights that share a scale."""

ZERO = 8
"""The four bits that stand for the weight 0."""

_VERSION = 1
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
_FLOATS, _FOUR_BITS = 0, 1
_MOST = 1 << 28
"""A count above this is damage."""


Floats = NDArray[np.float32]
"""Any shape."""


@dataclass(frozen=True, slots=True)
class FourBits:
    """A matrix in 4 bits."""

    nibbles: NDArray[np.uint8]
    """Shape (rows, columns), each 0 to 15."""
    scales: Floats
    """Shape (rows, columns / `BLOCK`)."""

    def dequantized(self) -> Floats:
        """The matrix in float32, shape (rows, columns)."""
        rows, columns = self.nibbles.shape
        blocks = self.nibbles.reshape(rows, columns // BLOCK, BLOCK).astype(np.float32) - ZERO
        return (blocks * self.scales[:, :, None]).reshape(rows, columns)

    @classmethod
    def joined(cls, matrices: Sequence["FourBits"]) -> "FourBits":
        """Matrices of equally many columns, one below the other."""
        return cls(
            np.concatenate([matrix.nibbles for matrix in matrices]),
            np.concatenate([matrix.scales for matrix in matrices]),
        )


class PackedModel:
    """An opened file of packed weights. The tensors are read when they are asked for."""

    def __init__(self, path: Path) -> None:
        """Raises `IngestError` for a file that is not such a file, or is damaged."""
        self._path = path
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise IngestError(f"{path} is not a file of packed weights: it does not begin with E5S1.")
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._place = len(MAGIC)
        (version,) = self._numbers("I")
        if version != _VERSION:
            raise self._damaged(f"it has version {version}")
        sizes = self._numbers("7ifi")
        self.dimensions, self.layers, self.heads, self.hidden, self.vocabulary, self.max_tokens, _ = (
            int(size) for size in sizes[:7]
        )
        """Elements of a vector, layers, attention heads, elements between the two halves of a layer, rows of
        the embedding, and the longest text in tokens."""
        self.epsilon = float(sizes[7])
        """What layer normalisation adds to the variance."""
        if sizes[8] != BLOCK or self.heads < 1 or self.dimensions % BLOCK or self.hidden % BLOCK:
            raise self._damaged("its sizes are not those of a model in blocks of 32 weights")
        count, self.begin, self.end, self.padding, self.unknown = map(int, self._numbers("5i"))
        """Numbers of the special tokens."""
        (bytes_of_pieces,) = map(int, self._numbers("Q"))
        offsets = self._array("<u4", count + 1)
        scores = self._array("<f4", count)
        spelled = bytes(self._array("u1", bytes_of_pieces))
        try:
            self.pieces = [
                (spelled[start:end].decode(), float(score))
                for start, end, score in zip(offsets[:-1], offsets[1:], scores, strict=True)
            ]
            """The pieces of the unigram model with their scores, in the order of their numbers."""
        except UnicodeDecodeError as exc:
            raise self._damaged(str(exc)) from exc
        _, bytes_of_replacements = map(int, self._numbers("iI"))
        self._array("u1", bytes_of_replacements)
        (tensors,) = map(int, self._numbers("i"))
        self._directory: dict[str, tuple[int, int, int]] = {}
        """Kind, number of weights and place of each tensor."""
        for _ in range(min(tensors, _MOST)):
            (length,) = map(int, self._numbers("H"))
            name = bytes(self._array("u1", length)).decode("ascii", "replace")
            kind, weights, place, _ = map(int, self._numbers("BIQQ"))
            self._directory[name] = (kind, weights, place)

    def floats(self, name: str) -> Floats:
        """The tensor `name` in float32, one-dimensional. Raises `IngestError` when there is none."""
        weights = self._find(name, _FLOATS)
        return self._array("<f4", weights).astype(np.float32)

    def four_bits(self, name: str, columns: int) -> FourBits:
        """The matrix `name` with `columns` columns. Raises `IngestError` when there is none."""
        weights = self._find(name, _FOUR_BITS)
        if weights % columns or columns % BLOCK:
            raise self._damaged(f"{name} has {weights} weights")
        blocks = self._array(_BLOCK, weights // BLOCK)
        nibbles = np.concatenate(
            [blocks["nibbles"] & np.uint8(0x0F), blocks["nibbles"] >> np.uint8(4)], axis=1
        )
        return FourBits(
            nibbles.reshape(-1, columns),
            blocks["scale"].astype(np.float32).reshape(-1, columns // BLOCK),
        )

    def _find(self, name: str, kind: int) -> int:
        """Goes to the tensor `name`; returns how many weights it has."""
        found, weights, self._place = self._directory.get(name, (-1, 0, 0))
        if found != kind:
            raise self._damaged(f"it has no tensor {name} of the expected kind")
        return weights

    def _numbers(self, form: str) -> tuple[int | float, ...]:
        packed = bytes(self._array("u1", struct.calcsize(f"<{form}")))
        return struct.unpack(f"<{form}", packed)

    def _array(self, kind: str | np.dtype[Any], count: int) -> NDArray[Any]:
        """The next `count` elements."""
        size = np.dtype(kind).itemsize * count
        if not 0 <= count <= _MOST or self._place + size > len(self._data):
            raise self._damaged("it is too short")
        array = np.frombuffer(self._data, kind, count, self._place)
        self._place += size
        return array

    def _damaged(self, reason: str) -> IngestError:
        return IngestError(
            f"The model file {self._path} is damaged: {reason}.",
            remedy="Get the file again. docs/models.md says how.",
        )
