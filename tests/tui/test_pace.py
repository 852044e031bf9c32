"""The time that embedding takes."""

from dataclasses import replace

from assistant.library.facade import Indexing, Status
from tests.still import StillLibrary
from tui.pace import LEAST_S, Pace
from tui.widgets.status_bar import indexing_state


def waiting(texts: int, *, files: int = 0) -> Status:
    return replace(StillLibrary().status(), indexing=Indexing(True, False, files, texts, (), 0.0, None, ""))


def test_the_time_left_follows_from_what_was_embedded() -> None:
    pace = Pace()
    seen = [pace.with_time_left(waiting(1_000 - 10 * second), second) for second in range(31)]
    assert [status.indexing.seconds_left for status in seen[: int(LEAST_S)]] == [None] * int(LEAST_S)
    assert seen[-1].indexing.seconds_left == 70.0
    assert indexing_state(seen[-1].indexing).plain == "embedding 700 chunks, 1 min left"


def test_nothing_is_estimated_while_files_are_read_or_nothing_moves() -> None:
    pace = Pace()
    for second in range(20):
        assert pace.with_time_left(waiting(100, files=3), second).indexing.seconds_left is None
        assert pace.with_time_left(waiting(100), second).indexing.seconds_left is None


def test_more_work_begins_a_new_estimate() -> None:
    pace = Pace()
    for second in range(10):
        pace.with_time_left(waiting(100 - second), second)
    assert pace.with_time_left(waiting(500), 10).indexing.seconds_left is None
    assert pace.with_time_left(waiting(0), 11).indexing.seconds_left is None
