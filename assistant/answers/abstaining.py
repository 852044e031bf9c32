"""Decides whether the library contains the answer to a question, before anything is answered.

The likelihood that a language model assigns to its answer says nothing about this (measured: an area under
the ROC curve of 0.47). The search results do: the share of the question's rare words in the best sentence and
the best passage, and the cosine similarity of both. A logistic regression over these four signals gives the
confidence. Its coefficients belong to one embedder, because cosine similarities differ between embedders.
They are fitted by `python -m benchmarks.calibration`, to articles that `benchmarks.quality` does not score.

The reader says whether a passage answers, and a larger model is asked as well. What neither sees is ruled out
by patterns (`is_ruled_out`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from assistant.answers.grounding import content_words
from assistant.answers.measuring import shows_what_is_asked, states_what_is_asked
from assistant.answers.questions import asks_yes_or_no
from assistant.answers.quoting import is_about_another
from assistant.answers.reader import log_odds
from assistant.answers.rows import is_table_row, one_row_answers
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from assistant.answers.showing import shown_quote
from assistant.dialogue import Passage, State
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


READER_WEIGHTS, READER_CONSTANT = (0.8, 0.11, 0.47), 0.8
"""A logistic regression over three log-odds: that one of the passages answers, as the reader sees it; that
the library covers the subject; and that the words which answer are in the sentences that would be quoted.
Fitted to 267 questions about private documents, with and without an answer."""

CLOSEST_FROM = 0.12
"""The confidence from which the closest passages are shown although the search found little of the subject: a
question in other words than its answer shares few with it."""

LEAST_QUOTED = 0.03
"""The smallest probability of the third kind that counts: in a line of figures the reader finds the answer,
but not its ends."""

ANSWERED_FROM = 0.45
"""The confidence from which a reply is an answer and not the closest passages. Of the same 267 questions, 127
are then answered rightly and 35 wrongly; at 0.6 it would be 108 and 23."""

ROW_FROM = 0.7
"""The same for a row of a table that only the reader has chosen: below it, 2 such rows were right and 6
wrong; from it on, 10 and 9. Such an answer is never sure."""

SURE_FROM = 0.87
"""The confidence below which an answer is marked as one that may not be what was asked. Of the answers to 532
questions about private documents, 86 of those from this limit on are right and 9 wrong, and of those between
0.8 and this limit, 22 are right and 7 wrong."""

DEFINED = 0.95
"""The confidence in a sentence that defines the term which a question asks about."""

CHECK_WEIGHT, CHECK_CONSTANT = 0.5, -0.6
"""Weight of a model's own yes or no (`assistant.answers.prompting.check_prompt`), and what balances it. Of
154 questions about private documents, with as many wrong answers as without it (11), 76 instead of 61 are
answered rightly."""


def calibration(fingerprint: str, features: QueryFeatures) -> Calibration:
    """The calibration for an embedder and a question.

    fingerprint: of the embedder.
    features: of the question; they decide between words and pairs of characters, and whether meaning counts.
    """
    by_words = PAIRS_ALONE if features.is_unspaced else WORDS_ALONE
    if not features.is_readable:
        return by_words
    fitted = (values for prefix, values in CALIBRATIONS.items() if fingerprint.startswith(prefix))
    return next(fitted, by_words)


def is_measured(fingerprint: str) -> bool:
    """Whether the similarities of an embedder were measured, so that they say whether words mean the same."""
    return any(fingerprint.startswith(prefix) for prefix in CALIBRATIONS)


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


def confidence_read(covered: float, passages: Sequence[Passage], quotes: Sequence[Passage]) -> float:
    """The probability that the reply to a question is its answer, 0 to 1.

    covered: the probability that the library covers its subject (`confidence`).
    passages: what was found. quotes: the sentences of them that would be quoted.
    Passages that were not read leave it at `covered`.
    """
    readings = [passage.reading for passage in passages if passage.reading is not None]
    if not readings:
        return covered
    answer = sum(span.probability for quote in quotes if quote.reading for span in quote.reading.spans)
    signals = (max(reading.answers for reading in readings), covered, max(answer, LEAST_QUOTED))
    linear = READER_CONSTANT + sum(
        weight * log_odds(signal) for weight, signal in zip(READER_WEIGHTS, signals, strict=True)
    )
    return 1 / (1 + math.exp(-linear))


def confidence_checked(confidence: float, stated: float) -> float:
    """The probability that the reply is an answer, after a model of a billion parameters has read it too.

    confidence: of `confidence_read`.
    stated: the log-odds that the model says that the text states the answer, in nats.
    """
    linear = log_odds(confidence) + CHECK_WEIGHT * stated + CHECK_CONSTANT
    return 1 / (1 + math.exp(-linear))


def about_the_question(passages: Sequence[Passage]) -> tuple[tuple[Passage, ...], bool]:
    """The passages whose documents hold as many of the question's names and numbers as any, and whether they
    hold all of them together.

    A question may name two people, each in a document of their own; so a document is left out only if another
    one holds all that it holds, and more.
    """
    lacks = [frozenset(passage.lacks) for passage in passages]
    kept = [place for place, lacking in enumerate(lacks) if not any(other < lacking for other in lacks)]
    missing = frozenset.intersection(*(lacks[place] for place in kept)) if kept else frozenset()
    return tuple(passages[place] for place in kept), not missing


def decide(confidence: float, covered: float, threshold: float, quotes: Sequence[Passage]) -> State:
    """Whether a question is answered, gets the closest passages, or has nothing about it in the library.

    confidence: of `confidence_read`. covered: as for it. threshold: below it, the library has nothing about
    the subject. quotes: the sentences that would be quoted. They answer only if their documents together hold
    all names and numbers of the question.
    """
    if all(quote.reading is None for quote in quotes):
        return State.NOT_FOUND if covered < threshold else State.ANSWERED
    least = ROW_FROM if quotes and is_table_row(quotes[0]) else ANSWERED_FROM
    if confidence >= least and about_the_question(quotes)[1]:
        return State.ANSWERED
    is_nothing = covered < threshold and confidence < CLOSEST_FROM
    return State.NOT_FOUND if is_nothing else State.CLOSEST


def is_sure(question: str, confidence: float, quotes: Sequence[Passage]) -> bool:
    """Whether `quotes`, which are given as the answer, are sure to be what was asked.

    confidence: of `confidence_read` or `confidence_checked`. What was not read is not doubted. A row of a
    table is: where the table itself does not answer, the reader may be wrong about its row. A line such as
    `To: Ada Fell` before it does not make the row surer.
    """
    if any(map(is_table_row, quotes)):
        return False
    if all(quote.reading is None for quote in quotes):
        return True
    return confidence >= SURE_FROM and shows_what_is_asked(question, [quote.text for quote in quotes])


def is_ruled_out(
    question: str, features: QueryFeatures, quotes: Sequence[Passage], passages: Sequence[Passage]
) -> bool:
    """Whether `quotes` cannot be the answer, however well they read: they only repeat the question, are
    about another year or number, lack the kind of thing that is asked for, or are one row of a table where
    all rows would have to be looked at.

    passages: those that the quotes are from.
    """
    whole = {passage.chunk_ids: passage for passage in passages}
    return (
        _repeat(question, quotes)
        or all(_is_about_another(features, quote, whole[quote.chunk_ids]) for quote in quotes)
        or not all(one_row_answers(question, quote, whole[quote.chunk_ids]) for quote in quotes)
        or not states_what_is_asked(question, [shown_quote(quote, passages) for quote in quotes])
    )


def _is_about_another(features: QueryFeatures, quote: Passage, whole: Passage) -> bool:
    """`is_about_another` for a quote from the passage `whole`."""
    start = quote.locator.chars[0] - whole.locator.chars[0]
    return is_about_another(features, whole, start, start + len(quote.text))


def _repeat(question: str, quotes: Sequence[Passage]) -> bool:
    """Whether `quotes` say nothing that a question does not, as headings and names do. A question of yes or
    no is answered by what it says itself."""
    said = frozenset[str]().union(*(content_words(quote.text) for quote in quotes))
    return said <= content_words(question) and not asks_yes_or_no(question)
