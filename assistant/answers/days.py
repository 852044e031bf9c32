"""Dates in the cells of a column, and in fields: `2024-05-03`, `3.5.2024`, `13/05/2024`, `Fri, 3 May 2024`.

The cells of a column are read together: whether `03/05/2024` is in March or in May is known only when another
cell has a day above twelve. A month of a year, such as `May 2024`, is its first day.
"""

import datetime
import re
from collections.abc import Sequence

from assistant.answers.dates import YEAR, CalendarDate, Reading, take_dates

_TIME = re.compile(r"(?<=\d)[T ,]*\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\s?(?:Z|[A-Z]{3,4}|[+-]\d\d:?\d\d)?\s*$")
_WEEKDAY = re.compile(r"[^\W\d]{2,10}[.,]{0,2}")
_MONTH = re.compile(r"(\d{4})-(\d\d)")
_EXCHANGEABLE = re.compile(r"(\d\d?)[/-](\d\d?)[/-]\d+")


def days(cells: Sequence[str]) -> list[datetime.date | None]:
    """The date in each cell that holds nothing else; None for others, and where day and month are unclear."""
    dates = [_only_date(cell) for cell in cells]
    orders = {
        int(match[1]) > 12
        for date in dates
        if date and len(date.readings) == 1 and (match := _EXCHANGEABLE.fullmatch(date.written))
    }
    day_first = orders.pop() if len(orders) == 1 else None
    return [None if date is None else _day(date, day_first) for date in dates]


def years(cells: Sequence[str]) -> list[datetime.date | None]:
    """The first day of the year in each cell; None for cells that hold anything else."""
    return [datetime.date(int(cell), 1, 1) if YEAR.fullmatch(cell) else None for cell in cells]


def _only_date(cell: str) -> CalendarDate | None:
    if match := _MONTH.fullmatch(cell.strip()):
        return CalendarDate(cell, ((int(match[1]), int(match[2]), None),), "")
    dates: list[CalendarDate] = []
    left = take_dates(_TIME.sub("", cell), dates).strip()
    return dates[0] if len(dates) == 1 and (not left or _WEEKDAY.fullmatch(left)) else None


def _day(date: CalendarDate, day_first: bool | None) -> datetime.date | None:
    """day_first: whether the day comes before the month between slashes; None when that is unclear."""
    readings = {reading: _existing(reading) for reading in date.readings}
    if len(readings) > 1:  # The first reading has the day before the month.
        return None if day_first is None else readings[date.readings[0 if day_first else 1]]
    return next(iter(readings.values()))


def _existing(reading: Reading) -> datetime.date | None:
    """The day of a reading; None when it leaves the year open or the month has no such day."""
    year, month, day = reading
    try:
        return datetime.date(year, month, day or 1) if year and month else None
    except ValueError:
        return None
