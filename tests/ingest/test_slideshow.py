"""PowerPoint presentations: everything on a slide that says something is read, in its place."""

import io
import re
import zipfile
from typing import Any

from pptx import Presentation
from pptx.util import Inches

from ingest.documents import Document, Hiding
from tests.parsing import parse_bytes

DIAGRAM = """<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><dgm:ptLst>
<dgm:pt modelId="0" type="doc"/>
<dgm:pt modelId="1"><dgm:t><a:p><a:r><a:t>Collect</a:t></a:r></a:p></dgm:t></dgm:pt>
<dgm:pt modelId="2"><dgm:t><a:p><a:r><a:t>Sort by</a:t></a:r><a:r><a:t> colour</a:t>
</a:r></a:p></dgm:t></dgm:pt>
<dgm:pt modelId="3"><dgm:t><a:p><a:r><a:t>Green glass only</a:t></a:r></a:p></dgm:t></dgm:pt>
<dgm:pt modelId="4" type="parTrans"><dgm:t><a:p/></dgm:t></dgm:pt>
<dgm:pt modelId="5" type="pres"><dgm:t><a:p><a:r><a:t>Collect</a:t></a:r></a:p></dgm:t></dgm:pt>
</dgm:ptLst><dgm:cxnLst><dgm:cxn modelId="9" srcId="0" destId="2" srcOrd="1" destOrd="0"/>
<dgm:cxn modelId="8" srcId="0" destId="1" srcOrd="0" destOrd="0"/>
<dgm:cxn modelId="7" srcId="2" destId="3" srcOrd="0" destOrd="0"/>
<dgm:cxn modelId="6" type="presOf" srcId="1" destId="5" srcOrd="0" destOrd="0"/>
</dgm:cxnLst></dgm:dataModel>"""
FRAME = """<p:graphicFrame xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><p:nvGraphicFramePr>
<p:cNvPr id="40" name="Diagram"{hidden}/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr>
<p:xfrm><a:off x="900000" y="2500000"/><a:ext cx="900000" cy="900000"/></p:xfrm><a:graphic>
<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/diagram">
<dgm:relIds xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" r:dm="rIdD"/>
</a:graphicData></a:graphic></p:graphicFrame>"""
ALTERNATIVE = """<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
 xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
 xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"
 xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math">
<mc:Choice Requires="a14"><p:sp><p:nvSpPr>
<p:cNvPr id="41" name="Formula"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm>
<a:off x="900000" y="5000000"/>
<a:ext cx="900000" cy="900000"/></a:xfrm></p:spPr><p:txBody><a:bodyPr/><a:p><a:r><a:t>Growth is </a:t></a:r>
<a14:m><m:oMath><m:r><m:t>r=3</m:t></m:r></m:oMath></a14:m></a:p></p:txBody></p:sp></mc:Choice>
<mc:Fallback><p:sp><p:nvSpPr><p:cNvPr id="41" name="Formula"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/>
<p:txBody><a:bodyPr/><a:p><a:r><a:t>picture</a:t></a:r></a:p></p:txBody></p:sp></mc:Fallback></mc:AlternateContent>"""
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def deck() -> Any:
    """A presentation with one slide of a title and a body."""
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Bottle bank"
    return presentation


def saved(presentation: Any, *, shapes: str = "", parts: dict[str, str] | None = None) -> bytes:
    """The file of a presentation; its first slide gets more shapes and parts that python-pptx does not write.

    parts: content by relation type, id and name, as in `comments rIdC ppt/comments/comment1.xml`.
    """
    buffer = io.BytesIO()
    presentation.save(buffer)
    changed = io.BytesIO()
    with zipfile.ZipFile(buffer) as archive, zipfile.ZipFile(changed, "w") as copy:
        for entry in archive.infolist():
            content = archive.read(entry).decode("utf-8", "surrogateescape")
            if entry.filename == "ppt/slides/slide1.xml":
                content = content.replace("</p:spTree>", f"{shapes}</p:spTree>")
            for named in parts or {}:
                kind, number, name = named.split()
                owner = (
                    "ppt/_rels/presentation.xml.rels"
                    if "uthors" in kind
                    else "ppt/slides/_rels/slide1.xml.rels"
                )
                if entry.filename == owner:
                    target = f'<Relationship Id="{number}" Type="{RELATIONS}/{kind}" Target="/{name}"/>'
                    content = content.replace("</Relationships>", f"{target}</Relationships>")
            if entry.filename == "[Content_Types].xml" and parts:
                listed = "".join(
                    f'<Override PartName="/{named.split()[2]}" ContentType="application/xml"/>'
                    for named in parts
                )
                content = content.replace("</Types>", f"{listed}</Types>")
            copy.writestr(entry.filename, content.encode("utf-8", "surrogateescape"))
        for named, content in (parts or {}).items():
            copy.writestr(named.split()[2], content)
    return changed.getvalue()


def read(data: bytes) -> Document:
    return parse_bytes("/talks/glass.pptx", data)


def test_the_texts_of_a_diagram_are_a_list_in_its_order() -> None:
    parts = {"diagramData rIdD ppt/diagrams/data1.xml": DIAGRAM}
    document = read(saved(deck(), shapes=FRAME.format(hidden=""), parts=parts))
    assert "- Collect\n- Sort by colour\n  - Green glass only" in document.pages[0]
    assert document.pages[0].count("Collect") == 1
    assert document.hidden == ()


def test_a_hidden_diagram_is_kept_apart() -> None:
    parts = {"diagramData rIdD ppt/diagrams/data1.xml": DIAGRAM}
    document = read(saved(deck(), shapes=FRAME.format(hidden=' hidden="1"'), parts=parts))
    assert "Collect" not in document.pages[0]
    assert [(piece.how, "Collect" in piece.text) for piece in document.hidden] == [(Hiding.MARKED, True)]


def test_a_shape_with_alternatives_is_read_once_with_its_formula() -> None:
    document = read(saved(deck(), shapes=ALTERNATIVE))
    assert "Growth is r=3" in document.pages[0]
    assert "picture" not in document.pages[0]


def test_the_items_of_a_slide_are_items_of_a_list() -> None:
    presentation = deck()
    frame = presentation.slides[0].placeholders[1].text_frame
    frame.text = "Collect on Monday"
    for text, level in (("before eight", 1), ("weigh on Tuesday", 0)):
        paragraph = frame.add_paragraph()
        paragraph.text, paragraph.level = text, level
    address = presentation.slides[0].shapes.add_textbox(Inches(1), Inches(6), Inches(2), Inches(1)).text_frame
    address.text = "9 Quay Parade\vHull"
    (page,) = read(saved(presentation)).pages
    assert "- Collect on Monday\n  - before eight\n- weigh on Tuesday" in page
    assert "9 Quay Parade\nHull" in page


def test_comments_are_read_with_their_authors_and_replies() -> None:
    old = (
        '<p:cmLst xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main">'
        '<p:cm authorId="0" idx="1"><p:pos x="0" y="0"/><p:text>Ask the council first</p:text></p:cm>'
        "</p:cmLst>"
    )
    authors = (
        '<p:cmAuthorLst xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main">'
        '<p:cmAuthor id="0" name="Ida Roth" initials="IR" lastIdx="1" clrIdx="0"/></p:cmAuthorLst>'
    )
    parts = {
        "comments rIdC ppt/comments/comment1.xml": old,
        "commentAuthors rIdA ppt/commentAuthors.xml": authors,
    }
    (page,) = read(saved(deck(), parts=parts)).pages
    assert "Comment by Ida Roth: Ask the council first" in page
    space = "http://schemas.microsoft.com/office/powerpoint/2018/8/main"
    drawing = "http://schemas.openxmlformats.org/drawingml/2006/main"
    question, reply = (
        f'<p188:txBody><a:p xmlns:a="{drawing}"><a:r><a:t>{text}</a:t></a:r></a:p></p188:txBody>'
        for text in ("Is it allowed?", "They agreed")
    )
    new = (
        f'<p188:cmLst xmlns:p188="{space}"><p188:cm id="1" authorId="X"><p188:replyLst>'
        f'<p188:reply id="2" authorId="Y">{reply}</p188:reply></p188:replyLst>{question}</p188:cm>'
        "</p188:cmLst>"
    )
    people = (
        f'<p188:authorLst xmlns:p188="{space}"><p188:author id="X" name="Bo Lind"/>'
        '<p188:author id="Y" name="Cy Marsh"/></p188:authorLst>'
    )
    parts = {"comments rIdC ppt/comments/modern1.xml": new, "authors rIdA ppt/authors.xml": people}
    (page,) = read(saved(deck(), parts=parts)).pages
    assert "Comment by Bo Lind: Is it allowed?\n\nComment by Cy Marsh: They agreed" in page


def test_notes_groups_and_merged_cells_are_read() -> None:
    presentation = deck()
    slide = presentation.slides[0]
    outer = slide.shapes.add_group_shape()
    inner = outer.shapes.add_group_shape()
    inner.shapes.add_textbox(Inches(1), Inches(1), Inches(2), Inches(1)).text_frame.text = "Deep in a group"
    table = slide.shapes.add_table(2, 3, Inches(1), Inches(4), Inches(6), Inches(1)).table
    for number, text in enumerate(("Glass", "", "Tonnes")):
        table.cell(0, number).text = text
    for number, text in enumerate(("Green", "Brown", "4.5")):
        table.cell(1, number).text = text
    table.cell(0, 0).merge(table.cell(0, 1))
    slide.notes_slide.notes_text_frame.text = "Thank the volunteers"
    document = read(saved(presentation))
    (page,) = document.pages
    assert "Deep in a group" in page
    assert re.search(r"\| Glass \| Glass \| Tonnes \|\n\|.*\|\n\| Green \| Brown \| 4.5 \|", page)
    notes = next(block for block in document.blocks if "volunteers" in block.text)
    assert notes.locator.heading == ("Bottle bank", "Notes:") and notes.locator.page == 1
