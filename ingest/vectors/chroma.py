"""A vector store in an index of Chroma: a graph of neighbours (HNSW), in this process.

It answers in a time that hardly grows with the library, and misses some near-duplicates, needs more memory,
and takes long to fill; docs/decisions.md says from what size it pays. It is chosen by `index.store`.

Chroma's files are believed only after an orderly close: a file beside them names the state of the catalogue
that they fit. It is deleted before the first change and written after Chroma has closed its files. Otherwise
they are overwritten and filled again. A removed vector stays in Chroma's log and graph, so after a removal
the whole index is filled again when the store is settled.

Chroma reads settings from the environment and from `.env` in the current folder, and imports classes that
they name. Here it reads neither: while its modules are imported, and in the settings of the client. Its
telemetry is off. It is never given text: vectors are made by the library's embedder.
"""

import logging
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ingest.embedding import Vectors
from ingest.errors import IngestError
from ingest.vectors.exact import Stored
from ingest.vectors.rows import discard
from policies.durable import replace_text
from policies.errors import CarrelError

log = logging.getLogger(__name__)

STATE = "state"
"""In the store's folder: the state of the catalogue that the index fits."""

INDEX = "index"
"""In the store's folder: Chroma's files."""

GRAPH = {"space": "cosine", "ef_construction": 200, "ef_search": 400, "max_neighbors": 32}
"""Parameters of the graph."""

_COLLECTION = "vectors"

SOURCES = "settings_customise_sources"
"""The method of pydantic-settings that says where settings come from."""


def is_installed() -> bool:
    """Whether chromadb is installed."""
    return find_spec("chromadb") is not None


class ChromaVectors:
    """All vectors of a library in an index of Chroma. Implements `VectorStore`."""

    def __init__(self, folder: Path, state: str, stored: Callable[[], Stored]) -> None:
        """Opens the index in `folder` if it fits the catalogue's state; otherwise it is filled again.

        stored: returns what the catalogue has.
        Raises `IngestError` when chromadb is not installed.
        """
        if not is_installed():
            raise IngestError(
                "The configuration selects Chroma for vectors (index.store), but it is not installed.",
                remedy="Run `pip install -c constraints.txt '.[chroma]'` in Carrel's folder, or set "
                "index.store to exact.",
            )
        self._folder = folder
        self._stored = stored
        self._lock = threading.RLock()
        self._is_changed = False
        self._has_removed = False
        self._settled = ""
        """The state of the catalogue that the index fits; empty if it is not known."""
        self._client: Any = None
        if state and self._recorded() == state:
            with suppress(Exception):  # Chroma's errors have no common class. The index is filled again.
                self._open()
                self._settled = state
        if not self._settled:
            with _translated():
                self._fill(state)

    def _recorded(self) -> str:
        try:
            return (self._folder / STATE).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def _open(self) -> None:
        self._client = _client(self._folder / INDEX)
        self._collection = self._client.get_or_create_collection(
            _COLLECTION, embedding_function=None, configuration={"hnsw": GRAPH}
        )
        self._count = int(self._collection.count())

    def _fill(self, state: str) -> None:
        """Makes the index again from the catalogue."""
        self._stop()
        discard_folder(self._folder)
        for folder in (self._folder, self._folder / INDEX):
            folder.mkdir(mode=0o700)
        self._open()
        for names, vectors in self._stored():
            self.upsert(names, vectors)
        self._has_removed = False
        self._settled = state

    def upsert(self, names: Sequence[str], vectors: Vectors) -> None:
        """Adds unit vectors, of shape (names, dimensions). A vector replaces the previous one of its name."""
        with self._lock, _translated():
            self._begin_change()
            most = int(self._client.get_max_batch_size())
            for start in range(0, len(names), most):
                part = slice(start, start + most)
                self._collection.upsert(
                    ids=list(names[part]), embeddings=np.ascontiguousarray(vectors[part], np.float32)
                )
            self._count = int(self._collection.count())

    def remove(self, names: Iterable[str]) -> None:
        """Removes vectors. They are overwritten on disk by `settle`. Unknown names are ignored."""
        with self._lock, _translated():
            known = self._known(list(names))
            if known:
                self._begin_change()
                self._collection.delete(ids=known)
                self._count = int(self._collection.count())
                self._has_removed = True

    def propose(self, vector: Vectors, k: int, *, among: Iterable[str] | None = None) -> list[str]:
        """The names of about the `k` most similar vectors, best first; see `VectorStore`."""
        with self._lock, _translated():
            known = None if among is None else self._known(list(among))
            k = min(k, self._count if known is None else len(known))
            if not k:
                return []
            found = self._collection.query(
                query_embeddings=np.asarray(vector, np.float32), n_results=k, ids=known, include=[]
            )
            return list(found["ids"][0])

    def _known(self, names: list[str]) -> list[str]:
        """Those of `names` that are in the index."""
        return list(self._collection.get(ids=names, include=[])["ids"]) if names else []

    def settle(self, state: str) -> None:
        """Fills the index again if vectors were removed, and remembers which state it fits."""
        with self._lock, _translated():
            if self._has_removed:
                self._fill(state)
            self._settled = state

    def close(self) -> None:
        """Closes Chroma's files, then records which state they fit."""
        with self._lock:
            state = "" if self._has_removed else self._settled
            self._stop()
            if state and self._is_changed:
                replace_text(self._folder / STATE, state)

    def __len__(self) -> int:
        """The number of vectors."""
        return self._count

    def _begin_change(self) -> None:
        """Before anything changes: what is on disk is no longer believed."""
        (self._folder / STATE).unlink(missing_ok=True)
        self._is_changed, self._settled = True, ""

    def _stop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def discard_folder(folder: Path) -> None:
    """Overwrites the files of a store that is not open, and deletes them."""
    if folder.is_symlink():
        folder.unlink()
    if not folder.is_dir():
        return
    for path in sorted(folder.rglob("*")):
        if path.is_file() or path.is_symlink():
            discard(path)
    shutil.rmtree(folder)


@contextmanager
def _translated() -> Iterator[None]:
    """Chroma's errors, which have no common class, as one of Carrel's."""
    try:
        yield
    except CarrelError:
        raise
    except Exception as error:
        raise IngestError(
            f"The index of Chroma cannot be used: {error}.",
            remedy="Free some space if the disk is full, or set index.store to exact. Nothing is lost.",
        ) from error


def _client(folder: Path) -> Any:
    """A client of the index in `folder`, with these settings and no others."""
    with _without_surroundings():  # 1 s: chromadb and what it imports.
        import chromadb
        from chromadb.config import Settings

        settings = Settings(
            anonymized_telemetry=False,
            chroma_otel_collection_endpoint="",
            allow_reset=False,
        )
        try:
            return chromadb.PersistentClient(str(folder), settings=settings)
        except BaseException:
            # Chroma keeps what it opened for the next client, even if that failed.
            chromadb.api.client.SharedSystemClient.clear_system_cache()
            raise


_importing = threading.Lock()


@contextmanager
def _without_surroundings() -> Iterator[None]:
    """Inside it, settings of Chroma come neither from the environment nor from a file."""
    from pydantic_settings import BaseSettings

    def only_given(cls: Any, /, settings_cls: Any, init_settings: Any, **others: Any) -> tuple[Any, ...]:
        return (init_settings,)

    with _importing:
        original = BaseSettings.__dict__[SOURCES]
        setattr(BaseSettings, SOURCES, classmethod(only_given))
        try:
            yield
        finally:
            setattr(BaseSettings, SOURCES, original)
