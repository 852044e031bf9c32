"""Which documents a question is about: by folder, type, tag, title and date.

Decided document by document before anything is searched, so that a search looks at all of what is left
and at nothing else. A document's date is the one it gives, else the day its file was last changed.
"""

import datetime
import os.path
from dataclasses import dataclass

from ingest.documents import is_within
from ingest.keywords import terms


@dataclass(frozen=True, slots=True)
class Traits:
    """What a document can be selected by."""

    path: str
    media_type: str
    title: str
    tags: frozenset[str]
    date: datetime.date


@dataclass(frozen=True, slots=True)
class Selection:
    """All that is set must hold; of several values of one kind, one of them. Empty selects everything."""

    folders: tuple[str, ...] = ()
    """Absolute paths, or names of folders anywhere above the document, such as `tax/2024`; of the
    document itself too."""
    types: tuple[str, ...] = ()
    """Suffixes without the dot, or words of a media type: `pdf`, `md`, `image`."""
    tags: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    """Words that the title must all hold."""
    since: datetime.date | None = None
    """The first day."""
    until: datetime.date | None = None
    """The day after the last."""

    def __bool__(self) -> bool:
        return self != Selection()

    def combined(self, other: "Selection") -> "Selection":
        """Both selections: their values of each kind add up, and the dates of `other` take precedence."""
        return Selection(
            folders=self.folders + other.folders,
            types=self.types + other.types,
            tags=self.tags + other.tags,
            titles=self.titles + other.titles,
            since=other.since or self.since,
            until=other.until or self.until,
        )

    def holds(self, document: Traits) -> bool:
        """Whether `document` is selected."""
        return (
            (not self.folders or any(_lies_in(document.path, folder) for folder in self.folders))
            and (not self.types or bool(kinds(document) & {each.lower().lstrip(".") for each in self.types}))
            and (not self.tags or bool(_folded(document.tags) & _folded(self.tags)))
            and (not self.titles or any(_titled(document.title, wanted) for wanted in self.titles))
            and (self.since is None or document.date >= self.since)
            and (self.until is None or document.date < self.until)
        )


EVERYTHING = Selection()
"""Selects every document."""


def kinds(document: Traits) -> set[str]:
    """The types a document answers to."""
    suffix = os.path.splitext(document.path)[1].lower().lstrip(".")
    return {suffix, *document.media_type.split("/")} - {"", "application"}


def _lies_in(path: str, folder: str) -> bool:
    if folder.startswith("/"):
        return is_within(path, folder)
    return f"/{folder.strip('/')}/".casefold() in f"{path}/".casefold()


def _folded(tags: "frozenset[str] | tuple[str, ...]") -> set[str]:
    return {tag.lstrip("#").casefold() for tag in tags}


def _titled(title: str, wanted: str) -> bool:
    return set(terms(wanted)) <= set(terms(title))
