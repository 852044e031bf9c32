"""OpenDocument: texts, spreadsheets and presentations, read from their XML.

The format is simple enough to be read as it is written (OpenDocument 1.3, part 3), and the libraries that
convert it lose notes, comments and headings in lists, or need parts that a file may lack. Deleted text is
left out. Notes and comments follow their paragraph. A cell has the text that its sheet shows, apart from
dates, which are written as 2024-03-05: see `numberformats`. Text that cannot be seen is kept apart, as
`ingest.parsers.unseen` tells.
"""

import io
import zipfile
from typing import Any

from ingest.documents import BlockKind, HiddenText, Hiding
from ingest.errors import UnreadableDocument
from ingest.parsers import archive, charts
from ingest.parsers.extract import (
    Extract,
    Layout,
    Span,
    comment_line,
    damage_refused,
    is_page_number,
)
from ingest.parsers.metadata import LONGEST_TITLE, stated_title
from ingest.parsers.odffields import ListNumbers, controls, formula
from ingest.parsers.odfflow import (
    MAX_COLUMNS,
    OdfFlow,
    annotation_parts,
    cell_text,
    in_object,
    plain_text,
    repeated,
    row_cells,
)
from ingest.parsers.spreadsheet import SheetText
from ingest.parsers.text import line
from ingest.parsers.unseen.opendocument import OdfLooks, OdfSlide

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _OFFICE = f"{{{_NS}text:1.0}}", f"{{{_NS}table:1.0}}", f"{{{_NS}office:1.0}}"
_DRAW, _STYLE, _SHOW = f"{{{_NS}drawing:1.0}}", f"{{{_NS}style:1.0}}", f"{{{_NS}presentation:1.0}}"
_DC = "{http://purl.org/dc/elements/1.1/}"

_MANIFEST = "META-INF/manifest.xml"
MAX_COPIED = 5_000_000
"""Maximum number of characters that repeated rows may add to a workbook."""


@damage_refused()
def text(data: bytes) -> Extract:
    """Parses a text document."""
    content, styles, title, objects = _opened(data)
    looks = OdfLooks(content, styles)
    reader = OdfFlow(looks, objects, ListNumbers(content, styles), controls(content))
    for kind in ("header", "footer"):
        lines = _margin_lines(styles, kind)
        if kind == "footer":
            reader.blocks(content.iterfind(f"{_OFFICE}body/{_OFFICE}text/*"))
        for margin in lines:
            reader.add(BlockKind.PROSE, margin)
    return reader.extract(_shown_title(content, looks) or title)


@damage_refused()
def slides(data: bytes) -> Extract:
    """Parses a presentation. A slide is a page."""
    content, styles, title, objects = _opened(data)
    looks = OdfLooks(content, styles)
    numbers, shown = ListNumbers(content, styles), controls(content)
    pages: list[str] = []
    spans: list[Span] = []
    hidden: list[HiddenText] = []
    for number, page in enumerate(content.iter(f"{_DRAW}page")):
        slide = OdfSlide(looks, page, styles)
        reader = OdfFlow(slide, objects, numbers, shown, number)
        for child in page:
            name = child.get(f"{_SHOW}class", "")
            if name == "title" and not slide.hiding_of_shape(child):
                reader.heading(1, " ".join(reader.inline(each) for each in child.iter(f"{_TEXT}p")))
            elif child.tag == f"{_SHOW}notes":
                reader.blocks(child.iterfind(f"{_DRAW}frame/{_DRAW}text-box/*"))
            else:
                reader.blocks([child])
        extract = reader.extract("")
        # The title of the first slide names the presentation, whatever its properties say.
        title = (extract.title if number == 0 else "") or title or extract.title
        pages.append(extract.pages[0])
        spans += extract.spans
        hidden += extract.hidden
    return Extract(title, tuple(pages), tuple(spans), Layout.PAGES, hidden=tuple(hidden))


@damage_refused()
def sheets(data: bytes) -> Extract:
    """Parses a spreadsheet: one block for each row, as in `ingest.parsers.spreadsheet`."""
    content, styles, title, objects = _opened(data, of_workbook=True)
    looks = OdfLooks(content, styles)
    result = SheetText()
    left = MAX_COPIED
    for sheet in content.iterfind(f"{_OFFICE}body/{_OFFICE}spreadsheet/{_TABLE}table"):
        look = looks.of("table", sheet.get(f"{_TABLE}style-name", ""))
        result.sheet(sheet.get(f"{_TABLE}name", ""), hidden=look.get(f"table {_TABLE}display") == "false")
        columns = _columns(sheet)
        for row in sheet.iter(f"{_TABLE}table-row"):
            cells = row_cells(row)
            texts = [cell_text(cell) for cell in cells]
            comments = [
                annotation_parts(note) for cell in cells for note in cell.iterfind(f"{_OFFICE}annotation")
            ]
            if _is_collapsed(row):
                said = [comment_line(author, "", text) for author, text in comments]
                result.hide("rows", " | ".join(filter(None, [*texts, *said])), Hiding.MARKED)
                continue
            texts = _shown_cells(row, cells, texts, columns, looks, result)
            length = sum(map(len, texts))
            times = min(repeated(row, "rows"), 1 + left // length) if length else 1
            left -= (times - 1) * length
            for time in range(times):
                result.row(texts, comments if time == 0 else ())
        for shape in sheet.iter(f"{_DRAW}*"):
            for paragraph in shape.iterfind(f"{_TEXT}p"):
                how = looks.hiding_of_shape(shape) or looks.hiding(paragraph)
                if how is None:
                    result.note(line(plain_text(paragraph)))
                else:
                    result.hide("boxes", line(plain_text(paragraph)), how)
        for drawn in sheet.iter(f"{_DRAW}object"):
            result.chart(*charts.said_and_shown(in_object(drawn, objects)))
    return result.extract(title)


def _opened(data: bytes, *, of_workbook: bool = False) -> tuple[Any, Any, str, dict[str, Any]]:
    """The roots of the content and the styles, the title, and what is in each object of the document.

    of_workbook: whether charts do not repeat what occurs in cells.
    """
    archive.check(data)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        names = set(file.namelist())
        manifest = file.read(_MANIFEST) if _MANIFEST in names else b""
        if b"encryption-data" in manifest:
            raise UnreadableDocument("encrypted", remedy="Save it without a password.")
        content = archive.xml(file.read("content.xml"))
        styles, meta = (
            archive.xml(file.read(name)) if name in names else None for name in ("styles.xml", "meta.xml")
        )
        objects = {}
        for name in names:
            if name.endswith("/content.xml"):
                root = archive.xml(file.read(name))
                written = formula(root)
                inside = charts.in_object(root, of_workbook=of_workbook) if written is None else [written]
                objects[name.removesuffix("/content.xml")] = inside
    title = next(meta.iter(f"{_DC}title"), None) if meta is not None else None
    name = stated_title(title.text or "") if title is not None else ""
    return content, styles, name, objects


def _shown_title(content: Any, looks: OdfLooks) -> str:
    """The text of the first paragraphs in the style Title, or in one based on it; empty if there are none."""
    said: list[str] = []
    for paragraph in content.iterfind(f"{_OFFICE}body/{_OFFICE}text//{_TEXT}p"):
        if text := line(plain_text(paragraph)):
            name = paragraph.get(f"{_TEXT}style-name", "")
            if looks.is_based_on(name, "Title") and not looks.hiding(paragraph):
                said.append(text)
            elif said:
                break
    title = " ".join(said)
    return title if len(title) <= LONGEST_TITLE else ""


def _columns(sheet: Any) -> list[tuple[bool, str]]:
    """Whether each column of a sheet is hidden, and the style of cells without one."""
    columns: list[tuple[bool, str]] = []
    for column in sheet.iter(f"{_TABLE}table-column"):
        each = _is_collapsed(column), column.get(f"{_TABLE}default-cell-style-name", "")
        columns += [each] * min(repeated(column, "columns"), MAX_COLUMNS - len(columns))
    return columns


def _is_collapsed(element: Any) -> bool:
    """Whether a row or column is hidden, and not by a filter or an outline, which show that it is there."""
    groups = element.iterancestors(f"{_TABLE}table-row-group", f"{_TABLE}table-column-group")
    return element.get(f"{_TABLE}visibility") == "collapse" and next(groups, None) is None


def _shown_cells(
    row: Any,
    cells: list[Any],
    texts: list[str],
    columns: list[tuple[bool, str]],
    looks: OdfLooks,
    result: SheetText,
) -> list[str]:
    """The texts of a row's cells that can be seen; the others go to the hidden texts of the result."""
    seen = []
    of_row = row.get(f"{_TABLE}default-cell-style-name")
    for place, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        is_collapsed, style = columns[place] if place < len(columns) else (False, "")
        style = cell.get(f"{_TABLE}style-name") or of_row or style
        how = Hiding.MARKED if is_collapsed else looks.hiding_of_cell(cell, style)
        if how:
            result.hide(f"column {place}", text, how)
        if not is_collapsed:
            seen.append("" if how else text)
    return seen


def _margin_lines(styles: Any, kind: str) -> list[str]:
    """The paragraphs of all headers or footers, once each, except bare page numbers."""
    lines: list[str] = []
    names = [f"{_STYLE}{kind}{of}" for of in ("", "-first", "-left")]
    for margin in styles.iter(*names) if styles is not None else ():
        for paragraph in margin.iter(f"{_TEXT}p"):
            is_numbered = next(paragraph.iter(f"{_TEXT}page-number"), None) is not None
            words = line(paragraph.xpath("string()"))
            if words and not (is_numbered and is_page_number(words)):
                lines.append(words)
    return list(dict.fromkeys(lines))
