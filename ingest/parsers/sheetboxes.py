"""What a sheet of Excel has besides its cells: text boxes and shapes, headers and footers.

A shape is a part of the sheet's drawing (ECMA-376, part 1, 20.5), with paragraphs like those of a slide.
Headers and footers have codes for their sides, typefaces, page numbers and dates (18.3.1.46).
"""

import re
import zipfile
from collections.abc import Iterator
from typing import Any

from ingest.documents import Hiding
from ingest.parsers import archive, charts
from ingest.parsers.extract import is_page_number, whole_number
from ingest.parsers.text import line
from ingest.parsers.unseen.colours import WHITE, Colour, alike, from_hex

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
SMALLEST = 100
"""The largest size of letters, in hundredths of a point, that nobody sees."""
_TAIL_BYTES = 1 << 16
"""The end of a sheet's part, where its margins are."""
_MARGIN = re.compile(rb"<(?:\w+:)?(odd|even|first)(Header|Footer)>([^<]*)<")
_CODE = re.compile(r'&(?:"[^"]*"|K(?:[0-9A-Fa-f]{6}|[0-9]{2}[+-][0-9]{3})|\d+|[A-Za-z])')
_NUMBER = re.compile(r"&[PN]")
_SIDE = re.compile(r"&[LCR]")


def boxes(parts: zipfile.ZipFile, sheet: str) -> Iterator[tuple[str, Hiding | None]]:
    """The texts of the shapes on a sheet, each with the way in which it is hidden; None if it can be seen."""
    for drawing in charts.related(parts, sheet, "drawing").values():
        for shape in archive.xml(parts.read(drawing)).iter("{*}sp"):
            if next(shape.iterancestors(f"{_MC}Fallback"), None) is not None:
                continue
            properties = shape.find("{*}nvSpPr/{*}cNvPr")
            is_marked = properties is not None and properties.get("hidden") in ("1", "true")
            behind = _fill(shape)
            for paragraph in shape.iterfind(f"{{*}}txBody/{_A}p"):
                shown: list[str] = []
                for run in paragraph.iter(f"{_A}r", f"{_A}fld", f"{_A}br"):
                    text = " " if run.tag == f"{_A}br" else run.findtext(f"{_A}t") or ""
                    how = Hiding.MARKED if is_marked else _hiding(run.find(f"{_A}rPr"), behind)
                    if how is None:
                        shown.append(text)
                    else:
                        yield line(text), how
                if text := line("".join(shown)):
                    yield text, None


def _fill(shape: Any) -> Colour | None:
    """The colour of a shape; None if it is not stated as one, such as that of a theme."""
    properties, style = shape.find("{*}spPr"), shape.find("{*}style")
    solid = properties.find(f"{_A}solidFill") if properties is not None else None
    if solid is not None:
        return _colour(solid)
    is_empty = style is None or (properties is not None and properties.find(f"{_A}noFill") is not None)
    return WHITE if is_empty else None


def _colour(fill: Any) -> Colour | None:
    stated = fill.find(f"{_A}srgbClr")
    if stated is not None:
        return from_hex(stated.get("val", ""))
    scheme = fill.find(f"{_A}schemeClr")
    return WHITE if scheme is not None and scheme.get("val") in ("bg1", "lt1") and not len(scheme) else None


def _hiding(look: Any, behind: Colour | None) -> Hiding | None:
    if look is None:
        return None
    if whole_number(look.get("sz", ""), SMALLEST + 1) <= SMALLEST:
        return Hiding.SIZE
    fill = look.find(f"{_A}solidFill")
    colour = _colour(fill) if fill is not None else None
    is_alike = colour is not None and behind is not None and alike(colour, behind)
    return Hiding.COLOUR if is_alike or look.find(f"{_A}noFill") is not None else None


def margins(parts: zipfile.ZipFile, sheet: str) -> Iterator[str]:
    """The headers and footers of a sheet, each once, without page numbers, dates and other fields."""
    end = b""
    with parts.open(sheet) as part:
        for piece in iter(lambda: part.read(1 << 20), b""):
            end = (end + piece)[-_TAIL_BYTES:]
    said: dict[str, None] = {}
    for match in _MARGIN.finditer(end):
        written = archive.xml(b"<t>" + match[3] + b"</t>").text or ""
        for side in _SIDE.split(written.replace("&&", "\0")):
            text = line(_CODE.sub(" ", side).replace("\0", "&"))
            if text and not (_NUMBER.search(side) and is_page_number(text)):
                said[f"{match[2].decode()}: {text}"] = None
    yield from said
