"""Searches with other weights than Carrel's, for comparison. They use the retriever of a library directly."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from assistant.answers.retrieval import Retriever
from assistant.answers.sentences import CachingEmbedder
from assistant.config import Config, integrity_key
from assistant.evaluating import DEPTH, EvaluationQuestion, Outcome, search_outcome
from assistant.library.embedders import open_embedder
from ingest.catalogue import Catalogue
from ingest.vectors.exact import ExactVectors


@contextmanager
def open_retriever(library: Path) -> Iterator[Retriever]:
    """The retriever of the library in this folder, with the default configuration."""
    embedder = CachingEmbedder(open_embedder(Config(), library))
    with closing(Catalogue(library / "catalogue.db", integrity_key())) as catalogue:
        yield Retriever(catalogue, ExactVectors(catalogue.chunks.all_vectors()), embedder)


def weighted_outcomes(
    retriever: Retriever, questions: Sequence[EvaluationQuestion], dense_weight: float
) -> list[Outcome]:
    """What each question finds with `dense_weight`, as in `Retriever.search`."""
    return [
        search_outcome(question, retriever.search(question.question, DEPTH, dense_weight=dense_weight))
        for question in questions
    ]
