"""One process owns a library: an exclusive lock on the library's folder, which is closed to other users.

The lock is the kernel's (`flock`), so it ends with the process, however that ends. The file `lock` in the
folder only tells which process holds it, and whether that process is a command, which ends by itself.
"""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import IngestError, LibraryBusy, LibraryReadOnly, NoLibrary
from policies.hygiene import one_line

_COMMAND = b"command"
"""In the file of the lock, behind the number of a process that ends by itself."""

_LIBRARY = ("catalogue.db", "history.db", "audit.jsonl", "library.key", "lock", "models.lock", "digests.json")
"""Names by one of which a folder is known to be a library."""

POLL_S, PATIENCE = 0.05, 40
"""Seconds between two attempts to take the lock, and how many attempts are made."""


def is_held_by_command(folder: Path) -> bool:
    """Whether the process that holds, or held last, the library's lock ends by itself and serves others."""
    try:
        return (folder / "lock").read_bytes().split()[1:] == [_COMMAND]
    except OSError:
        return False


def require_library(folder: Path) -> None:
    """Raises `NoLibrary` for a folder that holds other things and no library.

    Hidden files are not counted: desktops leave them in empty folders. A folder `next` is counted: an
    unfinished library, which a process left there when it was killed, has a `lock` beside it.
    """
    names = os.listdir(folder) if folder.is_dir() and os.access(folder, os.R_OK) else []
    others = [name for name in names if not name.startswith(".") and name != "lost+found"]
    if others and set(names).isdisjoint(_LIBRARY):
        raise NoLibrary(
            f"The folder {folder} is not a library: it holds other files, such as {one_line(min(others))}.",
            remedy="With --library or CARREL_HOME, name the folder of a library, or a new one for it.",
        )


@contextmanager
def undisturbed(folder: Path) -> Iterator[None]:
    """For a process that only reads the files of a library: inside it, no other begins to change them unseen.

    Holds the library's lock if it is free; other commands wait then. If another process holds it, waits until
    that has opened the catalogue: from then on, SQLite keeps readers and the owner apart. A library that
    cannot be changed needs no lock.
    """
    lock = None
    for _ in range(PATIENCE):
        try:
            lock = Lock(folder)
            lock.mark_as_command()
        except LibraryReadOnly:
            break
        except LibraryBusy:
            if (folder / "catalogue.db-shm").exists():
                break
            time.sleep(POLL_S)
        else:
            break
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


class Lock:
    """Holds a library's folder for this process until `release`."""

    def __init__(self, folder: Path) -> None:
        """Takes the lock without waiting. Creates the folder, with mode 0700, when it is missing.

        Raises `LibraryBusy` when another process holds the lock, `LibraryReadOnly` when the folder exists and
        cannot be written, and `IngestError` when it cannot be created, belongs to another user, or holds
        other things and no library.
        """
        self._file = folder / "lock"
        require_library(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            status = folder.stat()
            if status.st_uid != os.geteuid():
                raise IngestError(
                    f"The library folder {folder} belongs to another user.",
                    remedy="Choose a folder of your own with --library.",
                )
            if status.st_mode & 0o077:
                folder.chmod(0o700)
            # A link could lead to any file, and an owner takes the lock before it is confined.
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._descriptor = os.open(self._file, flags, 0o600)
        except OSError as error:
            raise _unusable(folder, error) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.claim()
        except BlockingIOError as error:
            pid = self._owner()
            os.close(self._descriptor)
            owner = f"process {pid}" if pid else "another process"
            remedy = "Wait until that process has finished, or stop it."
            if pid and not is_held_by_command(folder):
                remedy = (
                    "It is probably `carrel watch` or the terminal UI, which keep the library up to date. "
                    "To run a command that needs the library to itself, end that process first."
                )
            raise LibraryBusy(
                f"The library {folder} is in use by {owner}.", pid=pid, remedy=remedy
            ) from error
        except OSError as error:
            os.close(self._descriptor)
            raise _unusable(folder, error) from error

    def mark_as_command(self) -> None:
        """Tells other processes that this one serves them, and ends when its command has finished."""
        os.pwrite(self._descriptor, b"%d %s\n" % (os.getpid(), _COMMAND), 0)

    def claim(self) -> None:
        """Tells other processes that this one holds the lock; also one that was forked from its holder.

        The lock is free when both have released it or ended.
        """
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, b"%d\n" % os.getpid(), 0)

    def shared(self) -> "Lock":
        """The same lock once more. It is free when each of them is released."""
        copy = object.__new__(Lock)
        copy._file, copy._descriptor = self._file, os.dup(self._descriptor)
        return copy

    def release(self) -> None:
        """Releases the lock. Another process can take it then."""
        os.close(self._descriptor)

    def withdraw(self) -> None:
        """Releases the lock, and deletes the library's folder if it contains nothing else."""
        folder = self._file.parent
        self._file.unlink(missing_ok=True)
        self.release()
        with contextlib.suppress(OSError):
            folder.rmdir()

    def _owner(self) -> int | None:
        content = os.pread(self._descriptor, 40, 0).split()
        return int(content[0]) if content and content[0].isdigit() else None


def _unusable(folder: Path, error: OSError) -> IngestError:
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM) and folder.is_dir():
        return LibraryReadOnly(
            f"The library {folder} cannot be changed: {error.strerror}.",
            remedy="It can be searched. To change it, make its folder and its disk writable.",
        )
    return IngestError(
        f"The library folder {folder} cannot be used: {error.strerror}.",
        remedy="Choose a folder that you can write to, on a disk with free space, with --library.",
    )
