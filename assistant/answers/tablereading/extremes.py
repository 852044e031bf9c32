"""Finds the row with the largest or the smallest value, or with the latest or the earliest date."""

import datetime
from collections.abc import Sequence
from decimal import Decimal

from assistant.answers.amounts import with_unit
from assistant.answers.columns import adds_up, is_counter
from assistant.answers.grouping import largest_sum, repeats
from assistant.answers.stating import Result, column_name, joined, read_cells, row_evidence, table_name
from assistant.answers.tablereading.cells import MOST_CELLS, MOST_ROWS
from assistant.answers.tablereading.columns import (
    best_named,
    compared_dates,
    days_of,
    number_column,
    numeric_columns,
)
from assistant.answers.tablereading.largest import most_rows
from assistant.answers.tablereading.naming import asked_name, where
from assistant.answers.tablereading.questions import TableQuestion
from assistant.answers.tablereading.roles import TableRoles
from assistant.answers.tablereading.summing import values
from assistant.answers.tables import TableRow
from assistant.answers.tablewords import words_of
from assistant.answers.wanted import Act
from assistant.dialogue import ComputedValue
from assistant.formatting import count_of
from ingest.language import calculation, tabular


def extreme(match: TableRoles, wanted: TableQuestion) -> Result | None:
    """The row with the largest or smallest value, or the one of a rank below it."""
    if group := most_rows(match, wanted):
        return group
    table = match.table
    largest = wanted.act is Act.HIGHEST
    keys: list[tuple[TableRow, Decimal | datetime.date]] = []
    unit = ""
    index = compared_dates(match, wanted)
    if wanted.by_date and _is_in_a_name(match, wanted):
        return None
    if index is not None:
        days = days_of(table, index) or []
        if wanted.is_life:
            largest = not largest
        by_row = {id(row): day for row, day in zip(table.records, days, strict=True)}
        keys = [(row, day) for row in match.rows if (day := by_row[id(row)]) is not None]
    elif wanted.by_date or (column := number_column(match, wanted)) is None:
        return None
    else:
        index = column[0]
        if wanted.is_judged:
            if not tabular.LOW_IS_GOOD.isdisjoint(words_of(table.header[index])):
                return None
            match.is_guessed = True
        if is_counter(table, index) and calculation.READINGS.isdisjoint(wanted.words):
            return None  # The latest reading is the highest one.
        if wanted.is_most and not (wanted.dimension or wanted.money or index in match.columns):
            return None  # No column has numbers of the things compared.
        chosen = values(match, wanted, column[1])
        is_time = not tabular.TIMES.isdisjoint(words_of(table.header[index]))
        if len({value.unit for _, value in chosen}) > 1 or (wanted.is_pace and not is_time):
            return None
        named = match.by_word.get(wanted.head[0], ()) if wanted.head else ()
        if len(named) == 1 and adds_up(table, index, match.columns) and repeats(chosen, named[0]):
            if wanted.is_most and not wanted.dimension and wanted.rank == 1:
                return largest_sum(table, chosen, named[0], column, where(match, wanted, index), wanted.act)
            is_price = not tabular.PRICE.isdisjoint(words_of(table.header[index]))
            if wanted.is_most or not (is_price or _names_rows(match, wanted, index)):
                return None
        keys = [(row, value.value) for row, value in chosen]
        # A word in place of a number may be the lowest: a guarantee of `none`.
        numbered = {id(row) for row, _ in chosen}
        unread = wanted.bound is None and any(
            row.cells[index] and id(row) not in numbered for row in match.rows
        )
        match.is_guessed = match.is_guessed or unread
        unit = chosen[0][1].unit if chosen else ""
    if len(keys) < 2:
        return None
    asked = _asked_beside(match, wanted, index) if wanted.by_date else None
    if asked is None and any(
        i != index and i in numeric_columns(match) for i, w in match.columns.items() if w >= 1
    ):
        # "The cheapest in stock" names a second column, which selects no rows here.
        match.is_guessed = True
    distinct = sorted({value for _, value in keys}, reverse=largest)
    if len(distinct) < wanted.rank:
        return None
    chosen_values = distinct[wanted.rank - 1 : wanted.rank - 1 + wanted.top]
    best = [row for each in chosen_values for row, value in keys if value == each]
    if len(best) > MOST_ROWS:
        return None
    header = table.header[index]
    place = {1: "", 2: "second ", 3: "third ", 4: "fourth "}[wanted.rank]
    word = {
        (True, True): "latest",
        (True, False): "highest",
        (False, True): "earliest",
        (False, False): "lowest",
    }[largest, isinstance(distinct[0], datetime.date)]
    if asked is not None:
        return _cells_beside(match, wanted, best, asked, index, f"{place}{word}")
    names = [asked_name(match, wanted, row, index) for row in best]
    if wanted.top > 1:
        ranked = f"in order from the {word} in {table_name(table)}{where(match, wanted)}"
        return read_cells(table, best, index, names, ranked, f"{header} {ranked}")
    bounded = None if wanted.bound is None else index
    over = f"in the column “{header}” of {table_name(table)}{where(match, wanted, bounded)}"
    return Result(
        f"{joined(names)}: {with_unit(best[0].cells[index], unit)}, the {place}{word} {over}.",
        tuple(
            ComputedValue(name, with_unit(row.cells[index], unit), "")
            for name, row in zip(names, best, strict=True)
        ),
        f"Compared: {header} in {count_of(len(keys), 'row')}.",
        over,
        tuple(row_evidence(table, row) for row in best),
        listed=True,
    )


def _asked_beside(match: TableRoles, wanted: TableQuestion, compared: int) -> int | None:
    """The column whose cell in the latest or earliest row is asked for, unless it names the row."""
    head = match.by_word.get(wanted.head[0], ()) if wanted.head else ()
    named = best_named(match, [index for index in numeric_columns(match) if index != compared])
    named = [index for index in named if match.columns[index] >= 1]
    return named[0] if len(named) == 1 and not (head and named[0] not in head) else None


def _cells_beside(
    match: TableRoles, wanted: TableQuestion, rows: Sequence[TableRow], asked: int, compared: int, rank: str
) -> Result | None:
    """The cell of a column in the rows with the latest or earliest date."""
    table = match.table
    if not all(row.cells[asked] for row in rows) or len(rows) > MOST_CELLS:
        return None
    names = [row.cells[compared] for row in rows]
    ranked = f"with the {rank} {table.header[compared]} of {table_name(table)}{where(match, wanted)}"
    over = f"{column_name(table, asked)} {ranked}"
    return read_cells(table, rows, asked, names, f"in the row {ranked}", over)


def _is_in_a_name(match: TableRoles, wanted: TableQuestion) -> bool:
    """Whether *first* or *last* is in a column's name, with other words of the question: *First aid*."""
    ranks = tabular.EARLIEST if wanted.act is Act.LOWEST else tabular.LATEST
    headers = [set(words_of(name)) for name in match.table.header]
    return any(header & ranks and set() < header - ranks <= set(wanted.words) for header in headers)


def _names_rows(match: TableRoles, wanted: TableQuestion, compared: int) -> bool:
    """Whether a word says that single rows are compared: the largest *order* of a customer."""
    return any(
        word not in tabular.ASIDES | match.in_cells and compared not in match.by_word.get(word, ())
        for word in wanted.words
        if word != wanted.head[0]
    )
