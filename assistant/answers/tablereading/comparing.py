"""Compares two numbers of a table: by how much one exceeds the other, or whether it does.

What follows *than* replaces what it is compared with: in "more onions for 100 guests than for 60", the column
`60 guests` takes the place of the column `100 guests`, and everything else stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.answers.amounts import Amount, NumberColumn, by_unit, written
from assistant.answers.columns import is_counter
from assistant.answers.matching import numbers
from assistant.answers.stating import Result, joined, row_evidence, table_name
from assistant.answers.tablereading.columns import is_priced, number_column
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
from ingest.language import tabular


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


def comparison(question: str) -> TableComparison | None:
    """The two sides of a question that compares; None for other questions."""
    if between := tabular.DIFFERENCE_BETWEEN.search(question):
        before, after = question[: between.start()] + between[1], question[between.end() :]
        sides = (before, after)
        compared = ""
    elif (parts := tabular.THAN.split(question)) and len(parts) == 2:
        words = parts[0].split()
        compared = next((word for word in reversed(words) if folded(word) in tabular.COMPARED), "")
        if not compared:
            return None
        sides = (" ".join(word for word in words if word != compared), parts[1])
    else:
        return None
    left, right = (plain_question(side) for side in sides)
    if left is None or right is None or not tabular.OFTEN.isdisjoint(words_of(question)):
        return None
    opener = words_of(question)[0]
    yes_no = next((answer for openers, answer in tabular.YES_NO if opener in openers), None)
    left = replace(
        left,
        act=Act.LOOK_UP,
        number=True,
        money=False,
        dimension=tabular.SAME_COLUMN[0] if folded(compared) in tabular.DEARER else left.dimension,
        who=False,
        when=False,
        where=False,
    )
    return TableComparison(left, right, folded(compared) in tabular.LESS, yes_no)


def compare(
    table: FoundTable, document: DocumentTables, asked: TableComparison, likeness: Likeness
) -> tuple[Result, float, bool] | None:
    """The result of a comparison in `table`, how much of the question stands in it, whether it is sure.

    document: the tables of its document.
    """
    one = _number(table, document, asked.left, likeness)
    dates = asked.right.dates or asked.left.dates
    kept = tuple(word for word in asked.left.words if not _is_replaced(table, word, asked.right.words))
    words = tuple(dict.fromkeys((*kept, *asked.right.words)))
    two = _number(table, document, replace(asked.left, words=words, head=(), dates=dates), likeness)
    if one is None or two is None or one.amount.unit != two.amount.unit or one.key == two.key:
        return None
    difference = Amount(abs(one.amount.value - two.amount.value), one.amount.unit)
    comma = one.column.comma
    stated = _stated(one, two, *(written(side.amount, comma=comma) for side in (one, two)))
    if asked.yes_no is not None:
        ahead = one.amount.value < two.amount.value if asked.is_less else one.amount.value > two.amount.value
        headline = f"{asked.yes_no[0] if ahead else asked.yes_no[1]}. {stated}"
    else:
        headline = f"Difference: {written(difference, comma=comma)}. {stated}"
    evidence = {row.quote: row_evidence(table, row) for row in (*one.rows, *two.rows)}
    result = Result(
        headline,
        (ComputedValue("", f"{difference.value:f}", difference.unit),),
        f"Compared: two numbers of {table_name(table)}.",
        f"a difference in {table_name(table)}",
        tuple(evidence.values()),
        listed=True,
    )
    return result, one.match.weight, not (one.match.is_guessed or two.match.is_guessed)


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


def _number(
    table: FoundTable, document: DocumentTables, wanted: TableQuestion, likeness: Likeness
) -> _Side | None:
    """The number of one side: of the one row that it selects, or the sum over several."""
    match = roles_of(table, document, wanted, likeness)
    if match is None or match.is_open or not match.is_selected:
        return None
    if wanted.is_paid and not leave_paid(match, wanted):
        return None
    found = number_column(match, wanted)
    if found is None or is_counter(table, found[0]):
        return None
    if found[0] not in match.columns and not is_priced(table, found[0]):
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
