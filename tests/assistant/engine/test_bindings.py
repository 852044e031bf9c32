"""Ctrl+C while llama.cpp calls back into Python."""

import signal
import threading

import pytest

from assistant.engine.bindings import deferred_interrupts


def test_an_interrupt_is_raised_once_the_call_has_returned() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), deferred_interrupts():
        signal.raise_signal(signal.SIGINT)
        steps.append("the call went on")
    assert steps == ["the call went on"]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_without_an_interrupt_nothing_changes() -> None:
    before = signal.getsignal(signal.SIGINT)
    with deferred_interrupts():
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_a_thread_of_its_own_needs_no_handler() -> None:
    done = []

    def work() -> None:
        with deferred_interrupts():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done
