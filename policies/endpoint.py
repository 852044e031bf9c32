"""The owner's Unix socket in the library's folder: created, joined and guarded before the seal.

An owner binds the socket before it seals itself, and may afterwards only accept from it. A client connects
before its own seal. The folder (mode 0700) and the socket (0600) belong to one user, and both sides still ask
the kernel which user is at the other end. There is no TCP, except for the listener of `carrel serve`, which
is not an owner. A link in place of the socket is not followed, because an owner that a document has subverted
could have placed it.

The path in a socket's address has at most 107 bytes, so on Linux the folder is named through an open
descriptor. The socket of an owner that crashed refuses connections. The next owner replaces it: it holds the
library's lock, which proves that no other process is listening.
"""

import errno
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from policies.errors import PolicyRefusal

if TYPE_CHECKING:
    import socket

NAME = "owner.sock"
"""File name of the socket in the library's folder."""

LOOPBACK = "127.0.0.1"
"""The address of this computer that no other computer reaches."""


def listen(folder: Path) -> "socket.socket":
    """Creates the socket and listens on it. The caller must hold the library's lock.

    Raises `PolicyRefusal` when the folder's file system does not support sockets.
    """
    # Takes 5 ms to import.
    import socket

    (folder / NAME).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        with _Address(folder) as address:
            listener.bind(address)
        # From here on, clients wait for an answer. Before, they would find no owner.
        listener.listen()
    except OSError as error:
        listener.close()
        raise PolicyRefusal(
            f"Cannot create a socket in the library folder {folder}: {error.strerror or error}.",
            remedy="Keep the library on a local disk, and choose it with --library.",
        ) from error
    finally:
        os.umask(mask)
    return listener


def listen_on_loopback(port: int) -> "socket.socket":
    """Listens on a port of 127.0.0.1, for `carrel serve`. Raises `PolicyRefusal` when it cannot."""
    import socket

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # A port that was in use a moment ago may be used again.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise PolicyRefusal(
            f"Cannot listen on port {port} of {LOOPBACK}: {error.strerror or error}.",
            remedy="End the program that uses the port, or name another one in policies.toml: [serve] port.",
        ) from error
    return listener


def withdraw(folder: Path) -> None:
    """Removes the socket's name, so that nobody connects any more. The caller must hold the lock."""
    (folder / NAME).unlink(missing_ok=True)


def connect(folder: Path) -> "socket.socket | None":
    """Connects to the library's owner; None when no process listens, or when it belongs to another user."""
    if not (folder / NAME).exists():
        return None
    import socket

    connection = socket.socket(socket.AF_UNIX)
    try:
        with _Address(folder) as address, _looked_at(address) as found:
            connection.connect(found)
        if is_own(connection):
            return connection
    except OSError:
        pass  # A socket left behind by an owner that crashed, or a link to another program's.
    connection.close()
    return None


def is_own(connection: "socket.socket") -> bool:
    """Whether the process at the other end runs as the same user as this one (unix(7), SO_PEERCRED)."""
    credentials = _credentials(connection)
    # Where the kernel does not say, the folder's permissions already ensure it.
    return credentials is None or credentials[1] == os.geteuid()


def process_of(connection: "socket.socket") -> int | None:
    """The number of the process at the other end; None where the kernel does not say."""
    credentials = _credentials(connection)
    return None if credentials is None else credentials[0]


def _credentials(connection: "socket.socket") -> tuple[int, int, int] | None:
    """Process, user and group of the other end."""
    import socket

    if not hasattr(socket, "SO_PEERCRED"):
        return None
    received = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    process, user, group = struct.unpack("3i", received)
    return process, user, group


@contextmanager
def _looked_at(address: str) -> Iterator[str]:
    """Another address of the same socket. It never changes, and is None if there is a link in its place."""
    if not hasattr(os, "O_PATH"):
        yield address
        return
    descriptor = os.open(address, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


class _Address:
    """Context manager for the socket's address, short enough however long the folder's path is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = -1

    def __enter__(self) -> str:
        if not Path("/proc/self/fd").is_dir():
            return str(self._folder / NAME)
        self._descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        return f"/proc/self/fd/{self._descriptor}/{NAME}"

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
