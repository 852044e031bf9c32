"""The owner of a library for as long as one command runs: it serves other commands meanwhile.

`carrel add` may take hours, and `status`, `ls`, `search`, `ask` and `rm` in another terminal must work. So a
command that finds no owner becomes one that listens, like `carrel watch`. The server is started when the
first client connects, because loading it takes 0.2 s that most commands need not spend.

When the command has finished, the socket gets no new clients: they wait until the lock is free, and become
the owner. Clients that are connected get their answers first, and may ask again for a while. Then the library
is closed.
"""

import logging
import os
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.config import Config
from assistant.library.facade import Assistant
from assistant.library.owner import Owner
from assistant.library.service import clients_served, make_server
from ingest.lock import Lock
from policies import endpoint

if TYPE_CHECKING:
    import socket

    import uvicorn

log = logging.getLogger(__name__)

BETWEEN_CALLS_S = 3.0
"""Seconds for which a client that was active is expected to make another call."""

NEW_CALLS_S = 10.0
"""Seconds after the end of the command in which connected clients may still make calls."""

TELL_AFTER_S = 1.0
"""Seconds of waiting for clients before the person is told."""

POLL_S = 0.02
"""Seconds between two checks whether all clients have their answers."""


class VisitedOwner(Owner):
    """An owner that serves other processes until `close`, which waits until they have their answers."""

    def __init__(
        self,
        folder: Path,
        config: Config,
        *,
        lock: Lock,
        listener: "socket.socket | None",
        tell: Callable[[str], None],
    ) -> None:
        """Opens the library as `Owner` does.

        listener: the library's listening socket; None to serve nobody.
        tell: shows the person what `close` waits for.
        """
        super().__init__(folder, config, lock=lock)
        self._tell = tell
        self._visits = None if listener is None else Visits(self, listener)

    def close(self) -> None:
        """Waits for the answers to clients, and closes the library. An interrupt ends the wait."""
        try:
            if self._visits is not None:
                endpoint.withdraw(self._library.folder)
                self._visits.end(self._tell)
        finally:
            super().close()


class Visits:
    """Serves the clients of an owner on a thread."""

    def __init__(self, assistant: Assistant, listener: "socket.socket") -> None:
        """Starts waiting for the first client. listener: a listening Unix socket."""
        self._assistant = assistant
        self._listener = listener
        self._server: uvicorn.Server | None = None
        self._woken, self._waking = os.pipe()
        self._thread = threading.Thread(target=self._run, name="visits", daemon=True)
        self._thread.start()

    def end(self, tell: Callable[[str], None]) -> None:
        """Waits until no client expects an answer, and stops. The socket must have no name any more.

        tell: called with a message if that takes a while.
        """
        os.close(self._waking)
        began = time.monotonic()
        told = False
        while self._thread.is_alive() and (count := self._expected(time.monotonic() - began)):
            if not told and time.monotonic() - began > TELL_AFTER_S:
                clients = "another command" if count == 1 else f"{count} other commands"
                tell(f"Waiting until {clients} that asked for this library got an answer. Ctrl-C ends both.")
                told = True
            time.sleep(POLL_S)
        if self._server is not None:
            self._server.should_exit = True
        self._thread.join()
        self._listener.close()
        os.close(self._woken)

    def _run(self) -> None:
        waiting = self._listener.fileno()
        readable, _, _ = select.select([waiting, self._woken], [], [])
        if waiting in readable:
            self._server = make_server(self._assistant, ready=lambda: None)
            self._server.run(sockets=[self._listener])

    def _expected(self, passed: float) -> int:
        """The number of clients that wait, or are expected to call. passed: seconds since the end began."""
        if self._server is None or not self._server.started or self._is_met():
            return 1
        return clients_served(self._server, BETWEEN_CALLS_S if passed < NEW_CALLS_S else 0.0)

    def _is_met(self) -> bool:
        """Whether a client has connected that the server has not seen yet."""
        return bool(select.select([self._listener], [], [], 0)[0])
