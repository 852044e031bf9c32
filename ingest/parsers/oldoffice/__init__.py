"""The binary formats of Office 97 to 2003: `doc`, `xls` and `ppt`.

They are compound files, which olefile opens. Excel's cells are read by xlrd. For Word and PowerPoint
there is no library that is kept and runs in the jail, so a module for each reads the text as Microsoft
describes it. Files with these suffixes may also be web pages: programs that export tables write such.
"""

import datetime
import io
import re
import warnings
from typing import Any

from ingest.errors import UnreadableDocument
from ingest.parsers import converted
from ingest.parsers.extract import Extract, damage_refused
from ingest.parsers.numberformats import shown
from ingest.parsers.oldoffice import slides, word
from ingest.parsers.spreadsheet import SheetText
from ingest.parsers.text import line

_PAGE = re.compile(rb"\s*<(?:!doctype\s+html|html|table|meta|\?xml)\b", re.IGNORECASE)
_DURATION = re.compile(r"\[[hms]+\]", re.IGNORECASE)
"""In the format of a number that counts hours, minutes or seconds, also above a day."""


def document(data: bytes) -> Extract:
    """Parses a Word document of the binary format."""
    return converted.html(data) if _PAGE.match(data) else word.extract(data)


def presentation(data: bytes) -> Extract:
    """Parses a PowerPoint presentation of the binary format. A slide is a page."""
    return slides.extract(data)


@damage_refused()
def workbook(data: bytes) -> Extract:
    """Parses an Excel workbook of the binary format: one block for each row."""
    if _PAGE.match(data):
        return converted.html(data)
    # 30 ms to import.
    import xlrd

    result = SheetText()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
        except xlrd.XLRDError as exc:
            if "encrypted" in str(exc).lower():
                raise UnreadableDocument("encrypted", remedy="Save it without a password.") from exc
            raise
        for sheet in book.sheets():
            result.sheet(sheet.name, hidden=sheet.visibility != 0)
            for number in range(sheet.nrows):
                cells = [line(_cell(book, cell)) for cell in sheet.row(number)]
                notes = (sheet.cell_note_map.get((number, column)) for column in range(sheet.ncols))
                result.row(cells, [(note.author or "", note.text or "") for note in notes if note])
    return result.extract("")


def _cell(book: Any, cell: Any) -> str:
    import xlrd

    kind, value = cell.ctype, cell.value
    if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return ""
    if kind == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(value, "#ERROR"))
    if kind == xlrd.XL_CELL_BOOLEAN:
        return shown(bool(value), "")
    style = book.xf_list[cell.xf_index]
    code = book.format_map[style.format_key].format_str
    if kind == xlrd.XL_CELL_DATE:
        if _DURATION.search(code):
            return shown(datetime.timedelta(days=value), code)
        try:
            moment = xlrd.xldate_as_datetime(value, book.datemode)
        except (ValueError, OverflowError):
            return shown(value, "")
        return shown(moment.time() if value < 1 else moment, code)
    if kind == xlrd.XL_CELL_NUMBER:
        return shown(int(value) if value == int(value) else value, code)
    return str(value)
