"""The values that the catalogue returns and takes."""

import datetime
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum

from ingest.documents import HiddenText, Locator
from ingest.opening import Stamp


class DocumentState(StrEnum):
    """A document's state in indexing."""

    PENDING = "pending"
    """Stored, and found by its words. Some of its vectors are missing."""
    INDEXED = "indexed"
    """Found by its words and by its meaning."""
    FAILED = "failed"
    """Could not be read."""
    SKIPPED = "skipped"
    """Not read because of its type, its size or the kind of file it is."""


READ_AGAIN = -1
"""The time recorded for a file that must be read again even if its content is the same. No file has it."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What the catalogue knows about a file, to tell whether it has changed."""

    stamp: Stamp
    """Size and time of the file when it was last looked at."""
    digest: str | None
    """SHA-256 of its bytes, in hex; None when it could not be read."""
    state: DocumentState
    """The state of its document."""

    @property
    def is_due(self) -> bool:
        """Whether it is to be read again, changed or not."""
        return self.stamp.mtime_ns == READ_AGAIN


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """A document in a listing."""

    path: str
    """Absolute path of its file."""
    state: DocumentState
    """Its state in indexing."""
    reason: str
    """Why it failed or was skipped, or which part of it could not be read; empty when all of it was read."""
    chunks: int
    """How many chunks it has."""
    bytes: int
    """Size of its file."""
    media_type: str | None
    """None when it was skipped because of its name or the kind of file it is."""
    indexed_at: float | None
    """When it became `INDEXED`, in seconds since 1970; None if it never did."""
    hidden: tuple[HiddenText, ...] = ()
    """Text in it that cannot be seen; a long text is shortened."""
    digest: str | None = None
    """By which its content is known: SHA-256 of the file, or of that and of the rules by which it is masked.
    None when it has no text."""
    mtime: float | None = None
    """When its file was changed last, in seconds since 1970; None when that is not known, or the file is to
    be read again."""
    collections: tuple[str, ...] = ()
    """The names of the collections that it is in."""
    names: tuple[str, ...] = ()
    """Names by which it is known besides its title, such as aliases and authors."""


@dataclass(frozen=True, slots=True)
class PageText:
    """A page of a stored document."""

    text: str
    """Its text; that of the whole document if it has no pages."""
    hidden: tuple[HiddenText, ...]
    """Text on it that cannot be seen, by its place in `text`."""


@dataclass(frozen=True, slots=True)
class LibraryCounts:
    """The size of a library."""

    documents: dict[DocumentState, int]
    """Documents by state; every state is a key."""
    chunks: int
    """Chunks of all documents."""
    vectors: int
    """Stored vectors. Chunks with equal text share one."""

    @property
    def searchable(self) -> int:
        """How many documents a question can find."""
        return self.documents.get(DocumentState.INDEXED, 0) + self.documents.get(DocumentState.PENDING, 0)


@dataclass(frozen=True, slots=True)
class FileMove:
    """A file that now has another path and the same content."""

    old: str
    """Its path until now."""
    new: str
    """Its path now."""
    stamp: Stamp
    """Size and time of the file at its new path."""


@dataclass(frozen=True, slots=True)
class DocumentExtent:
    """Where a file belongs, and how far places in its document can go."""

    source: str
    """The source that it lies in."""
    pages: int
    """How many pages the document has, at least 1."""
    lines: int
    """How many lines it has; 1 if its places are not told by lines."""
    has_lines: bool
    """Whether its places are told by their lines. Its pages are then the parts of one text."""
    names: tuple[str, ...] = ()
    """All paths that the library has of its file, if that has several names (hard links)."""


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """A searchable document with its whole text."""

    path: str
    """Absolute path of its file."""
    media_type: str
    """Such as `text/csv`."""
    title: str
    """Its title."""
    tags: frozenset[str]
    """Its tags, without `#`."""
    date: datetime.date | None
    """The date that it states; None when it states none."""
    unread: str
    """Which part of it could not be read, and why; empty when all of it was read."""
    pages: tuple[str, ...]
    """The text of each page, as in `Document`."""
    places: tuple[Locator, ...]
    """The places of its chunks, in reading order."""

    def locator(self, page: int, start: int, end: int) -> Locator:
        """The place of `pages[page][start:end]`, with the heading of the chunk that it begins in."""
        number = page + 1
        after = bisect_right(
            self.places, (number, start), key=lambda place: (place.page or 1, place.chars[0])
        )
        around = [
            place for place in self.places[max(after - 1, 0) : after + 1] if (place.page or 1) == number
        ]
        nearest = (around or self.places)[0]
        text = self.pages[page]
        lines = None
        if nearest.lines is not None:
            known = nearest.chars[0]
            first = nearest.lines[0] + text.count("\n", known, start) - text.count("\n", start, known)
            lines = (first, first + text.count("\n", start, end))
        return Locator(
            path=self.path,
            page=nearest.page,
            label=nearest.label,
            heading=nearest.heading,
            lines=lines,
            chars=(start, end),
        )
