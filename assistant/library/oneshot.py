"""What is asked of one file and needs no library: reading it, and summarizing it.

So it works beside an owner that holds the library, and on a file in none. The file is parsed in the
same jail as a source's.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.answers.summarizing import Summarizer
from assistant.config import Config
from assistant.dialogue import Length
from assistant.engine import Sampling
from assistant.library.opened import open_embedder
from assistant.library.summaries import KeptSummaries
from assistant.models.finding import open_target
from ingest.documents import Document, content_digest
from ingest.errors import UnreadableDocument
from ingest.jail import open_jail
from ingest.opening import open_file
from ingest.sources import Candidate, walk


@contextmanager
def summarizer(
    config: Config, *, library: Path, length: Length, focus: str = "", language: str = ""
) -> Iterator[Callable[[Document], Summarizer]]:
    """What summarizes documents, in a library or not, as `assistant.answers.summarizing` describes.

    library: asked for the pins of the person's own models, and where there is one, for the summaries of
    stretches that were made before. It need not exist.
    """
    there = library if library.is_dir() else None
    embedder = open_embedder(config, there)
    engine = open_target(config.models, library=there)

    def made_for(document: Document) -> Summarizer:
        return Summarizer(
            engine,
            embedder,
            Sampling(temperature=config.answers.temperature),
            length=length,
            focus=focus,
            language=language,
            kept=KeptSummaries(library, document.path) if there else None,
        )

    try:
        yield made_for
    finally:
        engine.close()


def documents_in(folder: Path, config: Config) -> list[Path]:
    """The files of a folder that would be indexed, by path."""
    root = str(folder.resolve())
    found = walk(root, limit=config.index.max_file_mb << 20)
    return sorted(Path(each.path) for each in found if isinstance(each, Candidate))


def read_document(path: Path, config: Config) -> Document:
    """The document in the file at `path`.

    Raises `UnreadableDocument` with the file's name and the reason.
    """
    absolute = str(path.resolve())
    limit = config.index.max_file_mb << 20
    try:
        with open_file(absolute, absolute, limit=limit) as file:
            return _parsed(absolute, file.descriptor, file.digest(), limit)
    except UnreadableDocument as error:
        raise UnreadableDocument(f"{path} cannot be read: {error.message}.", remedy=error.remedy) from error


def read_text(data: bytes) -> Document:
    """The document in `data`, which came without a name: a PDF, else text read as Markdown.

    Raises `UnreadableDocument`.
    """
    descriptor = os.memfd_create("standard input")
    try:
        os.write(descriptor, data)
        name = "-.pdf" if data.startswith(b"%PDF-") else "-.md"
        return _parsed(name, descriptor, content_digest(descriptor), len(data))
    except UnreadableDocument as error:
        message = f"Standard input cannot be read: {error.message}."
        raise UnreadableDocument(message, remedy=error.remedy) from error
    finally:
        os.close(descriptor)


def _parsed(path: str, descriptor: int, digest: str, limit: int) -> Document:
    jail = open_jail(limit)
    try:
        return jail.parse(path, descriptor, digest)
    finally:
        jail.close()
