"""Work is confined to one thread, and its results, errors and end reach the caller."""

import threading
from collections.abc import Callable, Iterator

import pytest

from assistant.library.threads import ConfiningThread


@pytest.fixture
def confining() -> Iterator[ConfiningThread]:
    thread = ConfiningThread("working")
    yield thread
    thread.close()


def test_all_work_is_done_on_one_thread_in_order(confining: ConfiningThread) -> None:
    names: list[str] = []

    def work(stopped: Callable[[], bool]) -> Iterator[int]:
        names.append(threading.current_thread().name)
        yield from (1, 2, 3)

    confining.run(lambda: names.append(threading.current_thread().name))
    assert list(confining.stream(work)) == [1, 2, 3]
    assert len(set(names)) == 1
    assert names[0].startswith("working")


def test_an_error_is_raised_where_the_results_are_read(confining: ConfiningThread) -> None:
    def work(stopped: Callable[[], bool]) -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    results = confining.stream(work)
    assert next(results) == 1
    with pytest.raises(ValueError, match="broken"):
        next(results)

    def fail() -> None:
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        confining.run(fail)


def test_closing_the_iterator_stops_the_work_and_later_work_is_done(confining: ConfiningThread) -> None:
    asked = threading.Event()

    def work(stopped: Callable[[], bool]) -> Iterator[int]:
        number = 0
        while not stopped():
            yield number
            number += 1
        asked.set()

    results = confining.stream(work)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert list(confining.stream(lambda stopped: iter(["next"]))) == ["next"]


def test_stopping_ends_the_current_work_and_keeps_what_it_has(confining: ConfiningThread) -> None:
    def work(stopped: Callable[[], bool]) -> Iterator[int]:
        yield 1
        confining.stop()
        yield 2 if stopped() else 3

    assert list(confining.stream(work)) == [1, 2]
