"""The vector index finds the nearest vectors, misses none, and orders them."""

import threading

import numpy as np
import pytest

from ingest.embedding import Vectors
from ingest.vectors import VectorIndex

DIMENSIONS = 16


def unit(count: int, seed: int = 0) -> Vectors:
    """Random unit vectors of shape (count, DIMENSIONS)."""
    random = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
    return np.asarray(random / np.linalg.norm(random, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture
def index() -> VectorIndex:
    """An empty index."""
    return VectorIndex()


def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    assert len(index) == 0
    assert index.nearest(unit(1), 5) == []


def test_vectors_given_at_the_start_are_found() -> None:
    vectors = unit(3)
    index = VectorIndex([(["a", "b"], vectors[:2]), (["c"], vectors[2:])])
    assert [index.nearest(vectors[i : i + 1], 1)[0][0] for i in range(3)] == ["a", "b", "c"]


def test_the_nearest_come_first_with_their_cosine(index: VectorIndex) -> None:
    vectors = unit(50)
    index.upsert([f"c{i}" for i in range(50)], vectors)
    question = unit(1, seed=1)
    expected = np.sort(vectors @ question[0])[::-1][:10]
    results = index.nearest(question, 10)
    assert [similarity for _, similarity in results] == pytest.approx(expected.tolist(), abs=1e-5)
    for name, similarity in results:
        assert similarity == pytest.approx(float(vectors[int(name[1:])] @ question[0]), abs=1e-5)


def test_a_vector_finds_itself_and_its_opposite_last(index: VectorIndex) -> None:
    vectors = unit(3)
    index.upsert(["a", "b", "opposite"], np.concatenate([vectors[:2], -vectors[:1]]))
    results = index.nearest(vectors[:1], 3)
    assert (results[0][0], results[-1][0]) == ("a", "opposite")
    assert (results[0][1], results[-1][1]) == pytest.approx((1.0, -1.0), abs=1e-5)


def test_no_more_vectors_are_found_than_were_asked_for_or_exist(index: VectorIndex) -> None:
    index.upsert(["a", "b", "c"], unit(3))
    assert len(index.nearest(unit(1), 2)) == 2
    assert len(index.nearest(unit(1), 100)) == 3


def test_a_new_vector_replaces_the_old_one_of_its_name(index: VectorIndex) -> None:
    vectors = unit(2)
    index.upsert(["a"], vectors[:1])
    index.upsert(["a"], vectors[1:])
    assert len(index) == 1
    ((name, similarity),) = index.nearest(vectors[1:], 2)
    assert name == "a"
    assert similarity == pytest.approx(1.0, abs=1e-5)


def test_a_removed_vector_is_not_found(index: VectorIndex) -> None:
    vectors = unit(3)
    index.upsert(["a", "b", "c"], vectors)
    index.remove(["b", "unknown"])
    assert len(index) == 2
    assert {name for name, _ in index.nearest(vectors[1:2], 3)} == {"a", "c"}
    index.remove(["a", "c"])
    assert len(index) == 0
    assert index.nearest(vectors[:1], 3) == []


def test_after_thousands_of_changes_every_vector_finds_itself(index: VectorIndex) -> None:
    # Near-duplicates, some of which a graph of neighbours would miss.
    rng = np.random.default_rng(7)
    vectors = unit(40, seed=3)[rng.integers(0, 40, 3000)] + 0.01 * unit(3000, seed=4)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    stored: dict[str, Vectors] = {}
    for start in range(0, 3000, 60):
        batch = {f"c{i}": vectors[i] for i in range(start, start + 60)}
        index.upsert(list(batch), np.stack(list(batch.values())))
        stored |= batch
        removed = rng.choice(list(stored), 20, replace=False).tolist()
        index.remove(removed)
        for name in removed:
            del stored[name]
    assert len(index) == len(stored) == 2000
    for name, vector in stored.items():
        assert index.nearest(vector[None], 1)[0][0] == name


def test_several_threads_may_use_an_index(index: VectorIndex) -> None:
    vectors = unit(4000)
    missed: list[str] = []

    def fill(part: int) -> None:
        for i in range(part, 4000, 4):
            name = f"c{i}"
            index.upsert([name], vectors[i : i + 1])
            if index.nearest(vectors[i : i + 1], 1)[0][0] != name:
                missed.append(name)
            if i % 3 == 0:
                index.remove([name])

    threads = [threading.Thread(target=fill, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not missed
    assert len(index) == sum(i % 3 != 0 for i in range(4000))
