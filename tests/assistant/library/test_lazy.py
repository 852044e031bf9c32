"""A value that is opened when it is first needed."""

import threading
import time

import pytest

from assistant.library.lazy import Lazy


def test_it_is_opened_by_the_first_get_and_then_kept() -> None:
    opened: list[str] = []

    def open_value() -> str:
        opened.append("once")
        return "value"

    lazy = Lazy(open_value)
    assert lazy.peek() is None
    assert opened == []
    assert [lazy.get(), lazy.get()] == ["value", "value"]
    assert lazy.peek() == "value"
    assert opened == ["once"]


def test_threads_that_need_it_at_once_open_it_once() -> None:
    opened: list[object] = []

    def open_slowly() -> object:
        time.sleep(0.05)
        opened.append(object())
        return opened[-1]

    lazy = Lazy(open_slowly)
    seen: list[object] = []
    threads = [threading.Thread(target=lambda: seen.append(lazy.get())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1
    assert seen == opened * 8


def test_a_failed_opening_is_tried_again() -> None:
    attempts = iter([OSError("not yet"), None])

    def open_value() -> str:
        if error := next(attempts):
            raise error
        return "value"

    lazy = Lazy(open_value)
    with pytest.raises(OSError, match="not yet"):
        lazy.get()
    assert lazy.peek() is None
    assert lazy.get() == "value"


def test_closing_releases_what_was_opened_and_the_next_get_opens_it_again() -> None:
    numbers = iter(range(10))
    closed: list[int] = []
    lazy = Lazy(lambda: next(numbers) + 1, close=closed.append)
    lazy.close()
    assert closed == [], "nothing was open"
    assert lazy.get() == 1
    lazy.close()
    lazy.close()
    assert closed == [1]
    assert lazy.get() == 2


def test_a_given_value_is_used_and_not_closed() -> None:
    closed: list[str] = []
    lazy = Lazy(lambda: "opened", close=closed.append, given="given")
    assert lazy.peek() == lazy.get() == "given"
    lazy.close()
    assert closed == [], "whoever gave it closes it"
    assert lazy.get() == "opened"
    lazy.close()
    assert closed == ["opened"]
