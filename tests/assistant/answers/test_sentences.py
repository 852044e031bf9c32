"""Sentences compared with a question, and the cache of their vectors."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from assistant.answers import sentences as module
from assistant.answers.grounding import content_words
from assistant.answers.sentences import CachingEmbedder, QueryFeatures, SentenceIndex
from ingest.embedding import HashingEmbedder, Vectors
from tests.passages import LEASE, PASSAGES, passage

RARE = {"rent": 3.0, "deposit": 3.0, "lisbon": 3.0, "terms": 1.0, "euros": 1.0}


class CountingEmbedder(HashingEmbedder):
    """Counts the texts that it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.count_of_texts = 0

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        self.count_of_texts += len(texts)
        return super().embed(texts, between=between)


def features(question: str) -> QueryFeatures:
    """The features of a question in a library with the word frequencies `RARE`."""
    return QueryFeatures.of(question, RARE, HashingEmbedder())


def test_the_share_of_the_questions_words_is_weighted_by_rarity() -> None:
    shares = SentenceIndex([passage(LEASE)], HashingEmbedder()).term_shares(features("rent euros"))
    assert shares.tolist() == pytest.approx([0.0, 1.0, 0.25])


@pytest.mark.parametrize("end", ["139.00,", "paid in cash.", '"new battery, 60 Ah."', "2026-03"])
def test_a_record_of_values_is_quoted_whatever_the_next_one_ends_with(end: str) -> None:
    record = '2025-10-30,Tyre Barn,"four winter tyres, 195/65 R15",398.00,2026-03'
    text = f"date,workshop,work,cost,due\n{record}\n2026-01-14,Quayside Auto,battery,139.00,{end}\n"
    values = passage(text, path="/car/log.csv")
    sentences = SentenceIndex([values], HashingEmbedder())
    index = sentences.texts.index(record)
    assert sentences.quoted(index, whole=False) == (text.index(record), text.index(record) + len(record))


def test_headings_count_as_part_of_every_sentence() -> None:
    sentences = SentenceIndex([passage(LEASE)], HashingEmbedder())
    assert sentences.term_shares(features("rent terms")).tolist() == pytest.approx([0.25, 1.0, 0.25])
    assert sentences.passage_term_shares(features("rent deposit terms")).tolist() == pytest.approx([1.0])


def test_a_heading_in_the_line_counts_as_part_of_the_sentences_of_its_paragraph() -> None:
    text = "24/17 Village pound. It was repaired. The gate is new.\n\nThe meeting closed."
    sentences = SentenceIndex([passage(text)], HashingEmbedder())
    pound = QueryFeatures.of("pound", {"pound": 3.0}, HashingEmbedder())
    assert sentences.term_shares(pound).tolist() == [1.0, 1.0, 0.0]


def test_a_day_is_one_word_in_every_notation() -> None:
    rows = "2025-05-13,Olaf\n2025-05-14,Ines\n13.5.2025,Olaf\nMay 14th,Olaf"
    words = {"14": 1.0, "may": 3.0, "2025": 1.0}
    question = QueryFeatures.of("14 May 2025", words, HashingEmbedder())
    shares = SentenceIndex([passage(rows, path="/a/trips.csv")], HashingEmbedder()).term_shares(question)
    assert shares.tolist() == pytest.approx([0.25, 1.0, 0.25, 0.75])


@pytest.mark.parametrize(
    ("word", "text"),
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
def test_another_form_of_a_word_matches(word: str, text: str) -> None:
    (content_word,) = content_words(word)
    query = QueryFeatures.of(word, {content_word: 1.0}, HashingEmbedder())
    assert SentenceIndex([passage(text)], HashingEmbedder()).term_shares(query).tolist() == [1.0]


def test_another_word_does_not_match() -> None:
    query = QueryFeatures.of("rent", {"rent": 1.0}, HashingEmbedder())
    sentences = SentenceIndex([passage("The garden is mine.")], HashingEmbedder())
    assert sentences.term_shares(query).tolist() == [0.0]


def test_japanese_particles_are_not_query() -> None:
    memo = passage("旅館 予約番号 7730-SK")
    asked = "旅館の予約番号は何ですか?"
    weights = QueryFeatures.of(asked, dict.fromkeys(content_words(asked), 1.0), HashingEmbedder())
    assert SentenceIndex([memo], HashingEmbedder()).term_shares(weights).tolist() == [1.0]
    plain = "あれはどこですか?"
    everything = QueryFeatures.of(plain, dict.fromkeys(content_words(plain), 1.0), HashingEmbedder())
    assert everything.weights


def test_the_largest_value_is_taken_for_each_passage() -> None:
    nothing = passage("\n", rank=3)
    sentences = SentenceIndex([*PASSAGES, nothing], HashingEmbedder())
    shares = sentences.term_shares(features("rent lisbon"))
    assert sentences.max_by_passage(shares).tolist() == pytest.approx([0.5, 0.5, 0.0])


def test_no_passages_have_no_sentences() -> None:
    sentences = SentenceIndex([], HashingEmbedder())
    assert sentences.similarities(features("rent")).shape == (0,)


def test_a_text_is_embedded_once_until_the_cache_is_emptied() -> None:
    counting = CountingEmbedder()
    cache = CachingEmbedder(counting)
    texts = ["The rent is due.", "It is 870 euros.", "The rent is due."]
    first = cache.embed(texts)
    assert counting.count_of_texts == 2
    assert np.array_equal(cache.embed(texts[1:]), first[1:])
    assert np.array_equal(first, HashingEmbedder().embed(texts))
    assert counting.count_of_texts == 2
    cache.forget()
    assert np.array_equal(cache.embed(texts), first)
    assert counting.count_of_texts == 4


def test_a_vector_computed_while_the_cache_is_emptied_is_not_cached() -> None:
    class Interrupted(CountingEmbedder):
        def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
            if not self.count_of_texts:
                cache.forget()
            return super().embed(texts, between=between)

    counting = Interrupted()
    cache = CachingEmbedder(counting)
    cache.embed(["The rent is due."])
    cache.embed(["The rent is due."])
    assert counting.count_of_texts == 2
    cache.embed(["The rent is due."])
    assert counting.count_of_texts == 2


def test_the_cache_has_a_largest_size_and_drops_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CACHED_VECTORS", 2)
    counting = CountingEmbedder()
    cache = CachingEmbedder(counting)
    cache.embed(["one", "two", "three"])
    cache.embed(["two", "three"])
    assert counting.count_of_texts == 3
    cache.embed(["one"])
    assert counting.count_of_texts == 4


@pytest.mark.parametrize(("word", "text"), [("landlocked", "A landless man."), ("France", "San Francisco.")])
def test_words_that_only_begin_alike_do_not_match(word: str, text: str) -> None:
    (content_word,) = content_words(word)
    query = QueryFeatures.of(word, {content_word: 1.0}, HashingEmbedder())
    assert SentenceIndex([passage(text)], HashingEmbedder()).term_shares(query).tolist() == [0.0]


def test_words_of_a_context_count_as_part_of_every_sentence() -> None:
    sentences = SentenceIndex([passage(LEASE)], HashingEmbedder(), contexts=["Lisbon"])
    assert sentences.term_shares(features("rent lisbon")).tolist() == pytest.approx([0.5, 1.0, 0.5])


class LatinEmbedder(HashingEmbedder):
    """Has learned Latin script alone."""

    def piece_lengths(self, text: str) -> list[int]:
        return [len(word) if word.isascii() else 0 for word in text.split()]


@pytest.mark.parametrize(
    ("question", "readable"),
    [("When does it end?", True), ("Когда он заканчивается?", False), ("4711", True)],
)
def test_a_script_that_the_embedder_has_not_learned_is_noticed(question: str, readable: bool) -> None:
    rarity = dict.fromkeys(content_words(question), 1.0)
    assert QueryFeatures.of(question, rarity, LatinEmbedder()).is_readable is readable
