"""The process that stays outside the seal: it opens documents in the person's viewer, and starts the UI anew.

A sealed process can start no program that needs a display, and make no connection to an owner that comes
later; no process it starts can either. So `carrel` is two processes: this one, which reads no document, loads
no model and opens no library, and its child, which is sealed and does everything else. Two pipes join them.

What the child can ask for is fixed: that a file is shown at a page and a line, by the command that the
configuration names, and that a question is kept for the case that the child ends before it is answered. No
command comes through the pipe, and no shell reads one.
"""

import json
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
from dataclasses import asdict, dataclass
from types import FrameType
from typing import Any, BinaryIO

from policies import bpf
from policies.errors import CarrelError

ANEW = 75
"""Exit code of a child that asks to be started again: EX_TEMPFAIL of sysexits.h."""

LEAST_S = 3.0
"""A child that is killed sooner is not started again."""

_PARENT_DEATH = 1
"""PR_SET_PDEATHSIG of prctl(2)."""

_TIDY = (
    b"\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?2004l\x1b[<u\x1b[0m"
)
"""What a child that was killed left on: other screen, no cursor, mouse, bracketed paste, key protocol."""


class ViewerFailed(CarrelError):
    """A document could not be opened in the person's viewer."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a child that has ended leaves to the next one."""

    conversation: str = ""
    question: str = ""
    """Not answered yet; empty when there is none."""
    reason: str = ""
    """Why a new one was started, in words; empty for the first."""


class Outside:
    """The child's end of the pipes."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests = requests
        self._answers = answers

    def show(self, path: str, page: int | None, line: int | None) -> None:
        """Opens a file in the configured viewer; raises `ViewerFailed`."""
        self._send({"show": {"path": path, "page": page, "line": line}})
        answer = self._answers.readline()
        if not answer or (reason := json.loads(answer)["failed"]):
            raise ViewerFailed(
                f"The viewer could not be started: {reason if answer else 'nobody answers'}.",
                remedy="Set `tui.viewer` in the configuration to a command that opens {path}.",
            )

    def keep(self, kept: Kept) -> None:
        """Remembers what the next child is to be told should this one end."""
        self._send({"keep": asdict(kept)})

    def _send(self, request: dict[str, Any]) -> None:
        with suppress(OSError):
            self._requests.write(json.dumps(request).encode("ascii") + b"\n")
            self._requests.flush()


def stay(life: Callable[[Outside, Kept], int], viewer: Callable[[], str]) -> int:
    """Runs `life` in children of this process until one ends for good; returns its exit code.

    viewer: the configured command, read anew each time. In a child this function does not return; what `life`
    raises is raised there.
    """
    terminal = termios.tcgetattr(sys.stdin) if sys.stdin.isatty() else None
    kept = Kept()
    while True:
        began = time.monotonic()
        kept, code = _one_life(life, viewer, kept)
        killed = code < 0 and code != -signal.SIGTERM
        if killed and terminal is not None:
            os.write(sys.stdout.fileno(), _TIDY)
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, terminal)
        if killed and time.monotonic() - began > LEAST_S:
            reason = f"Carrel was ended by {signal.Signals(-code).name} and has started again."
        elif code == ANEW:
            reason = "The library's owner ended. Carrel has attached anew."
        else:
            return 128 - code if code < 0 else code
        kept = Kept(kept.conversation, kept.question, reason)


def _one_life(
    life: Callable[[Outside, Kept], int], viewer: Callable[[], str], kept: Kept
) -> tuple[Kept, int]:
    """Forks a child, serves it to its end; what it had kept, and its code, negative when it was killed."""
    (requests, asking), (answers, answering) = os.pipe(), os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(requests)
        os.close(answering)
        if bpf.machine() is not None:
            bpf.system_call("prctl", _PARENT_DEATH, signal.SIGTERM, 0, 0, 0)
        code = life(Outside(os.fdopen(asking, "wb"), os.fdopen(answers, "rb")), kept)
        sys.stdout.flush()
        sys.stderr.flush()
        # Threads may still be about their work; the library has been given back.
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


def _done(request: dict[str, Any], answers: BinaryIO, viewer: Callable[[], str], kept: Kept) -> Kept:
    if "keep" in request:
        return Kept(**request["keep"])
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
