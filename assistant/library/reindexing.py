"""Indexes a library again: with another embedder or chunk size, or because its catalogue cannot be used.

A new catalogue is filled from the same sources in `next/`, a folder of the library, and replaces the old
catalogue once it is complete. Until then the old one answers as before, with the embedder that made it if
that is still there; what is removed from it meanwhile is removed from the new one too. An interrupted run
continues where it stopped, unless a document is forgotten or changes before: then the run starts over, so
that nothing is left of that document. Conversations stay.

A catalogue that is damaged, or of a layout that this version does not read, gives its sources and exclusions
if they can still be read, and nothing else is needed of it.
"""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from assistant.config import Config, integrity_key
from assistant.library.embedders import FINGERPRINT, as_indexed, fingerprint, open_embedder
from assistant.library.forgetting import NEXT
from assistant.library.opened import CATALOGUE, Library
from assistant.library.owner import Owner
from ingest.catalogue import Catalogue
from ingest.catalogue.unowned import Remains, remains
from ingest.embedding import Embedder
from ingest.errors import IngestError, LibraryDamaged, UnsupportedLayout
from ingest.jail import Jail
from ingest.lock import Lock
from ingest.progress import Progress, Report

log = logging.getLogger(__name__)

OpenOwner = Callable[[Config, Lock], Owner]
"""Opens the library as it is, with these settings, and releases the lock when it is closed."""


def reindex(
    library: Path,
    config: Config,
    *,
    lock: Lock | None = None,
    open_owner: OpenOwner | None = None,
    embedder: Embedder | None = None,
    jail: Jail | None = None,
) -> Iterator[Progress | Report]:
    """Yields the progress and the report of each source, then puts the new catalogue in place.

    lock: the library's, if the caller holds it already. It is released.
    open_owner: opens the owner that answers meanwhile; None to open one that serves nobody.
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
        with ExitStack() as opened:
            new = opened.enter_context(Library(folder, config, embedder=embedder, jail=jail))
            new.embedder.get()  # Records the fingerprint, by which an interrupted run is recognised.
            old = _open_old(library, config, lock, open_owner, jail)
            if old is None:
                _take_over(library, new.catalogue)
                yield from _fill(new, None)
            else:
                with old:
                    old.opened.eraser.successor = new.eraser
                    yield from _fill(new, old)
        for suffix in ("-wal", "-shm"):
            # The log of a catalogue that could not be opened must not be taken for one of the new file.
            (library / f"{CATALOGUE}{suffix}").unlink(missing_ok=True)
        os.replace(folder / CATALOGUE, library / CATALOGUE)
        with Library(library, config, embedder=embedder, jail=jail) as updated:
            # Files may have changed or disappeared meanwhile. Discards `folder` too.
            updated.forget(())
    finally:
        lock.release()


def _open_old(
    library: Path, config: Config, lock: Lock, open_owner: OpenOwner | None, jail: Jail | None
) -> Owner | None:
    """The library as it is; None if its catalogue cannot be used."""
    try:
        settings = as_indexed(library, config)
        if open_owner is not None:
            return open_owner(settings, lock.shared())
        return Owner(library, settings, lock=lock.shared(), jail=jail)
    except (LibraryDamaged, UnsupportedLayout) as error:
        log.warning("%s It is made again.", error.message)
        return None


def _take_over(library: Path, new: Catalogue) -> None:
    """Takes over the sources of a catalogue that cannot be used. Raises `IngestError` if it has none."""
    found: Remains = remains(library / CATALOGUE)
    if not found.sources and not new.sources.paths():
        raise IngestError(
            f"The sources of {library / CATALOGUE} cannot be read, so there is nothing to index again.",
            remedy=f"Delete {CATALOGUE} in that folder, and add your folders again with `carrel add`.",
        )
    for source in found.sources:
        new.sources.add(source)
    new.exclusions.restore(found.exclusions, found.exclusion_key)


def _fill(new: Library, old: Owner | None) -> Iterator[Progress | Report]:
    """Indexes the sources, also those that are added to the old library meanwhile."""
    pipeline = new.pipeline(old.gate if old is not None else None)
    filled: set[str] = set()
    try:
        while True:
            if old is not None:
                _copy_sources(old.opened.catalogue, new.catalogue)
            waiting = [source for source in new.catalogue.sources.paths() if source not in filled]
            if not waiting:
                return
            yield from pipeline.update(waiting[0])
            filled.add(waiting[0])
    finally:
        pipeline.close()


def _copy_sources(old: Catalogue, new: Catalogue) -> None:
    """Adds the sources of a catalogue to another one, with what is excluded from them, and collections."""
    known = new.sources.paths()
    for source in old.sources.paths():
        if source not in known:
            new.sources.add(source)
            new.sources.set_disk(source, old.sources.disk(source))
    old.exclusions.copy_to(new.exclusions)
    old.collections.copy_to(new.collections)


def _fingerprint_in(folder: Path) -> str | None:
    """What the vectors in an unfinished new catalogue were made with; None if it cannot be used."""
    try:
        catalogue = Catalogue(folder / CATALOGUE, integrity_key())
    except (LibraryDamaged, UnsupportedLayout):
        return None
    try:
        return catalogue.fact(FINGERPRINT)
    finally:
        catalogue.close()
