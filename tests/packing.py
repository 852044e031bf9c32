"""Files of packed weights for tests: an encoder of a few kilobytes with random weights.

Written from the description in `ingest.embedding.packed`, independently of the reader.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIDTH, LAYERS, HEADS, WIDE, MOST_TOKENS = 32, 2, 2, 64, 64
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
LETTERS = [chr(code) for first, last in ((0x21, 0x17F), (0x3B1, 0x45F)) for code in range(first, last)]
PIECES = [*SPECIAL, "\u2581", *LETTERS, *"賃貸契約は六月に終わる。عقدالإيجار😀", "\u2581the", "lease"]

Matrix = NDArray[np.float32]


@dataclass
class Packed:
    """The content of such a file, and the weights that it stands for."""

    data: bytes = b""
    weights: dict[str, Matrix] = field(default_factory=dict)
    """By name, in float32, as a reader should see them."""


def packed(seed: int = 1, *, pieces: Sequence[str] = PIECES, version: int = 1) -> Packed:
    """A model whose weights depend on `seed` alone."""
    random = np.random.default_rng(seed)
    result = Packed()
    tensors: list[tuple[str, int, int, bytes]] = []

    def floats(name: str, values: Matrix) -> None:
        result.weights[name] = values
        tensors.append((name, 0, values.size, values.astype("<f4").tobytes()))

    def four_bits(name: str, rows: int, columns: int) -> None:
        nibbles = random.integers(0, 16, (rows, columns // 32, 32)).astype(np.uint8)
        scales = (random.random((rows, columns // 32)) * 0.04 + 0.005).astype("<f2")
        content = b"".join(
            scales[row, block].tobytes() + bytes(low | high << 4 for low, high in zip(*halves, strict=True))
            for row in range(rows)
            for block in range(columns // 32)
            for halves in [nibbles[row, block].reshape(2, 16).tolist()]
        )
        result.weights[name] = (
            (nibbles.astype(np.float32) - 8) * scales.astype(np.float32)[..., None]
        ).reshape(rows, columns)
        tensors.append((name, 1, rows * columns, content))

    def vector(size: int, around: float = 0.0) -> Matrix:
        return (random.normal(around, 0.1, size)).astype(np.float32)

    four_bits("emb.word", len(pieces), WIDTH)
    floats("emb.pos", vector(MOST_TOKENS * WIDTH))
    floats("emb.type", vector(2 * WIDTH))
    floats("emb.ln.w", vector(WIDTH, 1.0))
    floats("emb.ln.b", vector(WIDTH))
    for layer in range(LAYERS):
        for name, rows, columns in (
            ("q", WIDTH, WIDTH),
            ("k", WIDTH, WIDTH),
            ("v", WIDTH, WIDTH),
            ("ao", WIDTH, WIDTH),
            ("fi", WIDE, WIDTH),
            ("fo", WIDTH, WIDE),
        ):
            four_bits(f"l{layer}.{name}.w", rows, columns)
            floats(f"l{layer}.{name}.b", vector(rows))
        for name in ("aln", "oln"):
            floats(f"l{layer}.{name}.w", vector(WIDTH, 1.0))
            floats(f"l{layer}.{name}.b", vector(WIDTH))

    spelled = [piece.encode() for piece in pieces]
    offsets = np.cumsum([0, *map(len, spelled)]).astype("<u4").tobytes()
    scores = np.array([0.0 if piece in SPECIAL else -float(8 - len(piece)) for piece in pieces], "<f4")
    replacement = struct.pack("<IBI", 0xA0, 1, 0x20)
    head = b"E5S1" + struct.pack("<I", version)
    head += struct.pack("<7ifi", WIDTH, LAYERS, HEADS, WIDE, len(pieces), MOST_TOKENS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, sum(map(len, spelled)))
    head += offsets + scores.tobytes() + b"".join(spelled)
    head += struct.pack("<iI", 1, len(replacement)) + replacement + struct.pack("<i", len(tensors))
    place = len(head) + sum(2 + len(name) + 21 for name, *_ in tensors)
    directory, contents = b"", b""
    for name, kind, count, content in tensors:
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, count, place + len(contents), len(content))
        contents += content
    result.data = head + directory + contents
    return result


def packed_file(path: Path, seed: int = 1) -> Path:
    """Writes such a file, and returns its path."""
    path.write_bytes(packed(seed).data)
    return path
