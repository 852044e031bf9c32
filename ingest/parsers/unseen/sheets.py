"""Cells of an Excel workbook that a person does not see (ECMA-376, part 1, 18.3 and 18.8).

Rows and columns that a filter or an outline hides are one click away, and its buttons show that they are
there: they count as seen. Hidden sheets do as well, and are named as hidden. Colours are not judged in tables
and under conditional formats, which have colours of their own.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest.documents import Hiding
from ingest.parsers import archive
from ingest.parsers.unseen import SMALLEST_POINTS
from ingest.parsers.unseen.colours import WHITE, Colour, alike, from_hex
from ingest.parsers.unseen.themes import Theme, tinted

_TAG = re.compile(
    rb"<(?:\w+:)?(sheetPr|row|col|autoFilter|filterColumn|conditionalFormatting|picture)\b([^>]*)>"
)
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*["']([^"']*)["']""")
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]+)(?::\$?([A-Z]{1,3})\$?([0-9]+))?")
_NAMES = "lt1 dk1 lt2 dk2 accent1 accent2 accent3 accent4 accent5 accent6 hlink folHlink".split()
"""The colours of a theme by the numbers that cells use."""
_NOTHING = re.compile(r"\s*;\s*;\s*;\s*")
"""A number format that shows nothing."""

_LOWEST_ROW = 1.0
"""Height in points up to which nothing of a row can be seen."""
_NARROWEST_COLUMN = 0.1
"""Width in characters up to which nothing of a column can be seen."""

Range = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 1."""


@dataclass(slots=True)
class SheetSight:
    """What one sheet hides: rows and columns by their numbers, from 1."""

    rows: set[int] = field(default_factory=set)
    columns: list[tuple[int, int]] = field(default_factory=list)
    """First and last columns."""
    coloured: list[Range] = field(default_factory=list)
    """Ranges whose cells may have other colours than their own."""
    has_picture: bool = False
    """Whether a picture is behind its cells."""

    def hides_column(self, number: int) -> bool:
        """Whether a column is hidden."""
        return any(first <= number <= last for first, last in self.columns)

    def is_coloured(self, row: int, column: int) -> bool:
        """Whether the colours of a cell are not known."""
        if self.has_picture:
            return True
        return any(top <= row <= low and left <= column <= right for top, left, low, right in self.coloured)


class CellLooks:
    """How the cells of a workbook hide their texts."""

    def __init__(self, book: Any) -> None:
        theme = getattr(book, "loaded_theme", None)
        self._theme = Theme(archive.xml(theme) if theme else None)
        self._known: dict[int, Hiding | None] = {}

    def hiding(self, cell: Any, *, with_colours: bool) -> Hiding | None:
        """How a cell hides its text; None if it can be seen.

        with_colours: whether its colours are those that are seen.
        """
        style = getattr(cell, "_style_id", 0)
        if style not in self._known:
            self._known[style] = self._of_style(cell)
        how = self._known[style]
        return None if how is Hiding.COLOUR and not with_colours else how

    def _of_style(self, cell: Any) -> Hiding | None:
        if _NOTHING.fullmatch(cell.number_format or ""):
            return Hiding.UNDRAWN
        font, fill = getattr(cell, "font", None), getattr(cell, "fill", None)
        if font is None or fill is None:
            return None
        if font.sz is not None and font.sz <= SMALLEST_POINTS:
            return Hiding.SIZE
        colour = self._colour(font.color)
        pattern = getattr(fill, "patternType", "gradient")
        behind = WHITE if pattern is None else self._colour(fill.fgColor) if pattern == "solid" else None
        return Hiding.COLOUR if colour and behind and alike(colour, behind) else None

    def _colour(self, colour: Any) -> Colour | None:
        from openpyxl.styles.colors import COLOR_INDEX  # type: ignore[import-untyped]

        if colour is None:
            return None
        if colour.type == "theme" and 0 <= colour.theme < len(_NAMES):
            found = self._theme.named(_NAMES[colour.theme])
        elif colour.type == "indexed" and 0 <= colour.indexed < min(len(COLOR_INDEX), 64):
            found = from_hex(COLOR_INDEX[colour.indexed][-6:])
        else:
            found = from_hex(colour.rgb[-6:]) if colour.type == "rgb" else None
        return tinted(found, colour.tint) if found and colour.tint else found


def sight(parts: zipfile.ZipFile, sheet: str) -> SheetSight:
    """What a sheet hides.

    sheet: the name of its part in the file.
    """
    found = SheetSight(coloured=list(_tables(parts, sheet)))
    hidden_rows: list[int] = []
    filtered: Range | None = None
    is_filtered = False
    number = 0
    has_filter = False
    for name, attributes in _tags(parts, sheet):
        hides = attributes.get("hidden") in ("1", "true")
        in_outline = attributes.get("outlineLevel", "0") != "0"
        if name == "sheetPr":
            has_filter = attributes.get("filterMode") in ("1", "true")
        elif name == "row":
            number = int(attributes.get("r") or number + 1)
            if (hides or _is_narrow(attributes.get("ht"), _LOWEST_ROW)) and not in_outline:
                hidden_rows.append(number)
        elif (
            name == "col"
            and (hides or _is_narrow(attributes.get("width"), _NARROWEST_COLUMN))
            and not in_outline
        ):
            found.columns.append((int(attributes.get("min", 0)), int(attributes.get("max", 0))))
        elif name == "autoFilter":
            filtered = next(_ranges(attributes.get("ref", "")), None)
        elif name == "filterColumn":
            is_filtered = True
        elif name == "conditionalFormatting":
            found.coloured += _ranges(attributes.get("sqref", ""))
        elif name == "picture":
            found.has_picture = True
    if has_filter and not filtered:
        # An advanced filter leaves no trace of its range.
        return found
    by_filter = [range(filtered[0] + 1, filtered[2] + 1)] if filtered and is_filtered else []
    by_filter += [range(first + 1, last + 1) for first, _, last, _ in _tables(parts, sheet)]
    found.rows = {row for row in hidden_rows if not any(row in rows for rows in by_filter)}
    return found


def _tables(parts: zipfile.ZipFile, sheet: str) -> Iterator[Range]:
    """The ranges of the tables on a sheet, pivot tables included."""
    from openpyxl.packaging.relationship import get_dependents, get_rels_path  # type: ignore[import-untyped]

    names = set(parts.namelist())
    relations = get_rels_path(sheet)
    for relation in get_dependents(parts, relations) if relations in names else ():
        kind = relation.Type.rpartition("/")[2]
        if kind in ("table", "pivotTable") and relation.target in names:
            root = archive.xml(parts.read(relation.target))
            places = [root] if kind == "table" else root.iterfind("{*}location")
            for place in places:
                yield from _ranges(place.get("ref", ""))


def _tags(parts: zipfile.ZipFile, sheet: str) -> Iterator[tuple[str, dict[str, str]]]:
    with parts.open(sheet) as part:
        rest = b""
        while piece := part.read(1 << 20):
            piece = rest + piece
            # The last element may go on in the next piece.
            end = piece.rfind(b"<")
            end = end if end >= 0 else len(piece)
            piece, rest = piece[:end], piece[end:]
            yield from map(_read_tag, _TAG.finditer(piece))
        yield from map(_read_tag, _TAG.finditer(rest))


def _read_tag(tag: re.Match[bytes]) -> tuple[str, dict[str, str]]:
    pairs = _ATTRIBUTE.findall(tag[2])
    return tag[1].decode(), {name.decode(): value.decode("utf-8", "replace") for name, value in pairs}


def _ranges(references: str) -> Iterator[Range]:
    from openpyxl.utils.cell import column_index_from_string  # type: ignore[import-untyped]

    for left, top, right, low in _RANGE.findall(references):
        first, last = column_index_from_string(left), column_index_from_string(right or left)
        yield int(top), first, int(low or top), last


def _is_narrow(length: str | None, least: float) -> bool:
    return (
        length is not None
        and re.fullmatch(r"[0-9]+(?:\.[0-9]*)?", length) is not None
        and float(length) <= least
    )
