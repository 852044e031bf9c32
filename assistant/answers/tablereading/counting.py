"""Counts the rows that a question selects, or reads the number that they state."""

from assistant.answers.amounts import is_number
from assistant.answers.columns import is_counter
from assistant.answers.grouping import added_up
from assistant.answers.stating import Result, counted_in, row_evidence, table_name
from assistant.answers.tablereading.cells import look_up
from assistant.answers.tablereading.columns import best_named, number_column, numeric_columns
from assistant.answers.tablereading.naming import where
from assistant.answers.tablereading.questions import TableQuestion
from assistant.answers.tablereading.roles import TableRoles
from assistant.answers.tablereading.summing import average, total, values
from assistant.answers.tablewords import inflected, units_in, words_of
from assistant.dialogue import ComputedValue
from assistant.formatting import count_of
from ingest.language import calculation


def count(match: TableRoles, wanted: TableQuestion) -> Result | None:
    """How many rows there are, or the number that the one row states."""
    table = match.table
    rows = match.rows
    # The first column names the rows if they are counted: flat 1, flat 2.
    counted = {index for word in wanted.head[:1] for index in match.by_word.get(word, ()) if index == 0}
    numeric = {index: column for index, column in numeric_columns(match).items() if index not in counted}
    for word in wanted.head[:1]:
        stated = [index for index in match.by_word.get(word, ()) if index in numeric]
        of_unit = stated and units_in((word,)) & units_in(words_of(table.header[stated[0]]))
        if stated and (match.is_selected or of_unit) and wanted.bound is None:
            if is_counter(table, stated[0]):
                return total(match, wanted)
            if wanted.per and len(rows) > 1:
                return average(match, wanted)
            return look_up(match, wanted) if len(rows) == 1 else total(match, wanted)
    for index in (index for word in wanted.head[:1] for index in match.by_word.get(word, ()) if index > 0):
        if index not in numeric and any(is_number(row.cells[index]) for row in match.rows):
            return None  # "How many tickets" asks for a number that not every row has.
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
        return look_up(match, wanted)
    elif not match.is_selected:
        # "In how many months was there a bonus" counts the cells that are filled.
        units = match.by_word.get(wanted.head[0], ()) if wanted.head else ()
        named = best_named(match, [i for i in range(1, len(table.header)) if i not in units])
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
