"""What the façade reads of documents: the list of them, their pages, chunks and pictures.

`Owner` inherits it, so the methods are part of the façade (`assistant.library.facade.Assistant`), whose
docstrings describe them. None of them answers a question or waits for one.
"""

from pathlib import Path

from assistant.errors import OutOfBounds
from assistant.library import rereading
from assistant.library.checking import changed_error
from assistant.library.opened import Library
from ingest.catalogue import DocumentEntry, DocumentExtent, PageText
from ingest.documents import Chunk, Locator, Picture

CHUNKS_AT_ONCE = 500
"""Chunks of a document that are returned together."""

WIDEST = 8192
"""Pixels of the width of a picture."""


class LibraryTexts:
    """The part of the façade that is about the text of documents."""

    @property
    def opened(self) -> Library:
        """The open library."""
        raise NotImplementedError

    def holds(self, path: Path) -> bool:
        """Whether a readable document lies at or below `path`."""
        records = self.opened.catalogue.documents.file_records([str(path.resolve())])
        return any(record.digest is not None for record in records.values())

    def entries(self) -> list[DocumentEntry]:
        """Every document, sorted by path."""
        return self.opened.catalogue.documents.entries()

    def extent(self, path: Path) -> DocumentExtent | None:
        """The source of the file at `path`, and the length of its document."""
        source = self.opened.catalogue.sources.containing(str(path))
        return None if source is None else self.opened.catalogue.documents.extent(source, str(path))

    def page(self, locator: Locator) -> PageText:
        """The page that `locator` lies on."""
        page = self.opened.catalogue.documents.page_text(locator)
        if page is None:
            raise changed_error(locator.path)
        return page

    def chunks(self, path: Path, first: int) -> list[Chunk]:
        """The next chunks of a document."""
        return self.opened.catalogue.chunks.of_document(str(path), first, CHUNKS_AT_ONCE)

    def chunk_at(self, path: Path, line: int) -> Chunk | None:
        """The last chunk of a document that begins before this line."""
        return self.opened.catalogue.chunks.at_line(str(path), line)

    def picture(self, locator: Locator, width: int) -> Picture:
        """The page that `locator` lies on, drawn."""
        require("width", width, WIDEST)
        return rereading.picture(self.opened, locator, width)

    def filter_values(self) -> dict[str, list[str]]:
        """The values that filters can have, by filter."""
        return self.opened.catalogue.documents.filter_values(self.opened.catalogue.sources.paths())


def require(what: str, value: int, most: int) -> None:
    """Raises `OutOfBounds` unless `value` is between 1 and `most`. what: names it in the message."""
    if not 1 <= value <= most:
        raise OutOfBounds(f"The {what} is {value:,}. It must be between 1 and {most:,}.")
