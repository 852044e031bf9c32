"""Which documents a question is about: by collection, folder, type, tag, title, date, and people of a mail.

The catalogue applies a selection before the search, document by document. The search then considers every
chunk of the selected documents and no other. The date of a document is the one it states, otherwise the day
its file was last modified.
"""

import datetime
import os.path
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from ingest.documents import is_within
from ingest.keywords import folded, terms

COLLECTION_NAMES = (
    "up to 40 letters, digits, hyphens and underscores, beginning with a letter or digit, such as tax-2024"
)
"""What names collections can have."""

_COLLECTION_NAME = re.compile(r"[^\W_][\w-]{0,39}")


@dataclass(frozen=True, slots=True)
class DocumentTraits:
    """The properties of a document that a selection looks at."""

    path: str
    """Absolute path of its file."""
    media_type: str
    """Such as `application/pdf`."""
    title: str
    """The document's title."""
    tags: frozenset[str]
    """Its tags, without `#`."""
    date: datetime.date
    """The date it states, otherwise the day of its file's last modification."""
    people: str = ""
    """The headers of a mail that name people, one a line; empty for other documents, or if no filter needs
    them."""
    collections: frozenset[str] = frozenset()
    """The names of the collections that it is in; empty if no filter needs them."""
    names: tuple[str, ...] = ()
    """Names by which it is known besides its title, such as aliases and authors."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents under a name: those at or below some paths, and those with some tags."""

    name: str
    """Its name, in lower case."""
    context: str
    """A line about its documents; may be empty."""
    paths: tuple[str, ...]
    """Absolute paths of folders and documents."""
    tags: tuple[str, ...]
    """Tags without `#`, in lower case."""

    def holds(self, path: str, tags: Iterable[str]) -> bool:
        """Whether a document with this path and these tags is in the collection."""
        return any(is_within(path, each) for each in self.paths) or bool(_folded(tags) & set(self.tags))


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions for documents.

    A document is selected if it meets every kind of condition that is set, and of each kind at least one. A
    selection without conditions selects everything, and is false.
    """

    folders: tuple[str, ...] = ()
    """Absolute paths of folders or files, or names such as `tax/2024` that occur in the document's path as
    whole components, in any case; or other names of a document, such as an alias."""
    types: tuple[str, ...] = ()
    """File name suffixes without the dot, or words of a media type: `pdf`, `md`, `image`."""
    tags: tuple[str, ...] = ()
    """Tags, with or without `#`, in any case."""
    titles: tuple[str, ...] = ()
    """Words that the title, or another name of the document, must all contain."""
    since: datetime.date | None = None
    """The first day; None for no limit."""
    until: datetime.date | None = None
    """The day after the last day; None for no limit."""
    senders: tuple[str, ...] = ()
    """Names or addresses of people who wrote a mail, or parts of them, in any case."""
    recipients: tuple[str, ...] = ()
    """The same for people to whom a mail was sent, copies included."""
    collections: tuple[str, ...] = ()
    """Names of collections; one that does not exist holds no document."""

    def __bool__(self) -> bool:
        return self != Selection()

    def combined(self, other: "Selection") -> "Selection":
        """The conditions of both; the dates of `other` take precedence."""
        return Selection(
            folders=self.folders + other.folders,
            types=self.types + other.types,
            tags=self.tags + other.tags,
            titles=self.titles + other.titles,
            senders=self.senders + other.senders,
            recipients=self.recipients + other.recipients,
            collections=self.collections + other.collections,
            since=other.since or self.since,
            until=other.until or self.until,
        )

    def selects(self, document: DocumentTraits) -> bool:
        """Whether `document` is selected."""
        types = {name.lower().lstrip(".") for name in self.types}
        return (
            (not self.folders or any(_is_meant(document, folder) for folder in self.folders))
            and (not self.types or bool(_type_names(document) & types))
            and (not self.tags or bool(_folded(document.tags) & _folded(self.tags)))
            and (not self.titles or any(_is_called(document, words) for words in self.titles))
            and (not self.senders or _names(document.people, ("From",), self.senders))
            and (not self.recipients or _names(document.people, ("To", "Cc", "Bcc"), self.recipients))
            and (self.since is None or document.date >= self.since)
            and (self.until is None or document.date < self.until)
            and (not self.collections or not document.collections.isdisjoint(self.collections))
        )


PEOPLE = re.compile(r"^(From|To|Cc|Bcc): (.*)$", re.MULTILINE)
"""A header of a mail that names people, as it appears in the text of the document."""

_MAIL_NAMES = {
    "message/rfc822": ("eml", "mail"),
    "application/mbox": ("mbox", "mail"),
    "application/vnd.ms-outlook": ("msg", "mail"),
    "application/ms-tnef": ("mail",),
}
"""Names of types whose files often have no suffix."""

EVERYTHING = Selection()
"""Selects every document."""


def _type_names(document: DocumentTraits) -> set[str]:
    """The names by which the document's type can be selected: its suffix and the words of its media type."""
    suffix = os.path.splitext(document.path)[1].lower().lstrip(".")
    names = _MAIL_NAMES.get(document.media_type, ())
    return {suffix, *names, *document.media_type.split("/")} - {"", "application"}


def holding(collections: Iterable[Collection], path: str, tags: Iterable[str]) -> frozenset[str]:
    """The names of the collections that hold a document with this path and these tags."""
    return frozenset(each.name for each in collections if each.holds(path, tags))


def collection_name(text: str) -> str:
    """The name of a collection as it is stored, from one in any case."""
    return unicodedata.normalize("NFC", text).lower()


def is_collection_name(text: str) -> bool:
    """Whether a collection can have this name."""
    return _COLLECTION_NAME.fullmatch(collection_name(text)) is not None


def _is_meant(document: DocumentTraits, folder: str) -> bool:
    """Whether a document is in a folder, is the file of that name, or is known by it."""
    return is_in(document.path, folder) or folded(folder) in map(folded, document.names)


def _is_called(document: DocumentTraits, words: str) -> bool:
    return any(_has_words(name, words) for name in (document.title, *document.names))


def is_in(path: str, folder: str) -> bool:
    """Whether a document is in one of the folders of a selection, or is the file that it names."""
    if folder.startswith("/"):
        return is_within(path, folder)
    return f"/{folder.strip('/')}/".casefold() in f"{path}/".casefold()


def _names(people: str, headers: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether one of the `headers` in `people` has all words of one of the names or addresses `wanted`."""
    values = [folded(value) for header, value in PEOPLE.findall(people) if header in headers]
    return any(all(word in value for word in folded(name).split()) for name in wanted for value in values)


def _folded(tags: Iterable[str]) -> set[str]:
    return {tag.lstrip("#").casefold() for tag in tags}


def _has_words(title: str, words: str) -> bool:
    return set(terms(words)) <= set(terms(title))
