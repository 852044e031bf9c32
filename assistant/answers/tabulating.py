"""Results from tables: rows counted and listed, columns added up, single cells.

A table is used when it accounts for every word of the question (`assistant.answers.matching`). Where several
do, those that the question names most closely are used, and each gives a result of its own: tables are never
added to each other, because one may repeat the other.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from assistant.answers import matching
from assistant.answers.amounts import CURRENCIES, Amount, NumberColumn, by_unit, is_number, written
from assistant.answers.billing import stated_total
from assistant.answers.columns import (
    adds_up,
    amount_column,
    are_readings,
    counting_column,
    distinct_column,
    implied_column,
    is_money,
    is_value,
    label_columns,
    may_answer_when,
    numeric_columns,
    stock_columns,
    stocked,
    target_column,
    within,
)
from assistant.answers.fields import has_parts
from assistant.answers.grouping import added_up, grouped
from assistant.answers.matching import (
    TableMatch,
    left_out,
    names_of_rows,
    narrowed_by_headers,
    numbers,
    said,
    says_yes_or_no,
)
from assistant.answers.ranking import average, extreme
from assistant.answers.sides import of_side, side_of
from assistant.answers.stating import (
    Evidence,
    Result,
    column_name,
    counted,
    counted_in,
    joined,
    read_cells,
    row_evidence,
    row_name_beside,
    row_names,
    table_name,
)
from assistant.answers.subtotals import has_sections, of_sections
from assistant.answers.tables import FoundTable, TableRow
from assistant.answers.tablewords import names_more, same, words_of
from assistant.answers.wanted import Act, Wanted
from assistant.dialogue import ComputedValue
from assistant.formatting import count_of
from ingest.language import calculation, may_be_plural, tabular

MOST_TABLES = 3
"""Tables that are shown beside each other. A question that fits more is not clear."""

MOST_LEDGERS = 8
"""The same for a question about what is owed, which may be about all of them."""

MOST_CELLS = 3
"""Rows whose cell is shown when a question fits several rows of a table equally well."""


def from_tables(found: Iterable[FoundTable], wanted: Wanted, *, are_parts: bool = True) -> list[Result]:
    """The results of the tables that fit the question best; none when there are too many of them.

    are_parts: whether the items of one invoice may be meant if the question names invoices. Items of several
    invoices are never meant.
    """
    results: list[tuple[int, bool, Result]] = []
    parts: list[Result] = []
    for table in found:
        for words, per in _readings(table, wanted):
            act = Act.TOTAL if per and wanted.act is Act.LOOK_UP else wanted.act
            match, result = _of_section(table, wanted, words, per)
            if result is None:
                match = matching.match(table, wanted, words)
                result = _ACTS[act](match, wanted, per) if match else None
            if match and result:
                is_named = bool(match.named or match.columns or match.conditions)
                results.append((match.named, is_named, result))
                if any(has_parts(table, word) for word in wanted.words):
                    parts.append(result)
                break
    best = max((rank for *rank, _ in results), default=[])
    chosen = [result for *rank, result in results if rank == best]
    if not are_parts or sum(result in parts for result in chosen) > 1:
        chosen = [result for result in chosen if result not in parts]
    most = 1 if wanted.who else MOST_LEDGERS if wanted.owed else MOST_TABLES
    return chosen if len(chosen) <= most else []


def _readings(table: FoundTable, wanted: Wanted) -> list[tuple[tuple[str, ...], str]]:
    """The words to account for, and what to group by: `by X` may mean a column, or who did something."""
    if wanted.per in {"", "month", "year"}:
        return [(wanted.words, wanted.per)]
    is_column = any(same(wanted.per, word) for header in table.header for word in words_of(header))
    return [(wanted.words, wanted.per) if is_column else ((*wanted.words, wanted.per), "")]


def _of_section(
    table: FoundTable, wanted: Wanted, words: tuple[str, ...], per: str
) -> tuple[TableMatch | None, Result | None]:
    """The total of a section of a table, if the question asks for it, and the match of its row."""
    for total, asked in of_sections(table, wanted, words):
        match = matching.match(total, wanted, asked)
        # A row that is called income or expenditure is money, whatever its column is called.
        of_money = replace(wanted, money=wanted.money and not side_of(words_of(total.rows[0].label)))
        stated = [index for index, cell in enumerate(total.rows[0].cells) if is_number(cell)]
        target = stated[0] if match and len(stated) == 1 and not match.columns else None
        if match and (result := _look_up(match, of_money, per, target)):
            return match, result
    return None, None


# Rows


def _rows(match: TableMatch, wanted: Wanted, per: str) -> Result | None:
    """The rows that meet the conditions, or the distinct values of a column, counted or listed."""
    table = match.table
    if wanted.mention or not any(table.header):
        return None  # Is a row of `Tomato; 12` one thing or twelve?
    if wanted.act is Act.COUNT and (target := counting_column(match, wanted)):
        narrowed = narrowed_by_headers(match, {target[0]})
        if narrowed is None:
            return None
        return _look_up(narrowed, wanted, per, target[0]) or _total(narrowed, wanted, per, target)
    column = distinct_column(match, wanted)
    if column in {condition.column for condition in match.conditions}:
        column = None
    bounded = target_column(match, wanted) if wanted.bound else None
    owed = [index for index in numeric_columns(match) if wanted.who and not _is_of_paid(table, index)]
    stocks = stock_columns(match) if wanted.in_stock is not None else []
    narrowed = narrowed_by_headers(match, {column, bounded and bounded[0], *owed, *stocks})
    limited = narrowed and within(narrowed, wanted)
    if limited is None or (wanted.in_stock is False and len(stocks) != 1):
        return None
    if wanted.in_stock is not None and len(stocks) == 1:
        limited = stocked(limited, stocks[0], is_in=wanted.in_stock)
    match, rows = limited, limited.rows
    is_plural = any(word in calculation.ROW_NOUNS or may_be_plural(word) for word in wanted.head)
    if wanted.who and not match.conditions and match.dates is None:
        return None
    is_of_all = not (match.conditions or match.dates or wanted.bound)
    if wanted.act is Act.LIST and is_of_all and not is_plural:
        # "Which week is the rota for" asks for one thing, and is not answered by all rows.
        return None
    if column is None and not _names_rows(table, wanted) and not _is_value_of_rows(match, wanted):
        return None
    name = table_name(table)
    conditions = said(match, wanted)
    if per:
        return grouped(match, rows, per, None, wanted)
    if column is not None:
        distinct = list(dict.fromkeys(row.cells[column] for row in rows if row.cells[column]))
        first = {row.cells[column]: row for row in reversed(rows)}
        evidence = tuple(
            Evidence(value, first[value].quote, table.document.title, first[value].locator)
            for value in distinct
        )
        one, several = "entry", "different entries"
        place = f"in the column “{table.header[column]}” of {name}{conditions}"
    else:
        evidence = tuple(row_evidence(table, row) for row in rows)
        one, several = "row", "rows"
        place = f"of {name}{conditions}"
    count = len(evidence)
    if not count and any(
        not any(condition.holds(row) for row in table.records) for condition in match.conditions
    ):
        # Each word stands in some cell, and no cell holds them together: one of them means something else.
        return None
    what = f"{one if count == 1 else several} {place}"
    yes = ("Yes: " if count else "No: ") if wanted.act is Act.EXISTS else ""
    entries = "" if column is None else one if count == 1 else several
    how = f"{counted_in(table, count, entries)}{left_out(match)}."
    called = row_names(table, rows)
    names = [
        _name(match, row, name) if column is None else row.cells[column]
        for row, name in zip(rows, called, strict=True)
    ]
    begins = f"{joined(names)}: " if wanted.act is Act.LIST and count else yes
    return Result(
        f"{begins}{count:,} {what}.", counted(evidence, wanted), how, what, evidence, listed=bool(evidence)
    )


def _is_of_paid(table: FoundTable, index: int) -> bool:
    """Whether the name of a column says that something was paid."""
    return not calculation.PAID.isdisjoint(words_of(table.header[index]))


def _name(match: TableMatch, row: TableRow, name: str) -> str:
    """The name of a row, with the part paid of the amount due if the row was chosen for that: `30 of 60`."""
    for condition in match.conditions:
        if condition.due is not None:
            name = f"{name} ({row.cells[condition.column] or 'nothing'} of {row.cells[condition.due]})"
    return name


def _names_rows(table: FoundTable, wanted: Wanted) -> bool:
    """Whether the phrase that says what is counted names the rows of this table."""
    if wanted.who:
        first = next(
            (name for name in table.header if calculation.NAMES_IN_NUMBERS.isdisjoint(words_of(name))), ""
        )
        return not tabular.PEOPLE.isdisjoint(words_of(first))
    if any(word in calculation.ROW_NOUNS for word in wanted.head):
        return True
    return not names_of_rows(table).isdisjoint(wanted.head)


def _is_value_of_rows(match: TableMatch, wanted: Wanted) -> bool:
    """Whether the same holds, and every row is one of them, because no column says how many."""
    return is_value(match, wanted) and not numeric_columns(match)


# Numbers


def _total(
    match: TableMatch, wanted: Wanted, per: str, target: tuple[int, NumberColumn] | None = None
) -> Result | None:
    """The sum of a column, for each unit and, if asked, for each group.

    target: the column with its index, if it is known.
    """
    owed = [condition for condition in match.conditions if condition.is_of_unpaid] if wanted.owed else []
    if wanted.owed and len(owed) != 1:
        return None
    if owed and owed[0].due is not None:
        return _left_to_pay(match, wanted, owed[0].column, owed[0].due)
    target = target or target_column(match, wanted)
    if target is None or not adds_up(match.table, target[0], match.columns):
        return None
    narrowed = narrowed_by_headers(match, {target[0], *label_columns(match)})
    limited = narrowed and within(narrowed, wanted, target)
    if limited is None or not limited.rows:
        return None
    match, rows = limited, limited.rows
    if wanted.money and target[0] not in match.columns and not is_money(match.table, target[0]):
        return None
    index, column = target
    if per:
        return grouped(match, rows, per, target, wanted)
    chosen = numbers(match.table, column, rows)
    of_money = [each for each in chosen if each[1].unit in CURRENCIES.values()] if wanted.money else []
    chosen = of_side(of_money or chosen, wanted.side)
    if not chosen or any(quantity.unit == "%" for _, quantity in chosen):
        return None
    if are_readings(match.table, index, [quantity.value for _, quantity in chosen]):
        return None
    sums = by_unit([quantity for _, quantity in chosen], sum)
    is_whole = not match.conditions and match.dates is None and wanted.bound is None
    if is_whole and has_sections(match.table):
        return None
    if is_whole and is_money(match.table, index) and (stated := stated_total(match.table.document, sums)):
        return stated
    return added_up(
        match.table,
        chosen,
        target,
        said(match, wanted),
        listed=False,
        left_out=left_out(match),
        remark=_own_total(match, wanted, index, sums, column),
    )


def _left_to_pay(match: TableMatch, wanted: Wanted, paid: int, due: int) -> Result | None:
    """The sum that is still to be paid: the amounts due less the amounts paid, in the rows of the match.

    paid, due: the columns.
    """
    table = match.table
    narrowed = narrowed_by_headers(match, {paid, due, *label_columns(match)})
    column, received = table.column(due), table.column(paid)
    if narrowed is None or column is None or received is None:
        return None
    got = {id(row): amount.value for row, amount in numbers(table, received, narrowed.rows)}
    left = [
        (row, replace(amount, value=amount.value - got.get(id(row), 0)))
        for row, amount in numbers(table, column, narrowed.rows)
    ]
    sums = by_unit([amount for _, amount in left], sum)
    if not left:
        return None
    said_sums = " and ".join(written(amount, comma=column.comma) for amount in sums)
    over = f"{table.header[due]} less {table.header[paid]} in {table_name(table)}{said(narrowed, wanted)}"
    return Result(
        f"{said_sums} in total: {over}.",
        tuple(ComputedValue("", f"{amount.value:f}", amount.unit) for amount in sums),
        f"Subtracted in {len(left):,} of {count_of(len(table.records), 'row')}, and added up.",
        over,
        tuple(row_evidence(table, row) for row, _ in left),
        listed=True,
    )


def _own_total(
    match: TableMatch, wanted: Wanted, index: int, sums: Sequence[Amount], column: NumberColumn
) -> str:
    """What the table's own row of totals says, if the whole column was added up."""
    totals = [row for row in match.table.rows if row.is_total]
    if len(totals) != 1 or match.conditions or match.dates is not None or wanted.bound or len(sums) != 1:
        return ""
    stated = totals[0].cells[index]
    if not stated:
        return ""
    plain = "".join(filter(str.isdigit, stated)).lstrip("0")
    ours = "".join(filter(str.isdigit, written(sums[0], comma=column.comma))).lstrip("0")
    agrees = plain.rstrip("0") == ours.rstrip("0")
    if agrees:
        return "The table's own total is the same."
    if stated.startswith("="):
        return f"The table's own total is a formula without a stored value: {stated}."
    return f"The table's own total says {stated}."


# Cells


def _look_up(match: TableMatch, wanted: Wanted, per: str, target: int | None = None) -> Result | None:
    """The cell in the row and the column that the question names.

    target: the column, if it is known.
    """
    table = match.table
    rows = list(match.rows)
    if per or match.dates is not None or wanted.bound or not match.conditions:
        return None
    columns = [
        index for index in match.columns if index not in {condition.column for condition in match.conditions}
    ]
    if target is not None:
        columns = [target]
    elif wanted.bill and (amount := amount_column(table)) is not None:
        columns = [amount]
    elif wanted.date and (dates := matching.date_column(table, match.columns)):
        columns = [dates.index]
    elif not match.columns:
        columns = implied_column(match)
    most = 1 if wanted.act is Act.COUNT else MOST_CELLS
    if len(columns) != 1 or not rows or len(rows) > most:
        return None
    if any(names_more(row.cells[each.column], wanted.words) for row in rows for each in match.conditions):
        return None  # "The fee for tuning" may not be that of `Tuning of organs`.
    index = columns[0]
    cells = [row.cells[index] for row in rows]
    if not all(cells) or ((wanted.money or wanted.bill) and not is_money(table, index)):
        return None
    if wanted.number and says_yes_or_no(table, index):
        return None
    header = table.header[index]
    if wanted.date and (index in numeric_columns(match) or not may_answer_when(header, wanted.words)):
        return None
    names = [row_name_beside(table, row, index) for row in rows]
    place = f"of {table_name(table)}{said(match, wanted)}"
    return read_cells(table, rows, index, names, place, f"{column_name(table, index)} in {table_name(table)}")


_ACTS: dict[Act, Callable[[TableMatch, Wanted, str], Result | None]] = {
    Act.COUNT: _rows,
    Act.LIST: _rows,
    Act.EXISTS: _rows,
    Act.TOTAL: _total,
    Act.AVERAGE: average,
    Act.HIGHEST: extreme,
    Act.LOWEST: extreme,
    Act.LOOK_UP: _look_up,
}
