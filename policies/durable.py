"""Durable writes: small files such as pins and the configuration, and drafts of large ones.

A draft lies in a hidden folder beside the place of the file. Its process holds a lock on the folder, so the
next process that makes a draft there can tell a draft that was abandoned, because its process was killed, and
removes it.
"""

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DRAFTS = ".carrel-draft-"
"""How the names of folders with drafts begin."""


_ZEROS = 1 << 20
"""Bytes that are overwritten at once."""


def replace_text(path: Path, text: str) -> None:
    """Writes `text` to `path` completely or not at all, readable by its owner only.

    Raises OSError; the file is then as it was.
    """
    replace_bytes(path, text.encode("utf-8"))


def replace_bytes(path: Path, content: bytes) -> None:
    """Writes `content` to `path` as `replace_text` does."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def erase(path: Path) -> None:
    """Overwrites a file with zeros and deletes it, or all files of a folder. No error if there is none.

    A file with further names is only deleted, and a link is not followed. Whether the zeros take the place of
    the content is up to the disk and its file system.
    """
    if path.is_dir() and not path.is_symlink():
        for inner in path.iterdir():
            erase(inner)
        path.rmdir()
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
                for start in range(0, status.st_size, _ZEROS):
                    os.pwrite(descriptor, bytes(min(_ZEROS, status.st_size - start)), start)
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
    path.unlink(missing_ok=True)


@contextmanager
def drafting(folder: Path) -> Iterator[Path]:
    """A new folder in `folder` for drafts, which only its owner can read; it is removed afterwards.

    Folders that killed processes left there are removed before. Raises OSError.
    """
    for left in folder.glob(f"{_DRAFTS}*"):
        with contextlib.suppress(OSError), _locked(left, wait=False):
            shutil.rmtree(left)
    while True:
        made = Path(tempfile.mkdtemp(prefix=_DRAFTS, dir=folder))
        try:
            with contextlib.ExitStack() as lock:
                try:
                    lock.enter_context(_locked(made, wait=True))
                except FileNotFoundError:
                    continue
                # Another process may have taken it for abandoned before it was locked or even opened.
                if made.exists():
                    yield made
                    return
        finally:
            shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _locked(folder: Path, *, wait: bool) -> Iterator[None]:
    """Holds the lock on a folder of this user. Raises OSError; without `wait`, even when another holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if not wait:
                raise
            # A network file system without locks, on which nothing counts as abandoned.
        yield
    finally:
        os.close(descriptor)


def move_new(draft: Path, place: Path, *, force: bool) -> None:
    """Gives a draft, which is on the same disk, its name. Raises OSError.

    force: whether a file that is there is replaced. If not, one that has appeared meanwhile is kept.
    """
    if not force:
        try:
            os.link(draft, place)
        except FileExistsError:
            raise
        except OSError:
            # The file system has no hard links.
            if place.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        else:
            os.unlink(draft)
            return
    os.replace(draft, place)


def make_once(path: Path, text: str) -> None:
    """Writes a new file of ASCII that only the user can read, unless another process was first."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
