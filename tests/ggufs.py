"""GGUF files for tests: a language model of 40 kB that llama.cpp loads, and variations of it.

Written from the specification (docs/gguf.md in the ggml repository), independently of the reader.
"""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

Value = int | float | str | bytes | Sequence[str] | Sequence[float] | Sequence[int]
"""A metadata value: an int is written as U32, a float as F32, and bytes as they are, type included."""

Tensor = tuple[Sequence[int], int, int]
"""Dimensions, type and size in bytes of a tensor."""

WIDTH, ALIGNMENT = 32, 32

BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
TOKENS = ["<unk>", "<s>", "</s>", *BYTES, "\u2581"]
"""The last one is how this kind of vocabulary represents a space."""

MODEL: Mapping[str, Value] = {
    "general.architecture": "llama",
    "general.name": "Tiny",
    "general.license": "apache-2.0",
    "general.file_type": 0,
    "llama.context_length": 128,
    "llama.embedding_length": WIDTH,
    "llama.block_count": 1,
    "llama.feed_forward_length": WIDTH,
    "llama.attention.head_count": 2,
    "llama.attention.head_count_kv": 2,
    "llama.attention.layer_norm_rms_epsilon": 1e-5,
    "llama.rope.dimension_count": WIDTH // 2,
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.tokens": TOKENS,
    "tokenizer.ggml.scores": [0.0] * len(TOKENS),
    "tokenizer.ggml.token_type": [2, 3, 3] + [6] * len(BYTES) + [1],
    "tokenizer.chat_template": "{{ messages }}",
}


def _f32(*dimensions: int) -> Tensor:
    count = 1
    for dimension in dimensions:
        count *= dimension
    return dimensions, 0, 4 * count


TENSORS: Mapping[str, Tensor] = {
    "token_embd.weight": _f32(WIDTH, len(TOKENS)),
    "output_norm.weight": _f32(WIDTH),
    **{f"blk.0.{name}_norm.weight": _f32(WIDTH) for name in ("attn", "ffn")},
    **{
        f"blk.0.{name}.weight": _f32(WIDTH, WIDTH)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
    },
}
PARAMETERS = WIDTH * (len(TOKENS) + 3 + 7 * WIDTH)


def text(value: str | bytes) -> bytes:
    """Returns an encoded string: its length and its bytes."""
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def _value(value: Value) -> bytes:
    match value:
        case bytes():
            return value
        case str():
            return struct.pack("<I", 8) + text(value)
        case float():
            return struct.pack("<If", 6, value)
        case int():
            return struct.pack("<II", 4, value)
        case _:
            kind, written = _items(value)
            return struct.pack("<IIQ", 9, kind, len(value)) + written


def _items(values: Sequence[str] | Sequence[float] | Sequence[int]) -> tuple[int, bytes]:
    if all(isinstance(value, str) for value in values):
        return 8, b"".join(text(str(value)) for value in values)
    if all(isinstance(value, int) for value in values):
        return 5, b"".join(struct.pack("<i", value) for value in values)
    return 6, b"".join(struct.pack("<f", value) for value in values)


def gguf(
    changes: Mapping[str, Value | None] | None = None,
    tensors: Mapping[str, Tensor] = TENSORS,
    *,
    version: int = 3,
) -> bytes:
    """Returns the model's file with `changes` to its metadata; None removes a key."""
    metadata = {key: value for key, value in {**MODEL, **(changes or {})}.items() if value is not None}
    header = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    header += b"".join(text(key) + _value(value) for key, value in metadata.items())
    offset = 0
    for name, (dimensions, kind, size) in tensors.items():
        header += (
            text(name) + struct.pack("<I", len(dimensions)) + struct.pack(f"<{len(dimensions)}Q", *dimensions)
        )
        header += struct.pack("<IQ", kind, offset)
        offset += -(-size // ALIGNMENT) * ALIGNMENT
    return header + bytes(-len(header) % ALIGNMENT) + bytes(offset)


def write(path: Path, data: bytes | None = None) -> Path:
    """Writes the model, or `data`, to `path`, and returns `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf() if data is None else data)
    return path
