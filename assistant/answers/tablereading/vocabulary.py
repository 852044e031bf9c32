"""What a word may stand for in a table: names of columns, cells, the table's names, or what is beside it."""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answers.dates import MONTHS, cell_dates
from assistant.answers.tablereading.dating import has_dates
from assistant.answers.tablereading.likeness import Likeness, is_alike, is_misspelt
from assistant.answers.tablereading.questions import TableQuestion
from assistant.answers.tables import FoundTable, TableRow
from assistant.answers.tablewords import inflected, is_abbreviation, is_numbered, same, words_of
from assistant.answers.wanted import Act
from ingest.language import calculation, tabular

CLEAR_BEGINNING = 4
"""Letters of the beginning of a word that certainly abbreviate it in the name of a column."""

ALIKE_HEADER, ALIKE_CELL = 0.6, 0.62
"""Cosine similarity from which a word may stand for the name of a column, or for a cell."""


@dataclass(frozen=True, slots=True)
class WordMeaning:
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


class TableVocabulary:
    """The words of a table, in its header, its cells, its names and beside it."""

    def __init__(
        self, table: FoundTable, names: set[str], prose: set[str], question: TableQuestion, likeness: Likeness
    ) -> None:
        """
        names, prose: the words of the table's names, and of what is beside it. The word of `question`
        that names what is asked for is not guessed by the embedder: a *mark* in geography is not one in
        history.
        """
        self._table = table
        self._names = names
        self._prose = prose
        self._head = question.head[:1]
        self._counted = question.head[:1] if question.act is Act.COUNT else ()
        self._proper = question.names
        self._ordinals = question.ordinals
        self._words = question.words
        self._likeness = likeness
        self._headers = [words_of(header) for header in table.header]

    def columns(self, word: str) -> list[int]:
        """The columns that a word names: by itself, abbreviated or by another word."""
        named = [index for index, header in enumerate(self._headers) if _is_in(word, header)]
        return named or self._abbreviated(word) or self._grouped(word)

    def meaning(self, noun: str, word: str) -> WordMeaning | None:
        """What `word` stands for; None if it stands for nothing.

        noun: the word before it, to which a number may belong.
        """
        named = [
            index
            for index, header in enumerate(self._headers)
            if _is_in(word, header) and is_numbered(word, header, noun)
        ]
        is_aside = word in tabular.ASIDES and word not in self._proper
        if is_aside and (named or not self._is_cell(word)):
            return WordMeaning(named or self._grouped(word), {}, is_known=True)
        abbreviated = [] if named else self._abbreviated(word)
        # "Fr" is more likely to be for another word than "Chem" is.
        is_short = bool(abbreviated) and self._begins_short(word, abbreviated)
        named = named or abbreviated
        # A number in the name of a column is not looked for among the numbers below.
        cells = {} if named and word.isdigit() else _cells_with(self._table, word)
        if word in self._ordinals:
            cells = self._of_number(word, cells) if word.isdigit() else self._phrased(word, cells)
        is_name = any(same(word, each) for each in self._names)
        if word in self._ordinals:
            is_known = is_name and not word.isdigit()
            return WordMeaning(named, cells, is_known, is_name) if named or cells or is_known else None
        is_known = is_name or any(same(word, each) for each in self._prose)
        if is_known and not (is_name or named or cells) and (grouped := self._grouped(word)):
            return WordMeaning(grouped, {}, is_known=True, is_guess=True)
        if named or cells or is_known:
            return WordMeaning(named, cells, is_known, is_name=is_name, is_guess=is_short)
        if any(is_misspelt(word, each) for each in self._names | self._prose):
            return WordMeaning([], {}, is_known=True)
        if word in self._counted and word in tabular.EVENTS and has_dates(self._table):
            return WordMeaning([], {}, is_known=True, is_guess=True)
        if cells := self._cells_called_otherwise(word):
            return WordMeaning([], cells, is_known=False)
        likeness = Likeness(None) if word in self._head else self._likeness
        named = self._called_otherwise(word, likeness)
        cells = {} if named else _cells_like(self._table, word, likeness)
        return WordMeaning(named, cells, is_known=False, is_guess=True) if named or cells else None

    def _of_number(self, word: str, cells: dict[int, list[TableRow]]) -> dict[int, list[TableRow]]:
        """Those of some cells that number the rows, or are in the column that the next word names: *first
        floor*."""
        place = self._words.index(word)
        named = {
            index
            for following in self._words[place + 1 : place + 2]
            for index, header in enumerate(self._headers)
            if index in cells and _is_in(following, header)
        }
        return {index: cells[index] for index in named} or _numbered(self._table, cells)

    def _phrased(self, word: str, cells: dict[int, list[TableRow]]) -> dict[int, list[TableRow]]:
        """Those of some cells that are a word such as *first* alone, or in which a word of the question
        follows it."""
        found: dict[int, list[TableRow]] = {}
        for index, rows in cells.items():
            for row in rows:
                said = words_of(row.cells[index])
                pairs = itertools.pairwise(said)
                if said == (word,) or any(
                    same(word, one) and any(same(each, other) for each in self._words) for one, other in pairs
                ):
                    found.setdefault(index, []).append(row)
        return found

    def _is_cell(self, word: str) -> bool:
        """Whether a word is the whole text of some cell, such as a status: *open*, *delivered*."""
        return any(words_of(cell) == (word,) for row in self._table.records for cell in row.cells)

    def _abbreviated(self, word: str) -> list[int]:
        """The columns whose name has an abbreviation of a word: `Chem`, `Serv. chg`, `Pts`."""
        return [
            index
            for index, header in enumerate(self._headers)
            if any(is_abbreviation(each, word) and each not in MONTHS for each in header)
        ]

    def _begins_short(self, word: str, columns: Sequence[int]) -> bool:
        """Whether the names of some columns have only the first letters of a word, and three or fewer."""
        short = [each for index in columns for each in self._headers[index] if is_abbreviation(each, word)]
        return all(word.startswith(each) and len(each) < CLEAR_BEGINNING for each in short)

    def _cells_called_otherwise(self, word: str) -> dict[int, list[TableRow]]:
        """By column, the rows whose whole cell is in a group of words (`tabular.SAME_CELL`) with `word`."""
        group = next((group for group in tabular.SAME_CELL if word in group), frozenset())
        found: dict[int, list[TableRow]] = {}
        for row in self._table.records if group else ():
            for index, cell in enumerate(row.cells):
                if len(said := words_of(cell)) == 1 and said[0] in group:
                    found.setdefault(index, []).append(row)
        return found

    def _called_otherwise(self, word: str, likeness: Likeness) -> list[int]:
        """The columns that `word` may mean although they are called by another word."""
        if any(map(str.isdigit, word)):
            return []
        alike = [i for i, header in enumerate(self._headers) if any(is_alike(word, each) for each in header)]
        return self._grouped(word) or alike or likeness.of(word, self._table.header, ALIKE_HEADER)

    def _grouped(self, word: str) -> list[int]:
        """The columns whose name is in a group of words (`tabular.SAME_COLUMN`) with `word`."""
        groups = _groups_of(word)
        return [
            index
            for index, header in enumerate(self._headers)
            if groups and any(not groups.isdisjoint(_groups_of(each)) for each in header)
        ]


@functools.lru_cache(maxsize=10_000)
def _groups_of(word: str) -> frozenset[int]:
    """The places of the groups of words (`tabular.SAME_COLUMN`) that have a form of a word."""
    return frozenset(
        place
        for place, group in enumerate(tabular.SAME_COLUMN)
        if word in group or any(same(word, each) for each in group)
    )


def _is_in(word: str, header: Sequence[str]) -> bool:
    """Whether the name of a column contains a word, also one that is two words there: netrent."""
    joined = ("".join(pair) for pair in itertools.pairwise(header))
    participles = {f"{word}n", f"{word}en"}  # "When did I sow" asks for the column `Sown`.
    return any(same(word, each) or each in participles for each in header) or word in joined


def _cells_with(table: FoundTable, word: str) -> dict[int, list[TableRow]]:
    """By column, the records with a form of `word` in their cell."""
    found: dict[int, list[TableRow]] = {}
    for row in table.records:
        for index, cell in enumerate(row.cells):
            if not table.header[index] or (word.isdigit() and cell_dates(cell)):
                continue
            if cell and any(inflected(word, other) for other in words_of(cell)):
                found.setdefault(index, []).append(row)
    return found


def _numbered(table: FoundTable, cells: dict[int, list[TableRow]]) -> dict[int, list[TableRow]]:
    """Those of some cells that are numbers from 1 on, by which a column numbers its rows."""
    found = {}
    for index in cells:
        numbers = {row.cells[index].rstrip(".") for row in table.records if row.cells[index]}
        is_amount = not calculation.QUANTITIES.isdisjoint(words_of(table.header[index]))
        if numbers == {str(number) for number in range(1, len(numbers) + 1)} and not is_amount:
            found[index] = cells[index]
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
