"""Loads llama.cpp into the process, once, and connects it to Python.

Everything that calls llama.cpp gets the low-level bindings of llama-cpp-python from `llama_cpp()`. The first
call loads the shared libraries, with the variant for this machine's processor if there are several, redirects
llama.cpp's messages to Python's logging at level DEBUG, and removes the AMX buffer type (see `_remove_amx`).
`error_detail` returns the last error message, for the text of an exception.
"""

import ctypes
import functools
import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from types import ModuleType

log = logging.getLogger(__name__)

_LOG_LEVEL_ERROR = 4
"""GGML_LOG_LEVEL_ERROR in ggml.h, which the bindings do not define."""


class _LlamaLog:
    """Receives llama.cpp's messages. One for the whole process, because llama.cpp has one log."""

    def __init__(self) -> None:
        self.error = ""
        """The latest error message."""
        self.callback: object = None
        """Kept alive here, because llama.cpp calls it for as long as the process lives."""

    def write(self, level: int, text: bytes, _: object) -> None:
        """llama.cpp's log callback."""
        if level == _LOG_LEVEL_ERROR:
            self.error = text.decode("utf-8", "replace").strip()
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s", text.decode("utf-8", "replace").rstrip("\n"))


_llama_log = _LlamaLog()


@functools.cache
def llama_cpp() -> ModuleType:
    """Returns the low-level bindings, with llama.cpp loaded and initialised."""
    # How long a waiting OpenMP thread spins before it sleeps. With libgomp's default of 300,000
    # iterations, one other busy program cut the decoding rate to a tenth; with 2,000 it falls to a third,
    # at a cost of about 1% on an idle machine. Read when the library is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    # 0.15 s: loads numpy, jinja2 and the shared libraries.
    import llama_cpp.llama_cpp as bindings

    _llama_log.callback = bindings.llama_log_callback(_llama_log.write)
    bindings.llama_log_set(_llama_log.callback, ctypes.c_void_p(0))
    folder = Path(bindings.__file__).parent / "lib"
    ggml = _ggml(folder)
    _load_variant(ggml, folder)
    bindings.llama_backend_init()
    _remove_amx(ggml)
    module: ModuleType = bindings
    return module


@contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Delays Ctrl+C to the end of the block, for calls that call back into Python.

    While a model is loaded, llama.cpp logs hundreds of lines through `_LlamaLog.write`. A `KeyboardInterrupt`
    that is raised in there is lost, and the command goes on.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python raises it in the main thread only.
        return
    pressed = False

    def note_press(signal_number: int, frame: object) -> None:
        nonlocal pressed
        pressed = True

    before = signal.signal(signal.SIGINT, note_press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            signal.raise_signal(signal.SIGINT)


def clear_error() -> None:
    """Forgets earlier error messages, so that `error_detail` reports only what comes next."""
    _llama_log.error = ""


def error_detail() -> str:
    """Returns the end of a sentence about a failure: a colon and llama.cpp's last error, or a full stop."""
    return f": {_llama_log.error.rstrip('.')}." if _llama_log.error else "."


def _ggml(folder: Path) -> ctypes.CDLL:
    """The library below llama.cpp, from the file that llama.cpp itself has loaded.

    Wheels have it under several names, as copies; each copy that is loaded has a list of devices of its own.
    """
    if (own := folder / "libggml.so.0").exists():
        return ctypes.CDLL(str(own))
    from llama_cpp._ggml import libggml

    library: ctypes.CDLL = libggml
    return library


def _load_variant(ggml: ctypes.CDLL, folder: Path) -> None:
    """Loads the variant of the CPU code that fits this machine best, where llama.cpp was built with several.

    llama.cpp would look for them in the current folder, too.
    """
    if any(folder.glob("libggml-cpu-*")):
        ggml.ggml_backend_load_all_from_path(os.fsencode(folder))


def _remove_amx(ggml: ctypes.CDLL) -> None:
    """Removes AMX from llama.cpp's list of CPU buffer types.

    Some compilers (seen with GCC 12.2) drop most of the tile configuration that llama.cpp's AMX kernels
    load, and the first batch then crashes the process (llama.cpp pull request 26954). Weights reach those
    kernels through a buffer type of their own. Without it they use the next buffer type, and work.
    """
    handle, name = ctypes.c_void_p, ctypes.c_char_p
    ggml.ggml_backend_dev_by_type.restype = handle
    ggml.ggml_backend_dev_backend_reg.restype = handle
    ggml.ggml_backend_dev_backend_reg.argtypes = [handle]
    ggml.ggml_backend_reg_get_proc_address.restype = handle
    ggml.ggml_backend_reg_get_proc_address.argtypes = [handle, name]
    ggml.ggml_backend_buft_name.restype = name
    ggml.ggml_backend_buft_name.argtypes = [handle]
    cpu = ggml.ggml_backend_dev_by_type(0)
    function = ggml.ggml_backend_reg_get_proc_address(
        ggml.ggml_backend_dev_backend_reg(cpu), b"ggml_backend_dev_get_extra_bufts"
    )
    if not function:
        return
    # A null-terminated array, compacted in place.
    array = ctypes.CFUNCTYPE(ctypes.POINTER(handle), handle)(function)(cpu)
    buffer_types = list(takewhile(bool, (array[index] for index in range(16))))
    wanted = [type_ for type_ in buffer_types if ggml.ggml_backend_buft_name(type_) != b"AMX"]
    for index, type_ in enumerate([*wanted, *[None] * (len(buffer_types) - len(wanted))]):
        array[index] = type_
