"""A library whose disk becomes read-only, and the commands on it. Prints what a test checks, as JSON.

Run by tests/ingest/test_crashes.py in a mount namespace of its own, where it may mount its disk:
`python -m tests.protected FOLDER CACHE`.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from tests.full import mount
from tests.running import Carrel, Outcome, owning, write


def listing(folder: Path) -> list[tuple[str, int, int]]:
    """Name, size and time of everything below a folder."""
    found = [Path(place, name) for place, folders, files in os.walk(folder) for name in (*folders, *files)]
    return sorted((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in found)


def said(outcome: Outcome) -> tuple[int, str]:
    """The exit code, and what a command said."""
    return outcome.code, outcome.narration


def main(folder: Path, cache: Path) -> None:
    """Runs the commands before and while the disk is read-only."""
    carrel = Carrel(library=folder / "disk" / "library", home=folder, cache=cache)
    carrel.library.parent.mkdir()
    mount("-t", "tmpfs", "-o", "size=96m,mode=700", "none", str(carrel.library.parent))
    notes = folder / "notes"
    boiler = write(notes / "boiler.md", "The boiler was serviced on 4 March 2025.\n")
    write(notes / "shed.md", "The green key opens the shed at the lake.\n")
    assert carrel("add", notes).code == 0
    if len(sys.argv) > 3:
        # An owner that is killed leaves what it stored last in SQLite's log.
        with owning(carrel) as process:
            write(notes / "pond.md", "The pond is cleaned in October.\n")
            while "pond" not in carrel("search", "pond", "-k", "1").text:
                time.sleep(0.2)
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert (carrel.library / "catalogue.db-wal").stat().st_size
    mount("-o", "remount,ro", str(carrel.library.parent))
    before = listing(carrel.library)
    ask = carrel("ask", "When was the boiler serviced?", "--json")
    facts = {
        "search": (search := carrel("search", "key of the shed")).text,
        "said": said(search),
        "pond": carrel("search", "pond").text,
        "ls": carrel("ls", "--json").object["documents"],
        "status": carrel("status", "--json").object["documents"],
        "ask": ask.object,
        "writing": {
            name: said(carrel(*arguments))
            for name, arguments in {
                "add": ("add", notes),
                "rm": ("rm", boiler),
                "forget": ("forget", boiler),
                "reindex": ("reindex",),
                "pause": ("pause",),
                "watch": ("watch",),
            }.items()
        },
        "untouched": listing(carrel.library) == before,
    }
    mount("-o", "remount,rw", str(carrel.library.parent))
    facts["removed at last"] = carrel("rm", boiler).code
    print(json.dumps(facts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
