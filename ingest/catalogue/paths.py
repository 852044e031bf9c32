"""Paths in SQL: stored as the bytes that the file system uses, because a file name need not be valid text."""

import os

BELOW = "(path = ? OR (path > ? AND path < ?))"
"""SQL condition: the column `path` is a given path or lies below it. Its values come from `below`."""


def below(root: str) -> tuple[bytes, bytes, bytes]:
    """The values for `BELOW`: the path itself, and the range of all paths that start with it and a slash."""
    raw = os.fsencode(root)
    stem = raw.rstrip(b"/")
    return raw, stem + b"/", stem + b"0"  # "0" is the character after "/".
