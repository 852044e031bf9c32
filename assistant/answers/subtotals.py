"""The rows by which a table adds up each of its sections: `Total income` above `Total expenditure`.

Such a row answers a question about its section. Sections such as income and expenditure are not added
together. A total below the subtotal and the taxes of a bill is the total of the whole table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.answers.sides import side_of
from assistant.answers.tables import FoundTable, TableRow
from assistant.answers.tablewords import same, words_of
from assistant.answers.wanted import Act, Wanted
from ingest.keywords import STOP_WORDS
from ingest.language import calculation

_NO_SECTION = STOP_WORDS | {part for name in calculation.TOTAL_LABELS for part in words_of(name)}
"""Words in the label of a row of totals that do not name what it adds up."""


def has_sections(table: FoundTable) -> bool:
    """Whether the total of some rows, which its label names, is followed by other rows."""
    named = [place for place, row in enumerate(table.rows) if _section(row)]
    return any(not row.is_total for place in named[:1] for row in table.rows[place:])


def of_sections(
    table: FoundTable, wanted: Wanted, words: Sequence[str]
) -> Iterator[tuple[FoundTable, tuple[str, ...]]]:
    """The totals of sections that a question may ask for, each as a table of one row, with the words that
    this table must account for.

    words: those of the question. All words for the section must be among them, or say on which side of an
    account the question is, as `expenditure` does for `spent`.
    """
    if wanted.act not in {Act.TOTAL, Act.LOOK_UP}:
        return
    for row in table.rows:
        section = _section(row)
        is_named = bool(section) and all(any(same(word, other) for other in words) for word in section)
        is_of_side = bool(wanted.side) and side_of(section) == wanted.side
        is_of_all = wanted.act is Act.TOTAL and row is _of_subtotal(table)
        if is_named or is_of_side or is_of_all:
            label = section or words_of(row.label)
            asked = (*words, *(word for word in label if not any(same(word, other) for other in words)))
            yield replace(table, rows=(replace(row, is_total=False),)), asked


def _of_subtotal(table: FoundTable) -> TableRow | None:
    """The row that adds up a whole table, if the one above it is a subtotal or was added to one."""
    *_, above, last = (None, None, *table.rows)
    is_of_all = last and last.is_total and calculation.AMOUNT_WORDS.issuperset(_section(last))
    return last if above and above.is_total and is_of_all else None


def _section(row: TableRow) -> tuple[str, ...]:
    """The words by which a row of totals names what it adds up; none for other rows."""
    if not row.is_total:
        return ()
    return tuple(word for word in words_of(row.label) if word not in _NO_SECTION and not word.isdigit())
