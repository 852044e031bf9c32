"""The dates of a text, in every notation: `2026-03-07`, `07.03.2026`, `March 7th`, `7 de marzo de 2026`.

A date is read with what holds until or since then. Where day and month can be exchanged, it has two readings.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingest.keywords import folded
from ingest.language import measures, statements
from ingest.language.follow_ups import DETERMINERS
from ingest.language.measures import alternatives

MONTHS = {folded(form): number for form, number in measures.MONTHS.items()}
"""The numbers of the months by their folded names."""

_DETERMINER = re.compile(rf"\b(?:{alternatives(DETERMINERS)}) $", re.IGNORECASE)
_NOUN = re.compile(r" [^\W\d_]")
"""What is before a date, and after it, if it may tell which of several things is meant."""

BESIDE = 24
"""Characters before a date that say what it is: a limit, or which of several things is meant."""

_YEAR_MONTH = re.compile(r"((?:19|20)\d\d)-(0[1-9]|1[0-2])")
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
"""A year from 1900 to 2099 that is not part of a longer number."""

Reading = tuple[int | None, int | None, int | None]
"""Year, month and day of a date; None for what it leaves open."""


@dataclass(frozen=True, slots=True)
class CalendarDate:
    """A date."""

    written: str
    """As it occurs in the text."""
    readings: tuple[Reading, ...]
    """What it may mean: two readings if day and month can be exchanged."""
    limit: str
    """`lower` if something holds since this date, `upper` if it holds until then; otherwise empty."""
    is_of_noun: bool = False
    """Whether it may tell which thing is meant: `the March 2025 outage`."""


def take_dates(text: str, dates: list[CalendarDate]) -> str:
    """Adds the dates of `text` to `dates`, and returns the text with spaces in their places."""
    for pattern, read in _DATES:

        def take(match: re.Match[str], read: Callable[[re.Match[str]], tuple[Reading, ...]] = read) -> str:
            readings = read(match)
            if not readings:
                return match[0]
            before = match.string[max(0, match.start() - BESIDE) : match.start()]
            is_of_noun = _DETERMINER.search(before) and _NOUN.match(match.string, match.end())
            dates.append(CalendarDate(match[0], readings, side(before), bool(is_of_noun)))
            return " " * len(match[0])

        text = pattern.sub(take, text)
    return text


def cell_dates(cell: str) -> list[Reading]:
    """What a cell may mean as a date: a day, a month by its name, a year."""
    if match := _YEAR_MONTH.fullmatch(cell.strip()):
        return [(int(match[1]), int(match[2]), None)]
    dates: list[CalendarDate] = []
    left = take_dates(cell, dates)
    if dates:
        return [reading for date in dates for reading in date.readings]
    if (word := folded(left.strip(" ."))) in MONTHS:
        return [(None, MONTHS[word], None)]
    return [(int(year), None, None) for year in YEAR.findall(left)]


def days_of_months(text: str) -> Iterator[tuple[str, set[str]]]:
    """The dates with a day and a month in `text`: as written, and as `05-14`, once for each reading."""
    dates: list[CalendarDate] = []
    take_dates(text, dates)
    for date in dates:
        days = {f"{month:02d}-{day:02d}" for _, month, day in date.readings if month and day}
        if days:
            yield date.written, days


def side(before: str) -> str:
    """Whether something holds since (`lower`) or until (`upper`) the date that follows; otherwise empty."""
    match = _SIDE.search(before[-BESIDE:])
    return "" if not match else "upper" if match["upper"] else "lower"


def _numeric(year: str, month: str, day: str) -> tuple[Reading, ...]:
    """The date with these parts, if it exists; a year of two digits is one of this century."""
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return ()
    return ((int(year) + (2000 if len(year) == 2 else 0), int(month), int(day)),)


def _named(year: str | None, month: str, day: str | None) -> tuple[Reading, ...]:
    if not year and month in measures.AMBIGUOUS_MONTHS:
        return ()  # "In flat 3 may I …"
    if day and not 1 <= int(day) <= 31:
        return ()
    return ((int(year) if year else None, MONTHS[folded(month)], int(day) if day else None),)


_SIDE = re.compile(
    rf"(?<!\w)(?:(?P<upper>{alternatives(statements.BEFORE_DATES)})"
    rf"|(?P<lower>{alternatives(statements.AFTER_DATES)}))\s*(?:the|le|el|dem)?\s*$",
    re.IGNORECASE,
)

_MONTH = alternatives(measures.MONTHS)
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th|er|\.|º)?"
_DATES = (
    (
        re.compile(r"(?<![\w-])(?P<year>\d{4})[-/](?P<month>\d\d?)[-/](?P<day>\d\d?)(?![\w-])"),
        lambda match: _numeric(match["year"], match["month"], match["day"]),
    ),
    (
        re.compile(r"(?<![\w.])(?P<day>\d\d?)\.\s?(?P<month>\d\d?)\.\s?(?P<year>\d{4}|\d\d)(?![\w]|\.\d)"),
        lambda match: _numeric(match["year"], match["month"], match["day"]),
    ),
    (
        re.compile(r"(?<![\w/])(?P<day>\d\d?)[/-](?P<month>\d\d?)[/-](?P<year>\d{4}|\d\d)(?![\w/])"),
        lambda match: (
            _numeric(match["year"], match["month"], match["day"])
            + _numeric(match["year"], match["day"], match["month"])
        ),
    ),
    (
        re.compile(
            rf"(?<![\w.,]){_DAY}\s*(?:of\s+|de\s+)?(?P<month>{_MONTH})(?!\w)"
            rf"(?:\.?,?\s*(?:de\s+|del\s+|of\s+)?(?P<year>\d{{4}})(?!\w))?",
            re.IGNORECASE,
        ),
        lambda match: _named(match["year"], match["month"], match["day"]),
    ),
    (
        re.compile(
            rf"(?<!\w)(?P<month>{_MONTH})\.?\s+(?:the\s+)?{_DAY}(?![\w:]|[.,]\d)(?:\s*,?\s*(?P<year>\d{{4}})(?!\w))?",
            re.IGNORECASE,
        ),
        lambda match: _named(match["year"], match["month"], match["day"]),
    ),
    (
        re.compile(
            rf"(?<!\w)(?P<month>{_MONTH})\.?,?\s+(?:de\s+|of\s+)?(?P<year>\d{{4}})(?!\w)", re.IGNORECASE
        ),
        lambda match: _named(match["year"], match["month"], None),
    ),
)
