"""Loads a model file in a child process first, because it could crash llama.cpp.

A GGUF file with a valid header can still crash the process inside llama.cpp. A file that does not come with
Carrel is therefore first loaded in a child process, which also computes a few tokens with it. If the child
crashes, the user gets an error and nothing else is lost. The child seals itself before it opens the file.

A file that passed is remembered by its digest and the version of llama-cpp-python, and is not tried again.
`carrel models` calls this before a file is added or chosen, and `assistant.models.finding` before it opens a
model.
"""

import contextlib
import importlib.metadata
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from assistant.config import cache_folder, integrity_key
from assistant.confining import probe_program
from assistant.errors import EngineError
from policies.broker import spawn
from policies.confinement import FileAccess, code, confine_process
from policies.durable import replace_text
from policies.network import SealMode, seal

TIMEOUT_S = 600
"""Limit for the child, which may have to read all of a large file from a slow disk."""

_REJECTED = 3
"""The child's exit code when llama.cpp rejected the file; the reason is on stdout."""


def try_loading(path: Path, sha256: str) -> None:
    """Checks that llama.cpp can load the GGUF file `path` and compute with it.

    sha256: digest of the file. If a file with this digest passed before, nothing is done. Otherwise this
        takes as long as reading the file.
    Raises `EngineError` when llama.cpp rejects the file, crashes, or takes longer than `TIMEOUT_S`.
    """
    marker = _marker(sha256)
    known = integrity_key().code("loadable", marker.name).hex()
    if marker.exists() and marker.read_text(encoding="ascii", errors="replace") == known:
        return
    end, output, errors = _run_child(os.path.abspath(path))
    if end is None:
        raise EngineError(
            f"llama.cpp did not load {path} within {TIMEOUT_S} seconds.", remedy="Choose another model."
        )
    if end == _REJECTED:
        raise EngineError(**json.loads(output))
    if end:
        raise EngineError(
            f"{path} crashes llama.cpp ({_describe_end(end, errors)}). The file is damaged"
            " or malicious. Carrel tried it in a separate process, so nothing else is affected.",
            remedy="Download the model again, or choose another.",
        )
    # If the marker cannot be written, the next use takes longer and nothing else happens.
    with contextlib.suppress(OSError):
        marker.parent.mkdir(parents=True, exist_ok=True)
        replace_text(marker, known)


def _run_child(path: str) -> tuple[int | None, bytes, bytes]:
    """Tries a file in a child. Returns its exit code (None after `TIMEOUT_S`), standard output and error."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        child = spawn(probe_program(), [path], [output.fileno(), errors.fileno()])
        deadline = time.monotonic() + TIMEOUT_S
        while (end := child.poll()) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if end is None:
            child.kill()
        output.seek(0)
        errors.seek(0)
        return end, output.read(), errors.read()


def _marker(sha256: str) -> Path:
    """Returns the file that records that a file with this digest passed; it holds a code of its own name."""
    version = importlib.metadata.version("llama-cpp-python")
    return cache_folder() / "loadable" / f"{sha256}-{version}"


def _describe_end(code: int, stderr: bytes) -> str:
    """Returns the child's signal or exit code, with the last line it printed."""
    try:
        end = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        end = f"signal {-code}"
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return f"{end}, {lines[-1][:200]}" if lines else end


def _child() -> None:
    """The child's program; the last argument is the file."""
    path = Path(sys.argv[-1])
    # The parent is sealed already, unless the user accepted that this kernel cannot seal.
    seal(SealMode.BEST_EFFORT)
    # By descriptor, in case the name later leads to a folder, which would allow everything in it.
    with path.open("rb") as file:
        confine_process(FileAccess(read=(*code(), Path(f"/proc/self/fd/{file.fileno()}"))))
    # Without this, ggml starts a debugger when it crashes.
    os.environ["GGML_NO_BACKTRACE"] = "1"
    # 0.15 s: loads numpy and the shared libraries.
    from assistant.engine.native import LlamaContext, LlamaModel
    from assistant.engine.settings import ContextSettings

    try:
        model = LlamaModel(path, name=path.name)
        context = LlamaContext(model, ContextSettings(tokens=64, batch_tokens=32), rows=1)
        context.compute(model.tokenize("A carrel is a desk.", begin=True)[:32])
        context.close()
        model.close()
    except EngineError as error:
        sys.stdout.write(json.dumps({"message": error.message, "remedy": error.remedy}))
        sys.stdout.flush()
        os._exit(_REJECTED)
    # Skip the interpreter's shutdown, which must not change the outcome.
    os._exit(0)
