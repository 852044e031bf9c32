"""What a folder holds, by type and size, and what of it will be skipped: told before anything is read.

Looks with the eyes of `ingest.sources.walk`, so what is told is what indexing will do. It opens folders and
ignore files only, and yields what it has seen so far every few hundred files. Runs on a thread of the desk.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.parsers import media_type
from ingest.sources import Skipped, walk

AT_ONCE = 500
"""Files seen between two reports."""


@dataclass(slots=True)
class Survey:
    """What has been seen of a folder."""

    files: int = 0
    bytes: int = 0
    types: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Files and bytes by suffix."""
    skipped: dict[str, int] = field(default_factory=dict)
    """Files and folders by the reason why they will not be read."""
    done: bool = False


def survey(folder: str, largest: int) -> Iterator[Survey]:
    """Reports on `folder`, the last of them done.

    largest: bytes of the largest file that is read. Raises `IngestError` when it cannot be reached.
    """
    seen = Survey()
    for number, entry in enumerate(walk(folder, limit=largest)):
        if isinstance(entry, Skipped):
            seen.skipped[entry.reason] = seen.skipped.get(entry.reason, 0) + 1
        else:
            suffix = os.path.splitext(entry.path)[1].lower() or (media_type(entry.path) or "")
            count, total = seen.types.get(suffix, (0, 0))
            seen.types[suffix] = count + 1, total + entry.size
            seen.files += 1
            seen.bytes += entry.size
        if number % AT_ONCE == AT_ONCE - 1:
            yield seen
    seen.done = True
    yield seen


def folders(parent: str) -> list[str]:
    """The folders in `parent` that are not hidden, by name; none where it cannot be listed."""
    try:
        with os.scandir(parent) as entries:
            names = [each.name for each in entries if each.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [
        os.path.join(parent, name) for name in sorted(names, key=str.casefold) if not name.startswith(".")
    ]
