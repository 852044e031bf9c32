"""One run of one command: its settings, its library, its streams, and how the process reached them.

The order of a start is fixed: read the configuration, open the sockets the process will ever need, seal the
process, and only then import and open anything else. `connect` does this for the process that runs
`carrel`; a test passes a `Runtime` with another connection and other streams.
"""

import io
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
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
    from assistant.library.forked import OwnerProcess
    from assistant.library.unlocking import Passphrases
    from ingest.lock import Lock


PATIENCE_S = 2.0
"""Seconds for which a command waits for an owner that does not answer, before it gives up or says so."""

POLL_S = 0.05
"""Seconds between two attempts to reach or become the owner."""

GUEST_CALLS = 3
"""Calls of an agent that run at the same time."""

GUEST_CONNECTIONS = GUEST_CALLS + 2
"""Connections to the owner for an agent: for its calls, and to cancel them."""


class Role(Enum):
    """What a command needs from its process."""

    ALONE = "alone"
    """A sealed process that opens no library."""
    READER = "reader"
    """A sealed process that reaches the library through its owner, or becomes its owner while it runs and
    serves other processes meanwhile."""
    SUCCESSOR = "successor"
    """Like `READER`, but never the client of another command: such an owner may open only the files that it
    was started for. It waits until that command has ended."""
    OWNER = "owner"
    """A sealed process that owns the library and serves other processes until it is stopped."""
    GUEST = "guest"
    """A sealed process that reaches the library only through an owner in another process. If there is none,
    it starts one, which ends with it. It speaks for an agent, so the policies must open a collection."""
    SERVER = "server"
    """Like `GUEST`, for programs that ask over HTTP: it also listens on a port of this computer."""
    STARTER = "starter"
    """A sealed process that starts an owner, unless one answers, which stays when the command has ended."""
    ONLINE = "online"
    """A process without a seal and without access to a library."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What a process acquires before it is sealed."""

    seal: network.Seal
    open: Callable[[Path, "Config"], "Assistant"]
    """Opens the library in a folder with these settings. Refuses unless the role reaches a library."""
    attached: bool = False
    """Whether another process owns the library and answers."""
    lock: "Lock | None" = None
    """The lock of the library; None if another process holds it, or the command opens no library."""
    socket: "socket.socket | None" = None
    """The listening socket of an owner, or of a server; None for any other process, or one that cannot serve
    others."""
    confine: "Callable[[Session, Sequence[Path], Sequence[Path], bool], None]" = (
        lambda session, reading, writing, create: None
    )
    """Confines this process to the files that a command needs which reads the first paths and writes to the
    second. Creates the library's folder if asked."""


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
    passphrases: "Passphrases"
    """Where the command's passphrases come from."""
    ending: ExitStack = field(default_factory=ExitStack)
    """Closed when the command has printed everything: the library that it opened."""

    def open(self, reading: Sequence[Path] = ()) -> "AbstractContextManager[Assistant]":
        """The library, through its owner if one answers, else owned by this process.

        The process is confined first: it can open no other files of the user. The library stays open until
        the command ends, because closing it may take until other commands have their answers.

        reading: paths outside the library's sources whose documents will be read.

        Raises `PolicyRefusal` in a process with a network.
        """
        if not self.attached:
            self.confine(reading, create=True)
        return nullcontext(self.ending.enter_context(self.connection.open(self.library, self.config)))

    def unlock(self) -> None:
        """Unlocks the library, if it is encrypted, for a command that reads its files beside an owner.

        Raises `LibraryLocked`. To be called before `confine`.
        """
        from assistant.library.unlocking import prepare

        prepare(self.library, self.passphrases)

    def confine(
        self, reading: Sequence[Path] = (), *, writing: Sequence[Path] = (), create: bool = False
    ) -> None:
        """Confines this process (`assistant.confining`), for a command that reads documents itself.

        Raises OSError when the kernel refuses.

        reading: as for `open`.
        writing: folders, besides the library, that the command writes to.
        create: whether to create the library's folder if it does not exist.
        """
        self.connection.confine(self, reading, writing, create)

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
    connect: Callable[[Role, Path, "Config", Callable[[str], None]], Connection]
    """Makes the connection for a role, a library's folder and settings; tells what it waits for."""

    @classmethod
    def of_process(cls) -> "Runtime":
        """The streams and the seal of this process."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # A character that the terminal's encoding lacks becomes a question mark.
                stream.reconfigure(errors="replace")
        return cls(sys.stdin.buffer, sys.stdout, sys.stderr, connect)


def connect(
    role: Role, folder: Path, config: "Config", tell: Callable[[str], None] = lambda text: None
) -> Connection:
    """Opens the sockets that `role` needs, then seals this process.

    tell: shows a message when the command has to wait for another one.
    Raises `PolicyRefusal` if the kernel cannot enforce the seal and the configuration requires it, and
    `LibraryBusy` if another process owns the library and does not answer, or answers and `role` is
    `Role.OWNER`.
    """
    if role is Role.ONLINE:
        # They say where pip's package index is, and the session bus, which leads to the keyring.
        harden(families=("PIP_", "DBUS_SESSION_BUS_ADDRESS"))
        return Connection(
            network.Seal(
                enforced=False,
                detail="This command is not sealed: it can use the network, and opens no library.",
            ),
            _refuse,
        )
    from ingest.errors import LibraryReadOnly
    from ingest.lock import Lock

    if role is Role.OWNER:
        lock = Lock(folder)
        listener = endpoint.listen(folder)
        seal = network.seal(config.network.seal, listener=listener.fileno())
        from assistant.confining import confine_owner

        confine_owner(folder, config.models)
        return Connection(seal, _refuse, lock=lock, socket=listener)
    if role is Role.ALONE:
        return Connection(network.seal(config.network.seal), _refuse, confine=_confine)
    if role in (Role.GUEST, Role.SERVER):
        return _visiting(role, folder, config, tell)
    if role is Role.STARTER:
        return _starting(folder, config, tell)
    if role is Role.READER and not folder.exists():
        # Nobody needs a library that has yet to be made, and a command may not even make one.
        return Connection(network.seal(config.network.seal), _own, confine=_confine)
    try:
        reached = _reach(folder, tell, join_commands=role is not Role.SUCCESSOR)
    except LibraryReadOnly as error:
        if role is not Role.READER:
            raise
        tell(f"{error.message} This command stores nothing in it.")
        return Connection(network.seal(config.network.seal), _read, confine=_confine)
    if isinstance(reached, Lock):
        return _owning(folder, config, reached, tell)
    return _attaching([reached], config, tell)


def _attaching(
    connections: "Sequence[socket.socket]",
    config: "Config",
    tell: Callable[[str], None],
    started: "OwnerProcess | None" = None,
    listener: "socket.socket | None" = None,
) -> Connection:
    """The connection of a client of the owner at the other end of `connections`.

    started: the owner, if this process started it; it is asked why it ended.
    listener: the socket on which the client serves other programs.
    """
    seal = network.seal(
        config.network.seal,
        listener=listener.fileno() if listener else None,
        connections=[each.fileno() for each in connections],
    )

    def attach(folder: Path, config: "Config") -> "Assistant":
        from assistant.confining import confine_front_end

        confine_front_end()
        from assistant.errors import OwnerGone
        from assistant.library.client import Client

        try:
            return Client(connections, tell=tell)
        except OwnerGone:
            if started is not None:
                started.raise_failure(ended_at_once=True)
            raise

    return Connection(seal, attach, attached=True, confine=_confine, socket=listener)


def _visiting(role: Role, folder: Path, config: "Config", tell: Callable[[str], None]) -> Connection:
    """The connection of a process that speaks for an agent, or for programs that ask over HTTP."""
    # Together 0.1 s to import: only agents need it.
    from assistant.config import state_folder
    from assistant.library.agents import require_open
    from assistant.library.forked import OwnerProcess, own_library
    from ingest.lock import Lock

    serving = config.policies.serving
    if role is Role.SERVER:
        require_open(serving.collections, "serve")
        # Before an owner is started, which the port may be denied to.
        listener = endpoint.listen_on_loopback(serving.port)
    else:
        require_open(config.policies.agents)
        listener = None
    reached = _reach(folder, tell, join_commands=False)
    owner = None
    if isinstance(reached, Lock):
        log = state_folder() / "agents.log"
        try:
            # It inherits the lock, so that no other process can take it first.
            owner = OwnerProcess(partial(own_library, folder, config, log, lock=reached), log)
        finally:
            reached.release()
    else:
        reached.close()
    made = [connection for _ in range(GUEST_CONNECTIONS) if (connection := endpoint.connect(folder))]
    return _attaching(made, config, tell, owner, listener)


def _starting(folder: Path, config: "Config", tell: Callable[[str], None]) -> Connection:
    """The connection of a process that starts an owner if there is none, and says whether there was one."""
    # Together 0.1 s to import.
    from assistant.config import state_folder
    from assistant.library.forked import OwnerProcess, own_library
    from assistant.library.unlocking import require_encrypted
    from ingest.lock import Lock

    require_encrypted(folder, wanted=True)
    reached = _reach(folder, tell, join_commands=False)
    if isinstance(reached, Lock):
        log = state_folder() / "owner.log"
        try:
            OwnerProcess(partial(own_library, folder, config, log, lock=reached), log, stays=True)
        finally:
            reached.release()
    else:
        reached.close()
    attached = not isinstance(reached, Lock)
    return Connection(network.seal(config.network.seal), _refuse, attached=attached)


def _reach(folder: Path, tell: Callable[[str], None], *, join_commands: bool) -> "socket.socket | Lock":
    """A connection to the library's owner or, if there is none, the lock of the library.

    Waits for a command that owns the library if it no longer answers, because it is about to end.

    join_commands: whether an owner that is a command will do; if not, its end is waited for.
    Raises `LibraryBusy` if another process owns the library, is not a command, and does not answer.
    """
    from ingest.errors import LibraryBusy
    from ingest.lock import Lock, is_held_by_command

    began = time.monotonic()
    told = False
    while True:
        if join_commands or not is_held_by_command(folder):
            owner = endpoint.connect(folder)
            if owner is not None:
                return owner
        try:
            return Lock(folder)
        except LibraryBusy as busy:
            waited = time.monotonic() - began
            if waited > PATIENCE_S:
                if not is_held_by_command(folder):
                    raise
                if not told:
                    tell(f"Waiting until the command of process {busy.pid} has ended. Ctrl-C stops waiting.")
                    told = True
        time.sleep(POLL_S)


def _owning(folder: Path, config: "Config", lock: "Lock", tell: Callable[[str], None]) -> Connection:
    """The connection of a command that owns the library, whose lock it holds, while it runs."""
    try:
        listener = endpoint.listen(folder)
    except PolicyRefusal:
        listener = None  # The file system has no sockets: other commands wait until this one has ended.
    try:
        seal = network.seal(config.network.seal, listener=listener.fileno() if listener else None)
    except BaseException:
        endpoint.withdraw(folder)
        lock.withdraw()
        raise

    def own(folder: Path, config: "Config") -> "Assistant":
        # Together 0.2 s to import: numpy, pydantic and markdown-it.
        from assistant.library.visits import VisitedOwner

        return VisitedOwner(folder, config, lock=lock, listener=listener, tell=tell)

    lock.mark_as_command()
    return Connection(seal, own, lock=lock, socket=listener, confine=_confine)


def _own(folder: Path, config: "Config") -> "Assistant":
    from assistant.library.owner import Owner

    return Owner(folder, config)


def _read(folder: Path, config: "Config") -> "Assistant":
    from assistant.library.owner import Owner

    return Owner(folder, config, read_only=True)


def _confine(session: Session, reading: Sequence[Path], writing: Sequence[Path], create: bool) -> None:
    # The configuration is loaded by now, which takes 0.05 s.
    from assistant.confining import confine_owner

    confine_owner(session.library, session.config.models, reading=reading, writing=writing, create=create)


def _refuse(folder: Path, config: "Config") -> "Assistant":
    raise PolicyRefusal("This command was started without access to a library.")


def discard_stdout() -> None:
    """Points stdout at the null device, after the reader of a pipe has closed it (`carrel ls | head`)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
