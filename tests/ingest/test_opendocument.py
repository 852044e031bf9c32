import io
import zipfile

import pytest

from ingest.documents import Document, Hiding
from ingest.errors import UnreadableDocument
from tests.parsing import parse_bytes

NAMES = " ".join(
    [
        *(
            f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
            for prefix, name in (
                ("office", "office"),
                ("text", "text"),
                ("table", "table"),
                ("draw", "drawing"),
                ("style", "style"),
                ("fo", "xsl-fo-compatible"),
                ("presentation", "presentation"),
                ("svg", "svg-compatible"),
                ("smil", "smil-compatible"),
            )
        ),
        'xmlns:dc="http://purl.org/dc/elements/1.1/"',
    ]
)
NOTE = "<office:annotation><dc:creator>Ulla</dc:creator><text:p>{}</text:p></office:annotation>"


def opened(name: str, body: str, *, styles: str = "", margins: str = "", **more: str) -> Document:
    """A file of the family with this body, parsed."""
    return parse_bytes(name, opendocument(body, styles=styles, margins=margins, **more))


def opendocument(body: str, *, styles: str = "", margins: str = "", **more: str) -> bytes:
    """A file of the family with this body."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        automatic = f"<office:automatic-styles>{styles}</office:automatic-styles>"
        content = f"<office:document-content {NAMES}>{automatic}<office:body>{body}</office:body>"
        archive.writestr("content.xml", f"{content}</office:document-content>")
        if margins:
            page = f"<style:master-page>{margins}</style:master-page>"
            archive.writestr(
                "styles.xml",
                f"<office:document-styles {NAMES}><office:master-styles>{page}</office:master-styles>"
                "</office:document-styles>",
            )
        for part, text in more.items():
            archive.writestr(part, text)
    return buffer.getvalue()


def text_of(body: str, *, styles: str = "", margins: str = "") -> list[str]:
    document = opened("a.odt", f"<office:text>{body}</office:text>", styles=styles, margins=margins)
    return [block.text for block in document.blocks]


def test_notes_and_comments_follow_their_paragraph() -> None:
    note = (
        "<text:note><text:note-citation>1</text:note-citation>"
        "<text:note-body><text:p>Since May.</text:p></text:note-body></text:note>"
    )
    assert text_of(
        f"<text:p>The rent{note} is 700.{NOTE.format('Too high?')}</text:p><text:p>End.</text:p>"
    ) == [
        "The rent¹ is 700.",
        "¹ Since May.",
        "Comment by Ulla on “The rent is 700”: Too high?",
        "End.",
    ]


def test_deleted_text_is_not_read() -> None:
    deleted = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>4100</text:p></text:deletion>"
    )
    assert text_of(f"{deleted}</text:changed-region></text:tracked-changes><text:p>5200 EUR</text:p>") == [
        "5200 EUR"
    ]


def test_a_list_keeps_its_header_and_its_levels() -> None:
    item = "<text:list-item><text:p>{}</text:p>{}</text:list-item>"
    inner = f"<text:list>{item.format('front door', '')}</text:list>"
    header = "<text:list-header><text:p>Keys:</text:p></text:list-header>"
    assert text_of(
        f"<text:list>{header}{item.format('house', inner)}{item.format('shed', '')}</text:list>"
    ) == ["Keys:\n- house\n  - front door\n- shed"]


def test_a_numbered_chapter_in_a_list_is_a_heading() -> None:
    heading = (
        '<text:list><text:list-item><text:h text:outline-level="1">Term</text:h></text:list-item></text:list>'
    )
    document = opened("a.odt", f"<office:text>{heading}<text:p>Two years.</text:p></office:text>")
    assert document.blocks[0].locator.heading == ("Term",)


def test_headers_and_footers_stand_once() -> None:
    number = "<text:p>Page <text:page-number>3</text:page-number></text:p>"
    margins = (
        f"<style:header><text:p>File BH-2291</text:p></style:header><style:footer>{number}</style:footer>"
    )
    assert text_of("<text:p>The lease.</text:p>", margins=margins * 2) == ["File BH-2291", "The lease."]


def test_spaces_tabs_and_boxes_are_read() -> None:
    box = "<draw:frame><draw:text-box><text:p>Emergency: 0444</text:p></draw:text-box></draw:frame>"
    assert text_of(f"<text:p>a<text:s text:c='3'/>b<text:tab/>c{box}</text:p>") == [
        "a b c",
        "Emergency: 0444",
    ]


def test_text_that_cannot_be_seen_is_hidden() -> None:
    style = '<style:style style:name="{}" style:family="text"><style:text-properties {}/></style:style>'
    styles = (
        style.format("white", 'fo:color="#ffffff"')
        + style.format("off", 'text:display="none"')
        + style.format("inverse", 'fo:color="#ffffff" fo:background-color="#000000"')
        + style.format("tiny", 'fo:font-size="1pt"')
    )
    span = '<text:span text:style-name="{0}">{0}</text:span>'
    body = "".join(span.format(name) + " " for name in ("white", "off", "inverse", "tiny"))
    secret = '<text:section text:display="none"><text:p>secret</text:p></text:section>'
    document = opened("a.odt", f"<office:text><text:p>{body}</text:p>{secret}</office:text>", styles=styles)
    assert [block.text for block in document.blocks] == ["inverse"]
    assert [(text.text, text.how) for text in document.hidden] == [
        ("white", Hiding.COLOUR),
        ("off", Hiding.MARKED),
        ("tiny", Hiding.SIZE),
        ("secret", Hiding.MARKED),
    ]


def test_a_spreadsheet_is_read_as_it_is_shown() -> None:
    def cell(shown: str, more: str = "", inside: str = "") -> str:
        return f"<table:table-cell {more}>{inside}<text:p>{shown}</text:p></table:table-cell>"

    paid = 'office:value-type="date" office:date-value="2024-03-05"'
    rows = (
        [cell("Item"), cell("Share"), cell("Paid on")],
        [cell("Sails", inside=NOTE.format("second-hand")), cell("25 %"), cell("05/03/24", paid)],
        ['<table:table-cell table:number-columns-repeated="2"/>', cell("", "")],
        [cell("Oars"), "<table:covered-table-cell/>", cell("x")],
    )
    table = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
    endless = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
    off = '<style:table-properties table:display="false"/>'
    hidden = f'<style:style style:name="ta2" style:family="table">{off}</style:style>'
    sheet = '<table:table table:name="{}" table:style-name="{}">{}</table:table>'
    body = sheet.format("Budget", "ta1", table + endless) + sheet.format("Pay", "ta2", table)
    document = opened("a.ods", f"<office:spreadsheet>{body}</office:spreadsheet>", styles=hidden)
    assert [block.text for block in document.blocks][:4] == [
        "Item | Share | Paid on",
        "Sails | 25 % | 2024-03-05",
        "Oars |  | x",
        "Comment by Ulla on “Sails”: second-hand",
    ]
    assert document.blocks[1].locator.heading == ("Budget", "Item | Share | Paid on")
    assert document.blocks[-1].locator.heading[0] == "Pay (hidden sheet)"


def test_a_presentation_is_read_with_its_notes() -> None:
    frame = "<draw:frame {}><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    notes = f"<presentation:notes>{frame.format('', 'Say why.')}</presentation:notes>"
    title = frame.format('presentation:class="title"', "Plan")
    page = f"<draw:page>{frame.format('', 'Costs rise')}{title}{notes}"
    document = opened("a.odp", f"<office:presentation>{page}</draw:page></office:presentation>")
    assert {block.text for block in document.blocks} == {"Costs rise", "Say why."}
    assert document.title == "Plan"


def test_an_encrypted_file_is_refused_with_a_remedy() -> None:
    manifest = {"META-INF/manifest.xml": "<manifest:encryption-data/>"}
    with pytest.raises(UnreadableDocument, match="encrypted"):
        opened("a.odt", "<office:text/>", **manifest)


@pytest.mark.parametrize("name", ["a.odt", "a.odp"])
def test_a_spreadsheet_inside_the_document_is_read(name: str) -> None:
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    rows = "".join(
        f"<table:table-row>{''.join(map(cell.format, row))}</table:table-row>"
        for row in (("Boat", "Fee"), ("Skiff", "40"))
    )
    sheet = f"<office:spreadsheet><table:table>{rows}</table:table></office:spreadsheet>"
    inner = f"<office:document-content {NAMES}><office:body>{sheet}</office:body></office:document-content>"
    link = 'xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="./Object 1"'
    frame = f"<draw:frame><draw:object {link}/></draw:frame>"
    bodies = {
        "a.odt": f"<office:text><text:p>Fees{frame}</text:p></office:text>",
        "a.odp": f"<office:presentation><draw:page>{frame}</draw:page></office:presentation>",
    }
    document = opened(name, bodies[name], **{"Object 1/content.xml": inner})
    assert document.blocks[-1].text == "| Boat | Fee |\n| --- | --- |\n| Skiff | 40 |"


def listed(*items: str, name: str = "", more: str = "") -> str:
    style = f' text:style-name="{name}"' if name else ""
    inside = "".join(f"<text:list-item>{each}</text:list-item>" for each in items)
    return f"<text:list{style} {more}>{inside}</text:list>"


def said(text: str) -> str:
    return f"<text:p>{text}</text:p>"


NUMBERED = (
    '<text:list-style style:name="L1">'
    '<text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix=")"/>'
    '<text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix="."/>'
    '<text:list-level-style-number text:level="3" style:num-format="I" text:start-value="4"/>'
    "</text:list-style>"
)


def test_items_of_a_numbered_list_have_their_numbers() -> None:
    deep = listed(said("deep") + said("more"), said("deeper"))
    middle = listed(said("middle") + deep)
    body = listed(said("one"), said("two") + middle, name="L1")
    assert text_of(body, styles=NUMBERED) == [
        "1) one\n2) two\n  a. middle\n    IV. deep\n        more\n    V. deeper"
    ]


def test_a_list_goes_on_counting_where_it_says_so() -> None:
    body = (
        listed(said("one"), name="L1")
        + said("Between.")
        + listed(said("two"), name="L1", more='text:continue-numbering="true"')
        + listed(said("again"), name="L1")
        + listed(said("plain"))
    )
    assert text_of(body, styles=NUMBERED) == ["1) one", "Between.", "2) two", "1) again", "- plain"]


def test_text_in_shapes_that_stand_in_a_paragraph_is_read() -> None:
    sides = listed(said("north"), said("south"))
    shape = f"<draw:custom-shape>{said('Gate code 4471')}{sides}</draw:custom-shape>"
    box = f"<draw:frame><draw:text-box>{listed(said('tea'), said('cake'))}</draw:text-box></draw:frame>"
    assert text_of(f"<text:p>See the box.{shape}{box}</text:p>") == [
        "See the box.",
        "Gate code 4471",
        "- north\n- south",
        "- tea\n- cake",
    ]


def test_a_table_in_a_cell_is_read_once() -> None:
    def table(*rows: list[str]) -> str:
        cells = ("".join(f"<table:table-cell>{each}</table:table-cell>" for each in row) for row in rows)
        written = "".join(f"<table:table-row>{each}</table:table-row>" for each in cells)
        return f"<table:table>{written}</table:table>"

    inner = table([said("spare"), said("K9b")])
    body = table([said("Plot"), said("Key")], [said("8"), said("K9") + inner])
    assert text_of(body) == ["| Plot | Key |\n| --- | --- |\n| 8 | K9 spare K9b |"]


FIELD = 'xmlns:field="urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0"'


def test_fields_made_for_word_show_their_values() -> None:
    def field(kind: str, *values: tuple[str, str]) -> str:
        inside = "".join(
            f'<field:param field:name="{name}" field:value="{value}"/>' for name, value in values
        )
        kind = f"vnd.oasis.opendocument.field.{kind}"
        return f'<field:fieldmark {FIELD} field:type="{kind}">{inside}</field:fieldmark>'

    entries = [("Dropdown_ListEntry", "red"), ("Dropdown_ListEntry", "green"), ("Dropdown_Selected", "1")]
    checked = field("FORMCHECKBOX", ("Checkbox_Checked", "true"))
    unchecked = field("FORMCHECKBOX", ("Checkbox_Name", "x"))
    body = f"<text:p>Hens {checked} geese {unchecked} colour {field('FORMDROPDOWN', *entries)}</text:p>"
    assert text_of(body) == ["Hens \u2611 geese \u2610 colour green"]


def test_controls_of_a_form_show_their_values() -> None:
    form = 'xmlns:form="urn:oasis:names:tc:opendocument:xmlns:form:1.0"'
    options = '<form:option form:label="Mon"/><form:option form:label="Tue" form:current-selected="true"/>'
    forms = (
        f'<office:forms><form:form {form}><form:text form:id="a" form:current-value="Ruth Ames"/>'
        '<form:checkbox form:id="b" form:label="Keeps hens" form:current-state="checked"/>'
        '<form:radio form:id="c" form:label="small plot"/>'
        f'<form:listbox form:id="d">{options}</form:listbox>'
        '<form:password form:id="e" form:current-value="covered"/></form:form></office:forms>'
    )
    controls = " ".join(f'<draw:control draw:control="{each}"/>' for each in "abcde")
    assert text_of(f"{forms}<text:p>Name: {controls}</text:p>") == [
        "Name: Ruth Ames \u2611 Keeps hens \u2610 small plot Tue"
    ]


@pytest.mark.parametrize("reference", ["./Formula", "Formula/"])
def test_a_formula_stands_in_its_sentence(reference: str) -> None:
    m = 'xmlns="http://www.w3.org/1998/Math/MathML"'
    source = '<annotation encoding="StarMath 5.0">not shown</annotation>'
    power = "<msup><mi>c</mi><mn>2</mn></msup>"
    share = "<mfrac><mi>a</mi><mrow><mi>b</mi><mo>+</mo><mn>1</mn></mrow></mfrac>"
    formula = f"<mrow><mi>E</mi><mo>=</mo><mi>m</mi>{power}{share}</mrow>"
    inside = f"<math {m}><semantics>{formula}{source}</semantics></math>"
    link = f'xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="{reference}"'
    body = f"<text:p>So <draw:frame><draw:object {link}/></draw:frame> holds.</text:p>"
    document = opened("a.odt", f"<office:text>{body}</office:text>", **{"Formula/content.xml": inside})
    assert document.blocks[0].text == "So E = mc^2a/(b+1) holds."


def test_text_boxes_on_a_sheet_are_read() -> None:
    box = f"<draw:frame><draw:text-box>{said('Prices hold until May')}</draw:text-box></draw:frame>"
    shapes = f"<table:shapes>{box}<draw:custom-shape>{said('Ask Ruth')}</draw:custom-shape></table:shapes>"
    cell = f"<table:table-cell>{said('Sails')}</table:table-cell>"
    table = (
        f'<table:table table:name="Budget">{shapes}<table:table-row>{cell}</table:table-row></table:table>'
    )
    document = opened("a.ods", f"<office:spreadsheet>{table}</office:spreadsheet>")
    assert [block.text for block in document.blocks] == ["Sails", "Prices hold until May", "Ask Ruth"]


def test_a_document_with_impossible_numbers_is_read() -> None:
    level = '<text:list-level-style-number text:level="1" style:num-format="a"/>'
    styles = f'<text:list-style style:name="far">{level}</text:list-style>'
    item = '<text:list-item text:start-value="99999999"><text:p>Rope</text:p></text:list-item>'
    assert text_of(f'<text:list text:style-name="far">{item}</text:list>', styles=styles) == [
        "99999999. Rope"
    ]
    assert text_of('<text:h text:outline-level="²">Boats</text:h><text:p>Skiff</text:p>') == ["Skiff"]
    note = "<text:note><text:note-body><text:p>Sold.</text:p></text:note-body></text:note>"
    assert text_of(f"<text:p>Skiff{note}</text:p>") == ["Skiff", "Sold."]
