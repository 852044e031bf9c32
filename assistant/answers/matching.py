"""Finds the words of a question in a table: its names, the names of its columns, and its cells.

A table answers only if every word of the question is accounted for. A word that is in no name, column or
cell, and that is not a word of asking, means that the question is about something else.
"""

import datetime
import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answers.amounts import Amount, NumberColumn
from assistant.answers.conditions import Condition, paid_parts
from assistant.answers.dates import MONTHS, cell_dates
from assistant.answers.days import days, years
from assistant.answers.sides import is_of_side
from assistant.answers.stating import either_of, joined
from assistant.answers.tables import FoundTable, TableRow
from assistant.answers.tablewords import (
    folded_cell,
    forms_in,
    inflected,
    is_numbered,
    same,
    says_yes,
    words_of,
)
from assistant.answers.wanted import Wanted
from ingest.language import accounts, calculation

_HAPPENED = re.compile(r"\w{2}(?:ed|en|t)\b", re.IGNORECASE)
"""The end of the name of a column that may say when something was done: `Finished`."""


@dataclass(frozen=True, slots=True)
class TableMatch:
    """How a table accounts for all words of a question."""

    table: FoundTable
    """The table."""
    columns: tuple[int, ...]
    """The columns that the question names, best first."""
    conditions: tuple[Condition, ...]
    """What the rows must meet."""
    rows: tuple[TableRow, ...]
    """The records that meet the conditions and are in the period."""
    dates: int | None
    """The column of dates by which the period was applied; None when it was not."""
    undated: int
    """Records without a date that were left out for it."""
    named: int
    """How many words of the question the names of the table contain."""
    header_words: Mapping[str, tuple[int, ...]]
    """The other words that names of columns contain, with these columns."""
    bounded: int | None = None
    """The column that the question sets a limit for; None for no limit."""


def match(table: FoundTable, wanted: Wanted, words: Sequence[str]) -> TableMatch | None:
    """How `table` accounts for `words`; None when it does not.

    words: those of the question that must be accounted for.
    """
    if not is_of_side(table, wanted.side):
        return None
    names = [word for name in table.names for word in words_of(name)]
    headers = [words_of(header) for header in table.header]
    cells = _cells(table)
    columns: dict[int, int] = {}
    in_cells: list[str] = []
    shared: list[str] = []
    named = 0
    period_words = set(wanted.period.words) if wanted.period else set()
    pending = [*words, *(wanted.period.words if wanted.period else ())]
    used_period_words: set[str] = set()
    header_words: dict[str, tuple[int, ...]] = {}
    general = calculation.FILLERS | calculation.ROW_NOUNS | calculation.CONTAINERS
    for noun, word in itertools.pairwise(("", *pending)):
        is_name = any(same(word, other) for other in names)
        in_header = [
            index
            for index, header in enumerate(headers)
            if any(same(word, other) for other in header) and is_numbered(word, header, noun)
        ]
        if in_header:
            for index in in_header:
                columns[index] = columns.get(index, 0) + 1
            used_period_words.add(word)
            if not is_name and (
                word not in general or any(_answering(table, index, yes=True) for index in in_header)
            ):
                header_words[word] = tuple(in_header)
        elif word in period_words:
            if is_name:
                named += 1
                used_period_words.add(word)
        elif (places := _columns_with(cells, word)) or _state_column(table, word, pending):
            if is_name and not any(inflected(word, cell) for found in places.values() for cell in found):
                # The table is called by it, and it is a part of some cells too.
                shared.append(word)
            in_cells.append(word)
        elif word in table.rivals:
            return None  # Another table is called by it: the sheet of another person.
        elif is_name:
            named += 1
        elif word in table.introduced and word not in MONTHS.keys() | accounts.TAXES:
            continue
        elif word in wanted.names or word not in calculation.FILLERS | calculation.ROW_NOUNS:
            return None
    if shared and len(in_cells) > 1:
        in_cells = [word for word in in_cells if word not in shared]
        named += len(shared)
    conditions = _conditions(table, cells, in_cells, pending)
    if conditions is None:
        return None
    best = max(columns.values(), default=0)
    rows = [row for row in table.records if all(condition.holds(row) for condition in conditions)]
    dates, undated = None, 0
    period = wanted.period
    if period and period.is_of_noun and table.day and period.holds(table.day):
        period = None  # "The actions of the March 2025 outage" may be due in April.
    if period and not period_words <= used_period_words:
        column = date_column(table, columns)
        if column is None or (column.is_years and not period.is_of_years):
            return None
        dates, by_row = column.index, column.by_row
        undated = sum(by_row[id(row)] is None for row in rows)
        rows = [row for row in rows if (day := by_row[id(row)]) and period.holds(day)]
    return TableMatch(
        table,
        tuple(index for index, count in columns.items() if count == best),
        tuple(conditions),
        tuple(rows),
        dates,
        undated,
        named,
        header_words,
    )


def narrowed_by_headers(match: TableMatch, used: Collection[int | None]) -> TableMatch | None:
    """The match with the conditions of words that are names of columns: `paid` where a column says yes or no.

    used: columns that are accounted for. None when a word names another column, which sets no condition.
    """
    for word, columns in match.header_words.items():
        if set(columns) & {*used, match.dates, *(condition.column for condition in match.conditions)}:
            continue
        condition = _affirmed(match.table, word, columns, list(match.header_words))
        if condition is None:
            return None
        rows = tuple(row for row in match.rows if condition.holds(row))
        match = replace(match, conditions=(*match.conditions, condition), rows=rows)
    return match


def _affirmed(table: FoundTable, word: str, columns: Sequence[int], asked: Sequence[str]) -> Condition | None:
    """The condition that one of `columns`, in which cells say yes or no, or when, says yes to `word`.

    asked: the words of the question that name columns.
    """
    if word in calculation.PAID | calculation.UNPAID and (condition := _state_column(table, word, asked)):
        return condition
    for index in columns:
        if says_yes_or_no(table, index) and (affirmed := _answering(table, index, yes=True)):
            return Condition(index, (), affirmed)
        filled = [row.cells[index] for row in table.records if row.cells[index]]
        if filled and _HAPPENED.search(table.header[index]) and all(map(cell_dates, filled)):
            return Condition(index, (), frozenset(map(folded_cell, filled)), "is not empty")
    return None


def says_yes_or_no(table: FoundTable, index: int) -> bool:
    """Whether all cells of a column mean yes or no, or are empty."""
    return all(says_yes(row.cells[index]) is not None for row in table.records if row.cells[index].strip())


def _answering(table: FoundTable, index: int, *, yes: bool) -> frozenset[str]:
    """The cells of a column that say yes, or those that say no, in folded words."""
    return frozenset(
        folded_cell(row.cells[index]) for row in table.records if says_yes(row.cells[index]) is yes
    )


@dataclass(frozen=True, slots=True)
class DateColumn:
    """A column of dates."""

    index: int
    """The column's index."""
    by_row: Mapping[int, datetime.date | None]
    """The date of each record, by the record's `id`; None for an empty cell."""
    is_years: bool
    """Whether the cells are years. Then the dates are their first days."""


def date_column(table: FoundTable, named: Collection[int] = ()) -> DateColumn | None:
    """The one column whose cells are dates, else the one of years; None when there is none or several.

    named: columns that the question names, which decide between several.
    """
    for read in (days, years):
        found = []
        for index in range(len(table.header)):
            dates = read([row.cells[index] for row in table.records])
            filled = [day for row, day in zip(table.records, dates, strict=True) if row.cells[index]]
            if filled and all(filled):
                by_row = {id(row): day for row, day in zip(table.records, dates, strict=True)}
                found.append(DateColumn(index, by_row, is_years=read is years))
        asked = [column for column in found if column.index in named]
        if len(found) == 1 or len(asked) == 1:
            return (asked or found)[0]
        if found:
            return None
    return None


def _cells(table: FoundTable) -> dict[int, dict[str, set[str]]]:
    """By column: the folded words of its cells, each with the cells (joined words) that contain it."""
    found: dict[int, dict[str, set[str]]] = {}
    for row in table.records:
        for index, cell in enumerate(row.cells):
            words = words_of(cell)
            joined = " ".join(words)
            for word in words:
                found.setdefault(index, {}).setdefault(word, set()).add(joined)
    return found


def _columns_with(cells: dict[int, dict[str, set[str]]], word: str) -> dict[int, set[str]]:
    """By column: the cells that contain a form of `word`."""
    found = {}
    for index, vocabulary in cells.items():
        matching = [other for other in vocabulary if inflected(word, other)]
        if matching:
            found[index] = set().union(*(vocabulary[other] for other in matching))
    return found


def _state_column(table: FoundTable, word: str, asked: Sequence[str]) -> Condition | None:
    """The condition that `paid` or `unpaid` means in a table that says it in other words; None if columns
    differ in it, such as those of a deposit and a fee, and the question names none of them.

    asked: the words of the question.
    """
    found = list(_state_columns(table, word)) or list(paid_parts(table, word))
    if not _agree(table, found):
        found = [
            condition
            for condition in found
            if any(same(each, name) for each in asked for name in words_of(table.header[condition.column]))
        ]
    return found[0] if found and _agree(table, found) else None


def _agree(table: FoundTable, found: Sequence[Condition]) -> bool:
    """Whether the same rows meet some conditions."""
    return len({tuple(condition.holds(row) for row in table.records) for condition in found}) < 2


def _state_columns(table: FoundTable, word: str) -> Iterator[Condition]:
    for state, other in ((calculation.UNPAID, calculation.PAID), (calculation.PAID, calculation.UNPAID)):
        if word not in state:
            continue
        is_of_unpaid = state is calculation.UNPAID
        for index, header in enumerate(table.header):
            values = {folded_cell(row.cells[index]) for row in table.records}
            about = set(words_of(header))
            is_of_bills = not values.isdisjoint(calculation.PAID)
            met = values & (state | calculation.LATE if is_of_unpaid and is_of_bills else state)
            if met and (is_of_bills or word not in values):
                yield Condition(index, (), frozenset(met), is_of_unpaid=is_of_unpaid)
            elif about & calculation.PAID and _is_dated_or_empty(table, index):
                if is_of_unpaid:
                    yield Condition(index, (), frozenset(("",)), "is empty", is_of_unpaid=True)
                else:
                    yield Condition(index, (), frozenset(filter(None, values)), "is not empty")
            elif "" not in values and says_yes_or_no(table, index) and about & (state | other):
                affirmed, denied = (_answering(table, index, yes=yes) for yes in (True, False))
                if affirmed and denied:
                    stated = denied if about & other else affirmed
                    yield Condition(index, (), stated, is_of_unpaid=is_of_unpaid)


def _is_dated_or_empty(table: FoundTable, index: int) -> bool:
    """Whether some cells of a column are dates, and all others are empty: `Paid on`."""
    cells = [row.cells[index] for row in table.records]
    filled = list(filter(None, cells))
    return 0 < len(filled) < len(cells) and all(days(filled))


def _conditions(
    table: FoundTable, cells: dict[int, dict[str, set[str]]], words: Sequence[str], asked: Sequence[str]
) -> list[Condition] | None:
    """The conditions that words in cells make; None when it is not clear which column a word belongs to.

    asked: all words of the question.
    """
    by_column: dict[int, list[str]] = {}
    conditions = []
    for word in words:
        places = _columns_with(cells, word)
        state = _state_column(table, word, asked)
        if state is not None and (not places or state.column in places):
            conditions.append(state)
            continue
        if len(places) > 1:
            # The column in which the word is a whole cell, or in which an earlier word already is.
            whole = {
                index: found
                for index, found in places.items()
                if any(inflected(word, cell) for cell in found)
            }
            places = whole if len(whole) == 1 else places
        if len(places) > 1:
            known = {index: found for index, found in places.items() if index in by_column}
            places = known if len(known) == 1 else places
        if len(places) > 1:
            labels = {index: found for index, found in places.items() if index == 0}
            places = labels or places
        if len(places) > 1:
            return None
        by_column.setdefault(next(iter(places)), []).append(word)
    for index, group in by_column.items():
        condition = Condition(index, tuple(group))
        whole_cells = {
            " ".join(words_of(row.cells[index]))
            for row in table.records
            if len(words_of(row.cells[index])) == len(group) and condition.holds(row)
        }
        conditions.append(Condition(index, tuple(group), frozenset(whole_cells)))
    return conditions


def numbers(
    table: FoundTable, column: NumberColumn, rows: Sequence[TableRow]
) -> list[tuple[TableRow, Amount]]:
    """The rows that have a number in a column, each with it."""
    by_row = {id(row): value for row, value in zip(table.records, column.values, strict=True)}
    return [(row, value) for row in rows if (value := by_row[id(row)]) is not None]


def names_of_rows(table: FoundTable) -> set[str]:
    """The words in the names by which a table calls its rows.

    The name of a table of invoices is a plural. A table in an invoice has other rows.
    """
    return {word for name in (*table.names[:1], table.names[-1]) for word in words_of(name)}


def said(match: TableMatch, wanted: Wanted) -> str:
    """The conditions in words."""
    parts = []
    for condition in match.conditions:
        header = match.table.header[condition.column] or "a cell"
        if condition.said:
            parts.append(f"{header} {condition.said}")
        elif condition.values:
            parts.append(f"{header} is {either_of(_as_written(match, condition))}")
        else:
            parts.append(f"{header} contains {_contained(match, condition)}")
    if match.dates is not None and wanted.period:
        parts.append(f"{match.table.header[match.dates]} is {wanted.period.text}")
    if wanted.bound and match.bounded is not None:
        parts.append(f"{match.table.header[match.bounded]} is {wanted.bound.said}")
    return f" where {joined(parts)}" if parts else ""


def _contained(match: TableMatch, condition: Condition) -> str:
    """The words that the cells which meet a condition contain, in the forms in which they stand there."""
    met = [row.cells[condition.column] for row in match.table.records if condition.holds(row)]
    phrase = " ".join(condition.words)
    if all(f" {phrase} " in f" {' '.join(words_of(cell))} " for cell in met):
        return f"“{phrase}”"
    return " and ".join(either_of(forms_in(word, met)) for word in condition.words)


def _as_written(match: TableMatch, condition: Condition) -> list[str]:
    """The cells that meet a condition by their values, each once, in the spelling of the table."""
    cells = [row.cells[condition.column] for row in match.table.records if condition.holds(row)]
    met = {folded_cell(cell): cell for cell in cells}
    return sorted(met.values()) or sorted(condition.values)


def left_out(match: TableMatch) -> str:
    """What was left out because it has no date, as a clause; empty when there was nothing."""
    return f"; {match.undated} without a date left out" if match.undated else ""
