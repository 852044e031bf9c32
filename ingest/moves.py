"""Recognizes files that moved, so that their documents keep their chunks and vectors."""

from collections.abc import Mapping

from ingest.catalogue import DocumentState, FileMove, FileRecord
from ingest.errors import UnreadableDocument
from ingest.handling import Handling
from ingest.opening import open_file
from ingest.parsers import media_type
from ingest.sources import Plan


def find_moves(
    source: str, changes: Plan, known: Mapping[str, FileRecord], *, limit: int, handling: Handling
) -> list[FileMove]:
    """Files whose document is stored and that are gone, while a file with the same content and type is new at
    another path.

    known: the catalogue's records of the files that are gone, by path. limit: see `open_file`.
    handling: a file that is masked otherwise at its new path is not recognised, and is read anew.

    Only new files with the size of a file that is gone are opened and hashed.
    """
    gone_by_size: dict[int, list[str]] = {}
    for path in changes.gone:
        if known[path].state in (DocumentState.INDEXED, DocumentState.PENDING):
            gone_by_size.setdefault(known[path].stamp.size, []).append(path)
    moves = []
    for candidate in changes.to_read:
        old_paths = gone_by_size.get(candidate.size)
        if not old_paths:
            continue
        try:
            with open_file(source, candidate.path, limit=limit) as file:
                digest, stamp = handling.digest(candidate.path, file.digest()), file.stamp
        except UnreadableDocument:
            continue  # Reading the file gives the reason.
        kind = media_type(candidate.path)
        for old in old_paths:
            if not known[old].is_due and known[old].digest == digest and media_type(old) == kind:
                old_paths.remove(old)
                moves.append(FileMove(old, candidate.path, stamp))
                break
    return moves
