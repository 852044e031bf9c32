"""What is read out of a document by rule: what it is, and its points in groups."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.answers.kinds.pieces import Piece
from assistant.summary import Length
from ingest.documents import Document

POINTS = {Length.SHORT: 4, Length.MEDIUM: 10, Length.LONG: 30}
"""Points of one group that are shown."""

Choose = Callable[[Sequence[str], int], Sequence[str]]
"""Chooses from sentences at most so many that represent them best, in their order."""


@dataclass(frozen=True, slots=True)
class Material:
    """A document with what its digest is made from."""

    document: Document
    """The document."""
    pieces: Sequence[Piece]
    """Its pieces, in reading order."""
    name: str
    """What the document calls itself."""


@dataclass(frozen=True, slots=True)
class PointGroup:
    """Points under one short heading."""

    heading: str
    """What they have in common; empty for points that need no heading."""
    points: tuple[str, ...]
    """Each a sentence of the document, some of them together, or a fact computed from it."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What a document says, by rule."""

    about: str
    """What the document is, in one line."""
    groups: tuple[PointGroup, ...]
    """In the order in which they are read; none is empty."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a document its digest shows."""

    length: Length
    """The length of the summary."""
    highlights: Sequence[str]
    """The most representative sentences of the whole document, in order, as many as the length has room
    for; empty for kinds whose digest is computed."""
    choose: Choose
    """Chooses among further sentences."""


def group(heading: str, points: Sequence[str], length: Length) -> list[PointGroup]:
    """The first points that `length` has room for, as a group; no group if there are none.

    The heading says when points are left out.
    """
    shown = points[: POINTS[length]]
    if len(shown) < len(points):
        heading = f"{heading} ({len(shown)} of {len(points)})"
    return [PointGroup(heading, tuple(shown))] if shown else []
