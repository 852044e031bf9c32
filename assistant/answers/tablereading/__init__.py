"""Answers a question from a table that the search found: a cell, rows, a rank, a count, a sum.

`assistant.answers.computing` reads all tables of a library, so every word of a question must stand in the one
that answers. Here the search has found the document, and a word may stand for something that is called by
another (`roles`). Nothing is answered if a word stands for nothing, if no row holds what only cells can hold,
if the cell is empty, or if it is not clear which column is meant.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from assistant.answers.questions import asks_yes_or_no
from assistant.answers.stating import Result
from assistant.answers.tablereading.calendars import by_day
from assistant.answers.tablereading.cells import look_up, whole_row
from assistant.answers.tablereading.columns import compared_dates, is_of_parts, starts_life, states_excess
from assistant.answers.tablereading.comparing import CLEAR_WEIGHT, TableComparison, compare, comparison
from assistant.answers.tablereading.confirming import confirmed, leave_affirmed, yes_and_no
from assistant.answers.tablereading.counting import count
from assistant.answers.tablereading.extremes import extreme
from assistant.answers.tablereading.likeness import Likeness
from assistant.answers.tablereading.notes import annotated
from assistant.answers.tablereading.paying import is_paid_by_row, leave_paid, paid, states_debts
from assistant.answers.tablereading.questions import TableQuestion, table_questions
from assistant.answers.tablereading.roles import DocumentTables, TableRoles, is_by_month, roles_of
from assistant.answers.tablereading.stocks import leave_below_least
from assistant.answers.tablereading.summing import average, total
from assistant.answers.tables import tables
from assistant.answers.tablewords import words_of
from assistant.answers.wanted import Act
from ingest.catalogue.records import DocumentContent
from ingest.embedding import Embedder
from ingest.language import comparatives

LONGEST = 20_000
"""Rows of the longest table that is read."""

LEAST_WEIGHT = 0.6
"""Words of a question that must occur in the table itself; `CLEAR_WEIGHT` if a word stands for nothing."""


@dataclass(frozen=True, slots=True)
class TableReading:
    """What a table answers."""

    result: Result
    """The value with what it rests on."""
    is_sure: bool
    """Whether every word stood for something that is called by it."""


def read_tables(
    question: str, documents: Iterable[DocumentContent], embedder: Embedder | None
) -> TableReading | None:
    """What the first of `documents` with a table that answers says; None if none does.

    embedder: tells which words may mean the same; None leaves that to the words themselves.
    """
    likeness = Likeness(embedder)
    yes_no = yes_and_no(question) if asks_yes_or_no(question) else None
    questions = table_questions(question) if yes_no or not asks_yes_or_no(question) else []
    is_of_excess = comparatives.EXCESS.search(question) is not None
    compared = comparison(question)
    searched = list(documents) if questions or compared else []
    for place, document in enumerate(searched):
        found = DocumentTables(
            [
                by_day(annotated(table))
                for table in tables(document)
                if any(table.header) and len(table.rows) <= LONGEST
            ]
        )
        if compared is not None and (reading := _compared(found, compared, likeness)):
            return reading
        for wanted in questions:
            readings: list[tuple[tuple[float, bool, int, int], TableReading]] = []
            is_implied = False
            for table in found.tables:
                if is_of_excess and wanted.bound is None and not states_excess(table):
                    continue
                named = {word for header in table.header for word in words_of(header)}
                if not wanted.numbers <= named:
                    continue
                match = roles_of(table, found, wanted, likeness)
                if match is not None and not match.is_open and _is_of_life(match, wanted):
                    is_implied = match.weight < LEAST_WEIGHT
                    match.weight += 1
                if match is not None and wanted.is_below:
                    match.weight += 1  # Both columns are asked for.
                if match is None or match.weight < (CLEAR_WEIGHT if match.is_open else LEAST_WEIGHT):
                    continue
                if (match.is_open and not _is_clear(match, wanted)) or is_of_parts(match, wanted):
                    continue
                result = confirmed(match, wanted, yes_no) if yes_no else _acted(match, wanted)
                if result is not None:
                    # A table whose rows are called what is asked about comes before one that mentions it.
                    names = -min(match.conditions, default=0)
                    said = len(result.values) if wanted.is_whole else 0
                    rank = (match.weight, not match.is_guessed, names, said)
                    readings.append((rank, TableReading(result, is_sure=not match.is_guessed)))
            best = max((rank for rank, _ in readings), default=None)
            chosen = [reading for rank, reading in readings if rank == best]
            if chosen:
                if sum(rank[0] == best[0] for rank, _ in readings if best) > 1:
                    # Another table has as much of the question.
                    chosen = [replace(reading, is_sure=False) for reading in chosen]
                # "The oldest" names no table: if another document has one with births, it may be meant.
                is_clear = len(chosen) == 1 and not (
                    is_implied and read_tables(question, searched[place + 1 :], embedder)
                )
                return chosen[0] if is_clear else None
    return None


def _is_clear(match: TableRoles, wanted: TableQuestion) -> bool:
    """Whether the rows are named twice, or with the column, so that one word may stand for nothing."""
    named = len(match.conditions) > 1 or any(
        weight >= 1 and index not in match.conditions for index, weight in match.columns.items()
    )
    return match.is_selected and (named or wanted.who or wanted.when or wanted.money or wanted.number)


def _is_of_life(match: TableRoles, wanted: TableQuestion) -> bool:
    """Whether the superlative itself stands for a column: *oldest* for that of births."""
    index = compared_dates(match, wanted) if wanted.is_life or wanted.is_newest else None
    return index is not None and starts_life(match.table.header[index], wanted)


def _compared(found: DocumentTables, asked: TableComparison, likeness: Likeness) -> TableReading | None:
    """The one comparison with the most weight; None if there are none or several."""
    results = [result for result in compare(found, asked, likeness) if result[1] >= LEAST_WEIGHT]
    best = max((weight for _, weight, _ in results), default=0.0)
    chosen = [TableReading(result, is_sure) for result, weight, is_sure in results if weight == best]
    return chosen[0] if len(chosen) == 1 else None


# Acts


def _acted(match: TableRoles, wanted: TableQuestion) -> Result | None:
    is_amount = wanted.act is Act.TOTAL or (wanted.act is Act.LOOK_UP and (wanted.number or wanted.money))
    if wanted.is_owed and not states_debts(match.table):
        return None
    if wanted.is_paid and is_amount and is_by_month(match):
        return None  # What was paid altogether is in several columns.
    match.is_guessed = match.is_guessed or (wanted.is_timed and not wanted.is_owed)
    if wanted.is_whole:
        return whole_row(match)
    if wanted.is_below and not leave_below_least(match):
        return None
    if wanted.act in {Act.COUNT, Act.HIGHEST, Act.LOWEST} or wanted.is_list:
        leave_affirmed(match)
    if not wanted.is_paid or wanted.who or wanted.when or wanted.where or wanted.is_list:
        return _ACTS[wanted.act](match, wanted)
    if is_amount and is_paid_by_row(match.table):
        return paid(match, wanted)
    return _ACTS[wanted.act](match, wanted) if leave_paid(match, wanted) else None


_ACTS: dict[Act, Callable[[TableRoles, TableQuestion], Result | None]] = {
    Act.LOOK_UP: look_up,
    Act.COUNT: count,
    Act.TOTAL: total,
    Act.AVERAGE: average,
    Act.HIGHEST: extreme,
    Act.LOWEST: extreme,
}
