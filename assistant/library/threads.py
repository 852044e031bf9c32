"""A thread that work is confined to, and its results in the order they are produced.

A language model computes for one question at a time, and fastest when the same thread always calls it,
because the engine keeps helper threads for its caller. So questions wait for one thread, and callers read
the results from a queue.
"""

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class _End:
    """The last item of a queue; its error is raised in the caller's thread."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class ConfiningThread:
    """One thread that does work in the order in which it is submitted. Starts with the first work."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._closing = threading.Event()
        self._changing = threading.Lock()
        self._waiting: list[Callable[[int], None]] = []
        """For each work that waits, in order: tells its caller how many are before it."""
        self._is_busy = False

    def run(self, work: Callable[[], None]) -> None:
        """Calls `work` on the thread, after what was submitted before, and waits. Raises what it raises."""
        self._thread.submit(work).result()

    def stream(
        self,
        work: Callable[[Callable[[], bool]], Iterator[T]],
        *,
        told: Callable[[int], T] | None = None,
    ) -> Iterator[T]:
        """Yields what `work` yields on the thread. Raises what it raises.

        `work` gets a function that says whether to stop: the caller has closed the iterator, or this object
        is being closed.

        told: makes a result of the number of works that are done before this one. While it waits, one is
            yielded whenever the number changes.
        """
        results: queue.SimpleQueue[T | _End] = queue.SimpleQueue()
        abandoned = threading.Event()

        last = 0

        def tell(before: int) -> None:
            nonlocal last
            if told is not None and before != last:
                results.put(told(before))
                last = before

        def run() -> None:
            self._begin(tell)
            try:
                if not abandoned.is_set():
                    for result in work(lambda: abandoned.is_set() or self._closing.is_set()):
                        results.put(result)
                        if abandoned.is_set():
                            break
                results.put(_End(None))
            except BaseException as error:
                results.put(_End(error))
            finally:
                self._is_busy = False

        with self._changing:
            if before := len(self._waiting) + self._is_busy:
                tell(before)
            self._waiting.append(tell)
            self._thread.submit(run)
        try:
            while True:
                result = results.get()
                if isinstance(result, _End):
                    if result.error is not None:
                        raise result.error
                    return
                yield result
        finally:
            abandoned.set()

    def _begin(self, tell: Callable[[int], None]) -> None:
        """Takes a work out of the line, and tells the others their places."""
        with self._changing:
            self._is_busy = True
            self._waiting.remove(tell)
            for before, other in enumerate(self._waiting, 1):
                other(before)

    def stop(self) -> None:
        """Asks the current work to stop. Later work is asked to stop as soon as it begins."""
        self._closing.set()

    def close(self) -> None:
        """Stops the thread and waits for it. No caller may still be waiting for results."""
        self.stop()
        self._thread.shutdown(cancel_futures=True)
