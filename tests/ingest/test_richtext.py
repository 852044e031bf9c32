import pytest

from ingest.documents import BlockKind, Document, Hiding
from tests.parsing import parse_bytes


def rtf(body: str, head: str = "") -> Document:
    return parse_bytes("a.rtf", f"{{\\rtf1\\ansi\\ansicpg1252{head} {body}}}".encode("latin-1"))


def lines_of(document: Document) -> list[str]:
    return [block.text for block in document.blocks]


def test_notes_comments_and_boxes_follow_their_paragraph() -> None:
    note = r"\chftn{\footnote\pard\plain\chftn  Mrs Halvorsen, house 9.}"
    comment = r"{\*\atnid U}{\*\atnauthor Ulla}\chatn{\*\annotation{\*\atnref 1}\pard Since when?}"
    box = r"{\shp{\*\shpinst\shpleft1{\sp{\sn shapeType}{\sv 202}}{\shptxt Emergency: 0444\par}}}"
    assert lines_of(rtf(rf"The warden has the keys.{note}{comment}{box}\par End.\par")) == [
        "The warden has the keys.¹",
        "¹ Mrs Halvorsen, house 9.",
        "Comment by Ulla on “The warden has the keys.¹”: Since when?",
        "Emergency: 0444",
        "End.",
    ]


def test_headers_and_footers_stand_once_without_page_numbers() -> None:
    head = r"{\header File BH-2291\par}{\headerf File BH-2291\par}{\footer Page \chpgn\par Brandt & Co\par}"
    assert lines_of(rtf(rf"{head}The lease.\par")) == ["File BH-2291", "The lease.", "Brandt & Co"]


def test_a_table_is_read_by_rows_and_columns() -> None:
    row = r"\trowd\cellx1\cellx2\pard\intbl {}\cell {}\cell\row"
    document = rtf(row.format("Boat", "Fee") + row.format("Skiff", "40") + r"\pard After.\par")
    assert [(block.kind, block.text) for block in document.blocks] == [
        (BlockKind.ROWS, "| Boat | Fee |\n| --- | --- |\n| Skiff | 40 |"),
        (BlockKind.PROSE, "After."),
    ]


def test_headings_are_told_by_their_level() -> None:
    head = r"{\stylesheet{\s1\outlinelevel0 \'dcberschrift 1;}{\s2 Body;}}"
    document = rtf(r"\pard\s1 Term\par\pard\s2 Two years.\par", head)
    assert [(block.text, block.locator.heading) for block in document.blocks] == [("Two years.", ("Term",))]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"\'80 85, 4\'92", "€ 85, 4’"),
        (r"\u8364? 85, \uc2\u8364\'80\'80 9", "€ 85, € 9"),
        (r"\u-10179?\u-8704?", "😀"),
        (r"\ldblquote Yes\rdblquote \emdash no\~more\_or less", "“Yes”—no more-or less"),
        (r"{\f1 \'cf\'f0\'e8}\f0 \'e9", "Приé"),
        (r"{\f2 \'93\'fa\'96\'7b}", "日本"),
        (r"a\{b\}c\\d", r"a{b}c\d"),
    ],
)
def test_characters_are_read_in_the_encoding_of_their_font(body: str, text: str) -> None:
    fonts = r"{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}{\f2\fcharset128 C;}}"
    assert lines_of(rtf(rf"\f0 {body}\par", fonts)) == [text]


def test_what_is_no_text_is_skipped() -> None:
    picture = r"{\pict\bin4 {}}{ more}"
    unknown = r"{\*\strange text of a program}{\stylesheet{\s1{\*\hyphen2\hyphlead2}\f0 Std;}}"
    field = r"{\field{\*\fldinst HYPERLINK x}{\fldrslt the link}}"
    assert lines_of(rtf(rf"{picture}{unknown}Go to {field}.\par")) == ["Go to the link."]


def test_deleted_and_hidden_text_is_not_read() -> None:
    colours = r"{\colortbl;\red255\green255\blue255;\red0\green0\blue0;}"
    hidden = r"{\v salary 250000} {\cf1 white} {\fs2 tiny} {\deleted gone} {\cf1\highlight2 inverse}"
    document = rtf(rf"Seen.{hidden}\par", colours)
    assert " ".join(lines_of(document)[0].split()) == "Seen. inverse"
    assert [(text.text, text.how) for text in document.hidden] == [
        ("salary 250000", Hiding.MARKED),
        ("white", Hiding.COLOUR),
        ("tiny", Hiding.SIZE),
    ]


def test_a_file_that_ends_early_is_read_as_far_as_it_goes() -> None:
    assert lines_of(parse_bytes("a.rtf", rb"{\rtf1 The rent is 700.\par {\b and")) == [
        "The rent is 700.",
        "and",
    ]
