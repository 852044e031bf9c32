"""Comma- and tab-separated values: one block per record, under the column names.

The column names are the heading of every record, so they are embedded with each chunk of a long table. The
text is the file's own. Lines that banks write above the column names, such as the account holder, have no
heading.
"""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from ingest.documents import BlockKind
from ingest.parsers.extract import Extract, Layout, Outline, lines
from ingest.parsers.text import decode

CSV, TSV = "text/csv", "text/tab-separated-values"
"""The media types of separated values."""

DELIMITERS = {CSV: ",;\t|", TSV: "\t"}
"""What may divide the cells of each of them."""

HEADING_LENGTH = 200
"""Maximum characters of the column names that are kept as heading."""


SAMPLED_LINES = 60
"""Lines at the beginning of a file from which its delimiter and its column names are known."""
MOST_ABOVE = 30
"""Records above the column names."""


_SEPARATOR = re.compile(r"\"?sep=([,;|\t])\"?\n", re.IGNORECASE)


def comma_separated(data: bytes) -> Extract:
    """Parses a CSV file."""
    text = decode(data)
    # A line for Excel.
    if stated := _SEPARATOR.match(text):
        return _extract(text, stated[1], start=stated.end())
    return _extract(text, delimiter_of(text, DELIMITERS[CSV]))


def tab_separated(data: bytes) -> Extract:
    """Parses a TSV file."""
    return _extract(decode(data), "\t")


def _extract(text: str, delimiter: str, start: int = 0) -> Extract:
    """The records from `start`."""
    places = [(start + first, start + last) for first, last in lines(text[start:])]
    outline = Outline()
    header = None
    above = records_above(text[start:], delimiter)
    line = 0
    # A quoted field may span lines. `line_num` is the line at which a record ends.
    reader = csv.reader((text[a:b] + "\n" for a, b in places), delimiter=delimiter)
    try:
        for record in reader:
            start, end = places[line][0], places[reader.line_num - 1][1]
            line = reader.line_num
            if header is None and any(record):
                if above:
                    above -= 1
                    outline.add(BlockKind.ROWS, start, end)
                    continue
                header = record
                if names_columns(record):
                    outline.heading(1, ", ".join(record)[:HEADING_LENGTH], start, end)
            outline.add(BlockKind.ROWS, start, end)
    except csv.Error:
        # The quoting is broken (a field exceeds csv's limit), so every further line is a record.
        for start, end in places[line:]:
            outline.add(BlockKind.ROWS, start, end)
    return Extract("", (text,), outline.spans(), Layout.LINES)


def delimiter_of(text: str, candidates: str) -> str:
    """Which of several characters divides the cells of a text: the most frequent one in its first line; if
    other lines do not fit it, the one that divides most lines into the same number of cells.
    """
    lines = [line for line in text.lstrip("\n").split("\n", SAMPLED_LINES)[:SAMPLED_LINES] if line.strip()]
    first = max(candidates, key=lines[0].count) if lines else candidates[0]
    if len(lines) < 3 or (first in lines[0] and sum(first in line for line in lines) == len(lines)):
        return first
    return max(candidates, key=lambda mark: _alike(lines, mark))


def _alike(lines: Sequence[str], mark: str) -> tuple[int, int]:
    """How many lines a character divides into the same number of cells, and how often it occurs in each."""
    widths = Counter(line.count(mark) for line in lines if mark in line)
    return max(((count, width) for width, count in widths.items()), default=(0, 0))


def records_above(text: str, delimiter: str) -> int:
    """How many records are above the column names, as in the statements of banks; mostly 0.

    The names have as many cells as most records, and a record with a number below them. The lines above
    have another number of cells, or end with an empty line.
    """
    records: list[list[str]] = []
    is_apart = False
    lines = text.split("\n", SAMPLED_LINES)[:SAMPLED_LINES]
    try:
        read = [next(csv.reader([line], delimiter=delimiter), []) for line in lines]
    except csv.Error:
        return 0
    widths = Counter(len(record) for record in read if len(record) > 1)
    width = max(widths, key=lambda cells: cells * widths[cells], default=0)
    for record, below in pairwise(read):
        if not any(record):
            is_apart = bool(records)
            continue
        if len(record) == len(below) == width and names_columns(record):
            is_above = is_apart or all(len(above) != width for above in records)
            is_data = any(cell[:1].isdigit() or cell[:1] in ("-", "+") for cell in below)
            return len(records) if is_above and is_data else 0
        if len(records) == MOST_ABOVE:
            break
        records.append(record)
    return 0


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
