"""Models to measure drafting with, made from the bundled model, because none can be downloaded.

*deep*: after every block come three that add nothing, because their output projections are zero. It gives the
same answers at four times the cost, and stands in for a larger model. Its drafts: *good*, the bundled file
itself, which always agrees; *middling*, without three of its blocks, whose most likely token is the target's
about half of the time; *bad*, with a share of its weights replaced by noise, which agrees about once in eight
times.

Each model is made once and cached, under a name that contains the recipe and the digest of the original.
"""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter

from assistant.config import ModelSettings, cache_folder
from assistant.models.finding import find_target

DEPTH = 4
"""Blocks of the deep model for each block of the bundled one."""

OMITTED = (2, 14, 20)
"""Numbers of the blocks that the middling draft lacks."""

NOISE = 0.03
"""Share of the bad draft's quantized blocks that are noise."""

_OUTPUT_PROJECTIONS = ("attn_output.weight", "ffn_down.weight")
"""The weights that produce what a block adds to the residual stream."""

Weights = npt.NDArray[np.uint8]
Change = Callable[[int, str, Weights], Weights]
"""Takes the number of a block, the name of one of its weights and their data; returns the new data."""


def bundled() -> Path:
    """The file of the bundled language model."""
    return find_target(ModelSettings().target, library=None).path


def deep() -> Path:
    """The file of the deep model."""

    def silent(place: int, name: str, data: Weights) -> Weights:
        return np.zeros_like(data) if place % DEPTH and name in _OUTPUT_PROJECTIONS else data

    return _make(f"deep-{DEPTH}", lambda blocks: [block for block in blocks for _ in range(DEPTH)], silent)


def drafts() -> dict[str, Path]:
    """The files of the deep model's drafts, by name."""
    without = "-".join(map(str, OMITTED))
    return {
        "good": bundled(),
        "middling": _make(
            f"without-{without}", lambda blocks: [block for block in blocks if block not in OMITTED]
        ),
        "bad": _make(f"noise-{NOISE}", list, _noisy),
    }


def _noisy(place: int, name: str, data: Weights) -> Weights:
    random = np.random.default_rng([place, *name.encode()])
    # Q4_1 stores 32 weights in 20 bytes, of which the first four are their scale and offset.
    if data.dtype != np.uint8 or data.size % 20:
        return data
    data = data.copy()
    quantized = data.reshape(-1, 20)[:, 4:]
    noisy = random.random(len(quantized)) < NOISE
    quantized[noisy] = random.integers(0, 256, quantized[noisy].shape, dtype=np.uint8)
    return data


def _make(
    name: str, choose: Callable[[Sequence[int]], Collection[int]], change: Change | None = None
) -> Path:
    """A model file with the blocks of the bundled model that `choose` returns, their weights changed by
    `change`."""
    model = find_target(ModelSettings().target, library=None)
    path = cache_folder() / "benchmarks" / f"{name}-{model.sha256[:16]}.gguf"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source = GGUFReader(model.path)
    architecture = str(source.fields["general.architecture"].contents())
    count = f"{architecture}.block_count"
    blocks = list(choose(range(int(source.fields[count].contents()))))
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
