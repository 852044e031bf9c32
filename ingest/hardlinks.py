"""Files with several names (hard links): all their names must be files of the source that may be read.

A name in a source may lead to a file that is elsewhere, or that is hidden, ignored or excluded in the source;
then its content is not the source's to give. So the walk notes the names of such files, and reading requires
as many of them as the file has (`ingest.opening`).

Called by the pipeline.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ingest.catalogue import DocumentState
from ingest.catalogue.documents import DocumentTable
from ingest.documents import is_within
from ingest.sources import Candidate, Skipped, walk


def with_names_noted(
    entries: Iterable[Candidate | Skipped], names: dict[int, set[str]]
) -> Iterator[Candidate | Skipped]:
    """The entries of a walk. Paths of files with several names go into `names`, by inode."""
    for entry in entries:
        if isinstance(entry, Candidate) and entry.links > 1:
            names.setdefault(entry.inode, set()).add(entry.path)
        yield entry


def with_names(
    source: str,
    candidates: Sequence[Candidate],
    names: dict[int, set[str]],
    documents: DocumentTable,
    *,
    limit: int,
) -> list[Candidate]:
    """The candidates with their hard-link names, and files of the source that failed earlier because these
    names were missing.

    names: those that the walk found, by inode. limit: size of the largest file, in bytes.
    """
    missing = {file.inode for file in candidates if len(names.get(file.inode, ())) < file.links > 1}
    failed: list[str] = []
    for inode, path, state in documents.names_of(missing) if missing else ():
        if is_within(path, source) and path not in names.setdefault(inode, set()):
            names[inode].add(path)
            if state is DocumentState.FAILED:
                failed.append(path)
    again = walk(source, limit=limit, within=failed) if failed else ()
    found = [*candidates, *(entry for entry in again if isinstance(entry, Candidate))]
    return [replace(file, names=frozenset(names.get(file.inode, ()))) for file in found]
