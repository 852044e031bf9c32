"""What a source looked like when it was last looked at, so that looking again is cheap.

Of every folder it keeps what its names looked like: looking again costs one look at the folder and one at
each file, and folders are listed again only when they changed. 50,000 folders with 50,000 files take a few
tenths of a second. What is kept is what was last *told* of a file, so a change that is seen is told again
until it is settled.

Reads names and ignore files only, by the rules of `ingest.sources`. Called by the watcher, in its thread.
"""

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ingest.errors import UnreadableDocument
from ingest.events import Watches
from ingest.sources import IGNORE_FILE, Listing, Root, Rules, is_left_out

_COARSEST_NS = 2_500_000_000
"""A folder that was changed less than this (2.5 s) before it was listed may change again at the same
time by its file system's clock, so it is listed again. FAT counts in two seconds."""


def looks(path: str) -> int | None:
    """A number that changes whenever what is at `path` does; None when nothing can be seen there."""
    try:
        return _look(os.lstat(path))
    except (OSError, ValueError):
        return None


def _inode(folder: str) -> int:
    try:
        return os.lstat(folder).st_ino
    except OSError:
        return 0


def _look(info: os.stat_result) -> int:
    return hash((info.st_ino, info.st_mode, info.st_size, info.st_mtime_ns, info.st_ctime_ns))


@dataclass(slots=True, eq=False)
class _Folder:
    """A folder as it was last seen."""

    outer: Rules
    """What held in the folder above."""
    rules: Rules
    look: int | None
    """None when it must be listed again whatever it looks like."""
    inode: int
    """What tells it from another folder at the same path; 0 when it could not be looked at."""
    names: dict[str, int] = field(default_factory=dict)
    """How each file looked when it was last told of."""
    below: set[str] = field(default_factory=set)
    """The folders in it."""


class Tree:
    """One source as it was last seen."""

    def __init__(self, root: str, watches: Watches | None) -> None:
        """
        root: absolute and without links; a folder or a file.
        watches: where its folders are watched; None for a source that is only looked at.
        """
        self.root = root
        self.folders: dict[str, _Folder] = {}
        self._watches = watches
        self._gone: set[str] = set()
        """Folders that went and have not been told of."""
        self._single = ""
        """The name of the file when the source is one."""
        self._start = root
        """The outermost folder looked at."""
        if not os.path.isdir(root):
            self._start, self._single = os.path.split(root)

    @property
    def partly(self) -> bool:
        """Whether some of its folders may not be watched."""
        return self._watches is None or not self._watches.complete

    def build(self) -> Iterator[str]:
        """Takes in the whole source as it is; yields its folders as it comes to them.

        When not all may be watched, those changed last are. Raises OSError when the root is not there.
        """
        os.lstat(self.root)
        recent: list[tuple[int, str]] = []
        for folder, newest in self._grow(self._start, (), remember=True):
            recent.append((newest, folder))
            yield folder
        if self._watches is not None and self.partly:
            recent.sort()
            for _, folder in recent[max(0, len(recent) - self._watches.most) :]:
                self.favour(folder)

    def grow(self, folder: str) -> list[str]:
        """Takes in a folder that has appeared, and all below it; returns the files in it."""
        rules = self._rules_above(folder)
        if rules is None:
            return []
        files: list[str] = []
        for _ in self._grow(folder, rules, remember=False, files=files):
            pass
        return files

    def is_still(self, folder: str) -> bool:
        """Whether the folder at a path is the one that was taken in."""
        kept = self.folders.get(folder)
        return kept is not None and kept.inode == _inode(folder)

    def drop(self, folder: str) -> None:
        """Forgets a folder that went or changed places, and all below it."""
        if folder not in self.folders:
            return
        self._gone.add(folder)
        above = self.folders.get(os.path.dirname(folder))
        if above is not None and folder != self.root:
            above.below.discard(os.path.basename(folder))
        waiting = [folder]
        while waiting:
            path = waiting.pop()
            gone = self.folders.pop(path)
            below = (os.path.join(path, name) for name in gone.below)
            waiting += [inner for inner in below if inner in self.folders]
            if self._watches is not None:
                self._watches.remove(path)

    def favour(self, folder: str) -> None:
        """Watches a folder in which something happened, rather than a quiet one."""
        if self._watches is not None and folder in self.folders:
            self._watches.favour(folder)

    def watch_again(self, folders: Iterable[str]) -> None:
        """Watches those of its folders that another source has let go of."""
        if self._watches is not None:
            for folder in folders:
                if folder in self.folders:
                    self._watches.add(folder)

    def wants(self, folder: str, name: str, *, is_folder: bool) -> bool:
        """Whether a name in `folder` belongs to the source."""
        holder = self.folders.get(folder)
        if holder is None:
            return False
        if self._single:
            return name == self._single
        if name == IGNORE_FILE:
            return True
        return not is_left_out(os.path.join(folder, name), is_folder=is_folder, rules=holder.rules)

    def examine(self, folder: str) -> list[str]:
        """What in a folder looks different from when it was last told of; folders that went are forgotten."""
        kept = self.folders.get(folder)
        if kept is None:
            return []
        look = looks(folder)
        if look is None:
            if folder == self._start:
                return [self.root]  # It may be back in a moment.
            self.drop(folder)
            return [folder]
        if look != kept.look:
            if kept.inode != _inode(folder) and folder != self._start:
                self.drop(folder)
                return [folder, *self.grow(folder)]
            return self._list_again(folder, kept)
        prefix = os.path.join(folder, "")
        return [prefix + name for name, before in kept.names.items() if looks(prefix + name) != before]

    def settle(self, path: str, look: int | None) -> str | None:
        """Remembers that `path`, which looks as given, is told of; what is to be told, if anything."""
        folder, name = os.path.split(path)
        kept = self.folders.get(folder)
        if path == self.root and not self._single:
            return path
        if kept is None:
            return None  # Its folder went and is told itself.
        if name == IGNORE_FILE and not self._single:
            # Everything below is judged anew.
            self.drop(folder)
            for _ in self._grow(folder, kept.outer, remember=True):
                pass
            return folder
        was_there = name in kept.names or path in self._gone
        self._gone.discard(path)
        if look is None or path in self.folders:
            kept.names.pop(name, None)
        else:
            kept.names[name] = look
        return path if was_there or look is not None else None

    def size(self, folder: str) -> int | None:
        """How many files and folders a folder holds; None when it is not known."""
        kept = self.folders.get(folder)
        return None if kept is None else len(kept.names) + len(kept.below)

    # Listing

    def _grow(
        self, start: str, rules: Rules, *, remember: bool, files: list[str] | None = None
    ) -> Iterator[tuple[str, int]]:
        """Takes in `start` and all below; yields each folder and when something in it changed last."""
        waiting = [(start, rules)]
        while waiting:
            path, outer = waiting.pop()
            # Watched before it is listed, so that no change falls between.
            if self._watches is not None:
                self._watches.remove(path)
                self._watches.add(path)
            listing, look, newest = self._listing(path, outer)
            kept = _Folder(outer, listing.rules, look, _inode(path))
            self.folders[path] = kept
            above = self.folders.get(os.path.dirname(path))
            if above is not None and path != self.root:
                above.below.add(os.path.basename(path))
            for name, info in _entries(listing):
                if info is None:
                    continue
                newest = max(newest, info.st_mtime_ns)
                if remember:
                    kept.names[name] = _look(info)
                if files is not None:
                    files.append(os.path.join(path, name))
            kept.below.update(listing.folders)
            waiting += [(os.path.join(path, name), listing.rules) for name in listing.folders]
            yield path, newest

    def _listing(self, folder: str, outer: Rules) -> tuple[Listing, int | None, int]:
        """A folder's listing, how the folder looked, and when it was changed, in nanoseconds.

        A folder that cannot be listed is as one that is empty: looking at the source says why.
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
                listing = source.listing(folder, outer)
        except (OSError, ValueError, UnreadableDocument):
            return Listing((), (), outer, None), looks(folder), 0
        fresh = time.time_ns() - info.st_mtime_ns < _COARSEST_NS
        return listing, None if fresh else _look(info), info.st_mtime_ns

    def _list_again(self, folder: str, kept: _Folder) -> list[str]:
        listing, kept.look, _ = self._listing(folder, kept.outer)
        found = {name: _look(info) for name, info in _entries(listing) if info is not None}
        changed = [name for name, look in found.items() if kept.names.get(name) != look]
        changed += [name for name in kept.names if name not in found]
        paths = [os.path.join(folder, name) for name in changed]
        for name in kept.below - set(listing.folders):
            self.drop(os.path.join(folder, name))
            paths.append(os.path.join(folder, name))
        for name in sorted(set(listing.folders) - kept.below):
            paths += self.grow(os.path.join(folder, name))
        return paths

    def _rules_above(self, folder: str) -> Rules | None:
        above = self.folders.get(os.path.dirname(folder))
        return None if above is None else above.rules


def _entries(listing: Listing) -> Iterable[tuple[str, os.stat_result | None]]:
    """The files that matter: an ignore file does, though it is none of the source's documents."""
    if listing.ignore_file is not None:
        yield IGNORE_FILE, listing.ignore_file
    yield from listing.files
