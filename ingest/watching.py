"""The watcher: notices changes in the sources, and reports which paths have to be compared again.

Events may be lost, so cheap sweeps check the folders too. Kernel events (`ingest.events`) and sweeps
(`ingest.sweeping`) both yield only paths that may have changed. A path is reported once it has settled
(`ingest.settling`). Paths that settle together are reported together: the old and the new path of a moved
file, all files of a burst. A report is a `Scope` (`ingest.scopes`).

Sweeps run in slices that take 2% of a core, over all folders in turn. If all folders are watched, a round
starts once a minute. If some are not (too many, or the system allows no more), or the file system does not
report all changes (`ingest.mounts`), a round starts when the last one has ended, at most every two seconds;
a folder in which it finds a change is watched from then on instead of a quiet one. In such a source, a
deletion is reported only after a round that would have found the file elsewhere. Lost events trigger a round
without pauses.

A source that cannot be reached is *offline*: once it is reachable again, all of it is reported.

Called by the owner's keeper. The watcher runs on a thread of its own, which is restarted if it fails, and it
never reads a document.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field

from ingest.events import Event, EventsLost, Watches
from ingest.mounts import disk_of, mount_of, unreachable_reason
from ingest.scopes import Offline, Online, ReportQueue, Scope
from ingest.settling import Debouncer
from ingest.sweeping import Tree

log = logging.getLogger(__name__)

SETTLE_S = 0.5
"""A path has settled when it looks the same twice, this far apart."""

HOLD_S = 1.0
"""Longest time that settled paths wait for unsettled ones, in seconds."""

SWEEP_S = 60.0
"""Time between the starts of two rounds if all folders are watched."""

POLL_S = 2.0
"""Minimum time between the starts of two rounds if some folders are not watched."""

SLICE_S = 0.02
"""Duration of one slice of a sweep."""

DUTY = 0.02
"""Share of one core that sweeping takes."""

CHECK_SOURCES_S = 1.0
"""Time between two checks of which sources exist and can be reached."""

RESTART_S = 1.0
"""Wait before the thread is restarted after a failure."""

WATCH_LIMIT = 65_536
"""Maximum number of watched folders: the kernel keeps about a kilobyte for each."""


@dataclass(slots=True, eq=False)
class _WatchedSource:
    """A source and the state of watching it. Times are those of `time.monotonic`."""

    name: str
    """The path by which it was added."""
    tree: Tree | None = None
    """None while it is offline."""
    identity: tuple[int, int] = (0, 0)
    """Device and inode of the outermost folder."""
    missed: bool = False
    """Whether the last check could not reach it."""
    round: Iterator[str] | None = None
    """The folders that this round still has to examine; None between two rounds."""
    round_began: float = 0.0
    """When this round, or the last one, began."""
    next_round: float = 0.0
    """When the next round begins."""
    swept: float = 0.0
    """When the last finished round began: all changes before that have been noticed."""
    settled: dict[str, None] = field(default_factory=dict)
    """Paths to report, in the order they settled."""


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
        watch_limit: int = WATCH_LIMIT,
    ) -> None:
        """
        sources: returns the absolute paths to watch; called again every second.
        disks: for each source the disk it was on when it was last reached (`ingest.mounts.disk_of`). The
            caller keeps it between runs, so that an unmounted disk is recognized when the watcher starts.
        settle_s, sweep_s, poll_s: see `SETTLE_S`, `SWEEP_S` and `POLL_S`.
        watch_limit: maximum number of watched folders; 0 to sweep only.
        """
        self.restarts = 0
        """How often the thread failed and was restarted."""
        self._list_sources = sources
        self._disks = {} if disks is None else disks
        self._settle_s = settle_s
        self._sweep_s = sweep_s
        self._poll_s = poll_s
        self._watch_limit = watch_limit
        self._failure = ""
        self._offline: dict[str, str] = {}
        """Sources that cannot be reached, with the reported reason."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._reports = ReportQueue()
        self._reset()

    def _reset(self) -> None:
        """Sets the state with which the thread starts and restarts."""
        self._watches: Watches | None = None
        self._sources: dict[str, _WatchedSource] = {}
        self._unsettled = Debouncer(self._settle_s)
        self._settled_since: float | None = None
        """Since when settled paths have waited to be reported; None when there are none."""
        self._next_check = 0.0
        self._next_slice = 0.0
        self._hurried: set[str] = set()
        """Sources that are swept without pauses until a round has ended."""

    # For the keeper

    def start(self) -> None:
        """Starts watching. A second call has no effect."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="watching", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stops watching and waits for the thread."""
        self._stopping.set()
        if watches := self._watches:
            watches.wake()
        self._reports.close()
        if self._thread is not None:
            self._thread.join()

    def next(self, timeout: float) -> Scope | Offline | Online | None:
        """The next report, waited for up to `timeout` seconds; None when there is none."""
        return self._reports.next(timeout)

    @property
    def alive(self) -> bool:
        """Whether the thread is running."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def problem(self) -> str:
        """The reason why changes are noticed later than usual; empty when there is none."""
        if self._failure:
            return self._failure
        watches = self._watches
        if watches is not None and watches.limited:
            return (
                f"The system allows only {len(watches):,} watched folders. Changes in other folders are "
                "found by polling. To have them reported at once, raise fs.inotify.max_user_watches (sysctl)."
            )
        return ""

    # The thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._watch()
            except Exception as error:
                self.restarts += 1
                self._failure = f"Watching failed ({type(error).__name__}) and was restarted."
                log.error("watching failed (%s); restarting", type(error).__name__)
                log.debug("traceback", exc_info=True)
                self._stopping.wait(RESTART_S)
            finally:
                if self._watches is not None:
                    self._watches.close()
                self._reset()

    def _watch(self) -> None:
        watches = self._watches = Watches(self._watch_limit)
        while not self._stopping.is_set():
            if not watches.alive:
                raise RuntimeError("the thread that reads kernel events has ended")
            if time.monotonic() >= self._next_check:
                self._check_sources(watches)
            self._handle_events(watches)
            self._sweep()
            for name, path, current in self._unsettled.settled(self._swept_since):
                self._note_settled(self._sources[name], path, current)
            self._report()

    def _handle_events(self, watches: Watches) -> None:
        try:
            for event in watches.read_events(self._idle_time()):
                for source, tree in self._online():
                    if event.folder in tree.folders:
                        self._handle(source, tree, event)
        except EventsLost:
            log.warning("events were lost: sweeping the sources")
            for source, _ in self._online():
                source.round = None
                source.next_round = 0.0
                self._hurried.add(source.name)

    def _idle_time(self) -> float:
        """Seconds until the next task is due."""
        if self._hurried:
            return 0.0
        times = [self._next_check]
        if self._unsettled.due is not None:
            times.append(self._unsettled.due)
        if self._settled_since is not None:
            times.append(self._settled_since + HOLD_S)
        rounds = [source.next_round if source.round is None else 0.0 for source, _ in self._online()]
        if rounds:
            times.append(max(self._next_slice, min(rounds)))
        return max(0.0, min(times) - time.monotonic())

    def _online(self) -> list[tuple[_WatchedSource, Tree]]:
        return [(source, source.tree) for source in self._sources.values() if source.tree is not None]

    # The sources themselves

    def _check_sources(self, watches: Watches) -> None:
        """Starts watching new sources, drops removed ones, and checks which are reachable."""
        self._next_check = time.monotonic() + CHECK_SOURCES_S
        names = list(self._list_sources())
        for name in self._sources.keys() - set(names):
            self._drop(self._sources.pop(name))
            self._offline.pop(name, None)
        for name in names:
            source = self._sources.get(name)
            if source is None:
                source = self._sources[name] = _WatchedSource(name)
            root = os.path.realpath(name)
            reason = unreachable_reason(root, self._disks.get(name, ""))
            if reason:
                # Only at the second check, because a file that is being saved may be missing for a moment.
                if source.missed or source.tree is None:
                    self._set_offline(source, reason)
                source.missed = True
                continue
            source.missed = False
            # A file gets a new inode whenever it is saved, so its folder identifies it.
            info = os.stat(root if os.path.isdir(root) else os.path.dirname(root))
            identity = (info.st_dev, info.st_ino)
            if source.tree is None or source.tree.root != root or source.identity != identity:
                source.identity = identity
                self._take_up(source, root, watches)

    def _take_up(self, source: _WatchedSource, root: str, watches: Watches) -> None:
        """Starts watching a source from scratch."""
        self._drop(source)
        source.tree = Tree(root, watches if mount_of(root).is_local else None)
        try:
            self._disks[source.name] = disk_of(root)
            for _ in source.tree.build():
                if self._stopping.is_set():
                    return
        except OSError:
            source.tree = None
            return
        source.round_began = source.swept = time.monotonic()
        source.next_round = source.round_began + self._round_interval(source)
        # Reported only once its tree is built, so that no later change is missed.
        was_offline = bool(self._offline.pop(source.name, ""))
        self._reports.put_whole(source.name, was_offline=was_offline)
        if all(other.tree or name in self._offline for name, other in self._sources.items()):
            self._failure = ""

    def _set_offline(self, source: _WatchedSource, reason: str) -> None:
        self._drop(source)
        if self._offline.get(source.name) != reason:
            self._offline[source.name] = reason
            self._reports.put_offline(source.name, reason)

    def _drop(self, source: _WatchedSource) -> None:
        """Forgets everything that is known of a source."""
        if source.tree is not None:
            for folder in (folders := list(source.tree.folders)):
                source.tree.drop(folder)
            source.tree = source.round = None
            # A folder may belong to another source too.
            for other, tree in self._online():
                for path in tree.watch_again(folders):
                    self._unsettled.add(other.name, path)
        source.settled.clear()
        self._hurried.discard(source.name)
        self._unsettled.forget(source.name)

    # Noticing changes

    def _handle(self, source: _WatchedSource, tree: Tree, event: Event) -> None:
        if not event.name:
            # The watch on the folder's parent reports it too, unless the folder is the root.
            if event.folder == tree.root:
                self._next_check = 0.0
                self._unsettled.add(source.name, event.folder)
            return
        if not tree.contains(event.folder, event.name, is_folder=event.is_folder):
            return
        path = os.path.join(event.folder, event.name)
        if event.is_folder and (event.appeared or event.vanished):
            if tree.is_known(path):
                return  # A sweep was faster than the event.
            if path in tree.folders:
                tree.drop(path)
                self._unsettled.add(source.name, path)
            if event.appeared:
                for file in tree.grow(path):
                    self._unsettled.add(source.name, file)
        else:
            self._unsettled.add(source.name, path)

    def _sweep(self) -> None:
        """Sweeps one slice if one is due."""
        now = time.monotonic()
        if now < self._next_slice and not self._hurried:
            return
        ready = [
            (source.name not in self._hurried, source.next_round, source.name)
            for source, _ in self._online()
            if source.round is not None or source.next_round <= now
        ]
        if not ready:
            return
        source = self._sources[min(ready)[2]]
        tree = source.tree
        if tree is None:
            return
        if source.round is None:
            source.round = iter(list(tree.folders))
            source.round_began = now
        end, began = now + SLICE_S, time.thread_time()
        for folder in source.round:
            changed = tree.examine(folder)
            for path in changed:
                self._unsettled.add(source.name, path)
            if changed and tree.needs_sweeps:
                tree.prioritise(folder)
            if time.monotonic() >= end:
                break
        else:
            source.round = None
            source.swept = source.round_began
            source.next_round = source.round_began + self._round_interval(source)
            self._hurried.discard(source.name)
        # On a slow network file system, at most half of the time is spent sweeping.
        rest = max((time.thread_time() - began) / DUTY, time.monotonic() - now)
        self._next_slice = time.monotonic() + (0.0 if source.name in self._hurried else rest)

    def _round_interval(self, source: _WatchedSource) -> float:
        return self._poll_s if source.tree is not None and source.tree.needs_sweeps else self._sweep_s

    def _swept_since(self, moment: float) -> bool:
        """Whether all changes before `moment` are noticed. Until then, a missing file may have moved."""
        return all(source.swept > moment for source, tree in self._online() if tree.needs_sweeps)

    # Reporting

    def _note_settled(self, source: _WatchedSource, path: str, current: int | None) -> None:
        if source.tree is None:
            return
        reported = source.tree.note_reported(path, current)
        if reported is not None:
            source.settled[reported] = None
            if self._settled_since is None:
                self._settled_since = time.monotonic()

    def _report(self) -> None:
        """Reports settled paths, unless others are about to settle and the wait is not too long yet."""
        if self._settled_since is None:
            return
        if self._unsettled and time.monotonic() - self._settled_since < HOLD_S:
            return
        self._settled_since = None
        changed = [(source, tree) for source, tree in self._online() if source.settled]
        # First the source in which a file appeared, then the one from which it vanished: a file that moves
        # between sources is never missing from both.
        changed.sort(key=lambda pair: not any(map(os.path.lexists, pair[0].settled)))
        for source, tree in changed:
            if unreachable_reason(tree.root, self._disks.get(source.name, "")):
                # The disk was unmounted; its files were not deleted.
                self._next_check = 0.0
            else:
                self._reports.put_paths(source.name, tree, source.settled)
                source.settled.clear()
