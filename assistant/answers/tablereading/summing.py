"""The sum and the mean of the rows that a question selects, and how much a counter grew in them."""

from assistant.answers.amounts import Amount, NumberColumn, written
from assistant.answers.columns import are_readings, is_counter
from assistant.answers.dates import cell_dates
from assistant.answers.grouping import added_up, averaged, tells_apart
from assistant.answers.matching import numbers
from assistant.answers.stating import Result, row_evidence, row_name, table_name
from assistant.answers.tablereading.columns import number_column
from assistant.answers.tablereading.naming import where
from assistant.answers.tablereading.questions import TableQuestion
from assistant.answers.tablereading.roles import TableRoles
from assistant.answers.tables import TableRow
from assistant.answers.tablewords import units_in, words_of
from assistant.dialogue import ComputedValue
from ingest.language import calculation, tabular

Numbers = list[tuple[TableRow, Amount]]


def values(match: TableRoles, wanted: TableQuestion, column: NumberColumn) -> Numbers:
    """The rows that the question selects, each with its number, within the limit if there is one."""
    found = numbers(match.table, column, match.rows)
    limit = wanted.bound
    if limit is not None and not limit.suits({value.unit for _, value in found}):
        return []
    return [(row, value) for row, value in found if limit is None or limit.holds(value.value)]


def _is_each_row(match: TableRoles, wanted: TableQuestion, target: int) -> bool:
    """Whether what follows *per* is one row: it names the column asked for, or one that tells rows apart."""
    named = match.by_word.get(wanted.per, ())
    return not named or target in named or (len(named) == 1 and tells_apart(match.rows, named[0]))


def _numbers(match: TableRoles, wanted: TableQuestion) -> tuple[int, NumberColumn, Numbers] | None:
    column = number_column(match, wanted)
    if column is None:
        return None
    chosen = values(match, wanted, column[1])
    if not chosen or any(value.unit == "%" for _, value in chosen):
        return None
    return column[0], column[1], chosen


def total(match: TableRoles, wanted: TableQuestion) -> Result | None:
    """The sum of a column over the rows that the question selects."""
    found = _numbers(match, wanted)
    if found is None:
        return None
    index, column, chosen = found
    table, header = match.table, words_of(match.table.header[index])
    # All rows are added up only if the question gives their unit, as "how many kilos", asks for debts, or
    # names the column and the year of the table.
    of_unit = units_in(wanted.head[:1]) & units_in(header)
    of_debts = match.columns.get(index, 0.0) >= 1 and not tabular.DEBTS.isdisjoint(header)
    of_year = match.columns.get(index, 0.0) >= 1 and bool(wanted.dates)
    if not (match.is_selected or wanted.bound or of_unit or of_debts or of_year):
        return None
    if is_counter(table, index):
        return _used(match, index, column, chosen)
    if are_readings(table, index, [value.value for _, value in chosen]):
        return None
    if not calculation.READINGS.isdisjoint(header):
        return None  # Balances are not added up.
    return added_up(table, chosen, (index, column), where(match, wanted, index), listed=True)


def _used(match: TableRoles, index: int, column: NumberColumn, values: Numbers) -> Result | None:
    """How much a counter grew in the rows that the question selects, since the row before them."""
    table = match.table
    filled = [(row, value) for row, value in zip(table.records, column.values, strict=True) if value]
    first = next(place for place, (row, _) in enumerate(filled) if row is values[0][0])
    if not first:
        return None
    (before, start), (last, end) = filled[first - 1], values[-1]
    used = written(Amount(end.value - start.value, end.unit), comma=column.comma)
    return Result(
        f"{used} from {_day(before)} to {_day(last)}: {table.header[index]} in {table_name(table)}.",
        (ComputedValue("", f"{end.value - start.value:f}", end.unit),),
        f"Subtracted: {before.cells[index]} from {last.cells[index]}, the readings before and after.",
        f"{table.header[index]} in {table_name(table)}",
        tuple(row_evidence(table, row) for row in (before, last)),
        listed=True,
    )


def _day(row: TableRow) -> str:
    """When a counter was read: the first date of the row, else what the row is called."""
    return next((cell for cell in row.cells if cell_dates(cell)), "") or row_name(row)


def average(match: TableRoles, wanted: TableQuestion) -> Result | None:
    """The mean of a column over the rows that the question selects."""
    found = _numbers(match, wanted)
    if found is None or len({value.unit for _, value in found[2]}) > 1:
        return None
    index, column, chosen = found
    if is_counter(match.table, index):
        return None  # The mean of readings says nothing.
    if not _is_each_row(match, wanted, index):
        return None
    return averaged(match.table, chosen, (index, column), where(match, wanted, index), listed=True)
