"""The tables of a document, found in its stored text: header, rows, and the place of every row.

However its lines are divided into cells (`assistant.answers.tablelines`), a table becomes one value. A header
may take two lines; rows of totals are marked, so that nothing is counted twice.
"""

import datetime
import functools
import os.path
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from assistant.answers import amounts
from assistant.answers.dates import YEAR, CalendarDate, take_dates
from assistant.answers.tablelines import GAP, SPACED_TYPES, CellLine, CellLines, line_groups
from ingest import language
from ingest.catalogue.records import DocumentContent
from ingest.documents import EXCEL, WORKBOOKS, Locator
from ingest.keywords import folded
from ingest.language import calculation, tabular
from ingest.parsers.metadata import date_in_name
from ingest.parsers.table import DELIMITERS, MOST_ABOVE

OPENING = 400
"""Characters at the beginning of a document in which names say whom or what it is about."""
LONGEST_TITLE = 60
"""Characters of a line that can be a title."""
FEWEST_ADDED = 4
"""The fewest rows of which the last row is the sum, if its label does not say so."""

FEWEST_DAYS = 7
"""The fewest columns of days."""
_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z])")
"""Where a new word begins in a name without spaces; `kWh` is one word."""

_WORD = re.compile(r"\w+")
_TOTAL_LABELS = frozenset(name.replace("-", " ") for name in calculation.TOTAL_LABELS)
_LETTER = re.compile(r"[^\W\d_]")
_NAME = re.compile(r"(?<=[\w,;:)] )[^\W\d_a-z]\w+")
"""A word with a capital that does not begin a line or a sentence."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table."""

    cells: tuple[str, ...]
    """As many as the table has columns, without markup."""
    quote: str
    """The row, verbatim."""
    locator: Locator
    """Its place."""
    is_total: bool
    """Whether it adds up other rows."""

    @property
    def label(self) -> str:
        """Its first cell that is no number; empty if there is none."""
        return _label(self.cells)


@dataclass(frozen=True)
class FoundTable:
    """One table of a document. Values that a question needs repeatedly are computed once."""

    document: DocumentContent
    """The document that contains it."""
    names: tuple[str, ...]
    """What it is called: the sheet, the headings above it, the title and the name of the file."""
    header: tuple[str, ...]
    """The name of each column; the lines of a header of two lines are joined. Empty without a header."""
    rows: tuple[TableRow, ...]
    """Its rows in order, without the header."""
    rivals: frozenset[str] = frozenset()
    """The folded words by which only other tables of its document are called: the sheets of other people."""

    @functools.cached_property
    def introduced(self) -> frozenset[str]:
        """The folded names in the first lines of the document: `Judit Horvath` of her laboratory report.

        In a language that capitalises nouns, names cannot be told from them; there are none.
        """
        opening = self.document.pages[0][:OPENING]
        if language.capitalises_nouns(_WORD.findall(opening)):
            return frozenset()
        return frozenset(folded(name) for name in _NAME.findall(opening)) - self.rivals

    @functools.cached_property
    def records(self) -> tuple[TableRow, ...]:
        """The rows without those of totals."""
        return tuple(row for row in self.rows if not row.is_total)

    @property
    def day(self) -> datetime.date | None:
        """The day that the document is about: the one in its file name, else the one that it states."""
        return date_in_name(self.document.path) or self.document.date

    def column(self, index: int) -> amounts.NumberColumn | None:
        """The numbers of the records in a column; None when it is not a column of numbers."""
        if index not in self._columns:
            self._columns[index] = amounts.column(
                [row.cells[index] for row in self.records],
                self.header[index],
                units=self._units,
                decimal_point=self.document.media_type == EXCEL,
            )
        return self._columns[index]

    @functools.cached_property
    def _columns(self) -> dict[int, amounts.NumberColumn | None]:
        """What `column` returned, by index."""
        return {}

    @functools.cached_property
    def _units(self) -> list[str] | None:
        """The currency of each record, if one column names nothing else."""
        for index in range(len(self.header)):
            cells = [row.cells[index] for row in self.records]
            if all(cell.casefold() in amounts.CURRENCIES for cell in cells):
                return cells
        return None


def tables(document: DocumentContent) -> list[FoundTable]:
    """All tables of a document. A line is in one of them only, however it may be divided."""
    found: list[FoundTable] = []
    taken: set[tuple[int, int]] = set()
    for group in line_groups(document):
        places = {(line.page, line.start) for line in group.lines}
        if taken.isdisjoint(places) and (table := _table(document, group)) is not None:
            taken |= places
            found.append(table)
    called = [frozenset(folded(word) for word in _WORD.findall(table.names[0])) for table in found]
    every = frozenset().union(*called)
    return [replace(table, rivals=every - own) for table, own in zip(found, called, strict=True)]


def file_name(path: str) -> str:
    """The name of a file without its suffix."""
    return os.path.splitext(os.path.basename(path))[0]


def _table(document: DocumentContent, group: CellLines) -> FoundTable | None:
    """The table that these lines make; None when it has fewer than two columns, no rows or no header.

    A table that was typed without a header has columns without names.
    """
    name, lines = group.sheet, group.lines
    width = max((len(line.cells) for line in lines), default=0)
    lines = [
        replace(
            line,
            cells=(*map(amounts.plain, line.cells), *("",) * (width - len(line.cells))),
        )
        for line in lines
    ]
    captions = []
    if width < 2:
        return None
    top = lines[0]
    while lines and sum(map(bool, lines[0].cells)) < 2 < len(lines):
        captions.append(" ".join(filter(None, lines.pop(0).cells)))
    if document.media_type in WORKBOOKS:
        lines = lines[_lines_above(lines) :]
    if not lines:
        return None
    header, lines = (("",) * width, lines) if group.is_headed is False else _header(lines)
    if group.is_headed and not header:
        header, lines = lines[0].cells, lines[1:]
    rows = [line for line in lines if sum(map(bool, line.cells)) > 1]
    if not rows or not header:
        return None
    place = document.locator(rows[0].page, rows[0].start, rows[0].end)
    headings = place.heading if not name and document.media_type not in DELIMITERS else ()
    file = os.path.basename(document.path)
    names = (name, *captions, *reversed(headings), document.title, file)
    if document.media_type in SPACED_TYPES or group.is_headed is not None:
        names = (
            *_caption(document, top),
            *names,
            document.pages[0].lstrip().partition("\n")[0][:LONGEST_TITLE],
        )
    return FoundTable(
        document,
        tuple(dict.fromkeys(filter(None, names))),
        header,
        tuple(
            TableRow(
                line.cells,
                document.pages[line.page][line.start : line.end],
                document.locator(line.page, line.start, line.end),
                is_total,
            )
            for line, is_total in zip(rows, _totals([line.cells for line in rows]), strict=True)
        ),
    )


def _lines_above(lines: Sequence[CellLine]) -> int:
    """How many lines of a sheet are above the names of its columns and fill a few cells only; mostly 0."""
    widest = 0
    for place, (line, below) in enumerate(pairwise(lines[: MOST_ABOVE + 2])):
        count = sum(map(bool, line.cells))
        if 0 < 2 * widest <= count and names_columns(line.cells):
            return place if any(amounts.is_number(cell) for cell in below.cells) else 0
        widest = max(widest, *(index for index, cell in enumerate(line.cells, start=1) if cell), 0)
    return 0


def _caption(document: DocumentContent, top: CellLine) -> tuple[str, ...]:
    """The short line above a table that begins at `top`, if there is one; its headings may be plain text."""
    above = document.pages[top.page][: top.start].rstrip().rpartition("\n")[2].strip(" #*_:")
    is_title = 0 < len(above) < LONGEST_TITLE and not above.endswith((".", "|")) and "|" not in above
    return (above,) if is_title and not GAP.search(above) and not _states_day(above) else ()


def _states_day(line: str) -> bool:
    """Whether a line is a day, or a field that states one, which names no table: `Due date: 2 March 2025`."""
    dates: list[CalendarDate] = []
    left = take_dates(re.sub(r"^[^\W\d][^:]*:", "", line), dates)
    is_day = any(reading[2] for date in dates for reading in date.readings)
    return is_day and not _LETTER.search(left)


def _header(lines: list[CellLine]) -> tuple[tuple[str, ...], list[CellLine]]:
    """The names of the columns, and the lines below the header. There are no names without a header."""
    first = lines[0].cells
    is_named = names_columns(first) or _names_days(first)
    if len(lines) < 2 or not (is_named or _names_amounts(first, lines[1].cells)):
        return (), lines
    second = lines[1].cells
    distinct = [cell for cell in first if cell]
    spanning = len(distinct) < len(first) or len(set(distinct)) < len(distinct)
    is_second = len(lines) > 2 and (
        (spanning and names_columns(second) and _is_unlike(second, lines[2].cells))
        or all(not cell or _is_unit(cell) for cell in second)
        or _completes(first, second, lines[2].cells)
    )
    if not is_second:
        return tuple(map(_in_words, first)), lines[1:]
    names = []
    above = ""
    for index, (upper, lower) in enumerate(zip(first, second, strict=True)):
        above = upper or (above if lower and index else "")
        names.append(" ".join(dict.fromkeys(filter(None, (above, lower)))))
    return tuple(names), lines[2:]


def _in_words(name: str) -> str:
    """The name of a column that a program wrote, as words: `amount_eur`, `paidOn`."""
    if " " in name or not (name.islower() or _CAMEL.search(name)):
        return name
    return _CAMEL.sub(" ", name).replace("_", " ").strip().lower()


def names_columns(cells: Sequence[str]) -> bool:
    """Whether a line may name columns: two or more cells, and no numbers but years."""
    filled = [cell for cell in cells if cell]
    return len(filled) > 1 and all(
        YEAR.fullmatch(cell) or not amounts.is_number(cell) or cell.isalpha() for cell in filled
    )


def _names_days(cells: Sequence[str]) -> bool:
    """Whether a line names columns by the days of a month, as that of a rota does: `Name`, 1, 2, 3."""
    numbers = [int(cell) for cell in cells if cell.isdecimal()]
    is_in_order = all(following == day + 1 for day, following in pairwise(numbers))
    return (
        len(numbers) >= FEWEST_DAYS
        and is_in_order
        and numbers[-1] <= 31
        and _LETTER.search(cells[0]) is not None
    )


def _completes(first: Sequence[str], second: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a line names the columns of which the one above names only groups, as merged cells do. It is
    empty where the line above names single columns, and the line below is not.
    """
    names = [cell for cell in second if cell]
    is_header = names_columns(second) or _names_days(("-", *names))
    return (
        is_header
        and not second[0]
        and len(set(names)) == len(names)
        and not all(first)
        and all(upper or lower for upper, lower in zip(first, second, strict=True))
        and all(lower or cell for lower, cell in zip(second, below, strict=True))
    )


def _names_amounts(cells: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a line names columns by amounts, such as `10 guests` above a plain number."""
    return (
        len(list(filter(None, cells))) > 1
        and any(map(str.isalpha, cells[0]))
        and not cells[0][0].isdigit()
        and all(
            not amounts.is_number(upper)
            or (any(map(str.isalpha, upper)) and not any(map(str.isalpha, lower)))
            for upper, lower in zip(cells, below, strict=True)
            if upper
        )
    )


def _is_unlike(second: Sequence[str], third: Sequence[str]) -> bool:
    """Whether a line has names where the line below has numbers."""
    return any(
        upper and amounts.is_number(lower) and (YEAR.fullmatch(upper) or not amounts.is_number(upper))
        for upper, lower in zip(second, third, strict=True)
    )


def _is_unit(cell: str) -> bool:
    bare = cell.strip("()[] ").casefold()
    return bare in amounts.CURRENCIES or bare == "%" or (cell.startswith(("(", "[")) and len(bare) < 8)


def _totals(rows: Sequence[Sequence[str]]) -> list[bool]:
    """For each row, whether it adds up others, or is a tax or fee between the last subtotal and the total."""
    labelled = any(cells[0] and not amounts.is_number(cells[0]) for cells in rows)
    found: list[bool] = []
    begins = 0
    end = _last_of_all(rows, labelled=labelled)
    for place, cells in enumerate(rows):
        is_total = _is_total(cells, is_last=place >= end, labelled=labelled)
        above = rows[begins:place]
        # The last row may be called by what it covers, such as `All days`, and be a total all the same.
        is_last_sum = place >= end and len(above) >= FEWEST_ADDED
        may_be_total = is_last_sum or _is_called_total(cells)
        found.append(is_total or (may_be_total and _adds_up(above, cells)))
        begins = place + 1 if found[-1] else begins
    # What is added to a subtotal, such as a tax: it is neither one of the things that are counted nor listed.
    last = len(rows) - 1
    subtotal = max((place for place in range(last) if found[place]), default=last)
    if rows and found[last] and subtotal + 1 < last and _adds_up(rows[subtotal:last], rows[last]):
        found[subtotal:] = [True] * (len(rows) - subtotal)
    return found


def _last_of_all(rows: Sequence[Sequence[str]], *, labelled: bool) -> int:
    """The place of the last row, or of the first of several that sum up all others: a total, then a mean."""
    end = len(rows) - 1
    while end > FEWEST_ADDED and _is_total(rows[end], is_last=True, labelled=labelled):
        end -= 1
    is_sum = end >= FEWEST_ADDED and _adds_up(rows[:end], rows[end])
    return end if is_sum else min(end + 1, len(rows) - 1)


def _is_total(cells: Sequence[str], *, is_last: bool, labelled: bool) -> bool:
    """Whether a row adds up others, as its label says or, in the last row, the lack of one.

    labelled: whether the first column of the table has labels.
    """
    words = folded(_label(cells)).strip(" :=").replace("-", " ")
    if not words:
        return is_last and labelled
    if words in _TOTAL_LABELS:
        return True
    # A row in the middle may be about a company whose name begins with Total.
    begins = any(words.startswith(f"{name} ") for name in _TOTAL_LABELS)
    return is_last and (begins or not tabular.AVERAGES.isdisjoint(_WORD.findall(words)))


def _is_called_total(cells: Sequence[str]) -> bool:
    """Whether the label of a row may be that of a total: `Total income`, `Income, total`, `Net`."""
    words = _WORD.findall(folded(_label(cells)))
    is_longer = len(words) > 1 and not _TOTAL_LABELS.isdisjoint((words[0], words[-1]))
    return is_longer or not calculation.BEFORE_TAX.isdisjoint(words)


def _adds_up(rows: Sequence[Sequence[str]], total: Sequence[str]) -> bool:
    """Whether numbers of `total` are the sums of those of `rows`.

    One such column is enough for several rows. A single row needs two, because two rows may share one
    number by chance.
    """
    sums = 0
    for index, cell in enumerate(total):
        column = amounts.column([*(row[index] for row in rows), cell]) if amounts.is_number(cell) else None
        if column is not None and column.values[-1] is not None:
            values = [each.value for each in column.values[:-1] if each is not None]
            sums += bool(values) and sum(values) == column.values[-1].value
    return sums >= (1 if len(rows) > 1 else 2)


def _label(cells: Sequence[str]) -> str:
    return next((cell for cell in cells if cell and not amounts.is_number(cell)), "")
