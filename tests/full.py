"""A library on a small disk, which fills up and becomes read-only for a while. Prints what a test checks.

Run by tests/ingest/test_crashes.py in a mount namespace of its own, where it may mount its disk:
`python -m tests.full FOLDER`.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest import pipeline, space
from ingest.catalogue import Catalogue, DocumentState
from ingest.embedding import HashingEmbedder
from ingest.errors import IngestError
from ingest.keywords import terms
from ingest.vectors.exact import ExactVectors
from tests.parsing import parse
from tests.running import KEY

DISK_MIB = 96
"""Size of the disk."""


@contextmanager
def open_library(disk: Path, notes: Path) -> Iterator[tuple[Catalogue, pipeline.Pipeline]]:
    """The catalogue on the disk, and a pipeline that indexes into it."""
    catalogue = Catalogue(disk / "catalogue.db", KEY)
    index = ExactVectors(catalogue.chunks.all_vectors())
    embedder = HashingEmbedder()
    running = pipeline.Pipeline(
        catalogue, lambda: index, lambda: embedder, parse, disk=disk, chunk_tokens=16, largest_file=1 << 20
    )
    try:
        yield catalogue, running
    finally:
        running.close()
        catalogue.close()


def update(disk: Path, notes: Path) -> str:
    """Indexes the notes. Returns the message and remedy of the error, or "" without one."""
    try:
        with open_library(disk, notes) as (catalogue, running):
            catalogue.sources.add(str(notes))
            for _ in running.update(str(notes)):
                pass
    except IngestError as error:
        return f"{error.message} {error.remedy}"
    return ""


def searchable(disk: Path) -> list[str]:
    """The names of the indexed notes that are found by their own word."""
    catalogue = Catalogue(disk / "catalogue.db", KEY)
    try:
        indexed = [
            Path(entry.path)
            for entry in catalogue.documents.entries()
            if entry.state is DocumentState.INDEXED
        ]
        return [path.stem for path in indexed if catalogue.full_text.scores(terms(path.stem), 1)]
    finally:
        catalogue.close()


def write(notes: Path, first: int, last: int) -> None:
    """Writes the notes with these numbers, `last` excluded, each with a word of its own."""
    for number in range(first, last):
        text = "\n\n".join(f"The word{number} is in line {line} here." for line in range(400))
        (notes / f"word{number}.md").write_text(text)


def fill(disk: Path, leave: int) -> Path:
    """Writes and returns a file that leaves only `leave` bytes free."""
    ballast = disk / "ballast"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    ballast.write_bytes(bytes(free - leave))
    return ballast


def mount(*options: str) -> None:
    """Runs `mount`."""
    subprocess.run(["mount", *options], check=True)


def main(folder: Path) -> None:
    """Runs the library through all states of its disk."""
    disk, notes = folder / "disk", folder / "notes"
    disk.mkdir()
    notes.mkdir()
    mount("-t", "tmpfs", "-o", f"size={DISK_MIB}m", "none", str(disk))
    write(notes, 0, 4)
    print("room:", update(disk, notes), len(searchable(disk)))

    ballast = fill(disk, space.FREE_BYTES // 2)
    write(notes, 4, 8)
    print("nearly full:", update(disk, notes), len(searchable(disk)))
    ballast.unlink()
    print("room again:", update(disk, notes), len(searchable(disk)))

    # Another program fills the disk after Carrel has looked at its free space.
    required, space.FREE_BYTES = space.FREE_BYTES, 0
    write(notes, 8, 40)
    ballast = fill(disk, 1 << 19)
    print("full:", update(disk, notes), len(searchable(disk)) >= 8)
    ballast.unlink()
    space.FREE_BYTES = required
    print("room at last:", update(disk, notes), len(searchable(disk)))

    write(notes, 40, 41)
    mount("-o", "remount,ro", str(disk))
    print("read-only:", update(disk, notes))
    mount("-o", "remount,rw", str(disk))
    print("writable:", update(disk, notes), len(searchable(disk)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
