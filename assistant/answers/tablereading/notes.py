"""What is written below a table about its cells: signs such as `*` and `†`, and codes such as `DD`."""

import re
from collections.abc import Iterator
from dataclasses import replace

from assistant.answers.tables import FoundTable
from assistant.answers.tablewords import words_of
from ingest.language import tabular

FEWEST_CODES = 3
"""The fewest codes that a line explains without signs of equality."""

LONGEST_MEANING = 60
"""Characters of what a code may mean."""

_SIGN = r"([*†‡§¹²³]+)"
_MARK = re.compile(rf"(?<=[^\s|;,])\s?{_SIGN}\s*(?=[|;,\t]| {{3}}|$)")
_LEGEND = re.compile(rf"^\W*?(?<![\w*]){_SIGN}\s*(\w.*)$")
_EQUAL = re.compile(
    r"(?:^|(?<=[,;:.(] )|(?<=\())([^\W\d_][^\s=,;]{0,5}) ?= ?([^=;,\n]+?)(?=[.)]?(?:\s*$|[,;]|\.\s))", re.M
)
_LISTED = re.compile(r"([A-Z]{1,4}(?:/[A-Z]{1,4})*) ([a-z][^=]*)")


def annotated(table: FoundTable) -> FoundTable:
    """The table with what its document explains: codes have their meaning beside them, `G (ground floor)`,
    and one more column says what the signs of a row mean."""
    lines = _lines_beside(table)
    return _with_signs(_with_codes(table, lines), lines)


def _with_codes(table: FoundTable, lines: list[str]) -> FoundTable:
    meanings = dict(_codes(lines))
    cells = {cell for row in table.rows for cell in row.cells}
    if meanings.keys().isdisjoint(cells):
        return table
    said = {
        code: f"{code} – {meaning}" if "(" in meaning else f"{code} ({meaning})"
        for code, meaning in meanings.items()
    }
    rows = (replace(row, cells=tuple(said.get(cell, cell) for cell in row.cells)) for row in table.rows)
    return replace(table, rows=tuple(rows))


def _codes(lines: list[str]) -> Iterator[tuple[str, str]]:
    """The codes that lines explain, with what they mean: `G = ground floor`, `N night, D day, L late`."""
    for line in lines:
        found = [(match[1], _closed(match[2].strip())) for match in _EQUAL.finditer(line)]
        if not found:
            items = [_LISTED.fullmatch(item.strip(" .")) for item in re.split(r"[;,]", line.strip(",; "))]
            found = [(match[1], match[2]) for match in items if match]
            found = found if FEWEST_CODES <= len(found) == len(items) else []
        yield from (each for each in found if len(each[1]) <= LONGEST_MEANING)


def _closed(meaning: str) -> str:
    """A meaning with the bracket that may have been taken for the end of a remark."""
    return f"{meaning})" if meaning.count("(") > meaning.count(")") else meaning


def _with_signs(table: FoundTable, lines: list[str]) -> FoundTable:
    marks = [set(_MARK.findall(row.quote.replace("\\", ""))) for row in table.rows]
    notes = {mark: note for mark in set().union(*marks) if (note := _explained(lines, mark))}
    if not notes:
        return table
    said = [" ".join(notes[mark] for mark in sorted(signs & notes.keys())) for signs in marks]
    rows = tuple(replace(row, cells=(*row.cells, note)) for row, note in zip(table.rows, said, strict=True))
    return replace(table, header=(*table.header, ""), rows=rows)


def _lines_beside(table: FoundTable) -> list[str]:
    """The lines of the first pages of its document outside the table."""
    text = "\n".join(table.document.pages[:3])
    for row in table.rows:
        text = text.replace(row.quote, "")
    return [line.strip() for line in text.splitlines() if "|" not in line]


def _explained(lines: list[str], mark: str) -> str:
    """The one sentence that says what a sign means; empty if there is none or several."""
    found = [match[2] for line in lines if (match := _LEGEND.match(line)) and match[1] == mark]
    if not found:
        names = tabular.SIGNS.get(mark, ())
        mentioning = (line for line in lines if any(name in line.casefold() for name in (mark, *names)))
        sentences = [sentence for line in mentioning for sentence in re.split(r"(?<=[.!?])\s+", line)]
        found = [each for each in sentences if mark in each or any(name in words_of(each) for name in names)]
    return found[0] if len(found) == 1 else ""
