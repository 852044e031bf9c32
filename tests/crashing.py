"""A library's owner that lives to be killed: indexes a folder over and over and says what is indexed.

Run in a process of its own by tests/ingest/test_crashes.py. Catalogue and index are the real ones; the
embedder hashes words, so that a start takes little.
"""

import sqlite3
from multiprocessing.connection import Connection
from pathlib import Path

from ingest.catalogue import Catalogue, DocumentState
from ingest.embedding import HashingEmbedder
from ingest.errors import IngestError
from ingest.keywords import terms
from ingest.pipeline import Pipeline
from ingest.vectors import VectorIndex
from tests.parsing import parse

Held = dict[str, str]
"""Digests of what is indexed, by path."""


def own(folder: Path, library: Path, said: Connection, *, once: bool) -> None:
    """Opens the library, says what it holds and what is wrong with it, then keeps it up to date.

    once: ends in order when all is indexed; else goes on until killed.
    """
    library.mkdir(exist_ok=True)
    catalogue = Catalogue(library / "catalogue.db")
    catalogue.sources.add(str(folder))
    index = VectorIndex(catalogue.chunks.all_vectors())
    embedder = HashingEmbedder()
    said.send((_held(catalogue), _wrong(library, catalogue, index, embedder)))
    pipeline = Pipeline(
        catalogue, lambda: index, lambda: embedder, parse, disk=folder, chunk_tokens=16, largest_file=1 << 20
    )
    while True:
        try:
            job = pipeline.look(str(folder))
            while not job.done:
                pipeline.advance(0.01)
                said.send((_held(catalogue), []))
        except (IngestError, FileNotFoundError):
            continue  # The folder is changed while it is walked.
        pipeline.prune()
        said.send((_held(catalogue), []))
        if once:
            break
    pipeline.close()
    said.send((_held(catalogue), _wrong(library, catalogue, index, embedder)))
    catalogue.close()


def _held(catalogue: Catalogue) -> Held:
    known = catalogue.documents.file_records(catalogue.sources.paths())
    return {
        path: file.digest
        for path, file in known.items()
        if file.state is DocumentState.INDEXED and file.digest
    }


def _wrong(library: Path, catalogue: Catalogue, index: VectorIndex, embedder: HashingEmbedder) -> list[str]:
    """What does not agree: the database with itself, the vectors with it, a document with what finds it."""
    database = sqlite3.connect(library / "catalogue.db")
    try:
        (state,) = database.execute("PRAGMA integrity_check").fetchone()
        broken = database.execute("PRAGMA foreign_key_check").fetchall()
    finally:
        database.close()
    wrong = [f"integrity: {state}"] if state != "ok" or broken else []
    stored = {
        name: vector
        for names, batch in catalogue.chunks.all_vectors()
        for name, vector in zip(names, batch, strict=True)
    }
    if len(index) != len(stored):
        wrong.append(f"{len(index)} vectors in the index, {len(stored)} in the catalogue")
    for name, vector in stored.items():
        if dict(index.nearest(vector.reshape(1, -1), 10)).get(name, 0.0) < 0.999:
            wrong.append(f"the vector {name[:8]} is not found")
    for entry in catalogue.documents.entries():
        if entry.state is DocumentState.INDEXED:
            word = Path(entry.path).stem.split()[-1]
            chunks = catalogue.chunks.by_id(list(catalogue.full_text.scores(terms(word), 50)))
            if entry.path not in {chunk.locator.path for chunk in chunks.values()}:
                wrong.append(f"{entry.path} is not found by its word")
    return wrong
