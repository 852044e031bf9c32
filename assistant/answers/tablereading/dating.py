"""What the cells of a table may mean as dates, and which of them a question means."""

from assistant.answers.dates import Reading, cell_dates
from assistant.answers.days import days
from assistant.answers.tables import FoundTable


def column_dates(table: FoundTable, index: int) -> list[list[Reading]]:
    """What each cell of a column may mean as a date. A day above twelve in one cell decides for all of them
    whether 03/05/2025 is in March or in May.
    """
    cells = [row.cells[index] for row in table.records]
    decided = days(cells)
    readings = [cell_dates(cell) for cell in cells]
    return [
        [(day.year, day.month, day.day)] if day and len(set(each)) > 1 else each
        for each, day in zip(readings, decided, strict=True)
    ]


def fits(asked: Reading, stated: Reading, years: set[int]) -> bool:
    """Whether a cell is within what is asked for. A year that the cell leaves out may be in the names."""
    if asked[0] and not stated[0] and years and asked[0] not in years:
        return False
    if asked[0] and not stated[0] and not (stated[1] and asked[1]):
        return False
    return all(
        want is None or have == want or (have is None and place == 0)
        for place, (want, have) in enumerate(zip(asked, stated, strict=True))
    )


def in_order(reading: Reading) -> tuple[int, ...]:
    """What readings are ordered by."""
    return tuple(part or 0 for part in reading)


def has_dates(table: FoundTable) -> bool:
    """Whether every record has a date in one of the columns."""
    columns = (column_dates(table, index) for index in range(len(table.header)))
    return any(all(any(day for *_, day in readings) for readings in column) for column in columns)
