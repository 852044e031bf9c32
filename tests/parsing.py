"""Parsing as the jail does it, in the test's own process: for tests of what is made of documents."""

import os

from ingest import parsers
from ingest.documents import Document


def parse(path: str, descriptor: int) -> Document:
    """The document of the file at `path`, read through `descriptor`; `UnreadableDocument` as theirs."""
    return parsers.parse(path, os.pread(descriptor, 1 << 24, 0))
