"""Whether a question asks which value of a column most rows have: the supplier with the most products.

Rows are counted only if the question clearly counts rows: its noun names a column of texts that differ from
row to row, or names the table, and no column of numbers can be meant.
"""

from assistant.answers.grouping import largest_group, tells_apart
from assistant.answers.stating import Result
from assistant.answers.tablereading.columns import days_of, numeric_columns
from assistant.answers.tablereading.naming import where
from assistant.answers.tablereading.questions import TableQuestion
from assistant.answers.tablereading.roles import TableRoles
from assistant.answers.tablewords import same, words_of
from ingest.language import tabular


def most_rows(match: TableRoles, wanted: TableQuestion) -> Result | None:
    """The value, in the column after *which*, of the most rows; None if that is not what is asked for."""
    table = match.table
    named = match.by_word.get(wanted.head[0], ()) if wanted.head else ()
    if len(named) != 1 or not wanted.is_most or wanted.rank > 1 or wanted.bound or match.is_open:
        return None
    group = named[0]
    if table.column(group) is not None or match.is_guessed or not _are_rows(match, wanted, group):
        return None
    return largest_group(table, match.rows, group, where(match, wanted))


def _are_rows(match: TableRoles, wanted: TableQuestion, group: int) -> bool:
    """Whether the words beside those that select rows say that rows are counted."""
    table = match.table
    names = {word for name in table.names for word in words_of(name)}
    is_said = False
    for word in wanted.words:
        columns = match.by_word.get(word, ())
        if columns == (group,) or word in tabular.ASIDES or (word in match.in_cells and not columns):
            continue
        if columns:
            is_text = len(columns) == 1 and table.column(columns[0]) is None
            if not is_text or not tells_apart(table.records, columns[0]):
                return False
        elif not any(same(word, name) for name in names) or any(
            days_of(table, index) is None for index in numeric_columns(match)
        ):
            return False
        is_said = True
    return is_said
