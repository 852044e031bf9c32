"""The owner's Unix socket in the library's folder: made, joined and guarded, all before the seal.

An owner binds it before its seal and may afterwards only accept from it; a client connects before its
own. The folder is the person's alone (0700), the socket too (0600), and an owner asks the kernel for
the user at the other end all the same. There is no TCP.

A path in a socket's address may have 107 bytes at most, so on Linux the folder is named by an open
descriptor. A socket left by an owner that died refuses connections, and is replaced by the next owner,
who must hold the library's lock: it is what tells that nobody is listening.
"""

import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from policies.errors import PolicyRefusal

if TYPE_CHECKING:
    import socket

NAME = "owner.sock"
"""In the library's folder."""


def listen(folder: Path) -> "socket.socket":
    """The socket, listening; to be called by the holder of the library's lock.

    Raises PolicyRefusal when the folder's file system has no sockets.
    """
    # 5 ms to import.
    import socket

    (folder / NAME).unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        with _Address(folder) as address:
            made.bind(address)
        # From here on clients wait to be answered; before, they would take the library for nobody's.
        made.listen()
    except OSError as error:
        made.close()
        raise PolicyRefusal(
            f"The library folder {folder} takes no socket: {error.strerror or error}.",
            remedy="Keep the library on a local disk, and choose it with --library.",
        ) from error
    finally:
        os.umask(mask)
    return made


def connect(folder: Path) -> "socket.socket | None":
    """A connection to the library's owner; None when nobody listens, or it is not the person's own."""
    if not (folder / NAME).exists():
        return None
    import socket

    made = socket.socket(socket.AF_UNIX)
    try:
        with _Address(folder) as address:
            made.connect(address)
        if is_own(made):
            return made
    except OSError:
        pass  # The socket of an owner that is gone.
    made.close()
    return None


def is_own(connection: "socket.socket") -> bool:
    """Whether the process at the other end runs as this one's user (unix(7), SO_PEERCRED)."""
    import socket

    if not hasattr(socket, "SO_PEERCRED"):
        return True  # The folder's permissions have said so.
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1]) == os.geteuid()


class _Address:
    """The socket's address, short enough whatever the folder is called, while it is entered."""

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
