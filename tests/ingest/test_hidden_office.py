"""Hidden text in office documents: kept out of the text, in every way that is known, and found nowhere else.

Each way stands beside text that can be seen and looks almost the same to a program.
"""

import pytest

from ingest.documents import Document, Hiding
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
