"""Compares two numbers of a table: by how much one exceeds the other, or whether it does.

What follows *than* replaces what it is compared with: in "more onions for 100 guests than for 60", the column
`60 guests` takes the place of the column `100 guests`, and everything else stays.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.answers.amounts import Amount, NumberColumn, by_unit, written
from assistant.answers.columns import is_counter
from assistant.answers.dates import YEAR, CalendarDate, Reading
from assistant.answers.matching import numbers
from assistant.answers.stating import Result, joined, row_evidence, table_name
from assistant.answers.tablereading.columns import is_priced, number_column
from assistant.answers.tablereading.confirming import yes_and_no
from assistant.answers.tablereading.likeness import Likeness
from assistant.answers.tablereading.naming import called
from assistant.answers.tablereading.paying import leave_paid
from assistant.answers.tablereading.questions import TableQuestion, plain_question
from assistant.answers.tablereading.roles import DocumentTables, TableRoles, roles_of
from assistant.answers.tables import FoundTable, TableRow
from assistant.answers.tablewords import same, words_of
from assistant.answers.wanted import Act
from assistant.dialogue import ComputedValue
from ingest.keywords import folded
from ingest.language import comparatives, follow_ups, tabular

CLEAR_WEIGHT = 2.0
"""Words of a question that must stand in a table if another word stands for nothing."""

_YEAR_BEFORE = re.compile(
    rf"\b(?:(?:in|im) )?(?:the |l['’])?(?:{'|'.join(map(re.escape, follow_ups.YEARS_BEFORE))})", re.IGNORECASE
)
_DAY = re.compile(r"^(?:on )?the(?= \d{1,2}(?:st|nd|rd|th)\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TableComparison:
    """A question that compares two numbers."""

    left: TableQuestion
    """What is compared."""
    right: TableQuestion
    """What it is compared with, in the words that differ."""
    is_less: bool
    """Whether the first is said to be less."""
    yes_no: tuple[str, str] | None
    """How to say yes and no; None if the difference is asked for."""
    is_span: bool
    """Whether it asks how far two things are apart, which may be readings of a counter."""


def comparison(question: str) -> TableComparison | None:
    """The two sides of a question that compares; None for other questions."""
    sides, compared = _sides(question)
    left, right = (plain_question(side) for side in sides)
    if left is None or right is None or not comparatives.OFTEN.isdisjoint(words_of(question)):
        return None
    is_choice = not comparatives.OR.isdisjoint(words_of(question))  # "Did it earn more or less?"
    yes_no = None if is_choice else yes_and_no(question)
    left = replace(
        left,
        act=Act.LOOK_UP,
        number=True,
        money=False,
        dimension=tabular.SAME_COLUMN[0] if folded(compared) in comparatives.DEARER else left.dimension,
        who=False,
        when=False,
        where=False,
        dates=_filled(left.dates, right.dates),
    )
    right = replace(right, dates=_filled(right.dates, left.dates))
    return TableComparison(left, right, folded(compared) in comparatives.LESS, yes_no, is_span=not compared)


def _sides(question: str) -> tuple[tuple[str, str], str]:
    """Both sides of a comparison, and its comparative if it has one. Empty for other questions."""
    for pattern in comparatives.DIFFERENCES:
        if found := pattern.match(question):
            rest = comparatives.DIFFERING.sub(" ", found["rest"])
            return (f"{rest} {_dated(found['first'])}", f"in {_dated(found['second'])}"), ""
    if comparatives.CHANGING.search(question) and (change := comparatives.FROM_TO.search(question)):
        before, after = change["first"] or change["since"], change["last"] or change["until"]
        rest = comparatives.CHANGING.sub(" ", f"{question[: change.start()]} {question[change.end() :]}")
        return (f"{rest} {_dated(before)}", f"in {_dated(after)}"), ""
    rate = comparatives.RATE_AT_END.search(question)
    parts = comparatives.THAN.split(question[: rate.start()] if rate else question)
    if len(parts) != 2:
        return ("", ""), ""
    words = parts[0].split()
    compared = next((word for word in reversed(words) if folded(word) in comparatives.COMPARED), "")
    left = " ".join((*(word for word in words if word != compared), rate[1] if rate else ""))
    return ((left, _of_year_before(left, parts[1])) if compared else ("", "")), compared


def _dated(text: str) -> str:
    """One of two times: *the 1st* as a day."""
    return _DAY.sub("on the", text.strip())


def _of_year_before(left: str, right: str) -> str:
    """What something is compared with; *the year before* as the number of the year."""
    year = YEAR.search(left)
    return _YEAR_BEFORE.sub(f"in {int(year[0]) - 1}", right) if year else right


def _filled(dates: Sequence[CalendarDate], others: Sequence[CalendarDate]) -> tuple[CalendarDate, ...]:
    """The dates of one side, with the year and the month of the other where they state none."""
    if len(dates) != 1 or not others or any(len(each.readings) != 1 for each in others):
        return tuple(dates)
    year, month, day = (
        next((each.readings[0][part] for each in others if each.readings[0][part]), None) for part in range(3)
    )
    other = (year, month, day)
    return (replace(dates[0], readings=tuple(_within(reading, other) for reading in dates[0].readings)),)


def _within(reading: Reading, other: Reading) -> Reading:
    year, month, day = reading
    month = month or (other[1] if day else None)
    return year or (other[0] if month else None), month, day


def compare(
    document: DocumentTables, asked: TableComparison, likeness: Likeness
) -> Iterator[tuple[Result, float, bool]]:
    """Each result, from one table or from two with the same columns, such as the sheets of two years; with
    how much of the question is in the first, and whether it is sure.
    """
    for table in document.tables:
        one = _number(table, document, asked.left, likeness, is_span=asked.is_span)
        if one is None:
            # "The gap between June and July in the north" says what both are about at the end.
            one = _number(table, document, _with_shared(table, asked), likeness, is_span=asked.is_span)
        if one is None:
            continue
        two = _number(table, document, _other(table, asked), likeness, is_span=asked.is_span)
        if two is not None and two.key != one.key:
            yield from _compared(one, two, asked)
            continue
        for other in document.tables:
            named = set(words_of(other.names[0])) & {*asked.right.words}
            if other is table or other.header != table.header or not (named or asked.right.dates):
                continue
            two = _number(
                other,
                document,
                _other(table, asked, words_of(table.names[0])),
                likeness,
                is_span=asked.is_span,
            )
            if two is not None and two.header == one.header:
                yield from _compared(_in_table(one), _in_table(two), asked)


def _with_shared(table: FoundTable, asked: TableComparison) -> TableQuestion:
    """The question for the first number with the words of the second that do not take the place of others."""
    words = asked.left.words
    shared = (
        each for each in asked.right.words if not any(_is_replaced(table, word, [each]) for word in words)
    )
    return replace(asked.left, words=tuple(dict.fromkeys((*words, *shared))))


def _other(table: FoundTable, asked: TableComparison, names: Collection[str] = ()) -> TableQuestion:
    """The question for the second number: the words of the first, of which some are replaced.

    names: the words of the table's own name, if another table is asked.
    """
    replaced = {word for word in asked.left.words if _is_replaced(table, word, asked.right.words)}
    kept = (word for word in asked.left.words if word not in replaced and word not in names)
    words = tuple(dict.fromkeys((*kept, *asked.right.words)))
    return replace(asked.left, words=words, head=(), dates=asked.right.dates or asked.left.dates)


def _compared(one: "_Side", two: "_Side", asked: TableComparison) -> Iterator[tuple[Result, float, bool]]:
    if one.amount.unit != two.amount.unit:
        return
    difference = Amount(abs(one.amount.value - two.amount.value), one.amount.unit)
    comma = one.column.comma
    stated = _stated(one, two, *(written(side.amount, comma=comma) for side in (one, two)))
    if asked.yes_no is not None:
        first, second = one.amount.value, two.amount.value
        if first < 0 and second < 0:  # Money that went out: the higher payment is the one further below zero.
            first, second = -first, -second
        ahead = first < second if asked.is_less else first > second
        headline = f"{asked.yes_no[0] if ahead else asked.yes_no[1]}. {stated}"
    else:
        headline = f"Difference: {written(difference, comma=comma)}. {stated}"
    tables = [side.match.table for side in (one, two)]
    places = joined(dict.fromkeys(map(table_name, tables)))
    evidence = {row.locator: row_evidence(side.match.table, row) for side in (one, two) for row in side.rows}
    result = Result(
        headline,
        (ComputedValue("", f"{difference.value:f}", difference.unit),),
        f"Compared: two numbers of {places}.",
        f"a difference in {places}",
        tuple(evidence.values()),
        listed=True,
    )
    yield result, one.match.weight, not (one.match.is_guessed or two.match.is_guessed)


@dataclass(frozen=True, slots=True)
class _Side:
    """One of two numbers."""

    match: TableRoles
    column: NumberColumn
    amount: Amount
    rows: list[TableRow]
    name: str
    header: str
    key: tuple[int, tuple[str, ...]]


def _in_table(side: _Side) -> _Side:
    """A number with the name of its table in its own."""
    return replace(side, name=f"{side.name}, {side.match.table.names[0]}".lstrip(", "))


def _number(
    table: FoundTable,
    document: DocumentTables,
    wanted: TableQuestion,
    likeness: Likeness,
    *,
    is_span: bool,
) -> _Side | None:
    """The number of one side: of the one row that it selects, or the sum over several.

    is_span: see `TableComparison`.
    """
    match = roles_of(table, document, wanted, likeness)
    if match is None or not match.is_selected or (match.is_open and match.weight < CLEAR_WEIGHT):
        return None
    if wanted.is_paid and not leave_paid(match, wanted):
        return None
    found = number_column(match, wanted)
    if found is None or (is_counter(table, found[0]) and not is_span):
        return None
    is_clear = is_priced(table, found[0]) or tabular.ACTUALS.intersection(words_of(table.header[found[0]]))
    if found[0] not in match.columns and not is_clear:
        return None
    index, column = found
    values = numbers(table, column, match.rows)
    if not values or len({value.unit for _, value in values}) > 1:
        return None
    if len(values) > 1 and values[0][1].unit == "%":
        return None
    (total,) = by_unit([value for _, value in values], sum)
    rows = [row for row, _ in values]
    name = joined(called(match, row, index) for row in rows)
    header = table.header[index]
    return _Side(match, column, total, rows, name, header, (index, tuple(row.quote for row in rows)))


def _stated(one: _Side, two: _Side, first: str, second: str) -> str:
    """Both numbers in a sentence: what they have in common once, and each with what it is for."""
    if one.header == two.header:
        return f"{one.header}: {first} ({one.name}), {second} ({two.name})."
    if one.name == two.name:
        return f"{one.name}: {first} ({one.header}), {second} ({two.header})."
    return f"{one.name}, {one.header}: {first}; {two.name}, {two.header}: {second}."


def _is_replaced(table: FoundTable, word: str, by: Sequence[str]) -> bool:
    """Whether one of the words `by` stands for another row of the same column, or for another column."""
    if word in by:
        return False
    columns, rows = _places(table, word)
    for other in by:
        other_columns, other_rows = _places(table, other)
        if any(column in rows and rows[column].isdisjoint(found) for column, found in other_rows.items()):
            return True
        if columns and other_columns and not columns & other_columns and not rows:
            return True
    return False


def _places(table: FoundTable, word: str) -> tuple[set[int], dict[int, set[int]]]:
    """The columns whose name holds a word; the rows, by column, whose cell does."""
    columns = {i for i, name in enumerate(table.header) if any(same(word, each) for each in words_of(name))}
    rows: dict[int, set[int]] = {}
    for place, row in enumerate(table.records):
        for index, cell in enumerate(row.cells):
            if any(same(word, each) for each in words_of(cell)):
                rows.setdefault(index, set()).add(place)
    return columns, rows
