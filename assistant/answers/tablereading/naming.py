"""What an answer from a table calls its rows, and in which words it says how they were selected."""

from assistant.answers.stating import either_of, joined, name_of, row_name_beside
from assistant.answers.tablereading.columns import is_dated
from assistant.answers.tablereading.questions import TableQuestion
from assistant.answers.tablereading.roles import TableRoles
from assistant.answers.tables import TableRow
from assistant.answers.tablewords import forms_in, says_yes, words_of
from ingest.language import calculation

MOST_CELLS = 3
"""The most different cells that a condition lists; for more, it says which words they share."""


def called(match: TableRoles, row: TableRow, target: int) -> str:
    """What a row is called in an answer about it: the cells that the question selects it by, else its name.

    target: the column that is asked for.
    """
    header = match.table.header
    cells = [
        f"{header[index]} {row.cells[index]}" if row.cells[index].isdigit() else row.cells[index]
        for index in sorted(match.conditions)
        if header[index] and index != target
    ]
    name = ", ".join(dict.fromkeys(filter(None, cells))) or row_name_beside(match.table, row, target)
    return "" if name == row.cells[target] else name


def asked_name(match: TableRoles, wanted: TableQuestion, row: TableRow, compared: int) -> str:
    """What a row is called that was asked for by *which*: the cell in the column that follows it, else its
    name.

    compared: the column by which the row was chosen.
    """
    named = match.by_word.get(wanted.head[0], ()) if wanted.head else ()
    cells = [
        row.cells[index]
        for index in named
        if index != compared
        and index not in match.conditions
        and not _numbers_rows(match, index)
        and says_yes(row.cells[index]) is None
    ]
    return next(filter(None, cells), "") or name_of(match.table, row, compared)


def _numbers_rows(match: TableRoles, index: int) -> bool:
    """Whether a column has the numbers of the things in its name, such as *Member no*."""
    header = words_of(match.table.header[index])
    return len(header) > 1 and not calculation.NAMES_IN_NUMBERS.isdisjoint(header)


def where(match: TableRoles, wanted: TableQuestion, bounded: int | None = None) -> str:
    """How the rows were selected, as a clause: ` where Town is “Bonn” and Age is over 40`; empty for all.

    bounded: the column that the question sets a limit for.
    """
    table = match.table
    parts = []
    if len(match.rows) < len(table.records):
        parts = (
            [_shared(match, wanted)]
            if _shared(match, wanted)
            else [
                said
                for i in sorted(match.conditions)
                if table.header[i] and (said := match.stated.get(i) or _said(match, wanted, i))
            ]
        )
    if wanted.bound is not None and bounded is not None:
        parts.append(f"{table.header[bounded]} is {wanted.bound.said}")
    return f" where {joined(parts)}" if parts else ""


def _shared(match: TableRoles, wanted: TableQuestion) -> str:
    """The condition of a word that occurs in different columns of different rows; empty if there is none."""
    columns = [index for index in sorted(match.conditions) if match.table.header[index]]
    for word in wanted.words:
        holding = {
            index: {id(row) for row in match.rows if forms_in(word, [row.cells[index]])} for index in columns
        }
        holding = {index: rows for index, rows in holding.items() if rows}
        if len(holding) == len(columns) > 1 and not any(
            len(rows) == len(match.rows) for rows in holding.values()
        ):
            cells = [row.cells[index] for row in match.rows for index in holding]
            headers = joined((match.table.header[index] for index in holding), "or")
            return f"{headers} contains {either_of(forms_in(word, cells))}"
    return ""


def _said(match: TableRoles, wanted: TableQuestion, index: int) -> str:
    """What the selected rows have in common in one column; empty if they have nothing."""
    header = match.table.header[index]
    cells = list(dict.fromkeys(row.cells[index] for row in match.rows if row.cells[index]))
    if wanted.dates and is_dated(match.table, index):
        is_day = any(day for date in wanted.dates for *_, day in date.readings)
        said = " and ".join(date.written for date in wanted.dates)
        is_within = not is_day and not said[:1].islower()  # Not "in from May to July".
        return f"{header} is {'in ' if is_within else ''}{said}"
    if 0 < len(cells) <= MOST_CELLS:
        return f"{header} is {either_of(cells)}"
    common = [word for word in wanted.words if all(forms_in(word, [cell]) for cell in cells)]
    said = " and ".join(either_of(forms_in(word, cells)) for word in common)
    return f"{header} contains {said}" if common else ""
