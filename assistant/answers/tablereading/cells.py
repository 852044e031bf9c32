"""Reads the cell in the row and the column that a question names, of one row or of a few."""

from assistant.answers.columns import is_counter
from assistant.answers.stating import (
    Result,
    column_name,
    ended,
    name_of,
    read_cells,
    row_evidence,
    row_name_beside,
    row_text,
    table_name,
)
from assistant.answers.tablereading.columns import asked_column, number_column
from assistant.answers.tablereading.naming import called, where
from assistant.answers.tablereading.questions import TableQuestion
from assistant.answers.tablereading.roles import TableRoles
from assistant.answers.tablereading.summing import total, values
from assistant.answers.tables import TableRow
from assistant.answers.tablewords import names_more
from assistant.dialogue import ComputedValue

MOST_ROWS = 12
"""Rows of the longest list that is an answer."""

MOST_CELLS = 3
"""Rows that are shown where one was asked for and several fit."""

MOST_PEOPLE = 6
"""The same for *who*, which may ask for several people."""


def look_up(match: TableRoles, wanted: TableQuestion) -> Result | None:
    """The cell in the row and the column that the question names, of one row or of a few."""
    table = match.table
    if not match.is_selected and wanted.bound is None:
        return None
    target = asked_column(match, wanted)
    most = MOST_ROWS if wanted.is_list else MOST_PEOPLE if wanted.who else MOST_CELLS
    rows = match.rows
    bounded = None
    if wanted.bound is not None:
        column = number_column(match, wanted)
        if column is None:
            return None
        bounded = column[0]
        if is_counter(table, bounded):
            return None  # Readings of a counter pass every limit in time.
        rows = [row for row, _ in values(match, wanted, column[1])]
        target = target if target is not None and target != bounded else 0
    if target is None or not rows or len(rows) > most:
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


def whole_row(match: TableRoles) -> Result | None:
    """All that the one row says that the question names; None if it names none or several."""
    table = match.table
    if not match.is_selected or len(match.rows) != 1:
        return None
    (row,) = match.rows
    over = f"the row of {table_name(table)}"
    cells = tuple(
        ComputedValue(name, cell, "") for name, cell in zip(table.header, row.cells, strict=True) if cell
    )
    headline = ended(f"{name_of(table, row)}: {row_text(table, row)}")
    return Result(headline, cells, f"Read: {over}.", over, (row_evidence(table, row),), listed=False)
