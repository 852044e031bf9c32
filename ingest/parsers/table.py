"""Comma- and tab-separated values: one block per record, under the column names.

The column names are the heading of every record, so they are embedded with each chunk of a long table. The
text is the file's own.
"""

import csv

from ingest.documents import BlockKind
from ingest.parsers.extract import Extract, Layout, Outline, lines
from ingest.parsers.text import decode

HEADING_LENGTH = 200
"""Maximum characters of the column names that are kept as heading."""


def comma_separated(data: bytes) -> Extract:
    """Parses a CSV file. The delimiter is the candidate that its first line contains most often."""
    text = decode(data)
    first_line = text.lstrip("\n").partition("\n")[0]
    return _extract(text, max(",;\t|", key=first_line.count))


def tab_separated(data: bytes) -> Extract:
    """Parses a TSV file."""
    return _extract(decode(data), "\t")


def _extract(text: str, delimiter: str) -> Extract:
    places = list(lines(text))
    outline = Outline()
    header = None
    line = 0
    # A quoted field may span lines. `line_num` is the line at which a record ends.
    reader = csv.reader((text[a:b] + "\n" for a, b in places), delimiter=delimiter)
    try:
        for record in reader:
            start, end = places[line][0], places[reader.line_num - 1][1]
            line = reader.line_num
            if header is None and any(record):
                header = record
                if names_columns(record):
                    outline.heading(1, ", ".join(record)[:HEADING_LENGTH], start, end)
            outline.add(BlockKind.ROWS, start, end)
    except csv.Error:
        # The quoting is broken (a field exceeds csv's limit), so every further line is a record.
        for start, end in places[line:]:
            outline.add(BlockKind.ROWS, start, end)
    return Extract("", (text,), outline.spans(), Layout.LINES)


def names_columns(record: list[str]) -> bool:
    """Whether a first record looks like column names: several distinct cells, none empty, none a number."""
    cells = [cell.strip() for cell in record]
    distinct = len(set(cells)) == len(cells) > 1
    return distinct and all(cell and not cell[0].isdigit() and cell[0] not in "-+." for cell in cells)


def in_markdown(rows: list[list[str]]) -> str:
    """A table in the notation of Markdown, its first row as the names of the columns; empty without rows."""
    rows = [row for row in rows if any(row)]
    width = max(map(len, rows), default=0)
    written = []
    for number, row in enumerate(rows):
        cells = [cell.replace("\n", " ").replace("|", "\\|") for cell in row]
        written.append(f"| {' | '.join([*cells, *[''] * (width - len(cells))])} |")
        if number == 0:
            written.append(f"|{' --- |' * width}")
    return "\n".join(written)
