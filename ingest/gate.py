"""The gate at which background work waits while something more urgent runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Lets background work pass unless a thread holds it. Several threads may hold it at once."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holders = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the gate for the duration of the `with` block."""
        self.hold()
        try:
            yield
        finally:
            self.release()

    def hold(self) -> None:
        """Closes the gate. Work that has begun continues until it next checks the gate."""
        with self._changed:
            self._holders += 1

    def release(self) -> None:
        """Ends one `hold`. The gate opens when no hold is left."""
        with self._changed:
            self._holders -= 1
            self._changed.notify_all()

    def wait(self, timeout: float) -> bool:
        """Waits up to `timeout` seconds until the gate is open; returns whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._holders == 0, timeout)
