"""The process that stays outside the seal: it starts the others, and opens documents in the person's viewer.

A sealed process can start no program that needs a display, and make no connection to an owner that comes
later; no process it starts can either. So `carrel` is three processes: this one, which reads no document,
loads no model and opens no library, and two sealed children. One owns the library, unless another process
does; so the screens answer a key whatever is computed, and a model that crashes takes no screen with it. The
other is the UI. When the owner ends, or the UI is killed, this process starts them anew.

What the UI can ask for, through a pipe, is fixed: that a file is shown at a page and a line, by the command
that the configuration names, and that a question is kept for the case that the UI ends before it is answered.
No command comes through the pipe, and no shell reads one.
"""

import json
import logging
import os
import shlex
import signal
import stat
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from types import FrameType
from typing import Any, BinaryIO

from policies import syscalls
from policies.errors import CarrelError
from tui.handover import RESTART, Handover, ViewerFailed

LEAST_S = 3.0
"""A child that is killed sooner is not started again."""

FAREWELL_S = 6.0
"""Given to the owner to end in order; the library is safe without."""

_LISTENING = b"L"
"""What an owner says when it can be connected to."""

_PARENT_DEATH = 1
"""PR_SET_PDEATHSIG of prctl(2)."""

_TIDY = (
    b"\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?2004l\x1b[<u\x1b[0m"
)
"""What a child that was killed left on: other screen, no cursor, mouse, bracketed paste, key protocol."""


class OutsidePipe:
    """The child's end of the pipes."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests = requests
        self._answers = answers

    def open_in_viewer(self, path: str, page: int | None, line: int | None) -> None:
        """Opens a file in the configured viewer; raises `ViewerFailed`."""
        self._send({"show": {"path": path, "page": page, "line": line}})
        answer = self._answers.readline()
        if not answer or (reason := json.loads(answer)["failed"]):
            raise ViewerFailed(
                f"The viewer could not be started: {reason if answer else 'nobody answers'}.",
                remedy="Set `tui.viewer` in the configuration to a command that opens {path}.",
            )

    def save(self, handover: Handover) -> None:
        """Remembers what the next child is to be told should this one end."""
        self._send({"save": asdict(handover)})

    def _send(self, request: dict[str, Any]) -> None:
        with suppress(OSError):
            self._requests.write(json.dumps(request).encode("ascii") + b"\n")
            self._requests.flush()


class OwnerFailed(CarrelError):
    """The process that was to own the library ended, and did not say why."""


def stay(
    life: Callable[[OutsidePipe, Handover], int],
    owner: Callable[[Callable[[], None]], int],
    needed: Callable[[], bool],
    viewer: Callable[[], str],
) -> int:
    """Runs `life` in children of this process until one ends for good; returns its exit code.

    owner: owns the library in a child beside it, from when it calls the function it is given until SIGTERM;
    its error is raised here. needed: whether nobody else owns it. viewer: the configured command, read anew
    each time. In a child that lives this function does not return; what `life` raises is raised there.
    """
    terminal = termios.tcgetattr(sys.stdin) if sys.stdin.isatty() else None
    kept = Handover()
    owning: _Owning | None = None
    try:
        while True:
            if needed():
                if owning is not None:
                    owning.end()
                owning = _Owning(owner)
            began = time.monotonic()
            kept, code = _one_life(life, viewer, kept)
            lasted = time.monotonic() - began
            killed = code < 0 and code != -signal.SIGTERM
            if killed and terminal is not None:
                os.write(sys.stdout.fileno(), _TIDY)
                termios.tcsetattr(sys.stdin, termios.TCSADRAIN, terminal)
            if killed and lasted > LEAST_S:
                reason = f"Carrel was ended by {signal.Signals(-code).name} and has started again."
            elif code == RESTART:
                if owning is not None:
                    owning.raise_failure(at_once=lasted < LEAST_S)
                reason = "The library's owner ended. Carrel has attached anew."
            else:
                return 128 - code if code < 0 else code
            kept = Handover(kept.conversation, kept.question, reason)
    finally:
        if owning is not None:
            owning.end()


class _Owning:
    """The child that owns the library, and what it says of how that goes."""

    def __init__(self, owner: Callable[[Callable[[], None]], int]) -> None:
        """Waits until it can be connected to; raises what prevents it."""
        self._said, saying = os.pipe()
        sys.stdout.flush()
        self._child = os.fork()
        if self._child == 0:
            os.close(self._said)
            os._exit(_owned(owner, saying))
        os.close(saying)
        if os.read(self._said, 1) != _LISTENING:
            self.raise_failure(at_once=True)

    def raise_failure(self, *, at_once: bool) -> None:
        """Raises the error it ended with, if it did; `OwnerFailed` when it ended at once without one."""
        os.set_blocking(self._said, False)
        try:
            line = os.read(self._said, 1 << 16).partition(b"{")[2]
        except BlockingIOError:
            return  # It lives.
        if line:
            # 0.2 s, and only where something is wrong.
            from assistant.library import wire

            wire.decode_line("close", b"{" + line)
        if at_once:
            raise OwnerFailed(
                "The process that owns the library ended as soon as it had begun.",
                remedy="Run `carrel doctor`; the log of the terminal UI says where.",
            )

    def end(self) -> None:
        """Has it give the library back; harmless when it has ended."""
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(self._child, signal.SIGTERM)
            deadline = time.monotonic() + FAREWELL_S
            while os.waitpid(self._child, os.WNOHANG)[0] == 0:
                if time.monotonic() > deadline:
                    os.kill(self._child, signal.SIGKILL)
                time.sleep(0.02)
        os.close(self._said)


def _owned(owner: Callable[[Callable[[], None]], int], saying: int) -> int:
    """In the child: runs the owner, without a terminal, and says how it goes."""
    _die_with_parent()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    try:
        return owner(lambda: _say(saying, _LISTENING))
    except Exception as error:
        from assistant.library import wire

        logging.getLogger(__name__).critical("the owner ended", exc_info=error)
        _say(saying, b" " + wire.encode_error(error))
        return 1


def _say(descriptor: int, data: bytes) -> None:
    with suppress(OSError):
        os.write(descriptor, data)


def _die_with_parent() -> None:
    if syscalls.machine() is not None:
        syscalls.system_call("prctl", _PARENT_DEATH, signal.SIGTERM, 0, 0, 0)


def _one_life(
    life: Callable[[OutsidePipe, Handover], int], viewer: Callable[[], str], kept: Handover
) -> tuple[Handover, int]:
    """Forks a child, serves it to its end; what it had kept, and its code, negative when it was killed."""
    (requests, asking), (answers, answering) = os.pipe(), os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(requests)
        os.close(answering)
        _die_with_parent()
        code = life(OutsidePipe(os.fdopen(asking, "wb"), os.fdopen(answers, "rb")), kept)
        sys.stdout.flush()
        sys.stderr.flush()
        # Threads may still be about their work.
        os._exit(code)
    os.close(asking)
    os.close(answers)

    def pass_on(number: int, _: FrameType | None) -> None:
        os.kill(child, number)

    before = {each: signal.signal(each, pass_on) for each in (signal.SIGTERM, signal.SIGHUP)}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with os.fdopen(requests, "rb") as reading, os.fdopen(answering, "wb") as writing:
            for request in reading:
                kept = _done(json.loads(request), writing, viewer, kept)
        _, status = os.waitpid(child, 0)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    return kept, os.waitstatus_to_exitcode(status)


def _done(request: dict[str, Any], answers: BinaryIO, viewer: Callable[[], str], kept: Handover) -> Handover:
    if "save" in request:
        return Handover(**request["save"])
    failed = ""
    try:
        _show(viewer(), **request["show"])
    except (OSError, ValueError, CarrelError) as error:
        failed = str(error)
    with suppress(OSError):
        answers.write(json.dumps({"failed": failed}).encode("ascii") + b"\n")
        answers.flush()
    return kept


def _show(command: str, path: str, page: int | None, line: int | None) -> None:
    """Starts the viewer; raises ValueError and OSError."""
    if not os.path.isabs(path) or not stat.S_ISREG(os.stat(path).st_mode):
        raise ValueError("there is no such file")
    words = arguments(command, path, page, line)
    subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def arguments(command: str, path: str, page: int | None, line: int | None) -> list[str]:
    """The command's words with `{path}`, `{page}` and `{line}` filled in, both 1 where they are not known.

    Raises ValueError for a command that cannot be read, or names no `{path}`.
    """
    if "{path}" not in command:
        raise ValueError("its command names no {path}")
    places = {"{page}": str(page or 1), "{line}": str(line or 1)}
    words = []
    for word in shlex.split(command):
        for place, value in places.items():
            word = word.replace(place, value)
        # The path last: it may hold braces of its own.
        words.append(word.replace("{path}", path))
    return words
