"""The vector store of a library: the one place that decides where its vectors are kept."""

from pathlib import Path

from ingest.catalogue import Catalogue
from ingest.encryption import is_encrypted
from ingest.vectors import VectorStore
from ingest.vectors.exact import ExactVectors
from ingest.vectors.rows import discard

CODES = Path("vectors.codes")
"""In the library's folder: the vectors in the form in which they are compared, made from the catalogue."""


def is_kept(folder: Path) -> bool:
    """Whether vectors are kept on disk, besides those in the catalogue of the library in `folder`."""
    return (folder / CODES).exists()


def open_store(folder: Path, catalogue: Catalogue, *, read_only: bool) -> VectorStore:
    """The vector store of the library in `folder`.

    In an encrypted library it is in memory alone, because nothing derived from documents is written in plain.

    read_only: whether to change nothing in the folder.
    """
    chunks = catalogue.chunks
    if is_encrypted(folder):
        if not read_only:
            discard(folder / CODES)  # Of the time before it was encrypted.
        return ExactVectors(chunks.all_vectors())
    return ExactVectors.opened(
        folder / CODES, chunks.vectors_state(), chunks.all_vectors, read_only=read_only
    )


def close_store(store: VectorStore, catalogue: Catalogue) -> None:
    """Completes what the store keeps on disk, and closes it."""
    store.settle(catalogue.chunks.vectors_state())
    store.close()
