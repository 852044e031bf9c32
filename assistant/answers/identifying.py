"""Which documents a question means: those that hold the names, numbers and other rare words in it.

Look-alikes share their text: two leases, the invoices of two years. The passage with the rent names neither
the tenant nor the flat, but another place in the same lease does. So a document is compared with the question
as a whole. Every word of the question counts for the documents that contain it, and counts more the fewer
there are. A word counts more in the title, file name, headings and opening than in the rest, and a name or
number counts more than another word. A short number identifies nothing without the word beside it: "flat 12"
does, "12" does not.

A document that holds another year or number instead gets nothing for it, so it ranks below the one that is
meant.
"""

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from assistant.answers.dates import CalendarDate, take_dates
from assistant.answers.subjects import subjects
from ingest import language
from ingest.catalogue import Catalogue
from ingest.catalogue.vocabulary import index_stemmer
from ingest.keywords import STOP_WORDS, folded, is_unspaced
from ingest.language import follow_ups, measures

MOST_CHUNKS = 2000
"""Chunks above which a word is too frequent to identify a document."""

MOST_DOCUMENTS = 5
"""Documents that fit a question equally, above which none of them is meant in particular."""

MOST_TERMS = 12
"""Terms of a question that are looked up."""

LONG_NUMBER = 4
"""Digits from which on a number identifies something by itself: a year, an invoice."""

SHORTEST_WORD = 3
"""Letters of the shortest word, other than a name, that is said to be missing."""

OCCURRENCES_READ = 20
"""The most occurrences of a word that are looked up to see whether it is a name."""

NAME_WEIGHT, WORD_WEIGHT = 1.0, 0.5
"""Weights of a name or number, and of another word."""

PROMINENT, IN_TEXT = 1.0, 0.6
"""What a term counts where a document says what it is about (its title, file name, headings and first chunk),
and elsewhere in it."""

_NO_TERMS = STOP_WORDS | language.QUESTION_FILLERS | follow_ups.FORMS_OF_ADDRESS
"""Words that identify no document."""

_TOKEN = re.compile(r"\w+")
_WITHIN = re.compile(r"[\w,] $")
"""A character that precedes a word within a sentence."""
_FULL_NAME = re.compile(r"\b([^\W\d_a-z][^\W\d_]+) (?=([^\W\d_a-z][^\W\d_]+))")


@dataclass(frozen=True, slots=True)
class _Term:
    """A part of a question that may identify a document."""

    text: str
    """As typed."""
    phrases: tuple[str, ...]
    """Forms, one of which must occur in the document."""
    weight: float
    months: tuple[str, ...] = ()
    """Of a term such as `March 2025`, the names of the month. The year may be elsewhere, in a title or
    header.
    """
    year: str = ""


@dataclass(frozen=True, slots=True)
class DocumentFit:
    """How well a document as a whole fits a question."""

    share: float
    """The share of the question's terms that it holds, weighted; 0 to 1."""
    words: str
    """The names and numbers of the question, as typed, that the document is about: those in prominent places.
    """


NO_FIT = DocumentFit(0.0, "")
"""That of a document that holds no term of the question."""


def document_fits(catalogue: Catalogue, question: str) -> dict[int, DocumentFit]:
    """How well each document fits the question, by its key.

    Documents that hold no term of the question are missing. Terms that no document or too many chunks hold do
    not count.
    """
    documents = sum(catalogue.documents.count_by_state().values())
    shares: dict[int, float] = {}
    words: dict[int, list[str]] = {}
    total = 0.0
    for term in list(_terms(question))[:MOST_TERMS]:
        held = _held(catalogue, term)
        if not held:
            continue
        weight = term.weight * math.log(1 + documents / len(held))
        total += weight
        for key, is_prominent in held.items():
            shares[key] = shares.get(key, 0.0) + weight * (PROMINENT if is_prominent else IN_TEXT)
            if is_prominent and term.weight == NAME_WEIGHT:
                words.setdefault(key, []).append(term.text)
    return {key: DocumentFit(share / total, " ".join(words.get(key, ()))) for key, share in shares.items()}


def lacking(catalogue: Catalogue, question: str, documents: Collection[int]) -> dict[int, tuple[str, ...]]:
    """The names and numbers of the question that each of `documents`, given by key, contains nowhere.

    An answer out of such a document is about another person, home or year, however well its words fit. A word
    in capital letters may be a usual one, so it does not count; nor do capitals in a language that writes
    every noun with one. In a question without capitals, a word is a name if the library always writes it with
    one. A document that bears the name of another member of the family in its file name or
    title is about that person, so it lacks a first name that it contains only in its text.
    """
    lacks: dict[int, list[str]] = {key: [] for key in documents}
    has_capitals = any(token[0].isupper() for token in _TOKEN.findall(question)[1:])
    for term in list(_terms(question))[:MOST_TERMS]:
        is_name = term.weight == NAME_WEIGHT and _is_telling(term.text, question)
        if not is_name and has_capitals:
            continue
        frequencies = catalogue.full_text.frequencies(set(term.phrases))[1]
        if sum(frequencies.values()) > MOST_CHUNKS:
            continue
        without = lacks.keys() - _held(catalogue, term).keys()
        # Only what some document lacks is worth the texts that this reads.
        if without and (is_name or _is_written_as_name(catalogue, term.text)):
            for key in without:
                lacks[key].append(term.text)
    for first, last in _full_names(question):
        for key in lacks:
            if first not in lacks[key] and _is_about_another(catalogue, key, first, last):
                lacks[key].append(first)
    return {key: tuple(terms) for key, terms in lacks.items()}


def nowhere(catalogue: Catalogue, question: str) -> tuple[str, ...]:
    """The words of the question that name what it is about and that no document contains, as typed, in order.

    A word counts as contained in any of its forms.
    """
    missing = []
    tokens = _TOKEN.findall(question)
    named = {tokens[place] for place in subjects(tokens)}
    for term in list(_terms(question))[:MOST_TERMS]:
        is_word = len(term.phrases) == 1 and " " not in term.phrases[0]
        if is_word and len(term.text) < SHORTEST_WORD and term.weight != NAME_WEIGHT:
            continue
        if is_word and term.text not in named:
            continue
        if not any(
            catalogue.full_text.is_indexed(phrase)
            if is_word
            else catalogue.full_text.documents_with(phrase, MOST_CHUNKS)
            for phrase in term.phrases
        ):
            missing.append(term.text)
    return without_contained(missing)


def without_contained(names: Iterable[str]) -> tuple[str, ...]:
    """`names` in order, without those that are part of another: "hall 4" without "hall"."""
    distinct = tuple(dict.fromkeys(names))
    parts = {name: set(_TOKEN.findall(folded(name))) for name in distinct}
    return tuple(name for name in distinct if not any(parts[name] < parts[other] for other in distinct))


def best_fitting(fits: Mapping[int, DocumentFit]) -> list[int]:
    """The keys of the documents that fit a question best; none if they are many."""
    best = max((fit.share for fit in fits.values()), default=0.0)
    keys = [key for key, fit in fits.items() if fit.share == best]
    return keys if len(keys) <= MOST_DOCUMENTS else []


def _held(catalogue: Catalogue, term: _Term) -> dict[int, bool]:
    """The keys of the documents that hold a term, and whether they do in a prominent place."""
    held: dict[int, bool] = {}
    for phrase in term.phrases:
        for key, is_prominent in catalogue.full_text.documents_with(phrase, MOST_CHUNKS).items():
            held[key] = held.get(key, False) or is_prominent
    if term.year:
        of_year = catalogue.full_text.documents_with(term.year, MOST_CHUNKS)
        for month in term.months:
            for key in catalogue.full_text.documents_with(month, MOST_CHUNKS):
                if of_year.get(key):
                    held.setdefault(key, False)
    return held


def _full_names(question: str) -> Iterator[tuple[str, str]]:
    """First and last names that stand next to each other in `question`, with capitals."""
    if language.capitalises_nouns(_TOKEN.findall(question)):
        return
    for match in _FULL_NAME.finditer(question):
        if match[1].casefold() not in follow_ups.FORMS_OF_ADDRESS | follow_ups.QUESTION_WORDS:
            yield match[1], match[2]


def _is_about_another(catalogue: Catalogue, document: int, first: str, last: str) -> bool:
    """Whether the names of a document give `last` another first name, which its text has too."""
    named = [folded(word) for word in _TOKEN.findall(catalogue.documents.names(document).replace("_", " "))]
    if folded(first) in named:
        return False
    others = {before for before, word in pairwise(named) if word == folded(last) and before.isalpha()}
    # Only now, because this reads the whole document.
    return bool(others) and any(
        folded(match[1]) in others
        for content in catalogue.documents.contents([document])
        for page in content.pages
        for match in re.finditer(rf"\b([^\W\d_a-z]\w+)\s+{re.escape(last)}\b", page)
    )


def _is_written_as_name(catalogue: Catalogue, word: str) -> bool:
    """Whether the library always writes a word with a capital, and somewhere within a sentence."""
    stem = index_stemmer().stemWord(folded(word))
    texts = catalogue.full_text.texts_with(stem, OCCURRENCES_READ)
    found = [
        (match[0], match.start() > 0 and _WITHIN.search(text[: match.start()]) is not None)
        for text in texts
        if not language.capitalises_nouns(_TOKEN.findall(text))
        for match in _TOKEN.finditer(text)
        if folded(match[0]) == folded(word)
    ]
    return all(written[0].isupper() for written, _ in found) and any(is_within for _, is_within in found)


def _is_telling(term: str, question: str) -> bool:
    """Whether a term with a digit or a capital is sure to be a name or number."""
    if any(map(str.isdigit, term)):
        return True
    words = _TOKEN.findall(question)
    capitals = sum(word[0].isupper() for word in words[1:])
    return not term.isupper() and 2 * capitals < len(words) and not language.capitalises_nouns(words)


def _date_terms(date: CalendarDate) -> Iterator[_Term]:
    """The day and the month of a date, in every notation in which a text may have them, and the year, which
    may be written after them in two digits."""
    phrases = dict.fromkeys(phrase for reading in date.readings for phrase in _notations(*reading))
    months, of_year = next(
        ((_names_of(month), str(year)) for year, month, day in date.readings if year and not day), ((), "")
    )
    yield _Term(date.written, tuple(phrases), NAME_WEIGHT, months, of_year)
    for year in {year for year, _, day in date.readings if year and day}:
        short = {f"{other} {year % 100:02d}" for other in phrases if other.replace(" ", "").isdecimal()}
        yield _Term(str(year), (str(year), *sorted(short)), NAME_WEIGHT)


def _names_of(month: int | None) -> tuple[str, ...]:
    return tuple(folded(name) for name, number in measures.MONTHS.items() if number == month)


def _notations(year: int | None, month: int | None, day: int | None) -> Iterator[str]:
    """A day of a month as `14 May`, `May 14th`, `05 14` or `5 14`, or a month of a year as `May 2025`."""
    names = _names_of(month)
    if day is None:
        numbers, pairs = [str(year)], {(str(year), f"{month:02d}")}
    else:
        ordinal = {1: "st", 2: "nd", 3: "rd"}.get(day % 10 if day not in {11, 12, 13} else 0, "th")
        numbers = [str(day), f"{day}{ordinal}"]
        pairs = {(f"{month:02d}", f"{day:02d}"), (str(month), str(day))}
    for one, other in (*((number, name) for number in numbers for name in names), *pairs):
        yield f"{one} {other}"
        yield f"{other} {one}"


def _terms(question: str) -> Iterator[_Term]:
    dates: list[CalendarDate] = []
    tokens = _TOKEN.findall(take_dates(question, dates))
    words = [folded(token) for token in tokens]
    for date in dates:
        yield from _date_terms(date)
    for place, (token, word) in enumerate(zip(tokens, words, strict=True)):
        if word.isdecimal() and len(word) < LONG_NUMBER:
            # "Flat 12" names something; "below 45 on" does not.
            phrases = tuple(
                " ".join(words[start : start + 2])
                for start in (place - 1, place)
                if start >= 0
                and start + 2 <= len(words)
                and STOP_WORDS.isdisjoint(words[start : start + 2])
                and measures.LIMITING.isdisjoint(words[start : start + 2])
            )
            if phrases:
                start = place - (phrases[0] != " ".join(words[place : place + 2]))
                yield _Term(" ".join(tokens[start : start + 2]), phrases, NAME_WEIGHT)
        elif word in _NO_TERMS or is_unspaced(word) or len(word) < 2:
            continue
        else:
            is_name = (place > 0 and token[0].isupper()) or any(map(str.isdigit, word))
            yield _Term(token, (word,), NAME_WEIGHT if is_name else WORD_WEIGHT)
