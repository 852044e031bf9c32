"""A reserve of space in the library's folder, so that documents can be removed on a full disk.

SQLite needs space to delete, because it writes changes to its log first, and a full disk is when people want
to remove documents. So the folder contains a file of zeros. If a removal finds the disk full, the file is
deleted and the removal tried again. Indexing creates the file again when there is room.
"""

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ingest.errors import DiskFull
from ingest.space import FREE_BYTES

log = logging.getLogger(__name__)

T = TypeVar("T")

RESERVE = Path("reserve")
"""In the library's folder: the reserve."""

RESERVE_BYTES = 8 << 20
"""Its size: enough for the log of removing a document with some megabytes of text."""


class Reserve:
    """The reserve of one library."""

    def __init__(self, folder: Path) -> None:
        """folder: the library's."""
        self._file = folder / RESERVE

    def fill(self) -> None:
        """Creates the file if it is missing and there is ample room. A failure is only logged."""
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
        """Calls `work`; if the disk is full, deletes the file and calls it again. Raises what `work` raises.

        work: must be repeatable after it raised `DiskFull`.
        """
        try:
            return work()
        except DiskFull:
            if not self._file.exists():
                raise
        self._file.unlink(missing_ok=True)
        return work()
