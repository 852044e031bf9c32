"""Twenty clients of a real owner: indexing goes on, and questions are answered in order."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from assistant.config import Config
from assistant.dialogue import Answer, Queued
from assistant.library.client import Client
from assistant.library.owner import Owner
from ingest.progress import Report
from tests.running import write
from tests.serving import serving

pytestmark = pytest.mark.model

SEARCHING = 15
ASKING = 5

NOTES = 40
"""Notes that are indexed while all of them work."""


def write_notes(folder: Path, count: int) -> Path:
    """Notes of which each is different."""
    for number in range(count):
        write(
            folder / f"{number}.md",
            f"The key of shed {number} in {folder.name} hangs behind door {number}.\n",
        )
    return folder


@contextmanager
def working(*works: Callable[[], None]) -> Iterator[None]:
    """Repeats each work on a thread of its own."""
    ended = threading.Event()

    def repeat(work: Callable[[], None]) -> None:
        while not ended.is_set():
            work()

    threads = [threading.Thread(target=repeat, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_indexing_ends_and_questions_keep_their_order_while_many_clients_work(
    tmp_path: Path, parts: dict[str, Any]
) -> None:
    notes = write_notes(tmp_path / "notes", NOTES)
    more = write_notes(tmp_path / "more", NOTES)
    places: list[list[int]] = []

    def search(client: Client) -> None:
        assert client.search("Where does the key of shed 7 hang?", 5).passages

    def ask(client: Client) -> None:
        events = list(client.ask("Where does the key of shed 7 hang?"))
        assert isinstance(events[-1], Answer)
        places.append([event.before for event in events if isinstance(event, Queued)])

    with (
        Owner(tmp_path / "library", Config(), watching=True, **parts) as owner,
        serving(owner, tmp_path) as connect,
        ExitStack() as stack,
    ):
        client, *others = [stack.enter_context(connect(1)) for _ in range(1 + SEARCHING + ASKING)]
        searching, asking = others[:SEARCHING], others[SEARCHING:]
        for _ in client.add(notes):
            pass
        ask(asking[0])  # Loads the models.
        works = [partial(search, each) for each in searching] + [partial(ask, each) for each in asking]
        with working(*works):
            # They go on until it has ended; `benchmarks.ingest` measures how fast it is.
            *_, report = client.add(more)
    assert isinstance(report, Report)
    assert report.added == NOTES
    told = [place for place in places if place]
    assert told, "who waits is told how many are before"
    assert all(place == sorted(set(place), reverse=True) and place[-1] == 1 for place in told)
