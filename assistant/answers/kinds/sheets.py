"""Spreadsheets and files of separated values: sheets, columns, ranges, totals, and sums by group and month.

All of it is computed from the cells. Numbers whose sum would say nothing are not added up (`columns`), and
rows that add up others are quoted, not added again.
"""

from collections import defaultdict
from collections.abc import Sequence

from assistant.answers.amounts import is_number
from assistant.answers.kinds.columns import ColumnFacts, described, facts, shortened
from assistant.answers.kinds.digest import POINTS, Digest, Extent, Material, PointGroup
from assistant.answers.kinds.grids import Grid, grids
from assistant.answers.kinds.pieces import phrases
from assistant.formatting import count_of
from assistant.summary import Length
from ingest.documents import WORKBOOKS
from ingest.language import spreadsheets, writing
from ingest.parsers.table import DELIMITERS

SMALL_SHEET = {Length.SHORT: 4, Length.MEDIUM: 8, Length.LONG: 30}
"""Rows of all sheets together up to which they are shown row by row."""

NARROW_SHEET = 6
"""Columns up to which a small sheet is shown row by row."""

MANY_SUMS = 3
"""Columns of sums above which their sums share one line, because they are alike, such as months."""

GROUPINGS = 2
"""Columns by whose values the sums are divided."""

MAX_MONTHS = 13
"""Months up to which there are sums by month; of more groups of another kind, so many are named."""

_TOTAL = phrases(writing.TOTALS)
_MONEY = phrases(spreadsheets.MONEY)


def recognizes(material: Material) -> bool:
    """Whether a document is a workbook or a file of separated values."""
    media_type = material.document.media_type
    return media_type in DELIMITERS or media_type in WORKBOOKS


def digest(material: Material, extent: Extent) -> Digest:
    """A group of points for each sheet: its columns, then its sums, then its rows if they are few."""
    found = grids(material.document)
    rows = sum(len(grid.rows) for grid in found)
    if len(found) == 1:
        size = f"{count_of(rows, 'row')}, {count_of(len(found[0].header), 'column')}"
    else:
        size = f"{count_of(len(found), 'sheet')}, {count_of(rows, 'row')}"
    about = f"Table, “{material.document.title}”: {size}."
    shows_rows = rows <= SMALL_SHEET[extent.length]
    groups = [
        PointGroup(_heading(grid, len(found)), _points(grid, extent.length, shows_rows=shows_rows))
        for grid in found
    ]
    return Digest(about, tuple(group for group in groups if group.points))


def _heading(grid: Grid, count: int) -> str:
    if count == 1:
        return grid.name or "Columns"
    return f"{grid.name} ({count_of(len(grid.rows), 'row')})"


def _points(grid: Grid, length: Length, *, shows_rows: bool) -> tuple[str, ...]:
    """shows_rows: whether the sheets are so small that their rows are shown."""
    if len(grid.header) == 1 and not grid.is_named:
        return (*grid.captions, *(shortened(row[0]) for row in grid.rows[: POINTS[length]]))
    columns = [facts(grid, index) for index in range(len(grid.header))]
    every = range(len(grid.rows))
    texts = [column for column in columns if not column.numbers and not column.dates]
    label = next((column for column in texts if column.has_words), next(iter(texts), None))
    labels = label.cells if label else [""] * len(grid.rows)
    points = list(grid.captions[: POINTS[length] // 2])
    sums = [column for column in columns if column.is_added]
    together = sums if len(sums) > MANY_SUMS else []
    listed = [text for column in columns if column not in together and (text := described(column, labels))]
    points += listed[: POINTS[length]]
    if more := listed[POINTS[length] :]:
        names = ", ".join(text.partition(":")[0] for text in more)
        points.append(f"{count_of(len(more), 'more column')}: {names}")
    points += [f"As stated: {_row(grid, row)}" for row in grid.totals]
    if together:
        points += _together(together, every, label, is_stated=bool(grid.totals))
    elif sums:
        points += _sums_by_group(_main(sums), columns)
    if shows_rows and len(grid.header) <= NARROW_SHEET:
        points += [f"Row: {_row(grid, row)}" for row in grid.rows]
    return tuple(points)


def _together(
    columns: Sequence[ColumnFacts], rows: Sequence[int], label: ColumnFacts | None, *, is_stated: bool
) -> list[str]:
    """The sums or means of many columns that are alike, and the sums of the rows.

    is_stated: whether the sheet states the sums of its columns itself.
    """
    if all(column.is_small for column in columns):
        return [f"Average by column: {'; '.join(f'{column.name} {column.mean}' for column in columns)}"]
    points = []
    if not is_stated:
        totals = "; ".join(f"{column.name} {column.total(rows)}" for column in columns)
        points.append(f"Totals by column: {totals}")
    last = columns[-1]
    if label and _TOTAL.match(last.words):
        points.append(
            f"{last.name} by {label.name}: {_sums(last, [(label.cells[row], [row]) for row in rows])}"
        )
    return points


def _main(sums: Sequence[ColumnFacts]) -> ColumnFacts:
    """The column of sums that matters most: the last one with money, or the first one."""
    money = [column for column in sums if column.has_unit or _MONEY.search(column.words)]
    return money[-1] if money else sums[0]


def _sums_by_group(main: ColumnFacts, columns: Sequence[ColumnFacts]) -> list[str]:
    """The sums of the main column by the first two columns of groups, and by month."""
    points = []
    for column in [column for column in columns if column.is_grouping][:GROUPINGS]:
        places = defaultdict(list)
        for row, value in enumerate(column.cells):
            places[value or "(empty)"].append(row)
        largest_first = sorted(places.items(), key=lambda group: main.weight(group[1]), reverse=True)
        points.append(f"{main.name} by {column.name}: {_sums(main, largest_first)}")
    dated = next((column.dates for column in columns if column.dates), ())
    months = defaultdict(list)
    for row, day in enumerate(dated):
        if day:
            months[f"{day:%Y-%m}"].append(row)
    if 1 < len(months) <= MAX_MONTHS:
        points.append(f"{main.name} by month: {_sums(main, sorted(months.items()))}")
    return points


def _sums(main: ColumnFacts, groups: Sequence[tuple[str, Sequence[int]]]) -> str:
    named = "; ".join(
        f"{shortened(name)} {total}" for name, rows in groups[:MAX_MONTHS] if (total := main.total(rows))
    )
    return f"{named}; and {len(groups) - MAX_MONTHS} more" if len(groups) > MAX_MONTHS else named


def _row(grid: Grid, row: Sequence[str]) -> str:
    """A row with the names of its columns; the first cell stands for itself if it is a label."""
    filled = [(name, shortened(cell)) for name, cell in zip(grid.header, row, strict=True) if cell]
    named = [f"{name} {cell}" for name, cell in filled]
    if filled and not is_number(filled[0][1]):
        named[0] = filled[0][1]
    return ", ".join(named)
