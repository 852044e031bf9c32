"""The gate that makes background work wait."""

import threading
import time

from ingest.gate import PATIENCE_S, SEARCHES, TURN_S, Gate


def test_a_gate_is_open_until_a_thread_holds_it() -> None:
    gate = Gate()
    assert gate.wait(0.0)
    with gate.held():
        assert not gate.wait(0.0)
    assert gate.wait(0.0)


def test_a_gate_opens_when_its_last_holder_releases_it() -> None:
    gate = Gate()
    gate.hold()
    gate.hold()
    gate.release()
    assert not gate.wait(0.0)
    gate.release()
    assert gate.wait(0.0)


def test_a_waiting_thread_passes_as_soon_as_the_gate_opens() -> None:
    gate = Gate()
    gate.hold()
    passed = threading.Event()

    def work() -> None:
        if gate.wait(60.0):
            passed.set()

    worker = threading.Thread(target=work)
    worker.start()
    assert not passed.is_set()
    gate.release()
    worker.join(60.0)
    assert passed.is_set()


def test_the_gate_is_released_after_an_error() -> None:
    gate = Gate()
    try:
        with gate.held():
            raise RuntimeError
    except RuntimeError:
        pass
    assert gate.wait(0.0)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_background_work_gets_a_turn_after_it_has_waited_for_questions() -> None:
    clock = Clock()
    gate = Gate(clock=clock)
    with gate.held():
        clock.now += PATIENCE_S / 2
        assert not gate.wait(0.0)
        clock.now += PATIENCE_S / 2
        assert gate.wait(0.0)
        clock.now += TURN_S - 0.01
        assert gate.wait(0.0)
        clock.now += 0.02
        assert not gate.wait(0.0)
        clock.now += PATIENCE_S
        assert gate.wait(0.0), "and another one"


def test_moments_between_questions_do_not_cost_background_work_its_turn() -> None:
    clock = Clock()
    gate = Gate(clock=clock)
    passed = 0
    for _ in range(100):
        with gate.held():
            clock.now += PATIENCE_S / 20
            if gate.wait(0.0):
                passed += 1
                clock.now += TURN_S
        clock.now += PATIENCE_S / 1000
    assert passed == 4


def test_a_gate_that_is_held_by_hand_gives_no_turns() -> None:
    clock = Clock()
    gate = Gate(clock=clock)
    gate.hold()
    with gate.held():
        clock.now += 100 * PATIENCE_S
        assert not gate.wait(0.0)
    gate.release()


def test_a_question_that_comes_in_a_turn_waits_for_its_end() -> None:
    gate = Gate()
    with gate.held():
        began = time.monotonic()
        assert gate.wait(2 * PATIENCE_S)
        assert time.monotonic() - began >= PATIENCE_S * 0.9
        began = time.monotonic()
        with gate.searching():
            assert time.monotonic() - began > TURN_S * 0.9


def test_searches_run_in_the_order_in_which_they_came() -> None:
    gate = Gate()
    order: list[int] = []
    let_go = threading.Event()

    def search(number: int) -> None:
        with gate.searching():
            order.append(number)
            let_go.wait(60.0)

    searches = []
    for number in range(SEARCHES + 5):
        searches.append(threading.Thread(target=search, args=(number,)))
        searches[-1].start()
        time.sleep(0.02)
    assert order == list(range(SEARCHES))
    let_go.set()
    for each in searches:
        each.join(60.0)
    assert order[: SEARCHES + 1] == list(range(SEARCHES + 1))
    assert sorted(order) == list(range(SEARCHES + 5))
