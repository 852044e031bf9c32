"""Progress where no person watches a terminal: a line every few seconds, for logs and for programs."""

import json
import time
from collections.abc import Callable
from typing import TextIO

from policies.hygiene import one_line

FIRST_S = 2.0
"""Seconds before the first line. Work that takes less writes none."""

EVERY_S = 5.0
"""Seconds between two lines."""


class ProgressLines:
    """Lines on one stream about one piece of work."""

    def __init__(
        self, stream: TextIO, unit: str, *, as_json: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """unit: what is counted, in the plural."""
        self._stream = stream
        self._unit = unit
        self._as_json = as_json
        self._clock = clock
        self._started = clock()
        self._next = self._started + FIRST_S

    def show(self, done: int, total: int, item: str) -> None:
        """Writes a line if the last one is old enough. item: what is worked on."""
        now = self._clock()
        if not done:
            self._started = now  # The rate leaves out the time before the first is done.
        if now < self._next:
            return
        self._next = now + EVERY_S
        rate = done / (now - self._started) if done else 0.0
        left = (total - done) / rate if rate else None
        self._stream.write(f"{self._line(done, total, item, rate, left)}\n")
        self._stream.flush()

    def _line(self, done: int, total: int, item: str, rate: float, left: float | None) -> str:
        if self._as_json:
            values = {"done": done, "total": total, "unit": self._unit, "item": item}
            rates = {
                "per_second": round(rate, 3),
                "seconds_left": None if left is None else round(left, 1),
            }
            return json.dumps({"progress": values | rates})
        from assistant.formatting import duration

        rest = f", about {duration(left)} left" if left else ""
        return f"{done:,} of {total:,} {self._unit}, {rate:.1f} {self._unit}/s{rest}  {one_line(item)[:60]}"
