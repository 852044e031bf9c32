"""The values of a summary: what a document is, its points in groups, and the summaries of its parts.

All are frozen and without behaviour. Summarizing yields a `SummaryProgress` before each part, and one
`Summary` at the end.
"""

from dataclasses import dataclass
from enum import StrEnum

from assistant.dialogue import Sentence
from assistant.engine import Stats


@dataclass(frozen=True, slots=True)
class SummaryProgress:
    """Event: the next part of a document is about to be summarized."""

    done: int
    """Parts summarized so far."""
    total: int
    """Parts to summarize; merging their summaries counts as one more."""
    heading: tuple[str, ...]
    """The headings above the next part; empty while summaries are merged."""


@dataclass(frozen=True, slots=True)
class SectionSummary:
    """The summary of one part of a document."""

    heading: tuple[str, ...]
    """The headings that its whole text is under."""
    pages: tuple[int, int] | None
    """Its first and last page; None for a document without pages."""
    lines: tuple[int, int] | None
    """Its first and last line; None for a document without lines."""
    summary: str
    """The text of the summary."""


class Length(StrEnum):
    """The length of a summary."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


class SummaryKind(StrEnum):
    """What a document is, as far as it decides what its summary says first (`assistant.answers.kinds`)."""

    MINUTES = "minutes"
    """The minutes of a meeting."""
    TRANSCRIPT = "transcript"
    """What was said at a meeting or in an interview, with the speakers."""
    JOURNAL = "journal"
    """Dated notes: a diary, session notes, a log."""
    PAPER = "paper"
    """A paper, a report or a proposal."""
    CODE = "code"
    """The source of a program."""
    SHEET = "sheet"
    """A spreadsheet, or a file of separated values."""
    TEXT = "text"
    """A letter, a contract, a note: everything else."""


@dataclass(frozen=True, slots=True)
class SummaryGroup:
    """Points of a summary under one heading."""

    heading: str
    """A short heading such as `Decisions`; empty for points that need none."""
    points: tuple[Sentence, ...]
    """A sentence, or several that belong together, as one. Their markers refer to no citation."""
    are_separate: bool = False
    """Whether the points are a list although they have no heading."""

    @property
    def is_list(self) -> bool:
        """Whether the points are shown as a list, and not as prose."""
        return bool(self.heading) or self.are_separate


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of a document. Each part of the document belongs to exactly one section."""

    path: str
    """The document's path."""
    kind: SummaryKind
    """What the document is."""
    about: str
    """What the document is, in one line for the user."""
    text: str
    """The summary of the whole document: the points of its groups, under their headings."""
    groups: tuple[SummaryGroup, ...]
    """The points of the text, checked against the whole document unless they are its own words."""
    sections: tuple[SectionSummary, ...]
    """The summaries of the parts, in order."""
    parts: int
    """The number of parts; larger than the number of sections after a cancellation."""
    stats: Stats
    """Tokens and times of all generations together."""
