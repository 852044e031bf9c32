"""Progress where stderr is not a terminal."""

import io
import json

from assistant.cli.progress import EVERY_S, FIRST_S, ProgressLines


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def lines(*, as_json: bool) -> list[str]:
    """What is written about 63 of 950 files after a minute of steady work."""
    clock, stream = Clock(), io.StringIO()
    progress = ProgressLines(stream, "files", as_json=as_json, clock=clock)
    for second in range(64):
        clock.now = 100.0 + second
        progress.show(second, 950, f"note {second}\x1b[2J.md")
    return stream.getvalue().splitlines()


def test_a_line_every_few_seconds_says_how_far_it_is_and_how_long_it_takes() -> None:
    written = lines(as_json=False)
    assert len(written) == 1 + (63 - FIRST_S) // EVERY_S
    assert written[0].startswith("2 of 950 files")
    assert written[-1] == "62 of 950 files, 1.0 files/s, about 15 min left  note 62␛[2J.md"


def test_with_json_each_line_is_an_object() -> None:
    last = json.loads(lines(as_json=True)[-1])["progress"]
    assert (last["done"], last["total"], last["unit"]) == (62, 950, "files")
    assert (last["per_second"], last["seconds_left"]) == (1.0, 888.0)


def test_work_that_is_done_at_once_writes_nothing() -> None:
    stream = io.StringIO()
    progress = ProgressLines(stream, "files", as_json=False)
    for number in range(100):
        progress.show(number, 100, "x")
    assert stream.getvalue() == ""


def test_what_comes_before_the_first_file_is_done_does_not_count_for_the_rate() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = ProgressLines(stream, "files", as_json=False, clock=clock)
    for second in range(60):
        clock.now = 100.0 + second
        progress.show(max(0, second - 40), 40, "note.md")
    assert "17 of 40 files, 1.0 files/s" in stream.getvalue().splitlines()[-1]
