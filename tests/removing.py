"""A large removal from a library whose disk is full. Prints what a test checks, as JSON.

Run by tests/ingest/test_crashes.py in a mount namespace of its own, where it may mount its disk:
`python -m tests.removing FOLDER`.
"""

import json
import sys
from pathlib import Path

from assistant.config import Config
from assistant.library.owner import Owner
from ingest.embedding import HashingEmbedder
from policies.errors import CarrelError
from tests.full import fill, mount
from tests.running import write

DISK_MIB = 256
"""Size of the disk."""

NOTES = 24
"""Notes to remove, each with some 1.5 MB in the catalogue's file: together far more than the reserve."""


def main(folder: Path) -> None:
    """Fills a library and its disk, and removes the documents."""
    library = folder / "library"
    library.mkdir(mode=0o700)
    mount("-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=700", "none", str(library))
    for number in range(NOTES):
        lines = (f"The word{number} of line{line} is x{line * number}." for line in range(6_000))
        write(folder / "notes" / f"{number}.md", "\n\n".join(lines))
    write(folder / "kept" / "kept.md", "The pond is cleaned in October.\n")
    with Owner(library, Config(), embedder=HashingEmbedder()) as owner:
        for _ in (*owner.add(folder / "notes"), *owner.add(folder / "kept")):
            pass
        ballast = fill(library, 0)
        problem = ""
        try:
            receipt = owner.forget(folder / "notes")
            problem = receipt.unfinished
        except CarrelError as error:
            problem = f"refused: {error.message}"
        facts = {
            "size": (library / "catalogue.db").stat().st_size,
            "problem": problem,
            "left": [Path(entry.path).name for entry in owner.entries()],
        }
        ballast.unlink()
    facts["size at last"] = (library / "catalogue.db").stat().st_size
    print(json.dumps(facts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
