"""Restores a library from a backup, also on another machine and under other paths: `carrel restore`.

The backup is unpacked into a folder of its own in the library's folder and prepared there. The conversations
are put in place first and the catalogue last, so a library is restored when its catalogue is there; until
then, nothing that was there is changed. A library that holds documents or conversations is never replaced.

Sources and all that lies in them move from OLD to NEW where the caller says so, in documents, excluded paths
and conversations alike. The codes of the text are made anew with this machine's key. Where they were made
with the same key, they are compared first, and altered documents are read again; otherwise the text is taken
as it is, because only the machine that wrote it could tell. The next update of a source compares each file
with its document by its digest, and reads those that differ.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from assistant import formatting
from assistant.config import Config, integrity_key, state_folder
from assistant.library.audit import RESTORED, forget_head
from assistant.library.backup import KEY_FILE, ShowProgress, no_backup, unpack, unseen_progress
from assistant.library.forgetting import NEXT
from assistant.library.history import History
from assistant.library.opened import AUDIT, CATALOGUE, HISTORY, Library
from ingest.catalogue import Catalogue
from ingest.documents import is_within
from ingest.encryption import is_encrypted, read_key_file
from ingest.errors import IngestError, LibraryDamaged, UnsupportedLayout
from ingest.mounts import unreachable_reason
from policies.hygiene import one_line

STAGING = Path(NEXT, "backup")
"""In the library's folder: the backup while it is prepared. What a killed process leaves there is discarded
like an unfinished reindex."""

_PATHS = frozenset({"path", "also", "earlier", "by", "erased", "folders"})
"""Names of the fields of questions and answers that hold paths, or lists of them."""

Move = tuple[str, str]
"""An absolute path in the backup, and the one that takes its place."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored."""

    documents: int
    """How many documents, with text or without."""
    sources: tuple[tuple[str, str], ...]
    """Each source, and why it cannot be reached now; empty if it can."""


def restore(
    backup: BinaryIO,
    library: Path,
    config: Config,
    moves: Sequence[Move],
    progress: ShowProgress = unseen_progress,
    *,
    unlock: Callable[[Path], None] = lambda folder: None,
) -> Restored:
    """Makes a library of a backup in the folder `library`, whose lock the caller holds.

    moves: resolved paths; the innermost that a path lies in counts.
    unlock: holds the key of the library in a folder, if that is encrypted.
    Raises `BadBackup`, and `IngestError` when the library holds something, or the moves do not fit.
    """
    staging = library / STAGING
    _require_empty(library)
    shutil.rmtree(library / NEXT, ignore_errors=True)
    try:
        (library / NEXT).mkdir(mode=0o700)
        staging.mkdir(mode=0o700)
        made = unpack(backup, staging, progress)
        _require_same_key(staging, library)
        unlock(staging)
        try:
            _relocate(staging, library, moves)
        except LibraryDamaged as error:
            raise no_backup() from error
        _install(staging, library)
    except OSError as error:
        raise IngestError(
            f"The backup cannot be restored to {one_line(str(library))}: {error.strerror or error}.",
            remedy="The folder must have room for a second copy of the library.",
        ) from error
    finally:
        shutil.rmtree(library / NEXT, ignore_errors=True)
    if not (library / AUDIT).exists():
        forget_head(library / AUDIT, state_folder() / "audit")
    with Library(library, config) as restored:
        restored.audit.note(RESTORED, f"a backup of {formatting.date_and_time(made)}")
        sources = restored.catalogue.sources
        return Restored(
            sum(restored.catalogue.documents.count_by_state().values()),
            tuple((path, unreachable_reason(path, sources.disk(path))) for path in sources.paths()),
        )


def _require_empty(library: Path) -> None:
    """Raises `IngestError` if the library holds documents or conversations, or cannot be read."""
    try:
        with closing(Catalogue(library / CATALOGUE, integrity_key(), read_only=True)) as catalogue:
            documents = sum(catalogue.documents.count_by_state().values())
        with closing(History(library / HISTORY, read_only=True)) as history:
            conversations = len(history.conversations())
    except (LibraryDamaged, UnsupportedLayout) as error:
        held = f"files that cannot be read ({error.message.rstrip('.')})"
    else:
        held = formatting.count_of(documents, "document") if documents else ""
        held = held or (formatting.count_of(conversations, "conversation") if conversations else "")
    if held:
        raise IngestError(
            f"The library {one_line(str(library))} holds {held}, so nothing was restored.",
            remedy="Restore into another folder with --library, or move that folder away first.",
        )


def _require_same_key(staging: Path, library: Path) -> None:
    """Raises `IngestError` if the library is encrypted, and the backup is not, or with another key."""
    if not is_encrypted(library):
        return
    if not (staging / KEY_FILE).exists() or read_key_file(staging).id != read_key_file(library).id:
        raise IngestError(
            f"The library {one_line(str(library))} is encrypted with another key than the backup, so nothing"
            " was restored.",
            remedy="Restore into another folder with --library. `carrel encrypt` encrypts it.",
        )


def _relocate(staging: Path, library: Path, moves: Sequence[Move]) -> None:
    """Moves everything in the databases, and makes their codes with this machine's key."""
    with closing(Catalogue(staging / CATALOGUE, integrity_key())) as catalogue:
        known = catalogue.sources.paths()
        for old, _ in moves:
            if not any(is_within(source, old) or is_within(old, source) for source in known):
                listed = ", ".join(map(one_line, known)) or "none"
                raise IngestError(
                    f"No source of the backup is at or below {one_line(old)}, so nothing was restored.",
                    remedy=f"Its sources are: {listed}.",
                )
        place = _placing(moves)
        for source in map(place, known):
            if is_within(os.path.realpath(library), source):
                raise IngestError(
                    f"{one_line(source)} contains the library itself, so nothing was restored.",
                    remedy="Map its sources to other folders, or keep the library elsewhere with --library.",
                )
        ids = catalogue.relocate(moves, place)
    if (staging / HISTORY).exists():
        with closing(History(staging / HISTORY)) as history:
            history.relocate(place, lambda value: _relocated(value, place, ids))


def _placing(moves: Sequence[Move]) -> Callable[[str], str]:
    """A function that says where a path is now."""
    innermost = sorted(moves, key=lambda move: len(move[0]), reverse=True)

    def place(path: str) -> str:
        for old, new in innermost:
            if is_within(path, old):
                return os.path.normpath(f"{new}/{os.path.relpath(path, old)}")
        return path

    return place


def _relocated(value: Any, place: Callable[[str], str], ids: dict[str, str]) -> Any:
    """A question or an answer, as it is stored, with the new paths and names of chunks."""

    def named(chunk: str) -> str:
        document, dot, ordinal = chunk.partition(".")
        return f"{ids.get(document, document)}{dot}{ordinal}"

    def moved(name: str, field: Any) -> Any:
        match name, field:
            case _, str() if name in _PATHS:
                return place(field)
            case _, list() if name in _PATHS:
                return [place(path) for path in field]
            case "unread", list():
                return [[place(path), reason] for path, reason in field]
            case "chunk_ids", list():
                return [named(chunk) for chunk in field]
            case "chunks", list():
                return [[named(chunk), digest] for chunk, digest in field]
        return _relocated(field, place, ids)

    if isinstance(value, dict):
        return {name: moved(name, field) for name, field in value.items()}
    if isinstance(value, list):
        return [_relocated(item, place, ids) for item in value]
    return value


def _install(staging: Path, library: Path) -> None:
    """Puts the key file and the databases in place, the catalogue last."""
    if (staging / KEY_FILE).exists():
        read_key_file(staging).write(library)
    for name in (HISTORY, CATALOGUE):
        if (staging / name).exists():
            for suffix in ("-wal", "-shm"):
                # The log of an empty file must not be taken for one of the new file.
                (library / f"{name}{suffix}").unlink(missing_ok=True)
            _flush(staging / name)
            os.replace(staging / name, library / name)
            _flush(library)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
