"""What a document says about itself in a form: fields, check boxes, and which kind of document it is.

A field is a line of front matter, a header of a mail, a line `Name: value`, or a row of two cells. A field
that occurs with several values is ambiguous, and no value is taken from it. A sentence that follows an amount
on the same line belongs to the field's value and not to the amount (`stated_amount`). The kind of a document,
such as an invoice, is known only when its tag, a field `type`, its title or the name of its file says so.
"""

import os.path
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.answers.amounts import is_number, plain
from assistant.answers.figures import Quantity, begins_with_number, figures
from assistant.answers.tables import LONGEST_TITLE, FoundTable, file_name
from assistant.answers.tablewords import is_plural_of, same, words_of
from ingest import language
from ingest.catalogue.records import DocumentContent
from ingest.documents import WORKBOOKS, Locator
from ingest.keywords import STOP_WORDS, folded
from ingest.language import calculation, measures, tabular
from ingest.parsers.table import DELIMITERS

LONGEST_NAME = 30
"""Characters of a field's name."""
HEADLINES = 6
"""Lines at the beginning of a document among which its title is looked for."""
BEGINNING = 1_000
"""Characters of the beginning of a document."""
TABULAR = frozenset({*DELIMITERS, *WORKBOOKS})
"""Media types of documents that are tables."""
LONGEST_VALUE = 120
"""Characters of a field's value."""
SHORTEST_WRAPPED = 60
"""The fewest characters of a line that may continue on the next one."""

_FIELD = re.compile(
    r"^[ \t]*(?:[-*+][ \t]+)?(?:\*\*|__)?"
    r"([^\W\d_][^:|\n]{0,29}?)(?:\*\*|__)?[ \t]*:(?:\*\*|__)?[ \t]+(\S[^\n]*)$",
    re.MULTILINE,
)
_PAIR = re.compile(
    r"^[ \t]*(?:\|[ \t]*)?([^|\n]{1,40}?)(?:[ \t]*\|[ \t]*| {3,}|\t+)((?:(?! {3}|\t)[^|\n])+?)"
    r"[ \t]*\|?[ \t]*$",
    re.MULTILINE,
)
_BOX = re.compile(r"^[ \t]*(?:(?:[-*+]|\d+[.)])[ \t]+)?\[([ xX-])\][ \t]+(\S[^\n]*)$", re.MULTILINE)
_CELLS = re.compile(r"\||\t| {3}")
_NEXT_LINE = re.compile(r"\n[ \t]*(\w[^|\n]*)")
_STOPPED = re.compile(r"[.!?:;…][)\]\"'”’»]*\s*$")
_DECIMALS = re.compile(r"\d[.,]\d\d$")
_REMARK = re.compile(r"[.,;:](?:\s|$)|\s[(–—-]")
_FENCED = re.compile(r"^[ \t]*(```|~~~).*?^[ \t]*\1", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class StatedField:
    """A name and a value in a document."""

    name: str
    """As it is written."""
    value: str
    """Without markup."""
    quote: str
    """The line, verbatim."""
    locator: Locator
    """Its place."""


@dataclass(frozen=True, slots=True)
class Task:
    """A check box."""

    text: str
    """What stands beside it."""
    done: bool
    """Whether it is checked."""
    quote: str
    """The line, verbatim."""
    locator: Locator
    """Its place."""


def fields(document: DocumentContent) -> list[StatedField]:
    """The fields of a document, in reading order."""
    found = []
    for number, text in enumerate(document.pages):
        fenced = fenced_spans(text)
        for match in sorted((*_FIELD.finditer(text), *_PAIR.finditer(text)), key=re.Match.start):
            name = plain(match[1]).strip(" :")
            end = _end(text, match)
            value = plain(text[match.start(2) : end] if end > match.end() else match[2]).strip("\"'")
            if not words_of(name) or len(name) > LONGEST_NAME:
                continue
            if len(value) > LONGEST_VALUE and not (value := stated_amount(value)):
                continue
            if any(start <= match.start() < end for start, end in fenced):
                continue
            locator = document.locator(number, match.start(), end)
            found.append(StatedField(name, value, text[match.start() : end], locator))
    return found


def _end(text: str, field: re.Match[str]) -> int:
    """Where a field ends. A long line without a full stop continues on the next one if that begins with a
    lower-case letter, or if the line ends with a comma or a word such as *in*."""
    end = field.end()
    begins = field.start()
    while end - begins >= SHORTEST_WRAPPED and "|" not in field[0] and not _STOPPED.search(text[begins:end]):
        following = _NEXT_LINE.match(text, end)
        last = text[begins:end].split()[-1]
        if following is None or _FIELD.match(following[1]):
            break
        if not (following[1][0].islower() or last.endswith(",") or folded(last) in STOP_WORDS):
            break
        begins, end = following.start(1), following.end()
    return end


def stated_amount(value: str) -> str:
    """The number that the value of a field states, with its unit and without a remark after it.

    The remark may be a clause or a sentence: `£420.00. VAT is not charged`, `£950 per month, payable on the
    1st`. Empty if there is no number, or if the remark has another one that may be meant: `£400, from May
    £450`.
    """
    text = plain(value)
    if not begins_with_number(text):  # Saves taking a long text apart.
        return text if is_number(text) else ""
    quantities = [quantity for quantity in figures(text).quantities if quantity.is_certain]
    if quantities and is_money(first := quantities[0]) and first.place[0] == 0 and not first.is_scaled:
        after = text[first.place[1] :]
        if after and (_REMARK.match(after) or not is_number(text)):
            return "" if any(_may_be_meant(text, first, other) for other in quantities[1:]) else first.written
    return text if is_number(text) else ""


def is_money(quantity: Quantity) -> bool:
    """Whether a number is an amount of money, by its currency or its two decimals."""
    if quantity.unit:
        return quantity.unit in measures.MONEY - {"percent"}
    return _DECIMALS.search(quantity.written) is not None


def _may_be_meant(text: str, first: Quantity, other: Quantity) -> bool:
    """Whether another number in a text may be the amount or change it, and is not just part of a remark."""
    if is_money(other):
        return True
    if other.is_time or other.is_ordinal or other.unit not in {"", "percent"}:
        return False
    return not _REMARK.search(text[first.place[1] : other.place[0]])


def fenced_spans(text: str) -> list[tuple[int, int]]:
    """The places of code between fences."""
    return [match.span() for match in _FENCED.finditer(text)]


def front_matter(document: DocumentContent) -> list[StatedField]:
    """The fields of the front matter of a note."""
    text = document.pages[0]
    end = text.find("\n---", 3)
    if not text.startswith("---\n") or end < 0:
        return []
    return [
        StatedField(
            plain(match[1]), plain(match[2]).strip("\"'"), match[0], document.locator(0, *match.span())
        )
        for match in _FIELD.finditer(text, 4, end)
    ]


def unambiguous(found: list[StatedField], name: tuple[str, ...]) -> StatedField | None:
    """The field with this name, in words; None when there is none, or it occurs with several values."""
    matching = [
        field
        for field in found
        if len(words := _without_rate(field.name)) == len(name) and all(map(same, words, name))
    ]
    return matching[0] if len({field.value for field in matching}) == 1 else None


def _without_rate(name: str) -> tuple[str, ...]:
    """The words of a field's name without a rate: `VAT 20%` is the VAT."""
    words = words_of(name)
    return tuple(word for word in words if not (word == "%" or word[0].isdigit())) if "%" in words else words


def tasks(document: DocumentContent) -> Iterator[Task]:
    """The check boxes of a document, in reading order."""
    for number, text in enumerate(document.pages):
        fenced = fenced_spans(text)
        for match in _BOX.finditer(text):
            if match[1] == "-" or any(start <= match.start() < end for start, end in fenced):
                continue
            locator = document.locator(number, *match.span())
            yield Task(plain(match[2]), match[1] in "xX", match[0].strip(), locator)


def is_kind(document: DocumentContent, noun: str, *, plural: bool) -> bool:
    """Whether the document says that it is what `noun` names: by a tag, a field, its name or its first line.

    plural: whether `noun` is known to be a plural. A document that is called by it is about several.
    """
    stated = [
        *document.tags,
        *(field.value for field in front_matter(document) if folded(field.name) in calculation.KIND_FIELDS),
    ]
    if any(len(words := words_of(value)) == 1 and same(words[0], noun) for value in stated):
        return True
    name = [word for word in words_of(file_name(document.path)) if word.isalpha()]
    several = {word for word in (*name, *words_of(document.title)) if is_plural_of(word, noun)}
    several |= {noun} if plural or noun.endswith(("s", "en")) else set()
    if name and not several & set(name) and (_begins_with(name, noun) or same(name[-1], noun)):
        return True
    return any(
        (words := words_of(title)) and words[0] not in several and _begins_with(words, noun)
        for title in (document.title, *(line.value for line in headlines(document)))
    )


def is_list_of(table: FoundTable, nouns: Sequence[str]) -> bool:
    """Whether the name of a table, or of its CSV file or workbook, is one plural noun, perhaps with a number
    or a year: `members 2025.csv`.
    """
    names = [
        table.names[0],
        *((file_name(table.document.path),) if table.document.media_type in TABULAR else ()),
    ]
    called = [[word for word in words_of(name) if word.isalpha()] for name in names]
    return len(nouns) == 1 and language.may_be_plural(nouns[0]) and list(nouns) in called


def has_parts(table: FoundTable, noun: str) -> bool:
    """Whether a table is in a document that is itself what `noun` names: its rows are items of an invoice,
    and not invoices. The rows of a register are what it lists.
    """
    if any(same(noun, word) for header in table.header for word in words_of(header)):
        return False
    if noun in tabular.COLLECTIONS:
        return False
    return is_kind(table.document, noun, plural=False) or (
        language.may_be_plural(noun) and is_kind(table.document, noun, plural=True)
    )


def _begins_with(words: Sequence[str], noun: str) -> bool:
    """Whether a name begins with `noun` and does not go on with another noun: not "boat list"."""
    is_compound = len(words) == 2 and words[1].isalpha() and words[1].endswith("s")
    is_compound = is_compound or not tabular.COLLECTIONS.isdisjoint(words[1:])
    return same(words[0], noun) and not is_compound


def headlines(document: DocumentContent) -> list[StatedField]:
    """The short lines at the beginning of a document of prose, one of which is its title, without names."""
    if document.media_type in TABULAR:
        return []
    found = []
    start = filled = 0
    for line in document.pages[0][:BEGINNING].split("\n"):
        text = line.strip("#*_= \t")
        filled += bool(text)
        if text and filled <= HEADLINES and _is_headline(text):
            found.append(StatedField("", text, line, document.locator(0, start, start + len(line))))
        start += len(line) + 1
    return found


def _is_headline(text: str) -> bool:
    """Whether a line may be a title. Of fields, only one that numbers the document may: `Invoice no`."""
    if field := _FIELD.match(text):
        return not calculation.NAMES_IN_NUMBERS.isdisjoint(words_of(field[1]))
    return len(text) < LONGEST_TITLE and not text.endswith(".") and not _CELLS.search(text)


def folder_names(path: str, sources: list[str]) -> tuple[str, ...]:
    """The names of the folders between a source and the file at `path`."""
    source = max((source for source in sources if path.startswith(source)), key=len, default="")
    if not source:
        return ()
    above = os.path.dirname(os.path.relpath(path, source))
    return tuple(part for part in above.split("/") if part not in {"", "."})
