"""Turns a table whose columns are days, such as a rota, into one with a row for each entry.

"Who is on nights on the 14th?" asks for rows by what is in the column of a day. With a row for each person
and day, it is a question like any other: which rows have this day and this entry.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from assistant.answers.amounts import is_number
from assistant.answers.dates import MONTHS, YEAR
from assistant.answers.tables import FEWEST_DAYS, FoundTable, TableRow
from assistant.answers.tablewords import words_of
from ingest.language import meetings, tabular

WHOLE_MONTH = 28
"""The fewest columns of days whose names are just numbers, which may also number tries or questions."""

_WEEKDAY = "|".join((meetings.SHORT_WEEKDAYS, tabular.SHORTEST_WEEKDAYS, *meetings.WEEKDAYS))
_DAY = re.compile(rf"(?:.*\s)?(?:{_WEEKDAY})\.?,? ?(\d{{1,2}})\.?", re.IGNORECASE)
"""The name of a column of a day, perhaps below that of a week: `Fri 21`, `Wk 25 Fr 21`."""
_NUMBER = re.compile(r"(\d{1,2})\.?")


def by_day(table: FoundTable) -> FoundTable:
    """The entries of a table of days, each with its day; the table itself if it is none, or its month is not
    known."""
    month = _month(table)
    days = _days(table, _DAY, FEWEST_DAYS) or _days(table, _NUMBER, WHOLE_MONTH)
    if not days or not month:
        return table
    others = [index for index in range(len(table.header)) if index not in days]
    header = (*(table.header[index] for index in others), tabular.CALENDAR_DAY, tabular.CALENDAR_ENTRY)
    # A line of numbers below letters counts them.
    entered = [row for row in table.records if not all(is_number(cell) for cell in _filled(row, days))]
    rows = tuple(row for each in entered or table.records for row in _entries(each, others, days, month))
    return replace(table, header=header, rows=rows)


def _days(table: FoundTable, pattern: re.Pattern[str], fewest: int) -> dict[int, int]:
    """The day of each column that is named after one; none if these are too few, or not in order."""
    found = ((index, pattern.fullmatch(name)) for index, name in enumerate(table.header))
    days = {index: int(match[1]) for index, match in found if match}
    numbers = list(days.values())
    is_month = (
        len(numbers) >= fewest and numbers == sorted(set(numbers)) and numbers[0] > 0 and numbers[-1] <= 31
    )
    return days if is_month else {}


def _entries(row: TableRow, others: list[int], days: dict[int, int], month: str) -> Iterator[TableRow]:
    """What a row has for each day."""
    for index, day in days.items():
        if row.cells[index]:
            names = (row.cells[other] for other in others)
            yield replace(row, cells=(*names, f"{day} {month}", row.cells[index]))


def _filled(row: TableRow, columns: Iterable[int]) -> list[str]:
    return [row.cells[index] for index in columns if row.cells[index]]


def _month(table: FoundTable) -> str:
    """The one month, with its year, that the closest name of a table states; empty if there is none."""
    for name in table.names:
        months = [word for word in words_of(name) if word in MONTHS]
        if months:
            years = YEAR.findall(name)
            is_clear = len({MONTHS[month] for month in months}) == 1 and len(set(years)) < 2
            return " ".join((months[0].capitalize(), *years[:1])) if is_clear else ""
    return ""
