"""The sentences that represent a text."""

import pytest

from assistant.answers.centrality import MIN_CONTENT_WORDS, central_sentences
from ingest.embedding import HashingEmbedder
from tests.passages import LEASE


@pytest.mark.parametrize("count", [1, 2])
def test_central_sentences_are_verbatim_and_in_reading_order(count: int) -> None:
    sentences = central_sentences(LEASE.splitlines(), HashingEmbedder(), count)
    places = [LEASE.index(sentence) for sentence in sentences]
    assert len(sentences) == count
    assert places == sorted(places)


def test_a_text_that_is_short_enough_is_quoted_whole() -> None:
    assert central_sentences(LEASE.splitlines(), HashingEmbedder(), 10) == tuple(LEASE.splitlines())


def test_a_repeated_sentence_is_quoted_once() -> None:
    assert central_sentences(LEASE.splitlines() * 2, HashingEmbedder(), 10) == tuple(LEASE.splitlines())


def test_short_sentences_are_left_out_if_there_are_longer_ones() -> None:
    assert central_sentences(["Well, yes.", *LEASE.splitlines()], HashingEmbedder(), 10) == tuple(
        LEASE.splitlines()
    )
    assert central_sentences(["Well, yes."], HashingEmbedder(), 10) == ("Well, yes.",)
    assert MIN_CONTENT_WORDS > 2


def test_the_number_of_words_limits_the_sentences() -> None:
    assert len(central_sentences(LEASE.splitlines(), HashingEmbedder(), 10, words=12)) == 1


def test_the_focus_decides_which_sentence_is_quoted() -> None:
    for focus in LEASE.splitlines():
        assert central_sentences(LEASE.splitlines(), HashingEmbedder(), 1, focus=focus) == (focus,)


def test_a_sentence_with_a_bonus_is_quoted_however_short_it_is() -> None:
    sentences = [*LEASE.splitlines(), "Total: 870 euros."]
    chosen = central_sentences(sentences, HashingEmbedder(), 1, bonus=lambda text: 2.0 * ("Total" in text))
    assert chosen == ("Total: 870 euros.",)
