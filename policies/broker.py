"""The broker: a small process that does for a confined owner what the owner may not do itself.

A confined owner may start no program (`policies.confinement`), but needs two: the template of the parsers,
and the child that tries an unknown model file. So before it confines itself, it forks a broker, which starts
these and no others. A request names one of the programs that were registered before the fork, the descriptors
to pass, and arguments that match the program's pattern; it carries no command.

A confined owner cannot open the user's files either. It sends the broker the descriptor of a folder and a
path below it, and gets a descriptor for reading: of a regular file or a folder, reached without following a
link. `Readable` says which files the broker never hands out.

The broker is sealed like its owner, parses nothing, and ends with its owner. In a process without a broker,
such as a test or a download, `spawn` starts the program itself.
"""

import errno
import json
import os
import re
import signal
import stat
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from policies.beneath import PATH_ONLY, open_beneath
from policies.confinement import FileAccess, confine

if TYPE_CHECKING:
    import socket
    import subprocess

_MAX_MESSAGE_BYTES = 1 << 16
_MAX_DESCRIPTORS = 2

_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY | os.O_DIRECTORY
"""Flags of open(2) that change nothing."""


_ODD_REQUEST = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""Errors that a malformed request may cause."""


@dataclass(frozen=True, slots=True)
class Program:
    """A Python program that the broker may start for a confined process."""

    name: str
    """Its name in a request."""
    options: tuple[str, ...]
    """Options of the interpreter."""
    code: str
    """The program. `sys.argv[1:]` holds the numbers of the descriptors it was passed, then the arguments."""
    argument: str
    """A regular expression that every argument must match in full."""
    prefix: tuple[str, ...] = ()
    """Arguments that come first, whatever the request says."""
    as_streams: bool = False
    """Whether the two descriptors become its standard output and error, instead of being passed by number."""


@dataclass(frozen=True, slots=True)
class Readable:
    """Which files the broker hands out: those in known sources, and others outside hidden and system folders.

    A source that is added later is not known, but a folder of documents is usually neither hidden nor a
    system folder.
    """

    sources: tuple[str, ...]
    """Resolved paths of the sources that the library had when the owner started."""
    refused: tuple[str, ...]
    """Resolved paths of folders that are refused outside these sources, like hidden ones."""

    def allows(self, path: str) -> bool:
        """Whether the file at a resolved path may be read."""
        if any(_is_within(path, source) for source in self.sources):
            return True
        if any(_is_within(path, folder) for folder in self.refused):
            return False
        return "/." not in path


class Child(Protocol):
    """A program that was started."""

    pid: int
    """Its process id."""

    def poll(self) -> int | None:
        """Its exit code, negative if a signal ended it; None while it runs."""

    def kill(self) -> None:
        """Ends it."""


def spawn(program: Program, arguments: Sequence[str], descriptors: Sequence[int]) -> Child:
    """Starts a program, through the broker if this process has one.

    descriptors: at most two, which the program gets; the caller closes its own copies. Raises OSError when it
    cannot be started, and ValueError for arguments that do not match.
    """
    if _broker is None:
        return _start(program, arguments, descriptors)
    return _broker.start(program, arguments, descriptors)


def is_brokered() -> bool:
    """Whether this process gets the files it reads from a broker."""
    return _broker is not None and _broker.opens_files


def open_to_read(folder: int, path: bytes, flags: int) -> int:
    """A descriptor for reading, opened by the broker.

    folder: descriptor of a folder, or of the file itself if `path` is empty. path: below the folder. flags:
    of open(2), without any for writing. Raises OSError as `policies.beneath.open_beneath` does; ENXIO for
    anything but a regular file or a folder, and EPERM for a file that the broker does not hand out.
    """
    assert _broker is not None
    return _broker.open_to_read(folder, path, flags)


def start_broker(programs: Sequence[Program], readable: Readable | None = None) -> None:
    """Gives this process a broker that starts these programs. Call it before the process is confined.

    readable: the files that the broker hands out; None if the process reads files itself. The process must
    have one thread.
    """
    global _broker
    # Takes 5 ms.
    import socket

    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        _serve(theirs, {program.name: program for program in programs}, readable)
    theirs.close()
    _broker = _Broker(ours, opens_files=readable is not None)


class _Broker:
    """The owner's end of the connection."""

    def __init__(self, connection: "socket.socket", *, opens_files: bool) -> None:
        self.opens_files = opens_files
        self._connection = connection
        self._turn = threading.Lock()
        """Held while a request waits for its reply."""

    def start(self, program: Program, arguments: Sequence[str], descriptors: Sequence[int]) -> Child:
        """Starts a program; the errors are those of `spawn`."""
        reply, _ = self.ask({"start": program.name, "arguments": list(arguments)}, descriptors)
        return _BrokeredChild(self, int(reply["child"]))

    def open_to_read(self, folder: int, path: bytes, flags: int) -> int:
        """A descriptor; the errors are those of the function `open_to_read`."""
        _, (descriptor,) = self.ask({"open": path.hex(), "flags": flags}, [folder])
        return descriptor

    def ask(
        self, request: dict[str, Any], descriptors: Sequence[int] = ()
    ) -> tuple[dict[str, Any], list[int]]:
        """The reply to a request, and the descriptors that came with it.

        Raises OSError if it was refused or the broker has ended.
        """
        import socket

        with self._turn:
            message = json.dumps(request).encode("ascii") + b"\n"
            socket.send_fds(self._connection, [message], list(descriptors))
            reply, received = b"", list[int]()
            while not reply.endswith(b"\n"):
                part, more, _, _ = socket.recv_fds(self._connection, _MAX_MESSAGE_BYTES, _MAX_DESCRIPTORS)
                if not part:
                    raise ChildProcessError("the process that starts programs has ended")
                reply, received = reply + part, received + more
        answer: dict[str, Any] = json.loads(reply)
        if "failed" in answer:
            number = answer.get("errno")
            raise OSError(number, answer["failed"]) if number else OSError(answer["failed"])
        return answer, received


class _BrokeredChild:
    """A child of the broker."""

    def __init__(self, broker: _Broker, pid: int) -> None:
        self._broker = broker
        self.pid = pid
        """See `Child`."""

    def poll(self) -> int | None:
        """See `Child`."""
        code = self._broker.ask({"poll": self.pid})[0]["code"]
        return None if code is None else int(code)

    def kill(self) -> None:
        """See `Child`."""
        self._broker.ask({"kill": self.pid})


_broker: _Broker | None = None
"""The broker of this process, if it has one."""


def _start(
    program: Program, arguments: Sequence[str], descriptors: Sequence[int]
) -> "subprocess.Popen[bytes]":
    # Takes 10 ms, usually in the broker.
    import subprocess

    for argument in arguments:
        if re.fullmatch(program.argument, argument, re.DOTALL) is None:
            raise ValueError(f"{program.name} takes no such argument")
    output, error = descriptors if program.as_streams else (subprocess.DEVNULL, None)
    numbers = [] if program.as_streams else [str(descriptor) for descriptor in descriptors]
    return subprocess.Popen(
        [sys.executable, *program.options, "-c", program.code, *numbers, *program.prefix, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=error,
        pass_fds=() if program.as_streams else tuple(descriptors),
        # Ctrl-C in a terminal is for the owner alone.
        process_group=0,
    )


def _serve(connection: "socket.socket", programs: dict[str, Program], readable: Readable | None) -> NoReturn:
    """The broker's whole life: until the owner's end is closed."""
    import socket

    try:
        # The broker ends when its owner does, whatever signal reaches the whole group.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        control = 3
        os.dup2(connection.fileno(), control)
        os.closerange(control + 1, os.sysconf("SC_OPEN_MAX"))
        connection.detach()
        connection = socket.socket(fileno=control)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        confine(FileAccess(read=(Path("/"),), programs=True))
        children: dict[int, subprocess.Popen[bytes]] = {}
        while True:
            message, descriptors, _, _ = socket.recv_fds(connection, _MAX_MESSAGE_BYTES, _MAX_DESCRIPTORS)
            if not message:
                break
            opened: list[int] = []
            try:
                request = json.loads(message)
                if "open" in request and readable is not None:
                    opened.append(_open(request, descriptors[0], readable))
                    reply = dict[str, Any]()
                else:
                    reply = _answer(request, descriptors, programs, children)
            except OSError as failure:
                reply = {"failed": failure.strerror or str(failure), "errno": failure.errno}
            except _ODD_REQUEST as failure:
                reply = {"failed": str(failure)}
            socket.send_fds(connection, [json.dumps(reply).encode("ascii") + b"\n"], opened)
            for descriptor in (*descriptors, *opened):
                os.close(descriptor)
        for child in children.values():
            child.kill()
    finally:
        os._exit(0)


def _open(request: dict[str, Any], folder: int, readable: Readable) -> int:
    """A descriptor to read from. Raises OSError as `open_to_read` does, and ValueError for an odd request."""
    path, flags = bytes.fromhex(request["open"]), int(request["flags"])
    if flags & ~_READING:
        raise OSError(errno.EPERM, "files are opened for reading only")
    # Inspected first, because opening a device or a pipe may have side effects.
    looking = PATH_ONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    seen = open_beneath(folder, path, looking) if path else os.dup(folder)
    try:
        mode = os.fstat(seen).st_mode
        if stat.S_ISLNK(mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
        itself = f"/proc/self/fd/{seen}"
        if not readable.allows(os.readlink(itself)):
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        return os.open(itself, flags & ~os.O_NOFOLLOW | os.O_CLOEXEC)
    finally:
        os.close(seen)


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))


def _answer(
    request: dict[str, Any],
    descriptors: list[int],
    programs: dict[str, Program],
    children: dict[int, "subprocess.Popen[bytes]"],
) -> dict[str, Any]:
    """Carries out a request. An error means that it is refused."""
    if "start" in request:
        arguments = [str(argument) for argument in request["arguments"]]
        child = _start(programs[request["start"]], arguments, descriptors)
        children[child.pid] = child
        return {"child": child.pid}
    if "kill" in request:
        children[request["kill"]].kill()
        return {}
    return {"code": children[request["poll"]].poll()}
