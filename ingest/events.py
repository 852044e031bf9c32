"""What the kernel tells of folders: inotify, through watchdog's wrapper of it.

An event is a hint that something at a path may have changed, never the truth about it: events get lost
when they come faster than they are taken, and a path they name may be stale by then. Watched are single
folders, as many as are allowed; when there are more, those in which something happened last. watchdog's
own recursive observer is not used: on 50,000 folders it kept a core busy and told of a change after a
minute.

Called by the watcher, from one thread. Where there is no inotify, nothing is watched.
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

MOST_WAITING = 100_000
"""Events kept until they are taken; more count as lost."""

TAKEN_AT_ONCE = 10_000
"""Events told by one `take`, so that a storm does not keep its caller from all else."""

# inotify(7). Not asked for: opening and reading, which is what indexing does, and every single write.
_ATTRIB, _CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x4, 0x8, 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF, _UNMOUNT = 0x400, 0x800, 0x2000
_ONLYDIR, _DONT_FOLLOW, _EXCL_UNLINK, _ISDIR = 0x01000000, 0x02000000, 0x04000000, 0x40000000
_MASK = (
    _ATTRIB | _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
    | _ONLYDIR | _DONT_FOLLOW | _EXCL_UNLINK
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to a name in a watched folder."""

    folder: str
    """The watched folder, by the path it was watched at."""
    name: str
    """Empty when it happened to the folder itself."""
    is_folder: bool
    appeared: bool
    vanished: bool


def _allowed() -> int:
    """Folders that all programs of this user may watch together."""
    try:
        with open("/proc/sys/fs/inotify/max_user_watches", encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 8192  # What it was for long.


def _callback_id(folder: str) -> "CallbackId":
    """What tells one path's watch from another's on the same folder, which may have been renamed."""
    return cast("CallbackId", hash(folder))


class EventsLost(Exception):
    """Something changed somewhere that no event tells of."""


class Watches:
    """The folders the kernel tells of."""

    def __init__(self, most: int) -> None:
        """`most` folders are watched at the same time; less when the system allows less."""
        self.limited = False
        """Whether a folder is not watched because the system allows less, or nothing at all."""
        self.complete = True
        """Whether every folder that was to be watched has been, and still is."""
        self._wanted = most
        self.most = min(most, _allowed() // 2)
        """As many as may be watched: half of what the system allows its user, who has other programs."""
        self._descriptors: OrderedDict[str, WatchDescriptor] = OrderedDict()
        """Those in which something happened last come last."""
        self._paths: dict[WatchDescriptor, str] = {}
        self._heard: queue.SimpleQueue[InotifyEvent | None] = queue.SimpleQueue()
        self._lost = False
        self._inotify: InotifyFD | None = None
        if most:
            self._inotify = self._started()

    def _started(self) -> "InotifyFD | None":
        # Imported here: it cannot be where the C library has no inotify.
        try:
            from watchdog.observers.inotify_c import InotifyFD
            from watchdog.utils import UnsupportedLibcError
        except ImportError:
            return None
        try:
            inotify = InotifyFD()
        except (OSError, UnsupportedLibcError) as exc:
            log.warning("changes are looked for instead of being told of: %s", exc)
            self.limited = True
            return None
        inotify.start()
        return inotify

    def close(self) -> None:
        if self._inotify is not None:
            self._inotify.stop()
            self._inotify.join()

    @property
    def alive(self) -> bool:
        """Whether events are taken from the kernel, or none are expected."""
        return self._inotify is None or self._inotify.is_alive()

    def __contains__(self, folder: str) -> bool:
        return folder in self._descriptors

    def __len__(self) -> int:
        return len(self._descriptors)

    def add(self, folder: str) -> None:
        """Watches a folder, when there is room."""
        if folder in self._descriptors:
            return
        if self._inotify is None or len(self._descriptors) >= self.most:
            self.complete = False
            self.limited |= self.most < self._wanted
            return
        try:
            descriptor = self._inotify.add_callback(
                os.fsencode(folder), cast("Mask", _MASK), self, _callback_id(folder)
            )
        except OSError as exc:
            if exc.errno == errno.ENOSPC:
                self.most = len(self._descriptors)
                if not self.limited:
                    log.warning("the system's limit of inotify watches is reached at %d folders", self.most)
                self.complete = False
                self.limited = True
            return
        if descriptor < 0:  # Not permitted.
            return
        self._descriptors[folder] = descriptor
        self._paths[descriptor] = folder

    def favour(self, folder: str) -> None:
        """Watches a folder in which something happened, if need be in place of the one quiet for longest."""
        if folder in self._descriptors:
            self._descriptors.move_to_end(folder)
            return
        if self._descriptors and len(self._descriptors) >= self.most:
            self.remove(next(iter(self._descriptors)))
        self.add(folder)

    def remove(self, folder: str) -> None:
        """Watches a folder no longer."""
        descriptor = self._descriptors.pop(folder, None)
        if descriptor is None or self._inotify is None:
            return
        if self._paths.get(descriptor) == folder:
            del self._paths[descriptor]
        self._inotify.remove_callbacks([(descriptor, _callback_id(folder))])

    def take(self, timeout: float) -> Iterator[Event]:
        """What was heard, waiting up to `timeout` seconds for the first; `wake` ends the waiting.

        Raises `EventsLost` when there was more than is told.
        """
        wait = timeout
        for _ in range(TAKEN_AT_ONCE):
            try:
                heard = self._heard.get(timeout=wait) if wait else self._heard.get_nowait()
            except queue.Empty:
                break
            wait = 0.0
            if heard is not None and (event := self._event(heard)):
                yield event
        if self._lost:
            self._lost = False
            raise EventsLost

    def wake(self) -> None:
        """Ends a waiting `take`; from any thread."""
        self._heard.put(None)

    def _event(self, heard: "InotifyEvent") -> Event | None:
        folder = self._paths.get(heard.wd)
        if folder is None:
            return None
        self._descriptors.move_to_end(folder)
        mask = heard.mask
        return Event(
            folder,
            os.fsdecode(heard.name),
            is_folder=bool(mask & _ISDIR),
            appeared=bool(mask & (_CREATE | _MOVED_TO)),
            vanished=bool(mask & (_DELETE | _MOVED_FROM | _DELETE_SELF | _MOVE_SELF | _UNMOUNT)),
        )

    # watchdog's callbacks, on its thread

    def on_event(self, event: "InotifyEvent") -> None:
        if self._heard.qsize() < MOST_WAITING:
            self._heard.put(event)
        else:
            self._lost = True

    def on_watch_deleted(self, wd: "WatchDescriptor") -> None:
        """The folder is gone, which its parent's watch tells of too."""

    def on_queue_overflow(self) -> None:
        self._lost = True
        self._heard.put(None)
