"""The conditions for the rows of a table: words in a column, or the amount paid compared with the amount due.

A 0 in a column of amounts paid is no sign of a debt: if nothing is due, nothing is unpaid. So such a column
is read only beside a column of amounts due in the same unit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from assistant.answers.tables import FoundTable, TableRow
from assistant.answers.tablewords import folded_cell, inflected, words_of
from ingest.language import calculation, tabular


@dataclass(frozen=True, slots=True)
class Condition:
    """What the cells of one column must contain."""

    column: int
    """The column's index."""
    words: tuple[str, ...]
    """Folded words that a cell must contain; empty when `values` says which cells meet it."""
    values: frozenset[str] = frozenset()
    """The folded cells that meet it."""
    said: str = ""
    """What they have in common; empty when the cells or words themselves say it."""

    rows: frozenset[int] | None = None
    """The rows that meet it, by `id`, if the cells of two columns are compared; None if one column
    decides."""
    due: int | None = None
    """The column with what is due, if this one has what was paid; None for other conditions."""
    is_of_unpaid: bool = False
    """Whether the rows that meet it are not paid."""

    def holds(self, row: TableRow) -> bool:
        """Whether a row meets the condition."""
        if self.rows is not None:
            return id(row) in self.rows
        cell = row.cells[self.column]
        if self.values:
            return folded_cell(cell) in self.values
        words = words_of(cell)
        return all(any(inflected(word, other) for other in words) for word in self.words)


def paid_parts(table: FoundTable, word: str) -> Iterator[Condition]:
    """For each column of amounts paid beside one of amounts due, the rows that are paid in full or are not.

    word: of the question, such as *paid* or *unpaid*; for other words there are none.
    """
    if word not in calculation.PAID | calculation.UNPAID:
        return
    numeric = {
        index: column
        for index in range(len(table.header))
        if (column := table.column(index)) is not None
        and calculation.NAMES_IN_NUMBERS.isdisjoint(words_of(table.header[index]))
    }
    for index, paid in numeric.items():
        header = set(words_of(table.header[index]))
        due_index = _due_column(table, index, list(numeric)) if header & calculation.PAID else None
        if due_index is None:
            continue
        due = numeric[due_index]
        if len(due.units | paid.units) != 1:
            continue
        states = [
            (amount.value, received.value if received else Decimal(0))
            for amount, received in zip(due.values, paid.values, strict=True)
            if amount
        ]
        if len(states) < len(table.records):
            continue
        is_unpaid = word in calculation.UNPAID
        met = [
            received < amount if is_unpaid else received >= amount and amount > 0
            for amount, received in states
        ]
        rows = frozenset(id(row) for row, holds in zip(table.records, met, strict=True) if holds)
        way = "less than" if is_unpaid else "at least"
        said = f"is {way} {table.header[due_index]}"
        due_of_unpaid = due_index if is_unpaid else None
        yield Condition(index, (), said=said, rows=rows, due=due_of_unpaid, is_of_unpaid=is_unpaid)


def _due_column(table: FoundTable, paid: int, numeric: list[int]) -> int | None:
    """The column of amounts due that belongs to a column of amounts paid; None if it is not clear which."""
    headers = {index: set(words_of(table.header[index])) - calculation.MONEY_SIGNS for index in numeric}
    about = headers[paid] - calculation.PAID
    others = [index for index in numeric if index != paid and not headers[index] & calculation.PAID]
    named = [index for index in others if headers[index] - tabular.DUE == about and headers[index]]
    if not named and not about:
        amounts = calculation.AMOUNT_WORDS | calculation.PRICES
        named = [index for index in others if headers[index] & (tabular.DUE | amounts)]
    return named[0] if len(named) == 1 else None
