"""The parsers, of which the one for log files crashes, hangs or eats memory when the file says so.

Loaded by the jail's template in tests of files in files.
"""

import os
import signal
import time

from ingest import parsers
from ingest.parsers import parse
from ingest.parsers.extract import Extract

__all__ = ["parse", "preload"]


def preload() -> None:
    """Like `parsers.preload`."""
    parsers.preload()
    read = parsers._EXTRACT_TEXT["text/x-log"]

    def misbehave(data: bytes) -> Extract:
        if data.startswith(b"crash"):
            os.kill(os.getpid(), signal.SIGSEGV)
        while data.startswith(b"hang"):
            time.sleep(1)
        if data.startswith(b"eat"):
            return read(bytes(1 << 40))
        return read(data)

    parsers._EXTRACT_TEXT["text/x-log"] = misbehave
