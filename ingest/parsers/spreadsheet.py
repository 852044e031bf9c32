"""Excel workbooks, read by openpyxl: one block per row, under the sheet's name and the column names.

The sheet is read cell by cell, because markitdown uses pandas, which writes a year as 2024.0, an empty cell
as NaN and a nameless column as Unnamed: 2. A formula gives the value stored with it.
"""

import io
import warnings
from datetime import datetime, time

from ingest.documents import BlockKind
from ingest.errors import UnreadableDocument
from ingest.parsers import archive
from ingest.parsers.extract import Extract, Layout, Outline
from ingest.parsers.table import HEADING_LENGTH, names_columns
from ingest.parsers.text import line


def extract(data: bytes) -> Extract:
    """Parses a workbook. Cells are separated by ` | `; empty rows are left out."""
    archive.check(data)
    # 0.1 s to import.
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    outline = Outline()
    rows: list[str] = []
    start = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            for sheet in book.worksheets:
                name = line(sheet.title)
                outline.heading(1, name, start, start + len(name))
                rows.append(name)
                start += len(name) + 1
                # The declared size of a sheet may be wrong, and would hide cells.
                sheet.reset_dimensions()
                first = True
                for row in sheet.iter_rows(values_only=True):
                    cells = [_cell(value) for value in row]
                    if not any(cells):
                        continue
                    text = " | ".join(cells).rstrip(" |")
                    if first and names_columns(cells):
                        outline.heading(2, text[:HEADING_LENGTH], start, start)
                    first = False
                    outline.add(BlockKind.ROWS, start, start + len(text))
                    rows.append(text)
                    start += len(text) + 1
            title = book.properties.title or ""
        # openpyxl raises any exception on damaged input.
        except Exception as exc:
            raise UnreadableDocument(
                f"damaged file ({type(exc).__name__})", remedy="Get a new copy of the file."
            ) from exc
    return Extract(title, ("\n".join(rows),), outline.spans(), Layout.FLOW)


def _cell(value: object) -> str:
    if value is None:
        return ""
    # A date is stored as a time at midnight.
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return line(str(value))
