"""Chunks and vectors come back as they were stored."""

import numpy as np
import pytest

from ingest.catalogue import Catalogue, DocumentState
from ingest.chunking import embedded_text
from ingest.embedding import HashingEmbedder
from tests.catalogues import store_note


def state(catalogue: Catalogue, path: str) -> DocumentState:
    return next(entry.state for entry in catalogue.documents.entries() if entry.path == path)


def test_a_chunk_comes_back_as_it_was_stored(catalogue: Catalogue) -> None:
    pieces = store_note(catalogue, "/notes/lease.md")
    assert len(pieces) > 1
    assert catalogue.chunks.by_id([chunk.id for chunk in pieces]) == {chunk.id: chunk for chunk in pieces}
    document = pieces[0].document_id
    assert catalogue.documents.title(document) == "Lease"
    for chunk in pieces:
        assert catalogue.documents.text(document, chunk.locator) == chunk.text


def test_a_document_is_indexed_only_when_every_chunk_has_a_vector(catalogue: Catalogue) -> None:
    pieces = store_note(catalogue, "/notes/lease.md", indexed=False)
    names = list(catalogue.chunks.texts_to_embed(10))
    assert len(names) == len(pieces) == catalogue.chunks.count_without_vector()
    catalogue.chunks.store_vectors(names[:1], np.ones((1, 4), dtype=np.float32))
    assert catalogue.documents.mark_indexed() == []
    assert state(catalogue, "/notes/lease.md") is DocumentState.PENDING
    assert list(catalogue.chunks.texts_to_embed(10)) == names[1:]
    catalogue.chunks.store_vectors(names[1:], np.ones((len(names) - 1, 4), dtype=np.float32))
    assert catalogue.documents.mark_indexed() == ["/notes/lease.md"]
    assert state(catalogue, "/notes/lease.md") is DocumentState.INDEXED
    assert catalogue.chunks.texts_to_embed(10) == {}


def test_a_vector_that_no_chunk_uses_any_more_is_not_stored(catalogue: Catalogue) -> None:
    store_note(catalogue, "/notes/lease.md", indexed=False)
    names = list(catalogue.chunks.texts_to_embed(10))
    catalogue.remove(["/notes/lease.md"])
    catalogue.chunks.store_vectors(names, np.ones((len(names), 4), dtype=np.float32))
    assert catalogue.counts().vectors == 0


def test_vectors_come_back_in_half_precision(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.catalogue.chunks.VECTORS_AT_ONCE", 2)
    pieces = store_note(catalogue, "/notes/lease.md")
    pieces += store_note(catalogue, "/notes/other.md", "Water meter 4711.\n")
    ids = [chunk.id for chunk in pieces]
    titles = {"/notes/lease.md": "Lease", "/notes/other.md": "other"}
    texts = [embedded_text(titles[chunk.locator.path], chunk) for chunk in pieces]
    expected = HashingEmbedder().embed(texts)
    close = 2**-12  # Half the distance of two numbers from 0.5 to 1.
    vectors = catalogue.chunks.vectors(ids)
    assert all(vectors[chunk_id].dtype == np.float32 for chunk_id in ids)
    found = np.stack([vectors[chunk_id] for chunk_id in ids])
    assert np.abs(found - expected).max() <= close
    batches = list(catalogue.chunks.all_vectors())
    names = [name for batch, _ in batches for name in batch]
    stored = np.concatenate([rows for _, rows in batches])
    ids_by_vector = catalogue.chunks.ids_by_vector(names)
    assert {ids_by_vector[name][0]: row.tobytes() for name, row in zip(names, stored, strict=True)} == {
        chunk_id: row.tobytes() for chunk_id, row in vectors.items()
    }
