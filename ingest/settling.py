"""Debounces changed paths: a path settles when it looks the same twice, half a second apart.

So a file is not read while it is being written, and a file that is replaced when it is saved, and is missing
for a moment, never counts as deleted. While files that were deleted come back one after the other, as when a
folder is replaced by a copy, those that are still missing are waited for. A text that keeps growing, such as
a log, is reported before it settles, and the longer it is, the less often: reading it should take a small
part of the time. A path whose file is gone settles only once its file has had the chance to be found at
another path. Called by the watcher, from its thread."""

import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingest.parsers import PLAIN_TYPES, media_type
from ingest.sweeping import signature

PATIENCE_S = 60.0
"""A file that never settles is reported this often nevertheless."""

GROWING_S = 3.0
"""The same for a text when it is reported for the first time: the part that there is can be read."""

PACE_S = 10.0
"""Minimum seconds between two reports of a growing text; also, seconds per megabyte of any text. A megabyte
is read in about a second."""

RETURNING_S = 10.0
"""Maximum time that a missing file is waited for while others that were missing come back."""

SLOWEST_S = 600.0
"""Maximum time between two reports of a text."""

REMEMBERED = 1_000
"""Number of remembered reports above which old ones are dropped."""


@dataclass(slots=True, eq=False)
class _UnsettledPath:
    """A path that may still be changing."""

    signature: int | None
    """See `ingest.sweeping.signature`."""
    since: float
    """When it was first seen to change, as `time.monotonic` counts."""
    changed: float
    """When it was last seen to look different."""
    size: int
    """Its bytes at the last look; 0 for a missing one."""
    grows: bool = True
    """Whether it was larger at each look. A file that is saved again and again is not: what is read of it in
    the middle of a save is not text that anybody wrote."""


class Debouncer:
    """The paths that have changed and have not settled yet, of all sources."""

    def __init__(self, settle_s: float) -> None:
        """settle_s: seconds between the two looks."""
        self._settle_s = settle_s
        self._paths: dict[tuple[str, str], _UnsettledPath] = {}
        """By source and path, because sources may lie within each other."""
        self._order: deque[tuple[float, tuple[str, str]]] = deque()
        """When to look at a path next, earliest first. Forgotten paths are stale entries."""
        self._returned = -math.inf
        """When a missing file was last seen to be back."""
        self._reported: dict[str, float] = {}
        """When texts were reported last, by path."""

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
            self._paths[key] = _UnsettledPath(signature(path), now, now, _size(path))
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
        seen: list[tuple[tuple[str, str], _UnsettledPath, int | None]] = []
        while self._order and self._order[0][0] <= now:
            _, key = self._order.popleft()
            if unsettled := self._paths.get(key):
                current = signature(key[1])
                if current is not None and unsettled.signature is None:
                    self._returned = now
                seen.append((key, unsettled, current))
        for key, unsettled, current in seen:
            is_still = current == unsettled.signature
            size = _size(key[1])
            unsettled.grows = unsettled.grows and (is_still or size > unsettled.size)
            unsettled.size = size
            if current is None:
                is_due = self._is_gone(unsettled, now, is_still=is_still) and swept_since(unsettled.changed)
            elif media_type(key[1]) in PLAIN_TYPES:
                is_due = self._is_text_due(key[1], unsettled, now, is_still=is_still)
            else:
                is_due = is_still or now - unsettled.since >= PATIENCE_S
            if is_due:
                del self._paths[key]
                yield *key, current
                continue
            if not is_still:
                unsettled.signature, unsettled.changed = current, now
            self._order.append((now + self._settle_s, key))

    def _is_gone(self, unsettled: _UnsettledPath, now: float, *, is_still: bool) -> bool:
        """Whether a missing file will not come back. is_still: whether it was missing at the last look."""
        if now - self._returned < 2 * self._settle_s and now - unsettled.since < RETURNING_S:
            return False
        return is_still or now - unsettled.since >= PATIENCE_S

    def _is_text_due(self, path: str, unsettled: _UnsettledPath, now: float, *, is_still: bool) -> bool:
        """Whether a text is to be reported now. is_still: whether it looks as at the last look."""
        pace = PACE_S * unsettled.size / 1e6
        before = self._reported.get(path, -math.inf)
        if not (is_still or now - unsettled.since >= (GROWING_S if unsettled.grows else PATIENCE_S)):
            return False
        if now - before < min(pace if is_still else max(pace, PACE_S), SLOWEST_S):
            return False
        if not is_still or pace > self._settle_s:
            if len(self._reported) >= REMEMBERED:
                self._reported = {name: at for name, at in self._reported.items() if now - at < SLOWEST_S}
            self._reported[path] = now
        return True


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0
