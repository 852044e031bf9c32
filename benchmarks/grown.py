"""Builds large libraries for `benchmarks.scale` through the catalogue's own classes, without files on disk.

Their documents are recombined sentences of real ones. A chunk's vector is the real vector of some chunk with
noise added, so vectors lie in clusters as real ones do. Building is deterministic, and a library that was
built once is used again.
"""

import hashlib
import random
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from assistant.config import Config, integrity_key
from assistant.library.embedders import embedder_of, open_embedder
from benchmarks.running import carrel
from ingest.catalogue import Catalogue
from ingest.documents import Chunk, Document, Locator, Metadata, document_id
from ingest.embedding import Embedder, Vectors
from ingest.opening import Stamp

CHUNKS = 10
"""Chunks of a document."""

SENTENCES = 4
"""Sentences of a chunk."""

REAL_VECTORS = 3_000
"""Chunks whose vectors are computed."""

NOISE = 0.5
"""Length of the noise that is added to a real vector, whose length is 1. The similarity of two vectors made
from the same one is 0.8 on average."""

SETS = ("wiki", "eips")
"""The document sets, in `--data`, whose sentences are recombined."""

BATCH = 1_000
"""Documents whose vectors are stored at once."""

_SENTENCE = re.compile(r"[A-Z][^.!?\n|]{30,240}[.!?](?=\s)")


def path_of(number: int) -> str:
    """The path of the document with this number. No file lies there."""
    return f"/grown/{'even' if number % 2 == 0 else 'odd'}/{number % 100:02d}/note {number}.md"


def sentences(data: Path) -> list[str]:
    """The sentences of the document sets, each once, in a fixed order."""
    found: dict[str, None] = {}
    for name in SETS:
        for file in sorted((data / name).rglob("*.md")):
            found |= dict.fromkeys(_SENTENCE.findall(file.read_text(encoding="utf-8", errors="replace")))
    return list(found)


def grown(folder: Path, size: int, texts: list[str]) -> Path:
    """The library of `size` chunks in `folder`, built if it is not there."""
    library = folder / f"grown-{size}"
    ready = library / "ready"
    if ready.exists():
        return library
    library.mkdir(parents=True, exist_ok=True)
    (library / "catalogue.db").unlink(missing_ok=True)
    embedder = open_embedder(Config(), None)
    real = _real_vectors(folder, texts, embedder)
    with closing(Catalogue(library / "catalogue.db", integrity_key())) as catalogue:
        embedder_of(catalogue, library, Config(), given=embedder)
        numbers = iter(range(size // CHUNKS))
        chance = np.random.default_rng(1)
        while batch := [number for _, number in zip(range(BATCH), numbers, strict=False)]:
            for number in batch:
                document, chunks, digest = _document(number, texts)
                catalogue.store(document, chunks, digest=digest, stamp=Stamp(1, 1_700_000_000_000_000_000))
            keys = [catalogue.documents.searchable_key(path_of(number)) for number in batch]
            names = catalogue.chunks.vector_names([key for key in keys if key is not None])
            vectors = real[chance.integers(len(real), size=len(names))]
            noise = chance.standard_normal(vectors.shape, np.float32)
            noise *= NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
            vectors = vectors + noise
            catalogue.chunks.store_vectors(names, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
            catalogue.documents.mark_indexed()
    ready.touch()
    return library


def indexed(folder: Path, data: Path) -> Path:
    """The library of the real documents in `data`, indexed if it is not there."""
    library = folder / f"real-{data.name}"
    if not (library / "ready").exists():
        carrel(library, "add", str(data))
        (library / "ready").touch()
    return library


def _document(number: int, texts: list[str]) -> tuple[Document, list[Chunk], str]:
    chance = random.Random(number)
    path = path_of(number)
    digest = hashlib.sha256(f"{number}".encode()).hexdigest()
    identity = document_id(path, digest)
    paragraphs = [" ".join(chance.choices(texts, k=SENTENCES)) for _ in range(CHUNKS)]
    chunks, start = [], 0
    for ordinal, text in enumerate(paragraphs):
        line = 2 * ordinal + 1
        locator = Locator(path, None, None, (), (line, line), (start, start + len(text)))
        chunks.append(Chunk(f"{identity}.{ordinal}", identity, ordinal, text, locator))
        start += len(text) + 2
    metadata = Metadata((f"tag{number % 10}",), (), None)
    document = Document(
        identity, path, "text/markdown", f"note {number}", metadata, ("\n\n".join(paragraphs),), ()
    )
    return document, chunks, digest


def _real_vectors(folder: Path, texts: list[str], embedder: Embedder) -> Vectors:
    """Vectors of chunks of real sentences, shape (vectors, dimensions), computed once for each `folder`."""
    file = folder / "vectors.npy"
    if not file.exists():
        np.save(file, embedder.embed(list(_paragraphs(texts))))
    vectors: Vectors = np.load(file)
    return vectors


def _paragraphs(texts: list[str]) -> Iterator[str]:
    step = max(1, len(texts) // REAL_VECTORS)
    for start in range(0, len(texts) - SENTENCES, step):
        yield " ".join(texts[start : start + SENTENCES])
