"""Word documents, prepared in XML so that mammoth, the converter, neither loses nor invents text.

Comments follow the paragraph that they are on, with their author. Headers and footers appear once, before and
after the text. Moved text is only at its new place. Text boxes and charts follow their paragraph, drop
capitals join theirs, and the prompts of empty fields are removed. Fields and formulas are written out
(`ingest.parsers.wordfields`). The paragraph in the style Title names the document. Text that cannot be seen
is replaced by a mark (`ingest.parsers.unseen`). Deleted text is left out by mammoth. The elements are those
of ECMA-376, part 1, 17.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ingest.parsers import archive, charts, converted, wordfields
from ingest.parsers.extract import (
    COMMENTED_LENGTH,
    Extract,
    comment_line,
    damage_refused,
    is_page_number,
    note_mark,
)
from ingest.parsers.metadata import LONGEST_TITLE
from ingest.parsers.text import line
from ingest.parsers.unseen import Marks
from ingest.parsers.unseen.word import WordLooks, is_on

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

_THEME = "theme/theme1.xml"
_NOTE_REFERENCE = re.compile(r"\[\[(\d+)\]\]\(#(?:foot|end)note-[\w-]*\)")
_NOTE_RETURN = re.compile(r" ?\[↑\]\(#(?:foot|end)note-ref-[\w-]*\)")


@damage_refused()
def extract(data: bytes) -> Extract:
    """Parses a Word document."""
    archive.check(data)
    marks = Marks()
    prepared, title = _prepared(archive.normalized(data), marks)
    text, _ = converted.shown_text(_as_page(prepared))
    text = _NOTE_RETURN.sub("", _NOTE_REFERENCE.sub(lambda note: note_mark(note[1]), text))
    return converted.flow(text, title, marks)


def _as_page(document: bytes) -> "BeautifulSoup":
    """The document as a web page without its pictures."""
    # 0.1 s to import; loaded with markitdown.
    import mammoth  # type: ignore[import-untyped]
    from bs4 import BeautifulSoup
    from markitdown.converter_utils.docx.pre_process import pre_process_docx

    without_source = mammoth.images.img_element(lambda picture: {"src": ""})
    # markitdown's part is to mend archives and to find what is struck out.
    page = mammoth.convert_to_html(pre_process_docx(io.BytesIO(document)), convert_image=without_source)
    return BeautifulSoup(page.value, "html.parser")


def _prepared(data: bytes, marks: Marks) -> tuple[bytes, str]:
    """The document as the converter should read it, and its title; empty if it states none."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        names = set(file.namelist())
        main = _main_part(file)
        parts = {
            name: archive.xml(Marks.without(file.read(name).decode("utf-8", "replace")).encode())
            for name in sorted(names)
            if name == main or re.search(r"(?:header|footer|comments|footnotes|endnotes)\d*\.xml$", name)
        }
        body = parts[main].find(f"{_W}body")
        margins = [part for name, part in parts.items() if re.search(r"(?:header|footer)\d*\.xml$", name)]
        folder = posixpath.dirname(main)
        styles, settings, theme = (
            archive.xml(file.read(name)) if name in names else None
            for name in (posixpath.join(folder, each) for each in ("styles.xml", "settings.xml", _THEME))
        )
        looks = WordLooks(parts[main], margins, styles, settings, theme)
        for name, part in parts.items():
            if not name.endswith("comments.xml"):
                _settle_moves(part)
                _drop_prompts(part)
                _drop_duplicates(part)
                looks.hide(part, marks)
                wordfields.write_out(part, of_margin=part in margins)
                _lift_boxes(part)
                _join_initials(part)
        title = _shown_title(parts[main], styles) or archive.title(data)
        if body is not None:
            _place_charts(body, charts.related(file, main, "chart"), file)
            _place_comments(body, parts.get(posixpath.join(posixpath.dirname(main), "comments.xml")))
            _place_margins(body, main, file, parts)
        return _rewritten(file, parts), title


def _main_part(file: zipfile.ZipFile) -> str:
    relations = archive.xml(file.read("_rels/.rels"))
    targets = [each.get("Target") for each in relations if each.get("Type", "").endswith("/officeDocument")]
    return str(targets[0]).lstrip("/") if targets else "word/document.xml"


def _shown_title(part: Any, styles: Any) -> str:
    """The text of the first paragraphs in the style Title, or in one based on it; empty if there are none."""
    titles = set()
    for style in styles.iter(f"{_W}style") if styles is not None else ():
        name, base = style.find(f"{_W}name"), style.find(f"{_W}basedOn")
        is_title = name is not None and name.get(f"{_W}val", "").lower() == "title"
        if is_title or (base is not None and base.get(f"{_W}val") in titles):
            titles.add(style.get(f"{_W}styleId"))
    said: list[str] = []
    for paragraph in part.iter(f"{_W}p"):
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        is_title = style is not None and style.get(f"{_W}val") in titles
        if text := line(Marks.dropped(_text(paragraph))):
            if is_title:
                said.append(text)
            elif said:
                break
    title = " ".join(said)
    return title if len(title) <= LONGEST_TITLE else ""


def _rewritten(file: zipfile.ZipFile, parts: dict[str, Any]) -> bytes:
    from lxml import etree  # type: ignore[import-untyped]

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as copy:
        for entry in file.infolist():
            part = parts.get(entry.filename)
            content = file.read(entry) if part is None else etree.tostring(part, encoding="utf-8")
            copy.writestr(entry.filename, content)
    return buffer.getvalue()


def _settle_moves(part: Any) -> None:
    for moved in list(part.iter(f"{_W}moveFrom")):
        _remove(moved)
    for moved in list(part.iter(f"{_W}moveTo")):
        _unwrap(moved)


def _drop_prompts(part: Any) -> None:
    """Removes the placeholders of empty fields."""
    for prompt in list(part.iter(f"{_W}showingPlcHdr")):
        field = prompt.getparent().getparent()
        if field is not None and field.tag == f"{_W}sdt" and is_on(prompt):
            _remove(field)


def _drop_duplicates(part: Any) -> None:
    """Removes text boxes for older versions of Word that the file has for newer ones, too."""
    for fallback in list(part.iter(f"{_MC}Fallback")):
        choice = fallback.getparent().find(f"{_MC}Choice")
        if choice is not None and next(choice.iter(f"{_W}txbxContent"), None) is not None:
            _remove(fallback)


def _lift_boxes(part: Any) -> None:
    """Puts the paragraphs of text boxes after the paragraph that they are anchored in."""
    for box in list(part.iter(f"{_W}txbxContent")):
        anchor = _outermost_paragraph(box)
        _remove(box)
        if anchor is not None:
            place = anchor
            for paragraph in list(box):
                place.addnext(paragraph)
                place = paragraph


def _outermost_paragraph(element: Any) -> Any:
    paragraphs = list(element.iterancestors(f"{_W}p"))
    return paragraphs[-1] if paragraphs else None


def _join_initials(part: Any) -> None:
    """Joins a drop capital, which is a paragraph of its own, to the paragraph that it begins."""
    for frame in list(part.iter(f"{_W}framePr")):
        initial = next(frame.iterancestors(f"{_W}p"), None)
        follower = initial.getnext() if initial is not None else None
        if initial is None or not frame.get(f"{_W}dropCap") or follower is None or follower.tag != f"{_W}p":
            continue
        runs = [child for child in initial if child.tag != f"{_W}pPr"]
        start = 1 if len(follower) and follower[0].tag == f"{_W}pPr" else 0
        for offset, run in enumerate(runs):
            follower.insert(start + offset, run)
        _remove(initial)


def _place_comments(body: Any, comments: Any) -> None:
    if comments is None:
        return
    written = {comment.get(f"{_W}id"): comment for comment in comments}
    commented = _commented(body)
    # Several comments on one paragraph stand in their order.
    last: dict[Any, Any] = {}
    texts: dict[Any, str] = {}
    for reference in list(body.iter(f"{_W}commentReference")):
        number = reference.get(f"{_W}id")
        comment = written.pop(number, None)
        paragraph = next(reference.iterancestors(f"{_W}p"), None)
        if comment is None or paragraph is None:
            continue
        said = " ".join(_text(each) for each in comment.iter(f"{_W}p"))
        if not (on := commented.get(number, "")):
            on = texts[paragraph] = texts[paragraph] if paragraph in texts else _text(paragraph)
        if said.strip():
            note = _paragraph(comment_line(comment.get(f"{_W}author", ""), on, said))
            last.get(paragraph, paragraph).addnext(note)
            last[paragraph] = note


def _commented(body: Any) -> dict[str, str]:
    """The beginning of the text that each comment is on, by the numbers of the comments."""
    texts: dict[str, list[str]] = {}
    # The comments that have begun, with the characters that they are on so far.
    begun: dict[str, int] = {}
    for element in body.iter(f"{_W}commentRangeStart", f"{_W}commentRangeEnd", f"{_W}t"):
        number = element.get(f"{_W}id", "")
        if element.tag == f"{_W}t":
            for each in list(begun) if element.text else ():
                texts.setdefault(each, []).append(element.text)
                begun[each] += len(element.text)
                if begun[each] > 10 * COMMENTED_LENGTH:
                    del begun[each]
        elif element.tag == f"{_W}commentRangeStart":
            begun[number] = 0
        else:
            begun.pop(number, None)
    return {number: "".join(parts) for number, parts in texts.items()}


def _place_charts(body: Any, targets: dict[str, str], file: zipfile.ZipFile) -> None:
    """Puts what charts show after the paragraphs that they are in, each once."""
    for reference in list(body.iter(f"{_C}chart")):
        paragraph = next(reference.iterancestors(f"{_W}p"), None)
        if paragraph is None or next(reference.iterancestors(f"{_W}del"), None) is not None:
            continue
        target = targets.pop(reference.get(f"{_R}id"), None)
        if target is None:
            continue
        chart = charts.read(archive.xml(file.read(target)))
        place = paragraph
        for text in (chart.caption, *chart.labels):
            place.addnext(_paragraph(text))
            place = place.getnext()
        if next(paragraph.iterancestors(f"{_W}tc"), None) is None:
            place.addnext(_table(chart.rows))
            continue
        # A table in a cell would be run together.
        for row in reversed(chart.rows):
            place.addnext(_paragraph(" | ".join(row)))


def _place_margins(body: Any, main: str, file: zipfile.ZipFile, parts: dict[str, Any]) -> None:
    """Puts each line of the headers before the text and of the footers after it, once."""
    folder, name = posixpath.split(main)
    relations = f"{folder}/_rels/{name}.rels"
    if relations not in file.namelist():
        return
    targets = {each.get("Id"): each.get("Target") for each in archive.xml(file.read(relations))}
    seen: set[str] = set()
    for kind in ("header", "footer"):
        lines = []
        references = dict.fromkeys(each.get(f"{_R}id") for each in body.iter(f"{_W}{kind}Reference"))
        for reference in references:
            target = targets.get(reference) or ""
            part = parts.get(target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target))
            lines += [] if part is None else list(_margin_lines(part))
        fresh = [text for text in dict.fromkeys(lines) if text not in seen]
        seen.update(fresh)
        paragraphs = [_paragraph(text) for text in fresh]
        if kind == "header":
            body[:0] = paragraphs
        else:
            # The properties of the last section must stay last.
            end = len(body) - (len(body) > 0 and body[-1].tag == f"{_W}sectPr")
            body[end:end] = paragraphs


def _margin_lines(part: Any) -> Iterator[str]:
    """The texts of a header or footer by paragraphs and rows of tables, without page numbers."""
    for row in part.iter(f"{_W}tr"):
        cells = [line(" ".join(_text(each) for each in cell.iter(f"{_W}p"))) for cell in row.iter(f"{_W}tc")]
        yield from filter(None, [" | ".join(filter(None, cells))])
    for paragraph in part.iter(f"{_W}p"):
        text = line(_text(paragraph))
        codes = " ".join(code.text or "" for code in paragraph.iter(f"{_W}instrText"))
        codes += " ".join(field.get(f"{_W}instr", "") for field in paragraph.iter(f"{_W}fldSimple"))
        is_number = re.search(r"\b(?:NUM|SECTION)?PAGES?\b", codes) and is_page_number(text)
        if text and not is_number and next(paragraph.iterancestors(f"{_W}tc"), None) is None:
            yield text


def _text(element: Any) -> str:
    parts = []
    for each in element.iter(f"{_W}t", f"{_W}tab", f"{_W}br"):
        parts.append((each.text or "") if each.tag == f"{_W}t" else " ")
    return "".join(parts)


def _paragraph(text: str) -> Any:
    from lxml import etree

    paragraph = etree.Element(f"{_W}p")
    etree.SubElement(etree.SubElement(paragraph, f"{_W}r"), f"{_W}t").text = text
    return paragraph


def _table(rows: list[list[str]]) -> Any:
    from lxml import etree

    table = etree.Element(f"{_W}tbl")
    for number, row in enumerate(rows):
        element = etree.SubElement(table, f"{_W}tr")
        if number == 0:
            etree.SubElement(etree.SubElement(element, f"{_W}trPr"), f"{_W}tblHeader")
        for text in row:
            etree.SubElement(element, f"{_W}tc").append(_paragraph(text))
    return table


def _remove(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _unwrap(element: Any) -> None:
    for child in list(element):
        element.addprevious(child)
    _remove(element)
