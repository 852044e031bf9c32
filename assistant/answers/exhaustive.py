"""Answers a question from every selected document, for "which of them", "how many" and "list all".

The nearest passages answer a question that one place answers. Here each selected document is searched
separately, and the sentence that answers the question best is quoted. Documents without an answer are left
out, by the same confidence that decides whether a question is answered at all
(`assistant.answers.abstaining`). Every model quotes here, whatever its size, because a count must refer to
real text. The answer ends with its coverage.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assistant.answers import abstaining
from assistant.answers.grounding import content_words
from assistant.answers.quoting import best_sentences
from assistant.answers.retrieval import Retriever
from assistant.answers.sentences import SentenceIndex
from assistant.dialogue import AnswerText, Citation, Coverage, DocumentProgress, Passage, Sentence, Verdict
from ingest import language
from ingest.embedding import Embedder
from ingest.selection import Selection
from policies.hygiene import as_text

PASSAGES_PER_DOCUMENT = 3
"""Passages of each document that are considered."""


@dataclass(frozen=True, slots=True)
class ExhaustiveResult:
    """The answers of all documents."""

    text: str
    """A line with a quote for each document that answers, then the coverage; empty if none answers."""
    sentences: tuple[Sentence, ...]
    """The quotes, in order."""
    citations: tuple[Citation, ...]
    """One for each quote."""
    passages: tuple[Passage, ...]
    """The best passage of each document that is quoted."""
    confidence: float
    """The highest confidence of all documents, 0 to 1."""
    coverage: Coverage
    """What was read."""


def gather(
    query: str,
    selection: Selection,
    retriever: Retriever,
    embedder: Embedder,
    *,
    cancelled: Callable[[], bool],
) -> Iterator[DocumentProgress | AnswerText | ExhaustiveResult]:
    """Asks the selected documents one after the other. `ExhaustiveResult` comes last, even if cancelled.

    cancelled: polled before each document.
    """
    query = _subject(query)
    documents = retriever.select(selection)
    features = retriever.query_features(query)
    calibration = abstaining.calibration(embedder.fingerprint, features)
    lines: list[str] = []
    sentences: list[Sentence] = []
    citations: list[Citation] = []
    passages: list[Passage] = []
    highest = 0.0
    documents_read = chunks_read = 0
    for key, path in documents:
        if cancelled():
            break
        yield DocumentProgress(documents_read, len(documents), path)
        search = retriever.search(query, PASSAGES_PER_DOCUMENT, features=features, documents=[key])
        index = SentenceIndex(search.passages, embedder)
        confidence = abstaining.confidence(abstaining.signals(features, index), calibration)
        highest = max(highest, confidence)
        documents_read += 1
        chunks_read += retriever.chunk_count([key])
        if confidence < calibration.threshold or not search.passages:
            continue
        (best, *_) = best_sentences(features, index, 1)
        marker = len(citations) + 1
        text = as_text(" ".join(best.text.split()))
        citations.append(Citation(marker, best.text, best.locator, best.title))
        sentences.append(Sentence(text, Verdict.BACKED, "", marker))
        passages.append(search.passages[0])
        lines.append(f"- {as_text(' '.join(best.title.split()))}: {text} [{marker}]\n")
        yield AnswerText(lines[-1])
    coverage = Coverage(
        files=len(documents),
        files_read=documents_read,
        chunks=retriever.chunk_count([key for key, _ in documents]),
        chunks_read=chunks_read,
        unread=tuple(retriever.unread(selection)),
    )
    if citations:
        lines.append(f"\n{describe_coverage(coverage, len(citations))}")
        yield AnswerText(lines[-1])
    yield ExhaustiveResult(
        text="".join(lines),
        sentences=tuple(sentences),
        citations=tuple(citations),
        passages=tuple(passages),
        confidence=highest,
        coverage=coverage,
    )


def describe_coverage(coverage: Coverage, answering: int) -> str:
    """The coverage as text.

    answering: the number of documents that are quoted.
    """
    failures = len(coverage.unread)
    failed = f"; {failures} {'file' if failures == 1 else 'files'} could not be read" if failures else ""
    return (
        f"{answering} of {coverage.files_read} documents say something about this. "
        f"Read: {coverage.files_read} of {coverage.files} files, "
        f"{coverage.chunks_read} of {coverage.chunks} chunks{failed}."
    )


def _subject(question: str) -> str:
    """The question without the words that only say how to answer it, unless nothing else is left."""
    subject = " ".join(
        word for word in question.split() if word.casefold().strip("?.,:;!") not in language.INSTRUCTION_WORDS
    )
    return subject if content_words(subject) else question
