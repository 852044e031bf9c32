"""Which documents a question counts: by type or kind, and by conditions on what they state.

A document's kind, fields, tags, folders and date are what it says about itself (`assistant.answers.fields`).
A condition that no document states means that the question is about something else.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answers.dates import CalendarDate, take_dates
from assistant.answers.days import days
from assistant.answers.fields import StatedField, fields, folder_names, headlines, is_kind, unambiguous
from assistant.answers.stating import either_of, listed_names
from assistant.answers.tables import file_name
from assistant.answers.tablewords import forms_in, inflected, same, words_of
from assistant.answers.wanted import Act, Wanted
from ingest.catalogue.records import DocumentContent
from ingest.keywords import STOP_WORDS, folded
from ingest.language import calculation, measures, tabular
from ingest.parsers.metadata import date_in_name
from ingest.selection import DocumentTraits, Selection

MOST_SILENT = 1 / 3
"""Share of the documents that may not state what a condition asks for."""

SHORTEST_KIND = 4
"""Letters of a word that can name a kind of document."""

_BILL = re.compile(measures.BILLS)
_TAGS = ("tag", "tags", "keywords")
"""Fields that are read as tags."""
_MONTH_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])(?!\d)")
_STATES_ITS_DATE = (
    *("text/markdown", "text/org", "text/x-org"),
    *("message/rfc822", "application/vnd.ms-outlook"),
)
"""Media types whose date was written by a person, and not by a program that made the file."""


@dataclass(frozen=True, slots=True)
class Item:
    """A document with what it states, and why it is counted."""

    document: DocumentContent
    fields: list[StatedField]
    reason: StatedField | None = None
    """The field that meets a condition; None when the document is counted for another reason."""
    is_unclear: bool = False
    """Whether its text may state what is asked, although no field clearly states it."""


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """The documents that a question is about."""

    items: list[Item]
    """The documents."""
    unsure: list[Item]
    """Documents that may belong to them, but do not say so."""
    name: str
    """What they are called."""
    words: list[str]
    """The words of the question that narrow them."""
    noun: str
    """The word of the question that names them; empty for documents of a type."""


def kind_of(documents: Sequence[DocumentContent], wanted: Wanted, sources: list[str]) -> DocumentKind | None:
    """The documents that the question is about; None when it names no documents."""
    words = [word for word in wanted.words if word not in calculation.FILLERS - wanted.names]
    nouns = [word for word in wanted.head if word in calculation.DOCUMENT_NOUNS]
    if nouns:
        types = tuple(kind for noun in nouns for kind in calculation.DOCUMENT_NOUNS[noun])
        chosen = [document for document in documents if _has_type(document, types)]
        if any(document.media_type == "application/mbox" for document in chosen):
            return None  # A mailbox is one document and many mails.
        items = [Item(document, fields(document)) for document in chosen]
        named = " or ".join(f"“{name}”" for name in types)
        name = f"documents of the type {named}" if types else "documents"
        return DocumentKind(items, [], name, [word for word in words if word not in nouns], "")
    if wanted.owed and (bills := [document for document in documents if is_bill(document)]):
        words = [word for word in words if not _BILL.fullmatch(word)]
        return DocumentKind([Item(bill, fields(bill)) for bill in bills], [], "bills", words, "")
    plural = wanted.act in {Act.COUNT, Act.LIST, Act.EXISTS}
    for noun in reversed(wanted.head) if wanted.head else words:
        if noun in calculation.TASK_NOUNS | calculation.ROW_NOUNS or len(noun) < SHORTEST_KIND:
            continue
        chosen = [document for document in documents if is_kind(document, noun, plural=plural)]
        inside = [
            document
            for document in documents
            if any(
                len(words_of(name)) == 1 and same(words_of(name)[0], noun)
                for name in folder_names(document.path, sources)
            )
        ]
        # A document in the folder that says nothing itself may be a note about the others.
        unsure = [document for document in inside if document not in chosen] if chosen else []
        chosen = chosen or inside
        if len(chosen) > 1 or (chosen and plural):
            return DocumentKind(
                [Item(document, fields(document)) for document in chosen],
                [Item(document, []) for document in unsure],
                f"documents of the kind “{noun}”",
                [word for word in words if word != noun],
                noun,
            )
    if wanted.mention and wanted.head and set(wanted.head) <= calculation.TEXT_NOUNS:
        items = [Item(document, fields(document)) for document in documents]
        return DocumentKind(items, [], "documents", [word for word in words if word not in wanted.head], "")
    return None


def is_bill(document: DocumentContent, called: str = "") -> bool:
    """Whether a document says that it is a bill.

    called: the only word for a bill that counts, such as *receipt*; empty for any of them.
    """
    nouns = measures.BILL_NOUNS if not called else (called,) if _BILL.fullmatch(called) else ()
    return any(is_kind(document, noun, plural=False) for noun in nouns)


def _has_type(document: DocumentContent, types: tuple[str, ...]) -> bool:
    traits = DocumentTraits(document.path, document.media_type, "", frozenset(), datetime.date.min)
    return Selection(types=types).selects(traits)


def narrowed(
    items: list[Item], word: str, words: Sequence[str], sources: list[str]
) -> tuple[list[Item], list[Item], str] | None:
    """The items that meet the condition of a word, those that say nothing about it, and the condition.

    None when the word stands for nothing that documents state.

    words: all words of the question.
    """
    by_field: dict[str, list[tuple[Item, StatedField]]] = {}
    for item in items:
        for field in item.fields:
            if folded(field.name) not in _TAGS and _means(field, word, words):
                by_field.setdefault(folded(field.name), []).append((item, field))
    if by_field:
        return _by_field(items, word, by_field)
    tagged = [item for item in items if any(folded(tag) == word for tag in item.document.tags)]
    if tagged:
        return tagged, [], f"a tag is “{word}”"
    headed = [(item, line) for item in items if (line := _headline_with(item, word))]
    if headed and len(headed) < len(items):
        return (
            [Item(item.document, item.fields, line) for item, line in headed],
            [],
            f"the heading contains {either_of(forms_in(word, [line.value for _, line in headed]))}",
        )
    placed = [
        item
        for item in items
        if any(word in words_of(name) for name in folder_names(item.document.path, sources))
    ]
    if placed:
        return placed, [], f"a folder is called “{word}”"
    named = [item for item in items if forms_in(word, (item.document.title, file_name(item.document.path)))]
    if named and len(named) < len(items):
        names = [name for item in named for name in (item.document.title, file_name(item.document.path))]
        return named, [], f"the name contains {either_of(forms_in(word, names))}"
    return None


def _by_field(
    items: list[Item], word: str, by_field: dict[str, list[tuple[Item, StatedField]]]
) -> tuple[list[Item], list[Item], str]:
    """What `narrowed` returns for a word that fields of these names mean."""
    is_party = any(name in calculation.PARTY_FIELDS for name in by_field)
    names = [max(by_field, key=lambda name: len({id(item) for item, _ in by_field[name]}))]
    if is_party or word in calculation.PAID | calculation.UNPAID:
        names = list(by_field)  # Documents say the same under different names.
    met = [entry for name in names for entry in by_field[name]]
    meeting = {id(item): Item(item.document, item.fields, field) for item, field in met}
    if is_party:
        for item in items:
            if id(item) not in meeting and (line := _headline_with(item, word)):
                meeting[id(item)] = Item(item.document, item.fields, line)
    silent = [
        item
        for item in items
        if id(item) not in meeting and not any(folded(field.name) in names for field in item.fields)
    ]
    values = either_of(sorted({field.value for _, field in met}))
    said = f"{met[0][1].name} is {values}"
    return [meeting[id(item)] for item in items if id(item) in meeting], silent, said


def _headline_with(item: Item, word: str) -> StatedField | None:
    """The line at the head of a document that contains a capitalised form of `word`: who a letter is from."""
    for line in headlines(item.document):
        if any(inflected(word, folded(other)) for other in re.findall(r"[^\W\d_a-z]\w+", line.value)):
            return line
    return None


def mentioned_besides(documents: Sequence[DocumentContent], kind: DocumentKind) -> list[DocumentContent]:
    """The documents that contain the word for a kind, and say neither that they are one nor are unsure."""
    known = {item.document.path for item in (*kind.items, *kind.unsure)}
    word = re.compile(rf"\b{re.escape(kind.noun[:3])}\w*")
    return [
        document
        for document in documents
        if document.path not in known
        and any(
            inflected(kind.noun, other)
            for text in document.pages
            for other in set(word.findall(folded(text)))
        )
    ]


def said_silent(silent: Sequence[Item]) -> str:
    """Which documents were left out because they do not say what is asked, as a clause."""
    clauses = []
    for is_unclear, reason in ((False, "they do not state it"), (True, "no field clearly states it")):
        if named := [item.document for item in silent if item.is_unclear is is_unclear]:
            clauses.append(f"; left out, because {reason}: {listed_names(named)}")
    return "".join(clauses)


def _means(field: StatedField, word: str, words: Sequence[str]) -> bool:
    """Whether a field says what `word` asks for, alone or with the other words of the question."""
    name, value = words_of(field.name), words_of(field.value)
    asked = any(inflected(word, other) for other in value)
    if asked and all(any(inflected(other, each) for each in words) for other in value):
        return True
    if len(name) == 1 and name[0] in calculation.PARTY_FIELDS and asked:
        return True
    unpaid = calculation.UNPAID | calculation.LATE
    for state, other in ((calculation.UNPAID, calculation.PAID), (calculation.PAID, unpaid)):
        if word in state and len(name) == 1 and (len(value) == 1 or _is_dated(field.value)):
            said = unpaid if state is calculation.UNPAID else state
            if value[0] in said and name[0] not in state | other:
                return True
            if name[0] in other and value[0] in calculation.DENIED:
                return True
            if name[0] in state and value[0] in calculation.AFFIRMED:
                return True
    return False


def _is_dated(value: str) -> bool:
    """Whether a value is one word and the day from which it holds: `paid on 3 May`, and not `paid until`."""
    dates: list[CalendarDate] = []
    others = words_of(take_dates(value, dates))[1:]
    return len(dates) == 1 and all(word in STOP_WORDS - tabular.DUE for word in others)


def mentioning(items: list[Item], phrase: tuple[str, ...]) -> list[Item]:
    """The items whose text contains the words of `phrase` next to each other, each with the place."""
    wanted = " ".join(phrase)
    found = []
    for item in items:
        for number, text in enumerate(item.document.pages):
            if place := _place_of(text, wanted):
                quote = text[slice(*place)]
                locator = item.document.locator(number, *place)
                found.append(Item(item.document, item.fields, StatedField("", quote, quote, locator)))
                break
    return found


def _place_of(text: str, phrase: str) -> tuple[int, int] | None:
    """The line of `text` in which the words of `phrase` stand next to each other."""
    start = 0
    for line in text.split("\n"):
        if f" {phrase} " in f" {' '.join(words_of(line))} ":
            return start, start + len(line)
        start += len(line) + 1
    # The phrase may run over the end of a line. Then its first line is the place.
    words = phrase.split()
    if len(words) > 1 and f" {phrase} " in f" {' '.join(words_of(text))} ":
        return _place_of(text, words[0])
    return None


def day_of(item: Item, asked: str = "") -> datetime.date | None:
    """The date of a document: a field, what its front matter or header says, or its name; else None.

    asked: the name of the field that the question names; empty if it names none.
    """
    for name in (asked,) if asked else calculation.DATE_FIELDS:
        field = unambiguous(item.fields, tuple(name.split()))
        if field is not None and (day := days([field.value])[0]):
            return day
    if asked:
        return None
    dates = {day for field in item.fields if (day := days([field.value])[0])}
    if len(dates) == 1:
        return dates.pop()
    document = item.document
    if document.media_type in _STATES_ITS_DATE and document.date:
        return document.date
    if day := date_in_name(document.path):
        return day
    match = _MONTH_IN_NAME.search(file_name(document.path))
    return datetime.date(int(match[1]), int(match[2]), 1) if match else None
