"""A library made anew, with another embedder or chunk length than it was made with.

The new catalogue is filled beside the old one, `next/` in the library, from the same sources, and takes
its place when it is complete: until then the old one is whole, and a run that is broken off goes on where
it stopped. Conversations stay.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from assistant.config import Config
from assistant.library.owner import FINGERPRINT, fingerprint, open_embedder
from ingest.catalogue import Catalogue
from ingest.embedding import Embedder
from ingest.jail import open_jail
from ingest.lock import Lock
from ingest.pipeline import Pipeline, Progress, Report
from ingest.vectors import VectorIndex

NEXT = "next"
"""The folder in the library where the new catalogue grows."""


def reindex(library: Path, config: Config) -> Iterator[Progress | Report]:
    """Yields the progress and the report of each source, and puts the new catalogue in place at the end.

    Raises `LibraryBusy` when another process owns the library, and `IngestError` when a source cannot be
    reached or the disk is full; the library is then as it was.
    """
    lock = Lock(library)
    try:
        old = Catalogue(library / "catalogue.db")
        try:
            sources, excluded = old.sources.paths(), old.sources.excluded()
            disks = {source: old.sources.disk(source) for source in sources}
        finally:
            old.close()
        folder = library / NEXT
        embedder = open_embedder(config, library)
        made = fingerprint(embedder, config)
        if folder.exists() and _made(folder) != made:
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700, exist_ok=True)
        catalogue = Catalogue(folder / "catalogue.db")
        try:
            catalogue.set_fact(FINGERPRINT, made)
            for source in sources:
                catalogue.sources.add(source)
                catalogue.sources.set_disk(source, disks[source])
            for path in excluded:
                catalogue.sources.exclude(path)
            yield from _filled(catalogue, embedder, config, folder)
        finally:
            catalogue.close()
        os.replace(folder / "catalogue.db", library / "catalogue.db")
        shutil.rmtree(folder)
    finally:
        lock.release()


def _made(folder: Path) -> str | None:
    catalogue = Catalogue(folder / "catalogue.db")
    try:
        return catalogue.fact(FINGERPRINT)
    finally:
        catalogue.close()


def _filled(
    catalogue: Catalogue, embedder: Embedder, config: Config, folder: Path
) -> Iterator[Progress | Report]:
    limit = config.index.max_file_mb << 20
    jail = open_jail(limit)
    # Not asked anything: what it holds is read again when the library is next opened.
    index = VectorIndex()
    pipeline = Pipeline(
        catalogue,
        lambda: index,
        lambda: embedder,
        jail.parse,
        disk=folder,
        chunk_tokens=config.index.chunk_tokens,
        largest_file=limit,
    )
    try:
        for source in catalogue.sources.paths():
            yield from pipeline.update(source)
    finally:
        pipeline.close()
        jail.close()
