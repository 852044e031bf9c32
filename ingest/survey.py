"""What a folder contains, before it becomes a source: files by type and size, and what would be skipped.

A survey walks the folder with `ingest.sources.walk`, so it reports exactly what indexing would read. It opens
folders and ignore files, and no documents.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.opening import Root
from ingest.parsers import media_type, type_name
from ingest.sources import LeftOut, Skipped, nothing_left_out, walk

REPORT_EVERY = 500
"""Files and folders between two reports."""


@dataclass(frozen=True, slots=True)
class FolderSurvey:
    """What a survey has seen of a folder so far."""

    files: int
    """Files that would be read."""
    bytes: int
    """Their total size."""
    types: dict[str, tuple[int, int]]
    """The number of files and their bytes, by suffix such as `.pdf`; by media type for files without one."""
    skipped: dict[str, int]
    """The number of files and folders that would not be read, by reason."""
    done: bool
    """Whether the whole folder has been seen."""


def survey(
    folder: Path,
    *,
    max_file_bytes: int,
    left_out: LeftOut = nothing_left_out,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[FolderSurvey]:
    """Surveys a folder and reports every `REPORT_EVERY` files; the last report has `done` set.

    max_file_bytes: larger files count as skipped. left_out: what is passed over.
    cancelled: polled at every file; once it is true, the survey ends without a last report.
    Raises `IngestError` if the folder cannot be reached.
    """
    files = total = 0
    types: dict[str, tuple[int, int]] = {}
    skipped: dict[str, int] = {}
    for number, entry in enumerate(walk(str(folder), limit=max_file_bytes, left_out=left_out), start=1):
        if cancelled():
            return
        if isinstance(entry, Skipped):
            skipped[entry.reason] = skipped.get(entry.reason, 0) + 1
        else:
            suffix = type_name(entry.path)
            type_ = f".{suffix}" if suffix else media_type(entry.path) or "mail"
            count, size = types.get(type_, (0, 0))
            types[type_] = count + 1, size + entry.size
            files, total = files + 1, total + entry.size
        if number % REPORT_EVERY == 0:
            yield FolderSurvey(files, total, dict(types), dict(skipped), done=False)
    yield FolderSurvey(files, total, types, skipped, done=True)


def subfolders(folder: Path) -> list[Path]:
    """The folders in `folder` by name, without hidden ones and links; empty if it cannot be listed."""
    try:
        with Root(str(folder)) as root:
            descriptor = root.open(root.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with os.scandir(descriptor) as entries:
                names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        finally:
            os.close(descriptor)
    except (OSError, ValueError):
        return []
    return [folder / name for name in sorted(names, key=str.casefold) if not name.startswith(".")]
