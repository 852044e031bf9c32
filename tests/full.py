"""A library on a small disk that fills up and is read-only for a while. Prints what a test asserts.

Run by tests/ingest/test_crashes.py in a mount namespace of its own, where it may mount its disk:
`python -m tests.full FOLDER`.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest import pipeline
from ingest.catalogue import Catalogue, DocumentState
from ingest.embedding import HashingEmbedder
from ingest.errors import IngestError
from ingest.keywords import terms
from ingest.vectors import VectorIndex
from tests.parsing import parse

DISK_MIB = 96


@contextmanager
def opened(disk: Path, notes: Path) -> Iterator[tuple[Catalogue, pipeline.Pipeline]]:
    catalogue = Catalogue(disk / "catalogue.db")
    index = VectorIndex(catalogue.chunks.all_vectors())
    embedder = HashingEmbedder()
    running = pipeline.Pipeline(
        catalogue, lambda: index, lambda: embedder, parse, disk=disk, chunk_tokens=16, largest_file=1 << 20
    )
    try:
        yield catalogue, running
    finally:
        running.close()
        catalogue.close()


def tried(disk: Path, notes: Path) -> str:
    """What an update says, "" when all went well; then, which of the notes are found by their words."""
    try:
        with opened(disk, notes) as (catalogue, running):
            catalogue.sources.add(str(notes))
            for _ in running.update(str(notes)):
                pass
    except IngestError as error:
        return f"{error.message} {error.remedy}"
    return ""


def found(disk: Path) -> list[str]:
    """The indexed notes that their own word finds."""
    catalogue = Catalogue(disk / "catalogue.db")
    try:
        known = [
            Path(entry.path)
            for entry in catalogue.documents.entries()
            if entry.state is DocumentState.INDEXED
        ]
        return [path.stem for path in known if catalogue.full_text.scores(terms(path.stem), 1)]
    finally:
        catalogue.close()


def write(notes: Path, first: int, last: int) -> None:
    for number in range(first, last):
        text = "\n\n".join(f"The word{number} stands in line {line} here." for line in range(400))
        (notes / f"word{number}.md").write_text(text)


def fill(disk: Path, leave: int) -> Path:
    """A file that leaves only `leave` bytes free."""
    ballast = disk / "ballast"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    ballast.write_bytes(bytes(free - leave))
    return ballast


def mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True)


def main(folder: Path) -> None:
    disk, notes = folder / "disk", folder / "notes"
    disk.mkdir()
    notes.mkdir()
    mount("-t", "tmpfs", "-o", f"size={DISK_MIB}m", "none", str(disk))
    write(notes, 0, 4)
    print("room:", tried(disk, notes), len(found(disk)))

    ballast = fill(disk, pipeline.FREE_BYTES // 2)
    write(notes, 4, 8)
    print("nearly full:", tried(disk, notes), len(found(disk)))
    ballast.unlink()
    print("room again:", tried(disk, notes), len(found(disk)))

    # Another program takes the last of it after Carrel has looked.
    kept, pipeline.FREE_BYTES = pipeline.FREE_BYTES, 0
    write(notes, 8, 40)
    ballast = fill(disk, 1 << 19)
    print("full:", tried(disk, notes), len(found(disk)) >= 8)
    ballast.unlink()
    pipeline.FREE_BYTES = kept
    print("room at last:", tried(disk, notes), len(found(disk)))

    write(notes, 40, 41)
    mount("-o", "remount,ro", str(disk))
    print("read-only:", tried(disk, notes))
    mount("-o", "remount,rw", str(disk))
    print("writable:", tried(disk, notes), len(found(disk)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
