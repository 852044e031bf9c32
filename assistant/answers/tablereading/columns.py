"""Finds the column that a question asks for, in a table that the search found.

A column counts as asked for if the question names it, or if the kind of question leaves one: of people for
*who*, of dates for *when*, of money for *what does it cost*. If several are left, there is none.
"""

import datetime
import re
from collections.abc import Iterable, Sequence

from assistant.answers.amounts import NumberColumn
from assistant.answers.columns import amount_column, is_counter, is_money, may_answer_when
from assistant.answers.dates import cell_dates
from assistant.answers.fields import has_parts
from assistant.answers.sides import columns_of_sides
from assistant.answers.tablereading.dating import column_dates
from assistant.answers.tablereading.questions import TableQuestion
from assistant.answers.tablereading.roles import TableRoles
from assistant.answers.tables import FoundTable
from assistant.answers.tablewords import inflected, units_in, words_of
from assistant.answers.wanted import Act
from ingest.language import calculation, comparatives, tabular

_TIME = re.compile(r"\d{1,2}[:.]\d\d")


def number_column(match: TableRoles, wanted: TableQuestion) -> tuple[int, NumberColumn] | None:
    """The column of numbers that is asked for; None if that is not clear."""
    table = match.table
    numeric = numeric_columns(match)
    if wanted.bound and wanted.bound.dimension:
        headers = {index: set(words_of(table.header[index])) for index in numeric}
        numeric = {i: column for i, column in numeric.items() if wanted.bound.dimension & headers[i]}
    if wanted.side and (of_sides := columns_of_sides(table)):
        numeric = {i: column for i, column in numeric.items() if i == of_sides[wanted.side]}
    label = (
        set(match.by_word.get(wanted.head[0], ())) if wanted.head and wanted.act is not Act.COUNT else set()
    )
    label |= set(match.by_word.get(wanted.per, ())) - numeric.keys()
    explicit = [i for i, weight in match.columns.items() if weight >= 1 and i not in match.conditions | label]
    if explicit and not wanted.dimension and not numeric.keys() & set(explicit):
        return None
    named = best_named(match, numeric)
    in_header = {i: set(words_of(table.header[i])) for i in numeric}
    of_dimension = [i for i, words in in_header.items() if wanted.dimension & words]
    # "Took longest" may be in the column `Drying (min)`.
    by_unit = [i for i in named if i in explicit and units_in(wanted.dimension) & units_in(in_header[i])]
    if of_dimension or by_unit:
        named = best_named(match, [*of_dimension, *by_unit]) or of_dimension
        return (named[0], numeric[named[0]]) if len(named) == 1 else None
    is_named = explicit and not wanted.is_age
    if wanted.dimension and not is_named and not wanted.dimension & tabular.PRICE:
        return None  # "The oldest" is not the one with the highest value.
    if len(named) != 1:
        among = named or [i for i in numeric if not tabular.MEANS & in_header[i]]
        chosen = {id(row) for row in match.rows}
        filled = [
            i
            for i in among
            if any(
                value is not None
                for row, value in zip(table.records, numeric[i].values, strict=True)
                if id(row) in chosen
            )
        ]
        plain = [i for i in filled if not _is_reading(table, i) and (named or not _is_unit_price(table, i))]
        actual = [i for i in plain if tabular.ACTUALS & in_header[i]]
        if len(actual) == 1 and not named:
            return actual[0], numeric[actual[0]]
        is_chosen = len(plain) > 1
        if wanted.act is not Act.LOOK_UP and len(plain) > 1 and not named:
            plain = [i for i in plain if all(row.cells[i] for row in match.rows)]
        if wanted.dimension & tabular.PRICE and len(plain) > 1:
            # "The cheapest plan" is the one with the lowest price, whatever is covered by it.
            plain = [i for i in plain if in_header[i] & (tabular.PRICE | tabular.TIME_UNITS)] or plain
        is_chosen = is_chosen and len(plain) == 1
        match.is_guessed = match.is_guessed or is_chosen
        named = [i for i in plain if is_priced(table, i)] if wanted.money else plain
    elif wanted.money and not is_priced(table, named[0]) and (wanted.dimension or not explicit):
        return None
    return (named[0], numeric[named[0]]) if len(named) == 1 else None


def asked_column(match: TableRoles, wanted: TableQuestion) -> int | None:
    """The column that a look-up asks for; None if that is not clear."""
    table = match.table
    free = [index for index in range(len(table.header)) if index not in match.conditions]
    numeric = numeric_columns(match)
    if wanted.bill:
        return amount_column(table)
    if wanted.told_by:
        return _only([i for i in free if wanted.told_by & set(words_of(table.header[i]))])
    if wanted.when:
        free = [i for i in free if i not in numeric and may_answer_when(table.header[i], wanted.words)]
    # What follows "which" or "what" is asked for.
    heads = {
        word: named
        for word in wanted.head[:2]
        if len(named := [index for index in match.by_word.get(word, ()) if index in free]) == 1
    }
    # The hourly rate is in the column `Rate`, and not in `Hours`.
    literal = [word for word, (index,) in heads.items() if _is_called(table.header[index], word)]
    for word in literal[:1] or wanted.head[:1]:
        if word in heads:
            return heads[word][0]
    if wanted.who:
        texts = [i for i in free if i not in numeric and not is_dated(table, i)]
        people = [i for i in texts if tabular.PEOPLE & set(words_of(table.header[i]))]
        named = best_named(match, texts)
        if len(named) == 1 or people:
            return named[0] if len(named) == 1 else _only(people)
        label = _label_column(match)
        # What comes after the name of a thing may be anything: its maker, or where it is.
        follows = label is not None and label > min(match.conditions, default=label)
        match.is_guessed = match.is_guessed or follows
        return label
    if wanted.where:
        return _only([i for i in free if tabular.PLACES & set(words_of(table.header[i]))])
    if wanted.when:
        dated = [index for index in free if is_dated(table, index)]
        return _only(best_named(match, dated) or dated)
    if wanted.side and columns_of_sides(table):
        column = number_column(match, wanted)
        return column[0] if column else None
    named = best_named(match, free)
    if len(named) == 1:
        return named[0]
    if named or wanted.money or wanted.number:
        column = number_column(match, wanted)
        return column[0] if column else None
    label = _label_column(match)
    if not wanted.is_list and wanted.head and wanted.head[0] not in match.in_cells:
        # "What was the blood pressure": what the table is about, and no column is called so.
        return None
    if not wanted.is_list:
        match.is_guessed = True
    if label is not None and label == min(free):
        return label
    column = number_column(match, wanted)
    return column[0] if column else label


def _is_called(header: str, word: str) -> bool:
    """Whether a word is in the name of a column, and is not merely derived from one in it."""
    return any(inflected(word, other) for other in words_of(header))


def is_of_parts(match: TableRoles, wanted: TableQuestion) -> bool:
    """Whether the rows are parts of one thing, while the question counts, lists or compares such things: the
    items of one invoice for a question about invoices.
    """
    noun = wanted.head[0] if wanted.head else ""
    is_of_several = wanted.act in {Act.HIGHEST, Act.LOWEST, Act.COUNT} or wanted.bound or wanted.is_list
    if not noun or not is_of_several or noun in match.by_word or noun in match.in_cells:
        return False
    place = wanted.words.index(noun) if noun in wanted.words else 0
    others = {*wanted.words[:place], *wanted.head[1:2]}
    if others & (calculation.ROW_NOUNS | tabular.THINGS | match.by_word.keys()):
        return False  # The items of a budget, or things on a list, are its rows.
    if noun in wanted.names or (wanted.by_date and best_named(match, numeric_columns(match))):
        return False  # "What was Ida's weight at the last visit" compares visits.
    return has_parts(match.table, noun)


def compared_dates(match: TableRoles, wanted: TableQuestion) -> int | None:
    """The column of dates that a superlative compares; None if it compares none, or which is not clear."""
    if not (wanted.by_date or wanted.is_life):
        return None
    table = match.table
    dated = [
        i for i in range(len(table.header)) if days_of(table, i) is not None and i not in match.conditions
    ]
    if not (wanted.is_life or wanted.is_newest) or best_named(match, dated):
        return _only(best_named(match, dated) or dated)
    of_life = [index for index in dated if starts_life(table.header[index], wanted)]
    return _only(of_life if of_life or wanted.is_life else dated)


def starts_life(header: str, wanted: TableQuestion) -> bool:
    """Whether a column has the dates from which ages or durations count: births or beginnings."""
    names = tabular.BIRTHS if wanted.is_age else tabular.BEGINNINGS
    return not names.isdisjoint(words_of(header))


def states_excess(table: FoundTable) -> bool:
    """Whether a column says by how much something is over or under a limit."""
    return any(not comparatives.EXCESSES.isdisjoint(words_of(header)) for header in table.header)


def numeric_columns(match: TableRoles) -> dict[int, NumberColumn]:
    """The columns of numbers that select no rows and name nothing."""
    table = match.table
    return {
        index: column
        for index, header in enumerate(table.header)
        if index not in match.conditions
        and (column := table.column(index)) is not None
        and not (calculation.NAMES_IN_NUMBERS - {"number", "day", "month"}) & set(words_of(header))
    }


def best_named(match: TableRoles, among: Iterable[int]) -> list[int]:
    """Those of some columns that the question names most closely; none if it names none of them."""
    weights = {index: match.columns[index] for index in among if index in match.columns}
    most = max(weights.values(), default=0.0)
    return [index for index, weight in weights.items() if weight == most]


def _only(columns: Sequence[int]) -> int | None:
    return columns[0] if len(columns) == 1 else None


def _label_column(match: TableRoles) -> int | None:
    """The first column of text that selects no rows."""
    table = match.table
    return next(
        (
            index
            for index in range(len(table.header))
            if index not in match.conditions
            and table.column(index) is None
            and not is_dated(table, index)
            and all(row.cells[index] and not _TIME.fullmatch(row.cells[index]) for row in match.rows)
        ),
        None,
    )


def is_priced(table: FoundTable, index: int) -> bool:
    """Whether a column holds prices or other amounts of money, by its units or its name."""
    return is_money(table, index) or bool(tabular.SAME_COLUMN[0] & set(words_of(table.header[index])))


def _is_unit_price(table: FoundTable, index: int) -> bool:
    return bool(calculation.UNIT_PRICES & set(words_of(table.header[index])))


def _is_reading(table: FoundTable, index: int) -> bool:
    return bool(calculation.READINGS & set(words_of(table.header[index]))) or is_counter(table, index)


def is_dated(table: FoundTable, index: int) -> bool:
    """Whether a column holds dates, some of which may be just years."""
    dated = [cell_dates(row.cells[index]) for row in table.records if row.cells[index]]
    return all(dated) and any(month for readings in dated for _, month, _ in readings)


def days_of(table: FoundTable, index: int) -> list[datetime.date | None] | None:
    """The day in each cell of a column, the first of a month or year that has none; None if a cell that is
    filled has no date, or more than one.
    """
    found: list[datetime.date | None] = []
    for row, readings in zip(table.records, column_dates(table, index), strict=True):
        dated = set(readings)
        if not row.cells[index]:
            found.append(None)
            continue
        if len(dated) != 1:
            return None
        year, month, day = dated.pop()
        if year is None:
            return None
        try:
            found.append(datetime.date(year, month or 1, day or 1))
        except ValueError:  # It states a day that does not exist.
            return None
    return found if any(found) else None
