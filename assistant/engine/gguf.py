"""Reads the header of a GGUF file without trusting it.

This is the first look at any model file that does not come with Carrel: `assistant.models.shelf` lists
models with it, `.finding` calls it before a file is pinned, and `.probing` only gives llama.cpp files that
passed it. It is pure Python and checks all bounds, because a damaged header can crash the process inside
llama.cpp. No count or length in the file is believed before the bytes it refers to have been read, and no
memory is allocated ahead of them. Nested arrays, which no model needs, are rejected.

Only the header is read: a few megabytes, whatever the size of the model. Files with missing weights, and
files that are one part of several, are rejected here and not only by llama.cpp. A chat template is kept as
text and never executed.

Format: GGUF versions 2 and 3, as in docs/gguf.md of the ggml repository. The sizes of tensor types and the
names of file types are those of ggml.h and llama.h.
"""

import hashlib
import math
import os
import re
import struct
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from assistant.errors import EngineError

MAGIC = b"GGUF"
"""The first bytes of every GGUF file."""

MOST_HEADER_BYTES = 128 << 20
"""Limit for a header. The largest known ones, with 260,000 tokens and 510,000 merges, take 16 MiB."""

MOST_ENTRIES = 1 << 16
"""Limit for metadata entries, and for tensors. The largest known models have a few thousand."""

MOST_TEXT_BYTES = 1 << 20
"""Limit for a string that is kept, such as the chat template."""

_FIRST_READ = 1 << 20
_MOST_KEY_BYTES = 1 << 16
_MOST_DIMENSIONS = 4
_VERSIONS = (2, 3)

_TEXT, _ARRAY = 8, 9
_SCALARS = {
    type_: struct.Struct(f"<{letter}")
    for type_, letter in {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?"}.items()
} | {10: struct.Struct("<Q"), 11: struct.Struct("<q"), 12: struct.Struct("<d")}
"""Metadata types other than strings and arrays."""
_U32, _U64 = _SCALARS[4], _SCALARS[10]

_TOKENS = "tokenizer.ggml.tokens"
_TEXTS = {"general.architecture", "general.name", "general.license", "tokenizer.chat_template"}
_NUMBERS = {"general.file_type", "general.alignment", "split.count"}
_CONTEXT = ".context_length"
_SHAPE = (
    _CONTEXT,
    ".embedding_length",
    ".attention.head_count",
    ".attention.head_count_kv",
    ".attention.key_length",
    ".attention.value_length",
)
_LAYER = re.compile(r"blk\.(\d{1,5})\.")
_EXPERTS = "exps."

TENSOR_TYPES = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    9: ("Q8_1", 32, 36),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
    42: ("Q2_0", 64, 18),
}
"""ggml's tensor types: name, weights per block, bytes per block."""

_FILE_TYPES = {
    number: name
    for number, name in enumerate(
        "F32 F16 Q4_0 Q4_1 - - - Q8_0 Q5_0 Q5_1 Q2_K Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M Q5_K_S Q5_K_M Q6_K "
        "IQ2_XXS IQ2_XS Q2_K_S IQ3_XS IQ3_XXS IQ1_S IQ4_NL IQ3_S IQ3_M IQ2_S IQ2_M IQ4_XS IQ1_M BF16 - - - "
        "TQ1_0 TQ2_0 MXFP4_MOE NVFP4 Q1_0 Q2_0".split()
    )
    if name != "-"
}
"""llama.cpp's names for mixtures of tensor types, by the value of `general.file_type`."""


@dataclass(frozen=True, slots=True)
class LayerBytes:
    """The size of one layer of a model, in bytes."""

    weights: int
    """Everything except its experts."""
    experts: int
    """The experts of a mixture-of-experts model, few of which are used for a token; 0 for other models."""


@dataclass(frozen=True, slots=True)
class GGUFHeader:
    """The metadata of a complete, well-formed GGUF file. Whether it is true is not checked."""

    architecture: str
    """llama.cpp's name for it, such as `llama` or `qwen3`."""
    name: str
    """The model's name; empty if the file gives none."""
    licence: str
    """The licence as the file names it; empty if it names none."""
    quantization: str
    """The file's own name for it, such as `Q4_K_M`, or the type of most of its bytes."""
    parameters: int
    """Number of weights in all tensors."""
    trained_tokens: int
    """The context length it was trained with; 0 if the file does not give it."""
    chat_template: str
    """The template's text, never executed; empty if there is none."""
    vocabulary: str
    """SHA-256 of the list of tokens, in hex; empty without a list. Models that share it can draft for each
    other."""
    bytes: int
    """Size of the file."""
    layers: tuple[LayerBytes, ...]
    """The sizes of its layers, in order."""
    outside_bytes: int
    """Size of the weights outside of layers: embeddings and output."""
    kv_bytes: int
    """Size of one token's keys and values in all layers, at 16 bits each; 0 if the file does not give it."""


def read_header(path: Path) -> GGUFHeader:
    """Reads the header of the GGUF file `path`.

    Takes 30 ms for a vocabulary of 150,000 tokens with its merges. Raises `EngineError` when the file is
    missing, unreadable, not GGUF, malformed, truncated, or one part of several.
    """
    try:
        # Opening a pipe would block until another process writes to it.
        if not path.is_file():
            raise EngineError(f"There is no model file {path}.")
        with path.open("rb") as file:
            return _Reader(file, os.fstat(file.fileno()).st_size).header()
    except OSError as exc:
        raise EngineError(f"Cannot read {path}: {exc.strerror}.") from exc
    except _NotGGUF as exc:
        raise EngineError(f"{path} is not a GGUF file.", remedy="Choose a model in GGUF format.") from exc
    except _Unsupported as exc:
        raise EngineError(
            f"Carrel cannot use {path}: {exc}.",
            remedy="Choose a model that is a single GGUF file, version 3.",
        ) from exc
    except _Damaged as exc:
        raise EngineError(f"{path} is damaged: {exc}.", remedy="Download the model again.") from exc


class _NotGGUF(Exception):
    """The file does not begin with GGUF's magic bytes."""


class _Unsupported(Exception):
    """The file is intact, but Carrel cannot use it; the text is a clause that says why."""


class _Damaged(Exception):
    """The file is malformed; the text is a clause that says how."""


class _Reader:
    """Parses a header from front to back, reading more of the file as needed."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._data = bytearray()
        self._at = 0

    def header(self) -> GGUFHeader:
        """Parses the header; raises `_NotGGUF`, `_Unsupported` or `_Damaged`."""
        self._data += self._file.read(_FIRST_READ)
        if not self._data.startswith(MAGIC):
            raise _NotGGUF
        self._at = len(MAGIC)
        version = self._number(_U32)
        if version not in _VERSIONS:
            big_endian = int.from_bytes(version.to_bytes(4, "little"), "big") in _VERSIONS
            raise _Unsupported("it is big-endian" if big_endian else f"it has GGUF version {version}")
        tensors = self._count(24, "tensors")
        entries = self._count(13, "entries")
        if max(tensors, entries) > MOST_ENTRIES:
            raise _Damaged(f"it claims to have {max(tensors, entries)} entries")
        texts, numbers, vocabulary = self._metadata(entries)
        if (parts := numbers.get("split.count", 1)) > 1:
            raise _Unsupported(f"it is one of {parts} parts")
        architecture = texts.get("general.architecture", "")
        if not architecture:
            raise _Damaged("it names no architecture")
        parameters, types, layers = self._tensors(tensors, numbers.get("general.alignment", 32))
        return GGUFHeader(
            architecture=architecture,
            name=texts.get("general.name", ""),
            licence=texts.get("general.license", ""),
            quantization=_FILE_TYPES.get(numbers.get("general.file_type", -1)) or types.most_common(1)[0][0],
            parameters=parameters,
            trained_tokens=numbers.get(architecture + _CONTEXT, 0),
            chat_template=texts.get("tokenizer.chat_template", ""),
            vocabulary=vocabulary,
            bytes=self._size,
            layers=tuple(layers[number] for number in sorted(layers)),
            outside_bytes=sum(types.values())
            - sum(layer.weights + layer.experts for layer in layers.values()),
            kv_bytes=len(layers) * _kv_bytes(numbers, architecture),
        )

    def _metadata(self, entries: int) -> tuple[dict[str, str], dict[str, int], str]:
        """Reads all metadata; returns the wanted strings and integers, and the digest of the vocabulary."""
        texts: dict[str, str] = {}
        numbers: dict[str, int] = {}
        vocabulary = ""
        for _ in range(entries):
            key = self._text(_MOST_KEY_BYTES)
            type_ = self._number(_U32)
            if type_ == _TEXT and key in _TEXTS:
                texts[key] = self._text(MOST_TEXT_BYTES)
            elif type_ == _TEXT:
                self._skip_texts(1)
            elif type_ == _ARRAY:
                start = self._at
                self._skip_array()
                if key == _TOKENS:
                    vocabulary = hashlib.sha256(memoryview(self._data)[start : self._at]).hexdigest()
            elif type_ in _SCALARS:
                value = self._number(_SCALARS[type_])
                if key in _NUMBERS or key.endswith(_SHAPE):
                    numbers[key] = int(value) if value == value and abs(value) < 1 << 63 else 0
            else:
                raise _Damaged(f"its entry {key[:80]!r} has the unknown type {type_}")
        return texts, numbers, vocabulary

    def _tensors(self, count: int, alignment: int) -> tuple[int, Counter[str], dict[int, LayerBytes]]:
        """Returns the number of weights, and their bytes by type and by layer; checks that all are there."""
        if not 0 < alignment <= 1 << 16 or alignment & (alignment - 1):
            raise _Damaged(f"its weights are aligned to {alignment} bytes")
        parameters, end, types = 0, 0, Counter[str]()
        layers: dict[int, LayerBytes] = {}
        for _ in range(count):
            name = self._text(_MOST_KEY_BYTES)
            dimensions = self._number(_U32)
            if not 0 < dimensions <= _MOST_DIMENSIONS:
                raise _Damaged(f"its tensor {name[:80]!r} has {dimensions} dimensions")
            sizes = [self._number(_U64) for _ in range(dimensions)]
            type_, offset = self._number(_U32), self._number(_U64)
            if type_ not in TENSOR_TYPES:
                raise _Unsupported(f"it has weights of type {type_}, which this llama.cpp does not support")
            type_name, block, block_bytes = TENSOR_TYPES[type_]
            if sizes[0] % block:
                raise _Damaged(f"its tensor {name[:80]!r} ends inside a block")
            weights = math.prod(sizes)
            parameters += weights
            size = weights // block * block_bytes
            types[type_name] += size
            end = max(end, offset + size)
            if match := _LAYER.match(name):
                number = int(match[1])
                layer = layers.get(number, LayerBytes(0, 0))
                of_experts = size if _EXPERTS in name else 0
                layers[number] = LayerBytes(layer.weights + size - of_experts, layer.experts + of_experts)
        if not parameters:
            raise _Damaged("it contains no weights")
        start = -(-self._at // alignment) * alignment
        if start + end > self._size:
            raise _Damaged(f"it is incomplete, {start + end - self._size} bytes of its weights are missing")
        return parameters, types, layers

    def _skip_array(self) -> None:
        type_ = self._number(_U32)
        if type_ == _TEXT:
            self._skip_texts(self._count(8, "strings"))
        elif type_ in _SCALARS:
            size = _SCALARS[type_].size
            count = self._count(size, "values")
            self._at += count * size
            self._reach(self._at)
        else:
            raise _Damaged(f"it contains an array of type {type_}")

    def _skip_texts(self, count: int) -> None:
        # This loop runs once per token of the vocabulary, so it is minimal: it works on the bytes read so
        # far, and reads more when they end.
        data, length, at = self._data, _U64.unpack_from, self._at
        while count:
            try:
                for left in range(count, 0, -1):
                    count = left
                    at += 8 + length(data, at)[0]
                count = 0
            except (struct.error, OverflowError):
                self._reach(at + 8)
        self._at = at
        self._reach(at)

    def _text(self, most: int) -> str:
        length = self._number(_U64)
        if length > most:
            raise _Damaged(f"it contains a string of {length} bytes where at most {most} are allowed")
        start = self._at
        self._at += length
        self._reach(self._at)
        return self._data[start : self._at].decode("utf-8", "replace")

    def _count(self, least: int, what: str) -> int:
        """Reads a count of `what`, each of which takes at least `least` bytes of the rest of the file."""
        count: int = self._number(_U64)
        if count * least > self._size - self._at:
            raise _Damaged(f"it claims to have {count} {what}")
        return count

    def _number(self, type_: struct.Struct) -> Any:
        start = self._at
        self._at += type_.size
        self._reach(self._at)
        return type_.unpack_from(self._data, start)[0]

    def _reach(self, end: int) -> None:
        """Makes sure that the first `end` bytes of the file have been read."""
        if end <= len(self._data):
            return
        if end > self._size:
            raise _Damaged("it ends inside its header")
        if end > MOST_HEADER_BYTES:
            raise _Damaged(f"its header is longer than {MOST_HEADER_BYTES} bytes")
        while end > len(self._data):
            more = self._file.read(max(end - len(self._data), len(self._data)))
            if not more:
                raise _Damaged("it ends inside its header")
            self._data += more


def _kv_bytes(numbers: dict[str, int], architecture: str) -> int:
    """Returns the bytes of one token's keys and values in one layer, if all heads have the same size."""

    def number(key: str, default: int = 0) -> int:
        return numbers.get(f"{architecture}.{key}", default)

    heads = number("attention.head_count")
    head_size = number("embedding_length") // heads if heads else 0
    lengths = number("attention.key_length", head_size) + number("attention.value_length", head_size)
    return 2 * number("attention.head_count_kv", heads) * lengths
