"""The latest of several dated statements, for questions about a latest, last or current value.

Notes state the same thing again and again: a value at every visit, a price in every letter. The best sentence
may then be any of these statements, and is often the oldest. So the sentences that state what is asked for
are put in the order of the dates at the beginnings of their lines or entries, and the latest one is read. If
it is unknown which is the latest, because some have no date or are in another document, the reply is never
sure.

`assistant.answers.deciding` calls this once for each question.
"""

import re
from collections.abc import Mapping, Sequence

from assistant.answers.dates import CalendarDate, take_dates
from assistant.answers.excerpts import excerpt
from assistant.answers.grounding import spans_of
from assistant.dialogue import Passage
from ingest.keywords import STOP_WORDS, folded
from ingest.language import recency

_LATEST = re.compile(rf"\b(?:{'|'.join(recency.LATEST)})\b(?!\s+(?:{recency.NO_RANK})\b)", re.IGNORECASE)
_TOKEN = re.compile(r"\w+(?:[-/]\w+)*")
_LINE = re.compile(r"^[^\S\n]*[-*+#>|\[(]*[^\S\n]*(.{1,40})", re.MULTILINE)
_DAY_AND_MONTH = re.compile(r"(\d\d?)\.\s?(\d\d?)\.(?!\d)")
_HALF_YEAR = 6
"""A date without a year that goes back by this many months is in the next year."""

Pages = Mapping[tuple[str, int], str]
"""The pages of documents, by path and number from 1."""

Day = tuple[int, int, int]
"""Year, month and day, to be compared; 0 for what is not stated."""


def asked_latest(question: str) -> frozenset[str]:
    """The words for the thing whose latest value `question` asks for; empty if it asks for none."""
    found = _LATEST.search(question)
    if found is None:
        return frozenset()
    words = []
    for token in _TOKEN.findall(question[found.end() :]):
        if folded(token) in STOP_WORDS:
            break
        words.append(folded(token))
    return frozenset(words)


def latest_statement(
    thing: frozenset[str], quotes: Sequence[Passage], passages: Sequence[Passage], pages: Pages
) -> tuple[Passage | None, bool]:
    """The part of one of `passages` with the latest statement about `thing`, from its date on, and whether it
    is sure to be the latest. None if there are not several, or none has a date.

    quotes: what would be quoted otherwise: if the best of it states a number, the latest statement must too.
    """
    needs_number = bool(quotes) and _has_number(quotes[0].text, thing)
    stated: list[tuple[Day | None, Passage]] = []
    for passage in passages:
        page = (passage.locator.path, passage.locator.page or 1)
        entries = _entries(pages.get(page, ""))
        for start, end in spans_of(passage):
            text = passage.text[start:end]
            if _states(text, thing) and (_has_number(text, thing) or not needs_number):
                at = passage.locator.chars[0] + end
                day, began = next(((day, place) for place, day in reversed(entries) if place < at), (None, 0))
                cut = start if day is None else min(start, max(0, began - passage.locator.chars[0]))
                stated.append((day, excerpt(passage, cut, end)))
    dated = [(day, part) for day, part in stated if day is not None]
    if len(stated) < 2 or not dated:
        return None, True
    # Another document may be about somebody else.
    first = dated[0][1].locator.path
    own = [(day, part) for day, part in dated if part.locator.path == first]
    latest = max(day for day, _ in own)
    return next(part for day, part in own if day == latest), len(own) == len(stated)


def _states(text: str, thing: frozenset[str]) -> bool:
    """Whether a sentence names `thing`."""
    return thing <= set(map(folded, _TOKEN.findall(text)))


def _has_number(text: str, thing: frozenset[str]) -> bool:
    """Whether a sentence has a number that is no date and not in the name of `thing`."""
    rest = take_dates(text, [])
    return any(token.isdigit() and token not in thing for token in map(folded, _TOKEN.findall(rest)))


def _entries(page: str) -> list[tuple[int, Day]]:
    """The dates at the beginnings of lines of a page, by their places. A date without a year has that of the
    one before it, or the next if its month is much earlier."""
    entries: list[tuple[int, Day]] = []
    before: Day = (0, 0, 0)
    for line in _LINE.finditer(page):
        found: list[CalendarDate] = []
        text = line[1]
        partial = _DAY_AND_MONTH.match(text)
        take_dates(text, found)
        if found and text.startswith(found[0].written):
            year, month, day = found[0].readings[0]
        elif partial and 1 <= int(partial[2]) <= 12:
            year, month, day = None, int(partial[2]), int(partial[1])
        else:
            continue
        if year is None:
            year = before[0] + (bool(before[0]) and before[1] - (month or 0) > _HALF_YEAR)
        before = (year, month or 0, day or 0)
        entries.append((line.start(1), before))
    return entries
