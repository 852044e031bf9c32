"""Results over the rows of a table: the sum and the mean of a column, sums and counts for each month, year or
value of another column, and which value most rows have.
"""

import re
from collections.abc import Sequence

from assistant.answers import matching
from assistant.answers.amounts import Amount, NumberColumn, by_unit, mean, written
from assistant.answers.matching import TableMatch, left_out, numbers, said
from assistant.answers.stating import Result, column_name, joined, row_evidence, table_name
from assistant.answers.tables import FoundTable, TableRow
from assistant.answers.tablewords import same, words_of
from assistant.answers.wanted import Act, Wanted
from assistant.dialogue import ComputedValue
from assistant.formatting import count_of

_CLOCK = re.compile(r"\d{1,2}[:.h]\d\d(?::\d\d)?(?: ?[ap]\.?m\.?)?", re.IGNORECASE)
"""A time of day: money is not added up by time of day."""


def added_up(
    table: FoundTable,
    chosen: Sequence[tuple[TableRow, Amount]],
    target: tuple[int, NumberColumn],
    where: str,
    *,
    listed: bool,
    left_out: str = "",
    remark: str = "",
) -> Result:
    """The sum of a column, for each unit.

    chosen: the rows, each with its amount in the column. target: the column.
    where: how the rows were selected, left_out: which were left out; clauses, empty for none.
    remark: a sentence after what was added up.
    """
    index, column = target
    sums = by_unit([amount for _, amount in chosen], sum)
    amounts = " and ".join(written(amount, comma=column.comma) for amount in sums)
    header = column_name(table, index)
    over = f"{header} in {table_name(table)}{where}"
    rows = f"{len(chosen):,} of {count_of(len(table.records), 'row')}{left_out}"
    each = ", each unit by itself" if len(sums) > 1 else ""
    return Result(
        f"{amounts} in total: {over}.",
        tuple(ComputedValue("", f"{amount.value:f}", amount.unit) for amount in sums),
        " ".join(filter(None, (f"Added up: {header} in {rows}{each}.", remark))),
        over,
        tuple(row_evidence(table, row) for row, _ in chosen),
        listed=listed,
    )


def averaged(
    table: FoundTable,
    chosen: Sequence[tuple[TableRow, Amount]],
    target: tuple[int, NumberColumn],
    where: str,
    *,
    listed: bool,
    of_rows: str = "",
) -> Result:
    """The mean of a column, in which all amounts have one unit.

    of_rows: which rows these are, as words after `3 rows`; the rest is as for `added_up`.
    """
    index, column = target
    amounts = [amount for _, amount in chosen]
    (total,) = by_unit(amounts, sum)
    middle = mean(amounts)
    over = f"{column_name(table, index)} in {table_name(table)}{where}"
    summed, rows = written(total, comma=column.comma), count_of(len(chosen), "row")
    return Result(
        f"{written(middle, comma=column.comma)} on average: {over}.",
        (ComputedValue("", f"{middle.value:f}", middle.unit),),
        f"Averaged: {summed} divided by {rows}{of_rows}.",
        over,
        tuple(row_evidence(table, row) for row, _ in chosen),
        listed=listed,
    )


def grouped(
    match: TableMatch,
    rows: Sequence[TableRow],
    per: str,
    target: tuple[int, NumberColumn] | None,
    wanted: Wanted,
) -> Result | None:
    """Sums, or without a target counts, of the rows for each month, year or value of a column."""
    table = match.table
    keys = _keys(table, rows, per, is_sum=target is not None)
    if keys is None:
        return None
    column = target[1] if target else None
    quantities = {id(row): quantity for row, quantity in numbers(table, column, rows)} if column else {}
    lines, values = [], []
    for key in sorted(set(keys)) if per in {"month", "year"} else dict.fromkeys(keys):
        members = [row for row, other in zip(rows, keys, strict=True) if other == key]
        if column is None:
            lines.append(f"- {key}: {len(members):,}")
            values.append(ComputedValue(key, str(len(members)), ""))
            continue
        sums = by_unit([quantities[id(row)] for row in members if id(row) in quantities], sum)
        if any(amount.unit == "%" for amount in sums):
            return None
        if not sums:
            continue
        amounts = " and ".join(written(amount, comma=column.comma) for amount in sums)
        members = [row for row in members if id(row) in quantities]
        lines.append(f"- {key}: {amounts} ({count_of(len(members), 'row')})")
        values += [ComputedValue(key, f"{amount.value:f}", amount.unit) for amount in sums]
    over = f"by {per} in {table_name(table)}{said(match, wanted)}"
    over = f"Total {column_name(table, target[0])} {over}" if target else f"Number of rows {over}"
    used = len(quantities) if target else len(rows)
    verb = "Added up" if target else "Counted"
    return Result(
        "\n".join((f"{over}:", *lines)),
        tuple(values),
        f"{verb}: {used:,} of {count_of(len(table.records), 'row')}{left_out(match)}.",
        over,
        tuple(row_evidence(table, row) for row in rows),
        listed=False,
    )


MOST_GROUPS = 3
"""The most values of a column that may share the first place."""


def largest_group(table: FoundTable, rows: Sequence[TableRow], group: int, where: str) -> Result | None:
    """The value of a column that most of some rows have; None if that is not clear.

    group: the column. where: how the rows were selected, as a clause; empty for all.
    """
    members: dict[str, list[TableRow]] = {}
    for row in rows:
        members.setdefault(row.cells[group], []).append(row)
    most = max(map(len, members.values()), default=0)
    best = [name for name, rows in members.items() if len(rows) == most]
    if "" in members or len(members) < 2 or most < 2 or len(best) > MOST_GROUPS:
        return None
    header = table.header[group]
    each = " each" if len(best) > 1 else ""
    counts = ", ".join(f"{name}: {len(rows):,}" for name, rows in members.items())
    over = f"for one {header} in {table_name(table)}{where}"
    return Result(
        f"{joined(best)}: {count_of(most, 'row')}{each}, the most {over}.",
        tuple(ComputedValue(name, str(most), "") for name in best),
        f"Counted: {counts}.",
        f"rows {over}",
        tuple(row_evidence(table, row) for name in best for row in members[name]),
        listed=True,
    )


def repeats(chosen: Sequence[tuple[TableRow, Amount]], group: int) -> bool:
    """Whether some rows have the same cell in a column."""
    cells = [row.cells[group] for row, _ in chosen]
    return len(set(cells)) < len(cells)


def tells_apart(rows: Sequence[TableRow], column: int) -> bool:
    """Whether every row has a cell in a column, and no two cells are the same."""
    cells = [row.cells[column] for row in rows]
    return all(cells) and len(set(cells)) == len(cells)


def largest_sum(
    table: FoundTable,
    chosen: Sequence[tuple[TableRow, Amount]],
    group: int,
    target: tuple[int, NumberColumn],
    where: str,
    act: Act,
) -> Result | None:
    """The value of a column whose rows have the highest or lowest sum in another column.

    chosen: the rows, each with its amount in the other column; all amounts have one unit.
    group, target: the columns. where: how the rows were selected, as a clause; empty for all.
    """
    members: dict[str, list[tuple[TableRow, Amount]]] = {}
    for row, amount in chosen:
        members.setdefault(row.cells[group], []).append((row, amount))
    sums = {name: by_unit([amount for _, amount in rows], sum)[0] for name, rows in members.items()}
    if "" in members or len(members) < 2 or all(map(_CLOCK.fullmatch, members)):
        return None
    choose = max if act is Act.HIGHEST else min
    value = choose(amount.value for amount in sums.values())
    best = [name for name, amount in sums.items() if amount.value == value]
    if len(best) > MOST_GROUPS:
        return None
    index, column = target
    over = f"{column_name(table, index)} by {table.header[group]} in {table_name(table)}{where}"
    said = ", ".join(f"{name}: {written(amount, comma=column.comma)}" for name, amount in sums.items())
    return Result(
        f"{joined(best)}: {written(sums[best[0]], comma=column.comma)}, the {act.value} total {over}.",
        tuple(ComputedValue(name, f"{value:f}", sums[name].unit) for name in best),
        f"Added up: {said}.",
        over,
        tuple(row_evidence(table, row) for name in best for row, _ in members[name]),
        listed=True,
    )


def _keys(table: FoundTable, rows: Sequence[TableRow], per: str, *, is_sum: bool) -> list[str] | None:
    """The group of each row; None when a row belongs to none, or it is not clear what the groups are."""
    if per in {"month", "year"}:
        column = matching.date_column(table)
        if column is None or (column.is_years and per == "month"):
            return None
        length = 7 if per == "month" else 4
        dated = [column.by_row[id(row)] for row in rows]
        return [day.isoformat()[:length] for day in dated if day] if all(dated) else None
    columns = [
        index
        for index, header in enumerate(table.header)
        if any(same(per, word) for word in words_of(header))
    ]
    if len(columns) != 1:
        return None
    keys = [row.cells[columns[0]] for row in rows]
    if is_sum and all(map(_CLOCK.fullmatch, keys)):
        return None
    return keys if all(keys) else None
