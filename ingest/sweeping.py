"""A cheap picture of a source, so that comparing it with the disk again costs little.

For every folder it keeps a signature of each file. Examining a folder again costs one look at the folder and
one at each file; a folder is listed again only when it has changed. 50,000 folders with 50,000 files take a
few tenths of a second. The signature kept is that of the last *reported* state, so a change is found again
until it has been reported.

Reads names and ignore files only, by the rules of `ingest.listing`. Called by the watcher, in its thread.
"""

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ingest.errors import UnreadableDocument
from ingest.events import Watches
from ingest.listing import IGNORE_FILE, Listing, Rules, is_excluded, list_folder
from ingest.opening import Root

_COARSEST_NS = 2_500_000_000
"""A folder that changed less than this (2.5 s) before it was listed may change again without getting a new
time, so it is listed again. FAT counts in steps of two seconds."""


def signature(path: str) -> int | None:
    """A number that changes whenever the file or folder at `path` does; None when it cannot be seen."""
    try:
        return _signature(os.lstat(path))
    except (OSError, ValueError):
        return None


def _signature(info: os.stat_result) -> int:
    return hash((info.st_ino, info.st_mode, info.st_size, info.st_mtime_ns, info.st_ctime_ns))


def _inode(folder: str) -> int:
    try:
        return os.lstat(folder).st_ino
    except OSError:
        return 0


@dataclass(slots=True, eq=False)
class _SeenFolder:
    """A folder as it was last seen."""

    outer: Rules
    """The rules of the folder above it."""
    rules: Rules
    """The rules for its own content."""
    signature: int | None
    """None when it must be listed again however it looks."""
    inode: int
    """Distinguishes it from another folder at the same path; 0 when it could not be examined."""
    files: dict[str, int] = field(default_factory=dict)
    """The signature of each file when it was last reported, by name."""
    folders: set[str] = field(default_factory=set)
    """The names of the folders in it."""


class Tree:
    """One source as it was last seen."""

    def __init__(self, root: str, watches: Watches | None) -> None:
        """
        root: absolute and without symbolic links; a folder or a file.
        watches: where its folders are watched; None for a source that is only swept.
        """
        self.root = root
        self.folders: dict[str, _SeenFolder] = {}
        """Every folder of the source, by path."""
        self._watches = watches
        self._gone: set[str] = set()
        """Folders that vanished and have not been reported."""
        self._single = ""
        """The file name of a source that is one file; else empty."""
        self._start = root
        """The outermost folder that is examined."""
        if not os.path.isdir(root):
            self._start, self._single = os.path.split(root)

    @property
    def needs_sweeps(self) -> bool:
        """Whether some of its folders may not be watched."""
        return self._watches is None or not self._watches.complete

    def build(self) -> Iterator[str]:
        """Takes in the whole source as it is; yields each folder as it is reached.

        When not all folders may be watched, the most recently changed ones are. Raises OSError when the root
        does not exist.
        """
        os.lstat(self.root)
        recent: list[tuple[int, str]] = []
        for folder, newest in self._grow(self._start, (), remember=True):
            recent.append((newest, folder))
            yield folder
        if self._watches is not None and self.needs_sweeps:
            recent.sort()
            for _, folder in recent[max(0, len(recent) - self._watches.limit) :]:
                self.prioritise(folder)

    def grow(self, folder: str) -> list[str]:
        """Takes in a new folder and everything below it; returns the files in it."""
        above = self.folders.get(os.path.dirname(folder))
        if above is None:
            return []
        files: list[str] = []
        for _ in self._grow(folder, above.rules, remember=False, files=files):
            pass
        return files

    def is_known(self, folder: str) -> bool:
        """Whether the folder at a path is the one that was taken in."""
        seen = self.folders.get(folder)
        return seen is not None and seen.inode == _inode(folder)

    def drop(self, folder: str) -> None:
        """Forgets a folder that vanished or moved, and everything below it."""
        if folder not in self.folders:
            return
        self._gone.add(folder)
        above = self.folders.get(os.path.dirname(folder))
        if above is not None and folder != self.root:
            above.folders.discard(os.path.basename(folder))
        queue = [folder]
        while queue:
            path = queue.pop()
            seen = self.folders.pop(path)
            inside = (os.path.join(path, name) for name in seen.folders)
            queue += [inner for inner in inside if inner in self.folders]
            if self._watches is not None:
                self._watches.remove(path)

    def prioritise(self, folder: str) -> None:
        """Watches a folder in which something happened, if necessary instead of a quiet one."""
        if self._watches is not None and folder in self.folders:
            self._watches.prioritise(folder)

    def watch_again(self, folders: Iterable[str]) -> list[str]:
        """Watches those of its folders that another source no longer watches.

        Returns the paths in them that changed before, when the kernel watched them for neither.
        """
        changed: list[str] = []
        if self._watches is not None:
            for folder in folders:
                if folder in self.folders:
                    self._watches.add(folder)
                    changed += self.examine(folder)
        return changed

    def contains(self, folder: str, name: str, *, is_folder: bool) -> bool:
        """Whether a name in `folder` belongs to the source, by its rules."""
        seen = self.folders.get(folder)
        if seen is None:
            return False
        if self._single:
            return name == self._single
        if name == IGNORE_FILE:
            return True
        return not is_excluded(os.path.join(folder, name), is_folder=is_folder, rules=seen.rules)

    def examine(self, folder: str) -> list[str]:
        """The paths in a folder that look different from when they were last reported.

        A folder that vanished is forgotten, and new folders are taken in.
        """
        seen = self.folders.get(folder)
        if seen is None:
            return []
        current = signature(folder)
        if current is None:
            if folder == self._start:
                return [self.root]  # It may be back in a moment.
            self.drop(folder)
            return [folder]
        if current != seen.signature:
            if seen.inode != _inode(folder) and folder != self._start:
                self.drop(folder)
                return [folder, *self.grow(folder)]
            return self._list_again(folder, seen)
        prefix = os.path.join(folder, "")
        return [prefix + name for name, before in seen.files.items() if signature(prefix + name) != before]

    def note_reported(self, path: str, current: int | None) -> str | None:
        """Remembers that `path` is reported with this signature; returns the path to report, if any.

        None is returned when the report would say nothing new: a file that came and went between two looks,
        or a file whose folder vanished, which is reported itself.
        """
        folder, name = os.path.split(path)
        seen = self.folders.get(folder)
        if path == self.root and not self._single:
            return path
        if seen is None:
            return None
        if name == IGNORE_FILE and not self._single:
            # New rules: everything below has to be judged again.
            self.drop(folder)
            for _ in self._grow(folder, seen.outer, remember=True):
                pass
            return folder
        was_there = name in seen.files or path in self._gone
        self._gone.discard(path)
        if current is None or path in self.folders:
            seen.files.pop(name, None)
        else:
            seen.files[name] = current
        return path if was_there or current is not None else None

    def size(self, folder: str) -> int | None:
        """The number of files and folders in a folder; None when it is not known."""
        seen = self.folders.get(folder)
        return None if seen is None else len(seen.files) + len(seen.folders)

    # Listing

    def _grow(
        self, start: str, rules: Rules, *, remember: bool, files: list[str] | None = None
    ) -> Iterator[tuple[str, int]]:
        """Takes in `start` and everything below; yields each folder and the newest time in it.

        remember: whether the files count as reported. files: receives the paths of all files.
        """
        queue = [(start, rules)]
        while queue:
            path, outer = queue.pop()
            # Watched before it is listed, so that no change is missed in between.
            if self._watches is not None:
                self._watches.remove(path)
                self._watches.add(path)
            listing, current, newest = self._list(path, outer)
            seen = _SeenFolder(outer, listing.rules, current, _inode(path))
            self.folders[path] = seen
            above = self.folders.get(os.path.dirname(path))
            if above is not None and path != self.root:
                above.folders.add(os.path.basename(path))
            for name, info in _files(listing):
                if info is None:
                    continue
                newest = max(newest, info.st_mtime_ns)
                if remember:
                    seen.files[name] = _signature(info)
                if files is not None:
                    files.append(os.path.join(path, name))
            seen.folders.update(listing.folders)
            queue += [(os.path.join(path, name), listing.rules) for name in listing.folders]
            yield path, newest

    def _list(self, folder: str, outer: Rules) -> tuple[Listing, int | None, int]:
        """A folder's listing, its signature, and when it changed, in nanoseconds.

        A folder that cannot be listed counts as empty: the pipeline's walk reports the reason.
        """
        if self._single:
            try:
                info = os.lstat(self.root)
            except OSError:
                return Listing((), (), (), None), None, 0
            return Listing(((self._single, info),), (), (), None), None, info.st_mtime_ns
        try:
            with Root(self.root) as source:
                info = source.status(folder)
                listing = list_folder(source, folder, outer)
        except (OSError, ValueError, UnreadableDocument):
            return Listing((), (), outer, None), signature(folder), 0
        is_fresh = time.time_ns() - info.st_mtime_ns < _COARSEST_NS
        return listing, None if is_fresh else _signature(info), info.st_mtime_ns

    def _list_again(self, folder: str, seen: _SeenFolder) -> list[str]:
        listing, seen.signature, _ = self._list(folder, seen.outer)
        current = {name: _signature(info) for name, info in _files(listing) if info is not None}
        changed = [name for name, value in current.items() if seen.files.get(name) != value]
        changed += [name for name in seen.files if name not in current]
        paths = [os.path.join(folder, name) for name in changed]
        for name in seen.folders - set(listing.folders):
            self.drop(os.path.join(folder, name))
            paths.append(os.path.join(folder, name))
        for name in sorted(set(listing.folders) - seen.folders):
            paths += self.grow(os.path.join(folder, name))
        return paths


def _files(listing: Listing) -> Iterable[tuple[str, os.stat_result | None]]:
    """The files whose changes matter: those of the source, and the ignore file."""
    if listing.ignore_file is not None:
        yield IGNORE_FILE, listing.ignore_file
    yield from listing.files
