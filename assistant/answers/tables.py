"""The tables of a document, found in its stored text: header, rows, and the place of every row.

Every parser writes tables in its own way: the lines of a CSV file as they are, the rows of a workbook with
bars under the name of their sheet, Markdown's pipes (also for HTML, Word and mail), wide gaps in PDF and
plain text. Here they become one value. A header may take two lines; rows of totals are marked, so that
nothing is counted twice. A table whose cells cannot be assigned to columns with certainty is left out.
"""

import csv
import os.path
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.answers import amounts
from ingest import language
from ingest.catalogue.records import DocumentContent
from ingest.documents import EXCEL, WORKBOOKS, Locator
from ingest.keywords import folded
from ingest.language import calculation

_SEPARATED = {"text/csv": ",;\t|", "text/tab-separated-values": "\t"}
"""Media types with separated values, and their possible delimiters."""
_MARKED_UP = ("text/markdown", "text/org", "text/x-org", "text/plain", "application/x-ipynb+json")
"""Media types in which a short row of pipes lacks its last cells, because a person wrote it."""
_SPACED = ("application/pdf", "text/plain")
"""Media types in which cells may be apart by wide gaps, and whose first line may be a title."""
OPENING = 400
"""Characters at the beginning of a document in which names say whom or what it is about."""
LONGEST_TITLE = 60
"""Characters of a line that can be a title."""
_DELIMITER = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(?:[|+]\s*:?-{1,}:?\s*)*\|?\s*")
_FENCE = re.compile(r"\s*(```|~~~)")
_GAP = re.compile(r" {3,}|\t+")
_PIPE = re.compile(r"(?<!\\)\|")
_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z])")
"""Where a new word begins in a name without spaces; `kWh` is one word."""

_WORD = re.compile(r"\w+")
_NAME = re.compile(r"(?<=[\w,;:)] )[^\W\d_a-z]\w+")
"""A word with a capital that does not begin a line or a sentence."""
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table."""

    cells: tuple[str, ...]
    """As many as the table has columns, without markup."""
    quote: str
    """The row, verbatim."""
    locator: Locator
    """Its place."""
    is_total: bool
    """Whether it adds up other rows."""


@dataclass(frozen=True, slots=True)
class FoundTable:
    """One table of a document."""

    document: DocumentContent
    """The document that contains it."""
    names: tuple[str, ...]
    """What it is called: the sheet, the headings above it, the title and the name of the file."""
    header: tuple[str, ...]
    """The name of each column; the lines of a header of two lines are joined. Empty without a header."""
    rows: tuple[TableRow, ...]
    """Its rows in order, without the header."""

    @property
    def introduced(self) -> frozenset[str]:
        """The folded names in the first lines of the document: `Judit Horvath` of her laboratory report.

        In a language that capitalises nouns, names cannot be told from them; there are none.
        """
        opening = self.document.pages[0][:OPENING]
        if language.capitalises_nouns(_WORD.findall(opening)):
            return frozenset()
        return frozenset(folded(name) for name in _NAME.findall(opening))

    @property
    def records(self) -> tuple[TableRow, ...]:
        """The rows without those of totals."""
        return tuple(row for row in self.rows if not row.is_total)

    def column(self, index: int) -> amounts.NumberColumn | None:
        """The numbers of the records in a column; None when it is not a column of numbers."""
        return amounts.column(
            [row.cells[index] for row in self.records],
            self.header[index],
            units=self._units,
            decimal_point=self.document.media_type == EXCEL,
        )

    @property
    def _units(self) -> list[str] | None:
        """The currency of each record, if one column names nothing else."""
        for index in range(len(self.header)):
            cells = [row.cells[index] for row in self.records]
            if all(cell.casefold() in amounts.CURRENCIES for cell in cells):
                return cells
        return None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a table before its header is known."""

    cells: tuple[str, ...]
    page: int
    start: int
    end: int


def tables(document: DocumentContent) -> list[FoundTable]:
    """All tables of a document, in reading order."""
    if delimiters := _SEPARATED.get(document.media_type):
        groups = [("", list(_separated(document, delimiters)))]
    elif document.media_type in WORKBOOKS:
        groups = list(_sheets(document))
    else:
        groups = [("", lines) for lines in _over_pages(_piped(document))]
        if document.media_type in _SPACED:
            groups += [("", lines) for lines in _over_pages(_spaced(document))]
    found = (_table(document, name, lines) for name, lines in groups)
    return [table for table in found if table is not None]


def file_name(path: str) -> str:
    """The name of a file without its suffix."""
    return os.path.splitext(os.path.basename(path))[0]


# Lines


def _line_spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _separated(document: DocumentContent, delimiters: str) -> list[_Line]:
    first = document.pages[0].lstrip("\n").partition("\n")[0]
    delimiter = max(delimiters, key=first.count)
    lines: list[_Line] = []
    for number, text in enumerate(document.pages):
        spans = list(_line_spans(text))
        reader = csv.reader((text[start:end] + "\n" for start, end in spans), delimiter=delimiter)
        at = 0
        try:
            for record in reader:
                start, end = spans[at][0], spans[reader.line_num - 1][1]
                at = reader.line_num
                if any(cell.strip() for cell in record):
                    lines.append(_Line(tuple(record), number, start, end))
        except csv.Error:
            return []
    return lines


def _sheets(document: DocumentContent) -> Iterator[tuple[str, list[_Line]]]:
    """The name and the lines of each sheet of a workbook."""
    text = document.pages[0]
    sheets: dict[str, list[_Line]] = {}
    for place in document.places:
        if not place.heading:
            continue
        lines = sheets.setdefault(place.heading[0], [])
        base, end_of_place = place.chars
        # The text of a chunk is trimmed, so that an empty first cell is outside.
        base = text.rfind("\n", 0, base) + 1
        for start, end in _line_spans(text[base:end_of_place]):
            cells = tuple(text[base + start : base + end].split(" | "))
            lines.append(_Line(cells, 0, base + start, base + end))
    yield from sheets.items()


def _piped(document: DocumentContent) -> Iterator[list[_Line]]:
    """The lines of each table in the notation of Markdown or Org."""
    written_by_hand = document.media_type in _MARKED_UP
    for number, text in enumerate(document.pages):
        spans = list(_line_spans(text))
        fenced = False
        index = 0
        while index < len(spans):
            line = text[slice(*spans[index])]
            if _FENCE.match(line):
                fenced = not fenced
            under = text[slice(*spans[index + 1])] if index + 1 < len(spans) else ""
            if fenced or "|" not in line or not ("-" in under and _DELIMITER.fullmatch(under)):
                index += 1
                continue
            lines = [_Line(_pipe_cells(line), number, *spans[index])]
            index += 2
            while index < len(spans) and "|" in (line := text[slice(*spans[index])]):
                if not _DELIMITER.fullmatch(line):
                    lines.append(_Line(_pipe_cells(line), number, *spans[index]))
                index += 1
            if written_by_hand or len({len(line.cells) for line in lines}) == 1:
                yield lines


def _over_pages(tables: Iterator[list[_Line]]) -> Iterator[list[_Line]]:
    """The tables; one that continues on the next page under the same header is joined."""
    open_table: list[_Line] = []
    for lines in tables:
        if (
            open_table
            and lines[0].page == open_table[-1].page + 1
            and [folded(cell) for cell in lines[0].cells] == [folded(cell) for cell in open_table[0].cells]
        ):
            open_table += lines[1:]
            continue
        if open_table:
            yield open_table
        open_table = lines
    if open_table:
        yield open_table


def _pipe_cells(line: str) -> tuple[str, ...]:
    line = line.strip()
    line = line.removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return tuple(cell.strip().replace("\\|", "|") for cell in _PIPE.split(line))


def _spaced(document: DocumentContent) -> Iterator[list[_Line]]:
    """The lines of each table whose cells are apart by wide gaps. It may continue on the next page."""
    open_table: list[_Line] = []
    for number, text in enumerate(document.pages):
        for start, end in _line_spans(text):
            line = text[start:end]
            cells = tuple(_GAP.split(line.strip()))
            if not line.strip():
                continue
            if len(cells) > 1 and (not open_table or len(cells) == len(open_table[0].cells)):
                if not (open_table and folded(" ".join(cells)) == folded(" ".join(open_table[0].cells))):
                    open_table.append(_Line(cells, number, start, end))
                continue
            if len(cells) == 1 and open_table and open_table[-1].page != number:
                continue  # A title or a running header above the rest of the table.
            if len(open_table) > 1:
                yield open_table
            open_table = [_Line(cells, number, start, end)] if len(cells) > 1 else []
    if len(open_table) > 1:
        yield open_table


# Header and rows


def _table(document: DocumentContent, name: str, lines: list[_Line]) -> FoundTable | None:
    """The table that these lines make; None when it has fewer than two columns or no rows."""
    width = max((len(line.cells) for line in lines), default=0)
    lines = [
        replace(
            line,
            cells=(*map(amounts.plain, line.cells), *("",) * (width - len(line.cells))),
        )
        for line in lines
    ]
    captions = []
    if width < 2:
        return None
    top = lines[0]
    while lines and sum(map(bool, lines[0].cells)) < 2 < len(lines):
        captions.append(" ".join(filter(None, lines.pop(0).cells)))
    if not lines:
        return None
    header, lines = _header(lines)
    rows = [line for line in lines if sum(map(bool, line.cells)) > 1]
    if not rows or not header:
        return None
    labelled = any(line.cells[0] and amounts.column([line.cells[0]]) is None for line in rows)
    place = document.locator(rows[0].page, rows[0].start, rows[0].end)
    headings = place.heading if not name and document.media_type not in _SEPARATED else ()
    file = os.path.basename(document.path)
    names = (name, *captions, *reversed(headings), document.title, file)
    if document.media_type in _SPACED:
        names = (
            *_caption(document, top),
            *names,
            document.pages[0].lstrip().partition("\n")[0][:LONGEST_TITLE],
        )
    return FoundTable(
        document,
        tuple(dict.fromkeys(filter(None, names))),
        header,
        tuple(
            TableRow(
                line.cells,
                document.pages[line.page][line.start : line.end],
                document.locator(line.page, line.start, line.end),
                _is_total(line.cells, is_last=line is rows[-1], labelled=labelled),
            )
            for line in rows
        ),
    )


def _caption(document: DocumentContent, top: _Line) -> tuple[str, ...]:
    """The short line above a table that begins at `top`, if there is one; its headings may be plain text."""
    above = document.pages[top.page][: top.start].rstrip().rpartition("\n")[2].strip(" #*_:")
    is_title = 0 < len(above) < LONGEST_TITLE and not above.endswith((".", "|")) and "|" not in above
    return (above,) if is_title and not _GAP.search(above) else ()


def _header(lines: list[_Line]) -> tuple[tuple[str, ...], list[_Line]]:
    """The names of the columns, and the lines below the header. There are no names without a header."""
    first = lines[0].cells
    if len(lines) < 2 or not (_names_columns(first) or _names_amounts(first, lines[1].cells)):
        return (), lines
    second = lines[1].cells
    distinct = [cell for cell in first if cell]
    spanning = len(distinct) < len(first) or len(set(distinct)) < len(distinct)
    is_second = len(lines) > 2 and (
        (spanning and _names_columns(second) and _is_unlike(second, lines[2].cells))
        or all(not cell or _is_unit(cell) for cell in second)
    )
    if not is_second:
        return tuple(map(_in_words, first)), lines[1:]
    names = []
    above = ""
    for index, (upper, lower) in enumerate(zip(first, second, strict=True)):
        above = upper or (above if lower and index else "")
        names.append(" ".join(dict.fromkeys(filter(None, (above, lower)))))
    return tuple(names), lines[2:]


def _in_words(name: str) -> str:
    """The name of a column that a program wrote, as words: `amount_eur`, `paidOn`."""
    if " " in name or not (name.islower() or _CAMEL.search(name)):
        return name
    return _CAMEL.sub(" ", name).replace("_", " ").strip().lower()


def _names_columns(cells: Sequence[str]) -> bool:
    """Whether a line may name columns: two or more cells, and no numbers but years."""
    filled = [cell for cell in cells if cell]
    return len(filled) > 1 and all(
        _YEAR.fullmatch(cell) or amounts.column([cell]) is None or cell.isalpha() for cell in filled
    )


def _names_amounts(cells: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a line names columns by amounts, such as `10 guests` above a plain number."""
    return (
        len(list(filter(None, cells))) > 1
        and any(map(str.isalpha, cells[0]))
        and not cells[0][0].isdigit()
        and all(
            amounts.column([upper]) is None
            or (any(map(str.isalpha, upper)) and not any(map(str.isalpha, lower)))
            for upper, lower in zip(cells, below, strict=True)
            if upper
        )
    )


def _is_unlike(second: Sequence[str], third: Sequence[str]) -> bool:
    """Whether a line has names where the line below has numbers."""
    return any(
        upper
        and amounts.column([lower]) is not None
        and (_YEAR.fullmatch(upper) or amounts.column([upper]) is None)
        for upper, lower in zip(second, third, strict=True)
    )


def _is_unit(cell: str) -> bool:
    bare = cell.strip("()[] ").casefold()
    return bare in amounts.CURRENCIES or bare == "%" or (cell.startswith(("(", "[")) and len(bare) < 8)


def _is_total(cells: Sequence[str], *, is_last: bool, labelled: bool) -> bool:
    """Whether a row adds up others, as its label says or, in the last row, the lack of one.

    labelled: whether the first column of the table has labels.
    """
    label = next((cell for cell in cells if cell and amounts.column([cell]) is None), "")
    words = folded(label).strip(" :=").replace("-", " ")
    if not words:
        return is_last and labelled
    labels = {name.replace("-", " ") for name in calculation.TOTAL_LABELS}
    if words in labels:
        return True
    # A row in the middle may be about a company whose name begins with Total.
    return is_last and any(words.startswith(f"{name} ") for name in labels)
