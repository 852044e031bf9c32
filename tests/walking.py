"""Walks of a source, as tests of `ingest.sources`, `ingest.listing` and `ingest.opening` look at them."""

import os
from pathlib import Path

from ingest.opening import MAX_FILE_BYTES
from ingest.sources import Candidate, Skipped, walk


def write(path: Path, text: str = "text") -> Path:
    """Writes a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def listed(root: Path) -> list[str]:
    """Paths of the candidates, relative to the source."""
    return [os.path.relpath(entry.path, root) for entry in walk(str(root)) if isinstance(entry, Candidate)]


def skipped(root: Path, limit: int = MAX_FILE_BYTES) -> dict[str, str]:
    """The reasons of the skipped files and folders, by path relative to the source."""
    return {
        os.path.relpath(entry.path, root): entry.reason
        for entry in walk(str(root), limit=limit)
        if isinstance(entry, Skipped)
    }


def within(root: Path, *names: str) -> list[str]:
    """The paths of a walk that visits only `names`, relative to the source."""
    entries = walk(str(root), within=[os.path.join(root, name) for name in names])
    return [os.path.relpath(entry.path, root) for entry in entries]
