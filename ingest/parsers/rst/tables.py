"""Tables of reStructuredText as rows of cells: grid tables, simple tables, `list-table` and `csv-table`.

A table is written as Markdown writes tables, because the code that answers from tables reads that notation.
Each row is on the line where it begins in the file. Lines between rows, where the file has the rest of a row
or a border, hold a rule, which is not shown. A cell that spans columns or rows is repeated in each place if
it is short.

A table that would become much longer than it is in the file, or that is malformed, is not taken apart.
"""

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

GRID_BORDER = re.compile(r"\+(?:[-=]+\+)+\s*")
"""The first line of a grid table."""
SIMPLE_BORDER = re.compile(r"=+(?: +=+)+\s*")
"""The first line of a simple table."""
LONGEST_REPEATED = 100
"""Characters of a cell that is repeated in all columns and rows that it spans."""
MOST_TIMES = 4
"""How many times as long as in the file a table may become."""

_RULE = "|--"
_SPAN = re.compile(r"-+(?: +-+)*\s*")
_DASHES = re.compile(r"[-=]+")
_ROW = re.compile(r"(\s*)[*+-] +(?=[-*+](?:\s|$))")
_ITEM = re.compile(r"[-*+](?:\s+|$)")
_MARKER = re.compile(r"\s*\.\. (?:(?:code-block|code|sourcecode|image)::.*|[\w:-]+::\s*)")
_DELIMITERS = {"tab": "\t", "space": " "}

Cell = list[str]
"""The lines of a cell."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row of a table, with the line on which it begins."""

    line: int
    cells: list[Cell]
    """The cell of each column. One that spans several is the same object in each."""


@dataclass(slots=True)
class RstTable:
    """A table as its cells."""

    rows: list[GridRow] = field(default_factory=list)
    headers: int = 0
    """How many of its rows name the columns."""

    def written(
        self, first: int, last: int, base: int, characters: int, plain: Callable[[Cell], str]
    ) -> dict[int, str] | None:
        """What is shown on the lines from `first` to `last`; None if there is no table or no room for it.

        base: the line from which the rows count.
        characters: the length of the table in the file.
        plain: the text of a cell without markup, in one line.
        """
        width = max((len(row.cells) for row in self.rows), default=0)
        headers = min(self.headers, len(self.rows) - 1)
        if not width or 3 * width * len(self.rows) > MOST_TIMES * characters + 1000:
            return None
        texts: dict[int, str] = {}
        names: list[dict[str, None]] = [{} for _ in range(width)]
        body: list[tuple[int, list[str]]] = []
        for place, row in enumerate(self.rows):
            cells = []
            for cell in row.cells:
                is_repeated = id(cell) in texts
                if not is_repeated:
                    texts[id(cell)] = plain(cell)
                text = texts[id(cell)]
                cells.append("" if is_repeated and len(text) > LONGEST_REPEATED else text)
            if place < headers:
                for column, text in enumerate(cells):
                    names[column].setdefault(text)
            else:
                body.append((base + row.line, cells + [""] * (width - len(cells))))
        header = [" ".join(filter(None, parts)) for parts in names]
        shown = _lines(first, base + self.rows[0].line, header, body)
        is_long = sum(map(len, shown.values())) > MOST_TIMES * characters + 1000
        return None if is_long or max(shown) > last else shown


def _lines(first: int, top: int, names: list[str], body: list[tuple[int, list[str]]]) -> dict[int, str]:
    """The lines of a table whose first row is on line `top` of the file, and its others where `body` says."""
    start = body[0][0]
    # The header has a rule below it.
    header = max(first, min(top if any(names) else start, start - 2))
    shown = dict.fromkeys(range(header + 1, body[-1][0]), _RULE)
    shown[header] = _row(names)
    if header + 1 < start:
        shown[header + 1] = _row(["---"] * len(names))
    # Where there is no room above the first row, a header without names is left out.
    return shown | {line: _row(cells) for line, cells in body}


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _is_sparse(lines: Sequence[str], columns: int) -> bool:
    """Whether this number of columns needs more cells than the lines have room for."""
    return columns * len(lines) > MOST_TIMES * sum(map(len, lines)) + 1000


def simple_table(lines: Sequence[str]) -> RstTable:
    """The simple table in `lines`, which begin and end with its borders."""
    borders = [at for at, line in enumerate(lines) if line.startswith("=") and SIMPLE_BORDER.fullmatch(line)]
    starts = [match.start() for match in re.finditer("=+", lines[0])]
    table = RstTable()
    if _is_sparse(lines, len(starts)):
        return table
    for place in range(1, borders[-1]):
        line = lines[place]
        if place in borders:
            table.headers = len(table.rows)
        elif line.startswith("-") and _SPAN.fullmatch(line):
            continue
        elif line.strip():
            if line[: starts[1]].strip() or not table.rows or place - 1 in borders:
                spans = _spans_below(lines, place, starts)
                table.rows.append(GridRow(place, _spanned(starts, spans)))
            _fill(table.rows[-1].cells, starts, line)
    return table


def _spans_below(lines: Sequence[str], place: int, starts: Sequence[int]) -> set[int] | None:
    """Where cells begin in the row at `place`, if a line of dashes below says so."""
    below = "".join(lines[place + 1 : place + 2])
    if below.startswith("-") and _SPAN.fullmatch(below):
        return {match.start() for match in re.finditer("-+", below)} & {*starts, 0}
    return None


def _spanned(starts: Sequence[int], begins: set[int] | None) -> list[Cell]:
    cells: list[Cell] = []
    for start in starts:
        cells.append(cells[-1] if begins is not None and cells and start not in begins else [])
    return cells


def _fill(cells: list[Cell], starts: Sequence[int], line: str) -> None:
    """Adds a line of a simple table to the cells of its row."""
    begun = 0
    for column in range(1, len(starts) + 1):
        if column < len(starts):
            start = starts[column]
            # Within a span, or in a text that runs over the border.
            if cells[column] is cells[begun] or line[start - 1 : start].strip():
                continue
        piece = line[starts[begun] : starts[column] if column < len(starts) else None].strip()
        if piece:
            cells[begun].append(piece)
        begun = column


def grid_table(lines: Sequence[str]) -> tuple[RstTable, int]:
    """The grid table that `lines` begin with, and how many of them it takes."""
    count = next((at for at, line in enumerate(lines) if not line.startswith(("+", "|"))), len(lines))
    lines = lines[:count]
    edges = sorted(
        {at for line in lines if GRID_BORDER.fullmatch(line) for at, mark in enumerate(line) if mark == "+"}
        | {0}
    )
    table = RstTable()
    if _is_sparse(lines, len(edges)):
        return table, count
    open_cells: list[Cell | None] = [None] * (len(edges) - 1)
    is_begun = False
    for place, line in enumerate(lines):
        closed = _closed(line, edges)
        if any(closed):
            open_cells = [None if end else cell for end, cell in zip(closed, open_cells, strict=True)]
            is_begun = False
            if "=" in line and table.rows and not table.headers and GRID_BORDER.fullmatch(line):
                table.headers = len(table.rows)
            if all(closed):
                continue
        pieces = _pieces(line, edges, closed)
        for column, end, text in pieces:
            cell = open_cells[column]
            if cell is None and not any(closed):
                cell = []
            if cell is None:
                continue
            for spanned in range(column, end):
                open_cells[spanned] = cell if open_cells[spanned] is None else open_cells[spanned]
            if text:
                cell.append(text)
        if not is_begun and not any(closed):
            table.rows.append(GridRow(place, [[] if cell is None else cell for cell in open_cells]))
            is_begun = True
    return table, count


def _closed(line: str, edges: Sequence[int]) -> list[bool]:
    """For each column, whether the line has a border there."""
    if "+-" not in line and "+=" not in line:
        return [False] * (len(edges) - 1)
    return [
        line[start : start + 1] in ("+", "-", "=") and _DASHES.fullmatch(line, start + 1, end) is not None
        for start, end in pairwise(edges)
    ]


def _pieces(line: str, edges: Sequence[int], closed: Sequence[bool]) -> list[tuple[int, int, str]]:
    """First column, column after the last, and text of each piece of a line between borders."""
    pieces = []
    begun = 0
    for column in range(1, len(edges)):
        if column < len(edges) - 1 and line[edges[column] : edges[column] + 1] not in ("|", "+"):
            continue
        if not closed[begun]:
            pieces.append((begun, column, line[edges[begun] + 1 : edges[column]].strip()))
        begun = column
    return pieces


def list_table(lines: Sequence[str], headers: int) -> RstTable:
    """The table of a `list-table` whose content is `lines`: a list of lists."""
    table = RstTable(headers=headers)
    outer = inner = -1
    for place, line in enumerate(lines):
        row = _ROW.match(line) if outer < 0 or not line[:outer].strip() else None
        if row and outer in (-1, len(row[1])):
            outer, inner = len(row[1]), row.end()
            table.rows.append(GridRow(place, []))
        if not table.rows:
            continue
        if not line[:inner].strip() or row:
            item = _ITEM.match(line, inner)
            if item:
                table.rows[-1].cells.append([])
                line = line[item.end() :]
        if table.rows[-1].cells and line.strip():
            table.rows[-1].cells[-1].append(_content(line))
    return table


def _content(line: str) -> str:
    """A line of a cell without the marks of a directive in it."""
    line = _MARKER.sub("", line, count=1).strip()
    return line.removesuffix("::") + (":" if line.endswith("::") else "")


def csv_table(lines: Sequence[str], options: dict[str, str], headers: int) -> RstTable | None:
    """The table of a `csv-table` whose content is `lines`; None if it is malformed."""
    table = RstTable(headers=headers)
    delimiter = _DELIMITERS.get(options.get("delim", ","), options.get("delim", ","))
    try:
        if named := options.get("header"):
            table.rows.append(
                GridRow(-1, [[name] for name in next(csv.reader([named], skipinitialspace=True))])
            )
            table.headers += 1
        begun = 0
        reader = csv.reader(
            (f"{line}\n" for line in lines),
            delimiter=delimiter,
            quotechar=options.get("quote", '"'),
            skipinitialspace=True,
        )
        for record in reader:
            if any(record):
                first = next(at for at in range(begun, reader.line_num) if lines[at].strip())
                table.rows.append(GridRow(first, [cell.split("\n") for cell in record]))
            begun = reader.line_num
    except (csv.Error, TypeError, StopIteration):
        return None
    return table
