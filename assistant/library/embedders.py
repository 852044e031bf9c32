"""The embedder of a library, and the fingerprint of everything that shapes the library's vectors.

A library records which embedder and chunk size it was indexed with, and is not used with others.
"""

from pathlib import Path

from assistant.config import Config, cache_folder, integrity_key
from assistant.models.finding import find_embedder
from ingest.catalogue import Catalogue
from ingest.chunking import EMBEDDED_FORM
from ingest.embedding import Embedder
from ingest.embedding.running import OnnxEmbedder
from ingest.errors import IngestError

FINGERPRINT = "fingerprint"
"""Key of the catalogue's fact that records which embedder, chunk size and text form made the vectors."""


def embedder_of(catalogue: Catalogue, folder: Path, config: Config, *, given: Embedder | None) -> Embedder:
    """The embedder of the library in `folder`, whose fingerprint is recorded if it is new.

    given: an open embedder; None to open the configured one.
    Raises `IngestError` when the vectors were made by another embedder, or with another chunk size.
    """
    embedder = given or open_embedder(config, folder)
    current = fingerprint(embedder, config)
    recorded = catalogue.fact(FINGERPRINT)
    if recorded is None and not catalogue.read_only:
        catalogue.set_fact(FINGERPRINT, current)
    elif recorded not in (None, current):
        raise IngestError(
            f"The library {folder} was indexed with another embedder or chunk size "
            f"({recorded}, now {current}).",
            remedy="Run `carrel reindex`, or set models.embedder and index.chunk_tokens back.",
        )
    return embedder


def fingerprint(embedder: Embedder, config: Config) -> str:
    """Names everything that shapes a library's vectors: the embedder, the chunk size, the embedded text."""
    return f"{embedder.fingerprint}/{config.index.chunk_tokens}/{EMBEDDED_FORM}"


def open_embedder(config: Config, library: Path | None) -> Embedder:
    """The configured embedder. `library` is the folder with the pins of the user's own models, if any.

    Raises `ModelMissing` and `ModelNotAsPinned`.
    """
    model = find_embedder(config.models.embedder, library=library)
    return OnnxEmbedder(model.path, cache_folder() / "embedders", digest=model.sha256, key=integrity_key())
