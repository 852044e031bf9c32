"""Which file is read next: the newest, and nobody waits for slow files."""

import time

import pytest

from ingest import queueing
from ingest.queueing import QueuedFile, ReadingQueue
from ingest.sources import Candidate


def waiting(path: str, *, changed: int = 0, size: int = 100, source: str = "/notes") -> QueuedFile:
    """A new file that waits."""
    return QueuedFile(source, Candidate(f"{source}/{path}", size, changed), None, [])


def names(queue: ReadingQueue) -> list[str]:
    """The names of all files, in the order in which they are read."""
    found = []
    while file := queue.pop(()) or queue.pop_stopped(()):
        found.append(file.candidate.path.rsplit("/", 1)[1])
    return found


@pytest.fixture
def queue() -> ReadingQueue:
    return ReadingQueue()


def test_the_latest_change_comes_first(queue: ReadingQueue) -> None:
    for changed, path in enumerate(("a.md", "b.pdf", "c.md")):
        queue.push(waiting(path, changed=changed))
    assert names(queue) == ["c.md", "b.pdf", "a.md"]
    assert not len(queue)


def test_beside_slow_files_small_ones_and_other_types_come_first(queue: ReadingQueue) -> None:
    for changed, (path, size) in enumerate([("old.md", 90), ("small.pdf", 10), ("large.pdf", 900)]):
        queue.push(waiting(path, changed=changed, size=size))
    queue.mark_slow(waiting("slow.pdf"))
    assert names(queue) == ["old.md", "small.pdf", "large.pdf"]


def test_a_file_that_was_stopped_comes_last(queue: ReadingQueue) -> None:
    queue.push_stopped(waiting("slow.md", changed=9))
    assert not queue.has_fresh
    queue.push(waiting("old.md", changed=1))
    assert names(queue) == ["old.md", "slow.md"]


def test_a_stopped_file_that_changed_is_a_new_one(queue: ReadingQueue) -> None:
    queue.push_stopped(waiting("slow.md"))
    queue.push(waiting("slow.md", changed=5))
    queue.push_stopped(waiting("slow.md"))
    assert queue.has_fresh
    file = queue.pop(())
    assert file is not None
    assert file.candidate.mtime_ns == 5
    assert not len(queue)


def test_sources_take_turns_by_the_time_they_took(queue: ReadingQueue) -> None:
    for changed in range(3):
        queue.push(waiting(f"a{changed}.md", changed=100 + changed, source="/hostile"))
    queue.push(waiting("b.md", source="/notes"))
    first = queue.pop(())
    assert first is not None
    queue.charge("/hostile", 5.0)
    queue.charge("/notes", 0.1)
    assert names(queue)[0] == "b.md" or first.source == "/notes"


def test_a_source_that_was_idle_has_saved_up_no_time(queue: ReadingQueue) -> None:
    queue.push(waiting("a.md", source="/busy"))
    queue.charge("/busy", 100.0)
    for number in range(2):
        queue.push(waiting(f"b{number}.md", source="/idle"))
    queue.charge("/idle", 1.0)
    assert names(queue)[0] == "a.md"


def test_a_file_that_is_being_read_is_not_read_twice_at_once(queue: ReadingQueue) -> None:
    queue.push(waiting("a.md", changed=2))
    queue.push(waiting("b.md", changed=1))
    file = queue.pop({"/notes/a.md"})
    assert file is not None
    assert file.candidate.path == "/notes/b.md"
    assert queue.pop({"/notes/a.md"}) is None
    assert names(queue) == ["a.md"]


def test_reading_comes_before_embedding_for_a_while(
    queue: ReadingQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 50.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert not queue.comes_first(now)
    queue.push(waiting("a.md"))
    assert queue.comes_first(now)
    now += queueing.FIRST_S / 2
    assert queue.comes_first(now)
    # A note that was just saved does not wait for all the others to be read.
    assert not queue.comes_first(now - queueing.ALONE_S)
    now += queueing.FIRST_S / 2
    assert not queue.comes_first(now)
    queue.pop(())
    assert not queue.comes_first(now)
    queue.push(waiting("b.md"))
    assert queue.comes_first(now)


def test_embedding_does_not_wait_for_files_that_take_long(queue: ReadingQueue) -> None:
    queue.push_stopped(waiting("film.mp4"))
    assert not queue.comes_first(time.monotonic())
