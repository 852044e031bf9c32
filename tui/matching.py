"""Finds documents by letters of their paths, for the picker and for the plain UI.

What is typed need not be spelt out: each word must occur in a document's path, as it is or with other letters
in between. Names that contain a word come first, then folders that do, then those that only have its letters.
"""

import posixpath
from collections.abc import Sequence


def matching(typed: str, paths: Sequence[str]) -> list[str]:
    """The paths that have all words of `typed`, or their letters in this order; the best first.

    The folder that all documents are in tells none of them apart, so it is left out.
    """
    words = typed.casefold().split()
    if not words:
        return list(paths)
    ranked, common = [], len(posixpath.commonpath(paths)) if paths else 0
    for path in paths:
        name = path.rpartition("/")[2].casefold()
        below = path[common:].casefold()
        ranks = [_rank(word, name, below) for word in words]
        if None not in ranks:
            ranked.append((sum(filter(None, ranks)), len(name), path))
    return [path for _, _, path in sorted(ranked)]


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
