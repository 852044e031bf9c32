"""Facts about every embedder, and what the real one adds: similarity by meaning."""

from functools import cache

import numpy as np
import pytest

from assistant.config import Config, cache_folder
from assistant.library.embedders import open_embedder
from assistant.models.finding import find_embedder
from ingest.embedding import Embedder, HashingEmbedder, Vectors
from ingest.embedding.running import OnnxEmbedder
from policies import provenance
from tests.packing import packed_file
from tests.running import KEY, multilingual_model, require_starter_models

LEASE = "The lease ends on 30 June 2027."
SENTENCES = [
    LEASE,
    "Der Mietvertrag endet am 30. Juni.",
    "The dishwasher has a warranty of two years; keep the receipt in the blue folder.",
    "Yes.",
]
LONG = "The meeting moved to the small room. " * 3000
"""Much longer than any model reads."""

UNICODE = [
    "Zürich, naïve café",
    "賃貸契約は六月に終わる。",
    "договор аренды",
    "عقد الإيجار",
    "😀🏳️‍🌈",
    "a\0b",
    "e\u0301",
]

CLOSE = 1e-5
"""Maximum difference of an element when only the order of additions differs."""


@cache
def bundled() -> Embedder:
    """The bundled embedder, loaded once. Called within a test, so that it uses the cache of the test run."""
    require_starter_models()
    return open_embedder(Config(), None)


@cache
def multilingual() -> Embedder:
    """The multilingual embedder, loaded once, from the models folder of whoever runs the tests."""
    return new_embedder("multilingual")


@cache
def tiny() -> Embedder:
    """A few kilobytes of packed weights, which go the way of the multilingual embedder."""
    return new_embedder("packed")


def new_embedder(kind: str) -> Embedder:
    """A new embedder of this kind."""
    if kind == "hashing":
        return HashingEmbedder()
    if kind == "bundled":
        require_starter_models()
        return open_embedder(Config(), None)
    embedders = cache_folder() / "embedders"
    if kind == "multilingual":
        file = multilingual_model()
        return OnnxEmbedder(file, embedders, digest=provenance.digest(file), key=KEY)
    embedders.mkdir(parents=True, exist_ok=True)
    file = packed_file(embedders / "tiny.packed")
    return OnnxEmbedder(file, embedders, digest=provenance.digest(file), key=KEY)


KINDS = [
    "hashing",
    "packed",
    pytest.param("bundled", marks=pytest.mark.model),
    pytest.param("multilingual", marks=pytest.mark.model),
]


@pytest.fixture(params=KINDS)
def embedder(request: pytest.FixtureRequest) -> Embedder:
    opened = {"packed": tiny, "bundled": bundled, "multilingual": multilingual}
    return HashingEmbedder() if request.param == "hashing" else opened[request.param]()


def single(embedder: Embedder, text: str) -> Vectors:
    """The vector of one text, embedded alone; of shape (dimensions,)."""
    vector: Vectors = embedder.embed([text])[0]
    return vector


def test_each_text_has_one_row_of_single_precision(embedder: Embedder) -> None:
    vectors = embedder.embed(SENTENCES)
    assert vectors.shape == (len(SENTENCES), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert embedder.dimensions > 0


def test_no_texts_have_no_rows_of_the_same_width(embedder: Embedder) -> None:
    vectors = embedder.embed([])
    assert vectors.shape == (0, embedder.dimensions)
    assert vectors.dtype == np.float32


@pytest.mark.parametrize(
    "text", [*SENTENCES, "", " \n\t", "?!", LONG, "x" * 100_000, *UNICODE], ids=lambda text: ascii(text[:12])
)
def test_every_text_has_a_vector_of_unit_length(embedder: Embedder, text: str) -> None:
    vector = single(embedder, text)
    assert np.isfinite(vector).all()
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=CLOSE)


def test_the_same_text_always_has_the_same_vector(embedder: Embedder) -> None:
    first = embedder.embed(SENTENCES)
    embedder.embed([LONG, "something else"])
    assert np.array_equal(embedder.embed(SENTENCES), first)


def test_questions_have_vectors_that_can_be_compared_with_those_of_texts(embedder: Embedder) -> None:
    questions = embedder.embed_questions(["When does the lease end?", LONG, ""])
    assert questions.shape == (3, embedder.dimensions)
    assert questions.dtype == np.float32
    assert np.linalg.norm(questions, axis=1) == pytest.approx(1.0, abs=CLOSE)
    assert embedder.embed_questions([]).shape == (0, embedder.dimensions)


def test_different_texts_have_different_vectors(embedder: Embedder) -> None:
    vectors = embedder.embed([*SENTENCES, *UNICODE[:4]])
    assert len(np.unique(vectors, axis=0)) == len(vectors)


def test_a_text_has_the_same_vector_alone_and_among_others(embedder: Embedder) -> None:
    texts = [LONG, *SENTENCES, "", *UNICODE, *reversed(SENTENCES)]
    together = embedder.embed(texts)
    alone = np.stack([single(embedder, text) for text in texts])
    assert np.abs(together - alone).max() < CLOSE


def test_vectors_of_many_batches_are_in_the_order_of_the_texts(embedder: Embedder) -> None:
    texts = [f"Invoice {number}. " * (1 + number % 40) for number in range(60)]
    together = embedder.embed(texts)
    for position in (0, 17, 39, 59):
        assert np.abs(together[position] - single(embedder, texts[position])).max() < CLOSE


def test_a_longer_text_has_more_tokens_and_an_empty_text_none(embedder: Embedder) -> None:
    assert embedder.count("") == 0
    assert 0 < embedder.count("lease") < embedder.count("the lease ends") < embedder.count(LEASE)


def test_tokens_beyond_the_models_limit_are_counted_too(embedder: Embedder) -> None:
    assert embedder.count(LONG) == 3000 * embedder.count("The meeting moved to the small room. ")


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_embedder_has_the_same_fingerprint_and_vectors(kind: str) -> None:
    first, second = new_embedder(kind), new_embedder(kind)
    assert first.fingerprint
    assert first.fingerprint == second.fingerprint
    assert np.array_equal(first.embed(SENTENCES), second.embed(SENTENCES))


@pytest.mark.model
def test_different_embedders_have_different_fingerprints() -> None:
    assert bundled().fingerprint != HashingEmbedder().fingerprint


# The real one


@pytest.mark.model
def test_the_bundled_embedder_agrees_with_sentence_transformers() -> None:
    from sentence_transformers import SentenceTransformer

    texts = [*SENTENCES, "", LONG, *UNICODE]
    vectors = bundled().embed(texts)
    folder = find_embedder(Config().models.embedder, library=None).path
    reference = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    expected = reference.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    cosines = (vectors * expected).sum(axis=1)
    assert cosines.min() > 0.9999


@pytest.mark.model
@pytest.mark.parametrize(
    ("text", "paraphrase", "unrelated"),
    [
        (LEASE, "The rental contract runs out in the summer of 2027.", "The cake bakes for forty minutes."),
        ("How do I reset the router?", "Restarting the internet box", "Repotting the lemon tree"),
        ("The cat sleeps on the sofa.", "A kitten naps on the couch.", "The sofa costs 900 euros."),
    ],
)
def test_a_paraphrase_is_closer_than_an_unrelated_text(text: str, paraphrase: str, unrelated: str) -> None:
    original, same, other = bundled().embed([text, paraphrase, unrelated])
    assert float(original @ same) > float(original @ other) + 0.1


@pytest.mark.model
def test_text_beyond_the_models_limit_does_not_change_the_vector() -> None:
    assert np.array_equal(single(bundled(), LONG), single(bundled(), LONG + LEASE))


@pytest.mark.model
def test_the_multilingual_embedder_finds_the_answer_in_another_language() -> None:
    texts = multilingual().embed([LEASE, SENTENCES[2], "The dog is four years old."])
    questions = [
        "Wann endet der Mietvertrag?",
        "¿Cuándo termina el contrato de alquiler?",
        "Quand le bail prend-il fin ?",
        "租约什么时候到期？",
        "Когда заканчивается договор аренды?",
        "متى ينتهي عقد الإيجار؟",
        "किराये का अनुबंध कब समाप्त होता है?",
    ]
    assert (multilingual().embed_questions(questions) @ texts.T).argmax(axis=1).tolist() == [0] * 7
