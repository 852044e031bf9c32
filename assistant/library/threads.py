"""Work that belongs to one thread, and its results as they come.

A language model computes for one question at a time, and fastest from one thread, whose helpers it
keeps. So whoever asks waits in line, and gets what the thread yields through a queue.
"""

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class _End:
    """Nothing more comes; an error is raised where the results are read."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Line:
    """One thread, and those who wait for it."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._closing = threading.Event()

    def stream(self, work: Callable[[Callable[[], bool]], Iterator[T]]) -> Iterator[T]:
        """What `work` yields, run on the thread in its turn.

        `work` is given a function that says whether to stop: when nobody reads on, or on closing.
        """
        results: queue.SimpleQueue[T | _End] = queue.SimpleQueue()
        left = threading.Event()

        def run() -> None:
            try:
                if not left.is_set():
                    for result in work(lambda: left.is_set() or self._closing.is_set()):
                        results.put(result)
                        if left.is_set():
                            break
                results.put(_End(None))
            except BaseException as error:
                results.put(_End(error))

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
            left.set()

    def stop(self) -> None:
        """Has the work at hand stopped; what comes after it is stopped as soon as it begins."""
        self._closing.set()

    def close(self) -> None:
        """Stops, and waits for it. What still waits in line must have been given up."""
        self.stop()
        self._thread.shutdown(cancel_futures=True)
