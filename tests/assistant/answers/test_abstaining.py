"""Whether a question is answered, by signals of its search results."""

from dataclasses import replace

import numpy as np
import pytest

from assistant.answers.abstaining import (
    ANSWERED_FROM,
    CALIBRATIONS,
    PAIRS_ALONE,
    ROW_FROM,
    WORDS_ALONE,
    about_the_question,
    calibration,
    confidence,
    confidence_read,
    decide,
    is_ruled_out,
    is_sure,
    signals,
)
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from assistant.dialogue import AnswerSpan, Passage, Reading, State
from ingest.documents import Locator
from ingest.embedding import HashingEmbedder
from tests.passages import LEASE, PASSAGES, passage


def features(*words: str) -> QueryFeatures:
    """The features of a question of these words, all equally rare."""
    return QueryFeatures.of(" ".join(words), dict.fromkeys(words, 1.0), HashingEmbedder())


def test_the_embedder_and_the_script_decide_on_the_calibration() -> None:
    for fingerprint, fitted in CALIBRATIONS.items():
        assert calibration(f"{fingerprint}abc", features("rent")) is fitted
    assert calibration("another", features("rent")) is WORDS_ALONE
    assert calibration("another", features("合同")) is PAIRS_ALONE


def test_signals_are_shares_of_words_and_similarities() -> None:
    index = SentenceIndex([passage(LEASE)], HashingEmbedder())
    sentence, whole, *similarities = signals(features("rent", "deposit"), index)
    assert (float(sentence), float(whole)) == (0.5, 1.0)
    assert all(0.0 <= similarity <= 1.0 for similarity in similarities)


def test_without_results_or_words_all_signals_are_zero() -> None:
    for question, passages in ((features("rent"), []), (features(), PASSAGES)):
        assert signals(question, SentenceIndex(passages, HashingEmbedder())).tolist() == [0.0] * 4


def test_confidence_is_a_probability_that_grows_with_every_signal() -> None:
    (fitted, *_) = CALIBRATIONS.values()
    lowest = confidence(np.zeros(4, np.float32), fitted)
    highest = confidence(np.ones(4, np.float32), fitted)
    assert 0.0 < lowest < fitted.threshold < highest < 1.0
    for place in range(4):
        assert confidence(np.eye(4, dtype=np.float32)[place], fitted) > lowest


def read(answers: float, *, lacks: tuple[str, ...] = ()) -> Passage:
    """A passage that the reader has read."""
    span = AnswerSpan(0, 4, answers / 2)
    locator = Locator("/notes/a.md", None, None, (), (1, 1), (0, 4))
    return Passage(1, 0.5, 0.5, "A", "text", locator, ("a",), Reading(answers, (span,)), lacks=lacks)


def test_the_reader_decides_between_an_answer_and_the_closest_passages() -> None:
    likely, unlikely = (read(0.95),), (read(0.05),)
    assert decide(confidence_read(0.9, likely, likely), 0.9, 0.3, likely) is State.ANSWERED
    assert decide(confidence_read(0.9, unlikely, unlikely), 0.9, 0.3, unlikely) is State.CLOSEST
    assert decide(confidence_read(0.1, unlikely, unlikely), 0.1, 0.3, unlikely) is State.NOT_FOUND


def test_an_answer_is_sure_from_a_confidence_on_and_where_nothing_was_read() -> None:
    (passage,) = quotes = (read(0.95),)
    assert is_sure("Who?", 0.9, quotes)
    assert not is_sure("Who?", ANSWERED_FROM, quotes)
    assert is_sure("Who?", ANSWERED_FROM, (replace(passage, reading=None),))


def test_a_row_that_the_reader_alone_chose_must_be_surer_than_a_sentence_and_is_never_sure() -> None:
    sentence = (read(0.95),)
    row = (replace(sentence[0], text="Contents | 65,000 | 150 | 128.90"),)
    likely = (ANSWERED_FROM + ROW_FROM) / 2
    assert decide(likely, 0.9, 0.3, sentence) is State.ANSWERED
    assert decide(likely, 0.9, 0.3, row) is State.CLOSEST
    assert decide(ROW_FROM, 0.9, 0.3, row) is State.ANSWERED
    assert is_sure("What is the premium?", 0.99, sentence)
    assert not is_sure("What is the premium?", 0.99, row)
    assert not is_sure("What is the premium?", 0.99, sentence + row)


@pytest.mark.parametrize("question", ["Who signed the lease of the flat?", "What is the lease of the flat?"])
def test_a_quote_that_only_repeats_the_question_is_no_answer(question: str) -> None:
    (passage,) = quotes = (read(0.95),)
    heading, answer = (
        replace(passage, text="Lease of the flat"),
        replace(passage, text="Ada signed the lease."),
    )
    assert is_ruled_out(question, features("lease"), (heading,), quotes)
    assert not is_ruled_out(question, features("lease"), (answer,), quotes)
    assert not is_ruled_out("Is there a lease of the flat?", features("lease"), (heading,), quotes)


def test_a_document_that_lacks_the_persons_name_gives_no_answer() -> None:
    passages = (read(0.95, lacks=("Wren",)),)
    assert decide(confidence_read(0.9, passages, passages), 0.9, 0.3, passages) is State.CLOSEST


def test_documents_about_another_person_are_left_out_and_two_who_are_named_stay() -> None:
    wren, jonas = read(0.6, lacks=("Jonas",)), read(0.7, lacks=("Wren",))
    assert about_the_question((read(0.9, lacks=("Wren",)), read(0.6))) == ((read(0.6),), True)
    assert about_the_question((wren, jonas)) == ((wren, jonas), True)
    assert about_the_question(()) == ((), True)


def test_two_quotes_hold_the_names_of_the_question_only_together() -> None:
    ines, tobias = read(0.95, lacks=("Tobias",)), read(0.95, lacks=("Ines",))
    assert decide(0.9, 0.9, 0.3, (ines,)) is State.CLOSEST
    assert decide(0.9, 0.9, 0.3, (ines, tobias)) is State.ANSWERED
