"""What each word of a question stands for in a table that the search found: a column, rows, or its name.

Here a word may also stand for a column or a cell that is called by another word: *dentist* for `Penhallow
Dental`, *bought* for the column `Purchase date`. Such a guess is kept apart, so that the answer can say that
it may not be what was asked. A word that stands for nothing means that the question is about something else,
unless questions about any table contain it.
"""

import functools
import itertools
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.answers.dates import MONTHS, YEAR, CalendarDate, cell_dates
from assistant.answers.sides import is_of_side
from assistant.answers.tablereading.dating import column_dates, fits, in_order
from assistant.answers.tablereading.likeness import Likeness
from assistant.answers.tablereading.questions import TableQuestion
from assistant.answers.tablereading.vocabulary import TableVocabulary, WordMeaning
from assistant.answers.tables import FoundTable, TableRow
from assistant.answers.tablewords import same, words_of
from ingest.language import tabular

_YEARS = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:\s?[/–-]\s?(\d\d)(?![\d/–-]))?")
"""A year, with the two digits after it if it is one of two: 2023/24."""

SENTENCE = 4
"""Words of the shortest line that says something."""

PROSE = 20_000
"""Characters of a document in which words beside a table are looked for."""


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
    """How much of the question occurs in the table itself."""
    is_guessed: bool = False
    """Whether it may not be what was asked: a word stands for something called by another word, or for
    nothing that was found, or it is not clear which column is meant."""
    is_open: bool = False
    """Whether a word stands for nothing. Then the rest must be clear."""
    in_cells: set[str] = field(default_factory=set)
    """Words that occur in cells."""
    by_word: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """The columns that each word names."""
    dated: set[int] = field(default_factory=set)
    """The columns whose name is just a month or year of the question."""
    stated: dict[int, str] = field(default_factory=dict)
    """What the rows have in common in columns whose cells share no word with the question."""


class DocumentTables:
    """The tables of one document, and the words that are beside them."""

    def __init__(self, tables: Sequence[FoundTable]) -> None:
        self.tables = tables

    @functools.cached_property
    def names(self) -> list[tuple[str, ...]]:
        """The words of the closest name of each table."""
        return [words_of(table.names[0]) for table in self.tables]

    @functools.cached_property
    def beside(self) -> tuple[frozenset[str], frozenset[str]]:
        """The words outside the tables: those of short lines, and those of longer lines (`SENTENCE`)."""
        text = "\n".join(self.tables[0].document.pages[:2])[:PROSE]
        for table in self.tables:
            for row in table.rows:
                text = text.replace(row.quote, " ")
        words: tuple[set[str], set[str]] = (set(), set())
        for line in text.splitlines():
            if "|" not in line:
                words[len(line.split()) >= SENTENCE].update(words_of(line))
        return frozenset(words[0]), frozenset(words[1])


def roles_of(
    table: FoundTable, document: DocumentTables, question: TableQuestion, likeness: Likeness
) -> TableRoles | None:
    """How `table` accounts for the words of `question`; None if a word stands for nothing in it.

    document: the tables of its document. A word that is only in the names of the others is ignored.
    """
    if not is_of_side(table, question.side):
        return None
    found = TableRoles(table, rows=list(table.records))
    everywhere = {table.document.title, *table.names[-2:]}
    foreign = {
        word
        for other, words in zip(document.tables, document.names, strict=True)
        if other is not table and other.names[0] not in everywhere
        for word in words
    } - set(words_of(table.names[0]))
    own = {word for name in table.names for word in words_of(name)} - foreign
    labels, sentences = document.beside
    prose = set(labels | sentences) - foreign
    vocabulary = TableVocabulary(table, own, prose, question, likeness)
    asked = question.words if question.dates else ()
    named = Counter(index for word in asked for index in vocabulary.columns(word))
    if not _select_dates(found, question.dates, question.edge, own | sentences, named):
        return None
    selecting: list[_Selecting] = []
    for place, (noun, word) in enumerate(itertools.pairwise(("", *question.words))):
        meaning = vocabulary.meaning(noun, word)
        if meaning is None:
            is_of_second = 0 < question.second <= place
            if found.is_open or is_of_second or word in foreign or _is_needed(word, question):
                return None
            found.is_open = found.is_guessed = True
            continue
        _note(found, word, meaning)
        if _is_of_name(place, question.words, own, meaning):
            continue
        if condition := _condition(word, meaning):
            selecting.append(replace(condition, is_second=0 < question.second <= place))
    selecting = [_beside_noun(condition, question.words, found.by_word) for condition in selecting]
    explicit = {i for i, weight in found.columns.items() if weight >= 1}
    for condition in selecting:
        if len(condition.by_column) > 1 and not explicit & condition.by_column.keys():
            # A name that occurs in several columns, none of which the question names.
            found.is_guessed = True
    selecting = [condition.within(explicit) for condition in selecting]
    for condition in selecting:
        if condition.must or condition.is_whole:
            found.conditions |= condition.by_column.keys()
    _select_by_notes(found, [word for word in question.words if word not in question.head[:1]])
    if _select(found, selecting):
        return found
    sides = question.words[: question.second], question.words[question.second :]
    # "The price of the lamp and the stock of the rug" asks for two things.
    is_of_one = not all(any(word in found.by_word for word in side) for side in sides)
    return found if is_of_one and not found.is_open and _select_two(found, selecting) else None


@dataclass(frozen=True, slots=True)
class _Selecting:
    """A word that selects rows."""

    word: str
    """The word."""
    by_column: dict[int, set[int]]
    """By column, the rows in whose cell it is, by `id`."""
    must: bool
    """Whether nothing else accounts for the word."""
    is_whole: bool
    """Whether it is the whole text of a cell."""
    is_second: bool = False
    """Whether it may be about a second row, after *and*."""
    is_guess: bool = False
    """Whether what the word stands for is a guess."""

    @property
    def rows(self) -> set[int]:
        """All rows, by `id`."""
        return set().union(*self.by_column.values())

    def within(self, columns: Collection[int]) -> "_Selecting":
        """The same in those of some columns in which it is; in all, if it is in none of them."""
        inside = {index: rows for index, rows in self.by_column.items() if index in columns}
        return replace(self, by_column=inside or self.by_column)


def _condition(word: str, meaning: WordMeaning) -> _Selecting | None:
    """How a word selects rows; None if it does not, because the table is called by it."""
    is_whole = any(words_of(row.cells[i]) == (word,) for i, rows in meaning.cells.items() for row in rows)
    must = not (meaning.columns or meaning.is_known)
    if not meaning.cells or (meaning.is_name and not meaning.columns and not is_whole):
        return None
    by_column = {index: {id(row) for row in rows} for index, rows in meaning.cells.items()}
    return _Selecting(word, by_column, must, is_whole, is_guess=meaning.is_guess)


def _is_of_name(place: int, words: Sequence[str], own: Collection[str], meaning: WordMeaning) -> bool:
    """Whether a number is part of a name of the table, with the word after it: 14 Mill Lane."""
    following = words[place + 1 : place + 2]
    is_named = meaning.is_name and not meaning.columns and words[place].isdigit()
    return is_named and any(same(word, other) for word in following for other in own)


def _beside_noun(
    condition: _Selecting, words: Sequence[str], columns: Mapping[str, Sequence[int]]
) -> _Selecting:
    """A number within the column that the word beside it names: of "the three-room flat on floor 1", the
    first in `Rooms` and the second in `Floor`.
    """
    if not condition.word.isdigit():
        return condition
    place = words.index(condition.word)
    for beside in (*words[place + 1 : place + 2], *words[max(0, place - 1) : place]):
        if named := [index for index in columns.get(beside, ()) if index in condition.by_column]:
            return condition.within(named)
    return condition


def _note(found: TableRoles, word: str, meaning: WordMeaning) -> None:
    """Adds what a word stands for to `found`."""
    is_aside = word in tabular.ASIDES
    for index in meaning.columns:
        # Of two columns, the one with the shorter name is called by the word more closely.
        closeness = 0.1 / len(words_of(found.table.header[index]) or (word,))
        weight = (0.5 if is_aside else 1.0) + closeness
        found.columns[index] = found.columns.get(index, 0.0) + weight
        is_other = found.dated and index not in found.dated and found.table.column(index) is not None
        if is_other and (is_aside or meaning.is_name):
            # In a table of rents, "the rent in March" is in the column `March`, and not in `Rent`.
            del found.columns[index]
    if meaning.columns:
        found.by_word[word] = tuple(meaning.columns)
    if meaning.cells:
        found.in_cells.add(word)
    if meaning.is_guess:
        found.is_guessed = True
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
    rows, is_selected = found.rows, found.is_selected
    for condition in sorted(selecting, key=lambda each: not each.must):
        left = [row for row in rows if id(row) in condition.rows]
        if left:
            # A column in which a word tells rows apart is not the one that is asked for.
            is_narrower = len(left) < len(rows) and not condition.is_guess
            others = condition.by_column.keys() - set(found.by_word.get(condition.word, ()))
            found.conditions |= others if is_narrower else set()
            rows, is_selected = left, True
        elif condition.must:
            return False
        elif condition.is_whole:
            found.is_guessed = True  # Other rows are called so, and not only the table.
    found.rows, found.is_selected = rows, is_selected
    return True


def _select_two(found: TableRoles, selecting: Sequence[_Selecting]) -> bool:
    """Selects the two rows that the words before and after *and* name in one column. Returns whether there
    are two.

    In "the red and the blue shirt", *red* may mean red trousers. So both cells must be named in full, or by
    equally many words.
    """
    columns = set(range(len(found.table.header)))
    for condition in selecting:
        if condition.must:
            columns &= condition.by_column.keys()
    if len(columns) != 1:
        return False
    column = columns.pop()
    rows: list[TableRow] = []
    lengths: list[int] = []
    are_whole = True
    for is_second in (False, True):
        side = [each for each in selecting if each.is_second is is_second and column in each.by_column]
        named = [row for row in found.rows if all(id(row) in each.by_column[column] for each in side)]
        if not side or len(named) != 1:
            return False
        rows += named
        lengths.append(len({each.word for each in side}))
        are_whole = are_whole and lengths[-1] == len(set(words_of(named[0].cells[column])))
    if rows[0] is rows[1] or not (are_whole or lengths[0] == lengths[1]):
        return False
    found.rows, found.is_selected, found.conditions = rows, True, {*found.conditions, column}
    return True


# Dates


def _select_dates(
    found: TableRoles, dates: Sequence[CalendarDate], edge: str, known: set[str], named_by: Counter[int]
) -> bool:
    """Leaves the rows of each date of the question; whether the table or its names account for all.

    edge: see `TableQuestion.edge`. known: words of the names and of sentences beside the table. named_by:
    how many words of the question name each column.
    """
    years = _years_of(found.table) or {int(year) for word in known for year in YEAR.findall(word)}
    records = found.table.records
    dated = {
        index: dict(zip(map(id, records), column_dates(found.table, index), strict=True))
        for index in range(len(found.table.header) if dates else 0)
    }
    day = found.table.day and (found.table.day.year, found.table.day.month, found.table.day.day)
    for date in dates:
        if date.is_of_noun and day and any(fits(asked, day, years) for asked in date.readings):
            continue  # "The actions of the March 2025 outage" may be due in April.
        by_column: dict[int, list[TableRow]] = {}
        # "The hours in 2024" are in the column `Hours 2024`, and not in the rows of those who joined then.
        in_headers = any(not set(date.readings).isdisjoint(cell_dates(name)) for name in found.table.header)
        for index, by_row in ({} if in_headers else dated).items():
            for row in found.rows:
                if any(fits(asked, stated, years) for asked in date.readings for stated in by_row[id(row)]):
                    by_column.setdefault(index, []).append(row)
        if by_column:
            # Without a name, the column that comes first: a row is about its own day before any deadline.
            index = min(by_column, key=lambda each: (-named_by[each], each))
            if len(by_column[index]) < len(found.rows):
                found.is_selected = True
            found.rows = by_column[index]
            if edge and len(found.rows) > 1:
                found.rows, found.is_selected = found.rows[-1:] if edge == "last" else found.rows[:1], True
            found.conditions.add(index)
            found.weight += 1
            continue
        several = {month for _, month, day in date.readings if not day}
        if len(several) > 1 or not _is_named(date, found.table, years, known):
            return False
        named = [
            (max(cell_dates(header), key=in_order), index)
            for index, header in enumerate(found.table.header)
            if any(fits(asked, stated, years) for asked in date.readings for stated in cell_dates(header))
        ]
        # Of the columns `1 January` and `31 December`, the end of the year means the second.
        exact = [each for each in named if each[0][2]] if edge else []
        if exact:
            choose = max if edge == "last" else min
            named = [choose(exact, key=lambda each: in_order(each[0]))]
        for _, index in named:
            found.columns[index] = found.columns.get(index, 0.0) + 1
            if _is_date(found.table.header[index]):
                found.dated.add(index)
    return True


def _years_of(table: FoundTable) -> set[int]:
    """The years of a table, in the closest of its names that states any: of two sheets `2023` and `2024`,
    each is about its own."""
    for name in table.names:
        found = [(int(year), next_year) for year, next_year in _YEARS.findall(name)]
        if found:
            following = {year + 1 for year, digits in found if digits == f"{(year + 1) % 100:02d}"}
            return following | {year for year, _ in found}
    return set()


def is_by_month(match: TableRoles) -> bool:
    """Whether the names of several columns are months or years, and the question names none of them."""
    table = match.table
    dated = [i for i, name in enumerate(table.header) if _is_date(name) and table.column(i) is not None]
    return len(dated) > 1 and not match.dated


def _is_date(header: str) -> bool:
    words = words_of(header)
    return bool(words) and all(word in MONTHS or YEAR.fullmatch(word) for word in words)


def _is_named(date: CalendarDate, table: FoundTable, years: set[int], known: set[str]) -> bool:
    """Whether the names of the table, its document or a column say the month or year that is asked for."""
    in_headers = [reading for header in table.header for reading in cell_dates(header)]
    for year, month, day in date.readings:
        if any(fits((year, month, day), stated, years) for stated in in_headers):
            return True
        months = {MONTHS[word] for word in known if word in MONTHS}
        if day is None and (year is None or year in years) and (month is None or month in months):
            return True
    return False
