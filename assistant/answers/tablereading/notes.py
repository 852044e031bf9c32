"""Signs beside the cells of a table, such as `*` and `†`, and the sentences that explain them."""

import re
from dataclasses import replace

from assistant.answers.tables import FoundTable
from assistant.answers.tablewords import words_of
from ingest.language import tabular

_SIGN = r"([*†‡§¹²³]+)"
_MARK = re.compile(rf"(?<=[^\s|;,])\s?{_SIGN}\s*(?=[|;,\t]| {{3}}|$)")
_LEGEND = re.compile(rf"^\W*?(?<![\w*]){_SIGN}\s*(\w.*)$")


def annotated(table: FoundTable) -> FoundTable:
    """The table with one more column, if its document explains signs: what those of a row mean."""
    marks = [set(_MARK.findall(row.quote.replace("\\", ""))) for row in table.rows]
    notes = {mark: note for mark in set().union(*marks) if (note := _explained(table, mark))}
    if not notes:
        return table
    said = [" ".join(notes[mark] for mark in sorted(signs & notes.keys())) for signs in marks]
    rows = tuple(replace(row, cells=(*row.cells, note)) for row, note in zip(table.rows, said, strict=True))
    return replace(table, header=(*table.header, ""), rows=rows)


def _explained(table: FoundTable, mark: str) -> str:
    """The one sentence that says what a sign means; empty if there is none or several."""
    text = "\n".join(table.document.pages[:3])
    for row in table.rows:
        text = text.replace(row.quote, "")
    lines = [line.strip() for line in text.splitlines() if "|" not in line]
    found = [match[2] for line in lines if (match := _LEGEND.match(line)) and match[1] == mark]
    if not found:
        sentences = [sentence for line in lines for sentence in re.split(r"(?<=[.!?])\s+", line)]
        names = tabular.SIGNS.get(mark, ())
        found = [each for each in sentences if mark in each or any(name in words_of(each) for name in names)]
    return found[0] if len(found) == 1 else ""
