"""A model file loaded in a child process that may die.

A GGUF file whose header reads well can still end the process inside llama.cpp. So a file that
does not come with Carrel is first loaded, and a few tokens computed with it, in a process of its own:
when that one dies, the person is told, and nothing else is lost. The child seals itself before it
opens the file. Called before a file is kept or configured (`assistant.cli.models`).

A file that passed is known by its digest, together with the engine's version, and is not tried again.
"""

import contextlib
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from assistant.config import cache_folder
from assistant.errors import EngineError
from policies.network import SealMode, seal

PATIENCE_S = 600
"""For a child: what it must read is all of the file, from the slowest of disks."""

_PROGRAM = "import sys; sys.path[:] = sys.argv[2:]; from assistant.models.probing import _child; _child()"
_REFUSED = 3
"""The child's exit code when llama.cpp refused the file; its reason is on stdout."""


def try_loading(path: Path, sha256: str) -> None:
    """Passes when llama.cpp can load the GGUF file `path` and compute with it.

    sha256: of the file; with a digest that has passed before, nothing is done. Takes as long as reading
    the file does. Raises `EngineError` when llama.cpp refuses the file, dies of it, or does not come to
    an end.
    """
    passed = _passed(sha256)
    if passed.exists():
        return
    try:
        child = subprocess.run(
            # Neither variables nor start-up files of the person's choose what it runs.
            [sys.executable, "-I", "-S", "-c", _PROGRAM, os.path.abspath(path), *sys.path],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise EngineError(
            f"{path} was not loaded within {PATIENCE_S} seconds.", remedy="Choose another model."
        ) from exc
    if child.returncode == _REFUSED:
        raise EngineError(**json.loads(child.stdout))
    if child.returncode:
        raise EngineError(
            f"{path} makes llama.cpp fail ({_end(child.returncode, child.stderr)}): it is damaged, or made to"
            " do harm. It was tried in a process of its own, and nothing else was touched.",
            remedy="Fetch the model file again, or choose another.",
        )
    # Not remembering costs the next use some time, and no more.
    with contextlib.suppress(OSError):
        passed.parent.mkdir(parents=True, exist_ok=True)
        passed.touch()


def _passed(sha256: str) -> Path:
    """The empty file that stands for a digest that passed."""
    version = importlib.metadata.version("llama-cpp-python")
    return cache_folder() / "loadable" / f"{sha256}-{version}"


def _end(code: int, stderr: bytes) -> str:
    """How a child ended, with its last words."""
    try:
        end = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        end = f"signal {-code}"
    said = stderr.decode("utf-8", "replace").strip().splitlines()
    return f"{end}, {said[-1][:200]}" if said else end


def _child() -> None:
    """What the child does; `sys.argv[1]` is the file."""
    # Its parent was sealed, or took the risk of running where the kernel cannot seal.
    seal(SealMode.BEST_EFFORT)
    # ggml would start a debugger.
    os.environ["GGML_NO_BACKTRACE"] = "1"
    # 0.15 s: loads numpy and the shared libraries.
    from assistant.engine.native import LlamaContext, LlamaModel
    from assistant.engine.settings import ContextSettings

    try:
        path = Path(sys.argv[1])
        model = LlamaModel(path, name=path.name)
        context = LlamaContext(model, ContextSettings(tokens=64, batch_tokens=32), rows=1)
        context.compute(model.tokenize("A carrel is a desk.", begin=True)[:32])
        context.close()
        model.close()
    except EngineError as error:
        sys.stdout.write(json.dumps({"message": error.message, "remedy": error.remedy}))
        sys.stdout.flush()
        os._exit(_REFUSED)
    # Nothing that runs at an interpreter's end may change what was found.
    os._exit(0)
