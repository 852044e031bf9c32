"""Whether a question is answered, by signals of its search results."""

import numpy as np

from assistant.answers.abstaining import (
    CALIBRATIONS,
    PAIRS_ALONE,
    WORDS_ALONE,
    calibration,
    confidence,
    signals,
)
from assistant.answers.sentences import QueryFeatures, SentenceIndex
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
