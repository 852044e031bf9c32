"""Whether a text states the same numbers and dates as a claim.

"2.96 billion tons" is not "$2.96 billion", "5 %" is not "5", "12 months" are not "12 days", "up to 30 days"
are not "30 days", and the 3 of "flat 3" counts no rooms. A unit or power of ten that a table gives in its
header holds for the numbers below it: "(EUR)", "in millions". The year of a date may be in the title.
"""

from collections.abc import Callable, Collection
from decimal import Decimal

from assistant.answers.dates import CalendarDate
from assistant.answers.figures import Figures, Quantity

Same = Callable[[str, Collection[str]], bool]
"""Whether a word, or a known form of it, is among some words."""

_MONEY = frozenset(("euro", "dollar", "pound", "franc", "yen", "yuan", "rupee", "krona"))


def unstated(claim: Figures, source: Figures, context: Figures, same: Same) -> list[str]:
    """The numbers and dates of `claim`, as it writes them, that the source does not state.

    source: of the words that are cited.
    context: of the title, the headings and the header of a table, which add years, units and powers of ten.
    """
    years = {int(quantity.value) for quantity in context.quantities if quantity.is_year}
    years |= {reading[0] for date in context.dates for reading in date.readings if reading[0]}
    missing = [
        date.written
        for date in claim.dates
        if not any(_same_date(date, other, years) for other in source.dates)
        and not any(_same_date(date, other, years) for other in context.dates)
    ]
    missing += sorted(claim.codes - source.codes - context.codes)
    for quantity in claim.quantities:
        if not quantity.is_certain:
            continue
        if any(_states(quantity, other, source, context, same) for other in source.quantities):
            continue
        if not quantity.unit and _is_named(quantity, source, context):
            continue
        missing.append(quantity.written)
    return missing


def _states(quantity: Quantity, other: Quantity, source: Figures, context: Figures, same: Same) -> bool:
    """Whether `other`, which occurs in the source, is the same quantity."""
    if not _same_limit(quantity, other, is_time=quantity.is_time):
        return False
    if quantity.period and other.period and quantity.period != other.period:
        return False
    if quantity.value not in _values(quantity, other, source, context):
        return False
    if quantity.unit or other.unit or quantity.is_year:
        return True
    if quantity.label:
        beside = (other.label,) if other.label else other.preceding[-1:]
        return same(quantity.label, beside) or not (beside or other.counted)
    counted = quantity.counted[:1]
    return (
        not counted
        or (not other.label and same(counted[0], other.counted))
        or same(counted[0], other.preceding)
        or (not other.counted and not other.label)
    )


def _values(quantity: Quantity, other: Quantity, source: Figures, context: Figures) -> set[Decimal]:
    """The values that `other` may have in the unit of `quantity`; empty if it has another unit."""
    scale = Decimal(1) if other.is_scaled else max(source.scale, context.scale)
    factors: set[Decimal] = set()
    if quantity.unit == other.unit or (not quantity.unit and not quantity.counted and other.unit in _MONEY):
        factors.add(Decimal(1))
    elif not other.unit:
        loose = source.loose_units | context.loose_units
        factors |= {factor for unit, factor in loose if unit == quantity.unit}
    if scale != 1 and quantity.unit in _MONEY:
        return {other.value * factor * scale for factor in factors}
    return {other.value * factor * power for factor in factors for power in (Decimal(1), scale)}


def _is_named(quantity: Quantity, source: Figures, context: Figures) -> bool:
    """Whether a plain number is in the title or headings, or the year or day of a date."""
    if any(
        quantity.value == other.value and not other.unit and other.is_certain
        for other in context.quantities
        if quantity.is_year or (quantity.label and quantity.label == other.label)
    ):
        return True
    places = (0,) if quantity.is_year else (2,) if quantity.is_ordinal else ()
    return any(
        reading[place] == quantity.value
        for date in (*source.dates, *context.dates)
        for reading in date.readings
        for place in places
    )


def _same_date(date: CalendarDate, other: CalendarDate, years: set[int]) -> bool:
    """Whether `other` states all of `date`. A year may come from `years`."""
    return _same_limit(date, other, is_time=True) and any(
        all(
            part is None or part == stated or (place == 0 and stated is None and part in years)
            for place, (part, stated) in enumerate(zip(reading, alternative, strict=True))
        )
        for reading in date.readings
        for alternative in other.readings
    )


def _same_limit(one: Quantity | CalendarDate, other: Quantity | CalendarDate, *, is_time: bool) -> bool:
    """Whether the limits of both agree. A time may also be named without a limit."""
    return one.limit == other.limit or (is_time and not (one.limit and other.limit))
