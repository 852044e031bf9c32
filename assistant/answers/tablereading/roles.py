"""What each word of a question stands for in a table that the search found: a column, rows, or its name.

Here a word may also stand for a column or a cell that is called by another word: *dentist* for `Penhallow
Dental`, *bought* for the column `Purchase date`. Such a guess is kept apart, so that the answer can say that
it may not be what was asked. A word that stands for nothing means that the question is about something else,
unless questions about any table contain it.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.answers.dates import CalendarDate, Reading, take_dates
from assistant.answers.days import days
from assistant.answers.tablereading.likeness import Likeness, is_alike, is_misspelt
from assistant.answers.tablereading.questions import TableQuestion
from assistant.answers.tables import FoundTable, TableRow
from assistant.answers.tablewords import same, words_of
from ingest.keywords import folded
from ingest.language import measures, tabular

ALIKE_HEADER, ALIKE_CELL = 0.6, 0.62
"""Cosine similarity from which a word may stand for the name of a column, or for a cell."""

SENTENCE = 4
"""Words of the shortest line that says something."""

PROSE = 20_000
"""Characters of a document in which words beside a table are looked for."""

_MONTHS = {folded(form): number for form, number in measures.MONTHS.items()}
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


@dataclass(slots=True)
class TableRoles:
    """How a table accounts for the words of a question."""

    table: FoundTable
    """The table."""
    columns: dict[int, float] = field(default_factory=dict)
    """Columns that words name, with the weight of these words."""
    rows: list[TableRow] = field(default_factory=list)
    """The rows that the words select; all records if they select none."""
    conditions: set[int] = field(default_factory=set)
    """The columns whose cells select them."""
    is_selected: bool = False
    """Whether any word selects rows."""
    weight: float = 0.0
    """How much of the question stands in the table itself."""
    guessed: list[str] = field(default_factory=list)
    """Words that stand for something called by another word, or for nothing that was found."""
    is_open: bool = False
    """Whether one of them stands for nothing. Then the rest must be clear."""
    in_cells: set[str] = field(default_factory=set)
    """Words that stand in cells."""
    by_word: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """The columns that each word names."""


def roles_of(
    table: FoundTable, others: Sequence[FoundTable], question: TableQuestion, likeness: Likeness
) -> TableRoles | None:
    """How `table` accounts for the words of `question`; None if a word stands for nothing in it.

    others: the other tables of the document. What only they are called says nothing about this one.
    """
    found = TableRoles(table, rows=list(table.records))
    everywhere = {table.document.title, *table.names[-2:]}
    foreign = {
        word
        for other in others
        for name in other.names[:1]
        if name not in everywhere
        for word in words_of(name)
    } - set(words_of(table.names[0]))
    own = {word for name in table.names for word in words_of(name)} - foreign
    sentences = _prose((table, *others))
    beside = own | {word for line in sentences[1] for word in words_of(line)}
    if not _select_dates(found, question.dates, question.edge, beside):
        return None
    prose = {word for line in (*sentences[0], *sentences[1]) for word in words_of(line)} - foreign
    vocabulary = _Vocabulary(table, own, prose, question.head[:1], likeness)
    selecting: list[_Selecting] = []
    for word in question.words:
        meaning = vocabulary.meaning(word)
        if meaning is None:
            if found.is_open or word in foreign or _is_needed(word, question):
                return None
            found.is_open = True
            found.guessed.append(word)
            continue
        _note(found, word, meaning)
        if condition := _condition(word, meaning):
            selecting.append(condition)
            if condition.must or condition.is_whole:
                found.conditions |= set(meaning.cells)
    _select_by_notes(found, [word for word in question.words if word not in question.head[:1]])
    return found if _select(found, selecting) else None


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a word may stand for."""

    columns: list[int]
    """Columns whose name it is in."""
    cells: dict[int, list[TableRow]]
    """By column, the rows in whose cell it is."""
    is_known: bool
    """Whether it is in the names of the table or beside it."""
    is_name: bool = False
    """Whether it is in the names of the table."""
    is_guess: bool = False
    """Whether the table calls it otherwise."""


class _Vocabulary:
    """The words of a table, in its header, its cells, its names and beside it."""

    def __init__(
        self, table: FoundTable, names: set[str], prose: set[str], head: Sequence[str], likeness: Likeness
    ) -> None:
        """
        names, prose: the words of the table's names, and of what stands beside it. head: the word that names
        what is asked for, which the embedder does not guess: a mark in geography is none in history.
        """
        self._table = table
        self._names = names
        self._prose = prose
        self._head = head
        self._likeness = likeness
        self._headers = [words_of(header) for header in table.header]

    def meaning(self, word: str) -> _Meaning | None:
        """What `word` stands for; None if it stands for nothing."""
        named = [index for index, header in enumerate(self._headers) if _is_in(word, header)]
        if word in tabular.ASIDES:
            return _Meaning(named or self._grouped(word), {}, is_known=True)
        # A number in the name of a column is not looked for among the numbers below.
        cells = {} if named and word.isdigit() else _cells_with(self._table, word)
        is_name = any(same(word, each) for each in self._names)
        is_known = is_name or any(same(word, each) for each in self._prose)
        if named or cells or is_known:
            return _Meaning(named, cells, is_known, is_name=is_name)
        if any(is_misspelt(word, each) for each in self._names | self._prose):
            return _Meaning([], {}, is_known=True)
        likeness = Likeness(None) if word in self._head else self._likeness
        named = self._called_otherwise(word, likeness)
        cells = {} if named else _cells_like(self._table, word, likeness)
        return _Meaning(named, cells, is_known=False, is_guess=True) if named or cells else None

    def _called_otherwise(self, word: str, likeness: Likeness) -> list[int]:
        """The columns that `word` may mean although they are called by another word."""
        if any(map(str.isdigit, word)):
            return []
        alike = [i for i, header in enumerate(self._headers) if any(is_alike(word, each) for each in header)]
        return self._grouped(word) or alike or likeness.of(word, self._table.header, ALIKE_HEADER)

    def _grouped(self, word: str) -> list[int]:
        """The columns whose name is in a group of words (`tabular.SAME_COLUMN`) with `word`."""
        groups = [group for group in tabular.SAME_COLUMN if any(same(word, each) for each in group)]
        return [
            index
            for index, header in enumerate(self._headers)
            if any(same(each, member) for group in groups for each in header for member in group)
        ]


@dataclass(frozen=True, slots=True)
class _Selecting:
    """A word that selects rows."""

    rows: set[int]
    """The rows, by `id`."""
    must: bool
    """Whether nothing else accounts for the word."""
    is_whole: bool
    """Whether it is the whole text of a cell."""


def _is_in(word: str, header: Sequence[str]) -> bool:
    """Whether the name of a column contains a word, also one that is two words there: netrent."""
    joined = ("".join(pair) for pair in itertools.pairwise(header))
    return any(same(word, each) for each in header) or word in joined


def _condition(word: str, meaning: _Meaning) -> _Selecting | None:
    """How a word selects rows; None if it does not, because the table is called by it."""
    is_whole = any(words_of(row.cells[i]) == (word,) for i, rows in meaning.cells.items() for row in rows)
    must = not (meaning.columns or meaning.is_known)
    if not meaning.cells or (meaning.is_name and not meaning.columns and not is_whole):
        return None
    return _Selecting({id(row) for rows in meaning.cells.values() for row in rows}, must, is_whole)


def _note(found: TableRoles, word: str, meaning: _Meaning) -> None:
    """Adds what a word stands for to `found`."""
    is_aside = word in tabular.ASIDES
    for index in meaning.columns:
        # Of two columns, the one with the shorter name is called by the word more closely.
        closeness = 0.1 / len(words_of(found.table.header[index]) or (word,))
        weight = (0.5 if is_aside else 1.0) + closeness
        found.columns[index] = found.columns.get(index, 0.0) + weight
    if meaning.columns:
        found.by_word[word] = tuple(meaning.columns)
    if meaning.cells:
        found.in_cells.add(word)
    if meaning.is_guess:
        found.guessed.append(word)
    if not is_aside:
        found.weight += 1.0 if meaning.columns or meaning.cells else 0.3


def _select_by_notes(found: TableRoles, words: Sequence[str]) -> None:
    """Leaves the rows whose note, if they have one, holds two words of the question or more."""
    table = found.table
    if table.header[-1]:
        return
    noted = [
        row
        for row in found.rows
        if sum(any(same(word, each) for each in words_of(row.cells[-1])) for word in words) > 1
    ]
    if noted:
        found.rows, found.is_selected = noted, True


def _is_needed(word: str, question: TableQuestion) -> bool:
    """Whether a question is about something else if this word stands for nothing."""
    return (
        not word.isalpha()
        or word in question.names
        or word in question.head[:1]
        or word in tabular.ORDINALS
        or word in tabular.EARLIEST
    )


def _select(found: TableRoles, selecting: Sequence[_Selecting]) -> bool:
    """Leaves the rows that hold all words that nothing else accounts for; whether there are any."""
    for condition in sorted(selecting, key=lambda each: not each.must):
        left = [row for row in found.rows if id(row) in condition.rows]
        if left:
            found.rows, found.is_selected = left, True
        elif condition.must:
            return False
    return True


def _cells_with(table: FoundTable, word: str) -> dict[int, list[TableRow]]:
    """By column, the records with a form of `word` in their cell."""
    found: dict[int, list[TableRow]] = {}
    for row in table.records:
        for index, cell in enumerate(row.cells):
            if not table.header[index] or (word.isdigit() and cell_dates(cell)):
                continue
            if cell and any(same(word, other) for other in words_of(cell)):
                found.setdefault(index, []).append(row)
    return found


def _cells_like(table: FoundTable, word: str, likeness: Likeness) -> dict[int, list[TableRow]]:
    """By column, the records whose cell may be called by `word`, of columns of text."""
    if any(map(str.isdigit, word)):
        return {}
    texts: dict[str, list[tuple[int, TableRow]]] = {}
    for index in range(len(table.header)):
        if table.header[index] and table.column(index) is None:
            for row in table.records:
                if row.cells[index] and not row.cells[index][0].isdigit():
                    texts.setdefault(row.cells[index], []).append((index, row))
    names = list(texts)
    alike = [
        place for place, name in enumerate(names) if any(is_alike(word, each) for each in words_of(name))
    ]
    alike = alike or likeness.of(word, names, ALIKE_CELL)
    found: dict[int, list[TableRow]] = {}
    for place in alike:
        for index, row in texts[names[place]]:
            found.setdefault(index, []).append(row)
    return found


def _prose(tables: Sequence[FoundTable]) -> tuple[list[str], list[str]]:
    """The lines of the document that are no rows of its tables: short ones, and those of a sentence."""
    text = "\n".join(tables[0].document.pages[:2])[:PROSE]
    for table in tables:
        for row in table.rows:
            text = text.replace(row.quote, " ")
    lines = [line for line in text.splitlines() if "|" not in line]
    return [line for line in lines if len(line.split()) < 4], [
        line for line in lines if len(line.split()) > 3
    ]


# Dates


def _select_dates(found: TableRoles, dates: Sequence[CalendarDate], edge: str, known: set[str]) -> bool:
    """Leaves the rows of each date of the question; whether the table or its names account for all.

    edge: see `TableQuestion.edge`. known: words of the names and of sentences beside the table.
    """
    years = {int(word) for word in known if _YEAR.fullmatch(word)}
    years |= {int(year) for word in known for year in _YEAR.findall(word)}
    records = found.table.records
    dated = {
        index: dict(zip(map(id, records), column_dates(found.table, index), strict=True))
        for index in range(len(found.table.header) if dates else 0)
    }
    for date in dates:
        by_column: dict[int, list[TableRow]] = {}
        for index, by_row in dated.items():
            for row in found.rows:
                if any(_fits(asked, stated, years) for asked in date.readings for stated in by_row[id(row)]):
                    by_column.setdefault(index, []).append(row)
        if by_column:
            # The column that comes first: a row is about its own day before any deadline.
            index = min(by_column)
            if len(by_column[index]) < len(found.rows):
                found.is_selected = True
            found.rows = by_column[index]
            if edge and len(found.rows) > 1:
                found.rows, found.is_selected = found.rows[-1:] if edge == "last" else found.rows[:1], True
            found.conditions.add(index)
            found.weight += 1
            continue
        if not _is_named(date, found.table, years, known):
            return False
        named = [
            (max(cell_dates(header), key=_in_order), index)
            for index, header in enumerate(found.table.header)
            if any(_fits(asked, stated, years) for asked in date.readings for stated in cell_dates(header))
        ]
        # Of the columns `1 January` and `31 December`, the end of the year means the second.
        exact = [each for each in named if each[0][2]] if edge else []
        if exact:
            choose = max if edge == "last" else min
            named = [choose(exact, key=lambda each: _in_order(each[0]))]
        for _, index in named:
            found.columns[index] = found.columns.get(index, 0.0) + 1
    return True


def column_dates(table: FoundTable, index: int) -> list[list[Reading]]:
    """What each cell of a column may mean as a date. A day above twelve in one cell decides for all of them
    whether 03/05/2025 is in March or in May.
    """
    cells = [row.cells[index] for row in table.records]
    decided = days(cells)
    readings = [cell_dates(cell) for cell in cells]
    return [
        [(day.year, day.month, day.day)] if day and len(set(each)) > 1 else each
        for each, day in zip(readings, decided, strict=True)
    ]


def cell_dates(cell: str) -> list[Reading]:
    """What a cell may mean as a date: a day, a month by its name, a year."""
    dates: list[CalendarDate] = []
    left = take_dates(cell, dates)
    if dates:
        return [reading for date in dates for reading in date.readings]
    if (word := folded(left.strip(" ."))) in _MONTHS:
        return [(None, _MONTHS[word], None)]
    return [(int(year), None, None) for year in _YEAR.findall(left)]


def _in_order(reading: Reading) -> tuple[int, ...]:
    return tuple(part or 0 for part in reading)


def _fits(asked: Reading, stated: Reading, years: set[int]) -> bool:
    """Whether a cell is within what is asked for. A year that the cell leaves out may be in the names."""
    if asked[0] and not stated[0] and years and asked[0] not in years:
        return False
    if asked[0] and not stated[0] and not (stated[1] and asked[1]):
        return False
    return all(
        want is None or have == want or (have is None and place == 0)
        for place, (want, have) in enumerate(zip(asked, stated, strict=True))
    )


def _is_named(date: CalendarDate, table: FoundTable, years: set[int], known: set[str]) -> bool:
    """Whether the names of the table, its document or a column say the month or year that is asked for."""
    in_headers = [reading for header in table.header for reading in cell_dates(header)]
    for year, month, day in date.readings:
        if any(_fits((year, month, day), stated, years) for stated in in_headers):
            return True
        months = {_MONTHS[word] for word in known if word in _MONTHS}
        if day is None and (year is None or year in years) and (month is None or month in months):
            return True
    return False
