"""One run of one command: its settings, its library, its streams, and how the process reached them.

The order of a start is fixed: read the configuration, open the sockets the process will ever need, seal the
process, and only then import and open anything else. `connect` does this for the process that runs
`carrel`; a test passes a `Runtime` with another connection and other streams.
"""

import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from assistant.cli.output import Output
from policies import endpoint, network
from policies.errors import PolicyRefusal
from policies.process import harden

if TYPE_CHECKING:
    import socket

    from assistant.config import Config
    from assistant.library.facade import Assistant
    from ingest.lock import Lock


class Role(Enum):
    """What a command needs from its process."""

    READER = "reader"
    """A sealed process that reaches the library through its owner, or becomes its owner."""
    OWNER = "owner"
    """A sealed process that owns the library and serves other processes on a socket."""
    ONLINE = "online"
    """A process without a seal and without access to a library."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What a process acquires before it is sealed."""

    seal: network.Seal
    open: Callable[[Path, "Config"], "Assistant"]
    """Opens the library in a folder with these settings."""
    attached: bool = False
    """Whether another process owns the library and answers."""
    lock: "Lock | None" = None
    """The lock of the library; None unless the role is `Role.OWNER`."""
    socket: "socket.socket | None" = None
    """The listening socket of an owner; None for every other role."""
    confine: "Callable[[Session, Sequence[Path], bool], None]" = lambda session, reading, create: None
    """Confines this process to the files that a command which reads these paths needs. Creates the library's
    folder if asked."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with."""

    config: "Config"
    library: Path
    """The library's folder, as an absolute path."""
    config_file: Path | None
    """The configuration file named on the command line; None for the default file."""
    connection: Connection
    output: Output
    stdin: BinaryIO

    def open(self, reading: Sequence[Path] = ()) -> "Assistant":
        """The library, through its owner if one answers, else owned by this process until it is closed.

        The process is confined first: it can open no other files of the user.

        reading: paths outside the library's sources whose documents will be read.

        Raises `PolicyRefusal` in a process with a network, and `LibraryBusy` if another process owns the
        library but does not answer.
        """
        if not self.attached:
            self.confine(reading, create=True)
        return self.connection.open(self.library, self.config)

    def confine(self, reading: Sequence[Path] = (), *, create: bool = False) -> None:
        """Confines this process (`assistant.confining`), for a command that reads documents itself.

        Raises OSError when the kernel refuses.

        reading: as for `open`.
        create: whether to create the library's folder if it does not exist.
        """
        self.connection.confine(self, reading, create)

    @property
    def attached(self) -> bool:
        """Whether another process owns the library and answers."""
        return self.connection.attached


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the command line runs in; passed to it as the object of Typer's context."""

    stdin: BinaryIO
    stdout: TextIO
    stderr: TextIO
    connect: Callable[[Role, Path, "Config"], Connection]

    @classmethod
    def of_process(cls) -> "Runtime":
        """The streams and the seal of this process."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # A character that the terminal's encoding lacks becomes a question mark.
                stream.reconfigure(errors="replace")
        return cls(sys.stdin.buffer, sys.stdout, sys.stderr, connect)


def connect(role: Role, folder: Path, config: "Config") -> Connection:
    """Opens the sockets that `role` needs, then seals this process.

    Raises `PolicyRefusal` if the kernel cannot enforce the seal and the configuration requires it, and
    `LibraryBusy` if `role` is `Role.OWNER` and another process owns the library.
    """
    if role is Role.ONLINE:
        # They say where pip's package index is.
        harden(families=("PIP_",))
        return Connection(
            network.Seal(
                enforced=False,
                detail="This command is not sealed: it can use the network, and opens no library.",
            ),
            _refuse,
        )
    if role is Role.OWNER:
        from ingest.lock import Lock

        lock = Lock(folder)
        listener = endpoint.listen(folder)
        seal = network.seal(config.network.seal, listener=listener.fileno())
        from assistant.confining import confine_owner

        confine_owner(folder, config.models)
        return Connection(seal, _own, lock=lock, socket=listener)
    owner = endpoint.connect(folder)
    seal = network.seal(config.network.seal, connections=[owner.fileno()] if owner else [])
    if owner is None:
        return Connection(seal, _own, confine=_confine)

    def attach(folder: Path, config: "Config") -> "Assistant":
        from assistant.confining import confine_front_end

        confine_front_end()
        from assistant.library.client import Client

        return Client([owner])

    return Connection(seal, attach, attached=True, confine=_confine)


def _own(folder: Path, config: "Config") -> "Assistant":
    # Together 0.2 s to import: numpy, pydantic and markdown-it.
    from assistant.library.owner import Owner

    return Owner(folder, config)


def _confine(session: Session, reading: Sequence[Path], create: bool) -> None:
    # The configuration is loaded by now, which takes 0.05 s.
    from assistant.confining import confine_owner

    confine_owner(session.library, session.config.models, reading=reading, create=create)


def _refuse(folder: Path, config: "Config") -> "Assistant":
    raise PolicyRefusal("A process that can use the network must not open a library.")


def discard_stdout() -> None:
    """Points stdout at the null device, after the reader of a pipe has closed it (`carrel ls | head`)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
