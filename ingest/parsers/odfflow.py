"""The text of OpenDocument files, paragraph by paragraph: the part that texts and presentations share.

Notes, comments and boxes of a paragraph follow it. `odffields` writes out numbers of lists, fields and
formulas, which have no text of their own. `unseen.opendocument` says whether a text can be seen.
"""

import re
from collections.abc import Iterator
from typing import Any

from ingest.documents import BlockKind, HiddenText, Hiding
from ingest.parsers.extract import Extract, Layout, Outline, comment_line, note_mark, whole_number
from ingest.parsers.odffields import FORMULA, ListNumbers, field_mark
from ingest.parsers.table import in_markdown
from ingest.parsers.text import clean, line
from ingest.parsers.unseen import joined
from ingest.parsers.unseen.opendocument import OdfLooks, OdfSlide

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _OFFICE = f"{{{_NS}text:1.0}}", f"{{{_NS}table:1.0}}", f"{{{_NS}office:1.0}}"
_DRAW = f"{{{_NS}drawing:1.0}}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_LINK = "{http://www.w3.org/1999/xlink}href"

MAX_REPEATED = 1000
"""Maximum number of copies of a row or cell that a file says is repeated."""
MAX_COLUMNS = 16_384
"""Maximum number of columns of a sheet; programs show no more."""

_SKIPPED = frozenset(
    f"{_TEXT}{name}" for name in ("tracked-changes", "placeholder", "ruby-text", "page-number", "page-count")
)
"""Elements of text whose content is not part of it: deleted text, prompts, readings, numbers of pages."""


class OdfFlow:
    """Collects the text of a document, or of one slide of it."""

    def __init__(
        self,
        looks: OdfLooks | OdfSlide,
        objects: dict[str, Any],
        numbers: ListNumbers,
        shown: dict[str, str],
        page: int = 0,
    ) -> None:
        """objects: what is in each object. shown: what each control of a form shows."""
        self._looks = looks
        self._objects = objects
        self._numbers = numbers
        self._controls = shown
        self._page = page
        self._outline = Outline(page)
        self._parts: list[str] = []
        self._length = 0
        self._hidden: list[HiddenText] = []
        self._following: list[str] = []
        """Notes, comments and boxes of the current paragraph, which come after it."""
        self._last_commented: tuple[Any, str] | None = None
        """The element that the last comment is in, and its text."""

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
                level = whole_number(element.get(f"{_TEXT}outline-level", ""), 1)
                self.heading(level, self.inline(element))
                self._add_following()
            elif element.tag == f"{_TEXT}p":
                self.add(BlockKind.PROSE, self.inline(element))
                self._add_following()
            elif element.tag == f"{_TEXT}list":
                if next(element.iter(f"{_TEXT}h"), None) is not None:
                    # The heading of a numbered chapter is an item of a list.
                    self.blocks(child for item in element for child in item)
                else:
                    self.add(BlockKind.PROSE, "\n".join(self._items(element, "", 0)))
                self._add_following()
            elif element.tag == f"{_TABLE}table":
                self.add(BlockKind.ROWS, self._table(element))
                self._add_following()
            elif element.tag == f"{_DRAW}object":
                # A spreadsheet or a chart in the document.
                self.blocks(in_object(element, self._objects))
            elif element.tag == FORMULA:
                self.add(BlockKind.PROSE, element.text or "")
            elif element.tag == f"{_DRAW}control":
                self.add(BlockKind.PROSE, self._controls.get(element.get(f"{_DRAW}control", ""), ""))
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
            cited = "".join(
                text for each in child.iterfind(f"{_TEXT}note-citation") for text in each.itertext()
            )
            mark = note_mark(cited)
            body = [self.inline(each) for each in child.iterfind(f"{_TEXT}note-body/*")]
            self._following.append(f"{mark} {' '.join(body)}")
            yield mark
        elif child.tag == f"{_OFFICE}annotation":
            author, said = annotation_parts(child)
            self._following.append(comment_line(author, self._commented(child.getparent()), said))
        elif child.tag.startswith(_DRAW):
            hiding = self._looks.hiding_of_shape(child)
            if hiding:
                self._hide(" ".join(child.itertext()), hiding)
                return
            yield from self._drawn(child)
        elif child.tag.endswith("}fieldmark"):
            yield field_mark(child)
        else:
            yield from self._pieces(child)

    def _commented(self, paragraph: Any) -> str:
        """The text that a comment is on. Further comments are mostly on the same paragraph."""
        if self._last_commented is None or self._last_commented[0] is not paragraph:
            self._last_commented = paragraph, plain_text(paragraph)
        return self._last_commented[1]

    def _drawn(self, shape: Any) -> Iterator[str]:
        """The text of a shape in a paragraph: formulas and controls in their place, the rest after it."""
        for box in shape.iter():
            if box.tag == f"{_DRAW}object":
                for each in in_object(box, self._objects):
                    if each.tag == FORMULA:
                        yield f" {each.text} "
                    else:
                        is_table = each.tag == f"{_TABLE}table"
                        self._following.append(self._table(each) if is_table else self.inline(each))
            elif box.tag == f"{_DRAW}control":
                yield self._controls.get(box.get(f"{_DRAW}control", ""), "")
            elif isinstance(box.tag, str) and box.tag.startswith(_DRAW):
                for each in box:
                    if each.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                        self._following.append(self.inline(each))
                    elif each.tag == f"{_TEXT}list":
                        self._following.append("\n".join(self._items(each, "", 0)))
                    elif each.tag == f"{_TABLE}table":
                        self._following.append(self._table(each))

    def _hide(self, hidden: str, how: Hiding) -> None:
        if re.search(r"\w", hidden):
            piece = HiddenText(self._page + 1, self._length, line(hidden), how)
            self._hidden.append(joined(self._hidden, piece))

    def _items(self, items: Any, style: str, depth: int) -> Iterator[str]:
        """The lines of a list; style: that of the list around it."""
        style = items.get(f"{_TEXT}style-name") or style
        for item, mark in self._numbers.marks(items, style, depth):
            for child in item:
                if child.tag == f"{_TEXT}list":
                    yield from self._items(child, style, depth + 1)
                elif child.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                    yield f"{'  ' * depth}{mark}{self.inline(child)}"
                    # A further paragraph of an item has no mark.
                    mark = " " * len(mark)

    def _table(self, table: Any) -> str:
        rows = (row for row in table.iter(f"{_TABLE}table-row") if _table_of(row) is table)
        return in_markdown([list(map(self._cell, row_cells(row))) for row in rows])

    def _cell(self, cell: Any) -> str:
        return " ".join(self.inline(each) for each in cell.iter(f"{_TEXT}p", f"{_TEXT}h"))

    def _add_following(self) -> None:
        for block in self._following:
            self.add(BlockKind.PROSE, block)
        self._following = []

    def _append(self, block: str) -> None:
        self._parts += [block, "\n\n"]
        self._length += len(block) + 2


def _table_of(row: Any) -> Any:
    """The innermost table that a row is in."""
    return next(row.iterancestors(f"{_TABLE}table"), None)


def in_object(reference: Any, objects: dict[str, Any]) -> Any:
    """The elements in the object that is drawn somewhere; none if the file does not have it.

    Each object is taken out of `objects`, because one that contains itself would never end.
    """
    return objects.pop(reference.get(_LINK, "").removeprefix("./").rstrip("/"), ())


def row_cells(row: Any) -> list[Any]:
    """The cells of a row, repeated as the file says, without the empty ones at its end."""
    cells: list[Any] = []
    for cell in row:
        if cell.tag in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            cells += [cell] * min(repeated(cell, "columns"), MAX_COLUMNS - len(cells))
    while cells and not cell_text(cells[-1]) and cells[-1].find(f"{_OFFICE}annotation") is None:
        cells.pop()
    return cells


def repeated(element: Any, kind: str) -> int:
    """How often a file says that a row or cell is repeated; kind: `rows` or `columns`."""
    stated = element.get(f"{_TABLE}number-{kind}-repeated", "1")
    return min(int(stated), MAX_REPEATED) if stated.isascii() and stated.isdigit() else 1


def cell_text(cell: Any) -> str:
    """The text of a cell of a spreadsheet."""
    moment = cell.get(f"{_OFFICE}date-value", "")
    if re.match(r"\d{4}-\d\d-\d\d", moment):
        return line(moment[:16].replace("T", " ").removesuffix(" 00:00"))
    return line(" ".join(each.xpath("string()") for each in cell.iterfind(f"{_TEXT}p")))


def annotation_parts(note: Any) -> tuple[str, str]:
    """Who wrote a comment, and what it says."""
    said = " ".join(each.xpath("string()") for each in note.iter(f"{_TEXT}p"))
    return note.findtext(f"{_DC}creator") or "", said


def plain_text(element: Any) -> str:
    """The text of a paragraph without its notes and comments."""
    if element.tag in (f"{_TEXT}note", f"{_OFFICE}annotation"):
        return ""
    return (element.text or "") + "".join(plain_text(child) + (child.tail or "") for child in element)
