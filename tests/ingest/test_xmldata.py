"""XML that programs export is read entry by entry."""

from ingest.documents import Document
from tests.parsing import parse_bytes


def read(text: str, name: str = "/exports/a.xml") -> Document:
    return parse_bytes(name, text.encode())


def blocks(document: Document) -> list[tuple[str, str]]:
    return [(block.locator.where, block.text) for block in document.blocks]


def test_messages_are_read_one_by_one() -> None:
    def sms(sender: str, moment: int, body: str) -> str:
        return f'<sms address="555" date="{moment}" contact_name="{sender}" body="{body}" subject=""/>'

    first, second = (
        sms("Ida", 1717171680000, "The keel is dry."),
        sms("Otto", 1717171740000, "Good &amp; so."),
    )
    messages = f'<messages count="2">{first}\n{second}</messages>'
    assert blocks(read(messages)) == [
        ("", "count: 2"),
        (
            "sms › entry 1: Ida, 2024-05-31 16:08 UTC",
            "address: 555\ndate: 2024-05-31 16:08 UTC\ncontact_name: Ida\nbody: The keel is dry.",
        ),
        (
            "sms › entry 2: Otto, 2024-05-31 16:09 UTC",
            "address: 555\ndate: 2024-05-31 16:09 UTC\ncontact_name: Otto\nbody: Good & so.",
        ),
    ]


def test_an_outline_keeps_its_levels_and_notes() -> None:
    document = read(
        "<opml version='2.0'><head><title>Reading list</title></head><body>"
        "<outline text='Garden'><outline text='Compost' _note='Turn it twice'/></outline>"
        "<outline text='Tides' xmlUrl='https://tides.example/rss'/></body></opml>",
        "/exports/a.opml",
    )
    assert document.title == "Reading list"
    assert blocks(document)[-2:] == [
        ("body › outline › entry 1", "text: Garden\noutline:\n  text: Compost\n  note: Turn it twice"),
        ("body › outline › entry 2", "text: Tides\nxmlUrl: https://tides.example/rss"),
    ]


def test_text_around_elements_is_one_text() -> None:
    document = read(
        "<article><title>Wells</title><sec><p>It is <b>very</b> deep.<xref rid='f1'>1</xref></p>"
        "<p>And old.</p><total currency='EUR'>45.00</total></sec></article>"
    )
    assert document.title == "Wells"
    assert blocks(document) == [
        ("", "title: Wells"),
        ("sec", "It is very deep.1\nAnd old.\ntotal: 45.00 (currency: EUR)"),
    ]


def test_the_encoding_is_that_of_the_declaration_and_entities_are_not_opened() -> None:
    text = (
        '<?xml version="1.0" encoding="iso-8859-1"?><!DOCTYPE n [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
        "<note><to>Müller</to><body>&e;<![CDATA[at <gate>]]></body></note>"
    )
    document = parse_bytes("/exports/a.xml", text.encode("iso-8859-1"))
    assert blocks(document) == [("", "to: Müller\nbody: &e;at <gate>")]


def test_what_is_no_xml_is_read_line_by_line() -> None:
    assert blocks(read("<open>\n  text\n")) == [("lines 1-2", "<open>\n  text")]
