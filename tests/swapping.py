"""Another disk at the place of the one that a source is on. Prints what a test checks, as JSON.

Run by tests/ingest/test_crashes.py in a mount namespace of its own, where it may mount its disks:
`python -m tests.swapping FOLDER CACHE`.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.full import mount
from tests.protected import said
from tests.running import Carrel, owning, write
from tests.serving import client

PATIENCE_S = 30.0
"""Maximum wait for what must come."""


def main(folder: Path, cache: Path) -> None:
    """Swaps the disk of a source while no owner runs, and while one watches it."""
    carrel = Carrel(library=folder / "library", home=folder, cache=cache)
    place = folder / "stick"
    place.mkdir()
    for name, text in (("red", "The red key opens the shed.\n"), ("blue", "The blue boat leaks.\n")):
        (folder / name).mkdir()
        mount("-t", "tmpfs", "-o", "size=8m", "none", str(folder / name))
        write(folder / name / f"{name}.md", text)
    mount("--bind", str(folder / "red"), str(place))
    assert carrel("add", place).code == 0
    assert carrel("ask", "Which key opens the shed?", "--conversation", "keys").code == 0
    subprocess.run(["umount", place], check=True)
    mount("--bind", str(folder / "blue"), str(place))
    facts: dict[str, Any] = {"added": said(carrel("add", place)), "listed": carrel("ls").text}
    with owning(carrel):
        owner = client(carrel.library)
        end = time.monotonic() + PATIENCE_S
        while not owner.status().sources[0].offline and time.monotonic() < end:
            time.sleep(0.2)
        facts["offline"] = owner.status().sources[0].offline
        facts["watched"] = [Path(entry.path).name for entry in owner.entries()]
        subprocess.run(["umount", place], check=True)
        mount("--bind", str(folder / "red"), str(place))
        while owner.status().sources[0].offline and time.monotonic() < end:
            time.sleep(0.2)
        facts["back"] = owner.status().sources[0].offline
        facts["at last"] = [Path(entry.path).name for entry in owner.entries()]
        facts["conversations"] = len(owner.conversations())
    print(json.dumps(facts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
