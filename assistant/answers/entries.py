"""The dated entries of diaries, patients' notes and logs, and what the entry of another day says.

"What was her peak flow in February 2024?" is not answered by the peak flow under `21 March 2024`. An entry
begins with a heading that begins with a date, or with one of several lines that do. What it says is of its
day, unless it names the day or month that is asked for. A question that asks when something was, or for the
time after or before a day, is answered by any entry.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from assistant.answers.dates import MONTHS, CalendarDate, Reading, take_dates
from ingest.keywords import folded
from ingest.language import follow_ups, measures

LONGEST_HEAD = 60
"""Characters at the beginning of a line in which the date of an entry is looked for."""

_WORD = re.compile(r"\w+")
_FIGURE = re.compile(r"\d")
_LINE = re.compile(r"[^\n]+")
_BEFORE_DATE = re.compile(r"\W*(?:[^\W\d_]{2,10}[.,]?\s+)?(?P<first>\d\d?\.?\s*[-–/]\s*)?")
"""What may precede the date at the beginning of an entry: a weekday, and the first day of several."""


def asked_days(question: str) -> tuple[Reading, ...]:
    """The days and months that an answer to `question` is about; empty if it may be about any."""
    if follow_ups.DATES.intersection(map(str.casefold, _WORD.findall(question))):
        return ()
    dates: list[CalendarDate] = []
    left = take_dates(question, dates)
    asked = []
    for date in dates:
        before = map(str.casefold, _WORD.findall(question[: question.find(date.written)])[-2:])
        if date.limit or not follow_ups.OPEN_ENDED.isdisjoint(before):
            return ()
        asked += [reading for reading in date.readings if reading[1]]
    words = _WORD.findall(left)
    for before, word in pairwise(["", *words]):
        named = list(_months(word if before else word.casefold()))
        if named and before.casefold() in follow_ups.OPEN_ENDED:
            return ()
        asked += [(None, month, None) for month in named]
    return tuple(asked)


def is_of_another_entry(
    days: Sequence[Reading], text: str, start: int, end: int, headings: Sequence[str]
) -> bool:
    """Whether a part of `text` is in an entry of another day than one of `days`, and names none of them.

    days: of `asked_days`. start, end: the part. headings: those above the text.
    """
    entry = _entry_of(text, end, headings) if days else ()
    line = text.rfind("\n", 0, start) + 1
    return bool(entry) and not any(
        _agree(day, other) for day in days for other in (*entry, *_stated(text[line:end]))
    )


def without_days(question: str) -> str:
    """`question` without the days and months in it."""
    left = take_dates(question, [])
    return _WORD.sub(lambda match: "" if any(_months(match[0])) else match[0], left)


def _entry_of(text: str, end: int, headings: Sequence[str]) -> tuple[Reading, ...]:
    """The day at the beginning of the entry that `text` has before `end`, in its readings; empty if there is
    no entry. Dates begin entries only if several lines begin with one."""
    heads = [(match.start(), head) for match in _LINE.finditer(text) if (head := _head(match[0]))]
    above = [head for start, head in heads if start < end]
    if len(heads) > 1 and above:
        return above[-1]
    return next(filter(None, map(_head, reversed(headings))), ())


def _head(line: str) -> tuple[Reading, ...]:
    """The date that `line` begins with, in its readings; empty if it begins with none."""
    beginning = line[:LONGEST_HEAD]
    dates: list[CalendarDate] = []
    if _FIGURE.search(beginning):
        take_dates(beginning, dates)
    for date in dates:
        if match := _BEFORE_DATE.fullmatch(beginning, 0, beginning.find(date.written)):
            is_range = bool(match["first"]) or len(dates) > 1
            return tuple((y, m, None if is_range else d) for y, m, d in date.readings)
    return ()


def _stated(text: str) -> Iterator[Reading]:
    """The days and months in `text`."""
    dates: list[CalendarDate] = []
    left = take_dates(text, dates)
    for date in dates:
        yield from date.readings
    for word in _WORD.findall(left):
        yield from ((None, month, None) for month in _months(word))


def _months(word: str) -> Iterator[int]:
    """The number of the month that `word` names: with a capital, if it may be another word."""
    if folded(word) in MONTHS and (word.casefold() not in measures.AMBIGUOUS_MONTHS or word[0].isupper()):
        yield MONTHS[folded(word)]


def _agree(one: Reading, other: Reading) -> bool:
    """Whether two readings may be the same day; what only names a year agrees with none."""
    return bool(other[1]) and all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))
