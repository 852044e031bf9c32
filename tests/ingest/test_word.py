import io
import zipfile

from ingest.documents import Document, Hiding
from tests.parsing import parse_bytes

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def docx(body: str, *, background: str = "", **parts: str) -> bytes:
    """A Word document of this body, with further parts, such as `comments` and `header1`, related to it.

    background: the element that describes the background of its pages.
    """
    buffer = io.BytesIO()
    relations = "".join(
        f'<Relationship Id="{name}" Type="{OFFICE}/{name.rstrip("0123456789")}" Target="{name}.xml"/>'
        for name in parts
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    main = f'<Relationship Id="m" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{package}">{main}</Relationships>')
        archive.writestr(
            "word/_rels/document.xml.rels", f'<Relationships xmlns="{package}">{relations}</Relationships>'
        )
        archive.writestr(
            "word/document.xml",
            f"<w:document {NAMESPACES}>{background}<w:body>{body}</w:body></w:document>",
        )
        for name, content in parts.items():
            archive.writestr(f"word/{name}.xml", content)
    return buffer.getvalue()


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def lines_of(document: Document) -> list[str]:
    return [block.text for block in document.blocks]


def read(body: str, **parts: str) -> list[str]:
    return lines_of(parse_bytes("a.docx", docx(body, **parts)))


def test_tracked_changes_are_read_as_accepted() -> None:
    body = paragraph(
        run("The rent is "),
        f"<w:del><w:r><w:delText>4100</w:delText></w:r></w:del><w:ins>{run('5200')}</w:ins>",
        run(" EUR."),
    )
    moved_away = paragraph(f"<w:moveFrom>{run('The jetty is private.')}</w:moveFrom>")
    moved_here = paragraph(f"<w:moveTo>{run('The jetty is private.')}</w:moveTo>")
    assert read(moved_away + body + moved_here) == ["The rent is 5200 EUR.", "The jetty is private."]


def test_a_comment_follows_what_it_is_on_and_names_its_author() -> None:
    marked = (
        '<w:commentRangeStart w:id="0"/>'
        + run("The tenant repairs the jetty.")
        + '<w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r>'
        + '<w:r><w:commentReference w:id="1"/></w:r>'
    )
    comments = (
        f"<w:comments {NAMESPACES}>"
        f'<w:comment w:id="0" w:author="Ulla">{paragraph(run("The owner pays half."))}</w:comment>'
        f'<w:comment w:id="1" w:author="Ben">{paragraph(run("Agreed."))}</w:comment></w:comments>'
    )
    assert read(paragraph(marked) + paragraph(run("End.")), comments=comments) == [
        "The tenant repairs the jetty.",
        "Comment by Ulla on “The tenant repairs the jetty”: The owner pays half.",
        "Comment by Ben on “The tenant repairs the jetty”: Agreed.",
        "End.",
    ]


def test_headers_and_footers_stand_once_without_page_numbers() -> None:
    reference = '<w:{0}Reference w:type="default" r:id="{0}1"/><w:{0}Reference w:type="first" r:id="{0}2"/>'
    section = f"<w:sectPr>{reference.format('header')}{reference.format('footer')}</w:sectPr>"
    number = "<w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:t>3</w:t></w:r>"
    header = f"<w:hdr {NAMESPACES}>{paragraph(run('File BH-2291'))}</w:hdr>"
    footer = (
        f"<w:ftr {NAMESPACES}>{paragraph(run('Page '), number)}{paragraph(run('Brandt &amp; Co'))}</w:ftr>"
    )
    parts = {"header1": header, "header2": header, "footer1": footer, "footer2": footer}
    assert read(paragraph(run("The lease.")) + section, **parts) == [
        "File BH-2291",
        "The lease.",
        "Brandt & Co",
    ]


def test_a_text_box_is_read_once_after_its_paragraph() -> None:
    box = f"<w:txbxContent>{paragraph(run('Emergency: 0444 7712'))}</w:txbxContent>"
    alternatives = (
        f"<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback><w:pict><v:textbox>{box}"
        "</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    only_new = f"<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice></mc:AlternateContent></w:r>"
    for anchored in (alternatives, only_new):
        assert read(paragraph(run("The warden."), anchored) + paragraph(run("End."))) == [
            "The warden.",
            "Emergency: 0444 7712",
            "End.",
        ]


def test_an_initial_joins_its_paragraph() -> None:
    initial = paragraph(run("T"), properties='<w:framePr w:dropCap="drop" w:lines="3"/>')
    assert read(initial + paragraph(run("he boathouse stands on piles."))) == [
        "The boathouse stands on piles."
    ]


def test_an_entry_is_read_and_the_prompt_for_one_is_not() -> None:
    field = "<w:sdt><w:sdtPr>{}</w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
    entered = field.format("", paragraph(run("Moss green")))
    prompt = field.format("<w:showingPlcHdr/>", paragraph(run("Click to enter a colour")))
    assert read(entered + prompt) == ["Moss green"]


def test_notes_are_read_without_links() -> None:
    notes = (
        f"<w:footnotes {NAMESPACES}>"
        f'<w:footnote w:id="2">{paragraph(run("Mrs Halvorsen, house 9."))}</w:footnote></w:footnotes>'
    )
    body = paragraph(run("The warden has the keys."), '<w:r><w:footnoteReference w:id="2"/></w:r>')
    assert read(body, footnotes=notes) == ["The warden has the keys.¹", "1. Mrs Halvorsen, house 9."]


def test_text_that_cannot_be_seen_is_hidden() -> None:
    styles = (
        f'<w:styles {NAMESPACES}><w:style w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>'
    )
    body = (
        paragraph(
            run("Seen. "),
            run("vanished", "<w:vanish/>"),
            run("white", '<w:color w:val="FFFFFF"/>'),
            run("tiny", '<w:sz w:val="2"/>'),
            run("styled", '<w:rStyle w:val="Secret"/>'),
        )
        + paragraph(run("Shown", '<w:color w:val="FFFFFF"/><w:shd w:fill="000000"/>'))
        + paragraph(run("Also shown", '<w:vanish w:val="0"/>'))
    )
    document = parse_bytes("a.docx", docx(body, styles=styles))
    assert lines_of(document) == ["Seen.", "Shown", "Also shown"]
    assert [(text.text, text.how) for text in document.hidden] == [
        ("vanished", Hiding.MARKED),
        ("white", Hiding.COLOUR),
        ("tiny", Hiding.SIZE),
        ("styled", Hiding.MARKED),
    ]


def test_a_file_inside_the_document_is_said_to_be_not_read() -> None:
    buffer = io.BytesIO(docx(paragraph(run("See the budget."))))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("word/embeddings/budget.xlsx", b"PK")
    document = parse_bytes("a.docx", buffer.getvalue())
    assert (lines_of(document), document.unread) == (["See the budget."], "1 file inside it: not read")


MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
FRACTION = "<m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f>"


def test_each_formula_is_read_also_beside_one_that_cannot_be_written_in_latex() -> None:
    unknown = "<m:acc><m:e><m:r><m:t>x</m:t></m:r></m:e></m:acc>"
    body = (
        paragraph(run("Share "), f"<m:oMath {MATH}>{FRACTION}</m:oMath>", run(" of it."))
        + paragraph(f"<m:oMathPara {MATH}><m:oMath>{FRACTION}</m:oMath></m:oMathPara>")
        + paragraph(run("Mean "), f"<m:oMath {MATH}>{unknown}</m:oMath>")
    )
    assert read(body) == ["Share $\\frac{a}{b}$ of it.", "$$\\frac{a}{b}$$", "Mean $x$"]


def test_text_under_a_reading_is_read() -> None:
    ruby = f"<w:r><w:ruby><w:rt>{run('toh')}</w:rt><w:rubyBase>{run('East')}</w:rubyBase></w:ruby></w:r>"
    assert read(paragraph(run("The "), ruby, run(" gate"))) == ["The East gate"]


def test_the_chosen_entry_of_a_list_is_read() -> None:
    def field(choice: str) -> str:
        entries = '<w:listEntry w:val="red"/><w:listEntry w:val="green"/>'
        data = f"<w:ffData><w:ddList>{choice}{entries}</w:ddList></w:ffData>"
        begin = f'<w:fldChar w:fldCharType="begin">{data}</w:fldChar>'
        code = "<w:instrText> FORMDROPDOWN </w:instrText>"
        return f'<w:r>{begin}</w:r><w:r>{code}</w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'

    assert read(paragraph(run("Colour: "), field('<w:result w:val="1"/>'))) == ["Colour: green"]
    assert read(paragraph(run("Colour: "), field(""))) == ["Colour: red"]
    assert read(paragraph(run("Colour: "), field('<w:result w:val="²"/>'))) == ["Colour:"]


def test_a_check_box_with_text_keeps_its_text() -> None:
    w14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'

    def box(said: str) -> str:
        checked = '<w14:checkbox><w14:checked w14:val="1"/></w14:checkbox>'
        return f"<w:sdt {w14}><w:sdtPr>{checked}</w:sdtPr><w:sdtContent>{run(said)}</w:sdtContent></w:sdt>"

    assert read(paragraph(box("\u2612"), run(" I keep hens"))) == ["\u2611 I keep hens"]
    assert read(paragraph(box("\u2612 I keep hens"))) == ["\u2612 I keep hens"]


def test_a_table_in_a_cell_stays_in_its_cell() -> None:
    def table(*rows: list[str]) -> str:
        cells = ("".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in rows)
        return f"<w:tbl>{''.join(f'<w:tr>{each}</w:tr>' for each in cells)}</w:tbl>"

    inner = table(
        [paragraph(run("spare")), paragraph(run("K9b"))], [paragraph(run("old")), paragraph(run("K2"))]
    )
    rows = [[paragraph(run(plot)), paragraph(run(key))] for plot, key in (("Plot", "Key"), ("7", "K3"))]
    body = table(*rows, [paragraph(run("8")), inner + paragraph()])
    assert read(body)[0].endswith("\n| 7 | K3 |\n| 8 | spare, K9b; old, K2 |")


def test_a_soft_hyphen_within_a_line_is_no_part_of_its_word() -> None:
    word = "<w:r><w:t>lease</w:t><w:softHyphen/><w:t>holder</w:t></w:r>"
    assert read(paragraph(run("The "), word)) == ["The leaseholder"]


def test_text_in_simple_fields_and_other_wrappings_is_read() -> None:
    figure = f'<w:fldSimple w:instr=" SEQ Figure ">{run("7")}</w:fldSimple>'
    named = f'<w:customXml w:element="x"><w:customXmlPr/>{run("The pump")}</w:customXml>'
    body = paragraph(
        run("Figure "), figure, run(": "), named, f'<w:bdo w:val="ltr">{run(" at Kiel")}</w:bdo>'
    )
    assert read(body) == ["Figure 7: The pump at Kiel"]
    row = f"<w:tr><w:tc>{paragraph(run('north'))}</w:tc><w:tc>{paragraph(run('K3'))}</w:tc></w:tr>"
    assert read(f'<w:tbl><w:customXml w:element="x">{row}</w:customXml></w:tbl>')[0].endswith(
        "| north | K3 |"
    )


def test_the_number_of_a_page_in_a_simple_field_is_left_out() -> None:
    number = f'<w:fldSimple w:instr=" PAGE ">{run("3")}</w:fldSimple>'
    header = f"<w:hdr {NAMESPACES}>{paragraph(run('Page '), number)}</w:hdr>"
    reference = '<w:sectPr><w:headerReference w:type="default" r:id="header1"/></w:sectPr>'
    assert read(paragraph(run("The rent is 700 EUR.")) + reference, header1=header) == [
        "The rent is 700 EUR."
    ]
