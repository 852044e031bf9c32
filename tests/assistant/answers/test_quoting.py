"""The sentences that answer a question."""

from assistant.answers.quoting import best_sentences
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from ingest.embedding import HashingEmbedder
from tests.passages import PASSAGES

DEPOSIT = QueryFeatures.of("deposit", {"deposit": 3.0}, HashingEmbedder())


def test_the_sentence_with_the_questions_words_comes_first() -> None:
    best, second = best_sentences(DEPOSIT, SentenceIndex(PASSAGES, HashingEmbedder()), 2)
    assert best.text == "The deposit of 2,610 euros is held by the Sparkasse."
    assert best.locator.lines == (13, 13)
    assert (best.rank, second.rank) == (1, 2)
    assert best.score > second.score


def test_no_passages_have_no_best_sentences() -> None:
    assert best_sentences(DEPOSIT, SentenceIndex([], HashingEmbedder()), 2) == ()
