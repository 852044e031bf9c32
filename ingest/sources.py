"""Walks a source, and plans what to do about its files: read, keep, drop or skip.

Files are skipped with a reason when they are symbolic links (never followed, even if they lead back into the
source), not regular files, of an unknown type or too large. A folder is skipped with a reason when it cannot
be listed, or when another file system is mounted on it: its documents would count as deleted whenever the
disk is away. Such a folder can be a source of its own, and then it is offline instead. `ingest.listing` says
what is excluded silently.

Called by the pipeline. It never parses, never writes, and opens only folders, ignore files, and files without
a suffix, to see whether they are mail.
"""

import errno
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ingest.errors import IngestError, UnreadableDocument
from ingest.listing import Rules, is_excluded, list_folder, rules_in
from ingest.opening import (
    MAX_FILE_BYTES,
    Root,
    Stamp,
    errno_of,
    prefix_of,
    reason_of,
    refusal,
    stamp_of,
)
from ingest.parsers import may_be_mail, media_type, unknown_type
from ingest.parsers.sniffing import MAIL_SAMPLE_BYTES, OLE, by_content, mail_type
from policies.hygiene import one_line


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be read."""

    path: str
    """Absolute; bytes that are not UTF-8 are kept as surrogate escapes."""
    size: int
    """Bytes."""
    mtime_ns: int
    """Time of the last modification, in nanoseconds since the epoch."""
    ctime_ns: int = 0
    """As in `Stamp`."""
    inode: int = 0
    """As in `Stamp`."""
    links: int = 1
    """How many names (hard links) the file has."""
    names: frozenset[str] = frozenset()
    """Paths that may be these names, if it has several."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that is not read."""

    path: str
    reason: str
    unlisted: bool
    """True for a folder that could not be listed: nothing is known about the files in it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about a source, each part in the order of the walk."""

    to_read: tuple[Candidate, ...]
    """New files, and files that have changed since they were indexed."""
    unchanged: tuple[str, ...]
    """Paths whose stamp is known, and known paths in folders that could not be listed."""
    gone: tuple[str, ...]
    """Known paths that no longer exist, or are excluded now."""
    skipped: tuple[Skipped, ...]


TELLING_NAME = "its name contains text that policies.toml masks: rename it"
"""The reason given for a file that is left out because its name, which every list shows, would tell."""


class LeftOut(Protocol):
    """Says of an absolute path whether the walk passes it over."""

    def __call__(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether neither the file or folder at `path` nor anything below it is looked at."""


def nothing_left_out(path: str, *, is_folder: bool = False) -> bool:
    """Passes over nothing."""
    return False


def walk(
    root: str,
    *,
    limit: int = MAX_FILE_BYTES,
    within: Collection[str] | None = None,
    left_out: LeftOut = nothing_left_out,
) -> Iterator[Candidate | Skipped]:
    """Everything below `root`, a folder or one file: first the files of a folder, then its folders, by name.

    `root` itself may be hidden or ignored.

    limit: size of the largest file, in bytes.
    within: files and folders, as absolute paths inside `root`. Only these and the paths below them are
    visited, and the folders above them are not listed. A path that does not exist, or is excluded, yields
    nothing.
    left_out: what is passed over without a word. Its files are not opened, even to learn their type.

    Raises `IngestError` when `root` cannot be reached, so that an unmounted disk is never taken for an empty
    source.
    """
    try:
        source = Root(root)
    except (OSError, ValueError) as exc:
        raise IngestError(
            f"Cannot reach {one_line(root)}: {reason_of(exc)}.",
            remedy="Check the path, and whether its disk is mounted.",
        ) from exc
    with source:
        if within is None or source.path in within:
            starts: Iterable[str] = [source.path]
        else:
            starts = outermost(path for path in within if path.startswith(prefix_of(source.path)))
        known: dict[str, Rules | None] = {}
        for start in starts:
            yield from _walk_from(source, start, limit, known, left_out)


def without_excluded(
    entries: Iterable[Candidate | Skipped], is_excluded: Callable[[str], bool], excluded: list[str]
) -> Iterator[Candidate | Skipped]:
    """The entries of a walk that are not excluded. Paths of the files that are go into `excluded`."""
    for entry in entries:
        if not is_excluded(entry.path):
            yield entry
        elif isinstance(entry, Candidate):
            excluded.append(entry.path)


def without_telling_names(
    entries: Iterable[Candidate | Skipped], source: str, shown_path: Callable[[str, str], str]
) -> Iterator[Candidate | Skipped]:
    """The entries of a walk of `source`. Files with a name that would be masked are skipped, and are called
    by their masked name.

    shown_path: for the source and a path, the path with masks in place of what its names would tell.
    """
    for entry in entries:
        path = shown_path(source, entry.path)
        yield entry if path == entry.path else Skipped(path, TELLING_NAME, unlisted=False)


def plan(
    entries: Iterable[Candidate | Skipped],
    known: Mapping[str, Stamp],
    *,
    is_foreign: Callable[[str], bool] = lambda path: False,
) -> Plan:
    """Compares the entries of a walk with the `known` stamps of the same paths and those below them.

    is_foreign: whether a path that the walk did not find belongs to another source, which has its own walk.
    """
    to_read: list[Candidate] = []
    unchanged: list[str] = []
    skipped: list[Skipped] = []
    missing = dict.fromkeys(known)
    for entry in entries:
        if isinstance(entry, Skipped):
            skipped.append(entry)
            continue
        missing.pop(entry.path, None)
        if known.get(entry.path) == Stamp(entry.size, entry.mtime_ns, entry.ctime_ns, entry.inode):
            unchanged.append(entry.path)
        else:
            to_read.append(entry)
    unlisted = tuple(prefix_of(entry.path) for entry in skipped if entry.unlisted)
    unchanged += [path for path in missing if path.startswith(unlisted)]
    gone = tuple(path for path in missing if not path.startswith(unlisted) and not is_foreign(path))
    return Plan(tuple(to_read), tuple(unchanged), gone, tuple(skipped))


def outermost(paths: Iterable[str]) -> Iterator[str]:
    """`paths` in order, without those that are below another one."""
    last = None
    for path in sorted({path.rstrip("/") for path in paths}, key=lambda path: path.split("/")):
        if last is None or not path.startswith(prefix_of(last)):
            yield path
            last = path


def _walk_from(
    source: Root, start: str, limit: int, known: dict[str, Rules | None], left_out: LeftOut
) -> Iterator[Candidate | Skipped]:
    """Everything at and below `start`. `known` caches the rules of the folders above it."""
    rules: Rules = ()
    info = source.info
    if left_out(start, is_folder=stat.S_ISDIR(info.st_mode)):
        return
    if start != source.path:
        try:
            info = source.status(start)
            outer = rules_in(source, os.path.dirname(start), known)
        except (OSError, ValueError, UnreadableDocument) as exc:
            if errno_of(exc) in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                return
            yield _unlisted(start, exc)
            return
        is_folder = stat.S_ISDIR(info.st_mode)
        if outer is None or is_excluded(start, is_folder=is_folder, rules=outer, root=source):
            return
        rules = outer
    if not stat.S_ISDIR(info.st_mode):
        yield _judge(source, start, info, limit)
        return
    folders = [(start, rules)]
    while folders:
        folder, rules = folders.pop()
        try:
            listing = list_folder(source, folder, rules)
        except (OSError, UnreadableDocument) as exc:
            yield _unlisted(folder, exc)
            continue
        for name, entry in listing.files:
            path = os.path.join(folder, name)
            if left_out(path):
                continue
            if entry is None:
                yield Skipped(path, "disappeared while its folder was being listed", unlisted=False)
            else:
                yield _judge(source, path, entry, limit)
        paths = (os.path.join(folder, name) for name in reversed(listing.folders))
        folders += [(path, listing.rules) for path in paths if not left_out(path, is_folder=True)]


def _judge(source: Root, path: str, info: os.stat_result, limit: int) -> Candidate | Skipped:
    reason = refusal(info, limit)
    if not reason and media_type(path) is None and not (may_be_mail(path) and _is_mail(source, path, limit)):
        reason = unknown_type(path)
    if reason:
        return Skipped(path, reason, unlisted=False)
    stamp = stamp_of(info)
    return Candidate(path, stamp.size, stamp.mtime_ns, stamp.ctime_ns, stamp.inode, info.st_nlink)


def _is_mail(source: Root, path: str, limit: int) -> bool:
    """Whether the content of a file is a mail or a mailbox; False for a file that cannot be opened."""
    try:
        with source.open_file(path, limit) as file:
            data = os.pread(file.descriptor, MAIL_SAMPLE_BYTES, 0)
            return mail_type(data, named=False) is not None or (
                data.startswith(OLE) and by_content(file.read()) == "application/vnd.ms-outlook"
            )
    except (OSError, UnreadableDocument):
        return False


def _unlisted(folder: str, exc: Exception) -> Skipped:
    return Skipped(folder, f"folder not read: {reason_of(exc)}", unlisted=True)
