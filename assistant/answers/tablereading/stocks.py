"""Finds items below their minimum, in a table with columns for both."""

from assistant.answers.matching import numbers
from assistant.answers.tablereading.roles import TableRoles
from assistant.answers.tablewords import words_of
from ingest.language import calculation, tabular


def leave_below_least(match: TableRoles) -> bool:
    """Leaves the rows with less than there should be at least; returns whether the table states both."""
    table = match.table
    headers = [set(words_of(header)) for header in table.header]
    least = [index for index, header in enumerate(headers) if header & tabular.LEAST_STOCK]
    stocked = [
        index
        for index, header in enumerate(headers)
        if index not in least and header & calculation.QUANTITIES and table.column(index) is not None
    ]
    if len(least) != 1 or len(stocked) != 1:
        return False
    (needed,), (stock,) = least, stocked
    bounds, found = table.column(needed), table.column(stock)
    if bounds is None or found is None:
        return False
    least_of = {id(row): value.value for row, value in numbers(table, bounds, match.rows)}
    match.rows = [
        row
        for row, value in numbers(table, found, match.rows)
        if id(row) in least_of and value.value < least_of[id(row)]
    ]
    match.conditions.add(stock)
    match.stated[stock] = f"{table.header[stock]} is below {table.header[needed]}"
    match.is_selected = True
    return True
