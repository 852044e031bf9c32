"""The gate at which background work and questions take turns.

Questions go first, and indexing never stops: while questions keep the gate closed, background work that has
waited for `PATIENCE_S` gets a turn of `TURN_S`, in which new questions wait. Searches that come at the same
time queue in order, a few at once, so that a turn is not filled by those that have begun.

The gate can also be held by hand, without turns, as while indexing is paused.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE_S = 2.0
"""Time for which questions may keep background work waiting. A time in which it could work counts twice
against it."""

TURN_S = 1.2
"""Length of a turn of background work: with `PATIENCE_S`, over a third of the time."""

SEARCHES = max(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2)
"""Searches that run at the same time."""


class Gate:
    """Lets background work pass unless it is held or questions are being answered."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: seconds."""
        self._clock = clock
        self._changed = threading.Condition()
        self._holds = 0
        self._questions = 0
        """Questions and searches that are being answered."""
        self._searches = 0
        """Searches among them."""
        self._queue: deque[object] = deque()
        """Searches that wait, in order."""
        self._changed_at = clock()
        """When the first question came, or the last one ended."""
        self._waited_s = 0.0
        """Time for which background work had waited by then."""
        self._turn_ends = -1.0
        """When the current turn of background work ends, or the last one ended."""

    def hold(self) -> None:
        """Closes the gate without turns. Work that has begun continues until it next checks the gate."""
        with self._changed:
            self._holds += 1

    def release(self) -> None:
        """Ends one `hold`."""
        with self._changed:
            self._holds -= 1
            self._changed.notify_all()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Makes background work wait, except for its turns, while a question is answered."""
        with self._changed:
            self._await_turn()
            self._begin()
        try:
            yield
        finally:
            with self._changed:
                self._end()

    @contextmanager
    def searching(self) -> Iterator[None]:
        """Like `held`, for a search: waits until it is first in the queue and few others run."""
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            while self._queue[0] is not ticket or self._searches >= SEARCHES or self._turn_left() > 0:
                self._changed.wait(self._turn_left() or None)
            self._queue.popleft()
            self._searches += 1
            self._begin()
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._searches -= 1
                self._end()

    def give_way(self) -> None:
        """Waits while background work has its turn. For a question that takes long, between two steps."""
        with self._changed:
            self._await_turn()

    def wait(self, timeout: float) -> bool:
        """Waits up to `timeout` seconds until background work may pass; returns whether it may."""
        end = self._clock() + timeout
        with self._changed:
            while not self._may_pass():
                left = end - self._clock()
                if left <= 0:
                    return False
                self._changed.wait(left if self._holds else min(left, PATIENCE_S - self._waited()))
            return True

    def _may_pass(self) -> bool:
        if self._holds:
            return False
        if not self._questions or self._turn_left() > 0:
            return True
        if self._waited() < PATIENCE_S:
            return False
        self._turn_ends = self._clock() + TURN_S
        self._changed_at, self._waited_s = self._turn_ends, 0.0
        return True

    def _waited(self) -> float:
        """Seconds for which questions have kept background work waiting, less what it got."""
        passed = max(0.0, self._clock() - self._changed_at)
        return self._waited_s + passed if self._questions else max(0.0, self._waited_s - 2 * passed)

    def _turn_left(self) -> float:
        """Seconds that are left of a turn; 0 without one."""
        return 0.0 if self._holds else max(0.0, self._turn_ends - self._clock())

    def _await_turn(self) -> None:
        while (left := self._turn_left()) > 0:
            self._changed.wait(left)

    def _begin(self) -> None:
        if not self._questions:
            self._waited_s, self._changed_at = self._waited(), self._clock()
        self._questions += 1

    def _end(self) -> None:
        if self._questions == 1:
            self._waited_s, self._changed_at = self._waited(), self._clock()
        self._questions -= 1
        self._changed.notify_all()
