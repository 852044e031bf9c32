"""What every vector index promises, held against each of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.embedding import Vectors
from ingest.vectors import BATCH, ChromaIndex, ExactIndex, VectorIndex

DIMENSIONS = 16


def unit(count: int, seed: int = 0) -> Vectors:
    """Random unit vectors of shape (count, DIMENSIONS)."""
    drawn = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


def exact(folder: Path) -> VectorIndex:
    return ExactIndex()


def chroma(folder: Path) -> VectorIndex:
    return ChromaIndex(folder / "vectors", fingerprint="test", expected=0, stored=[])


@pytest.fixture(params=[exact, chroma], ids=["exact", "chroma"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorIndex]:
    make: Callable[[Path], VectorIndex] = request.param
    made = make(tmp_path)
    yield made
    made.close()


def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    assert len(index) == 0
    assert index.nearest(unit(1), 5) == []


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


def test_more_than_one_batch_goes_in_and_out(index: VectorIndex) -> None:
    count = BATCH + 10
    ids = [f"c{i}" for i in range(count)]
    vectors = unit(count)
    index.upsert(ids, vectors)
    assert len(index) == count
    assert index.nearest(vectors[-1:], 1)[0][0] == ids[-1]
    index.remove(ids[:-1])
    assert [chunk_id for chunk_id, _ in index.nearest(vectors[:1], 5)] == ids[-1:]
