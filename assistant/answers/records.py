"""The records of comma- and tab-separated values, of which a passage holds the lines as they are in the file.

A record is quoted by itself, with the name of each column before its cell. The names are in the first record
of the file; a passage from further down has them in its heading (`ingest.parsers.table`).
"""

import csv
import re
from pathlib import PurePath

from assistant.dialogue import Passage
from ingest.documents import SEPARATED, Locator
from ingest.parsers.table import CSV, DELIMITERS, TSV, delimiter_of

_DELIMITERS = {".csv": DELIMITERS[CSV], ".tsv": DELIMITERS[TSV]}
_LINE = re.compile(r"[^\n]+")


def is_separated(locator: Locator) -> bool:
    """Whether a place is in a file of separated values."""
    return PurePath(locator.path).suffix.lower() in SEPARATED


def record_spans(passage: Passage) -> list[tuple[int, int]]:
    """Start and end of each record of a passage, one a line, without that of the column names."""
    lines = [line.span() for line in _LINE.finditer(passage.text) if line[0].strip()]
    return [(start, end) for start, end in lines if not _is_header(passage, start, end)]


def named_records(passage: Passage, start: int, end: int) -> str:
    """The records from `start` to `end` of a passage, one a line, each cell after the name of its column.

    Empty if the columns have no names; a record with another number of cells stays as it is.
    """
    lines = [(a, b) for a, b in record_spans(passage) if start <= a and b <= end]
    named = [_named_record(passage, a, b) for a, b in lines]
    if not any(named):
        return ""
    return "\n".join(name or passage.text[a:b] for name, (a, b) in zip(named, lines, strict=True))


def named_cells(passage: Passage, start: int, end: int) -> list[tuple[str, str]]:
    """The cells of the record from `start` to `end`, each after its column's name; none without names."""
    cells = _cells(passage, start, end)
    first = len(passage.text.partition("\n")[0])
    above = _cells(passage, 0, first) if _is_header(passage, 0, first) else []
    heading = [name for line in passage.locator.heading[:1] for name in line.split(", ")]
    names = next((names for names in (above, heading) if len(names) == len(cells) > 1), [])
    return [] if names == cells else list(zip(names, cells, strict=bool(names)))


def _named_record(passage: Passage, start: int, end: int) -> str:
    return "; ".join(f"{name}: {cell}" for name, cell in named_cells(passage, start, end) if cell)


def _is_header(passage: Passage, start: int, end: int) -> bool:
    """Whether the record from `start` to `end` is the first heading of the passage."""
    names = ", ".join(_cells(passage, start, end))
    return bool(names) and any(names.startswith(heading) for heading in passage.locator.heading[:1])


def _cells(passage: Passage, start: int, end: int) -> list[str]:
    candidates = _DELIMITERS[PurePath(passage.locator.path).suffix.lower()]
    delimiter = delimiter_of(passage.text, candidates)
    try:
        return next(csv.reader([passage.text[start:end]], delimiter=delimiter), [])
    except csv.Error:
        return []
