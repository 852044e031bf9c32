"""The library as the screens reach it: every call on a thread of its own, its outcome back on the UI's.

A call of the façade may load a model, wait for the one before it, or cross a socket; the screens must answer
a key meanwhile. So `Desk` runs it elsewhere and hands the result to a function of the UI's thread, in the
order in which results come. Calls made before the library is open wait for it.

The threads end with the process: leaving waits for none of them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from assistant.library.facade import Assistant


T = TypeVar("T")

Outcome = object
"""What a handler returns: nothing, or something to be awaited."""

log = logging.getLogger(__name__)


class RunningCall:
    """Something under way that may be stopped."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Asks it to end."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()


class Desk:
    """Calls of one façade."""

    def __init__(self, post: Callable[..., object], failed: Callable[[Exception], Outcome]) -> None:
        """
        post: has a function run, with arguments, on the UI's thread; may be called from any.
        failed: told there of an error that a call has no handler of its own for.
        """
        self._post = post
        self._failed = failed
        self._assistant: Future[Assistant] = Future()

    def open(
        self,
        make: Callable[[], Assistant],
        then: Callable[[], Outcome],
        failed: Callable[[Exception], Outcome],
    ) -> None:
        """Opens the library; when that fails, so do the calls that wait for it, silently."""

        def run() -> None:
            try:
                self._assistant.set_result(make())
            except Exception as error:
                self._assistant.cancel()
                self._report(error, failed)
            else:
                self._post(then)

        self._start(run)

    def call(
        self,
        work: Callable[[Assistant], T],
        then: Callable[[T], Outcome] = lambda result: None,
        failed: Callable[[Exception], Outcome] | None = None,
    ) -> None:
        """Has `work` done, then `then` with what it gave."""
        self.stream(lambda assistant, _: iter((work(assistant),)), then, failed=failed)

    def stream(
        self,
        work: Callable[[Assistant, Callable[[], bool]], Iterator[T]],
        each: Callable[[T], Outcome],
        then: Callable[[], Outcome] = lambda: None,
        failed: Callable[[Exception], Outcome] | None = None,
    ) -> RunningCall:
        """Has what `work` yields handed to `each`, and `then` called at its end.

        `work` is given the façade and a function that says whether to stop; what it yields on its way to the
        end is handed on too.
        """
        running = RunningCall()

        def run() -> None:
            try:
                assistant = self._assistant.result()
                values = work(assistant, lambda: running.stopped)
                for value in values:
                    self._post(each, value)
            except Exception as error:
                if not self._assistant.cancelled():
                    self._report(error, failed or self._failed)
            else:
                self._post(then)

        self._start(run)
        return running

    def close(self, patience_s: float) -> None:
        """Gives the library back; waits `patience_s` at most."""
        if not self._assistant.cancel() and not self._assistant.cancelled():
            closing = self._start(self._assistant.result().close)
            closing.join(patience_s)

    def _report(self, error: Exception, failed: Callable[[Exception], Outcome]) -> None:
        log.warning("a call failed", exc_info=error)
        self._post(failed, error)

    def _start(self, run: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=run, name="desk", daemon=True)
        thread.start()
        return thread
