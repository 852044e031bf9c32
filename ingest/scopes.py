"""Scopes: what the watcher reports, and the queue in which its reports wait until the keeper takes them.

A scope names paths of one source that have to be compared with the catalogue. Many files of one folder become
the folder, and a storm of changes becomes the whole source. A scope that has not been taken yet grows, so a
slow keeper gets few large scopes.
"""

import heapq
import os
import threading
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass

from ingest.sources import outermost
from ingest.sweeping import Tree

CROWD = 256
"""Maximum number of paths of one folder that are named one by one; more become the folder."""

STORM = 2_000
"""Maximum number of paths of one source that are named one by one; more become the source."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a source to bring up to date."""

    source: str
    paths: tuple[str, ...] | None
    """Files and folders in it, whether they exist or not, none below another; None for the whole source."""


@dataclass(frozen=True, slots=True)
class Offline:
    """A source cannot be reached. The catalogue keeps its documents."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Online:
    """A source that was offline is back. A scope of the whole source follows."""

    source: str


class ReportQueue:
    """Reports that wait for the keeper, written and read on different threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._news: deque[Offline | Online] = deque()
        self._scopes: OrderedDict[str, tuple[str, ...] | None] = OrderedDict()
        self._closed = False

    def close(self) -> None:
        """Makes every waiting `next` return."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def next(self, timeout: float) -> Scope | Offline | Online | None:
        """The next report, waited for up to `timeout` seconds; None when there is none.

        `Offline` and `Online` come before scopes.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._news or self._scopes or self._closed, timeout)
            if self._news:
                return self._news.popleft()
            if self._scopes:
                return Scope(*self._scopes.popitem(last=False))
        return None

    def waiting(self, source: str) -> tuple[str, ...] | None:
        """The paths in the scope that waits for a source; empty without one, None for the whole source."""
        with self._changed:
            return self._scopes.get(source, ())

    def put_offline(self, source: str, reason: str) -> None:
        """Reports that a source went offline. Its waiting scope is withdrawn."""
        with self._changed:
            self._scopes.pop(source, None)
            self._news.append(Offline(source, reason))
            self._changed.notify_all()

    def put_whole(self, source: str, *, was_offline: bool) -> None:
        """Reports a whole source, after `Online` when it was offline."""
        with self._changed:
            if was_offline:
                self._news.append(Online(source))
            self._scopes[source] = None
            self._changed.notify_all()

    def put_paths(self, source: str, tree: Tree, paths: Iterable[str]) -> None:
        """Adds paths to the scope of a source."""
        with self._changed:
            waiting = self._scopes.get(source, ())
            if waiting is not None:
                self._scopes[source] = coalesce(tree, [*waiting, *paths])
            self._changed.notify_all()


class PostponedScopes:
    """Scopes that could not be examined, such as on a full disk, until they are tried again. For one thread.

    They are kept apart from the queue, so that scopes of other sources are not held up.
    """

    def __init__(self) -> None:
        self._paths: dict[str, tuple[str, ...] | None] = {}

    def put(self, source: str, paths: Iterable[str] | None) -> None:
        """Adds paths of a source; None for all of it."""
        before = self._paths.get(source, ())
        if before is None or paths is None:
            self._paths[source] = None
            return
        together = tuple(outermost([*before, *paths]))
        self._paths[source] = None if len(together) > STORM else together

    def drop(self, source: str) -> None:
        """Forgets what is postponed of a source."""
        self._paths.pop(source, None)

    def take(self) -> list[Scope]:
        """Takes out all scopes, one for each source."""
        taken = [Scope(source, paths) for source, paths in self._paths.items()]
        self._paths.clear()
        return taken

    def __bool__(self) -> bool:
        """Whether there is a scope."""
        return bool(self._paths)


def coalesce(tree: Tree, paths: Iterable[str]) -> tuple[str, ...] | None:
    """The fewest paths that cover `paths` of a source; None for the whole source.

    A folder replaces the paths in it when they are more than `CROWD`, or all that it contains.
    """
    by_folder: dict[str, set[str]] = {}
    for path in paths:
        by_folder.setdefault(os.path.dirname(path), set()).add(path)
    # Deepest first, so that a folder that replaces its paths counts among the paths of its parent.
    queue = [(-folder.count("/"), folder) for folder in by_folder]
    heapq.heapify(queue)
    while queue:
        folder = heapq.heappop(queue)[1]
        size = tree.size(folder)
        if size is None or not (len(by_folder[folder]) > CROWD or 1 < size <= len(by_folder[folder])):
            continue
        del by_folder[folder]
        parent = os.path.dirname(folder)
        if parent not in by_folder:
            by_folder[parent] = set()
            heapq.heappush(queue, (-parent.count("/"), parent))
        by_folder[parent].add(folder)
    fewest = tuple(outermost(path for inside in by_folder.values() for path in inside))
    return None if tree.root in fewest or len(fewest) > STORM else fewest
