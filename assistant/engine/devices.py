"""The processors that llama.cpp can use on this machine, and how much of a model fits on the GPUs.

GPUs are listed from ggml's backend registry. What fits is computed from the layer sizes in the model
file's header: as many layers as the free memory holds together with their keys and values, counted from the
last one, because the output layer follows it. In a mixture-of-experts model the experts are most of the
weights, and few of them are used for a token. If such a model does not fit completely, its experts stay in
main memory and the rest goes to the GPUs.

`assistant.models.finding` calls this before it opens a model, and so does `doctor`. No model is loaded here.
"""

import ctypes
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.engine.bindings import llama_cpp
from assistant.engine.gguf import GGUFHeader
from assistant.errors import EngineError

_CPU = 0
"""GGML_BACKEND_DEVICE_TYPE_CPU in ggml-backend.h."""

_RESERVED_BYTES = 512 << 20
"""Memory left free on every GPU for intermediate results."""


@dataclass(frozen=True, slots=True)
class Device:
    """A GPU, or another processor with its own memory, that layers can be offloaded to."""

    name: str
    """ggml's short name, such as `CUDA0`."""
    description: str
    """The product name, as the driver reports it."""
    free_bytes: int
    """Its free memory."""
    total_bytes: int
    """All of its memory."""


@dataclass(frozen=True, slots=True)
class Offload:
    """Which part of a model goes to GPUs."""

    layers: int = 0
    """How many layers, counted from the last one. One more than the model has includes the output layer."""
    experts_on_cpu: bool = False
    """Whether the experts of those layers stay in main memory."""
    bytes: int = 0
    """The GPU memory this takes."""
    devices: tuple[str, ...] = ()
    """The names of the GPUs."""


def physical_cores() -> int:
    """Returns the number of physical cores this process may use.

    Hyper-threads count once: two threads of a core share its vector units, so decoding gains nothing from
    the second.
    """
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    topology = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    try:
        return len({Path(topology.format(cpu)).read_text() for cpu in allowed})
    except OSError:
        return len(allowed)


def supports_gpus() -> bool:
    """Returns whether this llama.cpp was built with GPU support."""
    return bool(llama_cpp().llama_supports_gpu_offload())


def unused_gpu_build() -> str:
    """Returns a warning if llama.cpp has GPU support but finds no GPU, otherwise an empty string."""
    if not supports_gpus() or gpus():
        return ""
    return "llama.cpp was built with GPU support but finds no GPU: EVERYTHING RUNS ON THE CPU"


def gpus() -> list[Device]:
    """Returns the GPUs that llama.cpp finds; empty for a build without GPU support."""
    ggml = _ggml()
    devices = []
    for handle in _gpu_handles(ggml):
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        ggml.ggml_backend_dev_memory(handle, ctypes.byref(free), ctypes.byref(total))
        devices.append(
            Device(
                name=ggml.ggml_backend_dev_name(handle).decode("utf-8", "replace"),
                description=ggml.ggml_backend_dev_description(handle).decode("utf-8", "replace"),
                free_bytes=free.value,
                total_bytes=total.value,
            )
        )
    return devices


def handles(names: Sequence[str]) -> list[int]:
    """Returns ggml's handles of the GPUs with these names."""
    if not names:
        return []
    ggml = _ggml()
    return [handle for handle in _gpu_handles(ggml) if ggml.ggml_backend_dev_name(handle).decode() in names]


def cpu_buffer_type() -> int:
    """Returns ggml's handle of the buffer type for main memory."""
    ggml = _ggml()
    ggml.ggml_backend_cpu_buffer_type.restype = ctypes.c_void_p
    return int(ggml.ggml_backend_cpu_buffer_type())


def fit(
    header: GGUFHeader, devices: Sequence[Device], *, context_tokens: int, kv_share: float = 1.0
) -> Offload:
    """Returns as much of the model as fits into the free memory of `devices`.

    context_tokens: how many tokens' keys and values must fit too.
    kv_share: size of the keys and values relative to 16 bits each.
    """
    free = sum(max(device.free_bytes - _RESERVED_BYTES, 0) for device in devices)
    names = tuple(device.name for device in devices)
    kv = int(header.kv_bytes * context_tokens * kv_share / max(len(header.layers), 1))
    experts = sum(layer.experts for layer in header.layers)
    sizes = [header.outside_bytes, *(layer.weights + layer.experts + kv for layer in reversed(header.layers))]
    if sum(sizes) <= free:
        return Offload(len(sizes), False, sum(sizes), names)
    if experts:
        sizes = [header.outside_bytes, *(layer.weights + kv for layer in reversed(header.layers))]
    # Layers from the last one on, and the output layer once all of them are included.
    used = layers = 0
    for size in [*sizes[1:], sizes[0]]:
        if used + size > free:
            break
        used, layers = used + size, layers + 1
    return Offload(layers, bool(experts and layers), used, names) if layers else Offload()


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
    """Returns what `fit` returns, with the overrides of the configuration applied.

    device: the name of the only GPU to use; empty for all.
    layers: how many layers to offload; -1 for as many as fit, 0 for none.
    experts_on_cpu: keeps the experts in main memory even if they would fit.
    Raises `EngineError` when there is no such device.
    """
    chosen = [candidate for candidate in devices if device in ("", candidate.name)]
    if device and not chosen:
        names = ", ".join(candidate.name for candidate in devices) or "none"
        raise EngineError(
            f"There is no GPU named {device}.",
            remedy=f"Correct `models.device`. GPUs that llama.cpp finds: {names}.",
        )
    if not chosen or layers == 0:
        return Offload()
    fitted = fit(header, chosen, context_tokens=context_tokens, kv_share=kv_share)
    return replace(
        fitted,
        layers=fitted.layers if layers < 0 else layers,
        experts_on_cpu=fitted.experts_on_cpu or experts_on_cpu,
        devices=tuple(candidate.name for candidate in chosen),
    )


def _gpu_handles(ggml: Any) -> list[int]:
    devices = [ggml.ggml_backend_dev_get(index) for index in range(ggml.ggml_backend_dev_count())]
    return [handle for handle in devices if ggml.ggml_backend_dev_type(handle) != _CPU]


def _ggml() -> Any:
    """Returns ggml's library, with the types of the functions used here declared."""
    llama_cpp()
    from llama_cpp._ggml import libggml

    libggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    libggml.ggml_backend_dev_get.restype = ctypes.c_void_p
    libggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    for name in ("name", "description"):
        function = getattr(libggml, f"ggml_backend_dev_{name}")
        function.restype, function.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
    libggml.ggml_backend_dev_type.restype = ctypes.c_int
    libggml.ggml_backend_dev_type.argtypes = [ctypes.c_void_p]
    size = ctypes.POINTER(ctypes.c_size_t)
    libggml.ggml_backend_dev_memory.argtypes = [ctypes.c_void_p, size, size]
    return libggml
