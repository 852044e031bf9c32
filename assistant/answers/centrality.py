"""Chooses the sentences that represent a text: nearest to the mean of all, each different from the others.

Earlier sentences are preferred to later ones (Edmundson 1969, "New Methods in Automatic Extracting", the
location method), and each is different from those chosen before it (Carbonell and Goldstein 1998, "The Use of
MMR, Diversity-Based Reranking").
"""

from collections.abc import Callable, Sequence

import numpy as np

from assistant.answers.grounding import content_words
from ingest.embedding import Embedder

CENTRALITY_SHARE, NOVELTY_SHARE = 0.7, 0.3
"""Weights of a sentence's centrality, and of its similarity to a sentence chosen before, which is subtracted.
"""

EARLINESS = 0.4
"""The advantage of the first sentence over the last, in units of cosine similarity: texts say early what they
are about."""

FOCUS_SHARE = 0.7
"""Weight of a sentence's similarity to the focus of the summary, if there is one."""

MIN_CONTENT_WORDS = 4
"""Content words that a sentence of a summary has at least, if there are such sentences."""


def central_sentences(
    sentences: Sequence[str],
    embedder: Embedder,
    count: int,
    *,
    words: int = 0,
    focus: str = "",
    bonus: Callable[[str], float] = lambda sentence: 0.0,
) -> tuple[str, ...]:
    """The sentences that represent all of them best, in their order.

    count: the largest number of sentences.
    words: about how many words they have together; 0 for no limit.
    focus: the subject to prefer; empty for none.
    bonus: what a sentence is worth beyond its centrality, in units of cosine similarity. A sentence with a
    bonus need not be long; one with a negative bonus is left out if there are others.
    """
    distinct = list(dict.fromkeys(" ".join(sentence.split()) for sentence in sentences))
    worth = {sentence: bonus(sentence) for sentence in distinct}
    welcome = [text for text in distinct if worth[text] >= 0] or distinct
    candidates = [
        text for text in welcome if worth[text] > 0 or len(content_words(text)) >= MIN_CONTENT_WORDS
    ] or welcome
    lengths = [len(sentence.split()) for sentence in candidates]
    if len(candidates) <= count and (not words or sum(lengths) <= words):
        return tuple(candidates)
    vectors = embedder.embed(candidates)
    centrality = vectors @ vectors.mean(axis=0) + EARLINESS * np.linspace(1, 0, len(candidates))
    centrality += np.array([worth[text] for text in candidates])
    if focus:
        similarity = vectors @ embedder.embed_questions([focus])[0]
        centrality = (1 - FOCUS_SHARE) * centrality + FOCUS_SHARE * similarity
    chosen: list[int] = []
    while len(chosen) < min(count, len(candidates)) and (
        not words or sum(lengths[index] for index in chosen) < words
    ):
        redundancy = (vectors @ vectors[chosen].T).max(axis=1) if chosen else np.zeros(len(candidates))
        scores = CENTRALITY_SHARE * centrality - NOVELTY_SHARE * redundancy
        scores[chosen] = -np.inf
        chosen.append(int(scores.argmax()))
    return tuple(candidates[index] for index in sorted(chosen))
