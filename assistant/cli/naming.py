"""How every command names documents: by a path, by a name, or by a part of either.

A path counts from the current folder. A name is that of a document or folder of the library, with as many of
its folders as it takes (`home/lease.md`), with or without its ending, in any case. A part of a name will do
for a command that prints one document; a command that changes something wants the whole name.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.exits import UsageError
from ingest.errors import NotInLibrary
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.library.facade import Assistant

MOST_NAMED = 8
"""The most documents that are named if several fit."""

MOST_NEAR = 3
"""The most documents that are suggested if none has the name."""


def fitting(paths: Iterable[str], wanted: str, *, parts: bool = True) -> list[str]:
    """Those of `paths` that `wanted` names. The ways to name one are tried in order, and the first that fits
    any path decides.

    parts: whether a part of a name or path is enough.
    """
    if not wanted.strip("/"):
        return []
    known, folded = list(paths), wanted.casefold()
    exact = (wanted, os.path.realpath(wanted))
    name = f"/{wanted.strip('/')}"
    ways: list[Callable[[str], bool]] = [
        lambda path: path in exact,
        lambda path: path.endswith(name),
        lambda path: os.path.splitext(path)[0].endswith(name),
        lambda path: path.casefold().endswith(name.casefold()),
        lambda path: os.path.splitext(path)[0].casefold().endswith(name.casefold()),
    ]
    if parts:
        ways += [
            lambda path: folded in posixpath.basename(path).casefold(),
            lambda path: folded in path.casefold(),
        ]
    return next((found for fits in ways if (found := [path for path in known if fits(path)])), [])


def the_only(found: Sequence[str], unit: str = "documents") -> str:
    """The one path that fits a name. Raises `UsageError` with how to choose if there are several."""
    if len(found) == 1:
        return found[0]
    # 0.1 s to import.
    from assistant.answers.filters import narrowest_name

    paths = ", ".join(map(one_line, found[:MOST_NAMED]))
    more = f", and {len(found) - MOST_NAMED:,} more" if len(found) > MOST_NAMED else ""
    raise UsageError(
        f"{len(found):,} {unit} fit: {paths}{more}.",
        remedy=f"Give more of the path, such as {one_line(narrowest_name(found[0], found))}.",
    )


def located(assistant: Assistant, wanted: str, *, parts: bool = False) -> Path:
    """The document, folder or source of the library that `wanted` names, as an absolute path.

    If something exists at this path, on disk or in the library, it is meant; otherwise `wanted` is taken for
    a name. If no document has the name, it is returned as a path, so that the library can say that it is not
    there.

    parts: as for `fitting`.
    Raises `UsageError` if several documents or folders have the name, and `NotInLibrary`, with suggestions,
    if none has the name but some contain it.
    """
    from ingest.documents import is_within

    path = Path(wanted).absolute()
    resolved = os.path.realpath(wanted)
    documents = [entry.path for entry in assistant.entries()]
    sources = [source.path for source in assistant.status().sources]
    if os.path.lexists(path) or any(is_within(each, resolved) for each in (*documents, *sources)):
        return path
    folders = {*sources}
    for document in documents:
        folder = posixpath.dirname(document)
        while folder not in folders and any(is_within(folder, source) for source in sources):
            folders.add(folder)
            folder = posixpath.dirname(folder)
    places = [*sorted(folders), *documents]
    found = fitting(places, wanted, parts=parts)
    if found:
        return Path(the_only(found, "documents or folders"))
    if "/" not in wanted and (near := fitting(places, wanted)):
        # 0.1 s to import.
        from assistant.answers.filters import narrowest_name

        names = " or ".join(one_line(narrowest_name(place, places)) for place in near[:MOST_NEAR])
        raise NotInLibrary(
            f"The library has no document or folder named {one_line(wanted)}.",
            remedy=f"Did you mean {names}? `carrel ls` lists the documents.",
        )
    return path
