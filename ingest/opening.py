"""Opens files below a source's root safely, and judges them by what was opened.

A name says nothing about what is there by the time it is opened. So everything below a root is reached from
one descriptor of that root, in one step that follows no symbolic link and enters no other mount, and a file
is checked after it is opened. The path of the root itself belongs to the user: its symbolic links are
resolved once.

Called by the walk, the watcher, and whoever reads one file. It never parses and never writes.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from ingest.documents import content_digest
from ingest.errors import FileGone, UnreadableDocument
from policies.beneath import PATH_ONLY, open_beneath
from policies.broker import is_brokered, open_to_read
from policies.hygiene import one_line

MAX_FILE_BYTES = 256 << 20
"""Size of the largest file that is read, unless the caller sets another limit."""


Names = Callable[[int], Iterable[str]]
"""Paths that may be names of a file, given by its inode as in `Stamp`: all of them files that may be read."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Attributes that show whether a file has changed: if all are the same, so is the content.

    Programs can set the time of the last modification, and some keep the old time for new content. The time
    of the last status change is set by the kernel alone.
    """

    size: int
    """Bytes."""
    mtime_ns: int
    """Time of the last modification, in nanoseconds since the epoch."""
    ctime_ns: int = 0
    """Time of the last change of content or status, in the same unit; 0 when it is not known."""
    inode: int = 0
    """Number of the file in its file system, reduced to 63 bits; 0 when it is not known."""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A regular file that may be read."""

    descriptor: int
    """Open for reading, at its start; closed by `open_file`."""
    stamp: Stamp
    """The file's stamp when it was opened."""

    def read(self) -> bytes:
        """The whole content. Raises `UnreadableDocument` when the file changes meanwhile."""
        parts = []
        # One byte more than expected, so that a growing file is noticed.
        left = self.stamp.size + 1
        try:
            while left > 0 and (part := os.read(self.descriptor, min(left, 1 << 24))):
                parts.append(part)
                left -= len(part)
        except OSError as exc:
            raise UnreadableDocument(reason_of(exc)) from exc
        self.check_unchanged()
        return b"".join(parts)

    def head(self, size: int) -> bytes:
        """The first `size` bytes. Raises `UnreadableDocument` when they cannot be read."""
        try:
            return os.pread(self.descriptor, size, 0)
        except OSError as exc:
            raise UnreadableDocument(reason_of(exc)) from exc

    def digest(self, *, may_grow: bool = False) -> str:
        """SHA-256 of the content when the file was opened, in hex. It is computed once, and passed on.

        may_grow: whether a file that grows meanwhile is not one that changes.

        Raises `UnreadableDocument` when the file changes meanwhile.
        """
        digest = self._digest()
        self.check_unchanged(digest if may_grow else "")
        return digest

    def check_unchanged(self, grown_from: str = "") -> None:
        """Raises `UnreadableDocument` when the file has changed since it was opened.

        grown_from: the digest of its content then, if it may have grown since; empty if it may not.
        """
        now = stamp_of(os.fstat(self.descriptor))
        # A file that was empty is being written anew: most programs empty a file before they save it.
        has_grown = now.size > self.stamp.size > 0 and grown_from and self._digest() == grown_from
        if now == self.stamp or has_grown:
            return
        raise UnreadableDocument(
            "changed while it was being read", remedy="Carrel reads it again on the next run."
        )

    def _digest(self) -> str:
        try:
            return content_digest(self.descriptor, self.stamp.size)
        except OSError as exc:
            raise UnreadableDocument(reason_of(exc)) from exc


def no_names(inode: int) -> Iterable[str]:
    """Knows no name of any file."""
    return ()


@contextmanager
def open_file(
    root: str, path: str, *, limit: int = MAX_FILE_BYTES, names: Names = no_names
) -> Iterator[OpenedFile]:
    """Opens the file at `path`, which is `root` or lies below it, for reading.

    All checks are made on the opened file. Raises `UnreadableDocument` for symbolic links, also on the way,
    for files on another file system than the root, for anything but a regular file, for more than `limit`
    bytes, and for files with a further hard link that is not among `names`: it may be outside the source,
    or be a file in it that must not be read. Raises `FileGone` if there is no file.
    """
    try:
        source = Root(root)
    except (OSError, ValueError) as exc:
        raise _unreadable(exc) from exc
    with source, source.open_file(path, limit, names) as file:
        yield file


def read_file(path: str, *, limit: int = MAX_FILE_BYTES) -> tuple[bytes, Stamp]:
    """The content of a regular file outside any source, and its stamp.

    Raises `UnreadableDocument` as `open_file` does, and when the file changes while it is read.
    """
    with open_file(os.path.dirname(path), path, limit=limit) as file:
        return file.read(), file.stamp


class Root:
    """The root of a source, held open. Its disk cannot be unmounted meanwhile, so close it soon."""

    def __init__(self, path: str) -> None:
        """Raises OSError when the path does not exist, and ValueError when it is not a valid path."""
        self.path = os.path.realpath(path)
        self._given = os.path.abspath(path)
        self._descriptor = os.open(self.path, PATH_ONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        self.info = os.fstat(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def open(self, path: str, flags: int) -> int:
        """A descriptor of `path`, reached from the root without a symbolic link or another mount.

        Raises OSError: ELOOP for a symbolic link, EXDEV for another mount or a path that is not below the
        root, and the errors of open(2).
        """
        flags |= os.O_NOFOLLOW | os.O_CLOEXEC
        if path in (self.path, self._given):
            if is_brokered() and not flags & PATH_ONLY:
                return open_to_read(self._descriptor, b"", flags)
            # Opened again by its path, because a descriptor opened with O_PATH cannot be read.
            return os.open(self.path, flags)
        for base in (self.path, self._given):
            prefix = prefix_of(base)
            if path.startswith(prefix):
                below = os.fsencode(path[len(prefix) :])
                if is_brokered() and not flags & PATH_ONLY:
                    return open_to_read(self._descriptor, below, flags)
                return open_beneath(self._descriptor, below, flags)
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    def status(self, path: str) -> os.stat_result:
        """The status of `path` itself, even if it is a symbolic link. Raises OSError as `open` does."""
        descriptor = self.open(path, PATH_ONLY)
        try:
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)

    def exists(self, path: str) -> bool:
        """Whether there is anything at `path`. Raises OSError as `open` does, except for a missing path."""
        try:
            self.status(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    @contextmanager
    def open_file(self, path: str, limit: int, names: Names = no_names) -> Iterator[OpenedFile]:
        """Like the function `open_file`."""
        try:
            descriptor = self.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except (OSError, ValueError) as exc:
            raise _unreadable(exc) from exc
        try:
            info = os.fstat(descriptor)
            if reason := refusal(info, limit):
                raise UnreadableDocument(reason)
            if info.st_nlink > 1 and not self._has_all_names(info, names(info.st_ino & _INODE)):
                raise UnreadableDocument(
                    "hard link: the same file has another name, perhaps outside the source",
                    remedy="Replace it with a copy.",
                )
            yield OpenedFile(descriptor, stamp_of(info))
        finally:
            os.close(descriptor)

    def _has_all_names(self, info: os.stat_result, names: Iterable[str]) -> bool:
        """Whether as many of `names` lead to the file with this status as it has names."""
        found = 0
        for name in set(names):
            try:
                other = self.status(name)
            except (OSError, ValueError):
                continue  # Renamed meanwhile, or not below the root.
            found += (other.st_dev, other.st_ino) == (info.st_dev, info.st_ino)
        return found >= info.st_nlink


def refusal(info: os.stat_result, limit: int) -> str:
    """The reason why a file with this status is not read; empty when it may be.

    limit: maximum size in bytes.
    """
    if stat.S_ISLNK(info.st_mode):
        return "symbolic link: not followed"
    if stat.S_ISDIR(info.st_mode):
        return "a folder, not a file"
    if not stat.S_ISREG(info.st_mode):
        return "not a regular file"
    if info.st_size > limit:
        return f"larger than {limit:,} bytes ({info.st_size:,})"
    return ""


def errno_of(exc: Exception) -> int:
    """The operating system's number of an error; 0 for an error of Carrel."""
    return (exc.errno or 0) if isinstance(exc, OSError) else 0


def reason_of(exc: Exception) -> str:
    """The reason for an error of the operating system or of Carrel, in words and without the path."""
    if isinstance(exc, OSError) and exc.errno is not None:
        return _REASONS.get(exc.errno) or os.strerror(exc.errno).lower()
    return one_line(str(exc))


def prefix_of(folder: str) -> str:
    """The prefix of all paths in `folder`."""
    return os.path.join(folder, "")


def _unreadable(exc: Exception) -> UnreadableDocument:
    """The error for a file that cannot be opened."""
    number = errno_of(exc)
    kind = FileGone if number in (errno.ENOENT, errno.ENOTDIR) else UnreadableDocument
    return kind(reason_of(exc), remedy=_REMEDIES.get(number, ""))


def stamp_of(info: os.stat_result) -> Stamp:
    """The stamp of a file with this status."""
    return Stamp(info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino & _INODE)


_INODE = (1 << 63) - 1
"""The bits of an inode's number that fit in a column of SQLite."""

_REASONS = {
    errno.ENOENT: "no such file or folder",
    errno.ENOTDIR: "no such file or folder",
    errno.EACCES: "permission denied",
    errno.EPERM: "hidden, in a system folder or in one of Carrel's own: a running owner does not read it",
    errno.ELOOP: "symbolic link: not followed",
    errno.ENXIO: "not a regular file",
    errno.ENAMETOOLONG: "its path is too long",
    errno.EXDEV: "on another file system, which you can add as a source of its own",
}
_REMEDIES = {
    errno.EACCES: "Give your user permission to read it, or list it in .carrelignore.",
    errno.EXDEV: "Add it as a source of its own.",
    errno.EPERM: "Stop the owner (`carrel watch` or the terminal UI), add the folder, and start it again.",
}
