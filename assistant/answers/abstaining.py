"""Whether a library holds the answer to a question at all, decided before anything is answered.

A language model's own likelihood is no sign of it (measured: an area under the ROC curve of 0.47). What
was found is: how much of the question's rare words the best sentence and the best passage hold, and how
near they are in meaning. A logistic regression over these four weighs them; its coefficients belong to
an embedder, because cosines of different embedders differ. They are fitted by `python -m
benchmarks.calibration`, on articles other than those that `benchmarks.quality` scores them on.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from assistant.answers.sentences import QueryFeatures, SentenceIndex
from ingest.embedding import Vectors


@dataclass(frozen=True, slots=True)
class Calibration:
    """Coefficients of `signs`, and where the line is drawn."""

    coefficients: tuple[float, ...]
    constant: float
    threshold: float
    """Confidence below which a question is not answered."""


CALIBRATIONS = {
    "53aa51172d142c89": Calibration((3.31, 4.6, 5.67, 6.27), -10.25, 0.29),
}
"""By the beginning of an embedder's fingerprint: all-MiniLM-L6-v2."""

WORDS_ALONE = Calibration((4.83, 7.11, 0.0, 0.0), -6.52, 0.14)
"""For an embedder nobody has measured: its cosines are left out."""

PAIRS_ALONE = replace(WORDS_ALONE, threshold=0.006)
"""The same for a question in a script without spaces: of its pairs of characters, endings and joints among
them, the sentence that answers holds a fourth where it holds most of the words of others."""


def calibration(fingerprint: str, wanted: QueryFeatures) -> Calibration:
    """The one that belongs to an embedder, and to what is asked."""
    found = (each for name, each in CALIBRATIONS.items() if fingerprint.startswith(name))
    return next(found, PAIRS_ALONE if wanted.in_pairs else WORDS_ALONE)


def signals(wanted: QueryFeatures, sentences: SentenceIndex) -> Vectors:
    """What speaks for an answer being there, shape (4,), each 0 to 1: the share of the question's rare words
    in the best sentence and in the best passage, and the cosine of the best sentence and passage."""
    if not sentences.texts or not wanted.weights:
        return np.zeros(4, np.float32)
    return np.array(
        [
            sentences.shares(wanted).max(),
            sentences.whole_shares(wanted).max(),
            max(0.0, float(sentences.similarities(wanted).max())),
            max(0.0, *(passage.similarity for passage in sentences.passages)),
        ],
        np.float32,
    )


def confidence(of: Vectors, calibration: Calibration) -> float:
    """How likely the library holds the answer, 0 to 1, by the signs `of` it."""
    return 1 / (1 + math.exp(-(float(of @ np.array(calibration.coefficients)) + calibration.constant)))
