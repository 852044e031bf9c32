"""A process that owns a library and lives to be killed: it indexes a folder again and again.

Run by tests/ingest/test_crashes.py. The catalogue and the vector index are the real ones. The embedder hashes
words, so that a start takes little time.
"""

import sqlite3
from multiprocessing.connection import Connection
from pathlib import Path

from ingest.catalogue import Catalogue, DocumentState
from ingest.embedding import HashingEmbedder
from ingest.errors import IngestError
from ingest.keywords import terms
from ingest.pipeline import Pipeline
from ingest.vectors import nearest
from ingest.vectors.exact import ExactVectors
from tests.parsing import parse
from tests.running import KEY

IndexedFiles = dict[str, str]
"""Paths of the files that are indexed, and their digests."""


def own(folder: Path, library: Path, reports: Connection, *, once: bool) -> None:
    """Opens the library and keeps it up to date with the folder.

    Sends reports of (indexed files, inconsistencies): the first and, with `once`, the last one with all
    inconsistencies in the library, those between them without.

    once: ends when everything is indexed, instead of continuing until it is killed.
    """
    library.mkdir(exist_ok=True)
    catalogue = Catalogue(library / "catalogue.db", KEY)
    catalogue.sources.add(str(folder))
    index = ExactVectors(catalogue.chunks.all_vectors())
    embedder = HashingEmbedder()
    reports.send((_indexed_files(catalogue), _inconsistencies(library, catalogue, index)))
    pipeline = Pipeline(
        catalogue, lambda: index, lambda: embedder, parse, disk=folder, chunk_tokens=16, largest_file=1 << 20
    )
    while True:
        try:
            job = pipeline.look(str(folder))
            while not job.done:
                pipeline.advance(0.01)
                reports.send((_indexed_files(catalogue), []))
        except (IngestError, FileNotFoundError):
            continue  # The folder changes while it is read.
        pipeline.prune()
        reports.send((_indexed_files(catalogue), []))
        if once:
            break
    pipeline.close()
    reports.send((_indexed_files(catalogue), _inconsistencies(library, catalogue, index)))
    catalogue.close()


def _indexed_files(catalogue: Catalogue) -> IndexedFiles:
    records = catalogue.documents.file_records(catalogue.sources.paths())
    return {
        path: record.digest
        for path, record in records.items()
        if record.state is DocumentState.INDEXED and record.digest
    }


def _inconsistencies(library: Path, catalogue: Catalogue, index: ExactVectors) -> list[str]:
    """Disagreements in the file, between the file and the index, and of a document with what finds it."""
    database = sqlite3.connect(library / "catalogue.db")
    try:
        (state,) = database.execute("PRAGMA integrity_check").fetchone()
        broken = database.execute("PRAGMA foreign_key_check").fetchall()
    finally:
        database.close()
    problems = [f"integrity: {state}"] if state != "ok" or broken else []
    stored = {
        name: vector
        for names, batch in catalogue.chunks.all_vectors()
        for name, vector in zip(names, batch, strict=True)
    }
    if len(index) != len(stored):
        problems.append(f"{len(index)} vectors in the index, {len(stored)} in the catalogue")
    for name, vector in stored.items():
        if dict(nearest(index, catalogue, vector.reshape(1, -1), 10)).get(name, 0.0) < 0.999:
            problems.append(f"the vector {name[:8]} is not found")
    for entry in catalogue.documents.entries():
        if entry.state is DocumentState.INDEXED:
            word = Path(entry.path).stem.split()[-1]
            chunks = catalogue.chunks.by_id(list(catalogue.full_text.scores(terms(word), 50)))
            if entry.path not in {chunk.locator.path for chunk in chunks.values()}:
                problems.append(f"{entry.path} is not found by its word")
    return problems
