"""Searching while files are saved: the real owner with its watcher and jail, and clients of its socket."""

import itertools
import threading
import time
from pathlib import Path
from typing import Any

from assistant.config import Config
from assistant.library.owner import Owner
from tests.running import write
from tests.serving import serving

SEARCHES = 25
"""Searches by each of the two clients."""


def test_no_search_fails_while_the_files_that_it_finds_are_saved(
    tmp_path: Path, parts: dict[str, Any]
) -> None:
    notes = [tmp_path / "notes" / f"{number}.md" for number in range(4)]

    def save(version: int) -> None:
        for number, note in enumerate(notes):
            lines = (f"Key {number}.{line} of version {version} opens the shed." for line in range(6))
            write(note, "\n\n# Keys\n\n".join(lines))

    save(0)
    failures: list[str] = []
    found: list[int] = []

    def search(client: Any) -> None:
        with client:
            for number in range(SEARCHES):
                try:
                    found.append(len(client.search(f"Which key opens shed {number}?", 10).passages))
                except Exception as error:  # Every failure counts.
                    failures.append(f"{type(error).__name__}: {error}")

    with Owner(tmp_path / "library", Config(), watching=True, **parts) as owner:
        list(owner.add(tmp_path / "notes"))
        with serving(owner, tmp_path / "library") as client:
            searching = [threading.Thread(target=search, args=[client(1)]) for _ in range(2)]
            for thread in searching:
                thread.start()
            for version in itertools.count(1):
                save(version)
                time.sleep(0.05)
                if not any(thread.is_alive() for thread in searching):
                    break
    assert failures == []
    assert len(found) == 2 * SEARCHES
    assert all(found), "each search found notes"
