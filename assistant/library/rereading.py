"""Reads the file of a document again, for what the catalogue does not keep: pictures of pages, and blocks.

The file must be the one that was read. If it is another now, the reply would be about a text that the library
does not have. Everything that is read leaves here masked. The owner calls it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from assistant.answers.summarizing import Summarizer
from assistant.engine import Sampling
from assistant.library.checking import changed_error
from assistant.library.opened import Library
from assistant.library.summaries import SummaryFile
from assistant.summary import Length
from ingest.documents import Document, Locator, Picture
from ingest.errors import IngestError, UnreadableDocument
from ingest.handling import MASKED_PICTURE
from ingest.opening import OpenedFile, open_file

MOST_WORDS = 4000
"""Characters of a quote that get a frame."""


def picture(library: Library, locator: Locator, width: int) -> Picture:
    """The page that `locator` lies on, drawn `width` pixels wide, or less when it is very long.

    The words at `locator` have a frame around them.

    Raises `IngestError` when the document is gone or has changed, or has no pages that can be drawn.
    """
    path = locator.path
    if library.handling.kinds(path):
        raise IngestError(f"{path}: {MASKED_PICTURE}.", remedy="Look at its text.")
    with _opened(library, path) as (file, _):
        page = library.catalogue.documents.page_text(locator)
        start, end = locator.chars
        # A request to the jail is short.
        words = page.text[start : min(end, start + MOST_WORDS)] if page is not None else ""
        return library.jail.get().draw(path, file.descriptor, locator.page or 1, width, words)


def document(library: Library, path: str) -> Document:
    """The document at `path`, parsed and masked. Raises `IngestError` when it is gone or has changed."""
    with _opened(library, path) as (file, digest):
        try:
            parsed = library.jail.get().parse(path, file.descriptor, digest)
        except UnreadableDocument as error:
            # It may name a file inside the document.
            error.message = library.handling.masked_text(path, error.message)
            raise
    return library.handling.masked(parsed)


def summarizer(library: Library, read: Document, *, length: Length, focus: str) -> Summarizer:
    """Summarizes a document of the library, whose stretches' summaries are kept. For the engine's thread."""
    contents = library.catalogue.contents
    digest = contents.digests([read.path]).get(read.path)

    def kept() -> str | None:
        return digest if digest is not None and contents.known([digest]) else None

    return Summarizer(
        library.engine.get(),
        library.sentence_embedder.get(),
        Sampling(temperature=library.config.answers.temperature),
        length=length,
        focus=focus,
        cache=None if library.read_only else SummaryFile(library.folder, kept),
    )


@contextmanager
def _opened(library: Library, path: str) -> Iterator[tuple[OpenedFile, str]]:
    """The file of a document, open, with the digest of its content in the library."""
    source = library.catalogue.sources.containing(path)
    record = library.catalogue.documents.file_records([path]).get(path)
    if source is None or record is None:
        raise changed_error(path)
    library.handling.require_readable(path)
    names = library.catalogue.documents.linked
    with open_file(source, path, limit=library.largest_file, names=names) as file:
        digest = library.handling.digest(path, file.digest())
        if digest != record.digest:
            raise changed_error(path)
        yield file, digest
