"""Whether a library holds the answer to a question at all, decided before anything is answered.

A language model's own likelihood is no sign of it (measured: an area under the ROC curve of 0.47). What
was found is: how much of the question's rare words the best sentence and the best passage hold, and how
near they are in meaning. A logistic regression over these four weighs them; its coefficients belong to
an embedder, because cosines of different embedders differ. They are fitted by `python -m
benchmarks.quality` on articles other than those they are scored on.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from assistant.grounding import content_words
from assistant.quoting import Sentences
from ingest.embedding import Vectors


@dataclass(frozen=True, slots=True)
class Calibration:
    """Coefficients of `signs`, and where the line is drawn."""

    coefficients: tuple[float, ...]
    constant: float
    threshold: float
    """Confidence below which a question is not answered."""


CALIBRATIONS = {
    "53aa51172d142c89": Calibration((2.99, 3.76, 4.28, 4.76), -7.49, 0.3),
}
"""By the beginning of an embedder's fingerprint: all-MiniLM-L6-v2."""

WORDS_ALONE = Calibration((3.94, 6.1, 0.0, 0.0), -4.63, 0.2)
"""For an embedder nobody has measured: its cosines are left out."""


_PLAIN = frozenset(
    "get gets got go goes going went come comes came take takes took make makes made give gives gave tell "
    "tells told say says said know knows need needs needed want wants use used call called happen happened "
    "much many long old often kind type name number thing things people person time date day year".split()
)
"""Words that a question is asked with and an answer is seldom given in, however rare in a library."""


def calibration(fingerprint: str) -> Calibration:
    """The one that belongs to an embedder."""
    found = (each for name, each in CALIBRATIONS.items() if fingerprint.startswith(name))
    return next(found, WORDS_ALONE)


def signs(question: str, sentences: Sentences, rarity: Mapping[str, float]) -> Vectors:
    """What speaks for an answer being there, shape (4,), each 0 to 1: the share of the question's weight
    in the best sentence and in the best passage, and the cosine of the best sentence and passage.

    rarity: of the question's words in the library.
    """
    asked = content_words(question)
    wanted = {_stem(word): rarity[word] for word in asked - _PLAIN or asked}
    total = sum(wanted.values())
    if not sentences.texts or not total:
        return np.zeros(4, np.float32)

    def covered(text: str) -> float:
        return sum(wanted[stem] for stem in wanted.keys() & set(map(_stem, content_words(text)))) / total

    in_passage = max(
        covered(f"{passage.title} {' '.join(passage.locator.heading)} {passage.text}")
        for passage in sentences.passages
    )
    return np.array(
        [
            max(map(covered, sentences.texts)),
            in_passage,
            max(0.0, float(sentences.similarities(question).max())),
            max(0.0, *(passage.similarity for passage in sentences.passages)),
        ],
        np.float32,
    )


def _stem(word: str) -> str:
    """The first five letters: in European languages about as good as stemming by rule (McNamee and Mayfield
    2004, "Character N-Gram Tokenization for European Language Text Retrieval"), and "allergic" finds
    "allergy"."""
    return word[:5]


def confidence(of: Vectors, calibration: Calibration) -> float:
    """How likely the library holds the answer, 0 to 1, by the signs `of` it."""
    return 1 / (1 + math.exp(-(float(of @ np.array(calibration.coefficients)) + calibration.constant)))
