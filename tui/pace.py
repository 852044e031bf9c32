"""How long embedding will take, from the statuses of the library that the UI has seen."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.library.facade import Status

MEMORY_S = 60.0
"""Statuses that are older do not count, in seconds: the computer may have had less to do then."""

LEAST_S = 4.0
"""Seconds that have to be seen before anything is estimated."""


class Pace:
    """The chunks that waited for their vectors, over the last minute."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()
        """Time in seconds and number of chunks, oldest first."""

    def with_time_left(self, status: Status, now: float) -> Status:
        """The status with the time left, if chunks are being embedded and the owner does not say how long.

        now: the time in seconds, from any clock that does not go back.
        """
        indexing = status.indexing
        if not indexing.texts or (self._seen and indexing.texts > self._seen[-1][1]):
            self._seen.clear()  # Done, or more has been read.
        self._seen.append((now, indexing.texts))
        while now - self._seen[0][0] > MEMORY_S:
            self._seen.popleft()
        since, texts = self._seen[0]
        embedded = texts - indexing.texts
        if indexing.files or indexing.seconds_left is not None or now - since < LEAST_S or not embedded:
            return status
        left = indexing.texts * (now - since) / embedded
        return replace(status, indexing=replace(indexing, seconds_left=left))
