import pytest

from ingest.documents import BlockKind, Document, Hiding
from ingest.errors import UnreadableDocument
from tests.oldoffice import DELETED, HEADING, ROW_END, VANISHED, doc, ppt, xls
from tests.outlook import compound
from tests.parsing import parse_bytes


def lines_of(document: Document) -> list[str]:
    return [block.text for block in document.blocks]


@pytest.mark.parametrize("text", ["The rent is 700 EUR.", "Die Miete beträgt 700 €.", "Аренда 700. 日本 😀"])
def test_a_word_document_is_read_in_one_byte_or_two_for_each_character(text: str) -> None:
    assert lines_of(parse_bytes("a.doc", doc([(f"{text}\r", None)]))) == [text]


def test_deleted_text_of_word_is_not_read_and_hidden_text_is_kept_apart() -> None:
    runs = [
        ("The rent is ", None),
        ("4100", DELETED),
        ("5200", None),
        (" salary", VANISHED),
        (" EUR.\r", None),
    ]
    document = parse_bytes("a.doc", doc(runs))
    assert lines_of(document) == ["The rent is 5200 EUR."]
    assert [(text.text, text.how) for text in document.hidden] == [("salary", Hiding.MARKED)]


def test_a_table_of_word_keeps_its_empty_cells() -> None:
    rows = [("Boat\7Fee\7", None), ("\7", ROW_END), ("Skiff\7\7", None), ("\7", ROW_END), ("After.\r", None)]
    document = parse_bytes("a.doc", doc([("".join(text for text, _ in rows), None)], rows))
    assert [(block.kind, block.text) for block in document.blocks] == [
        (BlockKind.ROWS, "| Boat | Fee |\n| --- | --- |\n| Skiff |  |"),
        (BlockKind.PROSE, "After."),
    ]


def test_headings_notes_and_fields_of_word_are_read() -> None:
    text = 'Term\rTwo years, see \x13 HYPERLINK "x" \x14the annex\x15.\x02\r'
    paragraphs = [("Term\r", HEADING), (text[5:], None)]
    document = parse_bytes("a.doc", doc([(text, None)], paragraphs, notes="\x02 Since May.\r"))
    assert [(block.text, block.locator.heading) for block in document.blocks] == [
        ("Two years, see the annex.", ("Term",)),
        ("Since May.", ("Term",)),
    ]


def test_a_presentation_is_read_by_slides_with_its_notes() -> None:
    document = parse_bytes("a.ppt", ppt(["Plan", "Costs rise"], ["Next", "Ask the bank"], notes="Say why"))
    assert [(block.text, block.locator.page, block.locator.heading) for block in document.blocks] == [
        ("Costs rise", 1, ("Plan",)),
        ("Say why", 1, ("Plan",)),
        ("Ask the bank", 2, ("Next",)),
    ]


def test_a_workbook_is_read_as_it_is_shown() -> None:
    header, row = ["Item", "Share", "Paid on"], ("Sails", 0.25, 45356.0)
    document = parse_bytes("a.xls", xls("Budget", header, row, formats=("General", "0%", "dd.mm.yyyy")))
    assert lines_of(document) == ["Item | Share | Paid on", "Sails | 25% | 2024-03-05"]
    assert document.blocks[1].locator.heading == ("Budget", "Item | Share | Paid on")
    hidden = parse_bytes("a.xls", xls("Pay", ["Coach", 2950.0], hidden=True))
    assert hidden.blocks[0].locator.heading == ("Pay (hidden sheet)",)


@pytest.mark.parametrize("name", ["a.doc", "a.xls", "a.ppt"])
def test_a_web_page_with_such_a_name_is_read_where_programs_export_one(name: str) -> None:
    page = b"<html><table><tr><th>Boat</th><th>Fee</th></tr><tr><td>Skiff</td><td>40</td></tr></table></html>"
    if name == "a.ppt":
        with pytest.raises(UnreadableDocument, match="damaged"):
            parse_bytes(name, page)
    else:
        assert "| Skiff | 40 |" in parse_bytes(name, page).pages[0]


@pytest.mark.parametrize("name", ["a.doc", "a.xls", "a.ppt"])
@pytest.mark.parametrize("length", [100, 1000, 2000, 3000])
def test_a_file_that_is_cut_off_is_refused_as_damaged_or_read(name: str, length: int) -> None:
    whole = {
        "a.doc": doc([("The rent is 700 EUR.\r", None)]),
        "a.xls": xls("Budget", ["Sails", 1300.0]),
        "a.ppt": ppt(["Plan", "Costs rise"]),
    }[name]
    try:
        parse_bytes(name, whole[:length])
    except UnreadableDocument as refused:
        assert refused.message.startswith(("damaged", "not the format", "contains no text"))


def test_an_encrypted_document_is_refused_with_a_remedy() -> None:
    with pytest.raises(UnreadableDocument, match="encrypted"):
        parse_bytes("a.doc", compound({"EncryptedPackage": b"secret" * 1000}))


def test_hours_that_are_counted_above_a_day_are_no_date() -> None:
    row: list[str | float] = ["Ada", 30 / 24 + 5 / 1440]
    document = parse_bytes("a.xls", xls("Hours", ["Who", "Worked"], row, formats=("General", "[h]:mm")))
    assert document.blocks[-1].text == "Ada | 30:05"
