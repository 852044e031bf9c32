"""Which rows of a table were paid, where a column says so: yes or no, the day of payment, or a state.

A question for what somebody paid is about these rows only. If a column has other words, such as *half*, the
question is not answered. A column of amounts paid is another case: they are added up.
"""

from decimal import Decimal

from assistant.answers.amounts import Amount, written
from assistant.answers.days import days
from assistant.answers.stating import Result, either_of, row_evidence, table_name
from assistant.answers.tablereading.columns import number_column
from assistant.answers.tablereading.naming import where
from assistant.answers.tablereading.questions import TableQuestion
from assistant.answers.tablereading.roles import TableRoles
from assistant.answers.tablereading.summing import total
from assistant.answers.tables import FoundTable
from assistant.answers.tablewords import folded_cell, same, says_yes, words_of
from assistant.dialogue import ComputedValue
from ingest.language import calculation, tabular


def paid(match: TableRoles, wanted: TableQuestion) -> Result | None:
    """The sum over the rows that were paid; 0, shown with the unpaid rows, if none was paid."""
    before = where(match, wanted)
    due = match.rows
    if not leave_paid(match, wanted):
        return None
    if match.rows or not due:
        return total(match, wanted)
    column = number_column(match, wanted)
    if column is None:
        return None
    table = match.table
    units = column[1].units
    nothing = Amount(Decimal(0), units.pop() if len(units) == 1 else "")
    states = " and ".join(match.stated.values())
    clause = f"{before} and {states}" if before else f" where {states}"
    over = f"{table.header[column[0]]} in {table_name(table)}{clause}"
    return Result(
        f"{written(nothing, comma=column[1].comma)}: no row of {table_name(table)}{clause}.",
        (ComputedValue("", "0", nothing.unit),),
        "These are the rows that are not.",
        over,
        tuple(row_evidence(table, row) for row in due),
        listed=True,
    )


def is_paid_by_row(table: FoundTable) -> bool:
    """Whether a column says of each row whether it was paid."""
    return any(_is_state(table, index) for index in range(len(table.header)))


def states_debts(table: FoundTable) -> bool:
    """Whether a column says what is still to be paid, and no column says what was paid."""
    named = {word for header in table.header for word in words_of(header)}
    return not _DEBTS.isdisjoint(named) and calculation.PAID.isdisjoint(named) and not is_paid_by_row(table)


def leave_paid(match: TableRoles, wanted: TableQuestion) -> bool:
    """Keeps only the rows that were paid, if the table says it by row. Returns whether that is clear."""
    table = match.table
    columns = [index for index in range(len(table.header)) if _is_state(table, index)]
    if not columns:
        return True
    if len(columns) > 1:
        # *Deposit paid* and *Rent paid*.
        columns = [
            index
            for index in columns
            if any(same(w, o) for o in set(words_of(table.header[index])) - _SAID for w in wanted.words)
        ]
    if len(columns) != 1:
        return False
    (index,) = columns
    cells = [row.cells[index] for row in table.records]
    values = {cell: _state(cell) for cell in cells}
    dated = bool(any(cells)) and all(days(list(filter(None, cells))))
    if not dated and not set(values.values()) <= _STATES | {""}:
        return False
    is_of_debts = not calculation.UNPAID.isdisjoint(words_of(table.header[index]))
    yes = calculation.PAID | (calculation.DENIED | {""} if is_of_debts else calculation.AFFIRMED)
    met = {cell for cell, value in values.items() if (bool(cell) if dated else value in yes)}
    if dated and is_of_debts:
        return False
    if dated and wanted.dates and index not in match.conditions:
        match.is_guessed = True  # The month may be the month of the payment.
    said = either_of(filter(None, sorted(met)))
    match.rows = [row for row in match.rows if row.cells[index] in met]
    match.stated[index] = f"{table.header[index]} is {said if said and not dated else 'not empty'}"
    match.conditions.add(index)
    match.columns.pop(index, None)
    match.is_selected = True
    return True


_SAID = calculation.PAID | calculation.UNPAID
_DEBTS = calculation.UNPAID | calculation.LATE | tabular.DEBTS
_STATES = _SAID | calculation.LATE | calculation.AFFIRMED | calculation.DENIED


def _is_state(table: FoundTable, index: int) -> bool:
    """Whether a column says by row what was paid: by its name and without numbers, or by its cells."""
    filled = [row.cells[index] for row in table.records if row.cells[index]]
    if _SAID.isdisjoint(words_of(table.header[index])):
        return any(folded_cell(cell) in calculation.PAID for cell in filled)
    return bool(filled) and table.column(index) is None and any(map(_may_be_state, filled))


def _may_be_state(cell: str) -> bool:
    return _state(cell) in _STATES or all(days([cell]))


def _state(cell: str) -> str:
    """What a cell says of a payment, in folded words; a yes or no without what explains it."""
    answer = says_yes(cell)
    return folded_cell(cell) if answer is None else "yes" if answer else "no"
