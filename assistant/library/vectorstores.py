"""The vector store of a library: the one place that decides where its vectors are kept."""

from pathlib import Path

from assistant.config import StoreChoice
from ingest.catalogue import Catalogue
from ingest.encryption import cipher_of, is_encrypted
from ingest.errors import IngestError
from ingest.vectors import VectorStore
from ingest.vectors.chroma import ChromaVectors, discard_folder
from ingest.vectors.exact import ExactVectors
from ingest.vectors.rows import discard

CODES = Path("vectors.codes")
"""In the library's folder: the vectors in the form in which they are compared, made from the catalogue."""

CHROMA = Path("vectors.chroma")
"""In the library's folder: the index of Chroma, made from the catalogue."""


def is_kept(folder: Path) -> bool:
    """Whether vectors are kept on disk, besides those in the catalogue of the library in `folder`."""
    return (folder / CODES).exists() or (folder / CHROMA).exists()


def open_store(folder: Path, catalogue: Catalogue, choice: StoreChoice, *, read_only: bool) -> VectorStore:
    """The vector store of the library in `folder`. What another store kept there is overwritten and deleted.

    choice: a library that is only read has the exact store in any case, because Chroma writes.
    read_only: whether to change nothing in the folder.
    Raises `IngestError` when Chroma is chosen, and not installed or the library is encrypted.
    """
    chunks = catalogue.chunks
    if read_only:
        return _opened(folder, catalogue, read_only=True)
    if choice is StoreChoice.CHROMA and is_encrypted(folder):
        raise IngestError(
            "The configuration chooses Chroma for vectors (index.store), which cannot encrypt its files, and "
            "the library is encrypted.",
            remedy="Set index.store to exact.",
        )
    if choice is StoreChoice.CHROMA:
        discard(folder / CODES)
        return ChromaVectors(folder / CHROMA, chunks.vectors_state(), chunks.all_vectors)
    discard_folder(folder / CHROMA)
    return _opened(folder, catalogue, read_only=False)


def _opened(folder: Path, catalogue: Catalogue, *, read_only: bool) -> ExactVectors:
    chunks = catalogue.chunks
    return ExactVectors.opened(
        folder / CODES,
        chunks.vectors_state(),
        chunks.all_vectors,
        cipher=cipher_of(folder),
        read_only=read_only,
    )


def close_store(store: VectorStore, catalogue: Catalogue) -> None:
    """Completes what the store keeps on disk, and closes it."""
    store.settle(catalogue.chunks.vectors_state())
    store.close()
