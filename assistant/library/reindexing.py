"""Indexes a library again, with another embedder or chunk size than it was indexed with.

A new catalogue is filled from the same sources in `next/`, a folder of the library, and replaces the old
catalogue once it is complete. Until then the old one is untouched, and an interrupted run continues where it
stopped, unless a document is forgotten or changes meanwhile: then the run starts over, so that nothing is
left of that document. Conversations stay.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from assistant.config import Config, integrity_key
from assistant.library.embedders import FINGERPRINT, fingerprint, open_embedder
from assistant.library.forgetting import NEXT
from assistant.library.opened import CATALOGUE, Library
from ingest.catalogue import Catalogue
from ingest.embedding import Embedder
from ingest.jail import Jail
from ingest.lock import Lock
from ingest.progress import Progress, Report


def reindex(
    library: Path,
    config: Config,
    *,
    lock: Lock | None = None,
    embedder: Embedder | None = None,
    jail: Jail | None = None,
) -> Iterator[Progress | Report]:
    """Yields the progress and the report of each source, then puts the new catalogue in place.

    lock: the library's, if the caller holds it already. It is released.
    embedder, jail: opened by the caller, who closes them; None to open the configured ones.
    Raises `LibraryBusy` when another process owns the library, and `IngestError` when a source cannot be
    reached or the disk is full; the library is then unchanged.
    """
    lock = lock or Lock(library)
    try:
        folder = library / NEXT
        embedder = embedder or open_embedder(config, library)
        if folder.exists() and _fingerprint_in(folder) != fingerprint(embedder, config):
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700, exist_ok=True)
        with Library(folder, config, embedder=embedder, jail=jail) as new:
            new.embedder.get()  # Records the fingerprint, by which an interrupted run is recognised.
            _copy_sources(library / CATALOGUE, new.catalogue)
            pipeline = new.pipeline()
            try:
                for source in new.catalogue.sources.paths():
                    yield from pipeline.update(source)
            finally:
                pipeline.close()
        os.replace(folder / CATALOGUE, library / CATALOGUE)
        with Library(library, config, embedder=embedder, jail=jail) as updated:
            # Files may have changed or disappeared meanwhile. Discards `folder` too.
            updated.forget(())
    finally:
        lock.release()


def _fingerprint_in(folder: Path) -> str | None:
    """What the vectors in an unfinished new catalogue were made with."""
    catalogue = Catalogue(folder / CATALOGUE, integrity_key())
    try:
        return catalogue.fact(FINGERPRINT)
    finally:
        catalogue.close()


def _copy_sources(path: Path, new: Catalogue) -> None:
    """Copies the sources of the catalogue at `path`, their disks and what is excluded, into `new`."""
    old = Catalogue(path, integrity_key())
    try:
        for source in old.sources.paths():
            new.sources.add(source)
            new.sources.set_disk(source, old.sources.disk(source))
        old.exclusions.copy_to(new.exclusions)
    finally:
        old.close()
