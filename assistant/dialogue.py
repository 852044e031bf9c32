"""The values of a conversation: questions, search results and answers.

All are frozen and without behaviour. `Retriever` turns a question into passages, a prompt is built from
passages, and a citation is the part of a passage that supports a sentence of the answer. An answer is
streamed as events; the last one is the `Answer` itself.
"""

from dataclasses import dataclass
from enum import StrEnum

from assistant.engine import Stats
from ingest.documents import Locator
from ingest.selection import EVERYTHING, Selection


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """Words of a text that may be the answer to a question."""

    start: int
    """The first character."""
    end: int
    """One after the last character."""
    probability: float
    """How likely they are the answer, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader makes of a question and a text (`assistant.answers.reader`)."""

    answers: float
    """The probability that the text answers the question, 0 to 1."""
    spans: tuple[AnswerSpan, ...]
    """The likeliest answers, best first; empty for a text without words."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Retrieved text: a chunk, or neighbouring chunks of one document joined again."""

    rank: int
    """Position in the results; the best passage has rank 1."""
    score: float
    """The fused score, 0 to 1. Only scores of one search can be compared."""
    similarity: float
    """Cosine similarity of question and text, -1 to 1. Comparable between searches."""
    title: str
    """The title of the document."""
    text: str
    """The text, verbatim."""
    locator: Locator
    """Where the text is in its document."""
    chunk_ids: tuple[str, ...]
    """The ids of its chunks, in reading order."""
    reading: Reading | None = None
    """What the reader makes of it; None if it was not read."""
    also: tuple[str, ...] = ()
    """Paths of other documents that contain the same text."""
    earlier: tuple[str, ...] = ()
    """Paths of earlier versions of its document, which were found too (`assistant.answers.joining`)."""
    lacks: tuple[str, ...] = ()
    """Names and numbers of the question that its document lacks (`assistant.answers.identifying`)."""


@dataclass(frozen=True, slots=True)
class Citation:
    """What one marker in an answer refers to."""

    marker: int
    """The number that is in brackets in the answer's text."""
    quote: str
    """The supporting words of the document, verbatim."""
    locator: Locator
    """Where the quote is; narrower than the passage's locator."""
    title: str
    """The title of the document."""
    answer: tuple[int, int] | None = None
    """Start and end of the words that answer, in characters of the quote; None if they are not known."""


class Verdict(StrEnum):
    """How well the passages support a sentence of an answer (`assistant.answers.grounding`)."""

    BACKED = "backed"
    """A passage says it."""
    UNSURE = "unsure"
    """A passage says it, and it may not be what was asked (`assistant.answers.abstaining`)."""
    WEAK = "weak"
    """A passage says something similar."""
    UNBACKED = "unbacked"
    """No passage says it, or one contradicts it."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer, checked against the passages."""

    text: str
    """The sentence as it is in the answer, without its marker."""
    verdict: Verdict
    """How well it is supported."""
    reason: str
    """Why it is not backed, as a phrase for the user; empty if it is backed."""
    marker: int | None
    """The marker of its citation; None for an unbacked sentence."""


class Mode(StrEnum):
    """How the answer is worded."""

    AUTO = "auto"
    """`QUOTE` for models below a billion parameters, `FREE` for larger ones."""
    QUOTE = "quote"
    """Sentences of the documents, or the model's wording where the sentences support all of it."""
    FREE = "free"
    """The model's own words; it reads whole passages."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The options of a question. They are kept with its answer, so a replay uses the same ones."""

    mode: Mode = Mode.AUTO
    """How the answer is worded."""
    strict: bool = False
    """Whether unbacked sentences are left out."""
    every: bool = False
    """Whether every selected document is read, not only the nearest passages."""
    selection: Selection = EVERYTHING
    """The documents the answer is made from."""


DEFAULT_ASKING = Asking()
"""The options of a question that has none."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A typing error that was put right (`assistant.answers.spelling`)."""

    typed: str
    """The word as it is in the question."""
    searched: str
    """The word of the library that was searched for instead."""


class DoubtKind(StrEnum):
    """Why a document should not be relied on."""

    ALTERED = "altered"
    """Another program changed its text in the library. It is left out."""
    CHANGED = "changed"
    """Its file has changed since it was read."""
    MISSING = "missing"
    """Its file cannot be opened to be compared."""
    EARLIER = "earlier"
    """A later version of the document was found too."""
    AMENDED = "amended"
    """Another document in the library amends it (`assistant.answers.amendments`)."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A document that is out of date or may not be what was read (`assistant.library.checking`)."""

    path: str
    """Absolute path of its file."""
    kind: DoubtKind
    """What is wrong."""
    reason: str
    """The same as a phrase."""
    by: str = ""
    """Absolute path of the file that amends it; empty for other kinds."""


@dataclass(frozen=True, slots=True)
class Search:
    """A query and its search results."""

    query: str
    """The text that was searched for."""
    passages: tuple[Passage, ...]
    """The results, best first."""
    took_ms: float
    """Duration of the search, in milliseconds."""
    corrections: tuple[Correction, ...] = ()
    """The typing errors that were put right in `query`."""
    doubts: tuple[Doubt, ...] = ()
    """Documents of the results, or left out of them, that should not be relied on."""


@dataclass(frozen=True, slots=True)
class Queued:
    """Event: the question waits for others, which are answered in the order in which they came."""

    before: int
    """Questions that are answered before it."""


@dataclass(frozen=True, slots=True)
class SearchFinished:
    """Event: the search has finished, and the model is about to read the passages."""

    search: Search
    """The query and the passages."""


@dataclass(frozen=True, slots=True)
class AnswerText:
    """Event: more of the answer's text, including markers."""

    text: str
    """The text to append."""
    is_unsure: bool = False
    """Whether the answer, of which it is a part, may not be what was asked (`Answer.is_unsure`)."""


@dataclass(frozen=True, slots=True)
class DocumentProgress:
    """Event: the next document of an exhaustive answer is about to be read."""

    done: int
    """Documents read so far."""
    total: int
    """Documents to read."""
    path: str
    """The document that is read next."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the selected documents an exhaustive or computed answer has read."""

    files: int
    """Documents that are selected and can be searched."""
    files_read: int
    """Those of them that were read; fewer after a cancellation."""
    chunks: int
    """Chunks of the selected documents."""
    chunks_read: int
    """Chunks of the documents that were read."""
    unread: tuple[tuple[str, str], ...]
    """Path and reason of the selected documents that failed to be indexed."""


class State(StrEnum):
    """What a reply is."""

    ANSWERED = "answered"
    """It answers the question."""
    CLOSEST = "closest"
    """No passage surely answers the question. The reply shows the closest passages, which may contain the
    answer."""
    NOT_FOUND = "not_found"
    """Nothing in the library is about the question."""


@dataclass(frozen=True, slots=True)
class ComputedValue:
    """One exact value of a computed answer."""

    label: str
    """What the value belongs to: a month, a unit, a row or a document; empty for a single value."""
    value: str
    """The value: a number in decimal notation (`1234.56`), or the text of a cell or field."""
    unit: str
    """A currency such as `EUR`, `%`, or another unit as written; empty when there is none."""


@dataclass(frozen=True, slots=True)
class Computed:
    """An answer that was computed from tables, fields or the catalogue, and written by no model."""

    values: tuple[ComputedValue, ...]
    """The values, in the order of the text."""
    how: str
    """How they were computed, in a sentence."""
    over: str
    """What was counted or added up, as a phrase."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything an answer depends on, so that a replay can name what has changed."""

    model_digest: str
    """SHA-256 of the model's file; empty if no model was used."""
    chunks: tuple[tuple[str, str], ...]
    """The chunks in the prompt: each chunk's id, and the SHA-256 of the passage it was part of."""
    prompt: str
    """SHA-256 of the prompt's token ids; empty if no model was used."""
    seed: int
    """The seed of the sampling."""
    temperature: float
    """The temperature of the sampling."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer."""

    question: str
    """The question as it was asked, without filters."""
    query: str
    """The text that was searched for: a follow-up is joined with the question it depends on."""
    text: str
    """The answer, with a marker such as [1] after each sentence."""
    state: State
    """Whether it is an answer, the closest passages, or neither."""
    confidence: float
    """Probability that the library contains the answer, 0 to 1 (`assistant.answers.abstaining`)."""
    passages: tuple[Passage, ...]
    """The passages that were used, best first; without an answer, the nearest ones."""
    receipt: Receipt
    """What the answer depends on."""
    sentences: tuple[Sentence, ...] = ()
    """The sentences of the text in order, checked; empty without an answer."""
    citations: tuple[Citation, ...] = ()
    """The citations by marker."""
    left_out: int = 0
    """Passages that were found and did not fit into the prompt."""
    coverage: Coverage | None = None
    """What an exhaustive or computed answer has read; None for other answers."""
    computed: Computed | None = None
    """The exact values of an answer that was computed; None for other answers."""
    stats: Stats | None = None
    """Tokens and times; None if no model was used."""
    corrections: tuple[Correction, ...] = ()
    """The typing errors that were put right in `query`."""
    missing: tuple[str, ...] = ()
    """Names and nouns of the question that none of the documents mentions; empty for an answer."""
    doubts: tuple[Doubt, ...] = ()
    """Documents that it rests on, or that were left out, that should not be relied on."""
    erased: tuple[str, ...] = ()
    """Paths of documents that no longer contain what the answer quoted. A saved answer with such
    documents has lost its text and everything that was taken from them."""
    unkept: str = ""
    """Why it could not be saved in its conversation, such as a full disk; empty otherwise."""

    @property
    def is_unsure(self) -> bool:
        """Whether it is given as an answer that may not be what was asked."""
        return any(sentence.verdict is Verdict.UNSURE for sentence in self.sentences) and not any(
            sentence.verdict is Verdict.BACKED for sentence in self.sentences
        )


Event = Queued | SearchFinished | DocumentProgress | AnswerText | Answer
"""The events of an answer: `Queued` while it waits for others, `SearchFinished`, then `AnswerText`s, and last
the `Answer` with the whole text. If every document is read, a `DocumentProgress` precedes each document, and
there is no `SearchFinished`. A reply that is not an answer has no `AnswerText`: it is shown as what it is
once that is known."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer, as saved in the history."""

    id: str
    """Identifies the turn; short enough to type."""
    conversation: str
    """The id of its conversation."""
    at: float
    """Time of the answer, in seconds since 1970."""
    asking: Asking
    """The options of the question."""
    answer: Answer
    """The answer, which contains the question."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """An entry in the list of conversations."""

    id: str
    """Identifies the conversation."""
    title: str
    """Its first question."""
    at: float
    """Time of its last answer, in seconds since 1970."""
    turns: int
    """The number of its questions."""
