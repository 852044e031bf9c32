"""Ordering what was found by a model that reads question and passage together.

Slower than comparing vectors by the length of every passage, and surer; so it sees only the best of what
retrieval proposes. One implementation, a cross-encoder of the person's own (Nogueira and Cho 2019, "Passage
Re-ranking with BERT"): none comes with Carrel.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol


class Reranker(Protocol):
    """Scores passages for a question. Used by one thread at a time."""

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """How well each of `texts` answers `query`, as numbers that compare within one call."""


class CrossEncoderReranker:
    """sentence-transformers' CrossEncoder, from a folder that was checked."""

    def __init__(self, folder: Path) -> None:
        # 3 s: torch and transformers.
        from sentence_transformers import CrossEncoder

        self._model: Any = CrossEncoder(
            str(folder), device="cpu", local_files_only=True, trust_remote_code=False
        )

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        pairs = [(query, text) for text in texts]
        return [float(score) for score in self._model.predict(pairs, show_progress_bar=False)]
