import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.comments import Comment  # type: ignore[import-untyped]

from assistant.answers.tables import tables
from ingest.catalogue.records import DocumentContent
from ingest.documents import Document
from ingest.parsers.numberformats import shown
from tests.parsing import parse_bytes


def saved(book: Any) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def lines_of(document: Document) -> list[str]:
    return [block.text for block in document.blocks]


def edited(workbook: bytes, edit: Callable[[str, bytes], bytes], **more: bytes) -> bytes:
    """A workbook whose parts went through `edit`, with further parts of these names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(packed, "w") as copy:
        for entry in source.infolist():
            copy.writestr(entry.filename, edit(entry.filename, source.read(entry)))
        for name, content in more.items():
            copy.writestr(name, content)
    return packed.getvalue()


def budget(*rows: list[object]) -> Any:
    book = Workbook()
    book.active.title = "Budget"
    for row in rows:
        book.active.append(row)
    return book


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (0.25, "0%", "25%"),
        (-0.125, "0.0 %", "-12.5 %"),
        (1300, '#,##0.00\\ "€"', "1300.00 €"),
        (1300.5, r"_-* #,##0.00\ [$€-407]_-;\-* #,##0.00\ [$€-407]_-", "1300.50 €"),
        (0, r'_-* #,##0.00\ [$€-407]_-;\-* #,##0.00\ [$€-407]_-;_-* "-"??\ [$€-407]_-', "0.00 €"),
        (-12.5, '"$"#,##0.00_);[Red]("$"#,##0.00)', "-$12.50"),
        (-3, "[$$-409]#,##0;[Red][$$-409]#,##0", "-$3"),
        (7, "000", "007"),
        (5550142, "000-0000", "555-0142"),
        (12345678.9, '0.0,,"M"', "12.3M"),
        (3, '0" units"', "3 units"),
        (21.5, '0.0"°C"', "21.5°C"),
        (0, '0;-0;"none"', "none"),
        (5, ";;;", ""),
        (2.5, "0", "3"),
        (1720.5, "#,##0.##", "1720.5"),
        (0.1 + 0.2, "General", "0.3"),
        (1e-7, "General", "0.0000001"),
        (12345, "0.00E+00", "12345"),
        (0.5, "# ?/?", "0.5"),
        (5, '[>=10]0;[<10]"few"', "5"),
        (True, "General", "TRUE"),
        (datetime(2024, 3, 5), "mm-dd-yy", "2024-03-05"),
        (datetime(2024, 3, 5), r"[$-407]d\. mmmm yyyy", "2024-03-05"),
        (datetime(2024, 3, 5, 14, 30), "dd.mm.yyyy h:mm", "2024-03-05 14:30"),
        (datetime(2024, 3, 5, 14, 30), "dd.mm.yyyy", "2024-03-05"),
        (date(2024, 3, 1), "mmm yyyy", "2024-03"),
        (date(2024, 3, 1), "yyyy", "2024"),
        (time(9, 5), "h:mm", "09:05"),
    ],
)
def test_a_cell_has_the_text_that_the_sheet_shows(value: object, code: str, text: str) -> None:
    assert shown(value, code) == text


def test_numbers_of_a_workbook_are_shown_by_their_formats() -> None:
    book = budget(["Item", "Share", "Cost"], ["Sails", 0.25, 1300])
    book.active["B2"].number_format = "0%"
    book.active["C2"].number_format = "[$CHF] #,##0.00"
    assert "Sails | 25% | CHF 1300.00" in lines_of(parse_bytes("a.xlsx", saved(book)))


def test_a_formula_without_a_stored_value_is_shown_and_said() -> None:
    document = parse_bytes("a.xlsx", saved(budget(["Item", "Cost"], ["Sails", 1300], ["Total", "=B2*2"])))
    assert "Total | =B2*2 (not calculated)" in lines_of(document)
    assert document.unread == "1 formula has no stored value: save the file once in a spreadsheet program"


def test_a_formula_that_gave_an_empty_text_is_an_empty_cell() -> None:
    def with_formula(name: str, content: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return content
        before, _, rest = content.partition(b'<c r="B2"')
        formula = b'<c r="B2" t="str"><f>IF(A2="","x","")</f><v></v>'
        return before + formula + rest[rest.index(b"</c>") :]

    book = budget(["Item", "Note", "Cost"], ["Sails", "x", 7])
    document = parse_bytes("a.xlsx", edited(saved(book), with_formula))
    assert "Sails |  | 7" in lines_of(document)
    assert document.unread == ""


def test_a_comment_follows_the_rows_and_names_its_author_and_its_row() -> None:
    book = budget(["Item", "Cost"], ["Sails", 1300], ["Oars", 420])
    book.active["B2"].comment = Comment("Rolf:\nsecond-hand\nfrom Kiel", "Rolf")
    lines = lines_of(parse_bytes("a.xlsx", saved(book)))
    assert lines[1:] == ["Sails | 1300", "Oars | 420", "Comment by Rolf on “Sails”: second-hand from Kiel"]


def test_a_conversation_is_read_instead_of_the_note_for_older_versions() -> None:
    book = budget(["Item", "Cost"], ["Sails", 1300])
    book.active["B2"].comment = Comment(
        "[Threaded comment]\nYour version of Excel…\nComment:\n    used", "tc"
    )
    people = b'<personList xmlns="t"><person displayName="Ulla" id="{1}"/></personList>'
    thread = (
        b'<ThreadedComments xmlns="t"><threadedComment ref="B2" personId="{1}"><text>used</text>'
        b'</threadedComment><threadedComment ref="B2" personId="{1}"><text>and patched</text>'
        b"</threadedComment></ThreadedComments>"
    )

    def with_relation(name: str, content: bytes) -> bytes:
        kind = b"http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
        target = b'Target="/xl/threadedComments/threadedComment1.xml"'
        relation = b'<Relationship Id="t1" Type="' + kind + b'" ' + target + b"/>"
        is_sheet = name == "xl/worksheets/_rels/sheet1.xml.rels"
        end = b"</Relationships>"
        return content.replace(end, relation + end) if is_sheet else content

    more = {"xl/persons/person.xml": people, "xl/threadedComments/threadedComment1.xml": thread}
    document = parse_bytes("a.xlsx", edited(saved(book), with_relation, **more))
    assert lines_of(document)[2:] == [
        "Comment by Ulla on “Sails”: used",
        "Comment by Ulla on “Sails”: and patched",
    ]


def test_a_hidden_sheet_is_named_as_hidden() -> None:
    book = budget(["Item", "Cost"], ["Sails", 1300])
    salaries = book.create_sheet("Salaries")
    salaries.append(["Coach", 2950])
    salaries.sheet_state = "veryHidden"
    document = parse_bytes("a.xlsx", saved(book))
    assert document.blocks[-1].locator.heading[0] == "Salaries (hidden sheet)"


def test_names_of_columns_may_follow_a_title() -> None:
    document = parse_bytes("a.xlsx", saved(budget(["Season 2024"], [], ["Item", "Cost"], ["Sails", 1300])))
    assert document.blocks[-1].locator.heading == ("Budget", "Item | Cost")


def test_a_workbook_in_the_strict_variant_is_read() -> None:
    def strict(name: str, content: bytes) -> bytes:
        for part in (b"spreadsheetml", b"officeDocument"):
            transitional = b"http://schemas.openxmlformats.org/" + part + b"/2006/"
            content = content.replace(transitional, b"http://purl.oclc.org/ooxml/" + part + b"/")
        return content

    document = parse_bytes("a.xlsx", edited(saved(budget(["Item", "Cost"], ["Sails", 1300])), strict))
    assert "Sails | 1300" in lines_of(document)


def test_a_part_that_is_listed_and_missing_is_passed_over() -> None:
    def listing(name: str, content: bytes) -> bytes:
        kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        more = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
        return content.replace(b"</Types>", more) if name == "[Content_Types].xml" else content

    book = budget([1300], [420])
    without = edited(saved(book), lambda name, content: content.replace(b"sharedStrings", b"otherStrings"))
    assert lines_of(parse_bytes("a.xlsx", edited(without, listing)))[-1] == "420"


def test_what_is_written_above_the_column_names_of_a_sheet_is_not_taken_for_them() -> None:
    book = Workbook()
    for row in (
        *(["Harbour Bank"], ["Account", "Lena Brook"], ["Period", "May 2024"], []),
        *(["Date", "Payee", "Amount", "Balance"], ["2024-05-06", "Vet", -64.5, 1355.5], ["x", "y", "z", "w"]),
    ):
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    document = parse_bytes("/notes/may.xlsx", buffer.getvalue())
    block = next(block for block in document.blocks if "Vet" in block.text)
    assert block.locator.heading == ("Sheet", "Date | Payee | Amount | Balance")
    assert document.blocks[-1].locator.heading == block.locator.heading
    content = DocumentContent(
        document.path,
        document.media_type,
        "",
        frozenset(),
        None,
        "",
        document.pages,
        tuple(each.locator for each in document.blocks),
    )
    (table,) = [table for table in tables(content) if len(table.header) == 4]
    assert table.header == ("Date", "Payee", "Amount", "Balance")


SHEET_DRAWING = (
    '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">{}</xdr:wsDr>'
)


def shape(text: str, *, look: str = "", properties: str = "", hidden: str = "0") -> str:
    named = f'<xdr:nvSpPr><xdr:cNvPr id="2" name="Box" hidden="{hidden}"/><xdr:cNvSpPr/></xdr:nvSpPr>'
    body = f"<xdr:txBody><a:bodyPr/><a:p><a:r><a:rPr{look}</a:rPr><a:t>{text}</a:t></a:r></a:p></xdr:txBody>"
    inside = f"<xdr:sp>{named}<xdr:spPr>{properties}</xdr:spPr>{body}</xdr:sp>"
    return f"<xdr:twoCellAnchor>{inside}</xdr:twoCellAnchor>"


def test_text_boxes_on_a_sheet_are_read_and_hidden_ones_kept_apart() -> None:
    white = "><a:solidFill><a:srgbClr val='FFFFFF'/></a:solidFill>"
    dark = "<a:solidFill><a:srgbClr val='1F3864'/></a:solidFill>"
    drawing = SHEET_DRAWING.format(
        shape("Prices hold until May", look=">")
        + shape("On dark", look=white, properties=dark)
        + shape("On white", look=white)
        + shape("Tiny", look=' sz="100">')
        + shape("Marked", look=">", hidden="1")
    )
    book = budget(["Sails", 1300])
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="d" Type="{office}/drawing" Target="../drawings/drawing1.xml"/></Relationships>'
    )
    more = {"xl/worksheets/_rels/sheet1.xml.rels": relations, "xl/drawings/drawing1.xml": drawing}
    data = edited(
        saved(book), lambda name, part: part, **{name: part.encode() for name, part in more.items()}
    )
    document = parse_bytes("a.xlsx", data)
    assert lines_of(document) == ["Sails | 1300", "Prices hold until May", "On dark"]
    assert sorted(each.text for each in document.hidden) == ["Marked", "On white", "Tiny"]


def test_what_is_printed_above_and_below_a_sheet_is_read_without_numbers_of_pages() -> None:
    book = budget(["Sails", 1300])
    sheet = book.active
    sheet.oddHeader.center.text = "Members && guests"
    sheet.oddHeader.center.font = "Arial,Bold"
    sheet.oddFooter.left.text = "Printed by Ruth"
    sheet.oddFooter.right.text = "Page &P of &N"
    assert lines_of(parse_bytes("a.xlsx", saved(book))) == [
        "Sails | 1300",
        "Header: Members & guests",
        "Footer: Printed by Ruth",
    ]
