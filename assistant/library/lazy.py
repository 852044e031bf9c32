"""A value that is opened when it is first needed: a model, the vector index, the parser's jail.

Loading a language model takes seconds and hundreds of megabytes, so listing documents must not load one.
`Lazy` is the only place that knows whether something is open yet.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """One value, opened by the first `get`. Threads may share it: one opens the value, the others wait."""

    def __init__(
        self,
        open: Callable[[], T],
        *,
        close: Callable[[T], None] = lambda value: None,
        given: T | None = None,
        lock: "threading.RLock | None" = None,
    ) -> None:
        """
        open: opens the value. If it raises, the next `get` tries again.
        close: releases a value that `open` returned.
        given: a value that the caller has opened already and closes itself. `open` is called only after
            `close` has dropped it.
        lock: held while the value is opened or closed; None for a lock of its own.
        """
        self._open = open
        self._close = close
        self._value = given
        self._given = given is not None
        self._lock = lock or threading.RLock()

    def get(self) -> T:
        """The value. Opens it if necessary and raises what `open` raises."""
        if (value := self._value) is not None:
            return value  # Without the lock, which may be held for long while a library changes.
        with self._lock:
            if self._value is None:
                self._value = self._open()
            return self._value

    def peek(self) -> T | None:
        """The value if it is open, otherwise None. Opens nothing."""
        with self._lock:
            return self._value

    def close(self) -> None:
        """Closes the value if it is open. A later `get` opens it again."""
        with self._lock:
            value, given = self._value, self._given
            self._value, self._given = None, False
            if value is not None and not given:
                self._close(value)
