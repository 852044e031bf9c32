"""The receipts of erasures: what was erased, and what was kept on purpose.

Made by `assistant.library.forgetting` and `assistant.library.sweeping`, sent over the wire and printed by
`carrel forget` and `carrel policy sweep`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that was not erased, on purpose."""

    what: str
    """What is kept, as a phrase."""
    where: str
    """The path or the place where it is."""
    why: str
    """Why it is kept and how to get rid of it, in sentences."""


@dataclass(frozen=True, slots=True)
class Derived:
    """How much was erased of what was made from documents."""

    answers: int = 0
    """Answers in conversations that were deleted or lost their text."""
    summaries: int = 0
    """Contents whose summaries were deleted."""
    prompts: int = 0
    """Files of cached prompts. They are not stored per document, so all are deleted."""
    reindex: bool = False
    """Whether an unfinished reindex was discarded; it starts over."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep deleted because it was too old, or would delete."""

    documents: tuple[str, ...] = ()
    """Paths of documents, sorted. What was made from them goes too."""
    answers: int = 0
    """Answers in conversations."""
    prompts: int = 0
    """Files of cached prompts."""
    summaries: int = 0
    """Files of summaries."""
    entries: int = 0
    """Entries of the audit log."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The receipt of an erasure on request."""

    at: float
    """When it was done, in seconds since 1970."""
    path: str
    """The requested path: absolute, of a file, a folder or a source."""
    documents: tuple[str, ...]
    """Paths of the documents that were erased, copies included, sorted."""
    copies: tuple[str, ...]
    """Those of `documents` that are not at or below `path` but had the same content as one that is."""
    chunks: int
    """Chunks that were erased, with their words."""
    vectors: int
    """Vectors that were erased."""
    derived: Derived
    """What else was erased."""
    kept: tuple[Kept, ...]
    """What was not erased, on purpose."""
    unfinished: str
    """Why the catalogue could not be rewritten, so that it still holds bytes of deleted text; tried again on
    closing. Empty if it was rewritten."""

    @property
    def erased_nothing(self) -> bool:
        """Whether the library held nothing of the path, which may be a typing error."""
        return not self.documents and self.derived == Derived()
