"""The sentences that answer a question, and those that represent a text."""

import pytest

from assistant.answers.quoting import MIN_CONTENT_WORDS, best_sentences, central_sentences
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from ingest.embedding import HashingEmbedder
from tests.passages import LEASE, PASSAGES

DEPOSIT = QueryFeatures.of("deposit", {"deposit": 3.0}, HashingEmbedder())


def test_the_sentence_with_the_questions_words_comes_first() -> None:
    best, second = best_sentences(DEPOSIT, SentenceIndex(PASSAGES, HashingEmbedder()), 2)
    assert best.text == "The deposit of 2,610 euros is held by the Sparkasse."
    assert best.locator.lines == (13, 13)
    assert (best.rank, second.rank) == (1, 2)
    assert best.score > second.score


def test_no_passages_have_no_best_sentences() -> None:
    assert best_sentences(DEPOSIT, SentenceIndex([], HashingEmbedder()), 2) == ()


@pytest.mark.parametrize("count", [1, 2])
def test_central_sentences_are_verbatim_and_in_reading_order(count: int) -> None:
    sentences = central_sentences([LEASE], HashingEmbedder(), count)
    places = [LEASE.index(sentence) for sentence in sentences]
    assert len(sentences) == count
    assert places == sorted(places)


def test_a_text_that_is_short_enough_is_quoted_whole() -> None:
    assert central_sentences([LEASE], HashingEmbedder(), 10) == tuple(LEASE.splitlines())


def test_a_repeated_sentence_is_quoted_once() -> None:
    assert central_sentences([LEASE, LEASE], HashingEmbedder(), 10) == tuple(LEASE.splitlines())


def test_short_sentences_are_left_out_if_there_are_longer_ones() -> None:
    assert central_sentences(["Well, yes. " + LEASE], HashingEmbedder(), 10) == tuple(LEASE.splitlines())
    assert central_sentences(["Well, yes."], HashingEmbedder(), 10) == ("Well, yes.",)
    assert MIN_CONTENT_WORDS > 2


def test_the_number_of_words_limits_the_sentences() -> None:
    assert len(central_sentences([LEASE], HashingEmbedder(), 10, words=12)) == 1


def test_the_focus_decides_which_sentence_is_quoted() -> None:
    for focus in LEASE.splitlines():
        assert central_sentences([LEASE], HashingEmbedder(), 1, focus=focus) == (focus,)
