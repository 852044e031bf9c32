"""Debounces changed paths: a path settles when it looks the same twice, half a second apart.

So a file is not read while it is being written, and a file that is replaced when it is saved, and is missing
for a moment, never counts as deleted. A path whose file is gone settles only once its file has had the chance
to be found at another path. Called by the watcher, from its thread.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingest.sweeping import signature

PATIENCE_S = 60.0
"""A file that never settles, such as a log, is reported this often nevertheless."""


@dataclass(slots=True, eq=False)
class _UnsettledPath:
    """A path that may still be changing."""

    signature: int | None
    """See `ingest.sweeping.signature`."""
    since: float
    """When it was first seen to change, as `time.monotonic` counts."""
    changed: float
    """When it was last seen to look different."""


class Debouncer:
    """The paths that have changed and have not settled yet, of all sources."""

    def __init__(self, settle_s: float) -> None:
        """settle_s: seconds between the two looks."""
        self._settle_s = settle_s
        self._paths: dict[tuple[str, str], _UnsettledPath] = {}
        """By source and path, because sources may lie within each other."""
        self._order: deque[tuple[float, tuple[str, str]]] = deque()
        """When to look at a path next, earliest first. Forgotten paths are stale entries."""

    def __bool__(self) -> bool:
        """Whether any path has not settled yet."""
        return bool(self._paths)

    @property
    def due(self) -> float | None:
        """When the next path is to be looked at; None without any."""
        return self._order[0][0] if self._order else None

    def add(self, source: str, path: str) -> None:
        """Notes that something may have changed at a path of a source."""
        key = (source, path)
        if key not in self._paths:
            now = time.monotonic()
            self._paths[key] = _UnsettledPath(signature(path), now, now)
            self._order.append((now + self._settle_s, key))

    def forget(self, source: str) -> None:
        """Drops the paths of a source."""
        for key in [key for key in self._paths if key[0] == source]:
            del self._paths[key]

    def settled(self, swept_since: Callable[[float], bool]) -> Iterator[tuple[str, str, int | None]]:
        """Yields the paths that have settled by now: source, path, signature.

        swept_since: whether every change before a moment has been noticed, also in folders that are not
        watched. It decides when a missing file is really gone.
        """
        now = time.monotonic()
        while self._order and self._order[0][0] <= now:
            _, key = self._order.popleft()
            unsettled = self._paths.get(key)
            if unsettled is None:
                continue
            current = signature(key[1])
            if current != unsettled.signature and now - unsettled.since < PATIENCE_S:
                unsettled.signature, unsettled.changed = current, now
            elif current is not None or swept_since(unsettled.changed):
                del self._paths[key]
                yield *key, current
                continue
            self._order.append((now + self._settle_s, key))
