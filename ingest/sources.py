"""What a source holds: walking it, what is left out and why, reading one file, and what changed.

Left out without a word: hidden names, known junk, and what a `.carrelignore` (gitignore's
syntax, in any folder of the source) names. Left out with a reason: symbolic links, which are
never followed even when they lead back into the source; whatever is not a regular file; files
of an unknown type or too large; folders that cannot be listed. A name says nothing about what
is there by the time a file is opened, so `read` judges the opened file.

Called by the pipeline and the watcher. Never parses, never writes.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import FileIO
from typing import TYPE_CHECKING

from ingest.errors import IngestError, UnreadableDocument
from ingest.parsers import media_type, unknown_type
from ingest.parsers.text import decode
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


def walk(root: str, *, limit: int = LARGEST) -> Iterator[Candidate | Skipped]:
    """Everything below `root`, a folder or one file: the files of a folder, then its folders, by name.

    Opens folders and ignore files only. `root` itself may be hidden or ignored, and may be
    reached through symbolic links, which are resolved once. `limit` is the size in bytes of the
    largest file. Raises `IngestError` when `root` cannot be reached, so that a disk that is not
    mounted is never taken for an empty source.
    """
    root = os.path.realpath(root)
    try:
        info = os.lstat(root)
    except (OSError, ValueError) as exc:
        raise IngestError(
            f"cannot reach {one_line(root)}: {_reason(exc)}",
            remedy="Check the path, and that its disk is there.",
        ) from exc
    if not stat.S_ISDIR(info.st_mode):
        yield _judged(root, info, limit)
        return
    folders: list[tuple[str, _Rules]] = [(root, ())]
    while folders:
        folder, rules = folders.pop()
        try:
            entries, rules = _listed(folder, rules)
        except (OSError, UnreadableDocument) as exc:
            yield Skipped(folder, f"folder not read: {_reason(exc)}", unlisted=True)
            continue
        below = []
        for name, entry in entries:
            path = os.path.join(folder, name)
            is_folder = entry is not None and stat.S_ISDIR(entry.st_mode)
            if _is_junk(name, is_folder) or (rules and _is_ignored(path, is_folder, rules)):
                continue
            if entry is None:
                yield Skipped(path, "vanished while its folder was listed", unlisted=False)
            elif is_folder:
                below.append((path, rules))
            else:
                yield _judged(path, entry, limit)
        folders += reversed(below)


def read(path: str, *, limit: int = LARGEST) -> tuple[bytes, Stamp]:
    """The content of a regular file, and its stamp as it was read.

    All that is checked is checked on the opened file. Raises `UnreadableDocument` for symbolic
    links, files with a second hard link (which may be a file from outside the source), anything
    but a regular file, more than `limit` bytes, and files that change while they are read.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        with open(os.open(path, flags), "rb", buffering=0) as file:
            before = os.fstat(file.fileno())
            if reason := _refusal(before, limit):
                raise UnreadableDocument(reason)
            if before.st_nlink > 1:
                raise UnreadableDocument(
                    "hard link: the same file has another name, maybe outside the source",
                    remedy="Replace it by a copy.",
                )
            data = _read_all(file, before.st_size + 1)
            after = os.fstat(file.fileno())
    except (OSError, ValueError) as exc:
        raise UnreadableDocument(_reason(exc), remedy=_REMEDIES.get(getattr(exc, "errno", 0), "")) from exc
    if len(data) != before.st_size or _stamp(before) != _stamp(after):
        raise UnreadableDocument("changed while it was read", remedy="It is read again on the next run.")
    return data, _stamp(after)


def plan(found: Iterable[Candidate | Skipped], known: Mapping[str, Stamp]) -> Plan:
    """Compares what a walk found with what is `known` of the same source, by path."""
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


# One folder

_Rules = tuple[tuple[str, "GitIgnoreSpec"], ...]
"""Ignore rules that hold in a folder, outermost first, with the start of the paths they speak of."""


def _listed(folder: str, rules: _Rules) -> tuple[list[tuple[str, os.stat_result | None]], _Rules]:
    """A folder's entries by name with what they are, and the rules that hold in it.

    An entry that vanished meanwhile has None. A Python environment has no entries.
    """
    entries: list[tuple[str, os.stat_result | None]] = []
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with os.scandir(fd) as listing:
            for entry in listing:
                try:
                    entries.append((entry.name, entry.stat(follow_symlinks=False)))
                except FileNotFoundError:
                    entries.append((entry.name, None))
    finally:
        os.close(fd)
    entries.sort(key=lambda entry: entry[0])
    names = {name for name, _ in entries}
    if _ENVIRONMENT in names:
        return [], rules
    if IGNORE_FILE in names:
        rules = (*rules, (_beneath(folder), _ignore_spec(os.path.join(folder, IGNORE_FILE))))
    return entries, rules


def _ignore_spec(path: str) -> "GitIgnoreSpec":
    # 20 ms to import, for sources that have an ignore file.
    from pathspec import GitIgnoreSpec

    data, _ = read(path, limit=_IGNORE_FILE_BYTES)
    try:
        return GitIgnoreSpec.from_lines(decode(data).split("\n"))
    except ValueError as exc:
        raise UnreadableDocument(f"its {IGNORE_FILE} has a pattern that means nothing") from exc


def _is_ignored(path: str, is_folder: bool, rules: _Rules) -> bool:
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
    if not stat.S_ISREG(info.st_mode):
        return "not a regular file"
    if info.st_size > limit:
        return f"larger than {limit:,} bytes ({info.st_size:,})"
    return ""


def _read_all(file: FileIO, most: int) -> bytes:
    parts = []
    while most > 0 and (part := file.read(min(most, 1 << 24))):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


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
}
_REMEDIES = {errno.EACCES: "Let your user read it, or name it in .carrelignore."}


def _reason(exc: Exception) -> str:
    """An operating system's or our own refusal, in words without the path."""
    if isinstance(exc, OSError) and exc.errno is not None:
        return _REASONS.get(exc.errno) or os.strerror(exc.errno).lower()
    return one_line(str(exc))
