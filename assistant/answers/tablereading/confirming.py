"""Answers a question of yes or no from one row of a table.

Yes or no is what the cell says that is asked for: `no` in the column `Accidental damage`. If no column is
asked for, one row in which all words of the question stand means yes: the row of the survey says `done`. A
row that says something else does not mean no, because the answer may be elsewhere.
"""

from dataclasses import replace

from assistant.answers.stating import Result, column_name, read_cells, table_name
from assistant.answers.tablereading.columns import best_named, is_dated
from assistant.answers.tablereading.naming import called, where
from assistant.answers.tablereading.questions import TableQuestion
from assistant.answers.tablereading.roles import TableRoles
from assistant.answers.tablewords import says_yes, words_of
from assistant.answers.wanted import Act
from ingest.language import tabular

_AUXILIARIES = frozenset().union(*(openers for openers, _ in tabular.YES_NO), tabular.SO_FAR)
"""Words of a question of yes or no that ask for nothing by themselves."""


def yes_and_no(question: str) -> tuple[str, str] | None:
    """How to say yes and no to a question; None if it does not begin as one of yes or no does."""
    opener = next(iter(words_of(question)), "")
    if question.lstrip().startswith("À"):
        return None  # Folded, it is the French "a".
    return next((answer for openers, answer in tabular.YES_NO if opener in openers), None)


def confirmed(match: TableRoles, wanted: TableQuestion, answers: tuple[str, str]) -> Result | None:
    """What the one row that the question names says to it.

    answers: yes and no.
    """
    if wanted.act is not Act.LOOK_UP or wanted.bound or not match.is_selected or len(match.rows) != 1:
        return None
    if match.is_open:
        return None  # What is not understood may be the point.
    table, (row,) = match.table, match.rows
    dated = {index for index in range(len(table.header)) if is_dated(table, index)}
    if wanted.dates and dated and match.conditions.isdisjoint(dated):
        return None  # The row has dates, and none of them is the one that is asked about.
    asked = best_named(match, [index for index in match.columns if index not in match.conditions])
    saying = [index for index in asked if says_yes(row.cells[index]) is not None]
    asked = saying if len(saying) == 1 else asked
    if asked:  # Also by a verb: "did Tom pay" asks for what is in `Paid`.
        target, is_yes = asked[0], says_yes(row.cells[asked[0]])
    else:
        # "Did Joost bring it back" is not answered by the row that says that it was lent to him.
        says_more = any(word in tabular.ASIDES - _AUXILIARIES for word in wanted.words)
        target, is_yes = (
            max(match.conditions, default=0),
            (len(match.conditions) > 1 and not says_more) or None,
        )
    if len(asked) > 1 or is_yes is None:
        return None
    place = f"of {table_name(table)}{where(match, wanted)}"
    over = f"{column_name(table, target)} in {table_name(table)}"
    read = read_cells(table, [row], target, [called(match, row, target)], place, over)
    return replace(read, headline=f"{answers[0 if is_yes else 1]}. {read.headline}")


def leave_affirmed(match: TableRoles) -> None:
    """Leaves the rows with *yes* in each column of yes and no that the question names: of "the cheapest plan
    with legal cover", those with legal cover.
    """
    for index, weight in list(match.columns.items()):
        said = [says_yes(row.cells[index]) for row in match.table.records]
        if weight < 1 or index in match.conditions or not {True, False} <= set(said):
            continue
        match.rows = [row for row in match.rows if says_yes(row.cells[index])]
        match.conditions.add(index)
        match.is_selected = True
