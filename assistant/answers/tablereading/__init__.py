"""Answers a question from a table that the search found: a cell, rows, a rank, a count, a sum.

`assistant.answers.computing` reads all tables of a library, so every word of a question must stand in the one
that answers. Here the search has found the document, and a word may stand for something that is called by
another (`roles`). Nothing is answered if a word stands for nothing, if no row holds what only cells can hold,
if the cell is empty, or if it is not clear which column is meant.
"""

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assistant.answers.amounts import with_unit
from assistant.answers.columns import adds_up, is_counter
from assistant.answers.grouping import added_up, largest_sum, repeats
from assistant.answers.questions import asks_yes_or_no
from assistant.answers.stating import (
    Result,
    column_name,
    counted_in,
    joined,
    read_cells,
    row_evidence,
    row_name_beside,
    table_name,
)
from assistant.answers.tablereading.columns import (
    asked_column,
    best_named,
    compared_dates,
    days_of,
    is_of_parts,
    number_column,
    numeric_columns,
    starts_life,
    states_excess,
)
from assistant.answers.tablereading.comparing import TableComparison, compare, comparison
from assistant.answers.tablereading.largest import most_rows
from assistant.answers.tablereading.likeness import Likeness
from assistant.answers.tablereading.naming import asked_name, called, where
from assistant.answers.tablereading.notes import annotated
from assistant.answers.tablereading.paying import is_paid_by_row, leave_paid, paid, states_debts
from assistant.answers.tablereading.questions import TableQuestion, table_questions
from assistant.answers.tablereading.roles import DocumentTables, TableRoles, is_by_month, roles_of
from assistant.answers.tablereading.summing import average, total, values
from assistant.answers.tables import TableRow, tables
from assistant.answers.tablewords import inflected, names_more, units_in, words_of
from assistant.answers.wanted import Act
from assistant.dialogue import ComputedValue
from assistant.formatting import count_of
from ingest.catalogue.records import DocumentContent
from ingest.embedding import Embedder
from ingest.language import calculation, tabular

MOST_ROWS = 12
"""Rows of the longest list that is an answer."""

LONGEST = 20_000
"""Rows of the longest table that is read."""

MOST_CELLS = 3
"""Rows that are shown where one was asked for and several fit."""

LEAST_WEIGHT, CLEAR_WEIGHT = 0.6, 2.0
"""Words of a question that must stand in the table itself; the second, if a word stands for nothing."""


@dataclass(frozen=True, slots=True)
class TableReading:
    """What a table answers."""

    result: Result
    """The value with what it rests on."""
    is_sure: bool
    """Whether every word stood for something that is called by it."""


def read_tables(
    question: str, documents: Iterable[DocumentContent], embedder: Embedder | None
) -> TableReading | None:
    """What the first of `documents` with a table that answers says; None if none does.

    embedder: tells which words may mean the same; None leaves that to the words themselves.
    """
    likeness = Likeness(embedder)
    questions = [] if asks_yes_or_no(question) else table_questions(question)
    is_of_excess = tabular.EXCESS.search(question) is not None
    compared = comparison(question)
    searched = list(documents) if questions or compared else []
    for place, document in enumerate(searched):
        found = DocumentTables(
            [
                annotated(table)
                for table in tables(document)
                if any(table.header) and len(table.rows) <= LONGEST
            ]
        )
        if compared is not None and (reading := _compared(found, compared, likeness)):
            return reading
        for wanted in questions:
            readings: list[tuple[float, TableReading]] = []
            is_implied = False
            for table in found.tables:
                if is_of_excess and wanted.bound is None and not states_excess(table):
                    continue
                named = {word for header in table.header for word in words_of(header)}
                if not wanted.numbers <= named:
                    continue
                match = roles_of(table, found, wanted, likeness)
                if match is not None and not match.is_open and _is_of_life(match, wanted):
                    is_implied = match.weight < LEAST_WEIGHT
                    match.weight += 1
                if match is None or match.weight < (CLEAR_WEIGHT if match.is_open else LEAST_WEIGHT):
                    continue
                if (match.is_open and not _is_clear(match, wanted)) or is_of_parts(match, wanted):
                    continue
                result = _acted(match, wanted)
                if result is not None:
                    readings.append((match.weight, TableReading(result, is_sure=not match.is_guessed)))
            best = max((weight for weight, _ in readings), default=0.0)
            chosen = [reading for weight, reading in readings if weight == best]
            if chosen:
                # "The oldest" names no table: if another document has one with births, it may be meant.
                is_clear = len(chosen) == 1 and not (
                    is_implied and read_tables(question, searched[place + 1 :], embedder)
                )
                return chosen[0] if is_clear else None
    return None


def _is_clear(match: TableRoles, wanted: TableQuestion) -> bool:
    """Whether the rows and the column are named, so that one word may stand for nothing."""
    named = any(weight >= 1 and index not in match.conditions for index, weight in match.columns.items())
    return match.is_selected and (named or wanted.who or wanted.when or wanted.money or wanted.number)


def _is_of_life(match: TableRoles, wanted: TableQuestion) -> bool:
    """Whether the superlative itself stands for a column: *oldest* for that of births."""
    index = compared_dates(match, wanted) if wanted.is_life or wanted.is_newest else None
    return index is not None and starts_life(match.table.header[index], wanted)


def _compared(found: DocumentTables, asked: TableComparison, likeness: Likeness) -> TableReading | None:
    """What the one table says in which both numbers stand; None if there are none or several."""
    results = [
        result
        for table in found.tables
        if (result := compare(table, found, asked, likeness))
        if result[1] >= LEAST_WEIGHT
    ]
    best = max((weight for _, weight, _ in results), default=0.0)
    chosen = [TableReading(result, is_sure) for result, weight, is_sure in results if weight == best]
    return chosen[0] if len(chosen) == 1 else None


# Acts


def _acted(match: TableRoles, wanted: TableQuestion) -> Result | None:
    is_amount = wanted.act is Act.TOTAL or (wanted.act is Act.LOOK_UP and (wanted.number or wanted.money))
    if wanted.is_owed and not states_debts(match.table):
        return None
    if wanted.is_paid and is_amount and is_by_month(match):
        return None  # What was paid altogether is in several columns.
    if not wanted.is_paid or wanted.who or wanted.when or wanted.where or wanted.is_list:
        return _ACTS[wanted.act](match, wanted)
    if is_amount and is_paid_by_row(match.table):
        return paid(match, wanted)
    return _ACTS[wanted.act](match, wanted) if leave_paid(match, wanted) else None


def _look_up(match: TableRoles, wanted: TableQuestion) -> Result | None:
    """The cell in the row and the column that the question names, of one row or of a few."""
    table = match.table
    if not match.is_selected:
        return None
    target = asked_column(match, wanted)
    rows = match.rows
    bounded = None
    if wanted.bound is not None:
        column = number_column(match, wanted)
        if column is None:
            return None
        bounded = column[0]
        rows = [row for row, _ in values(match, wanted, column[1])]
        target = target if target is not None and target != bounded else 0
    if target is None or not rows or len(rows) > (MOST_ROWS if wanted.is_list else MOST_CELLS):
        return None
    cells = [row.cells[target] for row in rows]
    if not all(cells) or (wanted.number and not any(map(str.isdigit, "".join(cells)))):
        return None
    if wanted.is_used and is_counter(table, target):
        return total(match, wanted)
    exact = [row for row in rows if not _names_more(match, wanted, row)]
    if len(exact) < len(rows):
        # "The fee for tuning" may not be that of `Tuning of organs`.
        match.is_guessed = match.is_guessed or not exact
        rows = exact or rows
    names = [
        called(match, row, target) if len(rows) == 1 else row_name_beside(table, row, target) for row in rows
    ]
    place = f"of {table_name(table)}{where(match, wanted, bounded)}"
    return read_cells(
        table, rows, target, names, place, f"{column_name(table, target)} in {table_name(table)}"
    )


def _names_more(match: TableRoles, wanted: TableQuestion, row: TableRow) -> bool:
    """Whether a cell that selects a row says more than the question does: `Tuning of organs`."""
    return any(names_more(row.cells[index], wanted.words) for index in match.conditions)


def _extreme(match: TableRoles, wanted: TableQuestion) -> Result | None:
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
    best = [row for row, value in keys if value == distinct[wanted.rank - 1]]
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


def _count(match: TableRoles, wanted: TableQuestion) -> Result | None:
    """How many rows there are, or the number that the one row states."""
    table = match.table
    rows = match.rows
    numeric = numeric_columns(match)
    for word in wanted.head[:1]:
        stated = [index for index in match.by_word.get(word, ()) if index in numeric]
        of_unit = stated and units_in((word,)) & units_in(words_of(table.header[stated[0]]))
        if stated and (match.is_selected or of_unit) and wanted.bound is None:
            if is_counter(table, stated[0]):
                return total(match, wanted)
            return _look_up(match, wanted) if len(rows) == 1 else total(match, wanted)
    counting = calculation.QUANTITIES - calculation.NAMES_IN_NUMBERS
    pieces = [index for index in numeric if not counting.isdisjoint(words_of(table.header[index]))]
    if len(pieces) == 1 and _counts_things(match, wanted):
        (index,) = pieces
        clause, chosen = where(match, wanted, index), values(match, wanted, numeric[index])
        return added_up(table, chosen, (index, numeric[index]), clause, listed=True) if chosen else None
    bounded = filled = None
    if wanted.bound is not None:
        column = number_column(match, wanted)
        if column is None:
            return None
        bounded = column[0]
        rows = [row for row, _ in values(match, wanted, column[1])]
    elif len(rows) == 1 and match.is_selected and len(best_named(match, numeric)) == 1:
        # "How many onions for 60 guests" is a number in the row of the onions.
        return _look_up(match, wanted)
    elif not match.is_selected:
        # "In how many months was there a bonus" counts the cells that are filled.
        counted = match.by_word.get(wanted.head[0], ()) if wanted.head else ()
        named = best_named(match, [i for i in range(1, len(table.header)) if i not in counted])
        if len(named) != 1 or all(row.cells[named[0]] for row in rows):
            return None
        filled = named[0]
        rows = [row for row in rows if row.cells[filled]]
    is_category = not wanted.head or wanted.head[0] not in match.in_cells or len(rows) > 1
    if not rows or not is_category:
        return None
    selected = (
        where(match, wanted, bounded) if filled is None else f" where {table.header[filled]} is not empty"
    )
    over = f"of {table_name(table)}{selected}"
    return Result(
        f"{count_of(len(rows), 'row')} {over}.",
        (ComputedValue("", str(len(rows)), ""),),
        f"{counted_in(table, len(rows))}.",
        f"rows {over}",
        tuple(row_evidence(table, row) for row in rows),
        listed=True,
    )


def _counts_things(match: TableRoles, wanted: TableQuestion) -> bool:
    """Whether the things that are counted are what cells say: the jugs of rows with the cell `Jug`."""
    noun = wanted.head[0] if wanted.head else ""
    is_in_cells = noun in match.in_cells and noun not in match.by_word and wanted.bound is None
    return is_in_cells and any(
        len(words := words_of(row.cells[index])) == 1 and inflected(noun, words[0])
        for row in match.rows
        for index in match.conditions
    )


_ACTS: dict[Act, Callable[[TableRoles, TableQuestion], Result | None]] = {
    Act.LOOK_UP: _look_up,
    Act.COUNT: _count,
    Act.TOTAL: total,
    Act.AVERAGE: average,
    Act.HIGHEST: _extreme,
    Act.LOWEST: _extreme,
}
