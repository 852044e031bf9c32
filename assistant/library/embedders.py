"""The embedder of a library, and the fingerprint of everything that shapes the library's vectors.

A library records which embedder and chunk size it was indexed with, and is not used with others.
"""

import contextlib
from pathlib import Path

from assistant.config import Config, cache_folder, integrity_key
from assistant.errors import ModelMissing
from assistant.models.finding import bundled_pins, find_embedder
from ingest.catalogue import Catalogue
from ingest.catalogue.unowned import fact
from ingest.chunking import EMBEDDED_FORM
from ingest.embedding import Embedder
from ingest.embedding.running import OnnxEmbedder
from ingest.errors import IngestError
from policies.errors import ModelNotAsPinned

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


def as_indexed(library: Path, config: Config) -> Config:
    """The settings with the embedder and the chunk size with which a library was indexed.

    Where they are unknown, or the embedder is not found among the bundled ones, they stay as they are.
    """
    recorded = fact(library / "catalogue.db", FINGERPRINT) or ""
    made_by, _, tokens = recorded.removesuffix(f"/{EMBEDDED_FORM}").rpartition("/")
    if not made_by or not tokens.isdigit():
        return config
    index = config.index.model_copy(update={"chunk_tokens": int(tokens)})
    models = config.models
    for name in (models.embedder, *(pin.name for pin in bundled_pins("embedder"))):
        with contextlib.suppress(ModelMissing, ModelNotAsPinned):
            if made_by.startswith(find_embedder(name, library=library).sha256[:16]):
                models = models.model_copy(update={"embedder": name})
                break
    return config.model_copy(update={"index": index, "models": models})


def fingerprint(embedder: Embedder, config: Config) -> str:
    """Names everything that shapes a library's vectors: the embedder, the chunk size, the embedded text."""
    return f"{embedder.fingerprint}/{config.index.chunk_tokens}/{EMBEDDED_FORM}"


def open_embedder(config: Config, library: Path | None) -> Embedder:
    """The configured embedder. `library` is the folder with the pins of the user's own models, if any.

    Raises `ModelMissing` and `ModelNotAsPinned`.
    """
    model = find_embedder(config.models.embedder, library=library)
    return OnnxEmbedder(model.path, cache_folder() / "embedders", digest=model.sha256, key=integrity_key())
