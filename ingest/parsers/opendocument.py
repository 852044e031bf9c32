"""OpenDocument: texts, spreadsheets and presentations, read from their XML.

The format is simple enough to be read as it is written (OpenDocument 1.3, part 3), and the libraries that
convert it lose notes, comments and headings in lists, or need parts that a file may lack. Deleted text is
left out. Notes and comments follow their paragraph. A cell has the text that its sheet shows, apart from
dates, which are written as 2024-03-05: see `numberformats`. Text that cannot be seen is kept apart, as
`ingest.parsers.unseen` tells.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from ingest.documents import BlockKind, HiddenText, Hiding
from ingest.errors import UnreadableDocument
from ingest.parsers import archive, charts
from ingest.parsers.extract import (
    Extract,
    Layout,
    Outline,
    Span,
    comment_line,
    damage_refused,
    is_page_number,
    note_mark,
)
from ingest.parsers.metadata import LONGEST_TITLE, stated_title
from ingest.parsers.spreadsheet import SheetText
from ingest.parsers.table import in_markdown
from ingest.parsers.text import clean, line
from ingest.parsers.unseen import joined
from ingest.parsers.unseen.opendocument import OdfLooks, OdfSlide

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _OFFICE = f"{{{_NS}text:1.0}}", f"{{{_NS}table:1.0}}", f"{{{_NS}office:1.0}}"
_DRAW, _STYLE, _SHOW = f"{{{_NS}drawing:1.0}}", f"{{{_NS}style:1.0}}", f"{{{_NS}presentation:1.0}}"
_DC = "{http://purl.org/dc/elements/1.1/}"

MAX_REPEATED = 1000
"""Maximum number of copies of a row or cell that a file says is repeated."""

_SKIPPED = frozenset(
    f"{_TEXT}{name}" for name in ("tracked-changes", "placeholder", "ruby-text", "page-number", "page-count")
)
"""Elements of text whose content is not part of it: deleted text, prompts, readings, numbers of pages."""
_LINK = "{http://www.w3.org/1999/xlink}href"
_MANIFEST = "META-INF/manifest.xml"


@damage_refused()
def text(data: bytes) -> Extract:
    """Parses a text document."""
    content, styles, title, objects = _opened(data)
    looks = OdfLooks(content, styles)
    reader = _Flow(looks, objects)
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
    pages: list[str] = []
    spans: list[Span] = []
    hidden: list[HiddenText] = []
    for number, page in enumerate(content.iter(f"{_DRAW}page")):
        slide = OdfSlide(looks, page, styles)
        reader = _Flow(slide, objects, number)
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
    for sheet in content.iterfind(f"{_OFFICE}body/{_OFFICE}spreadsheet/{_TABLE}table"):
        look = looks.of("table", sheet.get(f"{_TABLE}style-name", ""))
        result.sheet(sheet.get(f"{_TABLE}name", ""), hidden=look.get(f"table {_TABLE}display") == "false")
        columns = _columns(sheet)
        for row in sheet.iter(f"{_TABLE}table-row"):
            cells = _cells(row)
            texts = [_cell_text(cell) for cell in cells]
            comments = [_comment(note) for cell in cells for note in cell.iterfind(f"{_OFFICE}annotation")]
            if _is_collapsed(row):
                said = [comment_line(author, "", text) for author, text in comments]
                result.hide("rows", " | ".join(filter(None, [*texts, *said])), Hiding.MARKED)
                continue
            texts = _shown_cells(row, cells, texts, columns, looks, result)
            times = _times(row, "rows") if any(texts) else 1
            for time in range(times):
                result.row(texts, comments if time == 0 else ())
        for drawn in sheet.iter(f"{_DRAW}object"):
            result.chart(*charts.said_and_shown(objects.get(drawn.get(_LINK, ""), ())))
    return result.extract(title)


class _Flow:
    """Collects the text of a document, or of one slide of it."""

    def __init__(self, looks: OdfLooks | OdfSlide, objects: dict[str, Any], page: int = 0) -> None:
        self._looks = looks
        self._objects = objects
        self._page = page
        self._outline = Outline(page)
        self._parts: list[str] = []
        self._length = 0
        self._hidden: list[HiddenText] = []
        self._following: list[str] = []
        """Notes, comments and boxes of the current paragraph, which come after it."""

    def extract(self, title: str) -> Extract:
        """What was collected."""
        return Extract(
            title or self._outline.title,
            ("".join(self._parts),),
            self._outline.spans(),
            Layout.FLOW,
            hidden=tuple(self._hidden),
        )

    def add(self, kind: BlockKind, block: str) -> None:
        """Adds a block, if it has text."""
        if block.strip():
            self._outline.add(kind, self._length, self._length + len(block))
            self._append(block)

    def heading(self, level: int, name: str) -> None:
        """Opens a section."""
        if name.strip():
            self._outline.heading(level, name, self._length, self._length + len(name))
            self._append(name)

    def blocks(self, elements: Any) -> None:
        """Adds the blocks that these elements are, in order."""
        for element in elements:
            if element.tag == f"{_TEXT}h":
                level = element.get(f"{_TEXT}outline-level", "1")
                self.heading(int(level) if level.isdigit() else 1, self.inline(element))
                self._add_following()
            elif element.tag == f"{_TEXT}p":
                self.add(BlockKind.PROSE, self.inline(element))
                self._add_following()
            elif element.tag == f"{_TEXT}list":
                if next(element.iter(f"{_TEXT}h"), None) is not None:
                    # The heading of a numbered chapter is an item of a list.
                    self.blocks(child for item in element for child in item)
                else:
                    self.add(BlockKind.PROSE, "\n".join(self._items(element, 0)))
                self._add_following()
            elif element.tag == f"{_TABLE}table":
                self.add(BlockKind.ROWS, self._table(element))
                self._add_following()
            elif element.tag == f"{_DRAW}object":
                # A spreadsheet or a chart in the document.
                self.blocks(self._objects.get(element.get(_LINK, ""), ()))
            elif element.tag not in _SKIPPED and isinstance(element.tag, str):
                self._nested(element)

    def _nested(self, element: Any) -> None:
        """Adds the blocks in an element, unless it is hidden as a whole."""
        hiding = Hiding.MARKED if element.get(f"{_TEXT}display") == "none" else None
        if element.tag.startswith(_DRAW):
            hiding = self._looks.hiding_of_shape(element)
        if hiding:
            self._hide(" ".join(element.itertext()), hiding)
        else:
            self.blocks(element)

    def inline(self, element: Any) -> str:
        """The text of a paragraph, on one line for each of its own."""
        return "\n".join(map(line, "".join(self._pieces(element)).split("\n"))).strip()

    def _pieces(self, element: Any) -> Iterator[str]:
        hiding = self._looks.hiding(element)
        yield self._shown(element.text, hiding)
        for child in element:
            yield from self._piece(child)
            yield self._shown(child.tail, hiding)

    def _shown(self, written: str | None, hiding: Hiding | None) -> str:
        """The text of one piece of markup; empty if it is hidden."""
        if hiding:
            self._hide(written or "", hiding)
            return " " if (written or "").isspace() else ""
        return clean(re.sub(r"\s+", " ", written or ""))

    def _piece(self, child: Any) -> Iterator[str]:
        if not isinstance(child.tag, str) or child.tag in _SKIPPED:
            return
        if child.tag in (f"{_TEXT}s", f"{_TEXT}tab"):
            yield " "
        elif child.tag == f"{_TEXT}line-break":
            yield "\n"
        elif child.tag == f"{_TEXT}note":
            cited = "".join(child.find(f"{_TEXT}note-citation").itertext())
            mark = note_mark(cited)
            body = [self.inline(each) for each in child.iterfind(f"{_TEXT}note-body/*")]
            self._following.append(f"{mark} {' '.join(body)}")
            yield mark
        elif child.tag == f"{_OFFICE}annotation":
            author, said = _comment(child)
            self._following.append(comment_line(author, _plain(child.getparent()), said))
        elif child.tag.startswith(_DRAW):
            hiding = self._looks.hiding_of_shape(child)
            if hiding:
                self._hide(" ".join(child.itertext()), hiding)
                return
            for box in child.iter(f"{_DRAW}text-box", f"{_DRAW}object"):
                if box.tag == f"{_DRAW}object":
                    for each in self._objects.get(box.get(_LINK, ""), ()):
                        is_table = each.tag == f"{_TABLE}table"
                        self._following.append(self._table(each) if is_table else self.inline(each))
                else:
                    self._following += [self.inline(each) for each in box]
        else:
            yield from self._pieces(child)

    def _hide(self, hidden: str, how: Hiding) -> None:
        if re.search(r"\w", hidden):
            piece = HiddenText(self._page + 1, self._length, line(hidden), how)
            self._hidden.append(joined(self._hidden, piece))

    def _items(self, element: Any, depth: int) -> Iterator[str]:
        for item in element:
            for child in item:
                if child.tag == f"{_TEXT}list":
                    yield from self._items(child, depth + 1)
                elif child.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                    bullet = "" if item.tag == f"{_TEXT}list-header" else "- "
                    yield f"{'  ' * depth}{bullet}{self.inline(child)}"

    def _table(self, table: Any) -> str:
        rows = table.iter(f"{_TABLE}table-row")
        return in_markdown([list(map(self._cell, _cells(row))) for row in rows])

    def _cell(self, cell: Any) -> str:
        return " ".join(self.inline(each) for each in cell.iter(f"{_TEXT}p", f"{_TEXT}h"))

    def _add_following(self) -> None:
        for block in self._following:
            self.add(BlockKind.PROSE, block)
        self._following = []

    def _append(self, block: str) -> None:
        self._parts += [block, "\n\n"]
        self._length += len(block) + 2


def _opened(data: bytes, *, of_workbook: bool = False) -> tuple[Any, Any, str, dict[str, Any]]:
    """The roots of the content and the styles, the title, and the tables of each object in the document.

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
        objects = {
            f"./{name.removesuffix('/content.xml')}": charts.in_object(
                archive.xml(file.read(name)), of_workbook=of_workbook
            )
            for name in names
            if name.endswith("/content.xml")
        }
    title = next(meta.iter(f"{_DC}title"), None) if meta is not None else None
    name = stated_title(title.text or "") if title is not None else ""
    return content, styles, name, objects


def _shown_title(content: Any, looks: OdfLooks) -> str:
    """The text of the first paragraphs in the style Title, or in one based on it; empty if there are none."""
    said: list[str] = []
    for paragraph in content.iterfind(f"{_OFFICE}body/{_OFFICE}text//{_TEXT}p"):
        if text := line(_plain(paragraph)):
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
        columns += [each] * _times(column, "columns")
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


def _cells(row: Any) -> list[Any]:
    """The cells of a row, repeated as the file says, without the empty ones at its end."""
    cells = []
    for cell in row:
        if cell.tag in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            cells += [cell] * _times(cell, "columns")
    while cells and not _cell_text(cells[-1]) and cells[-1].find(f"{_OFFICE}annotation") is None:
        cells.pop()
    return cells


def _times(element: Any, kind: str) -> int:
    stated = element.get(f"{_TABLE}number-{kind}-repeated", "1")
    return min(int(stated), MAX_REPEATED) if stated.isascii() and stated.isdigit() else 1


def _cell_text(cell: Any) -> str:
    moment = cell.get(f"{_OFFICE}date-value", "")
    if re.match(r"\d{4}-\d\d-\d\d", moment):
        return line(moment[:16].replace("T", " ").removesuffix(" 00:00"))
    return line(" ".join(each.xpath("string()") for each in cell.iterfind(f"{_TEXT}p")))


def _comment(note: Any) -> tuple[str, str]:
    """Who wrote a comment, and what it says."""
    said = " ".join(each.xpath("string()") for each in note.iter(f"{_TEXT}p"))
    return note.findtext(f"{_DC}creator") or "", said


def _plain(element: Any) -> str:
    """The text of a paragraph without its notes and comments."""
    if element.tag in (f"{_TEXT}note", f"{_OFFICE}annotation"):
        return ""
    return (element.text or "") + "".join(_plain(child) + (child.tail or "") for child in element)
