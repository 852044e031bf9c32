"""Makes paths sources of a library, so that no file lies in two of them.

A folder inside a source is part of that source, and a source inside a new one becomes part of it, unless the
outer one leaves the inner one out: it is hidden, ignored, or on another disk. Then both are sources.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.library.facade import AddedPath
from ingest.catalogue import Catalogue
from ingest.errors import IngestError
from ingest.handling import NEVER
from ingest.mounts import disk_of, pseudo_kind
from ingest.sources import Skipped, walk
from policies.errors import PolicyRefusal


@dataclass(frozen=True, slots=True)
class Sourced:
    """What a path became."""

    source: str
    """The source that contains it: the path itself, resolved, or one above it."""
    path: str
    """The path, resolved."""
    folded: tuple[str, ...] = ()
    """Sources that are part of it from now on."""
    is_new: bool = False
    """Whether it was no source before, and is one now."""

    @property
    def scope(self) -> tuple[str, ...] | None:
        """What of the source is to be looked at; None for all of it."""
        return None if self.source == self.path else (self.path,)


def add_source(
    catalogue: Catalogue, library: Path, path: Path, *, is_never: Callable[[str, bool], bool]
) -> Sourced:
    """Makes the file or folder at `path` a source, or finds the one that it is part of.

    Ends the exclusion of what is at or below it, unless it is a source already.

    library: the library's folder.
    is_never: whether the policies say of a path, and whether it is a folder, that it is never indexed.
    Raises `PolicyRefusal` when they do so of `path`, and `IngestError` when there is nothing at the path,
    when it contains the library itself, and for a file system that contains no files.
    """
    root = str(path.resolve())
    # Unlike `Path.exists`, false for a path that is too long.
    if not os.path.exists(root):
        raise IngestError(
            f"There is no file or folder {path}.",
            remedy="Check the path. In a shell, put quotes around a path with spaces.",
        )
    if is_never(root, os.path.isdir(root)):
        raise PolicyRefusal(
            f"{path} is not added: {NEVER}.", remedy="`carrel policy show` says which line it is."
        )
    if kind := pseudo_kind(root):
        raise IngestError(
            f"{path} contains no documents: it shows the state of the system ({kind}).",
            remedy="Add the folders with your documents.",
        )
    if library.resolve().is_relative_to(root):
        raise IngestError(
            f"{path} contains the library itself ({library}).",
            remedy="Add the folders with your documents, or keep the library elsewhere with --library.",
        )
    known = catalogue.sources.paths()
    if root in known:
        return Sourced(root, root)
    for source in known:
        if Path(root).is_relative_to(source) and _reaches(source, root):
            catalogue.sources.include(root)
            return Sourced(source, root)
    inner = [source for source in known if Path(source).is_relative_to(root) and _reaches(root, source)]
    catalogue.sources.add(root)
    catalogue.sources.set_disk(root, disk_of(root))
    for source in inner:
        catalogue.sources.remove(source)
    return Sourced(root, root, tuple(inner), is_new=True)


def added(add: Callable[[Path], Sourced], path: Path) -> AddedPath:
    """What became of a path, for the person. add: makes it a source."""
    try:
        sourced = add(path)
    except (IngestError, PolicyRefusal) as error:
        return AddedPath(path, error.message, error.remedy, isinstance(error, PolicyRefusal))
    return AddedPath(path, part_of=sourced.source if sourced.scope else "", folded=sourced.folded)


def _reaches(source: str, path: str) -> bool:
    """Whether looking at a source finds something at or below a path inside it."""
    try:
        for entry in walk(source, within=[path]):
            return not (isinstance(entry, Skipped) and entry.unlisted)
    except IngestError:
        pass
    return False
