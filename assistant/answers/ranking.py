"""The mean of a column of a table, its largest and smallest values, and which value most of its rows have."""

from collections.abc import Sequence

from assistant.answers.amounts import Amount, NumberColumn, with_unit, written
from assistant.answers.columns import (
    adds_up,
    is_money,
    label_columns,
    numeric_columns,
    stock_columns,
    stocked,
    target_column,
    within,
)
from assistant.answers.fields import has_parts
from assistant.answers.grouping import averaged, largest_group, largest_sum, repeats, tells_apart
from assistant.answers.matching import (
    TableMatch,
    date_column,
    left_out,
    names_of_rows,
    narrowed_by_headers,
    numbers,
    said,
)
from assistant.answers.questionwords import QuestionWords
from assistant.answers.stating import (
    MOST_SHOWN,
    Result,
    column_name,
    joined,
    row_evidence,
    row_names,
    table_name,
)
from assistant.answers.tables import FoundTable, TableRow
from assistant.answers.tablewords import same, words_of
from assistant.answers.wanted import Act, Wanted
from assistant.dialogue import ComputedValue
from assistant.formatting import count_of
from ingest.language import calculation, tabular

_COMPARED = {Act.HIGHEST: ("highest", max), Act.LOWEST: ("lowest", min)}


def _comparable(
    match: TableMatch, wanted: Wanted
) -> tuple[TableMatch, int, NumberColumn, list[tuple[TableRow, Amount]]] | None:
    """The match with all its conditions, the index of the column that is asked for, the column itself, and
    the rows that have a number in it; None unless all these numbers have one unit.
    """
    target = target_column(match, wanted)
    if target is None:
        return None
    stocks = [column for column in stock_columns(match) if column != target[0]] if wanted.in_stock else []
    narrowed = narrowed_by_headers(match, {target[0], *label_columns(match), *stocks})
    limited = narrowed and within(narrowed, wanted, target)
    if limited is None:
        return None
    if len(stocks) == 1:
        limited = stocked(limited, stocks[0], is_in=True)
    index, column = target
    chosen = numbers(limited.table, column, limited.rows)
    if not chosen or len({quantity.unit for _, quantity in chosen}) > 1:
        return None
    return limited, index, column, chosen


def average(match: TableMatch, wanted: Wanted, per: str) -> Result | None:
    """The mean of a column, of the rows that have a number in it."""
    found = None if per else _comparable(match, wanted)
    if found is None:
        return None
    match, index, column, chosen = found
    if wanted.money and index not in match.columns and not is_money(match.table, index):
        return None
    if wanted.rate and not _are_each(match.table, wanted.rate, index):
        return None
    of_rows = f" with a number{left_out(match)}"
    where = said(match, wanted)
    return averaged(match.table, chosen, (index, column), where, listed=False, of_rows=of_rows)


def _are_each(table: FoundTable, unit: str, index: int) -> bool:
    """Whether each row is about another month or year, or the name of the column says that its values are for
    a month or year.

    unit: `month` or `year`. index: of the column of values.
    """
    if any(QuestionWords(list(words_of(table.header[index]))).take((pattern,)) for pattern in _rates(unit)):
        return True
    named = [
        column
        for column, header in enumerate(table.header)
        if any(calculation.UNITS_OF_TIME.get(word) == unit for word in words_of(header))
    ]
    if len(named) == 1:
        return tells_apart(table.records, named[0])
    dates = date_column(table)
    if dates is None or dates.is_years != (unit == "year"):
        return False
    days = [dates.by_row[id(row)] for row in table.records]
    length = 7 if unit == "month" else 4
    return all(days) and len({day.isoformat()[:length] for day in days if day}) == len(days)


def _rates(unit: str) -> list[str]:
    return [pattern for pattern, name in calculation.RATES if name == unit]


def extreme(match: TableMatch, wanted: Wanted, per: str) -> Result | None:
    """The rows with the largest or the smallest value of a column."""
    if wanted.is_most and wanted.compared and not _is_number_of(match, wanted.compared):
        return None if per or wanted.act is Act.LOWEST else _largest_group(match, wanted)
    found = None if per or has_parts(match.table, wanted.subject) else _comparable(match, wanted)
    if found is None:
        return None
    match, index, column, chosen = found
    if len(chosen) < 2:
        return None
    if wanted.money and index not in match.columns and not is_money(match.table, index):
        return None
    groups = match.header_words.get(wanted.subject, ())
    if len(groups) == 1 and adds_up(match.table, index, match.columns) and repeats(chosen, groups[0]):
        # "Which category costs the most" asks for a sum, "which customer had the largest order" for a row.
        if wanted.is_most:
            where = said(match, wanted)
            return largest_sum(match.table, chosen, groups[0], found[1:3], where, wanted.act)
        if not _names_rows(match, wanted.compared, index):
            return None
    word, choose = _COMPARED[wanted.act]
    value = choose(quantity.value for _, quantity in chosen)
    best = [row for row, quantity in chosen if quantity.value == value]
    amount = Amount(value, chosen[0][1].unit)
    header = column_name(match.table, index)
    within_column = f"in the column “{header}” of" if match.table.header[index] else "of"
    what = f"{within_column} {table_name(match.table)}{said(match, wanted)}"
    asked = [column for columns in match.header_words.values() for column in columns]
    called = next((column for column in label_columns(match) if column in asked), None)
    names = row_names(match.table, best)
    if called is not None:
        names = [row.cells[called] or name for row, name in zip(best, names, strict=True)]
    cells = {with_unit(row.cells[index], amount.unit) for row in best}
    # As the document writes it, unless it writes it in several ways.
    said_value = cells.pop() if len(cells) == 1 else written(amount, comma=column.comma)
    return Result(
        f"{joined(names)}: {said_value}, the {word} {what}.",
        tuple(ComputedValue(name, f"{value:f}", amount.unit) for name in dict.fromkeys(names[:MOST_SHOWN])),
        f"Compared: {header} in {count_of(len(chosen), 'row')}{left_out(match)}.",
        what,
        tuple(row_evidence(match.table, row) for row in best),
        listed=True,
    )


def _names_rows(match: TableMatch, compared: Sequence[str], index: int) -> bool:
    """Whether the words after a superlative say that single rows are compared: orders of a customer, prices.

    index: of the column of numbers.
    """
    header = words_of(match.table.header[index])
    is_price = not tabular.PRICE.isdisjoint(header)
    return is_price or any(not any(same(word, other) for other in header) for word in compared)


def _is_number_of(match: TableMatch, most: Sequence[str]) -> bool:
    """Whether a column of numbers counts the things of which the question asks for the most."""
    return any(
        same(word, other)
        for index in numeric_columns(match)
        for other in words_of(match.table.header[index])
        for word in most
    )


def _largest_group(match: TableMatch, wanted: Wanted) -> Result | None:
    """The value that most rows have in the column that is asked for, if the question names the rows."""
    columns = match.header_words.get(wanted.subject, ())
    if len(columns) != 1 or match.table.column(columns[0]) is not None or wanted.bound:
        return None
    nouns = [word for word in wanted.compared if word in names_of_rows(match.table) | calculation.ROW_NOUNS]
    if not nouns or not tabular.SUMS.isdisjoint(wanted.compared):
        return None
    own = {column for noun in nouns for column in match.header_words.get(noun, ())}
    if not all(tells_apart(match.table.records, column) for column in own):
        return None
    narrowed = narrowed_by_headers(match, {*columns, *own})
    if narrowed is None:
        return None
    return largest_group(match.table, narrowed.rows, columns[0], said(narrowed, wanted))
