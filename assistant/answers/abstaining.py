"""Decides whether the library contains the answer to a question, before anything is answered.

The likelihood that a language model assigns to its answer says nothing about this (measured: an area under
the ROC curve of 0.47). The search results do: the share of the question's rare words in the best sentence and
the best passage, and the cosine similarity of both. A logistic regression over these four signals gives the
confidence. Its coefficients belong to one embedder, because cosine similarities differ between embedders.
They are fitted by `python -m benchmarks.calibration`, to articles that `benchmarks.quality` does not score.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from assistant.answers.sentences import QueryFeatures, SentenceIndex
from ingest.embedding import Vectors


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted logistic regression over `signals`."""

    coefficients: tuple[float, ...]
    """One for each signal."""
    constant: float
    """The intercept."""
    threshold: float
    """The confidence below which a question is not answered."""


CALIBRATIONS = {
    "53aa51172d142c89": Calibration((3.31, 4.6, 5.67, 6.27), -10.25, 0.29),
}
"""Calibrations by the beginning of the embedder's fingerprint: all-MiniLM-L6-v2."""

WORDS_ALONE = Calibration((4.83, 7.11, 0.0, 0.0), -6.52, 0.14)
"""The calibration for every other embedder. It ignores cosine similarities."""

PAIRS_ALONE = replace(WORDS_ALONE, threshold=0.006)
"""The same for questions in a script without spaces. Their words are pairs of characters, which include
endings and word boundaries: a sentence that answers contains a fourth of them, where it contains most of the
words of other questions."""


def calibration(fingerprint: str, features: QueryFeatures) -> Calibration:
    """The calibration for an embedder and a question.

    fingerprint: of the embedder.
    features: of the question; they decide between words and pairs of characters.
    """
    fitted = (values for prefix, values in CALIBRATIONS.items() if fingerprint.startswith(prefix))
    return next(fitted, PAIRS_ALONE if features.is_unspaced else WORDS_ALONE)


def signals(features: QueryFeatures, sentences: SentenceIndex) -> Vectors:
    """The signals of one question, each 0 to 1, shape (4,).

    They are the share of the question's rare words in the best sentence and in the best passage, and the
    cosine similarity of the best sentence and of the best passage.
    """
    if not sentences.texts or not features.weights:
        return np.zeros(4, np.float32)
    return np.array(
        [
            sentences.term_shares(features).max(),
            sentences.passage_term_shares(features).max(),
            max(0.0, float(sentences.similarities(features).max())),
            max(0.0, *(passage.similarity for passage in sentences.passages)),
        ],
        np.float32,
    )


def confidence(signals: Vectors, calibration: Calibration) -> float:
    """The probability that the library contains the answer, 0 to 1.

    signals: of the question, shape (4,).
    """
    linear = float(signals @ np.array(calibration.coefficients)) + calibration.constant
    return 1 / (1 + math.exp(-linear))
