"""The columns of a sheet in words: range and sum of numbers, first and last date, frequent values.

A column of numbers is added up only if its name does not say that its numbers name, rate or time something.
"""

import datetime
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from assistant.answers import amounts
from assistant.answers.amounts import Amount, NumberColumn
from assistant.answers.days import days
from assistant.answers.kinds.grids import Grid
from assistant.answers.kinds.pieces import phrases
from assistant.formatting import count_of
from ingest.language import spreadsheets

NAMED_VALUES = 6
"""Values of a column that are named."""

EXAMPLES = 3
"""Values that are named of a column in which none is repeated."""

VALUE_LENGTH = 60
"""Characters of a cell that is shown; a longer one ends with an ellipsis."""

MIN_READINGS = 5
"""Numbers that a column of meter readings has at least."""

LARGEST_MARK = 20
"""The largest mark or grade."""

NAMED_ROWS = 3
"""Rows with an empty cell that are named."""

DATES_SHARE = 0.8
"""The share of a column's filled cells that are dates if it is a column of dates."""

_WORD = re.compile(r"[^\W\d_]{3}")
_NOT_ADDED = phrases(spreadsheets.NOT_ADDED)
_AVERAGED = phrases(spreadsheets.AVERAGED)
_MONTH = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])")
_CODE = re.compile(r"\+?0\d[\d /-]+")
_BALANCES = phrases(spreadsheets.BALANCES)


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What is known of one column."""

    name: str
    """Its name."""
    cells: Sequence[str]
    """Its cells."""
    numbers: NumberColumn | None
    """Its numbers; None if it is not a column of numbers."""
    dates: Sequence[datetime.date | None] | None
    """Its dates; None if it is not a column of dates."""
    is_named: bool
    """Whether the sheet gives it a name."""

    @property
    def is_added(self) -> bool:
        """Whether the sum of its numbers says something."""
        if self.numbers is None or not self.is_named or _NOT_ADDED.search(self.words) or "?" in self.name:
            return False
        found = [value for value in self.numbers.values if value]
        if len(found) < 2 or any(value.unit == "%" for value in found):
            return False
        return not _is_counter(found) and not _is_reading(found)

    @property
    def is_averaged(self) -> bool:
        """Whether the mean of its numbers says something, and their sum does not."""
        return (
            self.numbers is not None
            and not self.is_added
            and (not self.is_named or "?" in self.name or _AVERAGED.search(self.words) is not None)
        )

    @property
    def mean(self) -> str:
        """The mean of its numbers, rounded to two decimals; empty if they have different units."""
        found = [value for value in self.numbers.values if value] if self.numbers else []
        if not found or len({value.unit for value in found}) > 1:
            return ""
        mean = sum((value.value for value in found), Decimal(0)) / len(found)
        return self.written(Amount(round(mean, 2), found[0].unit))

    @property
    def is_small(self) -> bool:
        """Whether its numbers are so small that they may be marks or grades."""
        found = [value for value in self.numbers.values if value] if self.numbers else []
        return all(not value.unit and abs(value.value) <= LARGEST_MARK for value in found)

    @property
    def words(self) -> str:
        """Its name with spaces between the words: `unit price` for `unit_price` and `unitPrice`."""
        return re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])|_", " ", self.name)

    @property
    def is_grouping(self) -> bool:
        """Whether it divides the rows into a few groups."""
        if self.numbers or self.dates:
            return False
        values = set(filter(None, self.cells))
        return 1 < len(values) <= max(2 * NAMED_VALUES, len(self.cells) // 20) and 2 * len(values) <= len(
            self.cells
        )

    @property
    def has_words(self) -> bool:
        """Whether most of its cells have a word, and so say what a row is about."""
        return 2 * sum(_WORD.search(cell) is not None for cell in self.cells) > len(self.cells)

    @property
    def has_unit(self) -> bool:
        """Whether its numbers have a unit, such as a currency."""
        return self.numbers is not None and any(value and value.unit for value in self.numbers.values)

    def weight(self, rows: Sequence[int]) -> Decimal:
        """How much its numbers in these rows are together, whatever their units and signs."""
        values = self.numbers.values if self.numbers else ()
        return sum((abs(value.value) for row in rows if (value := values[row])), Decimal(0))

    def total(self, rows: Sequence[int]) -> str:
        """The sum of its numbers in these rows, for each unit; empty if there are none."""
        if self.numbers is None:
            return ""
        found = [value for row in rows if (value := self.numbers.values[row])]
        sums = amounts.by_unit(found, lambda values: sum(values, Decimal(0)))
        return " and ".join(self.written(one) for one in sums)

    def written(self, amount: Amount) -> str:
        """A number as text, in the notation of the column."""
        return amounts.written(amount, comma=self.numbers is not None and self.numbers.comma)


def facts(grid: Grid, index: int) -> ColumnFacts:
    """What is known of the column at `index`."""
    cells = grid.column(index)
    is_named = grid.is_named
    months = [f"{cell}-01" if _MONTH.fullmatch(cell) else cell for cell in cells]
    found = days(months)
    filled = sum(map(bool, cells))
    if filled and sum(day is not None for day in found) >= DATES_SHARE * filled:
        return ColumnFacts(grid.header[index], cells, None, found, is_named)
    numbers = amounts.column(cells, grid.header[index], decimal_point=grid.from_program)
    if any(_CODE.fullmatch(cell) for cell in cells):
        numbers = None  # A number of a telephone or a place, which may begin with a zero.
    return ColumnFacts(grid.header[index], cells, numbers, None, is_named)


def described(column: ColumnFacts, labels: Sequence[str]) -> str:
    """A column in one line; empty for one that is empty.

    labels: what each row is about, or empty strings.
    """
    filled = [cell for cell in column.cells if cell]
    if not filled:
        return ""
    if column.dates:
        text = _dates(column)
    elif column.numbers:
        text = _numbers(column, labels)
    else:
        text = _values(filled)
    if len(filled) < len(column.cells):
        empty = [row for row, cell in enumerate(column.cells) if not cell]
        named = [shortened(labels[row]) for row in empty if labels[row]]
        text += f"; empty in {count_of(len(empty), 'row')}"
        text += f" ({', '.join(named)})" if 0 < len(named) <= NAMED_ROWS else ""
    return f"{column.name}: {text}"


def shortened(cell: str) -> str:
    """A cell that is short enough to be shown."""
    return cell if len(cell) <= VALUE_LENGTH else f"{cell[:VALUE_LENGTH].rstrip()}…"


def _dates(column: ColumnFacts) -> str:
    found = [day for day in column.dates or () if day]
    form = "%Y-%m" if all(not cell or _MONTH.fullmatch(cell) for cell in column.cells) else "%Y-%m-%d"
    first, last = f"{min(found):{form}}", f"{max(found):{form}}"
    return first if first == last else f"{first} to {last}"


def _numbers(column: ColumnFacts, labels: Sequence[str]) -> str:
    assert column.numbers is not None
    placed = [(value, row) for row, value in enumerate(column.numbers.values) if value]
    found = [value for value, _ in placed]
    if len({value.unit for value in found}) > 1:
        return f"total {column.total(range(len(column.cells)))}" if column.is_added else _values(column.cells)
    (least, low), (most, high) = min(placed, key=_value), max(placed, key=_value)
    if least.value == most.value:
        text = f"{column.written(least)} in every row" if len(found) > 1 else column.written(least)
    else:
        text = f"from {_labelled(column, least, low, labels)} to {_labelled(column, most, high, labels)}"
    if column.is_added:
        incoming = [row for value, row in placed if value.value > 0]
        outgoing = [row for value, row in placed if value.value < 0]
        text = f"total {column.total([row for _, row in placed])}, {text}"
        if incoming and outgoing:
            text += f"; positive {column.total(incoming)}, negative {column.total(outgoing)}"
    elif column.is_averaged:
        text = f"average {column.mean}, {text}"
    elif len(found) > 1 and (_BALANCES.search(column.words) or _is_reading(found)):
        text += f"; first {column.cells[placed[0][1]]}, last {column.cells[placed[-1][1]]}"
    return text


def _labelled(column: ColumnFacts, amount: Amount, row: int, labels: Sequence[str]) -> str:
    """A number with what its row is about. A year and the like stay as written."""
    written = column.written(amount) if column.is_added else column.cells[row]
    return f"{written} ({shortened(labels[row])})" if labels[row] else written


def _value(placed: tuple[Amount, int]) -> Decimal:
    return placed[0].value


def _values(filled: Sequence[str]) -> str:
    counts = Counter(filled)
    if len(counts) <= NAMED_VALUES:
        return ", ".join(_times(value, count) for value, count in counts.most_common())
    repeated = [(value, count) for value, count in counts.most_common(NAMED_VALUES) if count > 1]
    if repeated:
        shown = ", ".join(_times(value, count) for value, count in repeated)
        return f"{len(counts):,} different, most often {shown}"
    shown = ", ".join(map(shortened, filled[:EXAMPLES]))
    return f"{len(counts):,} different, such as {shown}"


def _times(value: str, count: int) -> str:
    """A value, and how often it stands if it stands more than once."""
    return f"{shortened(value)} ({count:,})" if count > 1 else shortened(value)


def _is_counter(found: Sequence[Amount]) -> bool:
    """Whether the numbers only count the rows: 1, 2, 3."""
    values = [amount.value for amount in found]
    return len(values) > 2 and all(after - before == 1 for before, after in pairwise(values))


def _is_reading(found: Sequence[Amount]) -> bool:
    """Whether the numbers are those of a meter: always larger, and much larger than their differences."""
    values = [amount.value for amount in found]
    grows = all(after > before for before, after in pairwise(values))
    whole = all(value == int(value) for value in values)
    return len(values) >= MIN_READINGS and whole and grows and 2 * values[0] > values[-1]
