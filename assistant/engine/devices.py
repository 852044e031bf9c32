"""The devices llama.cpp can compute on here, and how much of a model fits them.

Devices are asked of ggml's backend registry. The fit is computed from what a model file's header says of
its blocks: as many as the free memory holds with their keys and values, the last ones first, since the
output follows them. The experts of a mixture are most of its weights and few of them work on a token, so
where not all fits they stay with the processor and everything else is offloaded.

Called by `assistant.models.finding` before a model is opened, and by doctor. Loads llama.cpp's libraries
and no model.
"""

import ctypes
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from assistant.engine.gguf import GGUFHeader
from assistant.errors import EngineError

_CPU = 0
"""GGML_BACKEND_DEVICE_TYPE_CPU of ggml-backend.h."""

_WORK_BYTES = 512 << 20
"""Left free on every device for what is computed on the way."""


@dataclass(frozen=True, slots=True)
class Device:
    """A processor with memory of its own that layers can be offloaded to."""

    name: str
    """ggml's short name, such as `CUDA0`."""
    description: str
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Offload:
    """How much of a model devices take."""

    layers: int = 0
    """Blocks from the last one on; one more than there are takes the output too."""
    experts_on_cpu: bool = False
    """Whether the experts of those blocks stay with the processor."""
    bytes: int = 0
    """What that takes of the devices' memory."""
    devices: tuple[str, ...] = ()
    """Their names."""


def bindings() -> ModuleType:
    """The low-level bindings; wherever llama.cpp is loaded, it is by this."""
    # How long a thread that waits for the others keeps its core busy before it sleeps. With libgomp's
    # own 300,000 rounds, writing beside one other busy program came down to a tenth; with these to a
    # third, and on an idle machine they cost about 1%. Read when the library is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    # 0.15 s: loads numpy, jinja2 and the shared libraries.
    import llama_cpp.llama_cpp

    return llama_cpp.llama_cpp


def supports_gpus() -> bool:
    """Whether this llama.cpp was built to compute on GPUs."""
    return bool(bindings().llama_supports_gpu_offload())


def unused_gpu_build() -> str:
    """What to tell where llama.cpp was built for GPUs and finds none; else empty."""
    if not supports_gpus() or gpus():
        return ""
    return "llama.cpp was built for GPUs and sees none: THE PROCESSOR DOES ALL THE WORK"


def gpus() -> list[Device]:
    """The devices beside the CPU; empty for a build without GPU support, or a machine without one."""
    ggml = _ggml()
    found = []
    for handle in _handles(ggml):
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        ggml.ggml_backend_dev_memory(handle, ctypes.byref(free), ctypes.byref(total))
        found.append(
            Device(
                name=ggml.ggml_backend_dev_name(handle).decode("utf-8", "replace"),
                description=ggml.ggml_backend_dev_description(handle).decode("utf-8", "replace"),
                free_bytes=free.value,
                total_bytes=total.value,
            )
        )
    return found


def handles(names: Sequence[str]) -> list[int]:
    """ggml's handles of the devices of these names."""
    if not names:
        return []
    ggml = _ggml()
    return [each for each in _handles(ggml) if ggml.ggml_backend_dev_name(each).decode() in names]


def processor_buffer() -> int:
    """ggml's handle of the memory the processor computes in."""
    ggml = _ggml()
    ggml.ggml_backend_cpu_buffer_type.restype = ctypes.c_void_p
    return int(ggml.ggml_backend_cpu_buffer_type())


def fit(
    header: GGUFHeader, devices: Sequence[Device], *, context_tokens: int, kv_share: float = 1.0
) -> Offload:
    """As much of the model as the devices' free memory holds.

    context_tokens: for how many keys and values are kept.
    kv_share: their size over that of 16 bits each.
    """
    free = sum(max(device.free_bytes - _WORK_BYTES, 0) for device in devices)
    names = tuple(device.name for device in devices)
    kv = int(header.kv_bytes * context_tokens * kv_share / max(len(header.layers), 1))
    experts = sum(block.experts for block in header.layers)
    sizes = [header.outside_bytes, *(block.weights + block.experts + kv for block in reversed(header.layers))]
    if sum(sizes) <= free:
        return Offload(len(sizes), False, sum(sizes), names)
    if experts:
        sizes = [header.outside_bytes, *(block.weights + kv for block in reversed(header.layers))]
    # Blocks from the last one on, and what stands outside of them when all are taken.
    taken = layers = 0
    for size in [*sizes[1:], sizes[0]]:
        if taken + size > free:
            break
        taken, layers = taken + size, layers + 1
    return Offload(layers, bool(experts and layers), taken, names) if layers else Offload()


def plan(
    header: GGUFHeader,
    devices: Sequence[Device],
    *,
    context_tokens: int,
    kv_share: float,
    device: str = "",
    layers: int = -1,
    experts_on_cpu: bool = False,
) -> Offload:
    """The fit, with what the configuration overrides.

    device: the only one to use. layers: how many; -1 for as many as fit, 0 for none.
    experts_on_cpu: keeps them there even where they fit.
    Raises `EngineError` when there is no such device.
    """
    chosen = [each for each in devices if device in ("", each.name)]
    if device and not chosen:
        found = ", ".join(each.name for each in devices) or "none"
        raise EngineError(
            f"There is no device {device}.", remedy=f"llama.cpp sees {found}. Correct `models.device`."
        )
    if not chosen or layers == 0:
        return Offload()
    fitted = fit(header, chosen, context_tokens=context_tokens, kv_share=kv_share)
    names = tuple(each.name for each in chosen)
    return replace(
        fitted,
        layers=fitted.layers if layers < 0 else layers,
        experts_on_cpu=fitted.experts_on_cpu or experts_on_cpu,
        devices=names,
    )


def _handles(ggml: Any) -> list[int]:
    found = [ggml.ggml_backend_dev_get(index) for index in range(ggml.ggml_backend_dev_count())]
    return [handle for handle in found if ggml.ggml_backend_dev_type(handle) != _CPU]


def _ggml() -> Any:
    """ggml's library, its functions described."""
    bindings()
    from llama_cpp._ggml import libggml

    libggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    libggml.ggml_backend_dev_get.restype = ctypes.c_void_p
    libggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    for name in ("name", "description"):
        text = getattr(libggml, f"ggml_backend_dev_{name}")
        text.restype, text.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
    libggml.ggml_backend_dev_type.restype = ctypes.c_int
    libggml.ggml_backend_dev_type.argtypes = [ctypes.c_void_p]
    size = ctypes.POINTER(ctypes.c_size_t)
    libggml.ggml_backend_dev_memory.argtypes = [ctypes.c_void_p, size, size]
    return libggml
