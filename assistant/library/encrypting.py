"""Turns a library into an encrypted one, or an encrypted one back: `carrel encrypt` and `carrel decrypt`.

The new files are written into a folder of their own in the library's folder, flushed to the disk and compared
with the old ones. Then that folder gets another name, which says that it is complete: this is the moment at
which the library is converted. Until then a process that is killed leaves the old library as it was, and an
incomplete folder that the next command erases. From then on nothing is read any more, only put in place: each
old file is overwritten and removed, and the new one takes its name. The next command finishes that if the
process is killed (`settle`), without a key.

Conversations, the audit log and finished summaries are converted. Cached prompts, an unfinished reindex and
the file of vectors that are compared are erased, because they are made again.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from assistant.config import integrity_key
from assistant.library import summaries
from assistant.library.backup import ShowProgress, unseen_progress
from assistant.library.forgetting import NEXT
from assistant.library.history import history_layout
from assistant.library.opened import AUDIT, CATALOGUE, HISTORY
from assistant.library.vectorstores import CODES
from ingest.catalogue.layout import layout
from ingest.connecting import problem_of
from ingest.encryption import (
    CONVERTING,
    COPY,
    DECRYPTED,
    ENCRYPTED,
    KEY,
    PLAIN,
    Cipher,
    KeyCipher,
    KeyFile,
    cipher_of,
    hold_key,
    is_unsettled,
    read_key_file,
)
from ingest.encryption.ciphers import driver_errors
from ingest.errors import DiskFull, IngestError, LibraryBusy, LibraryDamaged, LibraryReadOnly
from ingest.lock import Lock
from policies.durable import erase, replace_bytes

CACHE = Path("cache")
"""In the library's folder: summaries and prompts."""

DERIVED = (Path(NEXT), CODES)
"""In the library's folder: what is made again, and must not stay as it is."""

ROOM = 64 << 20
"""Bytes that stay free on the disk besides the new files."""

_LOGS = ("", "-wal", "-shm", "-journal", ".before-migration", ".before-migration.partial")
"""What the names of files that belong to a database end with."""


def encrypt(
    library: Path, key_file: KeyFile, secret: bytes, progress: ShowProgress = unseen_progress
) -> None:
    """Encrypts the library in a folder, whose lock the caller holds. This process then holds the key.

    key_file, secret: of a new data key.
    Raises `LibraryDamaged` and `IngestError`; the library is then as it was.
    """
    key = KeyCipher(secret)
    with _converted(library, ENCRYPTED) as new:
        key_file.write(new)
        _convert(library, new, PLAIN, key, key, progress)
        if read_key_file(new) != key_file:
            raise IngestError("The key file could not be written correctly. Nothing was changed.")
    finish(library)
    hold_key(key_file, secret)


def decrypt(library: Path, progress: ShowProgress = unseen_progress) -> None:
    """Turns an encrypted library into a plain one. The caller holds its lock, and this process its key.

    Raises as `encrypt` does.
    """
    key = cipher_of(library)
    assert isinstance(key, KeyCipher), "the library is encrypted"
    with _converted(library, DECRYPTED) as new:
        _convert(library, new, key, PLAIN, key, progress)
    finish(library)


def settle(library: Path) -> None:
    """Finishes, or gives up, a conversion whose process was killed. Does nothing while that is running."""
    if is_unsettled(library):
        with suppress(LibraryBusy, LibraryReadOnly):
            lock = Lock(library)
            try:
                finish(library)
            finally:
                lock.release()


def finish(library: Path) -> None:
    """Puts the files of a complete conversion in place, and erases those of an incomplete one.

    The caller holds the lock. A process that is killed in it may be followed by another one at any point.
    """
    for complete in (ENCRYPTED, DECRYPTED):
        new = library / complete
        if not new.is_dir():
            continue
        for each in DERIVED:
            erase(library / each)
        # The keys first, so that the library counts as encrypted before the first of its files is.
        for key in (KEY, COPY):
            _put(new / key, library / key)
        for each in (CATALOGUE, HISTORY, AUDIT, CACHE):
            if (new / each).exists():
                for end in _LOGS:
                    erase(library / f"{each}{end}")
                _put(new / each, library / each)
        _flush(library)
        if complete == DECRYPTED:
            for key in (KEY, COPY):
                erase(library / key)
        new.rmdir()
        _flush(library)
    erase(library / CONVERTING)


@contextmanager
def _converted(library: Path, complete: str) -> Iterator[Path]:
    """A folder for the new files, which counts as complete afterwards; erased if an exception leaves it."""
    new = library / CONVERTING
    try:
        _require_room(library)
        new.mkdir(mode=0o700)
        try:
            yield new
            _flush_all(new)
            new.rename(library / complete)
            _flush(library)
        except BaseException:
            erase(new)
            raise
    except OSError as error:
        raise IngestError(
            f"The library {library} was not converted: {error.strerror or error}. It is unchanged.",
            remedy="Its folder must be writable, with room for a second copy of the library.",
        ) from error


def _convert(
    library: Path, new: Path, old_cipher: Cipher, new_cipher: Cipher, key: KeyCipher, progress: ShowProgress
) -> None:
    """Writes everything that is kept into the folder `new`. key: that one of the ciphers that has a key."""
    layouts = {CATALOGUE: layout(integrity_key()), HISTORY: history_layout(HISTORY)}
    databases = [name for name in layouts if (library / name).exists()]
    for number, name in enumerate(databases):
        progress(number, len(databases), f"converting {name}")
        wanted = layouts[name]
        if problem := problem_of(library / name, oldest=wanted.oldest, newest=wanted.version):
            raise LibraryDamaged(
                f"{library / name} {problem}. The library was not converted.",
                remedy="Run `carrel check`, which says what to do.",
            )
        try:
            key.copy_database(library / name, new / name, encrypting=new_cipher is key)
            before = _counted(old_cipher, library / name)
            if before != _counted(new_cipher, new / name):
                raise LibraryDamaged(f"The copy of {library / name} differs. The library was not converted.")
        except driver_errors() as error:
            raise LibraryDamaged(
                f"{library / name} could not be copied: {error}. The library was not converted.",
                remedy="Run `carrel check --read-data`, which says what to do.",
            ) from error
    if (library / AUDIT).exists():
        *lines, rest = (library / AUDIT).read_bytes().split(b"\n")
        kept = (new_cipher.encrypt_line(old_cipher.decrypt_line(line)) for line in lines)
        replace_bytes(new / AUDIT, b"".join(line + b"\n" for line in kept) + rest)
    (new / CACHE).mkdir(mode=0o700)
    summaries.copy_all(library, old_cipher, new, new_cipher)


def _counted(cipher: Cipher, file: Path) -> dict[str, int]:
    """The number of rows of each table of a database.

    Virtual tables are left out, because other tables hold their content. Raises the errors of
    `driver_errors`.
    """
    with closing(cipher.connect(str(file))) as database:
        ((state,),) = database.execute("PRAGMA quick_check(1)")
        if state != "ok":
            raise LibraryDamaged(f"{file} is damaged: {state}. The library was not converted.")
        # A virtual table has no root page.
        stored = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")
        names = [name for (name,) in stored]
        return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def _require_room(library: Path) -> None:
    """Raises `DiskFull` if the new files will not fit."""
    needed = ROOM + sum(
        (library / f"{name}{end}").stat().st_size
        for name in (CATALOGUE, HISTORY, AUDIT)
        for end in ("", "-wal")
        if (library / f"{name}{end}").exists()
    )
    free = shutil.disk_usage(library).free
    if free < needed:
        raise DiskFull(
            f"The library {library} was not converted: it needs {needed >> 20:,} MiB more, and"
            f" {free >> 20:,} MiB are free.",
            remedy="Free some space and run the command again.",
        )


def _put(new: Path, place: Path) -> None:
    """Moves a new file to its place, unless that has been done."""
    if new.exists():
        os.replace(new, place)


def _flush_all(folder: Path) -> None:
    """Waits until everything in a folder is on the disk."""
    for path in [*folder.rglob("*"), folder]:
        _flush(path)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
