"""A question put to every document, for "which of them", "how many" and "list all".

The nearest passages answer what one place answers. Here each document that the filters leave is searched
by itself, the sentence of it that answers best is quoted, and those that say nothing to the question are
left out by the same measure that decides whether a question is answered at all
(`assistant.answers.abstaining`).
Quoted by every model: what is counted must stand somewhere. The answer ends with its coverage.
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

PASSAGES = 3
"""Of each document, looked at."""


@dataclass(frozen=True, slots=True)
class ExhaustiveResult:
    """What all documents said."""

    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    confidence: float
    """The highest of any document."""
    coverage: Coverage


def _subject(question: str) -> str:
    """The words of a question that a document must hold to say something to it."""
    subject = " ".join(
        word for word in question.split() if word.casefold().strip("?.,:;!") not in language.INSTRUCTION_WORDS
    )
    return subject if content_words(subject) else question


def gather(
    query: str,
    selection: Selection,
    retriever: Retriever,
    embedder: Embedder,
    *,
    cancelled: Callable[[], bool],
) -> Iterator[DocumentProgress | AnswerText | ExhaustiveResult]:
    """Reads every document in turn; `ExhaustiveResult` comes last, also when it is cancelled."""
    query = _subject(query)
    documents = retriever.select(selection)
    wanted = retriever.features(query)
    calibration = abstaining.calibration(embedder.fingerprint, wanted)
    written: list[str] = []
    sentences: list[Sentence] = []
    citations: list[Citation] = []
    passages: list[Passage] = []
    highest = 0.0
    read = chunks = 0
    for key, path in documents:
        if cancelled():
            break
        yield DocumentProgress(read, len(documents), path)
        search = retriever.search(query, PASSAGES, wanted=wanted, documents=[key])
        quotable = SentenceIndex(search.passages, embedder)
        signs = abstaining.signals(wanted, quotable)
        confidence = abstaining.confidence(signs, calibration)
        highest = max(highest, confidence)
        read += 1
        chunks += retriever.size([key])
        if confidence < calibration.threshold or not search.passages:
            continue
        (best, *_) = best_sentences(wanted, quotable, 1)
        marker = len(citations) + 1
        text = " ".join(best.text.split())
        citations.append(Citation(marker, best.text, best.locator, best.title))
        sentences.append(Sentence(text, Verdict.BACKED, "", marker))
        passages.append(search.passages[0])
        written.append(f"- {' '.join(best.title.split())}: {text} [{marker}]\n")
        yield AnswerText(written[-1])
    coverage = Coverage(
        files=len(documents),
        files_read=read,
        chunks=retriever.size([key for key, _ in documents]),
        chunks_read=chunks,
        unread=tuple(retriever.unread(selection)),
    )
    written.append(f"\n{covered(coverage, len(citations))}" if citations else "")
    yield AnswerText(written[-1])
    yield ExhaustiveResult(
        text="".join(written),
        sentences=tuple(sentences),
        citations=tuple(citations),
        passages=tuple(passages),
        confidence=highest,
        coverage=coverage,
    )


def covered(coverage: Coverage, speaking: int) -> str:
    """The coverage in words."""
    unread = f", {len(coverage.unread)} could not be read" if coverage.unread else ""
    return (
        f"{speaking} of {coverage.files_read} documents say something to this. "
        f"Read: {coverage.files_read} of {coverage.files} files, "
        f"{coverage.chunks_read} of {coverage.chunks} chunks{unread}."
    )
