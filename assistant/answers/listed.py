"""Results from lists: the items of a list in a document, counted or listed.

A list is called by the headings above it, the line that leads it in, and its document. It answers only if
every word of the question is found in these names or in its items, and one of its own names, or a word for
items in general, says what is asked for. Check boxes are tasks (`assistant.answers.cataloguing`).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistant.answers.amounts import plain
from assistant.answers.fields import fenced_spans
from assistant.answers.stating import Evidence, Result, counted, with_words
from assistant.answers.tables import file_name
from assistant.answers.tablewords import same, words_of
from assistant.answers.wanted import Act, Wanted
from ingest.catalogue.records import DocumentContent
from ingest.language import calculation

FEWEST_ITEMS = 2
"""Items of the shortest list."""

LONGEST_SAID = 160
"""The most characters of items at the beginning of an answer; the others are only in the list below."""

MOST_LISTS = 3
"""Lists that are shown beside each other. A question that fits more is not clear."""

_ITEM = re.compile(r"^([ \t]*)([-*+•‣–]|\d{1,3}[.)])[ \t]+(?!\[[ xX-]\])(\S[^\n]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ListItem:
    """An item of a list."""

    text: str
    """Without marks."""
    place: tuple[int, int]
    """Of its first line on the page."""


@dataclass(frozen=True, slots=True)
class FoundList:
    """One list of a document, with the items of its first level."""

    document: DocumentContent
    """The document that contains it."""
    page: int
    """The index of its page."""
    own_names: tuple[str, ...]
    """The line that leads it in, and the heading directly above it."""
    names: tuple[str, ...]
    """All names: these, the other headings, the title and the name of the file."""
    items: tuple[ListItem, ...]
    """Its items, in order."""
    numbered: bool
    """Whether its items are numbered."""


def from_lists(documents: Iterable[DocumentContent], wanted: Wanted) -> list[Result]:
    """The results of the lists that fit the question best; none when there are too many of them."""
    if wanted.act not in {Act.COUNT, Act.LIST, Act.EXISTS} or wanted.bound or wanted.per or wanted.mention:
        return []
    found = [
        fit
        for document in documents
        for entry in lists(document)
        if (fit := _result(entry, wanted)) is not None
    ]
    best = max((named for named, _ in found), default=0)
    chosen = [result for named, result in found if named == best]
    return chosen if len(chosen) <= MOST_LISTS else []


def lists(document: DocumentContent) -> Iterator[FoundList]:
    """The lists of a document, in reading order."""
    for page, text in enumerate(document.pages):
        fenced = fenced_spans(text)
        open_list: list[re.Match[str]] = []
        for match in _ITEM.finditer(text):
            if any(start <= match.start() < end for start, end in fenced):
                continue
            if open_list and not _continues(text, open_list, match):
                yield from _list(document, page, open_list)
                open_list = []
            open_list.append(match)
        yield from _list(document, page, open_list)


def _continues(text: str, items: list[re.Match[str]], match: re.Match[str]) -> bool:
    """Whether `match` is one more item: only empty and indented lines are between, and its mark is alike."""
    between = text[items[-1].end() : match.start()]
    alike = len(match[1]) > len(items[0][1]) or match[2][0].isdigit() == items[0][2][0].isdigit()
    return alike and all(not line.strip() or line[0] in " \t" for line in between.split("\n"))


def _list(document: DocumentContent, page: int, matches: list[re.Match[str]]) -> Iterator[FoundList]:
    """The list that these items make, if there are enough of its first level."""
    if not matches:
        return
    outer = min(len(match[1].expandtabs(4)) for match in matches)
    items = [
        ListItem(plain(match[3]), match.span()) for match in matches if len(match[1].expandtabs(4)) == outer
    ]
    if len(items) < FEWEST_ITEMS:
        return
    text = document.pages[page]
    before = text[: matches[0].start()].rstrip().rpartition("\n")[2].strip()
    lead_in = plain(before).rstrip(":") if before.endswith(":") else ""
    headings = document.locator(page, *items[0].place).heading
    own = tuple(filter(None, (lead_in, *headings[-1:])))
    names = (*own, *headings[:-1], document.title, file_name(document.path))
    yield FoundList(
        document, page, own, tuple(dict.fromkeys(names)), tuple(items), matches[0][2][0].isdigit()
    )


def _result(entry: FoundList, wanted: Wanted) -> tuple[int, Result] | None:
    """What a list says to a question, and how many words of it its names contain; None if it does not fit."""
    names = [word for name in entry.names for word in words_of(name)]
    own = [word for name in entry.own_names or entry.names for word in words_of(name)]
    items = [(item, words_of(item.text)) for item in entry.items]
    general_nouns = calculation.ROW_NOUNS | (calculation.STEPS if entry.numbered else frozenset())
    conditions = []
    named = 0
    for word in (*wanted.words, *(wanted.period.words if wanted.period else ())):
        if any(same(word, name) for name in names):
            named += 1
        elif any(same(word, other) for _, words in items for other in words):
            conditions.append(word)
        elif word not in calculation.FILLERS | general_nouns:
            return None
    general = not general_nouns.isdisjoint(wanted.head)
    if not named or not (general or any(same(word, name) for word in wanted.head for name in own)):
        return None
    chosen = [item for item, words in items if all(any(same(c, word) for word in words) for c in conditions)]
    document = entry.document
    name = f"“{(entry.own_names or entry.names)[0]}” in “{document.path.rpartition('/')[2]}”"
    about = with_words(conditions)
    evidence = tuple(
        Evidence(
            item.text,
            document.pages[entry.page][slice(*item.place)].strip(),
            document.title,
            document.locator(entry.page, *item.place),
        )
        for item in chosen
    )
    counted_in = f"of the list {name}{about}"
    what = f"{'item' if len(chosen) == 1 else 'items'} {counted_in}"
    begins = ("Yes: " if chosen else "No: ") if wanted.act is Act.EXISTS else ""
    texts = "; ".join(item.text.rstrip(".;,") for item in chosen)
    if wanted.act is Act.LIST and chosen and len(texts) <= LONGEST_SAID:
        begins = f"{texts}. "
    return named, Result(
        f"{begins}{len(chosen):,} {what}.",
        counted(evidence, wanted),
        f"Counted: items {counted_in}; the list has {len(entry.items):,}.",
        what,
        evidence,
        listed=bool(evidence),
    )
