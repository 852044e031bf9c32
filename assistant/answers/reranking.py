"""Reorders the best search results with a model that reads the question and the text together.

This is more accurate than comparing vectors, and slower in proportion to the length of the texts, so only the
best results are reranked. Two rerankers exist. A cross-encoder that the user provides (Nogueira and Cho 2019,
"Passage Re-ranking with BERT"), and the language model that answers: it ranks a text by the likelihood of the
question after it (Ponte and Croft 1998, "A Language Modeling Approach to Information Retrieval"; Sachan et
al. 2022, "Improving Passage Retrieval with Zero-Shot Question Generation"). By default there is no reranking:
on a CPU, the bundled model takes longer to read ten chunks than to answer (docs/quality.md).
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from assistant.dialogue import Passage
from assistant.engine import Engine

LIKELIHOOD = "likelihood"
"""The value of `models.reranker` that selects `LikelihoodReranker`."""

LIKELIHOOD_WEIGHT = 0.2
"""Weight of the question's mean log-probability, in units of the search score."""


class Reranker(Protocol):
    """Scores passages for a question. Used by one thread at a time."""

    def scores(self, query: str, passages: Sequence[Passage]) -> list[float]:
        """How well each of `passages` answers `query`. Only scores of one call can be compared."""


class CrossEncoderReranker:
    """A cross-encoder of sentence-transformers. Implements `Reranker`."""

    def __init__(self, folder: Path) -> None:
        """
        folder: the model's folder; its files are verified already.
        """
        # 3 s: torch and transformers.
        from sentence_transformers import CrossEncoder

        self._model: Any = CrossEncoder(
            str(folder), device="cpu", local_files_only=True, trust_remote_code=False
        )

    def scores(self, query: str, passages: Sequence[Passage]) -> list[float]:
        """The cross-encoder's score of each passage."""
        pairs = [(query, passage.text) for passage in passages]
        return [float(score) for score in self._model.predict(pairs, show_progress_bar=False)]


class LikelihoodReranker:
    """The language model that answers, used as a reranker. Implements `Reranker`."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        """
        engine: returns the engine, and opens it on the first call.
        """
        self._engine = engine

    def scores(self, query: str, passages: Sequence[Passage]) -> list[float]:
        """The search score of each passage, plus the weighted log-probability of the query after it."""
        engine = self._engine()
        query_tokens = engine.tokenize(query)
        if not query_tokens:
            return [passage.score for passage in passages]
        return [
            passage.score
            + LIKELIHOOD_WEIGHT
            * engine.likelihood(engine.tokenize(_context(passage), begin=True), query_tokens)
            for passage in passages
        ]


def _context(passage: Passage) -> str:
    """The text that the question follows."""
    return f"{passage.title}\n{' > '.join(passage.locator.heading)}\n{passage.text}\n\nQuestion: "
