"""An owner in a child process, for a front end that needs one and must not be one itself.

The terminal UI and `carrel mcp` start such an owner when no process owns the library. It is like `carrel
watch`, and ends with the process that started it. The child is forked before anything heavy is imported,
seals and confines itself, and reports through a pipe that it accepts connections, or why it ended.
"""

import logging
import os
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from assistant.confining import confine_owner
from ingest.encryption import forget_keys
from policies import endpoint, network, syscalls
from policies.errors import CarrelError
from policies.hygiene import visible

if TYPE_CHECKING:
    from assistant.config import Config
    from ingest.lock import Lock

OWNER_TIMEOUT_S = 6.0
"""Seconds that the owner gets to end in order. The library stays intact if it is killed after them."""

MAX_LOG_BYTES = 1 << 20
"""A log that is longer at the start is emptied."""

_LISTENING = b"L"
"""Written by the owner once it accepts connections."""

_PR_SET_PDEATHSIG = 1
"""The operation of prctl(2) that sends a signal when the parent dies."""


class OwnerFailed(CarrelError):
    """The process that was to own the library ended without reporting an error."""


class OwnerProcess:
    """The child that owns the library, and a pipe on which it reports how that goes."""

    def __init__(
        self, run_owner: Callable[[Callable[[], None]], int], log: Path, *, stays: bool = False
    ) -> None:
        """Returns once the owner accepts connections; raises the error that prevents it.

        This process then forgets the keys of libraries, which the owner holds.

        log: the owner's. stays: whether it goes on when this process has ended.
        """
        self._log = log
        self._reports, write_end = os.pipe()
        sys.stdout.flush()
        self._child = os.fork()
        if self._child == 0:
            os.close(self._reports)
            os._exit(_owner_main(run_owner, write_end, stays=stays))
        os.close(write_end)
        forget_keys()
        if os.read(self._reports, 1) != _LISTENING:
            self.raise_failure(ended_at_once=True)

    def raise_failure(self, *, ended_at_once: bool) -> None:
        """Raises the error that the owner reported, if any; `OwnerFailed` if it ended at once without one."""
        os.set_blocking(self._reports, False)
        try:
            line = os.read(self._reports, 1 << 16).partition(b"{")[2]
        except BlockingIOError:
            return  # It is still running.
        if line:
            # 0.2 s to import, and needed only for errors.
            from assistant.library import wire

            wire.decode_line("close", b"{" + line)
        if ended_at_once:
            raise OwnerFailed(
                "The process that owns the library ended right after it started.",
                remedy=f"Run `carrel doctor`. The log is {self._log}.",
            )

    def end(self) -> None:
        """Ends the owner, in order if it reacts in time; does nothing if it has ended."""
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(self._child, signal.SIGTERM)
            deadline = time.monotonic() + OWNER_TIMEOUT_S
            while os.waitpid(self._child, os.WNOHANG)[0] == 0:
                if time.monotonic() > deadline:
                    os.kill(self._child, signal.SIGKILL)
                time.sleep(0.02)
        os.close(self._reports)


def _owner_main(run_owner: Callable[[Callable[[], None]], int], reports: int, *, stays: bool) -> int:
    """The owner's process: detached from the terminal, with its errors reported through a pipe."""
    if not stays:
        die_with_parent()
    # Ctrl-C in the plain UI is for the UI.
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    try:
        return run_owner(lambda: _report(reports, _LISTENING) if stays else _serve_parent(reports))
    except Exception as error:
        from assistant.library import wire

        logging.getLogger(__name__).critical("the owner failed", exc_info=error)
        _report(reports, b" " + wire.encode_error(error))
        return 1


def _serve_parent(reports: int) -> None:
    """Reports that connections are accepted, and ends this process in order when its parent has ended.

    Called once the process is confined, because a thread is started.
    """
    _report(reports, _LISTENING)
    threading.Thread(target=_end_with_reader, args=(reports,), name="parent", daemon=True).start()


def _end_with_reader(reports: int) -> None:
    # The parent's death signal does not come from a parent that confined itself: Landlock refuses it.
    waiting = select.poll()
    waiting.register(reports, 0)  # An error, which is always reported: nobody can read any more.
    waiting.poll()
    os.kill(os.getpid(), signal.SIGTERM)


def _report(descriptor: int, data: bytes) -> None:
    with suppress(OSError):
        os.write(descriptor, data)


def die_with_parent() -> None:
    """Makes the kernel send SIGTERM to this process when its parent ends."""
    if syscalls.machine() is not None:
        syscalls.system_call("prctl", _PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def own_library(
    library: Path,
    config: "Config",
    log: Path,
    report_listening: Callable[[], None],
    *,
    lock: "Lock | None" = None,
) -> int:
    """Owns the library until SIGTERM, like `carrel watch`; runs in a process of its own.

    log: its log. lock: the library's, if the process that forked this one holds it.
    """
    from ingest.lock import Lock

    if lock is None:
        lock = Lock(library)
    else:
        lock.claim()
    listener = endpoint.listen(library)
    network.seal(config.network.seal, listener=listener.fileno())
    confine_owner(library, config.models)
    report_listening()
    log_to_file(log)
    # 0.5 s to import.
    from assistant.library.owner import Owner
    from assistant.library.service import serve

    with Owner(library, config, lock=lock, watching=True) as owner:
        serve(owner, listener, ready=lambda: None)
    return 0


def open_log(file: Path) -> TextIO:
    """Opens a log to append to; empties it if it is longer than `MAX_LOG_BYTES`.

    A link in its place is deleted: it could lead to any file, and the process may not be confined yet.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if file.is_symlink():
        file.unlink()
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(file, flags, 0o600)
    if os.fstat(descriptor).st_size > MAX_LOG_BYTES:
        os.ftruncate(descriptor, 0)
    return os.fdopen(descriptor, "a", encoding="utf-8")


class _LocationFormatter(logging.Formatter):
    """Logs where an error was raised, without its message and variables, which may hold text of documents."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))

    def formatException(  # noqa: N802
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        kind, _, trace = ei
        frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
        return "\n  ".join([kind.__name__ if kind else "", *frames])


def log_to_file(file: Path) -> None:
    """Logs warnings of this process to a file, without the messages of errors, which may quote documents."""
    handler = logging.StreamHandler(open_log(file))
    handler.setFormatter(_LocationFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
