"""The command that prints a document as it was read: get.

It prints what the library holds of a document, which is what questions are answered from, and never opens
the file.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from assistant import formatting
from assistant.cli.command import command
from assistant.cli.exits import UsageError
from assistant.cli.naming import fitting, the_only
from assistant.cli.render.documents import ShownPage, pages_object, print_pages
from assistant.cli.session import Session
from ingest.errors import NotInLibrary
from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.catalogue import DocumentEntry, DocumentExtent, PageText
    from ingest.documents import Chunk, Locator

_PLACE = re.compile(r"^(.+):(\d{1,9})(?:-(\d{1,9}))?$", re.DOTALL)

_PAGED = ("pdf", "presentation", "powerpoint")
"""How the media types of documents with pages end. Their places are pages; those of all others are lines."""


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app)(get)


def get(
    session: Session,
    document: Annotated[
        str,
        typer.Argument(
            metavar="DOC",
            help="A path, a name or a part of it, and optionally a page or lines: DOC:3, DOC:10-20.",
        ),
    ],
) -> None:
    """Print a document as it was read.

    The number after the colon is a page of a PDF or presentation, and a line of any other document. Text
    that cannot be seen in the document is marked.

    Examples:
        carrel get lease.pdf
        carrel get lease.pdf:3
        carrel get Notes/home/meters.md:10-20
    """
    with session.open() as assistant:
        entry, first, last = find(assistant.entries(), document)
        pages = list(read(assistant, entry, first, last))
    print_pages(session.output, pages)
    session.output.print_json(pages_object(entry.path, pages))


def find(entries: Sequence[DocumentEntry], wanted: str) -> tuple[DocumentEntry, int | None, int | None]:
    """The document that `wanted` names, with the first and last page or line; None where there is none.

    Raises `NotInLibrary` if it names no document, `UsageError` if it names several or one that could not be
    read.
    """
    by_path = {entry.path: entry for entry in entries}
    named = fitting(by_path, wanted)
    first = last = None
    place = _PLACE.match(wanted)
    if not named and place:
        named = fitting(by_path, place[1])
        first = int(place[2])
        last = int(place[3] or place[2])
    if not named:
        name = place[1] if place else wanted
        raise NotInLibrary(
            f"The library has no document {one_line(name)}.",
            remedy="`carrel ls` lists the documents." if entries else "Add documents with: carrel add FOLDER",
        )
    entry = by_path[the_only(named)]
    if not entry.chunks and entry.reason:
        raise UsageError(
            f"{one_line(entry.path)} could not be read: {entry.reason}.",
            remedy="`carrel retry` tries it again.",
        )
    return entry, first, last


class PageSource(Protocol):
    """What a document is read from: the façade, or a part of it."""

    def extent(self, path: Path) -> DocumentExtent | None:
        """As `Assistant.extent`."""

    def page(self, locator: Locator) -> PageText:
        """As `Assistant.page`."""

    def chunk_at(self, path: Path, line: int) -> Chunk | None:
        """As `Assistant.chunk_at`."""


def read(
    assistant: PageSource,
    entry: DocumentEntry,
    first: int | None,
    last: int | None,
    *,
    in_parts: bool = False,
) -> Iterator[ShownPage]:
    """The pages from `first` to `last`, each read when it is asked for, or the lines of any other document.

    None for `first` begins with the first one, None for `last` goes on to the end.
    in_parts: whether the parts in which a long text is stored count as its pages.
    Raises `UsageError` if the document does not have them.
    """
    extent = assistant.extent(Path(entry.path))
    pages = extent.pages if extent is not None else 1
    if extent is not None and extent.has_lines and not in_parts:
        if first is None and last is None:
            whole = joined([piece.text for piece in pieces_from(assistant, entry, extent, 1)])
            yield ShownPage(None, None, whole)
            return
        first, last = require(entry, "line", first, last, extent.lines)
        pieces = enough(pieces_from(assistant, entry, extent, first), last - first + 1)
        text = joined([piece.text for piece in pieces])
        yield ShownPage(None, (first, last), cut(text, 0, lines_end(text.text, last - first + 1)))
        return
    media_type = entry.media_type or ""
    if pages > 1 or media_type.endswith(_PAGED) or media_type.startswith("image/"):
        first, last = require(entry, "page", first, last, pages)
        for number in range(first, last + 1):
            yield ShownPage(number, None, page_of(assistant, entry, number))
        return
    whole = page_of(assistant, entry, 1)
    if first is None and last is None:
        yield ShownPage(None, None, whole)
        return
    lines = whole.text.removesuffix("\n").split("\n")
    first, last = require(entry, "line", first, last, len(lines))
    start = sum(len(line) + 1 for line in lines[: first - 1])
    length = len("\n".join(lines[first - 1 : last]))
    yield ShownPage(None, (first, last), cut(whole, start, start + length))


@dataclass(frozen=True, slots=True)
class StoredPiece:
    """The text that lies in one of the parts in which a long text is stored."""

    part: int
    """The part, from 1."""
    start: int
    """Where it begins in the part, in characters."""
    text: PageText
    """It, to the end of the part."""


def pieces_from(
    assistant: PageSource, entry: DocumentEntry, extent: DocumentExtent, line: int
) -> Iterator[StoredPiece]:
    """The text of a document with lines, from the beginning of a line on. Parts are read when needed."""
    chunk = assistant.chunk_at(Path(entry.path), line)
    part = chunk.locator.page or 1 if chunk is not None else 1
    for number in range(part, extent.pages + 1):
        page = page_of(assistant, entry, number)
        if number == part:
            missing = line - 1
            if chunk is not None and chunk.locator.lines is not None:
                missing = line - chunk.locator.lines[0] + page.text.count("\n", 0, chunk.locator.chars[0])
        breaks = page.text.count("\n")
        if missing <= breaks:
            start = lines_end(page.text, missing) + 1 if missing else 0
            yield StoredPiece(number, start, cut(page, start, len(page.text)))
        missing = max(missing - breaks, 0)


def enough(pieces: Iterable[StoredPiece], lines: float, characters: float = inf) -> list[StoredPiece]:
    """The pieces up to the one with which they have so many line breaks, or so many characters."""
    taken: list[StoredPiece] = []
    for piece in pieces:
        taken.append(piece)
        lines -= piece.text.text.count("\n")
        characters -= len(piece.text.text)
        if lines <= 0 or characters <= 0:
            break
    return taken


def lines_end(text: str, count: int) -> int:
    """Where the first `count` lines of a text end, before the last one's line break, or with the text."""
    end = -1
    for _ in range(count):
        end = text.find("\n", end + 1)
        if end < 0:
            return len(text)
    return end


def page_of(assistant: PageSource, entry: DocumentEntry, number: int) -> PageText:
    """A page of a document, or a part of a long text as it is stored."""
    from ingest.documents import Locator

    return assistant.page(Locator(entry.path, number, None, (), None, (0, 0)))


def joined(parts: Sequence[PageText]) -> PageText:
    """The parts of a text as one, with the hidden texts in it."""
    hidden, length = [], 0
    for part in parts:
        hidden += [dataclasses.replace(piece, at=piece.at + length) for piece in part.hidden]
        length += len(part.text)
    return dataclasses.replace(parts[0], text="".join(part.text for part in parts), hidden=tuple(hidden))


def cut(page: PageText, start: int, end: int) -> PageText:
    """A part of a page, with the hidden texts in it."""
    hidden = [
        dataclasses.replace(piece, at=piece.at - start) for piece in page.hidden if start <= piece.at <= end
    ]
    return dataclasses.replace(page, text=page.text[start:end], hidden=tuple(hidden))


def require(
    entry: DocumentEntry, kind: str, first: int | None, last: int | None, count: int
) -> tuple[int, int]:
    """The first and the last page or line, given as for `read`. Raises `UsageError` if there are none."""
    first = 1 if first is None else first
    last = max(first, count) if last is None else last
    if 1 <= first <= last <= count:
        return first, last
    which = f"{kind} {first}" if first == last else f"{kind}s {first} to {last}"
    raise UsageError(
        f"{one_line(entry.path)} has no {which}.", remedy=f"It has {formatting.count_of(count, kind)}."
    )
