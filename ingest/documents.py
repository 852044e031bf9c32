"""The values that flow through ingest, all frozen: `Document → Block → Chunk`, each with a `Locator`.

A parser makes the locator, and it reaches the citation unchanged. Text is always a verbatim slice of what
the parser extracted, so a quote can be found in its source. These values know nothing of storage: the
catalogue has keys of its own.
"""

import datetime
import hashlib
import os
import sys
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePath
from typing import Self

QUOTED = "↩ "
"""The beginning of a heading under which a message quotes an earlier one."""


SEPARATED = frozenset({".csv", ".tsv"})
"""Suffixes of files whose heading is the names of their columns."""

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""The media type of Excel's workbooks. Their numbers have a decimal point, whatever the sheet shows."""
WORKBOOKS = frozenset({EXCEL, "application/vnd.oasis.opendocument.spreadsheet"})
"""Media types of documents whose blocks are the rows of sheets, with ` | ` between cells."""

PAGE_NAMES = {
    **dict.fromkeys((".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm"), "slide"),
    **dict.fromkeys((".ppt", ".pps", ".pot", ".odp", ".otp"), "slide"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlt", ".ods", ".ots"), "sheet"),
    ".epub": "section",
    **dict.fromkeys((".json", ".jsonl", ".ndjson", ".geojson", ".xml", ".opml"), "part"),
}
"""What a page is called in the files of a suffix, where it is not a page."""


@dataclass(frozen=True, slots=True)
class Locator:
    """The place of a piece of text in its document."""

    path: str
    """Absolute path of the file. Bytes that are not UTF-8 are surrogate escapes."""
    page: int | None
    """Page number, from 1; None for a document without pages. In a long text with lines, the number of the
    part in which `chars` count."""
    label: str | None
    """The page number as it is printed or as the file labels it; None when it equals `page` or there are no
    pages."""
    heading: tuple[str, ...]
    """The headings above the text, outermost first; empty when there are none."""
    lines: tuple[int, int] | None
    """First and last line, from 1, both included; None for a format without lines (PDF, docx and others)."""
    chars: tuple[int, int]
    """Start and end in characters, end excluded. They count from the start of the page, or, in a document
    without pages, from the start of the whole text, in which line ends are `\\n`."""

    @property
    def is_on_page(self) -> bool:
        """Whether people find the place by its page. In a text that has lines they find it by these."""
        return self.page is not None and self.lines is None

    @property
    def is_quote(self) -> bool:
        """Whether the text quotes an earlier message."""
        return any(name.startswith(QUOTED.rstrip()) for name in self.heading)

    @property
    def where(self) -> str:
        """The place in words, such as `page 3, Rent › Deposit`; empty when it is the whole document. The
        pages of a presentation are slides, those of a workbook sheets, of a book sections, of data parts. The
        heading of separated values is left out: it is the names of their columns, as a quote shows them.

        A page whose printed number differs from its position is named by both: `page iv (sheet 4)`.
        """
        parts = []
        if self.is_on_page:
            named = self.label is not None and self.label != str(self.page)
            page = PAGE_NAMES.get(PurePath(self.path).suffix.casefold(), "page")
            parts.append(f"page {self.label} (sheet {self.page})" if named else f"{page} {self.page}")
        elif self.lines is not None:
            first, last = self.lines
            parts.append(f"line {first}" if first == last else f"lines {first}-{last}")
        if self.heading and PurePath(self.path).suffix.casefold() not in SEPARATED:
            parts.append(" › ".join(self.heading))
        return ", ".join(parts)

    def narrowed(self, text: str, start: int, end: int) -> Self:
        """The locator of `text[start:end]`, if `text` is the text at this locator."""
        lines = self.lines
        if lines is not None:
            first = lines[0] + text.count("\n", 0, start)
            lines = (first, first + text.rstrip("\n").count("\n", start, end))
        origin = self.chars[0]
        return replace(self, lines=lines, chars=(origin + start, origin + end))


class BlockKind(StrEnum):
    """Where a block may be divided when it is too long for one chunk."""

    PROSE = "prose"
    """Between sentences."""
    ROWS = "rows"
    """Between lines: code, tables, records."""


@dataclass(frozen=True, slots=True)
class Block:
    """A parsed piece with its place: a paragraph, a list, a table, a run of code."""

    kind: BlockKind
    """Where it may be divided."""
    text: str
    """Verbatim, never empty. Its length is that of `locator.chars`."""
    locator: Locator
    """Its place."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a document says about itself."""

    tags: tuple[str, ...]
    """Its tags, without `#`."""
    links: tuple[str, ...]
    """The targets of its wiki links."""
    date: datetime.date | None
    """The date that it gives; None when it gives none."""
    names: tuple[str, ...] = ()
    """Names by which it is known besides its title, such as aliases and authors."""


LINKED = "attachments:"
"""Begins the target of a description whose file has a path from a folder that is not named."""


@dataclass(frozen=True, slots=True)
class Description:
    """What one document says about others, such as the entry of a library of papers about its files."""

    target: str
    """Path of the described file, from the folder of the describing one; empty for all files in it. Of a file
    that is kept elsewhere: its absolute path, or `LINKED` and its path from the root of a source."""
    title: str
    """Its title; empty when it states none."""
    names: tuple[str, ...]
    """Names by which it is known besides, such as authors."""
    tags: tuple[str, ...]
    """Its tags and collections."""
    date: datetime.date | None
    """Its date; None when it states none."""

    def applied(self, title: str, metadata: Metadata) -> tuple[str, Metadata]:
        """Title and metadata of the described document: as described, otherwise its own."""
        return self.title or title, replace(
            metadata,
            names=self.names or metadata.names,
            tags=self.tags or metadata.tags,
            date=self.date or metadata.date,
        )

    def without(self, later: "Description") -> "Description":
        """What this says and `later`, which takes its place, does not: where `later` states nothing."""
        return Description(
            self.target,
            "" if later.title else self.title,
            () if later.names else self.names,
            () if later.tags else self.tags,
            None if later.date else self.date,
        )


class Hiding(StrEnum):
    """How text is hidden from a person who looks at the file."""

    COLOUR = "colour"
    """It has the colour of its background."""
    SIZE = "size"
    """It is too small to see."""
    OUTSIDE = "outside"
    """It lies outside the page, slide or window, or is cut off."""
    UNDRAWN = "undrawn"
    """It is transparent, or never drawn."""
    COVERED = "covered"
    """Something else is drawn over it."""
    MARKED = "marked"
    """The file marks it as hidden."""
    SUBSTITUTE = "substitute"
    """It stands in for something else that is shown: a picture, or a program that runs."""
    COMMENT = "comment"
    """It is a comment in the source of the file."""


@dataclass(frozen=True, slots=True)
class HiddenText:
    """Text of a file that a person who looks at the file does not see.

    It is not part of the document's pages or blocks, so it is in no chunk, prompt, answer or summary.
    """

    page: int
    """The page that it is on, from 1; 1 for a document without pages."""
    at: int
    """Where it would be in the text of that page: the number of characters before it."""
    text: str
    """The text, on one line."""
    how: Hiding
    """How it is hidden."""


@dataclass(frozen=True, slots=True)
class Document:
    """The content of one file."""

    id: str
    """See `document_id`."""
    path: str
    """Absolute path of the file."""
    media_type: str
    """The type that decided how it was parsed, such as `text/markdown`."""
    title: str
    """Its own title, else its file name without suffix."""
    metadata: Metadata
    """Its tags, links and date."""
    pages: tuple[str, ...]
    """The extracted text of each page; a single string for a document without pages. The `chars` of every
    locator index into it."""
    blocks: tuple[Block, ...]
    """In reading order."""
    unread: str = ""
    """Which part of the file could not be read, and why; empty when all was read."""
    needs_ocr: bool = False
    """Whether OCR could read the part that is named in `unread`."""
    hidden: tuple[HiddenText, ...] = ()
    """Text of the file that cannot be seen, by page and place."""
    about: tuple[Description, ...] = ()
    """What it says about other documents."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The unit that is indexed: consecutive text of one document, on one page and under one heading."""

    id: str
    """`{document_id}.{ordinal}`."""
    document_id: str
    """The `id` of its document."""
    ordinal: int
    """Its position in the document, from 0."""
    text: str
    """Verbatim, as in `Block`."""
    locator: Locator
    """Its place."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The image of a page."""

    width: int
    """In pixels."""
    height: int
    """In pixels."""
    pixels: bytes
    """Red, green and blue, one byte each, row by row."""


def is_within(path: str, root: str) -> bool:
    """Whether `path` is `root` or lies below it."""
    return path == root or path.startswith(root.rstrip("/") + "/")


def content_digest(descriptor: int, size: int | None = None) -> str:
    """SHA-256 of an open file's bytes, in hex. The file's position does not change.

    size: how many bytes are read; None for all.
    """
    digest = hashlib.sha256()
    position = 0
    end = sys.maxsize if size is None else size
    while part := os.pread(descriptor, min(1 << 20, end - position), position):
        digest.update(part)
        position += len(part)
    return digest.hexdigest()


def document_id(path: str, digest: str) -> str:
    """The id of a content at a path: 32 hex digits of the SHA-256 of the path and the content's digest.

    A changed file gets a new id, so a vector that an interrupted run left behind is never taken for the
    vector of another text.
    """
    return hashlib.sha256(os.fsencode(path) + b"\0" + digest.encode("ascii")).hexdigest()[:32]
