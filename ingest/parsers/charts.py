"""Charts: what they are called, what their axes are called, and the values that they show, as a small table.

A chart of Office Open XML is a part of its own (ECMA-376, part 1, 21.2) with a copy of the values that it
shows, which may come from a workbook that nobody has any more. A chart of OpenDocument is an object with a
table (OpenDocument 1.3, part 3, 11). The parser of each format says where the chart stands, and puts its
caption and its table there. In a workbook, values that stand in cells are not repeated, because a table that
is there twice would be added up twice.
"""

import itertools
import posixpath
import re
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.parsers import archive
from ingest.parsers.numberformats import shown
from ingest.parsers.text import line
from ingest.parsers.unseen import Marks

MAX_POINTS = 2000
"""Maximum number of categories of a chart, and of series."""
_NAMESPACE = "http://schemas.openxmlformats.org/drawingml/2006"
_C, _A = f"{{{_NAMESPACE}/chart}}", f"{{{_NAMESPACE}/main}}"
_ODF = "{urn:oasis:names:tc:opendocument:xmlns:"
_CHART, _TEXT, _TABLE = f"{_ODF}chart:1.0}}", f"{_ODF}text:1.0}}", f"{_ODF}table:1.0}}"

_OWN_TABLE = "local-table."
"""Begins the place of values that a chart of OpenDocument has itself."""
_SHEET = re.compile(r"'((?:[^']|'')+)'!|([^'!(),]+)!")
"""The sheet in a formula that names cells."""

_AXES = tuple(f"{_C}{kind}" for kind in ("catAx", "dateAx", "serAx", "valAx"))
_CATEGORIES, _VALUES = ("cat", "xVal"), ("val", "yVal")
_SIZES = ("bubbleSize",)


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart says."""

    caption: str
    """Its title, and the titles of its axes."""
    rows: list[list[str]]
    """The names of the series, and below them a row for each category; empty for a chart without values."""
    labels: list[str]
    """What its author wrote beside single points."""
    series: list[str]
    """The names of the series."""
    formulas: list[str]
    """Where the values come from, as formulas of a spreadsheet."""

    def is_in_cells(self, sheets: Collection[str]) -> bool:
        """Whether all its values stand in cells of these sheets of its workbook."""
        named = [match for formula in self.formulas for match in _SHEET.findall(formula)]
        names = [quoted.replace("''", "'") or bare for quoted, bare in named]
        return bool(names) and all(name in sheets for name in names)


def related(file: zipfile.ZipFile, part: str, kind: str) -> dict[str, str]:
    """The parts that a part of an archive refers to by relations of a kind, such as `chart`, by their ids."""
    folder, name = posixpath.split(part)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    names = set(file.namelist())
    if relations not in names:
        return {}
    found = {}
    for each in archive.xml(file.read(relations)):
        target = posixpath.normpath(posixpath.join(folder, each.get("Target", ""))).lstrip("/")
        if each.get("Type", "").endswith(f"/{kind}") and target in names:
            found[each.get("Id", "")] = target
    return found


def read(root: Any) -> Chart:
    """The chart whose part of Office Open XML has this root element."""
    series = [_Series(each) for each in itertools.islice(root.iter(f"{_C}ser"), MAX_POINTS)]
    plot = root.find(f"{_C}chart/{_C}plotArea")
    axes = [_text(axis.find(f"{_C}title")) for axis in plot if axis.tag in _AXES] if plot is not None else []
    labels = [_text(each) for each in root.iter(f"{_C}dLbl")]
    formulas = [formula.text or "" for formula in root.iter(f"{_C}f")]
    caption = _caption(_text(root.find(f"{_C}chart/{_C}title")), axes)
    names = [each.name for each in series if each.name]
    return Chart(caption, _rows(series), list(filter(None, labels)), names, formulas)


def in_object(root: Any, *, of_workbook: bool) -> list[Any]:
    """The caption and the tables of an object of OpenDocument that is a chart, as elements of a text.

    of_workbook: whether values that stand in cells are left out.
    """
    from lxml import etree  # type: ignore[import-untyped]

    tables = list(root.iter(f"{_TABLE}table"))
    chart = next(root.iter(f"{_CHART}chart"), None)
    if chart is None:
        return tables
    titles = [each.xpath("string()") for each in chart.iterfind(f"{_CHART}title")]
    axes = [each.xpath("string()") for each in chart.iter(f"{_CHART}axis")]
    caption = etree.Element(f"{_TEXT}p")
    caption.text = _caption(" ".join(titles), axes)
    for table in tables:
        # A point without a value.
        for empty in [each for each in table.iter(f"{_TEXT}p") if each.text in ("NaN", "1.#NAN")]:
            empty.text = ""
    places = [each.get(f"{_CHART}values-cell-range-address") for each in chart.iter(f"{_CHART}series")]
    is_in_cells = of_workbook and all(place and not place.startswith(_OWN_TABLE) for place in places)
    return [caption, *([] if is_in_cells else tables)]


def said_and_shown(elements: Sequence[Any]) -> tuple[str, list[list[str]]]:
    """The caption and the rows of what `in_object` returns; both empty for an object that is not a chart."""
    if not elements or elements[0].tag != f"{_TEXT}p":
        return "", []
    rows = (row for table in elements for row in table.iter(f"{_TABLE}table-row"))
    cells = ([line(cell.xpath("string()")) for cell in row.iter(f"{_TABLE}table-cell")] for row in rows)
    return elements[0].text, list(cells)


class _Series:
    """The name and the points of one series."""

    def __init__(self, element: Any) -> None:
        name = element.find(f"{_C}tx")
        self.name = " ".join(_points(name).values()) if name is not None else ""
        self.categories = _points_of(element, _CATEGORIES)
        self.values = _points_of(element, _VALUES)
        self.sizes = _points_of(element, _SIZES)
        """Of the bubbles; none in other charts."""

    @property
    def columns(self) -> list[tuple[str, dict[int, str]]]:
        """The names of what it shows of each point, with the points."""
        return [(self.name, self.values), *([(f"{self.name} (size)", self.sizes)] if self.sizes else [])]


def _rows(series: list[_Series]) -> list[list[str]]:
    """One table for all series with the same categories, one below the other."""
    rows: list[list[str]] = []
    for _, group in itertools.groupby(series, key=lambda each: each.categories):
        alike = list(group)
        columns = [column for each in alike for column in each.columns]
        rows.append(["", *(name for name, _ in columns)])
        places = sorted(set(alike[0].categories).union(*(points for _, points in columns)))
        rows += (
            [alike[0].categories.get(place, ""), *(points.get(place, "") for _, points in columns)]
            for place in places[:MAX_POINTS]
        )
    return rows if any(any(row) for row in rows) else []


def _caption(title: str, axes: list[str]) -> str:
    title, axes = line(title), list(dict.fromkeys(filter(None, map(line, axes))))
    said = f"Chart: {title}" if title else "Chart"
    return f"{said} ({', '.join(axes)})" if axes else said


def _points_of(series: Any, kinds: tuple[str, ...]) -> dict[int, str]:
    found = (series.find(f"{_C}{kind}") for kind in kinds)
    return next((_points(each) for each in found if each is not None), {})


def _points(element: Any) -> dict[int, str]:
    """The texts of the points of a series by their places; several levels of categories are joined."""
    levels = list(element.iter(f"{_C}lvl")) or [element]
    points: dict[int, list[str]] = {}
    # The innermost level comes first, and names the outer one only where that changes.
    innermost = [place for place, _ in _level(levels[0])]
    for level in levels:
        known = dict(_level(level))
        last = ""
        for place in innermost:
            last = known.get(place, last if level is not levels[0] else "")
            points.setdefault(place, []).insert(0, last)
    said = {place: " ".join(filter(None, parts)) for place, parts in points.items()}
    if not said and (written := element.findtext(f"{_C}v")):
        return {0: line(written)}
    return said


def _level(level: Any) -> list[tuple[int, str]]:
    code = next((each.text or "" for each in level.iter(f"{_C}formatCode")), "")
    is_number = next(level.iter(f"{_C}numCache", f"{_C}numLit"), None) is not None
    found = []
    for point in itertools.islice(level.iter(f"{_C}pt"), MAX_POINTS):
        written = Marks.without(point.findtext(f"{_C}v") or "")
        text = _number(written, point.get("formatCode") or code) if is_number else line(written)
        place = point.get("idx", "")
        if place.isascii() and place.isdigit():
            found.append((int(place), text))
    return found


def _number(written: str, code: str) -> str:
    """A number as its format shows it."""
    # 0.1 s to import; loaded with openpyxl.
    from openpyxl.styles.numbers import is_date_format  # type: ignore[import-untyped]
    from openpyxl.utils.datetime import from_excel  # type: ignore[import-untyped]

    try:
        number = float(written)
        # More digits than a person sees are left of a computation, such as 0.30000000000000004.
        value = int(number) if number.is_integer() else float(f"{number:.12g}")
        return line(shown(from_excel(number) if is_date_format(code) else value, code))
    except (ValueError, OverflowError):
        return line(written)


def _text(element: Any) -> str:
    """The text of a title or a label: what its author wrote, or what it shows of a cell."""
    if element is None:
        return ""
    parts = [Marks.without(each.text or "") for each in element.iter(f"{_A}t")]
    if not parts:
        parts = [Marks.without(each.text or "") for each in element.iter(f"{_C}v")]
    return re.sub(r"\s+", " ", line("".join(parts)))
