"""Hidden text in office documents: kept out of the text, in every way that is known, and found nowhere else.

Each way stands beside text that can be seen and looks almost the same to a program.
"""

import io
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.formatting.rule import CellIsRule  # type: ignore[import-untyped]
from openpyxl.styles import Color, Font, PatternFill  # type: ignore[import-untyped]
from openpyxl.worksheet.table import Table  # type: ignore[import-untyped]
from PIL import Image
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches, Pt

from ingest.documents import Document, Hiding
from tests.ingest.test_opendocument import opened
from tests.ingest.test_richtext import rtf
from tests.ingest.test_word import NAMESPACES, docx, paragraph, run
from tests.parsing import parse_bytes

SECRET = "The secret salary is 250000 crowns"
SEEN = "The candidate applied for the post"

WHITE = '<w:color w:val="FFFFFF"/>'
RED = '<w:color w:val="C00000"/>'
DARK = '<w:shd w:val="clear" w:fill="1F3864"/>'
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
WPS = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"


def in_table(cell: str, *, cell_properties: str = "", table: str = "", row: str = "") -> str:
    """A Word table of one cell."""
    return (
        f"<w:tbl><w:tblPr>{table}</w:tblPr><w:tr><w:trPr>{row}</w:trPr>"
        f"<w:tc><w:tcPr>{cell_properties}</w:tcPr>{paragraph(cell)}</w:tc></w:tr></w:tbl>"
    )


def drawing(inside: str = "", *, fill: str = "", anchor: str = "", name: str = "", at: int = 0) -> str:
    """A shape of four by four inches that floats over a Word page, with text in it."""
    offset = f"<wp:positionH><wp:posOffset>{at}</wp:posOffset></wp:positionH>"
    text = f"<wps:txbx><w:txbxContent>{inside}</w:txbxContent></wps:txbx>" if inside else ""
    return (
        f'<w:r><w:drawing><wp:anchor xmlns:wp="{WP}" {anchor}>{offset}'
        f'<wp:extent cx="3657600" cy="3657600"/><wp:docPr id="1" name="Box" {name}/>'
        f'<a:graphic xmlns:a="{A}"><a:graphicData><wps:wsp xmlns:wps="{WPS}"><wps:spPr>{fill}</wps:spPr>'
        f"{text}</wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></w:r>"
    )


def solid(colour: str) -> str:
    return f'<a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>'


STYLES = (
    f"<w:styles {NAMESPACES}>"
    '<w:style w:type="paragraph" w:styleId="Base"><w:rPr><w:color w:val="FFFFFF"/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Pale"><w:basedOn w:val="Base"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Banner"><w:basedOn w:val="Base"/>'
    '<w:pPr><w:shd w:val="clear" w:fill="1F3864"/></w:pPr></w:style>'
    '<w:style w:type="character" w:styleId="Small"><w:rPr><w:sz w:val="2"/></w:rPr></w:style>'
    '<w:style w:type="table" w:styleId="Grid"><w:tblPr/></w:style>'
    '<w:style w:type="table" w:styleId="Dark"><w:tblStylePr w:type="firstRow"><w:tcPr>'
    '<w:shd w:val="clear" w:fill="1F3864"/></w:tcPr></w:tblStylePr></w:style></w:styles>'
)

HIDDEN_IN_WORD = {
    "vanished": (paragraph(run(SECRET, "<w:vanish/>")), Hiding.MARKED),
    "white": (paragraph(run(SECRET, WHITE)), Hiding.COLOUR),
    "almost white": (paragraph(run(SECRET, '<w:color w:val="F8F8F8"/>')), Hiding.COLOUR),
    "white by a style that another is based on": (
        paragraph(run(SECRET), properties='<w:pStyle w:val="Pale"/>'),
        Hiding.COLOUR,
    ),
    "the colour of its shading": (
        paragraph(run(SECRET, RED + '<w:shd w:val="clear" w:fill="C00000"/>')),
        Hiding.COLOUR,
    ),
    "the colour of its cell": (
        in_table(run(SECRET, RED), cell_properties='<w:shd w:val="clear" w:fill="C00000"/>'),
        Hiding.COLOUR,
    ),
    "white in a plain table": (
        in_table(run(SECRET, WHITE), table='<w:tblStyle w:val="Grid"/>'),
        Hiding.COLOUR,
    ),
    "white in a white box": (
        paragraph(drawing(paragraph(run(SECRET, WHITE)), fill=solid("FFFFFF"))),
        Hiding.COLOUR,
    ),
    "white in a box without a fill": (
        paragraph(drawing(paragraph(run(SECRET, WHITE)), fill="<a:noFill/>")),
        Hiding.COLOUR,
    ),
    "size 1": (paragraph(run(SECRET, '<w:sz w:val="2"/>')), Hiding.SIZE),
    "size 1 by a style": (paragraph(run(SECRET, '<w:rStyle w:val="Small"/>')), Hiding.SIZE),
    "scaled to nothing": (paragraph(run(SECRET, '<w:w w:val="1"/>')), Hiding.SIZE),
    "lines of one point": (
        paragraph(run(SECRET), properties='<w:spacing w:line="20" w:lineRule="exact"/>'),
        Hiding.SIZE,
    ),
    "transparent": (
        paragraph(run(SECRET, f'<w14:textFill xmlns:w14="{W14}"><w14:noFill/></w14:textFill>')),
        Hiding.UNDRAWN,
    ),
    "a hidden row": (in_table(run(SECRET), row="<w:hidden/>"), Hiding.MARKED),
    "a hidden box": (
        paragraph(drawing(paragraph(run(SECRET)), name='hidden="1"')),
        Hiding.MARKED,
    ),
    "a box off the page": (
        paragraph(drawing(paragraph(run(SECRET)), at=-90_000_000)),
        Hiding.OUTSIDE,
    ),
    "indented out of the page": (
        paragraph(run(SECRET), properties='<w:ind w:left="-31000"/>'),
        Hiding.OUTSIDE,
    ),
}


@pytest.mark.parametrize("way", HIDDEN_IN_WORD)
def test_text_that_a_word_document_does_not_show_is_kept_apart(way: str) -> None:
    body, how = HIDDEN_IN_WORD[way]
    document = parse_bytes("cv.docx", docx(paragraph(run(SEEN)) + body, styles=STYLES))
    assert "salary" not in "".join(document.pages)
    assert SEEN in document.pages[0]
    assert [(piece.text, piece.how) for piece in document.hidden] == [(SECRET, how)]


SHOWN_IN_WORD = {
    "white on a dark highlight": paragraph(run(SECRET, WHITE + '<w:highlight w:val="darkBlue"/>')),
    "white in a dark paragraph": paragraph(run(SECRET, WHITE), properties=DARK),
    "white on dark by a style": paragraph(run(SECRET), properties='<w:pStyle w:val="Banner"/>'),
    "white in a dark cell": in_table(run(SECRET, WHITE), cell_properties=DARK),
    "white in a dark table": in_table(run(SECRET, WHITE), table=DARK),
    "white in a table that its style shades": in_table(
        run(SECRET, WHITE), table='<w:tblStyle w:val="Dark"/>'
    ),
    "white in a dark box": paragraph(drawing(paragraph(run(SECRET, WHITE)), fill=solid("1F3864"))),
    "white in a box over a dark shape": paragraph(
        drawing(fill=solid("1F3864")), drawing(paragraph(run(SECRET, WHITE)), fill="<a:noFill/>")
    ),
    "white in a box for older versions": paragraph(
        '<w:r><w:pict><v:shape fillcolor="#1f3864 [3204]"><v:textbox><w:txbxContent>'
        f"{paragraph(run(SECRET, WHITE))}</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
    ),
    "white over a shape behind the text": paragraph(
        drawing(fill=solid("1F3864"), anchor='behindDoc="1"'), run(SECRET, WHITE)
    ),
    "an automatic colour": paragraph(run(SECRET, '<w:color w:val="auto"/>')),
    "small print": paragraph(run(SECRET, '<w:sz w:val="9"/>')),
    "hidden in the web view only": paragraph(run(SECRET, "<w:webHidden/>")),
    "a row that is not hidden": in_table(run(SECRET), row='<w:hidden w:val="0"/>'),
}


@pytest.mark.parametrize("way", SHOWN_IN_WORD)
def test_text_that_a_word_document_shows_stays(way: str) -> None:
    document = parse_bytes("cv.docx", docx(SHOWN_IN_WORD[way], styles=STYLES))
    assert document.hidden == ()
    assert SECRET in "".join(document.pages)


@pytest.mark.parametrize(("settings", "is_seen"), [("<w:displayBackgroundShape/>", True), ("", False)])
def test_white_text_stays_on_a_page_that_is_shown_dark(settings: str, is_seen: bool) -> None:
    data = docx(
        paragraph(run(SEEN, DARK)) + paragraph(run(SECRET, WHITE)),
        background='<w:background w:color="203040"/>',
        settings=f"<w:settings {NAMESPACES}>{settings}</w:settings>",
    )
    assert (SECRET in parse_bytes("cv.docx", data).pages[0]) == is_seen


COLOURS = (
    r"{\colortbl;\red255\green255\blue255;\red31\green56\blue100;\red192\green0\blue0;"
    r"\red250\green250\blue250;}"
)
ROW = r"\trowd{}\cellx2000\pard\intbl {{{}}}\cell\row\pard "

HIDDEN_IN_RTF = {
    "hidden": (rf"{{\v {SECRET}}}", Hiding.MARKED),
    "white": (rf"{{\cf1 {SECRET}}}", Hiding.COLOUR),
    "almost white": (rf"{{\cf4 {SECRET}}}", Hiding.COLOUR),
    "the colour of its highlight": (rf"{{\cf3\highlight3 {SECRET}}}", Hiding.COLOUR),
    "the colour of its paragraph": (rf"\pard\cbpat3{{\cf3 {SECRET}}}", Hiding.COLOUR),
    "the colour of its cell": (ROW.format(r"\clcbpat3", rf"\cf3 {SECRET}"), Hiding.COLOUR),
    "white after a dark cell": (ROW.format(r"\clcbpat2", "Total") + rf"{{\cf1 {SECRET}}}", Hiding.COLOUR),
    "size 1": (rf"{{\fs2 {SECRET}}}", Hiding.SIZE),
    "size 0": (rf"{{\fs0 {SECRET}}}", Hiding.SIZE),
}


@pytest.mark.parametrize("way", HIDDEN_IN_RTF)
def test_text_that_an_rtf_file_does_not_show_is_kept_apart(way: str) -> None:
    body, how = HIDDEN_IN_RTF[way]
    document = rtf(rf"{SEEN}\par {body}\par", COLOURS)
    assert "salary" not in document.pages[0]
    assert [(piece.text, piece.how) for piece in document.hidden] == [(SECRET, how)]


SHOWN_IN_RTF = {
    "white on a dark highlight": rf"{{\cf1\highlight2 {SECRET}}}",
    "white in a dark paragraph": rf"\pard\cbpat2{{\cf1 {SECRET}}}",
    "white in a dark cell": ROW.format(r"\clcbpat2", rf"\cf1 {SECRET}"),
    "white in a cell with a pattern": ROW.format(r"\clcfpat2\clshdng8000", rf"\cf1 {SECRET}"),
    "white in a box": rf"{{\shp{{\*\shpinst{{\shptxt\cf1 {SECRET}\par}}}}}}",
    "small print": rf"{{\fs9 {SECRET}}}",
}


@pytest.mark.parametrize("way", SHOWN_IN_RTF)
def test_text_that_an_rtf_file_shows_stays(way: str) -> None:
    document: Document = rtf(rf"{SEEN}\par {SHOWN_IN_RTF[way]}\par", COLOURS)
    assert document.hidden == ()
    assert SECRET in document.pages[0]


def rgb(digits: str) -> Any:
    colour: Any = RGBColor
    return colour.from_string(digits)


def deck(draw: Callable[[Any, Any], None]) -> bytes:
    """A presentation of one slide with a visible line, on which `draw` draws."""
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    textbox(slide, SEEN, top=0.2)
    draw(presentation, slide)
    buffer = io.BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()


def textbox(on: Any, text: str = SECRET, *, left: float = 1, top: float = 3, colour: str = "") -> Any:
    """A text of six by one inches on a slide or in a group."""
    box = on.shapes.add_textbox(Inches(left), Inches(top), Inches(6), Inches(1))
    part = box.text_frame.paragraphs[0].add_run()
    part.text = text
    if colour:
        part.font.color.rgb = rgb(colour)
    return box


def shape(slide: Any, colour: str, *, kind: Any = MSO_SHAPE.RECTANGLE) -> Any:
    """A shape of eight by three inches in the middle of a slide."""
    drawn = slide.shapes.add_shape(kind, Inches(0.5), Inches(2), Inches(8), Inches(3))
    drawn.fill.solid()
    drawn.fill.fore_color.rgb = rgb(colour)
    return drawn


def run_of(box: Any) -> Any:
    return box.text_frame.paragraphs[0].runs[0]


def on_white(presentation: Any, slide: Any) -> None:
    textbox(slide, colour="FFFFFF")


def by_theme(presentation: Any, slide: Any) -> None:
    run_of(textbox(slide)).font.color.theme_color = MSO_THEME_COLOR.BACKGROUND_1


def on_its_own_colour(presentation: Any, slide: Any) -> None:
    box = textbox(slide, colour="1F3864")
    box.fill.solid()
    box.fill.fore_color.rgb = rgb("203864")


def on_a_shape_of_its_colour(presentation: Any, slide: Any) -> None:
    shape(slide, "1F3864")
    textbox(slide, colour="1F3864")


def on_a_background_of_its_colour(presentation: Any, slide: Any) -> None:
    slide.background.fill.solid()
    slide.background.fill.fore_color.rgb = rgb("1F3864")
    textbox(slide, colour="1F3864")


def in_a_cell(presentation: Any, slide: Any) -> None:
    table = slide.shapes.add_table(1, 1, Inches(1), Inches(3), Inches(6), Inches(1)).table
    cell = table.cell(0, 0)
    cell.fill.solid()
    cell.fill.fore_color.rgb = rgb("C00000")
    cell.text = SECRET
    cell.text_frame.paragraphs[0].runs[0].font.color.rgb = rgb("C00000")


def tiny(presentation: Any, slide: Any) -> None:
    run_of(textbox(slide)).font.size = Pt(1)


def transparent(presentation: Any, slide: Any) -> None:
    run_of(textbox(slide)).font.fill.background()


def off_the_slide(presentation: Any, slide: Any) -> None:
    textbox(slide, left=-20)


def off_the_slide_in_a_group(presentation: Any, slide: Any) -> None:
    group = slide.shapes.add_group_shape()
    textbox(group)
    group.left = Inches(30)


def switched_off(presentation: Any, slide: Any) -> None:
    textbox(slide)._element.nvSpPr.cNvPr.set("hidden", "1")


def covered(presentation: Any, slide: Any) -> None:
    textbox(slide)
    shape(slide, "FFFFFF")


HIDDEN_ON_SLIDES: dict[Callable[[Any, Any], None], Hiding] = {
    on_white: Hiding.COLOUR,
    by_theme: Hiding.COLOUR,
    on_its_own_colour: Hiding.COLOUR,
    on_a_shape_of_its_colour: Hiding.COLOUR,
    on_a_background_of_its_colour: Hiding.COLOUR,
    in_a_cell: Hiding.COLOUR,
    tiny: Hiding.SIZE,
    transparent: Hiding.UNDRAWN,
    off_the_slide: Hiding.OUTSIDE,
    off_the_slide_in_a_group: Hiding.OUTSIDE,
    switched_off: Hiding.MARKED,
    covered: Hiding.COVERED,
}


@pytest.mark.parametrize("way", HIDDEN_ON_SLIDES)
def test_text_that_a_slide_does_not_show_is_kept_apart(way: Callable[[Any, Any], None]) -> None:
    document = parse_bytes("talk.pptx", deck(way))
    assert document.pages[0].split() == SEEN.split() or "|" in document.pages[0]
    assert "salary" not in document.pages[0]
    assert [(piece.page, piece.text, piece.how) for piece in document.hidden] == [
        (1, SECRET, HIDDEN_ON_SLIDES[way])
    ]


def over_a_dark_shape(presentation: Any, slide: Any) -> None:
    shape(slide, "1F3864")
    textbox(slide, colour="FFFFFF")


def over_a_dark_oval(presentation: Any, slide: Any) -> None:
    shape(slide, "1F3864", kind=MSO_SHAPE.OVAL)
    textbox(slide, colour="FFFFFF")


def over_a_dark_shape_of_the_layout(presentation: Any, slide: Any) -> None:
    drawn = shape(slide, "1F3864")._element
    slide.slide_layout.shapes._spTree.append(drawn)
    textbox(slide, colour="FFFFFF")


def over_a_white_shape_that_its_layout_leaves_out(presentation: Any, slide: Any) -> None:
    drawn = shape(slide, "FFFFFF")._element
    presentation.slide_master.shapes._spTree.append(drawn)
    slide.slide_layout._element.set("showMasterSp", "0")
    slide.background.fill.solid()
    slide.background.fill.fore_color.rgb = rgb("1F3864")
    textbox(slide, colour="FFFFFF")


def over_a_picture(presentation: Any, slide: Any) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 20), "navy").save(picture, "PNG")
    slide.shapes.add_picture(picture, Inches(0), Inches(2), Inches(9), Inches(4))
    textbox(slide, colour="FFFFFF")


def on_a_dark_background(presentation: Any, slide: Any) -> None:
    presentation.slide_master.background.fill.solid()
    presentation.slide_master.background.fill.fore_color.theme_color = MSO_THEME_COLOR.TEXT_2
    textbox(slide, "Above", top=1, colour="FFFFFF")
    textbox(slide, colour="FFFFFF")


def on_a_gradient(presentation: Any, slide: Any) -> None:
    slide.background.fill.gradient()
    textbox(slide, colour="FFFFFF")


def in_the_header_of_a_table(presentation: Any, slide: Any) -> None:
    cell = slide.shapes.add_table(1, 1, Inches(1), Inches(3), Inches(6), Inches(1)).table.cell(0, 0)
    cell.text = SECRET
    cell.text_frame.paragraphs[0].runs[0].font.color.rgb = rgb("FFFFFF")


def partly_off_the_slide(presentation: Any, slide: Any) -> None:
    textbox(slide, left=-2)


def partly_covered(presentation: Any, slide: Any) -> None:
    textbox(slide, left=-1)
    shape(slide, "FFFFFF")


def a_caption_on_its_shape(presentation: Any, slide: Any) -> None:
    drawn = shape(slide, "1F3864")
    drawn.text_frame.text = SECRET
    drawn.text_frame.paragraphs[0].runs[0].font.color.rgb = rgb("FFFFFF")


@pytest.mark.parametrize(
    "way",
    [
        over_a_dark_shape,
        over_a_dark_oval,
        over_a_dark_shape_of_the_layout,
        over_a_white_shape_that_its_layout_leaves_out,
        over_a_picture,
        on_a_dark_background,
        on_a_gradient,
        in_the_header_of_a_table,
        partly_off_the_slide,
        partly_covered,
        a_caption_on_its_shape,
    ],
)
def test_text_that_a_slide_shows_stays(way: Callable[[Any, Any], None]) -> None:
    document = parse_bytes("talk.pptx", deck(way))
    assert document.hidden == ()
    assert SECRET in document.pages[0]


def style(name: str, family: str, *properties: str, more: str = "") -> str:
    """A style of an OpenDocument file; each of its properties is given as `kind attributes`."""
    parts = (each.partition(" ") for each in properties)
    inside = "".join(f"<style:{kind}-properties {attributes}/>" for kind, _, attributes in parts)
    return f'<style:style style:name="{name}" style:family="{family}" {more}>{inside}</style:style>'


ODF_WHITE = 'text fo:color="#ffffff"'
ODF_DARK = 'fo:background-color="#1f3864"'
ODF_AUTOMATIC = 'text style:use-window-font-color="true"'
ODF_FILLED = 'graphic draw:fill="solid" draw:fill-color="#1f3864"'
ODF_STYLES = "".join(
    [
        style("white", "text", ODF_WHITE),
        style("whiteP", "paragraph", ODF_WHITE),
        style("child", "paragraph", more='style:parent-style-name="whiteP"'),
        style("automatic", "paragraph", ODF_AUTOMATIC, more='style:parent-style-name="whiteP"'),
        style("opaque", "paragraph", f'{ODF_AUTOMATIC} xmlns:loext="urn:x" loext:opacity="0%"'),
        style("opaqueChild", "paragraph", 'text fo:color="#000000"', more='style:parent-style-name="opaque"'),
        style("dark", "paragraph", ODF_WHITE, f"paragraph {ODF_DARK}"),
        style("marked", "text", ODF_WHITE, f"text {ODF_DARK}"),
        style("red", "text", 'text fo:color="#c00000" fo:background-color="#c00000"'),
        style("off", "paragraph", 'text text:display="none"'),
        style("tiny", "text", 'text fo:font-size="1pt"'),
        style("narrow", "text", 'text style:text-scale="1%"'),
        style("clear", "text", 'text xmlns:loext="urn:x" loext:opacity="0%"'),
        style("black", "text", 'text fo:color="#000000"'),
        style("cell", "table-cell", f"table-cell {ODF_DARK}"),
        style("box", "graphic", ODF_FILLED),
        style("plain", "graphic", 'graphic draw:fill="none"'),
        style("paper", "graphic", 'graphic draw:fill="solid" draw:fill-color="#ffffff"'),
        style("gradient", "graphic", 'graphic draw:fill="gradient"'),
        style("behind", "graphic", f'{ODF_FILLED} style:run-through="background"'),
        style("night", "drawing-page", 'drawing-page draw:fill="solid" draw:fill-color="#1f3864"'),
    ]
)  # fmt: skip


def span(name: str, text: str = SECRET) -> str:
    return f'<text:span text:style-name="{name}">{text}</text:span>'


def text_paragraph(inside: str, name: str = "") -> str:
    return f'<text:p text:style-name="{name}">{inside}</text:p>'


def drawn(
    inside: str = "",
    *,
    kind: str = "frame",
    name: str = "plain",
    at: tuple[float, float] = (2, 6),
    more: str = "",
) -> str:
    """A frame or shape of twelve by eight centimetres, with paragraphs in it."""
    place = f'svg:x="{at[0]}cm" svg:y="{at[1]}cm" svg:width="12cm" svg:height="8cm"'
    box = f"<draw:text-box>{inside}</draw:text-box>" if kind == "frame" else inside
    rectangle = '<draw:enhanced-geometry draw:type="rectangle"/>' if kind == "custom-shape" else ""
    return f'<draw:{kind} draw:style-name="{name}" {place} {more}>{box}{rectangle}</draw:{kind}>'


HIDDEN_IN_ODT = {
    "white": (text_paragraph(span("white")), Hiding.COLOUR),
    "white by its paragraph": (text_paragraph(SECRET, "whiteP"), Hiding.COLOUR),
    "white by a style that another is based on": (text_paragraph(SECRET, "child"), Hiding.COLOUR),
    "the colour of its highlight": (text_paragraph(span("red")), Hiding.COLOUR),
    "white beside a span that is seen": (
        text_paragraph(SECRET + span("black", " all welcome"), "whiteP"),
        Hiding.COLOUR,
    ),
    "white in a box without a fill": (
        text_paragraph(drawn(text_paragraph(span("white")))),
        Hiding.COLOUR,
    ),
    "not displayed": (text_paragraph(SECRET, "off"), Hiding.MARKED),
    "a hidden section": (
        f'<text:section text:display="none">{text_paragraph(SECRET)}</text:section>',
        Hiding.MARKED,
    ),
    "a hidden paragraph": (
        text_paragraph(f'<text:hidden-paragraph text:is-hidden="true"/>{SECRET}'),
        Hiding.MARKED,
    ),
    "size 1": (text_paragraph(span("tiny")), Hiding.SIZE),
    "scaled to nothing": (text_paragraph(span("narrow")), Hiding.SIZE),
    "transparent": (text_paragraph(span("clear")), Hiding.UNDRAWN),
    "a box off the page": (text_paragraph(drawn(text_paragraph(SECRET), at=(-90, 2))), Hiding.OUTSIDE),
    "a box that is switched off": (
        text_paragraph(drawn(text_paragraph(SECRET), more='draw:display="none"')),
        Hiding.MARKED,
    ),
}


@pytest.mark.parametrize("way", HIDDEN_IN_ODT)
def test_text_that_an_odt_file_does_not_show_is_kept_apart(way: str) -> None:
    body, how = HIDDEN_IN_ODT[way]
    text = f"<office:text>{text_paragraph(SEEN)}{body}</office:text>"
    document = opened("cv.odt", text, styles=ODF_STYLES)
    assert "salary" not in document.pages[0]
    assert [(piece.text, piece.how) for piece in document.hidden] == [(SECRET, how)]
    assert ("all welcome" in document.pages[0]) == ("all welcome" in body)


def odt_table(inside: str) -> str:
    cell = f'<table:table-cell table:style-name="cell">{inside}</table:table-cell>'
    return f"<table:table><table:table-row>{cell}</table:table-row></table:table>"


SHOWN_IN_ODT = {
    "white on a dark highlight": text_paragraph(span("marked")),
    "white in a dark paragraph": text_paragraph(SECRET, "dark"),
    "white in a dark cell": odt_table(text_paragraph(span("white"))),
    "white in a dark box": text_paragraph(drawn(text_paragraph(span("white")), name="box")),
    "white in a gradient": text_paragraph(drawn(text_paragraph(span("white")), name="gradient")),
    "white in a box over a dark shape": text_paragraph(
        drawn(kind="custom-shape", name="box") + drawn(text_paragraph(span("white")))
    ),
    "white over a shape behind the text": text_paragraph(
        drawn(kind="custom-shape", name="behind") + span("white")
    ),
    "an automatic colour": text_paragraph(SECRET, "automatic"),
    "an automatic colour as LibreOffice writes it": text_paragraph(SECRET, "opaque"),
    "a colour in place of that": text_paragraph(SECRET, "opaqueChild"),
}


@pytest.mark.parametrize("way", SHOWN_IN_ODT)
def test_text_that_an_odt_file_shows_stays(way: str) -> None:
    document = opened("cv.odt", f"<office:text>{SHOWN_IN_ODT[way]}</office:text>", styles=ODF_STYLES)
    assert document.hidden == ()
    assert SECRET in document.pages[0]


MASTER = (
    '</style:master-page><style:page-layout style:name="PL"><style:page-layout-properties '
    'fo:page-width="28cm" fo:page-height="21cm"/></style:page-layout>'
    '<style:master-page style:name="M" style:page-layout-name="PL">'
)


def odp(drawing: str, *, page: str = "", master: str = "") -> Document:
    """A presentation of one slide with a visible line and this drawing."""
    seen = drawn(text_paragraph(SEEN), at=(1, 0))
    slide = f'<draw:page draw:master-page-name="M" {page}>{seen}{drawing}</draw:page>'
    body = f"<office:presentation>{slide}</office:presentation>"
    return opened("talk.odp", body, styles=ODF_STYLES, margins=MASTER + master)


WHITE_FRAME = drawn(text_paragraph(span("white")))
HIDDEN_IN_ODP = {
    "white": (WHITE_FRAME, Hiding.COLOUR),
    "white over a white shape": (drawn(kind="custom-shape", name="paper") + WHITE_FRAME, Hiding.COLOUR),
    "size 1": (drawn(text_paragraph(span("tiny"))), Hiding.SIZE),
    "off the slide": (drawn(text_paragraph(SECRET), at=(29, 2)), Hiding.OUTSIDE),
    "above the slide, in a group": (
        f"<draw:g>{drawn(text_paragraph(SECRET), at=(2, -9))}</draw:g>",
        Hiding.OUTSIDE,
    ),
    "covered": (
        drawn(text_paragraph(SECRET), at=(2, 9)) + drawn(kind="custom-shape", name="paper", at=(2, 9)),
        Hiding.COVERED,
    ),
}


@pytest.mark.parametrize("way", HIDDEN_IN_ODP)
def test_text_that_a_slide_of_an_odp_file_does_not_show_is_kept_apart(way: str) -> None:
    drawing, how = HIDDEN_IN_ODP[way]
    document = odp(drawing)
    assert document.pages[0].split() == SEEN.split()
    assert [(piece.page, piece.text, piece.how) for piece in document.hidden] == [(1, SECRET, how)]


SHOWN_IN_ODP = {
    "white over a dark shape": (drawn(kind="custom-shape", name="box") + WHITE_FRAME, "", ""),
    "white over a shape of the master page": (WHITE_FRAME, "", drawn(kind="rect", name="box")),
    "white on a dark slide": (WHITE_FRAME, 'draw:style-name="night"', ""),
    "white over a picture": (
        '<draw:frame svg:x="0cm" svg:y="5cm" svg:width="28cm" svg:height="12cm"><draw:image/></draw:frame>'
        + WHITE_FRAME,
        "",
        "",
    ),
    "partly off the slide": (drawn(text_paragraph(SECRET), at=(20, 9)), "", ""),
    "partly covered": (
        drawn(text_paragraph(SECRET), at=(2, 9)) + drawn(kind="custom-shape", name="paper", at=(6, 9)),
        "",
        "",
    ),
}


@pytest.mark.parametrize("way", SHOWN_IN_ODP)
def test_text_that_a_slide_of_an_odp_file_shows_stays(way: str) -> None:
    drawing, page, master = SHOWN_IN_ODP[way]
    document = odp(drawing, page=page, master=master)
    assert document.hidden == ()
    assert SECRET in document.pages[0]


def workbook(change: Callable[[Any], None]) -> bytes:
    """A workbook of boats with their fees, after a change to its sheet."""
    book = Workbook()
    sheet = book.active
    for row in (["Boat", "Fee", "Note"], ["Skiff", 40, "sound"], ["Punt", 30, "leaks"]):
        sheet.append(row)
    change(sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def coloured(cell: Any, colour: Any, fill: str = "") -> None:
    cell.font = Font(color=colour)
    if fill:
        cell.fill = PatternFill("solid", fgColor=fill)


def hidden_row(sheet: Any) -> None:
    sheet.row_dimensions[3].hidden = True


def row_without_height(sheet: Any) -> None:
    sheet.row_dimensions[3].height = 0.5


def hidden_column(sheet: Any) -> None:
    sheet.column_dimensions["C"].hidden = True


def white_cell(sheet: Any) -> None:
    coloured(sheet["C3"], "FFFFFFFF")


def white_by_theme(sheet: Any) -> None:
    coloured(sheet["C3"], Color(theme=0))


def the_colour_of_its_fill(sheet: Any) -> None:
    coloured(sheet["C3"], "FF1F3864", "FF1F3864")


def cell_in_size_1(sheet: Any) -> None:
    sheet["C3"].font = Font(size=1)


def a_format_that_shows_nothing(sheet: Any) -> None:
    sheet["C3"].number_format = ";;;"


HIDDEN_IN_WORKBOOKS: dict[Callable[[Any], None], tuple[str, Hiding]] = {
    hidden_row: ("Punt | 30 | leaks", Hiding.MARKED),
    row_without_height: ("Punt | 30 | leaks", Hiding.MARKED),
    hidden_column: ("Note; sound; leaks", Hiding.MARKED),
    white_cell: ("leaks", Hiding.COLOUR),
    white_by_theme: ("leaks", Hiding.COLOUR),
    the_colour_of_its_fill: ("leaks", Hiding.COLOUR),
    cell_in_size_1: ("leaks", Hiding.SIZE),
    a_format_that_shows_nothing: ("leaks", Hiding.UNDRAWN),
}


@pytest.mark.parametrize("way", HIDDEN_IN_WORKBOOKS)
def test_cells_that_a_workbook_does_not_show_are_kept_apart(way: Callable[[Any], None]) -> None:
    document = parse_bytes("boats.xlsx", workbook(way))
    assert "leaks" not in document.pages[0]
    assert "Skiff | 40" in document.pages[0]
    assert [(piece.text, piece.how) for piece in document.hidden] == [HIDDEN_IN_WORKBOOKS[way]]


def white_on_a_dark_fill(sheet: Any) -> None:
    coloured(sheet["C3"], "FFFFFFFF", "FF1F3864")


def white_on_a_pattern(sheet: Any) -> None:
    coloured(sheet["C3"], "FFFFFFFF")
    sheet["C3"].fill = PatternFill("darkGray")


def white_in_a_table(sheet: Any) -> None:
    coloured(sheet["C3"], "FFFFFFFF")
    sheet.add_table(Table(displayName="Boats", ref="A1:C3"))


def white_under_a_condition(sheet: Any) -> None:
    coloured(sheet["C3"], "FFFFFFFF")
    dark = PatternFill("solid", bgColor="FF1F3864")
    sheet.conditional_formatting.add("C1:C9", CellIsRule("equal", ['"leaks"'], fill=dark))


def filtered_out(sheet: Any) -> None:
    sheet.auto_filter.ref = "A1:C3"
    sheet.auto_filter.add_filter_column(0, ["Skiff"])
    sheet.row_dimensions[3].hidden = True


def filtered_elsewhere(sheet: Any) -> None:
    sheet.sheet_properties.filterMode = True
    sheet.row_dimensions[3].hidden = True


def folded(sheet: Any) -> None:
    sheet.row_dimensions.group(3, 3, hidden=True)


def small_print(sheet: Any) -> None:
    sheet["C3"].font = Font(size=5)


@pytest.mark.parametrize(
    "way",
    [
        white_on_a_dark_fill,
        white_on_a_pattern,
        white_in_a_table,
        white_under_a_condition,
        filtered_out,
        filtered_elsewhere,
        folded,
        small_print,
    ],
)
def test_cells_that_a_workbook_shows_stay(way: Callable[[Any], None]) -> None:
    document = parse_bytes("boats.xlsx", workbook(way))
    assert document.hidden == ()
    assert "Punt | 30 | leaks" in document.pages[0]


def ods(cell: str = "", *, row: str = "", column: str = "", in_group: bool = False) -> Document:
    """A spreadsheet of boats with attributes for the last cell, row and column."""

    def cells(texts: str, last: str = "") -> str:
        names = texts.split()
        parts = [f"<table:table-cell>{text_paragraph(name)}</table:table-cell>" for name in names[:-1]]
        parts.append(f"<table:table-cell {last}>{text_paragraph(names[-1])}</table:table-cell>")
        return "".join(parts)

    columns = f'<table:table-column table:number-columns-repeated="2"/><table:table-column {column}/>'
    last = f"<table:table-row {row}>{cells('Punt 30 leaks', cell)}</table:table-row>"
    last = f"<table:table-row-group>{last}</table:table-row-group>" if in_group else last
    first = ("Boat Fee Note", "Skiff 40 sound")
    rows = "".join(f"<table:table-row>{cells(each)}</table:table-row>" for each in first)
    table = f'<table:table table:name="Boats">{columns}{rows}{last}</table:table>'
    styles = style("white", "table-cell", ODF_WHITE) + style("tiny", "table-cell", 'text fo:font-size="1pt"')
    styles += style("inverse", "table-cell", ODF_WHITE, f"table-cell {ODF_DARK}")
    return opened("boats.ods", f"<office:spreadsheet>{table}</office:spreadsheet>", styles=styles)


COLLAPSED = 'table:visibility="collapse"'


@pytest.mark.parametrize(
    ("where", "text", "how"),
    [
        ({"row": COLLAPSED}, "Punt | 30 | leaks", Hiding.MARKED),
        ({"column": COLLAPSED}, "Note; sound; leaks", Hiding.MARKED),
        ({"cell": 'table:style-name="white"'}, "leaks", Hiding.COLOUR),
        ({"cell": 'table:style-name="tiny"'}, "leaks", Hiding.SIZE),
        ({"row": 'table:default-cell-style-name="white"'}, "Punt; 30; leaks", Hiding.COLOUR),
        ({"column": 'table:default-cell-style-name="white"'}, "Note; sound; leaks", Hiding.COLOUR),
    ],
)
def test_cells_that_an_ods_file_does_not_show_are_kept_apart(
    where: dict[str, Any], text: str, how: Hiding
) -> None:
    document = ods(**where)
    assert "leaks" not in document.pages[0]
    assert "Skiff | 40" in document.pages[0]
    assert "; ".join(piece.text for piece in document.hidden) == text
    assert {piece.how for piece in document.hidden} == {how}


def test_cells_that_an_ods_file_shows_stay() -> None:
    documents = [
        ods('table:style-name="inverse"'),
        ods(row='table:visibility="filter"'),
        ods(row=COLLAPSED, in_group=True),
    ]
    assert all(document.hidden == () for document in documents)
    assert all("Punt | 30 | leaks" in document.pages[0] for document in documents)
