"""The telemetry of libraries: how each is switched off, and what it left on this machine before it was.

ONNX Runtime (1.31) keeps an id of the machine and a queue of events in the user's cache folder, and resolves
the address of a collector, unless a variable is set before it is imported. `policies.process` sets it in
every process. `carrel doctor` reports what earlier versions of Carrel, or other programs with ONNX Runtime,
have left there, and removes it on request.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

OFF = {"HF_HUB_DISABLE_TELEMETRY": "1", "ORT_DISABLE_TELEMETRY": "1"}
"""Environment variables, and the values that switch telemetry off."""

_CACHE = Path("Microsoft", "DeveloperTools", ".onnxruntime")
"""Where ONNX Runtime keeps the id of the machine and its queue of events, in the user's cache folder."""

_SESSION = ".ses"
"""The session of the telemetry library, in the temporary folder."""


def leftovers() -> list[Path]:
    """The files and folders of this user that telemetry has left; empty if there are none."""
    caches = {Path.home() / ".cache", Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")}
    found = [cache / _CACHE for cache in sorted(caches) if _is_own(cache / _CACHE, stat.S_ISDIR)]
    session = Path(tempfile.gettempdir(), _SESSION)
    return found + ([session] if _is_own(session, stat.S_ISREG) else [])


def remove(paths: Sequence[Path]) -> None:
    """Deletes leftovers, and the folders above them that are then empty. Raises OSError when it cannot."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
            for folder in list(path.parents)[: len(_CACHE.parts) - 1]:
                if any(folder.iterdir()):
                    break
                folder.rmdir()
        else:
            path.unlink()


def _is_own(path: Path, is_kind: Callable[[int], bool]) -> bool:
    """Whether there is a file of this kind at `path` itself, not behind a link, that belongs to this user."""
    try:
        info = path.lstat()
    except OSError:
        return False
    return is_kind(info.st_mode) and info.st_uid == os.geteuid()
