"""Which sentences speak for a text, for models too small to read whole passages.

A model of some hundred million parameters loses itself in a page: asked over whole passages it
was right for 29% of the questions on the example notes, asked over the best sentence or two for
half of them, while the best two sentences held the answer for 90%. So such a model reads those
alone, and what it writes is shown only where they bear it out and it tells most of the best of them; else
they are the answer. They are ranked by meaning and by the question's rare words they hold
(`assistant.answers.sentences`), and by their passage's own score.

A summary by such a model makes things up, so it is quoted too: the sentences nearest to what all of
them mean together, the earlier rather than the later (Edmundson 1969, "New Methods in Automatic
Extracting", the location method), each unlike those taken before (Carbonell and Goldstein 1998, "The Use of
MMR, Diversity-Based Reranking").
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from assistant.answers.grounding import content_words, quotable
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from assistant.dialogue import Passage
from ingest.embedding import Embedder

SMALL = 1_000_000_000
"""Parameters below which a model answers and summarizes by quoting."""


def best_sentences(wanted: QueryFeatures, sentences: SentenceIndex, count: int) -> tuple[Passage, ...]:
    """Those that answer a question best, as passages of their own, best first."""
    similarities = sentences.similarities(wanted)
    of_passages = np.array([sentences.passages[place].score for place, _, _ in sentences.spans])
    scores = of_passages + (similarities + sentences.shares(wanted)) / 2
    order = np.argsort(-scores, kind="stable")[:count]
    return tuple(
        _sentence(rank, sentences, index, score=float(scores[index]), similarity=float(similarities[index]))
        for rank, index in enumerate(order, start=1)
    )


CENTRAL, OTHER = 0.7, 0.3
"""Shares of a sentence's nearness to the whole, and of its distance from those taken before."""

EARLINESS = 0.4
"""What the first sentence has over the last, in the unit of nearness: texts say early what they are about."""

FOCUSED = 0.7
"""Share of a sentence's nearness to what the summary is to be about, where that is said."""

LEAST_WORDS = 4
"""Content words of a sentence that can stand in a summary, where there are such sentences."""


def central_sentences(
    texts: Sequence[str], embedder: Embedder, count: int, *, words: int = 0, focus: str = ""
) -> tuple[str, ...]:
    """The sentences that say best what `texts` say together, in reading order.

    count: how many at most. words: how many words of them, about; 0 for any number.
    focus: what they are to be about; empty for the whole.
    """
    sentences = dict.fromkeys(" ".join(text[a:b].split()) for text in texts for a, b in quotable(text))
    found = [each for each in sentences if len(content_words(each)) >= LEAST_WORDS] or list(sentences)
    lengths = [len(each.split()) for each in found]
    if len(found) <= count and (not words or sum(lengths) <= words):
        return tuple(found)
    vectors = embedder.embed(found)
    nearness = vectors @ vectors.mean(axis=0) + EARLINESS * np.linspace(1, 0, len(found))
    if focus:
        nearness = (1 - FOCUSED) * nearness + FOCUSED * (vectors @ embedder.embed([focus])[0])
    taken: list[int] = []
    while len(taken) < min(count, len(found)) and (not words or sum(lengths[i] for i in taken) < words):
        told = (vectors @ vectors[taken].T).max(axis=1) if taken else np.zeros(len(found))
        scores = CENTRAL * nearness - OTHER * told
        scores[taken] = -np.inf
        taken.append(int(scores.argmax()))
    return tuple(found[index] for index in sorted(taken))


def _sentence(rank: int, sentences: SentenceIndex, index: int, *, score: float, similarity: float) -> Passage:
    place, start, end = sentences.spans[index]
    passage = sentences.passages[place]
    return replace(
        passage,
        rank=rank,
        score=score,
        similarity=similarity,
        text=passage.text[start:end],
        locator=passage.locator.narrowed(passage.text, start, end),
    )
