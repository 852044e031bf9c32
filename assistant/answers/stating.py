"""Puts a computed result into words: the value first, then what it rests on, how it was computed, coverage.

Every line of evidence is verbatim text of a document with a marker. A row is shown with the names of its
columns.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.answers.amounts import is_number
from assistant.answers.citing import UNSURE, citing_marker
from assistant.answers.dates import cell_dates
from assistant.answers.filters import narrowest_name
from assistant.answers.tables import FoundTable, TableRow
from assistant.answers.tablewords import words_of
from assistant.answers.wanted import Act, Wanted
from assistant.dialogue import Citation, Computed, ComputedValue, Coverage, Passage, Sentence, Verdict
from assistant.formatting import count_of, ends_whole
from ingest.catalogue.records import DocumentContent
from ingest.documents import Locator
from ingest.language import calculation, tabular
from policies.hygiene import as_text

_CODE = re.compile(r"[A-Z]{1,4}[-./]?\d+[A-Za-z]?")
"""A code by which a table numbers its rows."""

MOST_SHOWN = 50
"""Pieces of evidence that are shown."""

MOST_MARKERS = 5
"""The most markers after a headline; the others are counted."""

MOST_NAMED = 5
"""Names in a list within a sentence; the others are counted."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of a document that a computed value rests on."""

    text: str
    """As it is shown in the answer."""
    quote: str
    """Verbatim."""
    title: str
    """The title of the document."""
    locator: Locator
    """The place of the quote."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was computed from one table, or from the documents of the catalogue."""

    headline: str
    """The value in a sentence or a few lines."""
    values: tuple[ComputedValue, ...]
    """The values by themselves."""
    how: str
    """How they were computed, in a sentence."""
    over: str
    """What was counted or added up, as a phrase."""
    evidence: tuple[Evidence, ...]
    """All that the values rest on, in order."""
    listed: bool
    """Whether the evidence is part of the answer's text, and not only cited."""

    @property
    def paths(self) -> frozenset[str]:
        """The paths of the documents that it is from."""
        return frozenset(row.locator.path for row in self.evidence)


@dataclass(frozen=True, slots=True)
class ComputedAnswer:
    """A computed answer in words."""

    text: str
    """The answer, with markers."""
    sentences: tuple[Sentence, ...]
    """Its sentences, all of them backed."""
    citations: tuple[Citation, ...]
    """What they rest on."""
    passages: tuple[Passage, ...]
    """The same as passages."""
    computed: Computed
    """The values."""
    coverage: Coverage
    """What was read."""


def state(results: Sequence[Result], coverage: Coverage, verdict: Verdict = Verdict.BACKED) -> ComputedAnswer:
    """One answer from the results of everything that fits the question equally well.

    verdict: of its sentences; `Verdict.UNSURE` for results that may not be what was asked.
    """
    lines: list[str] = []
    sentences: list[Sentence] = []
    citations: list[Citation] = []
    reason = UNSURE if verdict is Verdict.UNSURE else ""
    for result in results:
        shown = result.evidence[:MOST_SHOWN]
        first = len(citations) + 1
        for number, piece in enumerate(shown, start=first):
            citations.append(Citation(number, piece.quote, piece.locator, piece.title))
        markers = [citing_marker(verdict, number) for number in range(first, len(citations) + 1)]
        cited = "" if result.listed else _cited(markers)
        headline = as_text(result.headline)
        first_line, *more_lines = headline.split("\n")
        lines += [f"{first_line}{cited}", *more_lines]
        sentences.append(Sentence(headline, verdict, reason, first if shown and not result.listed else None))
        if result.listed:
            for number, (piece, marker) in enumerate(zip(shown, markers, strict=True), start=first):
                text = as_text(piece.text)
                lines.append(f"- {text} {marker}")
                sentences.append(Sentence(text, verdict, reason, number))
            if more := len(result.evidence) - len(shown):
                lines.append(f"- and {more:,} more")
        lines.append("")
        lines.append(result.how)
        lines.append("")
    lines.append(describe_reading(coverage))
    return ComputedAnswer(
        text="\n".join(lines),
        sentences=tuple(sentences),
        citations=tuple(citations),
        passages=_passages(results),
        computed=Computed(
            tuple(value for result in results for value in result.values),
            " ".join(dict.fromkeys(result.how for result in results)),
            "; ".join(dict.fromkeys(result.over for result in results)),
        ),
        coverage=coverage,
    )


def _cited(markers: Sequence[str]) -> str:
    """The first markers of what a headline rests on, and how many more there are."""
    more = len(markers) - MOST_MARKERS
    shown = "".join(markers[:MOST_MARKERS])
    return f" {shown} and {more:,} more" if more > 0 else f" {shown}".rstrip()


def counted(evidence: Sequence[Evidence], wanted: Wanted) -> tuple[ComputedValue, ...]:
    """The values of a count or a list: how many pieces there are, or the pieces themselves."""
    if wanted.act is Act.LIST:
        return tuple(ComputedValue("", piece.text, "") for piece in evidence)
    return (ComputedValue("", str(len(evidence)), ""),)


def describe_reading(coverage: Coverage) -> str:
    """How many documents were considered, and how many could not be read."""
    failures = len(coverage.unread)
    failed = f"; {count_of(failures, 'file')} could not be read" if failures else ""
    return f"Considered: {count_of(coverage.files, 'document')}{failed}."


def document_name(document: DocumentContent, beside: Sequence[DocumentContent] = ()) -> str:
    """A document by its title and its file, with as many folders as it takes to tell it from the files
    `beside` it."""
    return f"{document.title} ({narrowest_name(document.path, [other.path for other in beside])})"


def with_words(words: Sequence[str]) -> str:
    """Says which words select what is counted: ` with “oak” and “2024”`; empty without any."""
    return f" with {joined(f'“{word}”' for word in words)}" if words else ""


def ended(text: str) -> str:
    """`text` as a sentence: with a full stop, unless it ends like one."""
    return text if ends_whole(text) else f"{text}."


def joined(names: Iterable[str], word: str = "and") -> str:
    """A few names as a phrase, each once, and how many more there are: `Ada, Bo and Cleo`."""
    distinct = list(dict.fromkeys(filter(None, names)))
    if len(distinct) > MOST_NAMED:
        distinct[MOST_NAMED:] = [f"{len(distinct) - MOST_NAMED:,} more"]
    *others, last = distinct or [""]
    return f"{', '.join(others)} {word} {last}" if others else last


def either_of(texts: Iterable[str]) -> str:
    """A few texts in quotes, as alternatives: `“open” or “late”`."""
    return joined((f"“{text}”" for text in texts), "or")


def listed_names(documents: Sequence[DocumentContent]) -> str:
    """The files of a few documents, and how many more there are. Those with one name are told apart by their
    folders."""
    paths = [document.path for document in documents]
    # Those that are only counted need no name.
    return joined([*(narrowest_name(path, paths) for path in paths[:MOST_NAMED]), *paths[MOST_NAMED:]])


def listed_titles(documents: Sequence[DocumentContent]) -> str:
    """The titles of a few documents, and how many more there are. Those with one title are told apart by
    their files."""
    titles = Counter(document.title for document in documents)
    named = [
        document.title if titles[document.title] == 1 else document_name(document, documents)
        for document in documents[:MOST_NAMED]
    ]
    return joined([*named, *(document.path for document in documents[MOST_NAMED:])])


def shortened(quote: str) -> str:
    """A quote on one line, cut where it is long."""
    text = " ".join(quote.split())
    return text if len(text) <= 160 else f"{text[:159]}…"


def row_name(row: TableRow, but: int | None = None) -> str:
    """What a row is called: its first cell, unless that is a number and another is text. To a date or
    year in figures and to a code, the first text of the row is added: `2026-03-07 Bakery`, `B08 Milk`.

    but: a column that does not name the row, because its cells are compared.
    """
    cells = [cell for index, cell in enumerate(row.cells) if cell and index != but]
    first = cells[0] if cells else ""
    is_date, is_code = bool(cell_dates(first)), _CODE.fullmatch(first) is not None
    if is_date and not first[0].isdigit():
        return first
    others = cells[1:] if is_code else cells
    text = next((cell for cell in others if not cell[0].isdigit() and not cell_dates(cell)), "")
    if is_code and but is not None and text and row.cells.index(text) > but and not is_number(row.cells[but]):
        return first  # What the code stands for is in the other column.
    return " ".join(filter(None, (first, text))) if is_date or is_code else text or first


def name_of(table: FoundTable, row: TableRow, but: int | None = None) -> str:
    """What a row is called: by its cells (`row_name`), or by the columns of names if a number comes first or
    there are first and last names.

    but: a column that does not name it.
    """
    headers = [set(words_of(header)) for header in table.header]
    named = [place for place, header in enumerate(headers) if header & tabular.NAMES and place != but]
    if len(named) > 1 or (headers and headers[0] & calculation.NAMES_IN_NUMBERS):
        name = " ".join(filter(None, (row.cells[place] for place in named)))
        if name and not any(map(str.isdigit, name)):
            return name
    return row_name(row, but)


def row_names(table: FoundTable, rows: Sequence[TableRow]) -> list[str]:
    """What some rows of a table are called. If another row has the same name and the first column numbers the
    rows, its cells are added: `5002 Brook Ltd`."""
    numbers = {row.cells[0] for row in table.records}
    are_numbered = len(numbers) == len(table.records) and all(cell[:1].isdigit() for cell in numbers)
    known = Counter(name_of(table, row) for row in table.records) if are_numbered else Counter[str]()
    names = [name_of(table, row) for row in rows]
    if all(known[name] < 2 for name in names):
        return names
    return [
        name if name.startswith(row.cells[0]) else f"{row.cells[0]} {name}"
        for row, name in zip(rows, names, strict=True)
    ]


def row_name_beside(table: FoundTable, row: TableRow, index: int) -> str:
    """The name of a row, to be printed beside one of its cells; empty if that cell is its name."""
    name, cell = name_of(table, row), row.cells[index]
    return "" if name == cell else name_of(table, row, index) if cell in name else name


def row_evidence(table: FoundTable, row: TableRow) -> Evidence:
    """A row of a table, shown with the names of its columns."""
    return Evidence(row_text(table, row), row.quote, table.document.title, row.locator)


def row_text(table: FoundTable, row: TableRow) -> str:
    """The cells of a row with the names of their columns; empty cells are left out."""
    pairs = zip(table.header, row.cells, strict=True)
    return " · ".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell)


def column_name(table: FoundTable, index: int) -> str:
    """The name of a column in a sentence; `the values` if the table has no header."""
    return table.header[index] or "the values"


def read_cells(
    table: FoundTable, rows: Sequence[TableRow], index: int, names: Sequence[str], place: str, over: str
) -> Result:
    """The cells of a column in some rows.

    names: of the rows, empty for none. place: where the column was read, as a clause; over: what the cells
    are, as a phrase.
    """
    header = table.header[index]
    cells = [row.cells[index] for row in rows]
    read = f"the column “{header}”" if header else "a row"
    return Result(
        _said_cells(header, cells, names),
        tuple(ComputedValue(name, cell, "") for name, cell in zip(names, cells, strict=True)),
        f"Read: {read} {place}.",
        over,
        tuple(row_evidence(table, row) for row in rows),
        listed=True,
    )


def _said_cells(header: str, cells: Sequence[str], names: Sequence[str]) -> str:
    """The cells that were asked for: `Desk lamp – Price: 40.`, and of several rows `Price: 40 (Desk lamp), 90
    (Floor lamp).` Rows that all have one name are not told apart by it.

    header: the name of their column; empty without one. names: those of the rows, empty for none.
    """
    if len(cells) == 1 and header:
        return ended(f"{names[0]}{' – ' if names[0] else ''}{header}: {cells[0]}")
    are_told_apart = len(cells) == 1 or len(set(names)) > 1
    said = [
        f"{cell} ({name})" if name and are_told_apart else cell
        for cell, name in zip(cells, names, strict=True)
    ]
    return ended(f"{header}{': ' if header else ''}{', '.join(dict.fromkeys(said))}")


def counted_in(table: FoundTable, count: int, entries: str = "") -> str:
    """How a count was made: `Counted: 3 of 17 rows, not counting 1 row of totals`.

    entries: what was counted, if it is not rows: `different entries`.
    """
    rows = count_of(len(table.records), "row")
    totals = len(table.rows) - len(table.records)
    without = f", not counting {count_of(totals, 'row')} of totals" if totals else ""
    return f"Counted: {count:,} {f'{entries} in' if entries else 'of'} {rows}{without}"


def table_name(table: FoundTable) -> str:
    """A table as people would call it: its sheet or heading, and its file."""
    file = table.document.path.rpartition("/")[2]
    name = " ".join(table.names[0].split())
    return f"“{file}”" if name in {table.document.title, file} else f"“{name}” of “{file}”"


def _passages(results: Sequence[Result]) -> tuple[Passage, ...]:
    """A passage for each piece of evidence that is shown, and at least one for each document."""
    pieces: list[Evidence] = []
    for result in results:
        seen: set[str] = set()
        for index, piece in enumerate(result.evidence):
            if index < MOST_SHOWN or piece.locator.path not in seen:
                pieces.append(piece)
            seen.add(piece.locator.path)
    return tuple(
        Passage(
            rank=rank,
            score=1.0,
            similarity=1.0,
            title=piece.title,
            text=piece.quote,
            locator=piece.locator,
            chunk_ids=(),
        )
        for rank, piece in enumerate(pieces, start=1)
    )
