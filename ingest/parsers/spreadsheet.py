"""Workbooks: one block for each row, under the sheet's name and the column names.

Excel's are read by openpyxl. The sheet is read cell by cell, because markitdown uses pandas, which writes
a year as 2024.0, an empty cell as NaN and a nameless column as Unnamed: 2. A cell has the text that the
sheet shows (`numberformats`). A formula gives the value stored with it; one without is shown as the
formula, because a row with a silent gap reads as if it had no value. Comments, text boxes, headers
and footers follow the rows of their sheet, and charts follow them. Cells that cannot be seen are kept
apart (`ingest.parsers.unseen.sheets`).
"""

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ingest.documents import BlockKind, HiddenText, Hiding
from ingest.parsers import archive, charts, sheetboxes
from ingest.parsers.extract import Extract, Layout, Outline, comment_line, damage_refused
from ingest.parsers.metadata import stated_title
from ingest.parsers.numberformats import shown
from ingest.parsers.table import HEADING_LENGTH, MOST_ABOVE, names_columns
from ingest.parsers.text import line
from ingest.parsers.unseen.sheets import CellLooks, sight

HIDDEN_SHEET = "(hidden sheet)"
"""Follows the name of a sheet that its workbook hides."""

_THREAD_MARK = "[Threaded comment]"
"""Begins the note that Excel leaves, for older versions, in place of a conversation."""


class SheetText:
    """The text of a workbook, collected row by row. Cells are separated by ` | `; empty rows are left out."""

    def __init__(self) -> None:
        self._outline = Outline()
        self._lines: list[str] = []
        self._start = 0
        self._has_columns = False
        self._rows = self._widest = 0
        """Rows of the sheet, and how far the widest of them reaches."""
        self._comments: list[str] = []
        self._sheets = 0
        self._hidden: dict[tuple[int, str, Hiding], tuple[int, list[str]]] = {}
        """Hidden texts by sheet, group and way: where the first one is, and the texts."""

    def sheet(self, name: str, *, hidden: bool = False) -> None:
        """Begins a sheet."""
        self._add_comments()
        name = line(name) + (f" {HIDDEN_SHEET}" if hidden else "")
        self._outline.heading(1, name, self._start, self._start + len(name))
        self._append(name)
        self._has_columns = False
        self._rows = self._widest = 0
        self._sheets += 1

    def hide(self, group: str, text: str, how: Hiding) -> None:
        """Keeps a text of the sheet apart. Those of a group that are hidden alike are kept as one.

        group: what they belong to, such as a column; any name.
        """
        if re.search(r"\w", text):
            key = (self._sheets, group, how)
            self._hidden.setdefault(key, (self._start, []))[1].append(text)

    def row(self, cells: list[str], comments: Iterable[tuple[str, str]] = ()) -> None:
        """Adds a row of the sheet, and the comments on it: who wrote each, and what it says."""
        while cells and not cells[-1]:
            cells = cells[:-1]
        if cells:
            text = " | ".join(cells)
            count = sum(map(bool, cells))
            # Lines that banks write above the column names fill a few cells only.
            is_below = 0 < 2 * self._widest <= count and self._rows <= MOST_ABOVE
            if (is_below or not self._has_columns) and names_columns(cells):
                self._outline.heading(2, text[:HEADING_LENGTH], self._start, self._start)
            # A title may be above the names of the columns.
            self._has_columns = self._has_columns or count > 1
            self._widest = max(self._widest, len(cells))
            self._rows += 1
            self._outline.add(BlockKind.ROWS, self._start, self._start + len(text))
            self._append(text)
        named = next(filter(None, cells), "")
        self._comments += [comment_line(author, named, said) for author, said in comments]

    def note(self, text: str) -> None:
        """Adds what stands beside the cells, after the rows of the sheet."""
        if text:
            self._comments.append(text)

    def chart(self, caption: str, rows: list[list[str]], beside: Sequence[str] = ()) -> None:
        """Adds a chart after the rows of its sheet: its caption, what is said beside it, and its values.

        One without a caption is left out.
        """
        if not caption:
            return
        self._add_comments()
        self._append("")
        self._outline.heading(2, caption, self._start, self._start + len(caption))
        self._append(caption)
        for text in beside:
            self._outline.add(BlockKind.PROSE, self._start, self._start + len(text))
            self._append(text)
        for row in filter(any, rows):
            text = " | ".join(row)
            self._outline.add(BlockKind.ROWS, self._start, self._start + len(text))
            self._append(text)

    def extract(self, title: str, unread: str = "") -> Extract:
        """All sheets as one text."""
        self._add_comments()
        hidden = [
            HiddenText(1, at, "; ".join(texts), how) for (_, _, how), (at, texts) in self._hidden.items()
        ]
        return Extract(
            title,
            ("\n".join(self._lines),),
            self._outline.spans(),
            Layout.FLOW,
            unread=unread,
            hidden=tuple(sorted(hidden, key=lambda piece: piece.at)),
        )

    def _add_comments(self) -> None:
        """Adds the comments on a sheet after its rows, so that they do not separate the rows."""
        for comment in self._comments:
            # A paragraph of its own.
            self._append("")
            self._outline.add(BlockKind.PROSE, self._start, self._start + len(comment))
            self._append(comment)
        self._comments = []

    def _append(self, text: str) -> None:
        self._lines.append(text)
        self._start += len(text) + 1


@damage_refused()
def extract(data: bytes) -> Extract:
    """Parses a workbook of Excel."""
    archive.check(data)
    data = archive.normalized(data)
    # 0.1 s to import.
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    sheets = SheetText()
    without_value = 0
    with warnings.catch_warnings(), zipfile.ZipFile(io.BytesIO(data)) as parts:
        warnings.simplefilter("ignore")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        looks = CellLooks(book)
        # Loaded for the first sheet that has some: it takes as long as the values.
        formulas = None
        for sheet in book.worksheets:
            has_formulas = _has_formulas(parts, sheet._worksheet_path)
            if has_formulas and formulas is None:
                formulas = load_workbook(io.BytesIO(data), read_only=True)
            sheets.sheet(sheet.title, hidden=sheet.sheet_state != "visible")
            comments = _comments(parts, sheet._worksheet_path)
            as_written = formulas[sheet.title] if formulas is not None and has_formulas else None
            hides = sight(parts, sheet._worksheet_path)
            for number, (row, missing) in enumerate(_rows(sheet, as_written), start=1):
                without_value += len(missing)
                cells = []
                for place, cell in enumerate(row):
                    text = (
                        f"{missing[place]} (not calculated)"
                        if place in missing
                        else line(shown(cell.value, cell.number_format or ""))
                    )
                    column = place + 1
                    in_sight = not hides.is_coloured(number, column)
                    how = looks.hiding(cell, with_colours=in_sight) if cell.value is not None else None
                    if hides.hides_column(column):
                        sheets.hide(f"column {column}", text, Hiding.MARKED)
                        continue
                    if how is not None and number not in hides.rows:
                        sheets.hide(f"column {column}", text or line(str(cell.value)), how)
                        text = ""
                    cells.append(text)
                noted = comments.pop(number, [])
                if number in hides.rows:
                    said = [comment_line(author, "", text) for author, text in noted]
                    sheets.hide("rows", " | ".join(filter(None, [*cells, *said])), Hiding.MARKED)
                else:
                    sheets.row(cells, noted)
            for rest in comments.values():
                sheets.row([], rest)
            for text, how in sheetboxes.boxes(parts, sheet._worksheet_path):
                if how is None:
                    sheets.note(text)
                else:
                    sheets.hide("boxes", text, how)
            for text in sheetboxes.margins(parts, sheet._worksheet_path):
                sheets.note(text)
            _add_charts(sheets, parts, sheet._worksheet_path, book.sheetnames)
        for name, part in _chart_sheets(parts):
            sheets.sheet(name)
            _add_charts(sheets, parts, part, book.sheetnames)
    return sheets.extract(stated_title(book.properties.title or ""), _without_value(without_value))


def _add_charts(sheets: SheetText, parts: zipfile.ZipFile, sheet: str, names: list[str]) -> None:
    """Adds the charts on a sheet. Values that occur in cells of the sheets with these names are left out."""
    for drawing in charts.related(parts, sheet, "drawing").values():
        for target in charts.related(parts, drawing, "chart").values():
            chart = charts.read(archive.xml(parts.read(target)))
            is_in_cells = chart.is_in_cells(names)
            shown_series = [f"Series: {', '.join(chart.series)}"] if is_in_cells and chart.series else []
            sheets.chart(chart.caption, [] if is_in_cells else chart.rows, [*shown_series, *chart.labels])


def _chart_sheets(parts: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """The names and parts of the sheets that are charts."""
    book = "xl/workbook.xml"
    targets = charts.related(parts, book, "chartsheet")
    for sheet in archive.xml(parts.read(book)).iter() if targets else ():
        number = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), None)
        if number in targets:
            yield sheet.get("name", ""), targets[number]


def _without_value(count: int) -> str:
    if not count:
        return ""
    formulas = "1 formula has" if count == 1 else f"{count:,} formulas have"
    return f"{formulas} no stored value: save the file once in a spreadsheet program"


def _rows(sheet: Any, formulas: Any) -> Iterator[tuple[tuple[Any, ...], dict[int, str]]]:
    """The rows of a sheet, each with the formulas without a stored value by the place of their cell.

    formulas: the same sheet with the formulas instead of their values; None if it has none.
    """
    # The declared size of a sheet may be wrong, and would hide cells.
    sheet.reset_dimensions()
    if formulas is None:
        yield from ((row, {}) for row in sheet.iter_rows())
        return
    formulas.reset_dimensions()
    for row, as_written in zip(sheet.iter_rows(), formulas.iter_rows(), strict=True):
        missing = {
            place: line(str(written.value))
            for place, (cell, written) in enumerate(zip(row, as_written, strict=True))
            # An empty text that a formula gave is stored as a text.
            if cell.value is None and written.value is not None and cell.data_type != "str"
        }
        yield row, missing


def _has_formulas(parts: zipfile.ZipFile, sheet: str) -> bool:
    with parts.open(sheet) as part:
        return any(b"<f" in piece or b":f" in piece for piece in iter(lambda: part.read(1 << 20), b""))


def _comments(parts: zipfile.ZipFile, sheet: str) -> dict[int, list[tuple[str, str]]]:
    """Authors and texts of the comments on a sheet, by the number of the row that they are on."""
    from openpyxl.comments.comment_sheet import CommentSheet  # type: ignore[import-untyped]
    from openpyxl.packaging.relationship import get_dependents, get_rels_path  # type: ignore[import-untyped]
    from openpyxl.utils.cell import coordinate_from_string  # type: ignore[import-untyped]
    from openpyxl.xml.functions import fromstring  # type: ignore[import-untyped]

    names = set(parts.namelist())
    relations = get_rels_path(sheet)
    found: dict[int, list[tuple[str, str]]] = {}
    if relations not in names:
        return found
    people: dict[str, str] = {}
    for name in names:
        if name.startswith("xl/persons/"):
            for person in fromstring(parts.read(name)):
                people[person.get("id", "")] = person.get("displayName", "")
    for relation in get_dependents(parts, relations):
        if relation.target not in names:
            continue
        if relation.Type.endswith("/threadedComment"):
            for thread in fromstring(parts.read(relation.target)):
                row = coordinate_from_string(thread.get("ref"))[1]
                texts = [child.text or "" for child in thread if child.tag.endswith("}text")]
                found.setdefault(row, []).append((people.get(thread.get("personId"), ""), " ".join(texts)))
        elif relation.Type.endswith("/comments"):
            for reference, comment in CommentSheet.from_tree(
                fromstring(parts.read(relation.target))
            ).comments:
                text = comment.text or ""
                if not text.startswith(_THREAD_MARK):
                    row = coordinate_from_string(reference)[1]
                    found.setdefault(row, []).append((comment.author or "", text))
    return found
