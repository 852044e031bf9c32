"""The tables that people type into notes, mails and text files, with semicolons, wide gaps or dotted leaders:

    Date; Who; Paid                 Tool     Bought       Price            Room hire ..... £40
    2024-01-08; Ida; 12.50          Drill    2019-03-02   £89.00           Band ......... £120

Prose, poems and code have semicolons and gaps too. So lines are rows only if several follow each other, have
the same number of short parts, and have nothing but numbers, amounts or dates in one of the places. The line
above them is their header if it has as many parts and no number in that place.

Called where text is divided into units, and where the tables of a document are found. Only the text decides,
so all callers see the same rows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.keywords import folded
from ingest.language import calculation, measures

FEWEST_ROWS = {";": 3, " ": 2, ".": 2}
"""The fewest rows of a table, without its header, by what divides them."""
LONGEST_CELL = 60
"""The most characters of a part of a row."""

_MARKS = re.compile(r";[^\n]|\S(?: {2}|\t)|(?:[.·…_] ?){4}|…{2}")
"""Text without any of these has no rows."""
FENCE = re.compile(r"\s*(?:```|~~~)")
"""Begins a line before or after code."""
_BULLET = re.compile(r"\s*[-*+•][ \t]+")
_LEADER = re.compile(r"[ \t]*(?:(?:[.·_][ \t]?){4,}|(?:…[ \t]?){2,})[ \t]*")
_GAP = re.compile(r"[ \t]*(?: {2}|\t)[ \t]*")
_SEMICOLON = re.compile(r"[ \t]*;[ \t]*")
_RULE = re.compile(r"[-=_+\s]{3,}")
_MISSING = frozenset({"", "-", "–", "—", "?", "n/a"})
_MONTH = rf"(?:{measures.alternatives(measures.MONTHS)})\.?"
_CURRENCY = rf"(?:{measures.alternatives(measures.CURRENCY_SIGNS)}|[A-Z]{{3}}|Fr\.)"
_DAY = r"\d{1,2}(?:st|nd|rd|th|\.)?"
_VALUE = re.compile(
    rf"""
    [-+\u2212–~(]? [ ]? (?: {_CURRENCY} [ ]? )? [-\u2212–]? \d (?: [\d.,:/'’ \u00a0\u202f-]* \d )? [-–,]*
        (?: [ ]? (?: %|°C?|[€$£¥₹] | [^\W\d_]{{1,10}}[²³]?\.? ) )? \)?
    | (?: [^\W\d_]{{2,10}}[.,]? [ ] )? {_DAY} [ ] {_MONTH} ,? (?: [ ] (?:\d\d){{1,2}} )?
    | {_MONTH} [ ] {_DAY} ,? (?: [ ] (?:\d\d){{1,2}} )?
    | {_MONTH} [ ] \d{{4}}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DATE = re.compile(
    rf"\d{{4}}(?:-\d\d-\d\d)?|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|{_DAY} {_MONTH}.*", re.IGNORECASE
)
_INTEGER = re.compile(r"\d{1,4}")


@dataclass(frozen=True, slots=True)
class TypedRow:
    """A line of a typed table."""

    cells: tuple[str, ...]
    """Its parts, as many as every row of the table has."""
    start: int
    """Where the line begins in the text."""
    end: int
    """Where it ends, the line end excluded."""


@dataclass(frozen=True, slots=True)
class TypedTable:
    """Consecutive lines that are a table."""

    header: TypedRow | None
    """The line with the names of its columns; None without one."""
    rows: tuple[TypedRow, ...]
    """The other lines, in order."""
    is_whole: bool
    """Whether no neighbouring line, except one of totals, is a row with another number of parts."""

    @property
    def lines(self) -> tuple[TypedRow, ...]:
        """All lines, the header first."""
        return (self.header, *self.rows) if self.header else self.rows


def typed_tables(text: str) -> list[TypedTable]:
    """The tables of `text` that were typed as lines with divided parts, in order."""
    if not _MARKS.search(text):
        return []
    return [table for group in _groups(text) if (table := _table(group)) is not None]


@dataclass(slots=True)
class _DividedLines:
    """Consecutive lines that are divided in the same way into the same number of parts."""

    divider: str
    lines: list[TypedRow]
    is_whole: bool


def _groups(text: str) -> list[_DividedLines]:
    """All groups of lines that may be tables. No line of code between fences is in one."""
    groups: list[_DividedLines] = []
    above = ""
    is_fenced = False
    start = 0
    for line in text.split("\n"):
        row_start, start = start, start + len(line) + 1
        if FENCE.match(line):
            is_fenced = not is_fenced
        if _RULE.fullmatch(line) and not line.isspace():
            continue
        divider, cells = ("", ()) if is_fenced else _divided(line)
        row = TypedRow(cells, row_start, row_start + len(line))
        follows = divider != "" and divider == above
        if follows and len(groups[-1].lines[0].cells) == len(cells):
            groups[-1].lines.append(row)
        elif divider:
            is_total = follows and folded(cells[0]).strip(" :=") in calculation.TOTAL_LABELS
            if follows:
                groups[-1].is_whole &= is_total
            groups.append(_DividedLines(divider, [row], is_whole=not follows or is_total))
        above = divider
    return groups


def _divided(line: str) -> tuple[str, tuple[str, ...]]:
    """What divides a line, and its parts; none if nothing does, or if they are too long for cells."""
    if "|" in line:
        return "", ()
    bare = _BULLET.sub("", line, count=1).strip()
    for mark, pattern in ((".", _LEADER), (";", _SEMICOLON), (" ", _GAP)):
        cells = pattern.split(bare)
        if len(cells) > 2 and not cells[-1]:
            cells.pop()  # A mark at the end of the line divides nothing.
        if len(cells) > 1 and (mark != "." or len(cells) == 2):
            is_short = all(len(cell) <= LONGEST_CELL for cell in cells)
            return (mark, tuple(cells)) if is_short and any(cells) else ("", ())
    return "", ()


def _table(group: _DividedLines) -> TypedTable | None:
    """The table that lines make; None if they are not certainly one."""
    for header, rows in ((None, group.lines), (group.lines[0], group.lines[1:])):
        if len(rows) < FEWEST_ROWS[group.divider]:
            return None
        columns = [
            index for index in range(len(rows[0].cells)) if _is_of_values([row.cells[index] for row in rows])
        ]
        is_headed = header is not None and _is_header(group.divider, header, columns)
        if columns and _is_certain(group.divider, rows, columns, is_headed=is_headed):
            is_whole = group.is_whole and is_headed is (header is not None)
            return TypedTable(header if is_headed else None, tuple(rows), is_whole)
    return None


def _is_of_values(cells: Sequence[str]) -> bool:
    """Whether the cells of a column are numbers, amounts and dates; some may be empty."""
    filled = [cell for cell in cells if cell.casefold() not in _MISSING]
    return 2 * len(filled) > len(cells) and len(filled) > 1 and all(map(_VALUE.fullmatch, filled))


def _is_header(divider: str, line: TypedRow, columns: Sequence[int]) -> bool:
    """Whether the line above rows with these columns of values names them: not `Band; free`.

    If the first cell begins with a capital, all names must have one: `km-Stand`.
    """
    begins = line.cells[0][:1]
    return divider != "." and all(
        not _VALUE.fullmatch(cell)
        and cell.casefold() not in _MISSING
        and (begins.isupper() <= any(map(str.isupper, cell)) or not cell[0].isalpha())
        for cell in (line.cells[index] for index in columns)
    )


def _is_certain(divider: str, rows: Sequence[TypedRow], columns: Sequence[int], *, is_headed: bool) -> bool:
    """Whether rows with these columns of values are neither numbered lines nor a table of contents."""
    width = len(rows[0].cells)
    if list(columns) == [0] and (width == 2 or not is_headed):
        return all(_DATE.fullmatch(row.cells[0]) for row in rows)
    if width > 2:
        return len(columns) < width or all(any(map(_DATE.fullmatch, row.cells)) for row in rows)
    if list(columns) != [1]:
        return False
    numbers = [int(cell) for row in rows if _INTEGER.fullmatch(cell := row.cells[1])]
    return divider != "." or len(numbers) < len(rows) or numbers != sorted(numbers)
