"""What a source holds: walking it, what is left out and why, opening one file, and what changed.

Left out without a word: hidden names, known junk, and what a `.carrelignore` (gitignore's
syntax, in any folder of the source) names. Left out with a reason: symbolic links, which are
never followed even when they lead back into the source; whatever is not a regular file; files
of an unknown type or too large; folders that cannot be listed, and those on which another file
system is mounted: its documents would count as deleted whenever it is not there, so it is added as
a source of its own, and then it is offline instead.

A name says nothing about what is there by the time it is opened. So everything below a source is
reached from one descriptor of its root, in one step that follows no link and crosses into no other
mount, and a file is judged by what was opened. The path of the root itself is the person's own: its
symbolic links are resolved, once.

Called by the pipeline and the watcher. Never parses, never writes.
"""

import ctypes
import errno
import os
import stat
import struct
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ingest.documents import content_digest
from ingest.errors import IngestError, UnreadableDocument
from ingest.parsers import media_type, unknown_type
from ingest.parsers.text import decode
from policies import syscalls
from policies.hygiene import one_line

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILE = ".carrelignore"

LARGEST = 256 << 20
"""Bytes of the largest file that is read, unless the caller says otherwise."""

_IGNORE_FILE_BYTES = 1 << 20

_JUNK_FOLDERS = frozenset(
    "__pycache__ __MACOSX node_modules bower_components site-packages lost+found CVS $RECYCLE.BIN".split()
) | {"System Volume Information"}
_ENVIRONMENT = "pyvenv.cfg"
"""A folder that holds this file is a Python environment."""
_JUNK_FILES = frozenset({"Thumbs.db", "desktop.ini", "Icon\r"})
_JUNK_PREFIXES = ("~$", ".")
_JUNK_SUFFIXES = ("~", ".tmp", ".swp", ".swo", ".part", ".crdownload", ".lock", ".pyc")

Rules = tuple[tuple[str, "GitIgnoreSpec"], ...]
"""Ignore rules that hold in a folder, outermost first, with the start of the paths they speak of."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells that a file is unchanged without reading it."""

    size: int
    """Bytes."""
    mtime_ns: int
    """Last modification, nanoseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be read."""

    path: str
    """Absolute; bytes that are not UTF-8 are kept as surrogate escapes."""
    size: int
    """Bytes."""
    mtime_ns: int
    """Last modification, nanoseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that is not read."""

    path: str
    reason: str
    unlisted: bool
    """True for a folder that could not be listed: nothing is known about the files in it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about a source, each in the order of the walk."""

    to_read: tuple[Candidate, ...]
    """New, or changed since they were indexed."""
    unchanged: tuple[str, ...]
    """Paths whose size and time are as known, and paths in folders that could not be listed."""
    gone: tuple[str, ...]
    """Known paths that are no longer there, or are left out now."""
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder holds that is not left out without a word, each by name."""

    files: tuple[tuple[str, os.stat_result | None], ...]
    """Whatever is no folder; None for what vanished while the folder was listed."""
    folders: tuple[str, ...]
    rules: Rules
    """What holds in the folder and below."""
    ignore_file: os.stat_result | None
    """The folder's own ignore file."""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A regular file that may be read."""

    descriptor: int
    """Open for reading, at its start; closed by `opened`."""
    stamp: Stamp
    """As it was when it was opened."""

    def read(self) -> bytes:
        """All of it. Raises `UnreadableDocument` when it is changed meanwhile."""
        parts = []
        # One byte more than it should have, so that a file that grows is noticed.
        left = self.stamp.size + 1
        try:
            while left > 0 and (part := os.read(self.descriptor, min(left, 1 << 24))):
                parts.append(part)
                left -= len(part)
        except OSError as exc:
            raise UnreadableDocument(_reason(exc)) from exc
        self.check()
        return b"".join(parts)

    def digest(self) -> str:
        """SHA-256 of its content in hex: computed here, once for each file that is opened, and handed on.

        Raises `UnreadableDocument` when the file is changed meanwhile.
        """
        try:
            digest = content_digest(self.descriptor)
        except OSError as exc:
            raise UnreadableDocument(_reason(exc)) from exc
        self.check()
        return digest

    def check(self) -> None:
        """Raises `UnreadableDocument` when the file was changed since it was opened."""
        if _stamp(os.fstat(self.descriptor)) != self.stamp:
            raise UnreadableDocument("changed while it was read", remedy="It is read again on the next run.")


def walk(
    root: str, *, limit: int = LARGEST, within: Collection[str] | None = None
) -> Iterator[Candidate | Skipped]:
    """Everything below `root`, a folder or one file: the files of a folder, then its folders, by name.

    Opens folders and ignore files only. `root` itself may be hidden or ignored. `limit` is the size
    in bytes of the largest file. `within` names files and folders, absolute paths inside `root`: only
    these and what lies below them are visited, and the folders above are not listed; a path that is
    not there, or is left out, gives nothing. Raises `IngestError` when `root` cannot be reached, so
    that a disk that is not mounted is never taken for an empty source.
    """
    try:
        source = Root(root)
    except (OSError, ValueError) as exc:
        raise IngestError(
            f"cannot reach {one_line(root)}: {_reason(exc)}",
            remedy="Check the path, and that its disk is there.",
        ) from exc
    with source:
        if within is None or source.path in within:
            starts: Iterable[str] = [source.path]
        else:
            starts = outermost(path for path in within if path.startswith(_beneath(source.path)))
        above: dict[str, Rules | None] = {}
        for start in starts:
            yield from _walk_from(source, start, limit, above)


@contextmanager
def opened(root: str, path: str, *, limit: int = LARGEST) -> Iterator[OpenedFile]:
    """The file at `path`, which is `root` or lies below it, open for reading.

    All that is checked is checked on the opened file. Raises `UnreadableDocument` for symbolic
    links, on the way too, for files on another file system than the source, files with a second hard
    link (which may be a file from outside the source), anything but a regular file, and more than
    `limit` bytes.
    """
    try:
        source = Root(root)
    except (OSError, ValueError) as exc:
        raise UnreadableDocument(_reason(exc)) from exc
    with source, source.opened(path, limit) as file:
        yield file


def read(path: str, *, limit: int = LARGEST) -> tuple[bytes, Stamp]:
    """The content of a regular file of no particular source, and its stamp as it was read.

    Raises `UnreadableDocument` for what `opened` refuses, and for files that change while they are read.
    """
    with opened(os.path.dirname(path), path, limit=limit) as file:
        return file.read(), file.stamp


def plan(found: Iterable[Candidate | Skipped], known: Mapping[str, Stamp]) -> Plan:
    """Compares what a walk found with what is `known` of the same paths and of those below them."""
    to_read: list[Candidate] = []
    unchanged: list[str] = []
    skipped: list[Skipped] = []
    missing = dict.fromkeys(known)
    for entry in found:
        if isinstance(entry, Skipped):
            skipped.append(entry)
            continue
        missing.pop(entry.path, None)
        if known.get(entry.path) == Stamp(entry.size, entry.mtime_ns):
            unchanged.append(entry.path)
        else:
            to_read.append(entry)
    unlisted = tuple(_beneath(entry.path) for entry in skipped if entry.unlisted)
    unchanged += [path for path in missing if path.startswith(unlisted)]
    gone = tuple(path for path in missing if not path.startswith(unlisted))
    return Plan(tuple(to_read), tuple(unchanged), gone, tuple(skipped))


def is_left_out(path: str, *, is_folder: bool, rules: Rules) -> bool:
    """Whether `path` is junk by its name, or ignored by the rules of the folder it lies in."""
    return _is_junk(os.path.basename(path), is_folder) or (
        bool(rules) and _is_ignored(path, is_folder, rules)
    )


def outermost(paths: Iterable[str]) -> Iterator[str]:
    """`paths` in order, without those that lie below another."""
    last = None
    for path in sorted({path.rstrip("/") for path in paths}, key=lambda path: path.split("/")):
        if last is None or not path.startswith(_beneath(last)):
            yield path
            last = path


# Reaching what lies below a source


class Root:
    """A source's root, held open. While it is, its disk cannot be unmounted: let go of it soon."""

    def __init__(self, path: str) -> None:
        """Raises OSError when it is not there, and ValueError for a path that cannot be one."""
        self.path = os.path.realpath(path)
        self._given = os.path.abspath(path)
        self._descriptor = os.open(self.path, _PLACE | os.O_NOFOLLOW | os.O_CLOEXEC)
        self.info = os.fstat(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.info.st_mode)

    def open(self, path: str, flags: int) -> int:
        """A descriptor of what is at `path`, reached from the root without a link or another mount.

        Raises OSError: ELOOP for a link, EXDEV for another mount and for a path that is not below
        the root, and what open(2) says.
        """
        flags |= os.O_NOFOLLOW | os.O_CLOEXEC
        if path in (self.path, self._given):
            # Reopened by its path, because what it was opened as cannot be read.
            return os.open(self.path, flags)
        for base in (self.path, self._given):
            if path.startswith(_beneath(base)):
                return _open_beneath(self._descriptor, os.fsencode(path[len(_beneath(base)) :]), flags)
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    def status(self, path: str) -> os.stat_result:
        """What is at `path`, itself a link or not. Raises OSError as `open` does."""
        descriptor = self.open(path, _PLACE)
        try:
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)

    def listing(self, folder: str, rules: Rules) -> Listing:
        """What `folder` holds, where `rules` of the folders above hold too.

        A Python environment holds nothing. Raises OSError as `open` does, and `UnreadableDocument`
        when the folder's ignore file cannot be read.
        """
        entries: list[tuple[str, os.stat_result | None]] = []
        descriptor = self.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with os.scandir(descriptor) as found:
                for entry in found:
                    try:
                        entries.append((entry.name, entry.stat(follow_symlinks=False)))
                    except FileNotFoundError:
                        entries.append((entry.name, None))
        finally:
            os.close(descriptor)
        entries.sort(key=lambda entry: entry[0])
        special = {name: info for name, info in entries if name in (_ENVIRONMENT, IGNORE_FILE)}
        ignore_file = special.get(IGNORE_FILE)
        if _ENVIRONMENT in special:
            return Listing((), (), rules, ignore_file)
        if IGNORE_FILE in special:
            rules = (*rules, (_beneath(folder), self._ignore_spec(folder)))
        files, folders = [], []
        for name, info in entries:
            is_folder = info is not None and stat.S_ISDIR(info.st_mode)
            if is_left_out(os.path.join(folder, name), is_folder=is_folder, rules=rules):
                continue
            if is_folder:
                folders.append(name)
            else:
                files.append((name, info))
        return Listing(tuple(files), tuple(folders), rules, ignore_file)

    def rules_in(self, folder: str, known: dict[str, Rules | None]) -> Rules | None:
        """The rules that hold in `folder`, found without listing a folder; None when it is left out.

        `known` keeps what was found for the folders on the way. Raises as `listing` does.
        """
        way = [folder]
        while way[-1] != self.path and way[-1] not in known:
            way.append(os.path.dirname(way[-1]))
        rules: Rules | None = ()
        for here in reversed(way):
            if here not in known:
                known[here] = None if rules is None else self._rules_of(here, rules)
            rules = known[here]
        return rules

    def _rules_of(self, folder: str, rules: Rules) -> Rules | None:
        """What holds in one folder, given what holds in the one above."""
        if folder != self.path and is_left_out(folder, is_folder=True, rules=rules):
            return None
        if self._has(os.path.join(folder, _ENVIRONMENT)):
            return None
        if self._has(os.path.join(folder, IGNORE_FILE)):
            return (*rules, (_beneath(folder), self._ignore_spec(folder)))
        return rules

    @contextmanager
    def opened(self, path: str, limit: int) -> Iterator[OpenedFile]:
        """As the function `opened`."""
        try:
            descriptor = self.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except (OSError, ValueError) as exc:
            raise UnreadableDocument(_reason(exc), remedy=_REMEDIES.get(_number(exc), "")) from exc
        try:
            info = os.fstat(descriptor)
            if reason := _refusal(info, limit):
                raise UnreadableDocument(reason)
            if info.st_nlink > 1:
                raise UnreadableDocument(
                    "hard link: the same file has another name, maybe outside the source",
                    remedy="Replace it by a copy.",
                )
            yield OpenedFile(descriptor, _stamp(info))
        finally:
            os.close(descriptor)

    def _has(self, path: str) -> bool:
        try:
            self.status(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def _ignore_spec(self, folder: str) -> "GitIgnoreSpec":
        # 20 ms to import, for sources that have an ignore file.
        from pathspec import GitIgnoreSpec

        with self.opened(os.path.join(folder, IGNORE_FILE), _IGNORE_FILE_BYTES) as file:
            data = file.read()
        try:
            return GitIgnoreSpec.from_lines(decode(data).split("\n"))
        except ValueError as exc:
            raise UnreadableDocument(f"its {IGNORE_FILE} has a pattern that means nothing") from exc


_PLACE = getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK)
"""How something is opened that is only looked at: where the system can, without the right to read it."""

_OPENAT2 = 437
"""The system call's number, the same on all architectures (Linux 5.6)."""
_NO_XDEV, _NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 1, 2, 4, 8
"""RESOLVE_* of linux/openat2.h."""
_RESOLVE = _NO_XDEV | _NO_MAGICLINKS | _NO_SYMLINKS | _BENEATH


def _open_beneath(folder: int, path: bytes, flags: int) -> int:
    """Opens `path`, relative to the descriptor `folder`, by openat2(2); step by step where there is none."""
    if b"\0" in path:
        raise ValueError("embedded null byte")
    if sys.platform == "linux":
        name = ctypes.create_string_buffer(path)
        how = ctypes.create_string_buffer(struct.pack("=QQQ", flags, 0, _RESOLVE), 24)
        while True:
            result = syscalls.system_call(
                _OPENAT2, folder, ctypes.addressof(name), ctypes.addressof(how), len(how)
            )
            if result >= 0:
                return result
            # A signal came, or something was renamed just then.
            if -result not in (errno.EINTR, errno.EAGAIN):
                break
        if -result != errno.ENOSYS:
            raise OSError(-result, os.strerror(-result))
    return _open_stepwise(folder, path, flags)


def _open_stepwise(folder: int, path: bytes, flags: int) -> int:
    """Opens `path` component by component, following no link."""
    *above, last = path.split(b"/")
    if b".." in (*above, last):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
    device = os.fstat(folder).st_dev
    here = os.dup(folder)
    try:
        for name in above:
            below = os.open(name, _PLACE | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
            os.close(here)
            here = below
        found = os.open(last, flags | os.O_NOFOLLOW, dir_fd=here)
    finally:
        os.close(here)
    if os.fstat(found).st_dev != device:
        os.close(found)
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
    return found


# Walking


def _walk_from(
    source: Root, start: str, limit: int, above: dict[str, Rules | None]
) -> Iterator[Candidate | Skipped]:
    """Everything at and below `start`; `above` keeps the rules of the folders on the way to it."""
    rules: Rules = ()
    info = source.info
    if start != source.path:
        try:
            info = source.status(start)
            outer = source.rules_in(os.path.dirname(start), above)
        except (OSError, ValueError, UnreadableDocument) as exc:
            if _number(exc) in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                return
            yield Skipped(start, f"folder not read: {_reason(exc)}", unlisted=True)
            return
        is_folder = stat.S_ISDIR(info.st_mode)
        if outer is None or is_left_out(start, is_folder=is_folder, rules=outer):
            return
        rules = outer
    if not stat.S_ISDIR(info.st_mode):
        yield _judged(start, info, limit)
        return
    folders = [(start, rules)]
    while folders:
        folder, rules = folders.pop()
        try:
            listing = source.listing(folder, rules)
        except (OSError, UnreadableDocument) as exc:
            yield Skipped(folder, f"folder not read: {_reason(exc)}", unlisted=True)
            continue
        for name, entry in listing.files:
            path = os.path.join(folder, name)
            if entry is None:
                yield Skipped(path, "vanished while its folder was listed", unlisted=False)
            else:
                yield _judged(path, entry, limit)
        folders += [(os.path.join(folder, name), listing.rules) for name in reversed(listing.folders)]


def _is_ignored(path: str, is_folder: bool, rules: Rules) -> bool:
    """Whether the innermost rule that speaks of `path` leaves it out."""
    for beneath, spec in reversed(rules):
        verdict = spec.check_file(path[len(beneath) :] + "/" * is_folder).include
        if verdict is not None:
            return verdict
    return False


def _is_junk(name: str, is_folder: bool) -> bool:
    if name.startswith(_JUNK_PREFIXES):
        return True
    return name in _JUNK_FOLDERS if is_folder else name in _JUNK_FILES or name.endswith(_JUNK_SUFFIXES)


# One file


def _judged(path: str, info: os.stat_result, limit: int) -> Candidate | Skipped:
    reason = _refusal(info, limit)
    if not reason and media_type(path) is None:
        reason = unknown_type(path)
    if reason:
        return Skipped(path, reason, unlisted=False)
    return Candidate(path, info.st_size, info.st_mtime_ns)


def _refusal(info: os.stat_result, limit: int) -> str:
    """Why a file is not read, by what it is; empty when it may be."""
    if stat.S_ISLNK(info.st_mode):
        return "symbolic link: not followed"
    if stat.S_ISDIR(info.st_mode):
        return "a directory, not a file"
    if not stat.S_ISREG(info.st_mode):
        return "not a regular file"
    if info.st_size > limit:
        return f"larger than {limit:,} bytes ({info.st_size:,})"
    return ""


def _stamp(info: os.stat_result) -> Stamp:
    return Stamp(info.st_size, info.st_mtime_ns)


def _beneath(folder: str) -> str:
    """What the paths in `folder` begin with."""
    return os.path.join(folder, "")


_REASONS = {
    errno.ENOENT: "no longer there",
    errno.ENOTDIR: "no longer there",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ELOOP: "symbolic link: not followed",
    errno.ENXIO: "not a regular file",
    errno.ENAMETOOLONG: "its path is too long",
    errno.EXDEV: "another file system is mounted there, which can be a source of its own",
}
_REMEDIES = {
    errno.EACCES: "Let your user read it, or name it in .carrelignore.",
    errno.EXDEV: "Add it as a source of its own.",
}


def _number(exc: Exception) -> int:
    """The operating system's number of an error; 0 for our own."""
    return (exc.errno or 0) if isinstance(exc, OSError) else 0


def _reason(exc: Exception) -> str:
    """An operating system's or our own refusal, in words without the path."""
    if isinstance(exc, OSError) and exc.errno is not None:
        return _REASONS.get(exc.errno) or os.strerror(exc.errno).lower()
    return one_line(str(exc))
