"""The parsers, which never finish with some documents: those whose text begins with `Wait`.

Loaded by the jail's template in tests.
"""

import time

from ingest import parsers
from ingest.documents import Document
from ingest.parsers import preload

__all__ = ["parse", "preload"]


def parse(path: str, data: bytes, digest: str) -> Document:
    """Like `parsers.parse`, later."""
    while data.startswith(b"Wait"):
        time.sleep(1)
    return parsers.parse(path, data, digest)
