"""Models to measure drafting with, made from the bundled one, since none can be fetched.

*deep*: every block followed by three that add nothing, their output projections being zero: the same
answers at four times the cost, which is the place of a larger model. Its drafts: *good*, the bundled
file itself, which always agrees; *middling*, without three of its blocks, whose likeliest token is the
target's about half of the time; *bad*, with a share of its weights replaced by noise, which agrees about
once in eight times.

What is made lies in the cache, named by how and by the digest of what it was made from, and is made once.
"""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter

from assistant.config import ModelSettings, cache_folder
from assistant.models.finding import find_target

DEPTH = 4
"""Blocks of the deep model for each of the bundled one's."""

LEFT_OUT = (2, 14, 20)
"""Blocks that the middling draft lacks."""

NOISE = 0.03
"""Share of the bad draft's quantized blocks that are noise."""

_ADDS = ("attn_output.weight", "ffn_down.weight")
"""What a block adds to the stream between blocks comes out of these."""

Weights = npt.NDArray[np.uint8]
Change = Callable[[int, str, Weights], Weights]
"""New weights for those of a block, by its place and the weights' name."""


def bundled() -> Path:
    """The bundled language model."""
    return find_target(ModelSettings().target, library=None).path


def deep() -> Path:
    def silent(place: int, name: str, data: Weights) -> Weights:
        return np.zeros_like(data) if place % DEPTH and name in _ADDS else data

    return _made(f"deep-{DEPTH}", lambda blocks: [block for block in blocks for _ in range(DEPTH)], silent)


def drafts() -> dict[str, Path]:
    """The deep model's drafts, by how good they are."""
    without = "-".join(map(str, LEFT_OUT))
    return {
        "good": bundled(),
        "middling": _made(
            f"without-{without}", lambda blocks: [each for each in blocks if each not in LEFT_OUT]
        ),
        "bad": _made(f"noise-{NOISE}", list, _noisy),
    }


def _noisy(place: int, name: str, data: Weights) -> Weights:
    random = np.random.default_rng([place, *name.encode()])
    # Q4_1 keeps 32 weights in 20 bytes, the first four being their scale and offset.
    if data.dtype != np.uint8 or data.size % 20:
        return data
    data = data.copy()
    quantized = data.reshape(-1, 20)[:, 4:]
    hit = random.random(len(quantized)) < NOISE
    quantized[hit] = random.integers(0, 256, quantized[hit].shape, dtype=np.uint8)
    return data


def _made(
    name: str, chosen: Callable[[Sequence[int]], Collection[int]], change: Change | None = None
) -> Path:
    """The bundled model with the blocks that `chosen` takes from its own, their weights changed."""
    model = find_target(ModelSettings().target, library=None)
    path = cache_folder() / "benchmarks" / f"{name}-{model.sha256[:16]}.gguf"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source = GGUFReader(model.path)
    architecture = str(source.fields["general.architecture"].contents())
    count = f"{architecture}.block_count"
    blocks = list(chosen(range(int(source.fields[count].contents()))))
    part = path.with_name(f"{path.name}.part")
    writer = GGUFWriter(part, architecture)
    for field in source.fields.values():
        if not field.name.startswith("GGUF.") and field.name != "general.architecture":
            value = len(blocks) if field.name == count else field.contents()
            inner = field.types[-1] if field.types[0] is GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, value, field.types[0], sub_type=inner)
    for tensor in source.tensors:
        if not tensor.name.startswith("blk."):
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    for place, block in enumerate(blocks):
        for tensor in source.tensors:
            _, _, rest = tensor.name.partition(f"blk.{block}.")
            if rest:
                quantized = tensor.tensor_type is GGMLQuantizationType.Q4_1
                data = change(place, rest, tensor.data) if change is not None and quantized else tensor.data
                writer.add_tensor(f"blk.{place}.{rest}", data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.replace(path)
    return path
