"""Which documents of the library amend those that an answer is from, and what they say about the question.

An amendment, a codicil or an addendum changes parts of another document; the rest of that document still
applies. A document is taken for an amendment of another one in its folder if its file name or first line says
that it is one, if it contains the words of the other's name, and if the other contains the people and places
named in the amendment's own name. Another person's contract does not contain them. If several documents fit,
those that share the most words are taken.

An answer from an amended document gets the sentence of the amendment before it, and is never sure, if the
amendment answers the question or shares the words by which the answer was found
(`assistant.answers.deciding`). In any case the reply says that the document is amended
(`assistant.library.checking`).
"""

import functools
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assistant.answers.dates import YEAR
from assistant.answers.excerpts import excerpt
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from assistant.answers.versions import asks_for_earlier
from assistant.dialogue import Passage
from ingest.catalogue import Catalogue
from ingest.keywords import STOP_WORDS
from ingest.language import measures
from ingest.language.follow_ups import FORMS_OF_ADDRESS
from ingest.language.versions import AGREEMENTS, AMENDING, DRAFTS, FINALS, WILLS

LEAST_SHARED = 0.4
"""A sentence of an amendment is about the same thing if it has at least this share, by weight, of the words
by which the answer was found."""

LONGEST_CLAUSE = 300
"""The most characters of a clause of an amendment that is quoted to its end."""

BEGINNING = 4
"""Chunks that are the beginning of an amendment, where it names what it changes and the parties."""

MOST_BEGINNINGS = 100
"""Documents in a folder above which only names and titles say which of them are amendments."""

_WORD = re.compile(r"[^\W_]+")
_CALLED = re.compile(rf"(?<![^\W_])(?:{'|'.join(AMENDING)})(?![^\W_])(?: (?:no|nr|number|n°)?\.? ?(\d+))?")
_ORDINALS = "|".join(map(re.escape, measures.ORDINALS))
_ORDINAL = re.compile(rf"\b({_ORDINALS})\b")
_UNIMPORTANT = STOP_WORDS - WILLS
_NO_NAMES = _UNIMPORTANT | AGREEMENTS | WILLS | measures.ORDINALS.keys() | DRAFTS | FINALS
"""Words that tell no document from another one of its kind."""


@dataclass(frozen=True, slots=True)
class _Document:
    """What a document says it is."""

    path: str
    stem: str
    """Its file name, in lower case, with spaces."""
    title: str
    """In lower case; its first line, if it states none."""
    text: str
    """Its beginning, as written."""

    @property
    def names(self) -> frozenset[str]:
        """The words of its names."""
        return _words(f"{self.stem} {self.title}")

    @property
    def words(self) -> frozenset[str]:
        """The words of its names and beginning."""
        return self.names | _words(self.text.casefold())

    @property
    def called(self) -> re.Match[str] | None:
        """Where its names call it an amendment; None if they do not."""
        return _CALLED.search(self.stem) or _CALLED.search(self.title)

    @property
    def order(self) -> tuple[int, int, str]:
        """Sort key: larger for a later amendment."""
        names = f"{self.title} {self.stem}"
        told = [int(called[1]) for called in _CALLED.finditer(names) if called[1]]
        told += [measures.ORDINALS[ordinal] for ordinal in _ORDINAL.findall(names)]
        years = map(int, YEAR.findall(f"{names} {self.text}"))
        return max(told, default=0), max(years, default=0), self.path


def amendments(catalogue: Catalogue, paths: Iterable[str], question: str) -> dict[str, tuple[str, ...]]:
    """The paths of the amendments of each document at `paths`, the latest first.

    Documents without amendments are left out. The result is empty if the question asks for an earlier
    version.
    """
    if asks_for_earlier(question):
        return {}

    @functools.cache
    def beginning(path: str) -> str:
        return "\n".join(chunk.text for chunk in catalogue.chunks.of_document(path, 0, BEGINNING))

    @functools.cache
    def whole(path: str) -> str:
        key = catalogue.documents.searchable_key(path)
        contents = catalogue.documents.contents([key] if key is not None else [])
        return "\n".join(page for content in contents for page in content.pages)

    with catalogue.unchanged():
        found = {
            path: amendments_beside(path, catalogue.documents.beside(path), beginning, whole)
            for path in sorted(set(paths))
        }
    return {path: others for path, others in found.items() if others}


def amendments_beside(
    path: str, titles: Mapping[str, str], beginning: Callable[[str], str], whole: Callable[[str], str]
) -> tuple[str, ...]:
    """The paths of the amendments of the document at `path`, the latest first.

    titles: of the documents in its folder, by path.
    beginning, whole: return the beginning and the whole text of a document; called for few of them.
    """
    is_read = len(titles) <= MOST_BEGINNINGS
    documents = [_document(other, title, beginning if is_read else None) for other, title in titles.items()]
    amending = [document for document in documents if document.called]
    if path not in titles or any(document.path == path for document in amending):
        return ()
    amended = {document.path: document for document in documents if document not in amending}
    said = functools.cache(lambda other: _words(whole(other).casefold()))
    found = []
    for document in amending:
        document = replace(document, text=document.text or beginning(document.path))
        shared = _shared(document, amended[path], said)
        # Only few texts have to be read to know that no other document shares more.
        rivals = (other for other in amended.values() if len(other.names & document.words) > shared)
        if shared and not any(_shared(document, other, said) > shared for other in rivals):
            found.append(document)
    return tuple(document.path for document in sorted(found, key=lambda each: each.order, reverse=True))


def amending_quotes(
    features: QueryFeatures, amendment: SentenceIndex, quotes: Sequence[Passage]
) -> tuple[Passage, ...]:
    """The sentence of an amendment that is about the words by which `quotes` were found; empty if none is.

    features: of the question. amendment: the passages of the amendment that fit it best.
    quotes: those of the document that is amended.
    """
    if not amendment.texts:
        return ()
    named = amendment.stems_of(
        " ".join((*map(_names, (*quotes, *amendment.passages[:1])), *FORMS_OF_ADDRESS))
    )
    said = amendment.stems_of(" ".join(f"{' '.join(quote.locator.heading)} {quote.text}" for quote in quotes))
    weights = {word: weight for word, weight in features.weights.items() if word in said - named}
    shares = amendment.term_shares(replace(features, weights=weights))
    # A heading has the words as well, but the sentence below it says what changes.
    says = [not amendment.stems_of(text) <= features.weights.keys() for text in amendment.texts]
    best = int(np.where(says, shares + amendment.answer_shares() / 2, 0).argmax())
    quoted = amendment.quoted(best, whole=False)
    if not says[best] or shares[best] < LEAST_SHARED or quoted is None:
        return ()
    return (excerpt(amendment.passage_of(best), *quoted),)


def to_end_of_clause(quote: Passage, passages: Sequence[Passage]) -> Passage:
    """`quote` with the rest of its paragraph, which may say what replaces the cancelled term.

    passages: one of them contains it. A long paragraph is not added.
    """
    whole = next(passage for passage in passages if passage.chunk_ids == quote.chunk_ids)
    start = quote.locator.chars[0] - whole.locator.chars[0]
    rest = whole.text[start:].split("\n\n")[0].rstrip()
    return (
        excerpt(whole, start, start + len(rest)) if len(quote.text) < len(rest) <= LONGEST_CLAUSE else quote
    )


def _document(path: str, title: str, beginning: Callable[[str], str] | None) -> _Document:
    stem = os.path.splitext(os.path.basename(path))[0]
    text = beginning(path) if beginning and title == stem else ""
    first = text.strip().partition("\n")[0]
    return _Document(path, " ".join(_WORD.findall(stem.casefold())), (first or title).casefold(), text)


def _shared(amendment: _Document, other: _Document, said: Callable[[str], frozenset[str]]) -> int:
    """How many words of the names of `other` an amendment has; 0 if it amends another document.

    said: returns the words of the text of a document. Words of a file name that its document does not say,
    such as those of a scanner, do not count.
    """
    words = amendment.words
    if not words & other.names:
        return 0
    text = said(other.path) | _words(other.title)
    named = _words(other.stem) & text or _words(other.title)
    told = _words(_CALLED.sub(" ", f"{amendment.stem} {amendment.title}")) - _NO_NAMES
    lower = frozenset(word for word in _WORD.findall(amendment.text) if word[0].islower())
    people = told & _words(amendment.text.casefold()) - lower
    if not named or not named - _NO_NAMES <= words or not people <= text | _words(other.stem):
        return 0
    return len((named | _words(other.title)) & words)


def _names(passage: Passage) -> str:
    """The names of the document of a passage."""
    return " ".join((passage.title, *_WORD.findall(os.path.basename(passage.locator.path))))


def _words(text: str) -> frozenset[str]:
    """The words of a text in lower case, without years and those that every text has."""
    return frozenset(_WORD.findall(YEAR.sub(" ", text))) - _UNIMPORTANT
