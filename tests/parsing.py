"""Parsing without a jail, in the test's own process: for tests of what is made of documents."""

import hashlib
import os

import pytest

from ingest import parsers
from ingest.documents import Document
from ingest.errors import UnreadableDocument
from ingest.reading import GoOn


def parse(
    path: str, descriptor: int, digest: str, go_on: GoOn = lambda: True, size: int = 1 << 24
) -> Document:
    """The document of the file at `path`, read through `descriptor`: a stand-in for `Jail.parse`."""
    return parsers.parse(path, os.pread(descriptor, size, 0), digest)


def parse_bytes(path: str, data: bytes) -> Document:
    """The document of a file at `path` with this content."""
    return parsers.parse(path, data, hashlib.sha256(data).hexdigest())


def parsed(name: str, content: str | bytes) -> Document:
    """The document of a note with this name and content."""
    return parse_bytes(f"/notes/{name}", content.encode() if isinstance(content, str) else content)


def texts_and_headings(document: Document) -> list[tuple[str, tuple[str, ...]]]:
    """The text of each block, and the headings above it."""
    return [(block.text, block.locator.heading) for block in document.blocks]


def refusal(name: str, content: str | bytes) -> UnreadableDocument:
    """Why a note with this name and content is not read."""
    with pytest.raises(UnreadableDocument) as refused:
        parsed(name, content)
    return refused.value


def assert_verbatim(document: Document) -> None:
    """Fails unless every block is the slice of text, and lies on the lines, that its locator names."""
    for block in document.blocks:
        assert document.pages[(block.locator.page or 1) - 1][slice(*block.locator.chars)] == block.text
        first, last = block.locator.lines or (1, 1)
        lines = document.pages[0].split("\n")
        assert block.locator.lines is None or block.text in "\n".join(lines[first - 1 : last])
