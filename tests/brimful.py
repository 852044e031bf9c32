"""An owner that watches while the disk of its library is full. Prints what a test checks, as JSON.

Run by tests/ingest/test_crashes.py in a mount namespace of its own, where it may mount its disk:
`python -m tests.brimful FOLDER CACHE`.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from assistant.library.client import Client
from policies.errors import CarrelError
from tests.full import fill, mount
from tests.running import Carrel, give_key, owning, write
from tests.serving import client

DISK_MIB = 96
"""Size of the disk."""

PATIENCE_S = 30.0
"""Maximum wait for what must come."""


def waited_for(condition: Callable[[], object]) -> bool:
    """Whether the condition comes true in time."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def outcome(action: Callable[[], object]) -> str:
    """The message of the error that an action raises; empty without one."""
    try:
        action()
    except CarrelError as error:
        return error.message
    return ""


def texts(owner: Client) -> dict[str, str]:
    """The best passage for each of the notes' words, by the name of its file."""
    return {Path(p.locator.path).name: p.text for p in owner.search("Which key opens the shed?", 9).passages}


def main(folder: Path, cache: Path) -> None:
    """Runs an owner through all states of its disk."""
    carrel = Carrel(library=folder / "library", home=folder, cache=cache)
    give_key(folder / "state")
    carrel.library.mkdir(mode=0o700)
    mount("-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=700", "none", str(carrel.library))
    notes = folder / "notes"
    write(notes / "gone.md", "The red key opens the shed in the garden.\n")
    write(notes / "edited.md", "The green key opens the shed at the lake.\n")
    write(notes / "asked.md", "The boiler was serviced on 4 March 2025.\n")
    write(notes / "unwanted.md", "The secret key lies below the third stone.\n")
    assert carrel("add", notes).code == 0
    with owning(carrel):
        owner = client(carrel.library)
        assert carrel("ask", "When was the boiler serviced?").code == 0
        ballast = fill(carrel.library, 0)
        (notes / "gone.md").unlink()
        write(notes / "edited.md", "The yellow key opens the shed at the lake.\n")
        write(notes / "new.md", "The blue key opens the shed of the neighbour.\n")
        noticed = waited_for(lambda: owner.status().indexing.problem)
        facts = {
            "noticed": noticed,
            "problem": owner.status().indexing.problem,
            "asked": (answer := carrel("ask", "When was the boiler serviced?")).text,
            "said": answer.narration,
            "pause": outcome(owner.pause),
            "paused": owner.status().indexing.paused,
            "remove": outcome(lambda: owner.remove(notes / "unwanted.md")),
            "listed": [Path(entry.path).name for entry in owner.entries()],
        }
        ballast.unlink()
        expected = {"asked.md": "boiler", "edited.md": "yellow", "new.md": "blue"}
        facts["caught up"] = waited_for(
            lambda: (
                (found := texts(owner)).keys() == expected.keys()
                and all(word in found[name] for name, word in expected.items())
            )
        )
        facts["forgotten"] = waited_for(lambda: not owner.status().indexing.problem)
        facts["audit"] = owner.verify_audit("").problems
    print(json.dumps(facts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
