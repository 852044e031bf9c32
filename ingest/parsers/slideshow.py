"""PowerPoint presentations: a slide is a page, in Markdown.

The shapes of a slide are read from the top to the bottom, groups as one: the title as a heading, items as
lists, tables and charts as tables, pictures by their descriptions, diagrams (SmartArt) as lists of their
texts. Notes and comments follow. Shapes that newer versions of PowerPoint store in two forms are read once.
Hidden text is removed before (`unseen.slides`).
"""

import io
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from ingest.documents import Hiding
from ingest.parsers import archive, charts, markdown
from ingest.parsers.extract import (
    Extract,
    Layout,
    Outline,
    Span,
    comment_line,
    damage_refused,
    whole_number,
)
from ingest.parsers.table import in_markdown
from ingest.parsers.text import clean
from ingest.parsers.unseen import Marks, slides

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_D = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

DEEPEST = 20
"""The most levels of groups and of diagrams that are read."""


def extract(data: bytes) -> Extract:
    """Parses a presentation."""
    archive.check(data)
    marks = Marks()
    # 0.1 s to import.
    from pptx import Presentation

    with damage_refused():
        title = archive.title(data)
        presentation = Presentation(io.BytesIO(slides.hide(archive.normalized(data), marks)))
        authors = _authors(presentation.part)
        texts = [clean("\n\n".join(_parts(slide, authors, marks))) for slide in presentation.slides]
    shown, hidden = marks.taken(*texts)
    spans: list[Span] = []
    for number, page in enumerate(shown):
        outline = Outline(number)
        markdown.add_blocks(page, outline)
        spans += outline.spans()
        # The title of the first slide names the presentation, whatever its properties say.
        title = (outline.title if number == 0 else "") or title or outline.title
    return Extract(title, shown, tuple(spans), Layout.PAGES, hidden=hidden)


def _parts(slide: Any, authors: dict[str, str], marks: Marks) -> Iterator[str]:
    """The parts of a slide's text."""
    heading = slide.shapes.title
    for text in _texts(slide.shapes, None if heading is None else heading._element, marks, 0):
        if text.strip():
            yield text.strip("\n")
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    if (
        notes is not None
        and (text := "\n".join(_written(each) for each in notes._txBody.iter(f"{_A}p"))).strip()
    ):
        yield f"### Notes:\n{text}"
    for relation in slide.part.rels.values():
        if relation.reltype.endswith("/comments") and not relation.is_external:
            yield from _comments(archive.xml(relation.target_part.blob), authors)


def _texts(shapes: Any, heading: Any, marks: Marks, depth: int) -> Iterator[str]:
    """The texts of shapes, from the top to the bottom.

    heading: the element of the slide's title.
    """
    placed = sorted(shapes, key=lambda shape: (_side(shape.top), _side(shape.left)))
    for shape in placed if depth < DEEPEST else ():
        element = shape._element
        if hasattr(shape, "shapes"):
            yield from _texts(shape.shapes, heading, marks, depth + 1)
        elif element is heading:
            words = " ".join(_written(each) for each in element.iter(f"{_A}p")).split()
            yield f"# {' '.join(words)}" if words else ""
        elif getattr(shape, "has_table", False):
            yield _table(shape.table)
        elif getattr(shape, "has_chart", False):
            read = charts.read(shape.chart.element)
            yield "\n\n".join([read.caption, *read.labels, in_markdown(read.rows)])
        elif (relation := next(element.iter(f"{_D}relIds"), None)) is not None:
            text = _diagram(shape.part.related_part(relation.get(f"{_R}dm")).blob)
            properties = next(element.iter("{*}cNvPr"))
            yield marks.put(text, Hiding.MARKED) if properties.get("hidden") in ("1", "true") else text
        elif shape.has_text_frame:
            yield _frame(shape)
        elif description := next(element.iter("{*}cNvPr")).get("descr", ""):
            yield f"![{' '.join(description.translate(_BRACKETS).split())}]({_file_name(shape.name)})"


_BRACKETS = str.maketrans("[]", "  ")


def _side(length: int | None) -> float:
    """The position of a side of a shape; less than all others if it is not stated."""
    return float("-inf") if length is None else float(length)


def _file_name(name: str) -> str:
    return f"{''.join(filter(str.isalnum, name))}.jpg"


def _written(paragraph: Any) -> str:
    """The text of a paragraph, with its formulas."""
    parts = []
    for element in paragraph:
        if element.tag == f"{_A}br":
            parts.append("\n")
        elif element.tag in (f"{_A}r", f"{_A}fld"):
            parts.append(element.findtext(f"{_A}t") or "")
        else:
            parts += [each.text or "" for each in element.iter(f"{_M}t")]
    return "".join(parts)


def _frame(shape: Any) -> str:
    """The text of a shape: its paragraphs, and its items as lists."""
    paragraphs = [
        (text, _item(each, shape))
        for each in shape.text_frame._txBody.iter(f"{_A}p")
        if (text := _written(each)).strip()
    ]
    is_list = len(paragraphs) > 1
    groups = []
    for is_item, members in groupby(paragraphs, key=lambda pair: is_list and pair[1] != ""):
        lines = [f"{mark}{text.replace(chr(10), ' ')}" if is_item else text for text, mark in members]
        groups.append("\n".join(lines))
    return "\n\n".join(groups)


def _item(paragraph: Any, shape: Any) -> str:
    """The mark of an item of a list, by its level; empty for a paragraph without a bullet."""
    properties = paragraph.find(f"{_A}pPr")
    level = min(whole_number(properties.get("lvl", ""), 0), DEEPEST) if properties is not None else 0
    stated = [properties, *_inherited(shape, level)]
    for each in stated:
        if each is None:
            continue
        if each.find(f"{_A}buNone") is not None:
            return ""
        if any(each.find(f"{_A}{kind}") is not None for kind in ("buChar", "buAutoNum", "buBlip")):
            return f"{'  ' * level}- "
    return f"{'  ' * level}- " if shape.is_placeholder and _is_body(shape) else ""


def _inherited(shape: Any, level: int) -> Iterator[Any]:
    """The settings for items of a level, of a shape and of the placeholders that it inherits from."""
    while shape is not None:
        yield shape._element.find(f"*/{_A}lstStyle/{_A}lvl{level + 1}pPr")
        shape = getattr(shape, "_base_placeholder", None)


def _is_body(shape: Any) -> bool:
    """Whether a placeholder is for the items of a slide, and not for a subtitle or text repeated on all
    slides."""
    kind = shape._element.find(".//{*}nvPr/{*}ph").get("type", "obj")
    return kind in ("obj", "body")


def _table(table: Any) -> str:
    """A table. A merged cell is repeated in each place."""
    rows: list[list[str]] = []
    for number, row in enumerate(table._tbl.iter(f"{_A}tr")):
        cells: list[str] = []
        for place, cell in enumerate(row.iter(f"{_A}tc")):
            if cell.get("hMerge") in ("1", "true") and cells:
                cells.append(cells[-1])
            elif cell.get("vMerge") in ("1", "true") and number and place < len(rows[-1]):
                cells.append(rows[-1][place])
            else:
                cells.append(" ".join(filter(None, map(_written, cell.iter(f"{_A}p")))))
        rows.append(cells)
    return in_markdown(rows)


def _diagram(data: bytes) -> str:
    """The texts of a diagram as a list, in their order, each below the one that it belongs to."""
    model = archive.xml(data)
    points = {point.get("modelId"): point for point in model.iter(f"{_D}pt")}
    below: dict[str, list[tuple[int, str]]] = {}
    for link in model.iter(f"{_D}cxn"):
        if link.get("type", "parOf") == "parOf":
            below.setdefault(link.get("srcId"), []).append(
                (whole_number(link.get("srcOrd", ""), 0), link.get("destId", ""))
            )
    roots = [name for name, point in points.items() if point.get("type") == "doc"]
    lines: list[str] = []
    seen: set[str] = set()
    pending = [(name, -1) for name in roots]
    while pending:
        name, level = pending.pop()
        if name in seen or name not in points:
            continue
        seen.add(name)
        text = " ".join(filter(None, (_written(each) for each in points[name].iter(f"{_A}p"))))
        if text.strip() and level >= 0:
            lines.append(f"{'  ' * min(level, DEEPEST)}- {' '.join(text.split())}")
        pending += [(child, level + 1) for _, child in sorted(below.get(name, ()), reverse=True)]
    return "\n".join(lines)


def _authors(part: Any) -> dict[str, str]:
    """The names of those who commented, by their numbers."""
    return {
        author.get("id"): author.get("name", "")
        for relation in part.rels.values()
        if relation.reltype.endswith(("/commentAuthors", "/authors")) and not relation.is_external
        for author in archive.xml(relation.target_part.blob)
    }


def _comments(comments: Any, authors: dict[str, str]) -> Iterator[str]:
    """The comments on a slide, each before the replies to it."""
    for comment in comments:
        for said in (comment, *comment.iter("{*}reply")):
            bodies = [each for each in said if each.tag.endswith(("}text", "}txBody"))]
            paragraphs = [
                text
                for body in bodies
                for text in (
                    [body.text or ""] if not len(body) else [_written(each) for each in body.iter(f"{_A}p")]
                )
            ]
            if text := " ".join(filter(None, paragraphs)):
                yield comment_line(authors.get(said.get("authorId"), ""), "", text)
