"""Backups: `carrel backup` writes a library to one file, and `carrel restore` reads it.

The file is a tar archive, compressed with gzip: a manifest first, then `catalogue.db`, which holds the
vectors too, and `history.db`. The manifest has the sizes and digests of both. What is made again by itself is
left out: summaries, cached prompts, the audit log, which is about one machine, and the pins of models.

The databases are copied by SQLite's own backup, from snapshots that begin before the first of them is copied,
so the owner may change the library meanwhile. Text that was forgotten and not yet overwritten is overwritten
in the copy. A damaged library is not backed up, so that no sound backup is replaced by a damaged one.

A backup is as private as its library: that of an encrypted library holds the databases encrypted, with the
key file that they need, and that of another library is not encrypted.
"""

import gzip
import hashlib
import json
import os
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from assistant.config import integrity_key
from assistant.library.history import History, history_layout
from assistant.library.opened import CATALOGUE, HISTORY
from ingest.catalogue import Catalogue
from ingest.catalogue.layout import layout
from ingest.connecting import cipher_at, connect_to_read, problem_of
from ingest.encryption import KEY, is_encrypted, read_key_file
from ingest.encryption.ciphers import driver_errors, operational_errors
from ingest.errors import IngestError, LibraryDamaged
from ingest.lock import undisturbed
from policies.durable import drafting, move_new
from policies.errors import CarrelError
from policies.hygiene import one_line

FORMAT = "carrel-backup"
"""What the manifest of a backup says that it is."""

VERSION, ENCRYPTED_VERSION = 1, 2
"""The versions of backups: without a key file, and with one."""

MANIFEST = "manifest.json"
"""Name of the first member."""

KEY_FILE = Path(KEY)
"""The member with the key file of an encrypted library."""

LARGEST_MANIFEST = 1 << 16
"""Bytes."""

_NO_BACKUP = (
    *(tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError),
    *(ValueError, LookupError, TypeError, AttributeError),
)
"""What reading a file raises that is none, or that was damaged."""

MEGABYTE = 1_000_000
_PIECE = 1 << 20
_COMPRESSION = 3  # Level 9 takes five times as long, and vectors, which are most of it, get no smaller.


ShowProgress = Callable[[int, int, str], None]
"""Shows how far the work is: megabytes done, megabytes in all, what is done now."""


def unseen_progress(done: int, total: int, item: str) -> None:
    """Shows nothing."""


class BadBackup(CarrelError):
    """A file is not a backup, or is damaged."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written."""

    documents: int
    """How many documents it holds, with text or without."""
    bytes: int
    """Size of the file."""


def write_backup(
    library: Path, place: Path, *, force: bool, progress: ShowProgress = unseen_progress
) -> Backup:
    """Writes a library to the file at `place`, whole or not at all, readable by its owner only.

    force: whether a file that is there is replaced.
    Raises `LibraryDamaged`, and `IngestError` when there is no library or the file cannot be written.
    """
    if not (library / CATALOGUE).is_file():
        raise IngestError(
            f"There is no library in {one_line(str(library))}.", remedy="Name its folder with --library."
        )
    with _failing(place), drafting(place.parent) as drafts:
        copies = _copied(library, drafts, progress)
        catalogue = Catalogue(drafts / CATALOGUE, integrity_key())
        with closing(catalogue):
            documents = sum(catalogue.documents.count_by_state().values())
            if catalogue.has_remains:
                catalogue.clean()
                catalogue.set_clean()
                if HISTORY in copies:
                    with closing(History(drafts / HISTORY)) as history:
                        history.clean()
        draft = drafts / "backup"
        with draft.open("xb") as file:
            keys = [KEY_FILE] if is_encrypted(drafts) else []
            _pack(file, [drafts / copy for copy in (*keys, *copies)], progress)
            file.flush()
            os.fsync(file.fileno())
        size = draft.stat().st_size
        move_new(draft, place, force=force)
    return Backup(documents, size)


def unpack(backup: BinaryIO, folder: Path, progress: ShowProgress = unseen_progress) -> float:
    """Writes the databases of a backup into `folder`, and returns when it was made, in seconds since 1970.

    Raises `BadBackup` when the file is not a backup, was cut off, or differs anywhere from what was written;
    `folder` may then hold a part.
    """
    try:
        with gzip.GzipFile(fileobj=backup) as unzipped:
            with tarfile.open(fileobj=unzipped, mode="r|") as archive:
                manifest = _manifest(archive)
                total = sum(expected["bytes"] for expected in manifest["files"].values())
                count = _counting(progress, total, "unpacking")
                for name in manifest["files"]:
                    _unpack_file(archive, name, manifest["files"][name], folder / name, count)
                if archive.next() is not None:
                    raise ValueError("it has another member")
            while unzipped.read(_PIECE):
                pass  # gzip compares its checksum at the end.
            return float(manifest["created"])
    except _NO_BACKUP as error:
        raise no_backup() from error


def no_backup() -> BadBackup:
    """The error for a file that is not a backup, or a damaged one."""
    return BadBackup(
        "The file is not a backup of a Carrel library, or it is damaged or cut off. Nothing was restored.",
        remedy="Use another backup.",
    )


# Writing


def _copied(library: Path, folder: Path, progress: ShowProgress) -> list[Path]:
    """Copies the databases of a library into `folder`, as they were at one moment. Returns their names."""
    names = [name for name in (CATALOGUE, HISTORY) if (library / name).is_file()]
    if is_encrypted(library):
        # Before the databases: what is written beside it is encrypted.
        read_key_file(library).write(folder)
    with undisturbed(library), ExitStack() as stack:
        snapshots = []
        for name in names:
            with _reading(library / name):
                source = stack.enter_context(closing(connect_to_read(library / name)))
                source.execute("BEGIN")
                source.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()  # Begins it.
            snapshots.append(source)
        for name, source in zip(names, snapshots, strict=True):
            opened = closing(cipher_at(folder / name).connect(str(folder / name)))
            with _reading(library / name), opened as target:
                # The copy is worth nothing until it is complete.
                target.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
                page = int(source.execute("PRAGMA page_size").fetchone()[0])  # SQLCipher returns a text.
                show = partial(_show_pages, progress, f"copying {name}", page)
                source.backup(target, pages=_PIECE // page, progress=show)
    known = {CATALOGUE: layout(integrity_key()), HISTORY: history_layout(HISTORY)}
    for name in names:
        wanted = known[name]
        if problem := problem_of(folder / name, oldest=wanted.oldest, newest=wanted.version):
            raise _damaged(library / name, problem)
    return names


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    """Raises `LibraryDamaged` when a file of the library is."""
    try:
        yield
    except operational_errors():
        raise
    except driver_errors() as error:
        raise _damaged(file, f"is damaged: {error}") from error


def _damaged(file: Path, problem: str) -> LibraryDamaged:
    return LibraryDamaged(
        f"{one_line(str(file))} {problem}. No backup was written.",
        remedy="Run `carrel check`, which says what to do.",
    )


@contextmanager
def _failing(place: Path) -> Iterator[None]:
    """Raises `IngestError` when the file cannot be written."""
    try:
        yield
    except operational_errors(OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise IngestError(
            f"{one_line(str(place))} was not written: {reason or error}.",
            remedy="Its folder must have room for a second copy of the library.",
        ) from error


def _pack(file: BinaryIO, members: list[Path], progress: ShowProgress) -> None:
    """Writes the archive of these files."""
    count = _counting(progress, sum(member.stat().st_size for member in members), "packing")
    files = {member.name: {"bytes": member.stat().st_size, "sha256": _sha256(member)} for member in members}
    created = time.time()
    version = ENCRYPTED_VERSION if KEY_FILE.name in files else VERSION
    manifest = {"format": FORMAT, "version": version, "created": created, "files": files}
    with (
        gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=_COMPRESSION, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w|") as archive,
        tempfile.TemporaryFile(dir=members[0].parent) as header,
    ):
        header.write(json.dumps(manifest).encode("ascii"))
        header.seek(0)
        _add(archive, MANIFEST, header, created)
        for member in members:
            with member.open("rb") as content:
                _add(archive, member.name, _CountedFile(content, count), created)


def _add(archive: tarfile.TarFile, name: str, content: "BinaryIO | _CountedFile", created: float) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = os.fstat(content.fileno()).st_size, 0o600, int(created)
    archive.addfile(member, content)


def _show_pages(progress: ShowProgress, item: str, page: int, _: int, left: int, total: int) -> None:
    """Shows how far SQLite is, which counts pages of `page` bytes."""
    progress((total - left) * page // MEGABYTE, total * page // MEGABYTE, item)


def _counting(progress: ShowProgress, total: int, item: str) -> Callable[[int], None]:
    """A function that is told how many more bytes are done, and shows it."""
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done = min(done + more, total)
        progress(done // MEGABYTE, total // MEGABYTE, item)

    return count


class _CountedFile:
    """A file that is read, of which the bytes are counted."""

    def __init__(self, file: BinaryIO, count: Callable[[int], None]) -> None:
        self._file = file
        self._count = count

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, at most `size`."""
        data = self._file.read(size)
        self._count(len(data))
        return data

    def fileno(self) -> int:
        """The descriptor of the file."""
        return self._file.fileno()


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


# Reading


def _manifest(archive: tarfile.TarFile) -> dict[str, Any]:
    """The manifest. Raises an error that `unpack` translates."""
    member = archive.next()
    if member is None or member.name != MANIFEST or not member.isreg() or member.size > LARGEST_MANIFEST:
        raise ValueError("it begins with something else")
    content = archive.extractfile(member)
    assert content is not None, "regular files have content"
    manifest = json.load(content)
    if manifest["format"] != FORMAT:
        raise ValueError("its format is another one")
    if manifest["version"] not in (VERSION, ENCRYPTED_VERSION):
        raise BadBackup(
            "The backup was written by a newer Carrel. Nothing was restored.", remedy="Update Carrel."
        )
    keys = [KEY_FILE.name] if manifest["version"] == ENCRYPTED_VERSION else []
    required = [*keys, CATALOGUE.name]
    if list(manifest["files"]) not in (required, [*required, HISTORY.name]):
        raise ValueError("it has other files")
    return dict(manifest)


def _unpack_file(
    archive: tarfile.TarFile, name: str, expected: dict[str, Any], place: Path, count: Callable[[int], None]
) -> None:
    """Writes the next member to `place`. Raises an error that `unpack` translates."""
    member = archive.next()
    if member is None or member.name != name or not member.isreg() or member.size != expected["bytes"]:
        raise ValueError(f"{name} is missing")
    content = archive.extractfile(member)
    assert content is not None, "regular files have content"
    digest = hashlib.sha256()
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while piece := content.read(_PIECE):
            digest.update(piece)
            file.write(piece)
            count(len(piece))
    if digest.hexdigest() != expected["sha256"]:
        raise ValueError(f"{name} differs")
