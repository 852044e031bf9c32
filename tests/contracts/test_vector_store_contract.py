"""The contract of vector stores: they propose the nearest vectors, and nothing that was removed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.embedding import Vectors
from ingest.encryption import PLAIN, KeyCipher
from ingest.encryption.ciphers import KEY_BYTES
from ingest.vectors import VectorStore
from ingest.vectors.chroma import ChromaVectors, is_installed
from ingest.vectors.exact import ExactVectors

DIMENSIONS = 16


def unit(count: int, seed: int = 0) -> Vectors:
    """Random unit vectors of shape (count, DIMENSIONS)."""
    random = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
    return np.asarray(random / np.linalg.norm(random, axis=1, keepdims=True), dtype=np.float32)


def names(*numbers: int) -> list[str]:
    """The names of vectors with these numbers. Many share their first half."""
    return [f"{number:032x}" for number in numbers]


@pytest.fixture(params=["exact in memory", "exact", "exact and encrypted", "chroma"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorStore]:
    """An empty store of each kind."""
    opened: VectorStore
    if request.param == "chroma":
        if not is_installed():
            pytest.skip("the extra chroma is not installed")
        opened = ChromaVectors(tmp_path / "vectors", "", lambda: ())
    else:
        file = None if request.param == "exact in memory" else tmp_path / "vectors"
        cipher = KeyCipher(bytes(KEY_BYTES)) if request.param == "exact and encrypted" else PLAIN
        opened = ExactVectors(file=file, cipher=cipher)
    yield opened
    opened.close()


def test_an_empty_store_proposes_nothing(store: VectorStore) -> None:
    assert len(store) == 0
    assert store.propose(unit(1), 5) == []


def test_the_nearest_are_proposed_first(store: VectorStore) -> None:
    vectors = unit(50)
    store.upsert(names(*range(50)), vectors)
    question = unit(1, seed=1)
    expected = np.argsort(-(vectors @ question[0]))[:5]
    assert store.propose(question, 10)[:5] == names(*expected)


def test_only_names_among_the_given_ones_are_proposed(store: VectorStore) -> None:
    vectors = unit(50)
    store.upsert(names(*range(50)), vectors)
    assert store.propose(vectors[:1], 1, among=names(3, 99)) == names(3)
    assert store.propose(vectors[:1], 5, among=names(99)) == []
    assert store.propose(vectors[:1], 5, among=[]) == []


def test_no_more_are_proposed_than_were_asked_for_or_exist(store: VectorStore) -> None:
    store.upsert(names(1, 2, 3), unit(3))
    assert len(store.propose(unit(1), 2)) == 2
    assert len(store.propose(unit(1), 100)) == 3


def test_a_new_vector_replaces_the_old_one_of_its_name(store: VectorStore) -> None:
    vectors = unit(3)
    store.upsert(names(1, 2), vectors[:2])
    store.upsert(names(1), vectors[2:])
    assert len(store) == 2
    assert store.propose(vectors[2:], 1) == names(1)
    assert store.propose(vectors[1:2], 1) == names(2)


def test_a_removed_vector_is_not_proposed(store: VectorStore) -> None:
    vectors = unit(3)
    store.upsert(names(1, 2, 3), vectors)
    store.remove(names(2, 99))
    assert len(store) == 2
    assert set(store.propose(vectors[1:2], 3)) == set(names(1, 3))
    store.remove(names(1, 3))
    assert len(store) == 0
    assert store.propose(vectors[:1], 3) == []


def test_after_thousands_of_changes_vectors_find_themselves(store: VectorStore) -> None:
    rng = np.random.default_rng(7)
    vectors = unit(3000, seed=3)
    stored: dict[str, Vectors] = {}
    for start in range(0, 3000, 60):
        batch = dict(zip(names(*range(start, start + 60)), vectors[start : start + 60], strict=True))
        store.upsert(list(batch), np.stack(list(batch.values())))
        stored |= batch
        removed = rng.choice(list(stored), 20, replace=False).tolist()
        store.remove(removed)
        for name in removed:
            del stored[name]
    assert len(store) == len(stored) == 2000
    assert all(store.propose(vector[None], 1) == [name] for name, vector in stored.items())


def test_several_threads_may_use_a_store(store: VectorStore) -> None:
    vectors = unit(400)
    missed: list[str] = []

    def fill(part: int) -> None:
        for i in range(part, 400, 4):
            (name,) = names(i)
            store.upsert([name], vectors[i : i + 1])
            if name not in store.propose(vectors[i : i + 1], 10):
                missed.append(name)
            if i % 3 == 0:
                store.remove([name])

    threads = [threading.Thread(target=fill, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not missed
    assert len(store) == sum(i % 3 != 0 for i in range(400))
