"""The devices llama.cpp can compute on here, asked of ggml's backend registry.

Called by doctor. Loads llama.cpp's libraries and no model.
"""

import ctypes
from dataclasses import dataclass

_CPU = 0
"""GGML_BACKEND_DEVICE_TYPE_CPU of ggml-backend.h."""


@dataclass(frozen=True, slots=True)
class Device:
    """A processor with memory of its own that layers can be offloaded to."""

    name: str
    """ggml's short name, such as `CUDA0`."""
    description: str
    free_bytes: int
    total_bytes: int


def gpus() -> list[Device]:
    """The devices beside the CPU; empty for a build without GPU support, or a machine without one."""
    # 0.15 s: loads numpy, jinja2 and the shared libraries.
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
    found = []
    for index in range(libggml.ggml_backend_dev_count()):
        device = libggml.ggml_backend_dev_get(index)
        if libggml.ggml_backend_dev_type(device) == _CPU:
            continue
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        libggml.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
        found.append(
            Device(
                name=libggml.ggml_backend_dev_name(device).decode("utf-8", "replace"),
                description=libggml.ggml_backend_dev_description(device).decode("utf-8", "replace"),
                free_bytes=free.value,
                total_bytes=total.value,
            )
        )
    return found
