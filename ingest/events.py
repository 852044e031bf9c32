"""Kernel events about folders: inotify, through watchdog's wrapper.

An event is a hint that something at a path may have changed, never a proof: events are lost when they come
faster than they are read, and the path they name may be stale by then. Single folders are watched, as many as
allowed; if there are more, those in which something happened most recently. watchdog's own recursive observer
is not used: with 50,000 folders it kept a core busy and reported a change after a minute.

Called by the watcher, from one thread. Where inotify does not exist, nothing is watched.
"""

import errno
import logging
import os
import queue
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from watchdog.observers.inotify_c import CallbackId, InotifyEvent, InotifyFD, Mask, WatchDescriptor

log = logging.getLogger(__name__)

MAX_QUEUED = 100_000
"""Maximum number of events waiting to be read; further events count as lost."""

MAX_READ_AT_ONCE = 10_000
"""Maximum number of events that one `read_events` yields, so that a storm leaves time for other work."""

# inotify(7). Opening and reading, which indexing does itself, and single writes are not watched.
_ATTRIB, _CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x4, 0x8, 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF, _UNMOUNT = 0x400, 0x800, 0x2000
_ONLYDIR, _DONT_FOLLOW, _EXCL_UNLINK, _ISDIR = 0x01000000, 0x02000000, 0x04000000, 0x40000000
_MASK = (
    _ATTRIB | _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
    | _ONLYDIR | _DONT_FOLLOW | _EXCL_UNLINK
)  # fmt: skip

_FORMER_DEFAULT = 8192
"""Linux's default for the number of watches before 5.11."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to a name in a watched folder."""

    folder: str
    """The path at which the folder was watched."""
    name: str
    """Empty when it happened to the folder itself."""
    is_folder: bool
    """Whether the name is, or was, a folder."""
    appeared: bool
    """Whether the name was created or moved here."""
    vanished: bool
    """Whether the name was deleted or moved away, or the folder unmounted."""


class EventsLost(Exception):
    """Changes happened for which there is no event."""


class Watches:
    """The watched folders."""

    def __init__(self, limit: int) -> None:
        """limit: maximum number of folders to watch; the system may allow fewer."""
        self.limited = False
        """Whether a folder is not watched because the system allows fewer watches, or none."""
        self.complete = True
        """Whether every added folder is watched."""
        self._wanted = limit
        self.limit = min(limit, _system_limit() // 2)
        """Maximum number of watched folders: at most half of what the user's programs may watch together."""
        self._descriptors: OrderedDict[str, WatchDescriptor] = OrderedDict()
        """By path; the folder with the most recent event is last."""
        self._paths: dict[WatchDescriptor, str] = {}
        self._queue: queue.SimpleQueue[InotifyEvent | None] = queue.SimpleQueue()
        self._lost = False
        self._inotify: InotifyFD | None = None
        if limit:
            self._inotify = self._start()

    def _start(self) -> "InotifyFD | None":
        # Imported here, because the import fails where the C library has no inotify.
        try:
            from watchdog.observers.inotify_c import InotifyFD
            from watchdog.utils import UnsupportedLibcError
        except ImportError:
            return None
        try:
            inotify = InotifyFD()
        except (OSError, UnsupportedLibcError) as exc:
            log.warning("no kernel events, changes are found by polling: %s", exc)
            self.limited = True
            return None
        inotify.start()
        return inotify

    def close(self) -> None:
        """Stops the thread that reads kernel events."""
        if self._inotify is not None:
            self._inotify.stop()
            self._inotify.join()

    @property
    def alive(self) -> bool:
        """Whether kernel events are being read, or none are expected."""
        return self._inotify is None or self._inotify.is_alive()

    def __contains__(self, folder: str) -> bool:
        return folder in self._descriptors

    def __len__(self) -> int:
        return len(self._descriptors)

    def add(self, folder: str) -> None:
        """Watches a folder if the limit allows it."""
        if folder in self._descriptors:
            return
        if self._inotify is None or len(self._descriptors) >= self.limit:
            self.complete = False
            self.limited |= self.limit < self._wanted
            return
        try:
            descriptor = self._inotify.add_callback(
                os.fsencode(folder), cast("Mask", _MASK), self, _callback_id(folder)
            )
        except OSError as exc:
            if exc.errno == errno.ENOSPC:
                self.limit = len(self._descriptors)
                if not self.limited:
                    log.warning("the system's limit of inotify watches is reached at %d folders", self.limit)
                self.complete = False
                self.limited = True
            return
        if descriptor < 0:  # Permission denied.
            return
        self._descriptors[folder] = descriptor
        self._paths[descriptor] = folder

    def prioritise(self, folder: str) -> None:
        """Watches a folder in which something happened, if necessary instead of the one quiet for longest."""
        if folder in self._descriptors:
            self._descriptors.move_to_end(folder)
            return
        if self._descriptors and len(self._descriptors) >= self.limit:
            self.remove(next(iter(self._descriptors)))
        self.add(folder)

    def remove(self, folder: str) -> None:
        """Stops watching a folder."""
        descriptor = self._descriptors.pop(folder, None)
        if descriptor is None or self._inotify is None:
            return
        if self._paths.get(descriptor) == folder:
            del self._paths[descriptor]
        self._inotify.remove_callbacks([(descriptor, _callback_id(folder))])

    def read_events(self, timeout: float) -> Iterator[Event]:
        """Yields the queued events, after a wait of up to `timeout` seconds for the first one.

        `wake` ends the wait. Raises `EventsLost` at the end when there were more events than it could yield.
        """
        wait = timeout
        for _ in range(MAX_READ_AT_ONCE):
            try:
                raw = self._queue.get(timeout=wait) if wait else self._queue.get_nowait()
            except queue.Empty:
                break
            wait = 0.0
            if raw is not None and (event := self._event(raw)):
                yield event
        if self._lost:
            self._lost = False
            raise EventsLost

    def wake(self) -> None:
        """Ends the wait of `read_events`. May be called on any thread."""
        self._queue.put(None)

    def _event(self, raw: "InotifyEvent") -> Event | None:
        folder = self._paths.get(raw.wd)
        if folder is None:
            return None
        self._descriptors.move_to_end(folder)
        mask = raw.mask
        return Event(
            folder,
            os.fsdecode(raw.name),
            is_folder=bool(mask & _ISDIR),
            appeared=bool(mask & (_CREATE | _MOVED_TO)),
            vanished=bool(mask & (_DELETE | _MOVED_FROM | _DELETE_SELF | _MOVE_SELF | _UNMOUNT)),
        )

    # watchdog's callbacks, on its thread

    def on_event(self, event: "InotifyEvent") -> None:
        """Queues an event."""
        if self._queue.qsize() < MAX_QUEUED:
            self._queue.put(event)
        else:
            self._lost = True

    def on_watch_deleted(self, wd: "WatchDescriptor") -> None:
        """Does nothing: the watch on the parent reports that the folder vanished."""

    def on_queue_overflow(self) -> None:
        """Notes that the kernel dropped events."""
        self._lost = True
        self._queue.put(None)


def _system_limit() -> int:
    """The number of folders that all programs of this user may watch together."""
    try:
        with open("/proc/sys/fs/inotify/max_user_watches", encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return _FORMER_DEFAULT


def _callback_id(folder: str) -> "CallbackId":
    """Identifies the watch of one path, because a renamed folder may be watched at two paths."""
    return cast("CallbackId", hash(folder))
