"""Ordering what was found by a model that reads question and text together.

Slower than comparing vectors by the length of every text, and surer; so it sees only the best of what
retrieval proposes. A cross-encoder of the person's own does it (Nogueira and Cho 2019, "Passage Re-ranking
with BERT"), or the language model that answers, by how likely the question is to it after the text (Ponte and
Croft 1998, "A Language Modeling Approach to Information Retrieval"; Sachan et al. 2022, "Improving Passage
Retrieval with Zero-Shot Question Generation"). Neither unless it is asked for: on a processor the bundled
model takes longer to read ten chunks than to answer (docs/quality.md).
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from assistant.dialogue import Passage
from assistant.engine import Engine

LIKELIHOOD = "likelihood"
"""What `models.reranker` says for the language model's own."""

LIKELY = 0.2
"""What a question's mean log-probability counts beside the score of the search."""


class Reranker(Protocol):
    """Scores texts for a question. Used by one thread at a time."""

    def scores(self, query: str, passages: Sequence[Passage]) -> list[float]:
        """How well each of `passages` answers `query`, as numbers that compare within one call."""


class CrossEncoderReranker:
    """sentence-transformers' CrossEncoder, from a folder that was checked."""

    def __init__(self, folder: Path) -> None:
        # 3 s: torch and transformers.
        from sentence_transformers import CrossEncoder

        self._model: Any = CrossEncoder(
            str(folder), device="cpu", local_files_only=True, trust_remote_code=False
        )

    def scores(self, query: str, passages: Sequence[Passage]) -> list[float]:
        pairs = [(query, passage.text) for passage in passages]
        return [float(score) for score in self._model.predict(pairs, show_progress_bar=False)]


class LikelihoodReranker:
    """The language model that answers."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        """engine: opened when it is first needed."""
        self._engine = engine

    def scores(self, query: str, passages: Sequence[Passage]) -> list[float]:
        engine = self._engine()
        asked = engine.tokenize(query)
        if not asked:  # Filters alone.
            return [passage.score for passage in passages]
        return [
            passage.score + LIKELY * engine.likelihood(engine.tokenize(_before(passage), begin=True), asked)
            for passage in passages
        ]


def _before(passage: Passage) -> str:
    return f"{passage.title}\n{' > '.join(passage.locator.heading)}\n{passage.text}\n\nQuestion: "
