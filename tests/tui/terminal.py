"""A program in a pseudo-terminal: keys in, every byte it writes to the terminal out."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

KEYS = {
    "enter": b"\r",
    "escape": b"\x1b",
    "tab": b"\t",
    **{f"f{number}": f"\x1bO{letter}".encode() for number, letter in zip((1, 2, 3, 4), "PQRS", strict=True)},
    "f5": b"\x1b[15~",
    "f8": b"\x1b[19~",
    "f9": b"\x1b[20~",
    **{f"ctrl+{letter}": bytes([ord(letter) - 96]) for letter in "nopqrt"},
}
"""What a terminal sends for them."""


class Terminal:
    """One program, until left."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], size: tuple[int, int]) -> None:
        """size: columns and rows."""
        self.bytes = b""
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            os.execve(command[0], list(command), dict(env))
        columns, rows = size
        fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._descriptor)

    code: int | None = None
    """How it ended; None while it runs."""

    def press(self, *keys: str) -> None:
        """Sends keys by their names, all else as it is."""
        for key in keys:
            self.send(KEYS.get(key, key.encode()))
            self.read(0.1)

    def send(self, data: bytes) -> None:
        """Sends bytes, and reads nothing."""
        os.write(self._descriptor, data)

    def read(self, seconds: float, *, once: bool = False) -> None:
        """Takes up what is written during a while, or its first part, and whether the program has ended."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and self.code is None:
            if not select.select([self._descriptor], [], [], left)[0]:
                return
            try:
                part = os.read(self._descriptor, 1 << 16)
            except OSError:
                part = b""
            self.bytes += part
            if once and part:
                return
            if not part:
                _, status = os.waitpid(self.pid, 0)
                self.code = os.waitstatus_to_exitcode(status)

    def quiet(self, seconds: float = 0.6, patience: float = 30) -> None:
        """Reads until nothing has been written for a while."""
        deadline = time.monotonic() + patience
        length = -1
        while length != len(self.bytes) and self.code is None:
            assert time.monotonic() < deadline, "it never came to rest"
            length = len(self.bytes)
            self.read(seconds)

    def until(self, text: str, patience: float = 60) -> None:
        """Reads until `text` has been written; what is drawn in pieces has it in pieces."""
        deadline = time.monotonic() + patience
        while text.encode() not in self.bytes:
            assert time.monotonic() < deadline, f"{text!r} was never written"
            assert self.code is None, f"it ended with {self.code}: {self.bytes[-2000:]!r}"
            self.read(0.1)
