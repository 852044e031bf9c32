"""Notes in a catalogue, for tests that need no pipeline, and its file as other programs change it."""

import sqlite3
from pathlib import Path

from ingest.catalogue import Catalogue
from ingest.catalogue.layout import layout
from ingest.chunking import chunks
from ingest.documents import Chunk
from ingest.embedding import HashingEmbedder
from ingest.keywords import terms
from ingest.opening import Stamp
from tests.parsing import parse_bytes
from tests.running import KEY

NOTE = "# Lease\n\nThe lease ends on 30 June 2027.\n\n## Rent\n\nThe rent is 870 euros.\n"


def store_note(catalogue: Catalogue, path: str, text: str = NOTE, *, indexed: bool = True) -> list[Chunk]:
    """Stores `text` as the document at `path`, with vectors if it is to be indexed. Returns its chunks."""
    document = parse_bytes(path, text.encode())
    embedder = HashingEmbedder()
    pieces = list(chunks(document, embedder.count))
    catalogue.store(document, pieces, digest=document.id, stamp=Stamp(len(text), 1))
    if indexed:
        texts = catalogue.chunks.texts_to_embed(100)
        catalogue.chunks.store_vectors(list(texts), embedder.embed(list(texts.values())))
        catalogue.documents.mark_indexed()
    return pieces


def opened_behind(file: Path) -> sqlite3.Connection:
    """A connection to a file of a library, with the functions that the schema of a catalogue needs."""
    connection = sqlite3.connect(file, isolation_level=None)
    for name, function in layout(KEY).functions.items():
        connection.create_function(name, -1, function)
    return connection


def paths_found(catalogue: Catalogue, question: str) -> list[str]:
    """The paths of the documents whose chunks full-text search finds, one for each chunk, best first."""
    ids = list(catalogue.full_text.scores(terms(question), 10))
    chunks_by_id = catalogue.chunks.by_id(ids)
    return [chunks_by_id[chunk_id].locator.path for chunk_id in ids]
