"""Finds documents by letters of their paths, for the picker and for the plain UI.

What is typed need not be spelt out: each word must occur in a document's path or in another name of it, as it
is or with other letters in between. Names that contain a word come first, then folders that do, then those
that only have its letters.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.catalogue import DocumentEntry


def findable(entries: Sequence[DocumentEntry]) -> dict[str, tuple[str, ...]]:
    """The other names of the documents that a question can find, by path."""
    return {entry.path: entry.names for entry in entries if entry.state.value in ("indexed", "pending")}


def matching(typed: str, names: Mapping[str, Sequence[str]]) -> list[str]:
    """The paths that have all words of `typed`, or their letters in this order; the best first.

    names: the other names of each document, such as aliases, by its path.

    The folder that all documents are in tells none of them apart, so it is left out.
    """
    paths = list(names)
    words = typed.casefold().split()
    if not words:
        return paths
    ranked, common = [], len(posixpath.commonpath(paths)) if paths else 0
    for path in paths:
        name = path.rpartition("/")[2].casefold()
        below = path[common:].casefold()
        known = [name, *(other.casefold() for other in names[path])]
        ranks = [_best(word, known, below) for word in words]
        if None not in ranks:
            ranked.append((sum(filter(None, ranks)), len(name), path))
    return [path for _, _, path in sorted(ranked)]


def _best(word: str, names: Sequence[str], path: str) -> int | None:
    """How far a document with these names is from what is meant by `word`."""
    return min((rank for name in names if (rank := _rank(word, name, path)) is not None), default=None)


def _rank(word: str, name: str, path: str) -> int | None:
    """How far a document is from what is meant by `word`, from 0; None if it lacks its letters."""
    if name.startswith(word):
        return 0
    if word in name:
        return 1
    if word in path:
        return 3
    if _has_letters(word, name):
        return 4
    return 6 if _has_letters(word, path) else None


def _has_letters(word: str, text: str) -> bool:
    """Whether the letters of `word` occur in `text` in this order."""
    rest = iter(text)
    return all(letter in rest for letter in word)
