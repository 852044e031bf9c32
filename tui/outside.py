"""The process outside the seal: it starts the two sealed processes, and opens documents in the viewer.

A sealed process cannot start a program that needs a display, nor connect to an owner that starts later, and
its children cannot either. So `carrel` is three processes. This one reads no document, loads no model and
opens no library. One sealed child owns the library, unless another process does already; because it is
separate, the screens react to keys while it computes, and survive if a model crashes it. The other sealed
child is the UI. If the owner ends or the UI is killed, this process starts them again.

The UI can make five kinds of request through a pipe: to open a document at a page or line, with the command
from the configuration; to try one of a few other commands on a document; to write a saved conversation to a
file, whose name and content this process chooses; to change one of a few settings; and to save its state for
the next UI process. This process believes none of them: `tui.requests` checks each before it acts. No shell
is used.
"""

import json
import os
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

from assistant.library.forked import OwnerProcess, die_with_parent
from tui.handover import RESTART, Handover, NotExported, SettingsNotSaved, ViewerFailed
from tui.requests import OutsideServices, serve_requests

MIN_LIFE_S = 3.0
"""A UI that is killed within this time is not started again."""

PATIENCE_S = 5.0
"""Time for which a process that holds the library may accept no connections, because it starts or ends."""
POLL_S = 0.1
"""Seconds between two looks at it."""

_RESET_TERMINAL = (
    b"\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?2004l\x1b[<u\x1b[0m"
)
"""Undoes what a killed UI left on: alternate screen, hidden cursor, mouse, bracketed paste, key protocol."""


class OutsidePipe:
    """The UI's end of the pipes. Implements `OutsideProcess`."""

    def __init__(self, requests: BinaryIO, replies: BinaryIO) -> None:
        self._requests = requests
        self._replies = replies
        self._turn = threading.Lock()
        """Held by a thread that waits for its reply."""

    def open_in_viewer(self, path: str, page: int | None, line: int | None) -> None:
        """Requests that a file is opened, and waits for the reply."""
        reason = self._request({"view": {"path": path, "page": page, "line": line}})["failed"]
        if reason:
            raise ViewerFailed(
                f"Could not open the document: {reason}.",
                remedy="Press F9 to choose another program, or set `tui.viewer` in the configuration.",
            )

    def try_viewer(self, viewer: str, path: str) -> None:
        """Requests that a file is opened with a certain command, and waits for the reply."""
        reason = self._request({"try": {"viewer": viewer, "path": path}})["failed"]
        if reason:
            raise ViewerFailed(
                f"`{viewer}` did not open the document: {reason}.", remedy="Nothing was changed."
            )

    def change_settings(self, values: dict[str, str | int]) -> None:
        """Requests a change of the configuration, and waits for the reply."""
        reason = self._request({"change": values})["failed"]
        if reason:
            raise SettingsNotSaved(f"The setting was not saved: {reason}.")

    def export(self, conversation: str) -> str:
        """Requests a file about a conversation, and waits for its path."""
        reply = self._request({"export": {"conversation": conversation}})
        if reply["failed"]:
            raise NotExported(f"The conversation was not written to a file: {reply['failed']}.")
        return reply["made"]

    def save(self, handover: Handover) -> None:
        """Sends the state; there is no reply."""
        self._send({"save": {"conversation": handover.conversation, "question": handover.question}})

    def _request(self, request: dict[str, Any]) -> dict[str, str]:
        """The reply: `failed` is why a request was not carried out, or empty; `made` is a file it made."""
        with self._turn:
            self._send(request)
            reply = self._replies.readline()
        gone = {"failed": "the process outside the seal has ended", "made": ""}
        return {key: str(value) for key, value in json.loads(reply).items()} if reply else gone

    def _send(self, request: dict[str, Any]) -> None:
        with suppress(OSError):
            self._requests.write(json.dumps(request).encode("ascii") + b"\n")
            self._requests.flush()


def supervise(
    run_ui: Callable[[OutsidePipe, Handover], int],
    run_owner: Callable[[Callable[[], None]], int],
    owner_needed: Callable[[], bool],
    services: OutsideServices,
    log: Path,
) -> int:
    """Runs the UI in child processes, one after the other, until one ends for good; returns its exit code.

    run_owner: owns the library in another child process, until SIGTERM; it calls its argument once it accepts
    connections. An error that it raises is raised here.
    owner_needed: whether no process owns the library.
    services: how requests of the UI are carried out.
    log: the log of these processes.

    In the UI's process this function does not return, and what `run_ui` raises is raised there.
    """
    terminal = termios.tcgetattr(sys.stdin) if sys.stdin.isatty() else None
    handover = Handover()
    owner: OwnerProcess | None = None
    try:
        while True:
            if owner_needed():
                if owner is not None:
                    owner.end()
                owner = _start_owner(run_owner, owner_needed, log)
            started = time.monotonic()
            handover, code = _run_child(run_ui, services, handover)
            seconds = time.monotonic() - started
            killed = code < 0 and code != -signal.SIGTERM
            if killed and terminal is not None:
                os.write(sys.stdout.fileno(), _RESET_TERMINAL)
                termios.tcsetattr(sys.stdin, termios.TCSADRAIN, terminal)
            if killed and seconds > MIN_LIFE_S:
                reason = f"Carrel was stopped by {signal.Signals(-code).name} and has been restarted."
            elif code == RESTART:
                if owner is not None:
                    owner.raise_failure(ended_at_once=seconds < MIN_LIFE_S)
                reason = "The process that owns the library ended. Carrel has connected again."
            else:
                return 128 - code if code < 0 else code
            handover = Handover(handover.conversation, handover.question, reason)
    finally:
        if owner is not None:
            owner.end()


def _start_owner(
    run_owner: Callable[[Callable[[], None]], int], owner_needed: Callable[[], bool], log: Path
) -> OwnerProcess | None:
    """Starts an owner; None if another process, such as a UI that started at the same time, was first.

    Raises `LibraryBusy` if a process holds the library and accepts no connections for `PATIENCE_S`.
    """
    # 20 ms to import, when an owner is started.
    from ingest.errors import LibraryBusy

    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return OwnerProcess(run_owner, log)
        except LibraryBusy:
            if time.monotonic() > deadline:
                raise
        time.sleep(POLL_S)
        if not owner_needed():
            return None


def _run_child(
    run_ui: Callable[[OutsidePipe, Handover], int], services: OutsideServices, handover: Handover
) -> tuple[Handover, int]:
    """Forks a UI process and serves its requests until it ends.

    Returns the state that it saved last, and its exit code, negative if a signal ended it.
    """
    (requests, request_end), (reply_end, replies) = os.pipe(), os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(requests)
        os.close(replies)
        die_with_parent()
        code = run_ui(OutsidePipe(os.fdopen(request_end, "wb"), os.fdopen(reply_end, "rb")), handover)
        sys.stdout.flush()
        sys.stderr.flush()
        # Threads of calls may still be running, and are not waited for.
        os._exit(code)
    os.close(request_end)
    os.close(reply_end)

    def forward(number: int, _: FrameType | None) -> None:
        os.kill(child, number)

    previous = {number: signal.signal(number, forward) for number in (signal.SIGTERM, signal.SIGHUP)}
    previous[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with os.fdopen(requests, "rb") as reader, os.fdopen(replies, "wb") as writer:
            handover = serve_requests(reader, writer, services, handover)
        _, status = os.waitpid(child, 0)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return handover, os.waitstatus_to_exitcode(status)
