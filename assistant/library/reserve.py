"""A reserve of space in the library's folder, so that documents can be removed on a full disk.

SQLite needs space to delete: it writes what it changes to its log first. Somebody whose disk is full wants to
remove things most of all. So a file of zeros lies in the folder; when a removal finds the disk full, the file
goes and the removal is tried again. The file is made anew while indexing, when there is room.
"""

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ingest.errors import DiskFull
from ingest.pipeline import FREE_BYTES

log = logging.getLogger(__name__)

T = TypeVar("T")

RESERVE = Path("reserve")
"""In the library's folder: the reserve."""

RESERVE_BYTES = 8 << 20
"""Its size: the log of removing a document of some megabytes of text."""


class Reserve:
    """The reserve of one library."""

    def __init__(self, folder: Path) -> None:
        """folder: the library's."""
        self._file = folder / RESERVE

    def fill(self) -> None:
        """Makes the file if it is missing and there is ample room. A failure has no effect."""
        if self._file.exists() or shutil.disk_usage(self._file.parent).free < FREE_BYTES + RESERVE_BYTES:
            return
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self._file, flags, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, RESERVE_BYTES)
            finally:
                os.close(descriptor)
        except OSError as error:
            log.warning("cannot reserve space in %s: %s", self._file, error.strerror)

    def lent_to(self, work: Callable[[], T]) -> T:
        """Does `work`; if the disk is full, once more with the space of the file. Raises what it raises.

        work: can be done again after it raised `DiskFull`.
        """
        try:
            return work()
        except DiskFull:
            if not self._file.exists():
                raise
        self._file.unlink(missing_ok=True)
        return work()
