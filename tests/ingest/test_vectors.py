"""The nearest vectors, all of them and in order, whatever came and went."""

import threading

import numpy as np
import pytest

from ingest.embedding import Vectors
from ingest.vectors import VectorIndex

DIMENSIONS = 16


def unit(count: int, seed: int = 0) -> Vectors:
    """Random unit vectors of shape (count, DIMENSIONS)."""
    drawn = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture
def index() -> VectorIndex:
    return VectorIndex()


def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    assert len(index) == 0
    assert index.nearest(unit(1), 5) == []


def test_what_is_stored_already_is_found() -> None:
    vectors = unit(3)
    index = VectorIndex([(["a", "b"], vectors[:2]), (["c"], vectors[2:])])
    assert [index.nearest(vectors[i : i + 1], 1)[0][0] for i in range(3)] == ["a", "b", "c"]


def test_the_nearest_come_first_with_their_cosine(index: VectorIndex) -> None:
    vectors = unit(50)
    index.upsert([f"c{i}" for i in range(50)], vectors)
    question = unit(1, seed=1)
    expected = np.sort(vectors @ question[0])[::-1][:10]
    found = index.nearest(question, 10)
    assert [similarity for _, similarity in found] == pytest.approx(expected.tolist(), abs=1e-5)
    for chunk_id, similarity in found:
        assert similarity == pytest.approx(float(vectors[int(chunk_id[1:])] @ question[0]), abs=1e-5)


def test_a_vector_finds_itself_and_its_opposite_last(index: VectorIndex) -> None:
    vectors = unit(3)
    index.upsert(["a", "b", "opposite"], np.concatenate([vectors[:2], -vectors[:1]]))
    found = index.nearest(vectors[:1], 3)
    assert (found[0][0], found[-1][0]) == ("a", "opposite")
    assert (found[0][1], found[-1][1]) == pytest.approx((1.0, -1.0), abs=1e-5)


def test_no_more_is_found_than_asked_for_or_held(index: VectorIndex) -> None:
    index.upsert(["a", "b", "c"], unit(3))
    assert len(index.nearest(unit(1), 2)) == 2
    assert len(index.nearest(unit(1), 100)) == 3


def test_an_id_given_again_has_its_new_vector_only(index: VectorIndex) -> None:
    vectors = unit(2)
    index.upsert(["a"], vectors[:1])
    index.upsert(["a"], vectors[1:])
    assert len(index) == 1
    ((chunk_id, similarity),) = index.nearest(vectors[1:], 2)
    assert chunk_id == "a"
    assert similarity == pytest.approx(1.0, abs=1e-5)


def test_what_is_removed_is_found_no_more(index: VectorIndex) -> None:
    vectors = unit(3)
    index.upsert(["a", "b", "c"], vectors)
    index.remove(["b", "never-held"])
    assert len(index) == 2
    assert {chunk_id for chunk_id, _ in index.nearest(vectors[1:2], 3)} == {"a", "c"}
    index.remove(["a", "c"])
    assert len(index) == 0
    assert index.nearest(vectors[:1], 3) == []


def test_after_thousands_of_changes_every_vector_finds_itself(index: VectorIndex) -> None:
    # Near-duplicates, of which a graph of neighbours loses some.
    chance = np.random.default_rng(7)
    vectors = unit(40, seed=3)[chance.integers(0, 40, 3000)] + 0.01 * unit(3000, seed=4)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    held: dict[str, Vectors] = {}
    for start in range(0, 3000, 60):
        batch = {f"c{i}": vectors[i] for i in range(start, start + 60)}
        index.upsert(list(batch), np.stack(list(batch.values())))
        held |= batch
        leaving = chance.choice(list(held), 20, replace=False).tolist()
        index.remove(leaving)
        for name in leaving:
            del held[name]
    assert len(index) == len(held) == 2000
    for name, vector in held.items():
        assert index.nearest(vector[None], 1)[0][0] == name


def test_several_threads_may_use_it(index: VectorIndex) -> None:
    vectors = unit(4000)
    wrong: list[str] = []

    def fill(part: int) -> None:
        for i in range(part, 4000, 4):
            name = f"c{i}"
            index.upsert([name], vectors[i : i + 1])
            if index.nearest(vectors[i : i + 1], 1)[0][0] != name:
                wrong.append(name)
            if i % 3 == 0:
                index.remove([name])

    threads = [threading.Thread(target=fill, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(index) == sum(i % 3 != 0 for i in range(4000))
