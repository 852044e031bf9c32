"""Compares the documents that an answer rests on with their files.

The catalogue checks that the text it returns is what was read (`ingest.catalogue.codes`); here, each file is
opened and hashed, so that a file that changed or disappeared since then is named beside the quote. So is the
later version of a document, if it was found too, and what amends a document that is quoted. The owner calls
it for every answer and search, before it is shown or kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import TypeVar

from assistant.answers.amendments import amendments
from assistant.dialogue import Answer, Doubt, DoubtKind, Passage, Search
from ingest.catalogue import Catalogue
from ingest.errors import IngestError, UnreadableDocument
from ingest.handling import Handling
from ingest.opening import open_file

T = TypeVar("T", Answer, Search)

LEFT_OUT = "its text in the library was changed by another program; `carrel retry` reads the file again"
"""The reason given for `DoubtKind.ALTERED`."""

CHANGED = "the file has changed since it was read"
"""The reason given for `DoubtKind.CHANGED`."""


def checked(catalogue: Catalogue, shown: T, *, largest_file: int, handling: Handling) -> T:
    """An answer or a search with its doubts.

    largest_file: in bytes; larger files are not opened.
    handling: the rules by which the documents were masked.
    """
    paths: set[str] = {passage.locator.path for passage in shown.passages}
    quoted: set[str] = set(paths)
    if isinstance(shown, Answer):
        quoted = {citation.locator.path for citation in shown.citations}
    return replace(
        shown,
        doubts=(
            *_doubts(catalogue, paths | quoted, largest_file, handling),
            *_outdated(shown.passages),
            *_amended(catalogue, quoted, shown.query),
        ),
    )


def _amended(catalogue: Catalogue, paths: Iterable[str], query: str) -> Iterator[Doubt]:
    """The documents at `paths` that others amend, each with the names of these."""
    for path, others in amendments(catalogue, paths, query).items():
        for other in others:
            yield Doubt(path, DoubtKind.AMENDED, f"amended by {PurePath(other).name}", other)


def _outdated(passages: Iterable[Passage]) -> Iterator[Doubt]:
    """The earlier versions among the documents of `passages`, each with the name of a later one."""
    later = {path: passage.locator.path for passage in passages for path in passage.earlier}
    for path in sorted(later):
        yield Doubt(path, DoubtKind.EARLIER, f"an earlier version of {PurePath(later[path]).name}")


def _doubts(
    catalogue: Catalogue, paths: Iterable[str], largest_file: int, handling: Handling
) -> Iterable[Doubt]:
    records = catalogue.documents.file_records(sorted(paths))
    for path in sorted(paths):
        source = catalogue.sources.containing(path)
        record = records.get(path)
        if source is None or record is None:
            continue  # Removed meanwhile.
        try:
            with open_file(source, path, limit=largest_file, names=catalogue.documents.linked) as file:
                if handling.digest(path, file.digest()) != record.digest:
                    yield Doubt(path, DoubtKind.CHANGED, CHANGED)
        except UnreadableDocument as error:
            yield Doubt(path, DoubtKind.MISSING, f"the file can no longer be read: {error.message}")
    for path in catalogue.codes.altered():
        yield Doubt(path, DoubtKind.ALTERED, LEFT_OUT)


def changed_error(path: str) -> IngestError:
    """The error for a document that is no longer what it was when a place in it was found."""
    return IngestError(f"{path} has changed or is no longer in the library.", remedy="Ask again.")
