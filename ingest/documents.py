"""The values that flow through ingest, frozen: `Document → Block → Chunk`, each with a `Locator`.

A parser makes the locator, and it reaches the citation unchanged. Text is always a verbatim
slice of what the parser extracted: nothing is rewritten after parsing, so a quote can be found
again in its source. Storage and identity in the catalogue live elsewhere.
"""

import datetime
import hashlib
import os
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self


@dataclass(frozen=True, slots=True)
class Locator:
    """Where a piece of text stands in its document."""

    path: str
    """Absolute path; bytes that are not UTF-8 are kept as surrogate escapes."""
    page: int | None
    """Page counted from 1; None for documents without pages."""
    label: str | None
    """The page's number as printed or as the file labels it; None where it is the same as `page`, or
    there are no pages."""
    heading: tuple[str, ...]
    """Headings above the text, outermost first; empty when there are none."""
    lines: tuple[int, int] | None
    """First and last line, counted from 1, both included; None where a format has no lines of
    its own (PDF, docx and the like)."""
    chars: tuple[int, int]
    """Start and end in characters, end excluded: of the page for paged documents, of the whole
    decoded text (line ends as `\\n`) for all others."""

    @property
    def where(self) -> str:
        """Its place in the document, in words; empty when there is nothing to tell."""
        parts = []
        if self.page is not None:
            parts.append(f"page {self.label or self.page}")
        elif self.lines is not None:
            first, last = self.lines
            parts.append(f"line {first}" if first == last else f"lines {first}-{last}")
        if self.heading:
            parts.append(" › ".join(self.heading))
        return ", ".join(parts)

    def narrowed(self, text: str, start: int, end: int) -> Self:
        """The locator of `text[start:end]`, where `text` is what this locator spans."""
        lines = self.lines
        if lines is not None:
            first = lines[0] + text.count("\n", 0, start)
            lines = (first, first + text.rstrip("\n").count("\n", start, end))
        origin = self.chars[0]
        return replace(self, lines=lines, chars=(origin + start, origin + end))


class BlockKind(StrEnum):
    """How a block may be divided when it is too long for one chunk."""

    PROSE = "prose"
    """Between sentences."""
    ROWS = "rows"
    """Between lines: code, tables, records."""


@dataclass(frozen=True, slots=True)
class Block:
    """A parsed piece with its place: a paragraph, a list, a table, a run of code."""

    kind: BlockKind
    text: str
    """Verbatim, never empty, `len(text) == locator.chars[1] - locator.chars[0]`."""
    locator: Locator


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a document says about itself."""

    tags: tuple[str, ...]
    links: tuple[str, ...]
    """Targets of its wiki-links."""
    date: datetime.date | None
    """Its own date; None when it gives none."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file's content."""

    id: str
    """See `document_id`."""
    path: str
    media_type: str
    title: str
    """The document's own title, else its file name without suffix."""
    metadata: Metadata
    pages: tuple[str, ...]
    """The extracted text, one string a page; a single string for documents without pages. Every
    locator's `chars` index into it."""
    blocks: tuple[Block, ...]
    """In reading order."""
    unread: str = ""
    """Which part of the file could not be read, and why; empty when all was read."""
    needs_ocr: bool = False
    """Whether OCR could read the part that is named in `unread`."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is indexed: consecutive text of one document, one page and one heading."""

    id: str
    """`{document_id}.{ordinal}`."""
    document_id: str
    ordinal: int
    """Position in the document, counted from 0."""
    text: str
    """Verbatim, as in `Block`."""
    locator: Locator


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as it looks."""

    width: int
    height: int
    """Pixels."""
    pixels: bytes
    """Red, green and blue, a byte each, row by row."""


def is_within(path: str, root: str) -> bool:
    """Whether `path` is `root`, or lies below it."""
    return path == root or path.startswith(root.rstrip("/") + "/")


def content_digest(descriptor: int) -> str:
    """SHA-256 of an open file's bytes, in hex; where the file is read from stays where it is."""
    digest = hashlib.sha256()
    place = 0
    while part := os.pread(descriptor, 1 << 20, place):
        digest.update(part)
        place += len(part)
    return digest.hexdigest()


def document_id(path: str, digest: str) -> str:
    """Names one content at one path: 32 hex digits of SHA-256 over the path and the content's digest.

    A changed file gets a new id, so a vector left behind by an interrupted run can never be
    taken for the vector of another text.
    """
    return hashlib.sha256(os.fsencode(path) + b"\0" + digest.encode("ascii")).hexdigest()[:32]
