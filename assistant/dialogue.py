"""The values of a conversation: what is asked, what is found, what is answered.

Pure and frozen. A passage is what retrieval returns and a prompt is built from; a citation is
the part of a passage that a sentence of the answer rests on; an answer is streamed as events
and ends as one `Answer`.
"""

from dataclasses import dataclass
from enum import StrEnum

from assistant.engine import Stats
from ingest.documents import Locator
from ingest.selection import EVERYTHING, Selection


@dataclass(frozen=True, slots=True)
class Passage:
    """Retrieved text: a chunk, or neighbouring chunks of one document joined again."""

    rank: int
    """Counted from 1, best first."""
    score: float
    """The fused score, 0 to 1; comparable within one search only."""
    similarity: float
    """Cosine of question and text, -1 to 1; comparable between searches."""
    title: str
    """The document's title."""
    text: str
    """Verbatim."""
    locator: Locator
    chunk_ids: tuple[str, ...]
    """The chunks it is made of, in reading order."""


@dataclass(frozen=True, slots=True)
class Citation:
    """What one marker in an answer stands for."""

    marker: int
    """The number in brackets in the answer's text."""
    quote: str
    """Verbatim words of the document."""
    locator: Locator
    """Of the quote, not of the whole passage."""
    title: str


class Verdict(StrEnum):
    """How a sentence of an answer stands to the passages (`assistant.answers.grounding`)."""

    BACKED = "backed"
    """A passage says it."""
    WEAK = "weak"
    """A passage says something near it."""
    UNBACKED = "unbacked"
    """No passage says it, or one says otherwise."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer, checked."""

    text: str
    """As it stands in the answer, without its marker."""
    verdict: Verdict
    reason: str
    """Why it is not backed, in words; empty when it is."""
    marker: int | None
    """Of the citation it rests on; None for one that is unbacked."""


class Mode(StrEnum):
    """How an answer is made from the passages."""

    AUTO = "auto"
    """As the model's size suggests: quoting below a billion parameters."""
    QUOTE = "quote"
    """Of the best sentences, phrased by the model where they back what it wrote."""
    FREE = "free"
    """In the model's own words over whole passages."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How a question is to be answered."""

    mode: Mode = Mode.AUTO
    strict: bool = False
    """Leaves out sentences that nothing backs."""
    every: bool = False
    """Reads every selected document, not only the nearest passages."""
    selection: Selection = EVERYTHING
    """The documents the answer is made from."""


DEFAULT_ASKING = Asking()
"""A question by itself."""


@dataclass(frozen=True, slots=True)
class Search:
    """A question and what was found for it."""

    query: str
    """As it was searched for."""
    passages: tuple[Passage, ...]
    took_ms: float


@dataclass(frozen=True, slots=True)
class SearchFinished:
    """Event: the search is done and the model is about to read."""

    search: Search


@dataclass(frozen=True, slots=True)
class AnswerText:
    """Event: more of the answer's text, markers included."""

    text: str


@dataclass(frozen=True, slots=True)
class DocumentProgress:
    """Event: how far reading every document has come."""

    done: int
    total: int
    """Documents."""
    path: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an answer over every document rests on."""

    files: int
    files_read: int
    chunks: int
    chunks_read: int
    unread: tuple[tuple[str, str], ...]
    """Documents that could not be read, and why."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an answer was made of, so that it can be made again and compared."""

    model_digest: str
    """SHA-256 of the model's file; empty when no model was asked."""
    chunks: tuple[tuple[str, str], ...]
    """What was read: the chunk's id and the SHA-256 of what was read of it and of those read with it."""
    prompt: str
    """SHA-256 over the prompt's token ids; empty when no model was asked."""
    seed: int
    temperature: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer."""

    question: str
    """As it was asked, without its filters."""
    query: str
    """As it was searched for: a follow-up is joined with the question it depends on."""
    text: str
    """With markers such as [1] after the sentences they belong to."""
    abstained: bool
    """True when the library holds nothing relevant; `passages` are then the nearest ones."""
    confidence: float
    """How likely the library holds the answer, 0 to 1 (`assistant.answers.abstaining`)."""
    passages: tuple[Passage, ...]
    """What the prompt held, best first; after abstaining, what came nearest."""
    receipt: Receipt
    sentences: tuple[Sentence, ...] = ()
    """The text's, in order, each checked; of an abstention, none."""
    citations: tuple[Citation, ...] = ()
    left_out: int = 0
    """Passages that were found and did not fit the prompt."""
    coverage: Coverage | None = None
    """Of an answer over every document; None for others."""
    stats: Stats | None = None
    """None when the model was not asked."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer, as kept."""

    id: str
    conversation: str
    at: float
    """When it was answered, in seconds since 1970."""
    asking: Asking
    answer: Answer


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as listed."""

    id: str
    title: str
    """Its first question."""
    at: float
    """When its last question was answered, in seconds since 1970."""
    turns: int


Event = SearchFinished | DocumentProgress | AnswerText | Answer
"""The events of an answer: `SearchFinished`, then `AnswerText`s, then the `Answer` with the whole text. If
every document is read, a `DocumentProgress` precedes each document, and there is no `SearchFinished`."""


@dataclass(frozen=True, slots=True)
class SummaryProgress:
    """Event: how far a summary has come."""

    done: int
    total: int
    """Stretches of text to read; merging the results counts as one more."""
    heading: tuple[str, ...]
    """Of the stretch being read."""


@dataclass(frozen=True, slots=True)
class SectionSummary:
    """The summary of one stretch of a document."""

    heading: tuple[str, ...]
    pages: tuple[int, int] | None
    lines: tuple[int, int] | None
    summary: str


class Length(StrEnum):
    """How long a summary is to be."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Summary:
    """A summarized document: every part of it is covered by exactly one section."""

    path: str
    text: str
    sentences: tuple[Sentence, ...]
    """The text's, held against the whole document; markers are those of no citation."""
    sections: tuple[SectionSummary, ...]
    parts: int
    """Of the document; more than `sections` when it was broken off."""
    stats: Stats
