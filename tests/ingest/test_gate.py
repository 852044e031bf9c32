"""The gate that makes background work wait."""

import threading

from ingest.gate import Gate


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
