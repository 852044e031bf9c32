"""Parsing without a jail, in the test's own process: for tests of what is made of documents."""

import hashlib
import os

from ingest import parsers
from ingest.documents import Document
from ingest.reading import GoOn


def parse(path: str, descriptor: int, digest: str, go_on: GoOn = lambda: True) -> Document:
    """The document of the file at `path`, read through `descriptor`: a stand-in for `Jail.parse`."""
    return parsers.parse(path, os.pread(descriptor, 1 << 24, 0), digest)


def parse_bytes(path: str, data: bytes) -> Document:
    """The document of a file at `path` with this content."""
    return parsers.parse(path, data, hashlib.sha256(data).hexdigest())
