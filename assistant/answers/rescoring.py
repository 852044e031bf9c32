"""Scores the best candidates of a search again, more closely than all of them can be.

Their sentences are compared with the question (`assistant.answers.sentences`), and the best sentence of each
counts too: words that occur together count more than scattered ones. A document as a whole counts
(`assistant.answers.identifying`), so that of two look-alikes the one that is meant comes first. The best are
read together with the question (`assistant.answers.reader`). With a reader, the sentences are compared by
their words alone: embedding them took two thirds of a search, and did not bring the right passage to the top
more often.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from assistant.answers.grounding import spans_of
from assistant.answers.identifying import NO_FIT, DocumentFit
from assistant.answers.joining import ScoredChunk, ranked, single_passages
from assistant.answers.prompting import source_name
from assistant.answers.questions import without_last_mark
from assistant.answers.reader import Reader, log_odds
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from assistant.answers.terms import defines
from assistant.dialogue import Reading
from ingest.catalogue import Catalogue
from ingest.embedding import Embedder

SENTENCE_CANDIDATES = 15
"""The best chunks by fused score, whose sentences are compared with the question."""

IDENTITY_SHARE = 0.2
"""Weight, in the fused score of a chunk, of how well its document as a whole fits the question."""

FUSED_SHARE, TERM_SHARE, SIMILARITY_SHARE = 0.6, 0.15, 0.25
"""Weights in the score of such a chunk: of its fused score, of the largest share of the question's rare words
in one of its sentences, and of the largest cosine similarity of one; with a reader, of the chunk itself."""

READ = 12
"""The best chunks, which the reader reads together with the question."""

SIMILAR_READ = 4
"""The chunks nearest in meaning that are read besides. A question in other words than its answer shares few
with it, so the chunk that answers may come first by meaning and only twentieth by its whole score."""

READER_SHARE = 0.5
"""Weight, in the score of such a chunk, of the log-odds that it answers the question, scaled to 0 to 1."""

READER_SCALE = 7.0
"""The log-odds that count as certain, either way."""

DEFINING = 1.0
"""What the fused score of a chunk gains if it defines the term that the question asks about."""


def with_sentences(
    catalogue: Catalogue,
    features: QueryFeatures,
    scored: Sequence[ScoredChunk],
    fits: Mapping[str, DocumentFit],
    preferred: Collection[str],
    boost: float,
    *,
    embedder: Embedder,
    is_read: bool,
) -> list[ScoredChunk]:
    """The candidates with how well their documents fit the question, with the best sentence of the first
    `SENTENCE_CANDIDATES` included in their scores, and the boost of those in preferred documents.

    The others count as if their sentences matched nothing. What a document holds of the question counts as
    part of each of its sentences, as its title does.

    catalogue: must not change meanwhile.
    fits: of the documents of the candidates, by chunk; those that hold nothing of the question are missing.
    preferred: paths of documents that fit the question better than their text says. boost: what their chunks
        gain.
    is_read: whether the reader will read the best of them.
    """
    defining = _defining(catalogue, features, scored)
    scored = ranked(
        [
            replace(
                chunk,
                score=(1 - IDENTITY_SHARE) * chunk.score
                + IDENTITY_SHARE * fits.get(chunk.chunk_id, NO_FIT).share
                + DEFINING * (chunk.chunk_id in defining),
            )
            for chunk in scored
        ]
    )
    best = single_passages(catalogue, scored[:SENTENCE_CANDIDATES])
    sentences = SentenceIndex(
        [passage for _, passage in best],
        embedder,
        contexts=[fits.get(chunk.chunk_id, NO_FIT).words for chunk, _ in best],
    )
    shares = sentences.max_by_passage(sentences.term_shares(features))
    if not features.is_readable:
        similarities = shares
    elif is_read:
        similarities = np.array([max(0.0, chunk.similarity) for chunk, _ in best], np.float32)
    else:
        similarities = sentences.max_by_passage(sentences.similarities(features))
    return ranked(
        [
            replace(
                chunk,
                score=FUSED_SHARE * chunk.score
                + TERM_SHARE * float(share)
                + SIMILARITY_SHARE * float(similarity)
                + (boost if passage.locator.path in preferred else 0.0),
            )
            for (chunk, passage), share, similarity in zip(best, shares, similarities, strict=True)
        ]
        + [replace(chunk, score=FUSED_SHARE * chunk.score) for chunk in scored[SENTENCE_CANDIDATES:]]
    )


def with_readings(
    catalogue: Catalogue,
    query: str,
    scored: list[ScoredChunk],
    fits: Mapping[str, DocumentFit],
    reader: Reader,
) -> tuple[list[ScoredChunk], dict[str, Reading]]:
    """The candidates with what the reader makes of the best included in their scores, and its readings by
    chunk. It reads the first `READ`, and those of the others that are nearest in meaning.

    The reader is told what each document is about, because a chunk of a lease does not name the tenant.
    """
    most_similar = sorted(scored[READ:], key=lambda chunk: -chunk.similarity)[:SIMILAR_READ]
    best = single_passages(catalogue, scored[:READ] + most_similar)
    contexts = (
        (fits.get(chunk.chunk_id, NO_FIT).words, source_name(passage.title, passage.locator.heading))
        for chunk, passage in best
    )
    readings = reader.read(
        without_last_mark(query),
        [
            (", ".join(filter(None, context)), passage.text)
            for context, (_, passage) in zip(contexts, best, strict=True)
        ],
    )
    by_chunk = {chunk.chunk_id: reading for (chunk, _), reading in zip(best, readings, strict=True)}
    return ranked([_with_reading(chunk, by_chunk.get(chunk.chunk_id)) for chunk in scored]), by_chunk


def _defining(catalogue: Catalogue, features: QueryFeatures, scored: Sequence[ScoredChunk]) -> set[str]:
    """The ids of the candidates that define the term which the question asks about."""
    if not features.term:
        return set()
    candidates = single_passages(catalogue, scored)
    return {
        chunk.chunk_id
        for chunk, passage in candidates
        if any(defines(passage.text[start:end], features.term) for start, end in spans_of(passage))
    }


def _with_reading(chunk: ScoredChunk, reading: Reading | None) -> ScoredChunk:
    """The candidate with what the reader makes of it included in its score; None if it was not read.

    Its log-odds count, because to a question in other words than its answer it gives small probabilities,
    which differ little.
    """
    answers = 0.0
    if reading is not None:
        clipped = min(max(log_odds(reading.answers), -READER_SCALE), READER_SCALE)
        answers = (clipped + READER_SCALE) / (2 * READER_SCALE)
    return replace(chunk, score=(1 - READER_SHARE) * chunk.score + READER_SHARE * answers)
