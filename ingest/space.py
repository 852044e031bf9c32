"""How much of the library's disk indexing leaves free.

A full disk would keep SQLite from deleting, and other programs from working.
"""

import shutil
from pathlib import Path

from ingest.errors import IngestError

FREE_BYTES = 64 << 20
"""Space (64 MiB) that must stay free on the library's disk. Indexing stops before it is used up."""


def require_space(disk: Path) -> None:
    """Raises `IngestError` when the disk with the path `disk` is nearly full."""
    free = shutil.disk_usage(disk).free
    if free < FREE_BYTES:
        raise IngestError(
            f"The disk is nearly full: {free >> 20} MiB are free at {disk}. Nothing is lost.",
            remedy="Free some space and run the command again. It continues where it stopped.",
        )
