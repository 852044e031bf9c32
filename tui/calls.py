"""Façade calls on background threads, with their results delivered on the UI thread.

A call may load a model, wait for the call before it, or cross a socket, and the UI must react to keys
meanwhile. So `LibraryCalls` runs every call on a thread of its own and passes the results to callbacks, in
the order in which they arrive. Calls made before the library is open wait until it is.

The threads are daemons: quitting does not wait for them.
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

CallbackResult = object
"""The return value of a callback: ignored, or awaited if it is awaitable."""

log = logging.getLogger(__name__)


class RunningCall:
    """A handle on a streaming call, to stop it."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Asks the call to end early; it may still deliver values."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()


class LibraryCalls:
    """Runs the calls of one façade."""

    def __init__(self, post: Callable[..., object], on_error: Callable[[Exception], CallbackResult]) -> None:
        """
        post: schedules a function with arguments on the UI thread; must be callable from any thread.
        on_error: receives the error of a call that has no error callback of its own.
        """
        self._post = post
        self._on_error = on_error
        self._assistant: Future[Assistant] = Future()

    def open(
        self,
        open_library: Callable[[], Assistant],
        on_open: Callable[[], CallbackResult],
        on_error: Callable[[Exception], CallbackResult],
    ) -> None:
        """Opens the library in the background. If that fails, calls waiting for it end without a callback."""

        def run() -> None:
            try:
                self._assistant.set_result(open_library())
            except Exception as error:
                self._assistant.cancel()
                self._report(error, on_error)
            else:
                self._post(on_open)

        self._start(run)

    def call(
        self,
        work: Callable[[Assistant], T],
        on_result: Callable[[T], CallbackResult] = lambda result: None,
        on_error: Callable[[Exception], CallbackResult] | None = None,
    ) -> None:
        """Runs `work` in the background and passes its result to `on_result`."""
        self.stream(lambda assistant, _: iter((work(assistant),)), on_result, on_error=on_error)

    def stream(
        self,
        work: Callable[[Assistant, Callable[[], bool]], Iterator[T]],
        on_value: Callable[[T], CallbackResult],
        on_end: Callable[[], CallbackResult] = lambda: None,
        on_error: Callable[[Exception], CallbackResult] | None = None,
    ) -> RunningCall:
        """Runs `work` in the background, passes each value it yields to `on_value`, then calls `on_end`.

        `work` receives the façade and a function that says whether the call was stopped. A stopped call still
        delivers the values it yields until it ends.
        """
        running = RunningCall()

        def run() -> None:
            try:
                assistant = self._assistant.result()
                for value in work(assistant, lambda: running.stopped):
                    self._post(on_value, value)
            except Exception as error:
                if not self._assistant.cancelled():
                    self._report(error, on_error or self._on_error)
            else:
                self._post(on_end)

        self._start(run)
        return running

    def close(self, patience_s: float) -> None:
        """Closes the library; waits at most `patience_s` seconds for it."""
        if not self._assistant.cancel() and not self._assistant.cancelled():
            closing = self._start(self._assistant.result().close)
            closing.join(patience_s)

    def _report(self, error: Exception, on_error: Callable[[Exception], CallbackResult]) -> None:
        log.warning("a façade call failed", exc_info=error)
        self._post(on_error, error)

    def _start(self, run: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=run, name="library call", daemon=True)
        thread.start()
        return thread
