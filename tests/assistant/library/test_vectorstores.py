"""The configuration chooses the vector store; what the other one kept is gone, and nothing is in plain."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.config import StoreChoice
from assistant.library.vectorstores import CHROMA, CODES, close_store, is_kept, open_store
from ingest.catalogue import Catalogue
from ingest.chunking import chunks
from ingest.embedding import HashingEmbedder
from ingest.encryption import forget_keys, hold_key
from ingest.encryption.ciphers import MAGIC
from ingest.encryption.keyfile import Hardness, new_key_file
from ingest.errors import IngestError
from ingest.opening import Stamp
from ingest.vectors import nearest
from ingest.vectors.chroma import is_installed
from tests.parsing import parse_bytes
from tests.running import KEY

TEXT = "The hedge is cut in March.\n"


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    """A catalogue with one vector."""
    opened = Catalogue(tmp_path / "catalogue.db", KEY)
    document = parse_bytes("/notes/hedge.md", TEXT.encode())
    pieces = list(chunks(document, HashingEmbedder().count, 64))
    opened.store(document, pieces, digest=document.id, stamp=Stamp(len(TEXT), 1))
    texts = opened.chunks.texts_to_embed(10)
    opened.chunks.store_vectors(list(texts), HashingEmbedder().embed(list(texts.values())))
    yield opened
    opened.close()


@pytest.mark.skipif(not is_installed(), reason="the extra chroma is not installed")
def test_each_store_finds_the_same_and_removes_what_the_other_kept(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    question = HashingEmbedder().embed(["hedge"])
    found = []
    for choice, kept, gone in (
        (StoreChoice.AUTO, CODES, CHROMA),
        (StoreChoice.CHROMA, CHROMA, CODES),
        (StoreChoice.EXACT, CODES, CHROMA),
    ):
        store = open_store(tmp_path, catalogue, choice, read_only=False)
        found.append(nearest(store, catalogue, question, 5))
        close_store(store, catalogue)
        assert (tmp_path / kept).exists() and not (tmp_path / gone).exists()
        assert is_kept(tmp_path)
    assert found[0] and found[0] == found[1] == found[2]


def test_a_library_that_is_only_read_has_the_exact_store_without_a_file(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    store = open_store(tmp_path, catalogue, StoreChoice.CHROMA, read_only=True)
    assert len(store) == 1
    close_store(store, catalogue)
    assert not is_kept(tmp_path)


def test_an_encrypted_library_refuses_chroma_and_seals_its_vectors(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    (tmp_path / CODES).write_bytes(b"of the time before it was encrypted")
    key_file, secret = new_key_file("hedge and shears", hardness=Hardness(64, 1, 1))
    key_file.write(tmp_path)
    hold_key(key_file, secret)
    try:
        with pytest.raises(IngestError, match="the library is encrypted") as refused:
            open_store(tmp_path, catalogue, StoreChoice.CHROMA, read_only=False)
        assert refused.value.remedy == "Set index.store to exact."
        store = open_store(tmp_path, catalogue, StoreChoice.EXACT, read_only=False)
        assert len(store) == 1
        close_store(store, catalogue)
        kept = (tmp_path / CODES).read_bytes()
        (name,) = (name for names, _ in catalogue.chunks.all_vectors() for name in names)
        assert kept.startswith(MAGIC) and bytes.fromhex(name) not in kept
    finally:
        forget_keys()
