"""Whether one row of a table answers a question.

The best sentence is often a row, and a row looks like an answer. But one row says nothing about how many rows
there are, which of them is the largest, what they add up to, or which ones exceed a number; and where several
rows fit a question alike, one of them is not an answer to "how many". These questions are computed from the
whole table (`assistant.answers.computing`); where that is not possible, its rows are shown as the closest
passages. A row whose cell is empty in the column that the question names does not answer it either.
"""

import re
from collections.abc import Sequence

from assistant.answers.belonging import is_list_item, is_row
from assistant.answers.figures import figures
from assistant.answers.questionwords import phrases
from assistant.answers.records import is_separated, named_cells
from assistant.answers.showing import named_row
from assistant.answers.tablewords import same, words_of
from assistant.answers.wanted import Act, Wanted, asks_for_several, wanted_by
from assistant.dialogue import Passage
from ingest.keywords import STOP_WORDS
from ingest.language import calculation, measures

_TOTAL = re.compile(measures.TOTAL_WORDS, re.IGNORECASE)


def one_row_answers(question: str, quote: Passage, passage: Passage) -> bool:
    """Whether `quote` can answer `question` by itself; true if it is not a row of a table.

    passage: the one that the quote is from, with the rows around it.
    """
    if not is_row(quote.text) or "\n" in quote.text.strip():
        return True
    wanted = wanted_by(question)
    if wanted is None:
        return not asks_for_several(question)
    start = quote.locator.chars[0] - passage.locator.chars[0]
    end = start + len(quote.text)
    read = (
        named_cells(passage, start, end)
        if is_separated(quote.locator)
        else named_row(passage.text, start, end)
    )
    cells = read or [("", quote.text)]
    if wanted.bound is not None:
        return False
    match wanted.act:
        case Act.TOTAL:
            return any(_TOTAL.search(part) for cell in cells for part in cell)
        case Act.AVERAGE | Act.HIGHEST | Act.LOWEST:
            asking = set(words_of(question)) - set(wanted.words) - STOP_WORDS - calculation.FILLERS
            return any(
                same(word, other) for word in asking for cell in cells for other in words_of(" ".join(cell))
            )
        case Act.COUNT:
            return _says_how_many(wanted, cells, passage)
        case _:
            return not _is_empty(wanted, cells)


def is_one_of_several(question: str, quotes: Sequence[Passage], passages: Sequence[Passage]) -> bool:
    """Whether `question` asks for an extreme, a sum or a count, and the first of `quotes` is one of several
    lines like it, not all of which are quoted: one weight of a diary, one present of a list.

    passages: those that the quotes are from. A quote that says itself that it states an extreme or a total is
    an answer.
    """
    asked = words_of(question)
    is_count = phrases(calculation.COUNT).search(" ".join(asked)) is not None
    if not quotes or not (asks_for_several(question) or calculation.SPENT.intersection(asked)):
        return False
    quoted = [quote.text.strip() for quote in quotes]
    if _TOTAL.search(quoted[0]) or (not is_count and asks_for_several(quoted[0])):
        return False
    meant = set(asked).intersection(words_of(quoted[0])) - STOP_WORDS - calculation.FILLERS
    units = _units(quoted[0])
    lines = (
        line.strip()
        for passage in passages
        if passage.locator.path == quotes[0].locator.path
        for line in passage.text.splitlines()
    )
    like = (
        line
        for line in lines
        if meant and meant <= set(words_of(line)) and not any(text in line or line in text for text in quoted)
    )
    return any(is_list_item(line) if is_count else bool(units & _units(line)) for line in like)


def _units(text: str) -> set[str]:
    return {quantity.unit for quantity in figures(text).quantities if not quantity.is_time}


def is_table_row(quote: Passage) -> bool:
    """Whether a quote is a row of a table, or a record of separated values."""
    return is_row(quote.text) or is_separated(quote.locator)


def _says_how_many(wanted: Wanted, cells: list[tuple[str, str]], passage: Passage) -> bool:
    """Whether the row is about what is counted, and no other row of the passage fits as well."""
    label = words_of(cells[0][1])
    names = [word for name, cell in cells for word in words_of(name) if cell]
    if not any(same(head, other) for head in wanted.head for other in (*label, *names)):
        return False
    row = [word for _, cell in cells for word in words_of(cell)]
    conditions = [word for word in wanted.words if any(same(word, other) for other in row)]
    fitting = [
        line
        for line in passage.text.splitlines()
        if all(any(same(word, other) for other in words_of(line)) for word in conditions)
    ]
    return bool(conditions) and len(fitting) == 1


def _is_empty(wanted: Wanted, cells: list[tuple[str, str]]) -> bool:
    """Whether the question names a column in which the row is empty, and none in which it is not."""
    named = {
        bool(cell)
        for word in wanted.words
        for name, cell in cells
        if any(same(word, other) for other in words_of(name))
    }
    return named == {False}
