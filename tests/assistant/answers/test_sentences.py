"""Sentences are compared with a question by its meaning and its rare words, and read once."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from assistant.answers import sentences as module
from assistant.answers.grounding import content_words
from assistant.answers.quoting import best_sentences
from assistant.answers.sentences import CachingEmbedder, QueryFeatures, SentenceIndex
from ingest.embedding import HashingEmbedder, Vectors
from tests.passages import LEASE, PASSAGES, passage

RARE = {"rent": 3.0, "deposit": 3.0, "lisbon": 3.0, "terms": 1.0, "euros": 1.0}


class Counting(HashingEmbedder):
    """Tells how many texts it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given = 0

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        self.given += len(texts)
        return super().embed(texts, between=between)


def wanted(question: str) -> QueryFeatures:
    return QueryFeatures.of(question, RARE, HashingEmbedder())


def test_a_sentence_holds_the_questions_words_by_their_rarity() -> None:
    shares = SentenceIndex([passage(LEASE)], HashingEmbedder()).term_shares(wanted("rent euros"))
    assert shares.tolist() == pytest.approx([0.0, 1.0, 0.25])


def test_headings_are_read_with_every_sentence() -> None:
    sentences = SentenceIndex([passage(LEASE)], HashingEmbedder())
    assert sentences.term_shares(wanted("rent terms")).tolist() == pytest.approx([0.25, 1.0, 0.25])
    assert sentences.passage_term_shares(wanted("rent deposit terms")).tolist() == pytest.approx([1.0])


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("allergies", "He is allergic to nuts."),
        ("end", "It ended in June."),
        ("taxes", "The tax was paid."),
        ("cities", "Lisbon is a city."),
        ("Mieten", "Die Miete ist am Dritten fällig."),
        ("Ärzte", "Der Arzt kommt morgen."),
        ("factures", "La facture est payée."),
    ],
)
def test_another_form_of_a_word_counts(asked: str, text: str) -> None:
    (word,) = content_words(asked)
    looked_for = QueryFeatures.of(asked, {word: 1.0}, HashingEmbedder())
    assert SentenceIndex([passage(text)], HashingEmbedder()).term_shares(looked_for).tolist() == [1.0]


def test_another_word_does_not_count() -> None:
    looked_for = QueryFeatures.of("rent", {"rent": 1.0}, HashingEmbedder())
    assert SentenceIndex([passage("The garden is mine.")], HashingEmbedder()).term_shares(
        looked_for
    ).tolist() == [0.0]


def test_japanese_particles_are_not_looked_for() -> None:
    memo = passage("旅館 予約番号 7730-SK")
    asked = "旅館の予約番号は何ですか?"
    weights = QueryFeatures.of(asked, dict.fromkeys(content_words(asked), 1.0), HashingEmbedder())
    assert SentenceIndex([memo], HashingEmbedder()).term_shares(weights).tolist() == [1.0]
    plain = "あれはどこですか?"
    everything = QueryFeatures.of(plain, dict.fromkeys(content_words(plain), 1.0), HashingEmbedder())
    assert everything.weights, "where there is nothing else"


def test_the_best_of_a_passage_is_its_own() -> None:
    nothing = passage("\n", rank=3)
    sentences = SentenceIndex([*PASSAGES, nothing], HashingEmbedder())
    shares = sentences.term_shares(wanted("rent lisbon"))
    assert sentences.max_by_passage(shares).tolist() == pytest.approx([0.5, 0.5, 0.0])


def test_nothing_found_has_no_sentence() -> None:
    sentences = SentenceIndex([], HashingEmbedder())
    assert sentences.similarities(wanted("rent")).shape == (0,)
    assert best_sentences(wanted("rent"), sentences, 2) == ()


def test_the_sentence_that_holds_the_words_is_quoted() -> None:
    best, *_ = best_sentences(wanted("deposit"), SentenceIndex(PASSAGES, HashingEmbedder()), 2)
    assert best.text == "The deposit of 2,610 euros is held by the Sparkasse."
    assert best.locator.lines == (13, 13)


def test_what_was_read_is_not_read_again_until_it_is_forgotten() -> None:
    counting = Counting()
    reader = CachingEmbedder(counting)
    texts = ["The rent is due.", "It is 870 euros.", "The rent is due."]
    first = reader.embed(texts)
    assert counting.given == 2
    assert np.array_equal(reader.embed(texts[1:]), first[1:])
    assert np.array_equal(first, HashingEmbedder().embed(texts))
    assert counting.given == 2
    reader.forget()
    assert np.array_equal(reader.embed(texts), first)
    assert counting.given == 4


def test_what_is_forgotten_while_it_is_read_is_not_remembered() -> None:
    class Interrupted(Counting):
        def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
            if not self.given:
                reader.forget()
            return super().embed(texts, between=between)

    counting = Interrupted()
    reader = CachingEmbedder(counting)
    reader.embed(["The rent is due."])
    reader.embed(["The rent is due."])
    assert counting.given == 2
    reader.embed(["The rent is due."])
    assert counting.given == 2


def test_no_more_is_remembered_than_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CACHED_VECTORS", 2)
    counting = Counting()
    reader = CachingEmbedder(counting)
    reader.embed(["one", "two", "three"])
    reader.embed(["two", "three"])
    assert counting.given == 3
    reader.embed(["one"])
    assert counting.given == 4
