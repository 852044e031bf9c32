"""The watcher: notices what changes in the sources, and says what is to be looked at again.

Events are hints, and cheap sweeps are the truth. What the kernel tells of (`ingest.events`) and what a
sweep finds to look different (`ingest.sweeping`) are both only paths that may have changed. A path is told
when it *settled*, that is looked the same twice, half a second apart, so that a file is not read while it
is being written, and a saved file that was for a moment not there never counts as deleted. Paths that
settle together are told together: the old and the new place of what moved, all of a burst.

What is told is a `Scope`: paths of one source to compare with what is known of them. Many files of one
folder become the folder, and a storm becomes the source. A scope that nobody has fetched yet grows, so a
slow reader gets few and large ones.

Sweeps go on in slices that take 2% of a core, over all folders in turn. Where all folders are watched, a
round begins once a minute. Where some are not (too many, or the system allows no more), or the file
system does not tell of all changes (`ingest.mounts`), a round begins when the last has ended, at most
every two seconds; a folder in which it finds something is watched from then on in place of a quiet one.
That something went is told there only when a round has found what may have come instead. Lost events are
answered by a round without pauses.

A source that cannot be reached is *offline*: nothing is told of it until it is back, and then all of it.

Called by the owner's keeper. The watcher runs on a thread of its own, which is started again if it fails,
and never reads a document.
"""

import heapq
import logging
import os
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field

from ingest.events import Event, EventsLost, Watches
from ingest.mounts import away, disk_of, mount_of
from ingest.sources import outermost
from ingest.sweeping import Tree, looks

log = logging.getLogger(__name__)

SETTLE_S = 0.5
"""A path is told when it looked the same twice, this far apart."""

HOLD_S = 1.0
"""Longest wait of settled paths for those that have not settled yet."""

PATIENCE_S = 60.0
"""A file that never settles, such as a log, is told of all the same this often."""

SWEEP_S = 60.0
"""Between the beginnings of two rounds where all folders are watched."""

POLL_S = 2.0
"""Between the beginnings of two rounds where not all are, if a round takes less."""

SLICE_S = 0.02
"""Time swept at a stretch."""

DUTY = 0.02
"""Share of one core that sweeping takes."""

LOOK_S = 1.0
"""Between two looks at whether the sources are there."""

AGAIN_S = 1.0
"""Before the thread is started again when it failed."""

WATCHED = 65_536
"""Folders watched at most: the kernel keeps about a kilobyte for each."""

CROWD = 256
"""Paths of one folder that are told one by one; more become the folder."""

STORM = 2_000
"""Paths and folders of one source that are told one by one; more become the source."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is to be brought up to date."""

    source: str
    paths: tuple[str, ...] | None
    """Files and folders in it, there or not, none below another; None for the whole source."""


@dataclass(frozen=True, slots=True)
class Offline:
    """A source cannot be reached. What is known of it stays."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Online:
    """A source that was offline is back; a scope of all of it follows."""

    source: str


@dataclass(slots=True, eq=False)
class _Source:
    """A source and where watching it stands."""

    name: str
    """As it was added."""
    tree: Tree | None = None
    """None while it is offline."""
    identity: tuple[int, int] = (0, 0)
    """Device and inode of the outermost folder looked at."""
    missed: bool = False
    """Whether it was not there at the last look."""
    round: Iterator[str] | None = None
    """The folders that this round still has to look at; None between two rounds."""
    began: float = 0.0
    due: float = 0.0
    """When the next round begins."""
    swept: float = 0.0
    """When the last finished round began."""
    settled: dict[str, None] = field(default_factory=dict)
    """Paths to be told."""


@dataclass(slots=True, eq=False)
class _Pending:
    """A path that has not settled."""

    look: int | None
    since: float
    changed: float
    """When it was last seen to look different."""


class Watcher:
    """Watches the sources of one library."""

    def __init__(
        self,
        sources: Callable[[], Sequence[str]],
        *,
        disks: MutableMapping[str, str] | None = None,
        settle_s: float = SETTLE_S,
        sweep_s: float = SWEEP_S,
        poll_s: float = POLL_S,
        watched: int = WATCHED,
    ) -> None:
        """
        sources: what to watch, absolute paths; asked again every second.
        disks: the disk that each source lay on when it was last there (`ingest.mounts.disk_of`). Kept by
            the caller from run to run, so that an unmounted disk is known for one at the start.
        watched: folders that are watched at most; 0 to sweep only.
        """
        self.restarts = 0
        """How often the thread failed and was started again."""
        self._list_sources = sources
        self._disks = {} if disks is None else disks
        self._settle_s = settle_s
        self._sweep_s = sweep_s
        self._poll_s = poll_s
        self._watched = watched
        self._failure = ""
        self._offline: dict[str, str] = {}
        """Sources that cannot be reached, with the reason that was told."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._told = threading.Condition()
        self._news: deque[Offline | Online] = deque()
        self._scopes: OrderedDict[str, tuple[str, ...] | None] = OrderedDict()
        self._begin()

    def _begin(self) -> None:
        """What the thread starts with, each time it is started."""
        self._watches: Watches | None = None
        self._sources: dict[str, _Source] = {}
        self._pending: dict[tuple[str, str], _Pending] = {}
        """By source and path: sources may lie within each other."""
        self._order: deque[tuple[float, tuple[str, str]]] = deque()
        """When to look at which pending path, in that order."""
        self._settled_at: float | None = None
        """Since when settled paths wait to be told."""
        self._next_look = 0.0
        self._next_slice = 0.0
        self._hurried: set[str] = set()
        """Sources that are swept without pauses until a round has ended."""

    # For the keeper

    def start(self) -> None:
        """Starts watching; does nothing when it has been started."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="watching", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends watching."""
        self._stopping.set()
        if watches := self._watches:
            watches.wake()
        with self._told:
            self._told.notify_all()
        if self._thread is not None:
            self._thread.join()

    def next(self, timeout: float) -> Scope | Offline | Online | None:
        """The next thing to know, waited for up to `timeout` seconds; None when there is none."""
        with self._told:
            self._told.wait_for(lambda: self._news or self._scopes or self._stopping.is_set(), timeout)
            if self._news:
                return self._news.popleft()
            if self._scopes:
                return Scope(*self._scopes.popitem(last=False))
        return None

    @property
    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def problem(self) -> str:
        """Why changes are noticed later than they should be; empty when all is well."""
        if self._failure:
            return self._failure
        watches = self._watches
        if watches is not None and watches.limited:
            return (
                f"The system lets only {len(watches):,} folders be watched, so changes in others are found "
                "by looking. Raise fs.inotify.max_user_watches (sysctl) to be told of them."
            )
        return ""

    # The thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._watch()
            except Exception as error:
                self.restarts += 1
                self._failure = f"Watching failed ({type(error).__name__}) and was started again."
                log.error("watching failed (%s) and starts again", type(error).__name__)
                log.debug("where", exc_info=True)
                self._stopping.wait(AGAIN_S)
            finally:
                if self._watches is not None:
                    self._watches.close()
                self._begin()

    def _watch(self) -> None:
        watches = self._watches = Watches(self._watched)
        while not self._stopping.is_set():
            if not watches.alive:
                raise RuntimeError("events are no longer taken from the kernel")
            if time.monotonic() >= self._next_look:
                self._look_at_sources(watches)
            self._listen(watches)
            self._sweep()
            self._settle()
            self._tell()

    def _listen(self, watches: Watches) -> None:
        try:
            for event in watches.take(self._time_left()):
                for source, tree in self._online():
                    if event.folder in tree.folders:
                        self._hear(source, tree, event)
        except EventsLost:
            log.warning("more changed than was told of: the sources are swept")
            for source, _ in self._online():
                self._hurry(source)

    def _time_left(self) -> float:
        """Seconds until there is something to do."""
        times = [self._next_look]
        if self._order:
            times.append(self._order[0][0])
        if self._settled_at is not None:
            times.append(self._settled_at + HOLD_S)
        if self._hurried:
            return 0.0
        rounds = [source.due if source.round is None else 0.0 for source, _ in self._online()]
        if rounds:
            times.append(max(self._next_slice, min(rounds)))
        return max(0.0, min(times) - time.monotonic())

    def _online(self) -> list[tuple[_Source, Tree]]:
        return [(source, source.tree) for source in self._sources.values() if source.tree is not None]

    # The sources themselves

    def _look_at_sources(self, watches: Watches) -> None:
        """Takes up new sources, lets go of removed ones, and sees which are there."""
        self._next_look = time.monotonic() + LOOK_S
        names = list(self._list_sources())
        for name in self._sources.keys() - set(names):
            self._let_go(self._sources.pop(name))
            self._offline.pop(name, None)
        for name in names:
            source = self._sources.get(name)
            if source is None:
                source = self._sources[name] = _Source(name)
            root = os.path.realpath(name)
            reason = away(root, self._disks.get(name, ""))
            if reason:
                # Twice, because a file that is being saved may be away for a moment.
                if source.missed or source.tree is None:
                    self._lose(source, reason)
                source.missed = True
                continue
            source.missed = False
            # A file gets another inode whenever it is saved, so its folder stands for it.
            info = os.stat(root if os.path.isdir(root) else os.path.dirname(root))
            identity = (info.st_dev, info.st_ino)
            if source.tree is None or source.tree.root != root or source.identity != identity:
                source.identity = identity
                self._take_up(source, root, watches)

    def _take_up(self, source: _Source, root: str, watches: Watches) -> None:
        """Begins with a source as if nothing had been known of it."""
        self._let_go(source)
        source.tree = Tree(root, watches if mount_of(root).tells else None)
        try:
            self._disks[source.name] = disk_of(root)
            for _ in source.tree.build():
                if self._stopping.is_set():
                    return
        except OSError:
            source.tree = None
            return
        source.began = source.swept = time.monotonic()
        source.due = source.began + self._pause(source)
        with self._told:
            if self._offline.pop(source.name, ""):
                self._news.append(Online(source.name))
            # Told after it was taken in, so that what changes from now on is noticed.
            self._scopes[source.name] = None
            self._told.notify_all()
        if all(other.tree or name in self._offline for name, other in self._sources.items()):
            self._failure = ""

    def _lose(self, source: _Source, reason: str) -> None:
        self._let_go(source)
        if self._offline.get(source.name) == reason:
            return
        self._offline[source.name] = reason
        with self._told:
            self._scopes.pop(source.name, None)
            self._news.append(Offline(source.name, reason))
            self._told.notify_all()

    def _let_go(self, source: _Source) -> None:
        if source.tree is not None:
            folders = list(source.tree.folders)
            for folder in folders:
                source.tree.drop(folder)
            source.tree = source.round = None
            # A folder may be another source's too.
            for _, tree in self._online():
                tree.watch_again(folders)
        source.settled.clear()
        self._hurried.discard(source.name)
        for key in [key for key in self._pending if key[0] == source.name]:
            del self._pending[key]

    # Noticing

    def _hear(self, source: _Source, tree: Tree, event: Event) -> None:
        if not event.name:
            # The folder's parent is told of it too, unless it is the root.
            if event.folder == tree.root:
                self._next_look = 0.0
                self._touch(source, event.folder)
            return
        if not tree.wants(event.folder, event.name, is_folder=event.is_folder):
            return
        path = os.path.join(event.folder, event.name)
        if event.is_folder and (event.appeared or event.vanished):
            if tree.is_still(path):
                return  # It was found before its event came.
            if path in tree.folders:
                tree.drop(path)
                self._touch(source, path)
            if event.appeared:
                for file in tree.grow(path):
                    self._touch(source, file)
        else:
            self._touch(source, path)

    def _touch(self, source: _Source, path: str) -> None:
        """Something may have changed at a path: it is told when it has settled."""
        key = (source.name, path)
        if key not in self._pending:
            now = time.monotonic()
            self._pending[key] = _Pending(looks(path), now, now)
            self._order.append((now + self._settle_s, key))

    def _sweep(self) -> None:
        """One slice, if it is time for one."""
        now = time.monotonic()
        if now < self._next_slice and not self._hurried:
            return
        ready = [
            (source.name not in self._hurried, source.due, source.name)
            for source, _ in self._online()
            if source.round is not None or source.due <= now
        ]
        if not ready:
            return
        source = self._sources[min(ready)[2]]
        tree = source.tree
        if tree is None:
            return
        if source.round is None:
            source.round = iter(list(tree.folders))
            source.began = now
        end, began = now + SLICE_S, time.thread_time()
        for folder in source.round:
            changed = tree.examine(folder)
            for path in changed:
                self._touch(source, path)
            if changed and tree.partly:
                tree.favour(folder)
            if time.monotonic() >= end:
                break
        else:
            source.round = None
            source.swept = source.began
            source.due = source.began + self._pause(source)
            self._hurried.discard(source.name)
        # Where looking means waiting, as for a server, at most half of the time is spent on it.
        rest = max((time.thread_time() - began) / DUTY, time.monotonic() - now)
        self._next_slice = time.monotonic() + (0.0 if source.name in self._hurried else rest)

    def _pause(self, source: _Source) -> float:
        return self._poll_s if source.tree is not None and source.tree.partly else self._sweep_s

    def _hurry(self, source: _Source) -> None:
        """Has a source swept at once, from the start."""
        source.round = None
        source.due = 0.0
        self._hurried.add(source.name)

    # Settling and telling

    def _settle(self) -> None:
        now = time.monotonic()
        while self._order and self._order[0][0] <= now:
            _, key = self._order.popleft()
            pending = self._pending.get(key)
            if pending is None:
                continue
            look = looks(key[1])
            if look != pending.look and now - pending.since < PATIENCE_S:
                pending.look, pending.changed = look, now
            elif look is not None or self._swept_since(pending.changed):
                del self._pending[key]
                self._settled(self._sources[key[0]], key[1], look, now)
                continue
            self._order.append((now + self._settle_s, key))

    def _swept_since(self, moment: float) -> bool:
        """Whether all that changed before `moment` is noticed: what went may have come elsewhere."""
        return all(source.swept > moment for source, tree in self._online() if tree.partly)

    def _settled(self, source: _Source, path: str, look: int | None, now: float) -> None:
        if source.tree is None:
            return
        told = source.tree.settle(path, look)
        if told is not None:
            source.settled[told] = None
            if self._settled_at is None:
                self._settled_at = now

    def _tell(self) -> None:
        """Tells what has settled, when nothing else is about to or it has waited long enough."""
        if self._settled_at is None:
            return
        if self._pending and time.monotonic() - self._settled_at < HOLD_S:
            return
        self._settled_at = None
        changed = [(source, tree) for source, tree in self._online() if source.settled]
        # Where something is first, and where it no longer is then: what moves between sources is never
        # nowhere.
        changed.sort(key=lambda pair: not any(map(os.path.lexists, pair[0].settled)))
        for source, tree in changed:
            if away(tree.root, self._disks.get(source.name, "")):
                # Its disk went, not its files.
                self._next_look = 0.0
            else:
                self._add_scope(source, tree)

    def _add_scope(self, source: _Source, tree: Tree) -> None:
        with self._told:
            waiting = self._scopes.get(source.name, ())
            if waiting is not None:
                self._scopes[source.name] = coalesced(tree, [*waiting, *source.settled])
            self._told.notify_all()
        source.settled.clear()


def coalesced(tree: Tree, paths: Iterable[str]) -> tuple[str, ...] | None:
    """`paths` of a source by as few as make sense; None for the whole source.

    A folder stands for the paths in it when they are a crowd, or all that it holds.
    """
    held: dict[str, set[str]] = {}
    for path in paths:
        held.setdefault(os.path.dirname(path), set()).add(path)
    # Deepest first, so that a folder that stands for its paths counts among its parent's.
    waiting = [(-folder.count("/"), folder) for folder in held]
    heapq.heapify(waiting)
    while waiting:
        folder = heapq.heappop(waiting)[1]
        size = tree.size(folder)
        if size is None or not (len(held[folder]) > CROWD or 1 < size <= len(held[folder])):
            continue
        del held[folder]
        above = os.path.dirname(folder)
        if above not in held:
            held[above] = set()
            heapq.heappush(waiting, (-above.count("/"), above))
        held[above].add(folder)
    fewest = tuple(outermost(path for inside in held.values() for path in inside))
    return None if tree.root in fewest or len(fewest) > STORM else fewest
