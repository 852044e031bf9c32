"""Which column of a table a question asks for: the one it names, the one that counts, the one of amounts.

Where that is not clear, there is none, and nothing is computed from the table.
"""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from assistant.answers.amounts import CURRENCIES, NumberColumn
from assistant.answers.conditions import Condition
from assistant.answers.days import years
from assistant.answers.matching import TableMatch, numbers, says_yes_or_no
from assistant.answers.questionwords import Bound, is_pound
from assistant.answers.sides import columns_of_sides
from assistant.answers.tables import FoundTable
from assistant.answers.tablewords import inflected, same, same_unit, units_in, words_of
from assistant.answers.wanted import Wanted
from ingest.language import calculation, measures, tabular


def target_column(match: TableMatch, wanted: Wanted) -> tuple[int, NumberColumn] | None:
    """The column of numbers that is asked for: the one named, else the one of amounts; None if unclear."""
    table = match.table
    numeric = numeric_columns(match)
    named = _results([index for index in match.columns if index in numeric], table)
    in_header = {index: set(words_of(table.header[index])) for index in numeric}
    of_dimension = [index for index, words in in_header.items() if wanted.dimension & words]
    # "Took longest" may be in the column `Drying (min)`.
    by_unit = [index for index in named if units_in(wanted.dimension) & units_in(in_header[index])]
    if wanted.dimension and (of_dimension or not named):
        # The cheapest in stock is the one of the lowest price, and not the one of the smallest stock.
        named = [index for index in named if index in {*of_dimension, *by_unit}] or _results(
            of_dimension, table
        )
        return (named[0], numeric[named[0]]) if len(named) == 1 else None
    if not named and match.columns and any(table.column(index) is not None for index in match.columns):
        return None
    side = columns_of_sides(table).get(wanted.side) if not named else None
    if side in numeric:
        named = [side]
    if not named:
        named = list(numeric) if len(numeric) == 1 else _amount_columns(table, numeric)
    if len(named) != 1:
        return None
    return named[0], numeric[named[0]]


def within(
    match: TableMatch, wanted: Wanted, target: tuple[int, NumberColumn] | None = None
) -> TableMatch | None:
    """The match with the rows within the limit of the question; None if it is not clear what it limits.

    target: the column that is asked for, if it is known.
    """
    bound = wanted.bound
    if bound is None:
        return match
    target = target or target_column(match, wanted)
    if bound.dimension:
        sized = [item for item in numeric_columns(match).items() if _is_of(match.table, item[0], bound)]
        target = sized[0] if len(sized) == 1 else None
    elif wanted.money or bound.is_money:
        # "How many bottles cost more than 10?" sets a limit for the price, not for the bottles.
        numeric = numeric_columns(match).items()
        amounts = [item for item in numeric if is_money(match.table, item[0])]
        if bound.may_be_weight and not amounts:
            amounts = [item for item in numeric if is_weight(match.table, item[0])]
        if target is None or target[0] not in dict(amounts):
            target = amounts[0] if len(amounts) == 1 else None
    if target is None:
        return None
    chosen = numbers(match.table, target[1], match.rows)
    if not bound.suits({quantity.unit for _, quantity in chosen}):
        return None
    rows = tuple(row for row, quantity in chosen if bound.holds(quantity.value))
    return replace(match, rows=rows, bounded=target[0])


def numeric_columns(match: TableMatch) -> dict[int, NumberColumn]:
    """The columns of numbers that set no condition, and whose numbers are neither years nor names."""
    table = match.table
    used = {condition.column for condition in match.conditions} | {match.dates}
    return {
        index: column
        for index in range(len(table.header))
        if index not in used and (column := table.column(index)) is not None
        if not calculation.NAMES_IN_NUMBERS & set(words_of(table.header[index]))
        if not all(years(list(filter(None, (row.cells[index] for row in table.records)))))
    }


def counting_column(match: TableMatch, wanted: Wanted) -> tuple[int, NumberColumn] | None:
    """The column of numbers that counts what is asked for; None when there is none.

    For `how many nights` it is the column `Nights`, and for `how many chairs` the column `Quantity` of a
    table in which one cell is `Chair`.
    """
    numeric = numeric_columns(match)
    headers = {index: words_of(match.table.header[index]) for index in numeric}
    counting = _results(
        [
            index
            for index, header in headers.items()
            if header
            and any(
                word == end or same_unit(word, end)
                for word in wanted.head[:1]
                for end in (header[0], header[-1])
            )
        ],
        match.table,
    )
    if counting:
        return (counting[0], numeric[counting[0]]) if len(counting) == 1 else None
    if not is_value(match, wanted):
        return None
    found = stock_columns(match)
    return (found[0], numeric[found[0]]) if len(found) == 1 else None


def stock_columns(match: TableMatch) -> list[int]:
    """The columns of numbers that say how many there are of the thing that a row is about."""
    return [
        index
        for index in numeric_columns(match)
        if calculation.QUANTITIES & set(words_of(match.table.header[index]))
    ]


def stocked(match: TableMatch, index: int, *, is_in: bool) -> TableMatch:
    """The match with the rows of what is in stock, or of what is not.

    index: the column that says how many there are.
    """
    column = match.table.column(index)
    values = numbers(match.table, column, match.rows) if column else []
    rows = tuple(row for row, amount in values if (amount.value > 0) is is_in)
    condition = Condition(
        index, (), said=f"is {'more than 0' if is_in else '0'}", rows=frozenset(map(id, rows))
    )
    return replace(match, rows=rows, conditions=(*match.conditions, condition))


def is_value(match: TableMatch, wanted: Wanted) -> bool:
    """Whether what is asked for is the whole text of a cell: `juniors` where a group is `Juniors`."""
    return any(
        len(condition.words) == 1 and condition.words[0] in wanted.head and condition.values
        for condition in match.conditions
    )


def distinct_column(match: TableMatch, wanted: Wanted) -> int | None:
    """The column whose different values are asked for: `how many vendors`.

    A column that is not the first holds perhaps not all of them, so the question must also name the table.
    """
    for index in match.columns:
        header = words_of(match.table.header[index])
        is_head = all(any(inflected(word, other) for word in wanted.head) for other in header)
        is_known = index == 0 or match.named or match.conditions or wanted.container
        if header and is_head and is_known and match.table.column(index) is None and index != match.dates:
            return index
    return None


def implied_column(match: TableMatch) -> list[int]:
    """The column of a table that no condition is about, if there is only one.

    One word of a row is too little to know that the question is about this table.
    """
    if match.named + sum(len(condition.words) for condition in match.conditions) < 2:
        return []
    labels = {condition.column for condition in match.conditions}
    return [index for index in range(len(match.table.header)) if index not in labels]


LEAST_READING = 1000
"""The lowest first number that is taken for the reading of an odometer."""


def are_readings(table: FoundTable, index: int, found: Sequence[Decimal]) -> bool:
    """Whether numbers in a column of distances always grow and do not double, as the readings of one odometer
    do, even if the column has those of several.
    """
    is_growing = len(found) > 1 and all(one < other for one, other in pairwise(found))
    is_distance = not tabular.DISTANCES.isdisjoint(words_of(table.header[index]))
    return is_growing and is_distance and found[0] >= LEAST_READING and 2 * found[0] > found[-1]


def adds_up(table: FoundTable, index: int, named: Collection[int]) -> bool:
    """Whether the sum of a column means something: not that of prices for one piece, of balances or of ages.

    named: the columns that the question names.
    """
    header = set(words_of(table.header[index]))
    if header & (calculation.UNIT_PRICES | calculation.READINGS) or is_counter(table, index):
        return False
    quantities = any(calculation.QUANTITIES & set(words_of(name)) for name in table.header)
    if quantities and header & calculation.PRICES and not header & calculation.QUANTITIES:
        return False
    column = table.column(index)
    units = column.units if column else set()
    return (
        index in named
        or index in columns_of_sides(table).values()
        or bool(header & (calculation.QUANTITIES | calculation.PRICES | calculation.AMOUNT_WORDS))
        or bool(header & measures.UNITS.keys())
        or (bool(units) and all(unit in measures.UNITS or unit in CURRENCIES.values() for unit in units))
    )


def is_counter(table: FoundTable, index: int) -> bool:
    """Whether a column holds the states of a counter that only grows, in a table of readings."""
    column = table.column(index)
    values = [quantity.value for quantity in column.values if quantity] if column else []
    named = {word for name in (*table.names, *table.header) for word in words_of(name)}
    is_reading = any(inflected(word, reading) for word in named for reading in calculation.READINGS)
    return is_reading and len(values) > 2 and all(a <= b for a, b in itertools.pairwise(values))


def is_money(table: FoundTable, index: int) -> bool:
    """Whether a column holds amounts of money, by its units or its name."""
    if index in columns_of_sides(table).values():
        return True
    column = table.column(index)
    currencies = column.units if column else set()
    words = set(words_of(table.header[index]))
    return any(unit.isupper() or unit == "$" for unit in currencies) or any(
        same(word, other) for word in words for other in calculation.AMOUNT_WORDS | calculation.PRICES
    )


def _is_of(table: FoundTable, index: int, bound: Bound) -> bool:
    """Whether a column is about what a limit compares: ages or weights."""
    return not bound.dimension.isdisjoint(words_of(table.header[index]))


def is_weight(table: FoundTable, index: int) -> bool:
    """Whether a column holds weights in pounds, by its units, or in an unstated unit, by its name."""
    column = table.column(index)
    units = column.units if column else set()
    if units - {""}:
        return all(map(is_pound, units))
    return not calculation.DIMENSIONS["heaviest"].isdisjoint(words_of(table.header[index]))


def amount_column(table: FoundTable) -> int | None:
    """The only column of money, or of several the one named like the amount of a bill; None if unclear."""
    money = {
        index: column
        for index in range(len(table.header))
        if is_money(table, index) and (column := table.column(index)) is not None
    }
    found = list(money) if len(money) == 1 else _amount_columns(table, money)
    return found[0] if len(found) == 1 else None


def may_answer_when(header: str, words: Collection[str]) -> bool:
    """Whether a column called `header` may hold the day that is asked for: the day of an invoice is
    not the day on which it is due.

    words: of the question, folded.
    """
    return tabular.ASKED_DUE.isdisjoint(words) or not tabular.DUE.isdisjoint(words_of(header))


def _results(columns: list[int], table: FoundTable) -> list[int]:
    """Those of several columns that hold no readings: the distance, and not the two states of the counter."""
    others = [index for index in columns if calculation.READINGS.isdisjoint(words_of(table.header[index]))]
    return others if len(columns) > 1 and others else columns


def _amount_columns(table: FoundTable, numbers: dict[int, NumberColumn]) -> list[int]:
    """The columns named like an amount, of the most exact name that there is."""
    for name in calculation.AMOUNT_FIELDS:
        found = [index for index in numbers if _without_currency(table.header[index]) == name]
        if found:
            return found
    return []


def _without_currency(header: str) -> str:
    return " ".join(word for word in words_of(header) if word not in calculation.MONEY_SIGNS)


def label_columns(match: TableMatch) -> list[int]:
    """The columns of texts that say more than yes or no."""
    table = match.table
    return [
        index
        for index in range(len(table.header))
        if table.column(index) is None and not says_yes_or_no(table, index)
    ]
