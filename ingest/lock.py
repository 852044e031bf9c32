"""One process owns a library: an exclusive lock on its folder, and the folder's permissions.

What is indexed, found and forgotten is decided in one place. The lock is the kernel's (`flock`), so it
goes with the process however that ends; the file only says who holds it.
"""

import fcntl
import os
from pathlib import Path

from ingest.errors import IngestError, LibraryBusy


class Lock:
    """Holds a library's folder for this process until released."""

    def __init__(self, folder: Path) -> None:
        """Takes the lock at once or not at all, making the folder (mode 0700) when it is new.

        Raises `LibraryBusy` when another process holds it, `IngestError` when the folder cannot
        be made or belongs to somebody else.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if folder.stat().st_uid != os.geteuid():
                raise IngestError(
                    f"The library folder {folder} belongs to another user.",
                    remedy="Choose a folder of your own with --library.",
                )
            folder.chmod(0o700)
            self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(folder, error) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, b"%d\n" % os.getpid(), 0)
        except BlockingIOError as error:
            pid = self._owner()
            os.close(self._descriptor)
            raise LibraryBusy(
                f"The library {folder} is in use by process {pid or 'unknown'}.",
                pid=pid,
                remedy="Wait until it has finished, or stop it.",
            ) from error
        except OSError as error:
            os.close(self._descriptor)
            raise _unusable(folder, error) from error

    def _owner(self) -> int | None:
        written = os.pread(self._descriptor, 20, 0).strip()
        return int(written) if written.isdigit() else None

    def release(self) -> None:
        os.close(self._descriptor)


def _unusable(folder: Path, error: OSError) -> IngestError:
    return IngestError(
        f"The library folder {folder} cannot be used: {error.strerror}.",
        remedy="Choose a folder you can write to, on a disk with free space, with --library.",
    )
