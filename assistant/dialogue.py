"""The values of a conversation: what is asked, what is found, what is answered.

Pure and frozen. A passage is what retrieval returns and a prompt is built from; a citation is
the part of a passage that a sentence of the answer rests on; an answer is streamed as events
and ends as one `Answer`.
"""

from dataclasses import dataclass

from assistant.engine import Stats
from ingest.documents import Locator


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


@dataclass(frozen=True, slots=True)
class Search:
    """A question and what was found for it."""

    query: str
    passages: tuple[Passage, ...]
    took_ms: float


@dataclass(frozen=True, slots=True)
class Found:
    """Event: the search is done and the model is about to read."""

    search: Search


@dataclass(frozen=True, slots=True)
class Piece:
    """Event: more of the answer's text, markers included."""

    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer."""

    question: str
    text: str
    """With markers such as [1] after the sentences they belong to."""
    abstained: bool
    """True when the library holds nothing relevant; `passages` are then the nearest ones."""
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    """What the prompt held, best first; after abstaining, what came nearest."""
    left_out: int
    """Passages that were found and did not fit the prompt."""
    stats: Stats | None
    """None when the model was not asked."""


Event = Found | Piece | Answer
"""What asking yields: `Found`, then pieces, then the `Answer` they add up to."""


@dataclass(frozen=True, slots=True)
class Summarizing:
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


@dataclass(frozen=True, slots=True)
class Summary:
    """A summarized document: every part of it is covered by exactly one section."""

    path: str
    text: str
    sections: tuple[SectionSummary, ...]
    stats: Stats
