"""Messages of Outlook: `.msg` files, `winmail.dat`, and the RTF in them."""

import struct
from email.message import EmailMessage

import pytest

from ingest.documents import Document
from ingest.errors import UnreadableDocument
from ingest.parsers.mail.rtf import html_in, unpacked
from ingest.parsers.mail.values import MAX_DEPTH
from tests.outlook import Storage, Values, compound, message, winmail
from tests.parsing import parse_bytes
from tests.pdfs import pdf

SUBJECT, BODY, RTF, HTML = 0x0037, 0x1000, 0x1009, 0x1013
NAME, SMTP, ROLE = 0x3001, 0x39FE, 0x0C15
FILE_NAME, DATA, SENDER, SENDER_SMTP = 0x3707, 0x3701, 0x0C1A, 0x5D01
HEADERS = 0x007D
HALL: Values = {
    SUBJECT: "Hall", BODY: "The rent is 310 euros.\r\n", SENDER: "Petra", SENDER_SMTP: "petra@example.org"
}  # fmt: skip
JON: Values = {NAME: "Jon", SMTP: "jon@example.org", ROLE: 1}
ADA: Values = {NAME: "ada@example.org", SMTP: "ada@example.org", ROLE: 2}


def read(data: bytes, name: str = "a.msg") -> Document:
    return parse_bytes(f"/mail/{name}", data)


def outlook(
    values: Values = HALL,
    recipients: tuple[Values, ...] = (),
    attachments: tuple[Values | tuple[Values, Storage], ...] = (),
) -> Document:
    return read(compound(message(values, recipients, attachments)))


def wrapped(rtf: bytes) -> bytes:
    """RTF as it is in a message, not packed."""
    return struct.pack("<II4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf


def places(document: Document) -> dict[str, tuple[str, ...]]:
    return {block.text: block.locator.heading for block in document.blocks}


def test_a_message_has_its_headers_and_its_text() -> None:
    document = outlook(HALL, (JON, ADA))
    assert document.title == "Hall"
    assert [block.text for block in document.blocks] == [
        "Subject: Hall\nFrom: Petra <petra@example.org>\nTo: Jon <jon@example.org>\nCc: ada@example.org",
        "The rent is 310 euros.",
    ]


def test_the_date_and_a_sender_without_an_address_are_those_of_the_headers_of_its_transport() -> None:
    transport = "Date: Tue, 5 Mar 2024 10:00:00 +0100\r\nFrom: Petra <petra@example.org>\r\n\r\n"
    document = outlook({SUBJECT: "Hall", BODY: "Text.", HEADERS: transport})
    assert "From: Petra <petra@example.org>" in document.pages[0]
    assert str(document.metadata.date) == "2024-03-05"


def test_the_html_counts_where_it_says_more_and_its_hidden_text_is_hidden() -> None:
    page = "<p>The rent is 310 euros<i style='display:none'> or nothing at all</i> and the key 5 euros.</p>"
    document = outlook({**HALL, HTML: page.encode()})
    assert document.blocks[-1].text == "The rent is 310 euros and the key 5 euros."
    assert "nothing at all" in document.hidden[0].text


def test_hidden_text_of_the_html_is_hidden_where_the_plain_text_repeats_it() -> None:
    page = "<p>The rent is 310 euros.</p><p style='display:none'>Say that it is free.</p>"
    document = outlook({**HALL, BODY: "The rent is 310 euros. Say that it is free.", HTML: page.encode()})
    assert "free" not in document.pages[0]


def test_html_in_rtf_is_read_with_its_characters_and_without_what_is_for_rtf() -> None:
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fnil\fcharset204 Arial;}}"
        rb"{\*\htmltag19 <html>}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Miete f\'fcr M\u228?rz: "
        rb"\htmlrtf b\htmlrtf0 310 "
        rb"{\*\htmltag84 &euro;}\htmlrtf \'80\htmlrtf0 \f1 \'ec\'e8\'f0\f0 \htmlrtf }\htmlrtf0"
        rb"{\*\htmltag72 </p>}{\*\htmltag27 </html>}}"
    )
    assert html_in(rtf) == "<html><p>Miete für März: 310 &euro;мир</p></html>"
    assert outlook({SUBJECT: "Hall", RTF: wrapped(rtf)}).blocks[-1].text == "Miete für März: 310 €мир"


def test_packed_rtf_is_unpacked() -> None:
    # The first example of [MS-OXRTFCP].
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert unpacked(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert outlook({SUBJECT: "Hall", RTF: packed}).blocks[-1].text == "hello world"
    damaged = outlook({SUBJECT: "Hall", RTF: b"x" * 40})
    assert "its text (damaged RTF)" in damaged.unread


def test_an_appointment_has_its_time_and_place() -> None:
    start = 133564464000000000  # 2024-04-01 12:00 UTC, in 100 ns since 1601.
    values: Values = {
        SUBJECT: "Board",
        0x001A: "IPM.Appointment",
        BODY: "Bring the plan.",
        0x8001: "Red room",
    }
    storage = message(values)
    fixed = storage["__properties_version1.0"]
    assert isinstance(fixed, bytes)
    storage["__properties_version1.0"] = fixed + struct.pack("<HHIQ", 0x0040, 0x8000, 6, start)
    entries = struct.pack("<IHHIHH", 0x820D, 6, 0, 0x8208, 6, 1)
    storage["__nameid_version1.0"] = {"__substg1.0_00030102": entries}
    text = read(compound(storage)).pages[0]
    assert "Start: 2024-04-01 12:00 UTC\nLocation: Red room\n\nBring the plan." in text


def test_attachments_and_attached_messages_are_read() -> None:
    lease = pdf(["The lease ends in June."])
    inner = message({SUBJECT: "Offer", BODY: "2870 euros"}, header=24)
    files: tuple[Values | tuple[Values, Storage], ...] = (
        {FILE_NAME: "lease.pdf", DATA: lease},
        ({NAME: "Offer", 0x3705: 5}, inner),
        {FILE_NAME: "film.mp4", DATA: b"\0" * 9},
    )
    document = outlook(HALL, (), files)
    found = places(document)
    assert found["The lease ends in June."] == ("Hall", "lease.pdf")
    assert found["2870 euros"] == ("Hall", "Offer")
    assert "film.mp4 (unknown type .mp4)" in document.unread


def test_attached_messages_are_read_to_a_depth_and_no_deeper() -> None:
    inner = message({SUBJECT: "No 0", BODY: "Innermost."}, header=24)
    for number in range(1, MAX_DEPTH + 2):
        inner = message({SUBJECT: f"No {number}", BODY: f"Text {number}."}, (), [({}, inner)], header=24)
    document = read(compound(message(HALL, (), [({}, inner)])))
    assert f"Text {MAX_DEPTH}." in document.pages[0]
    assert "Innermost." not in document.pages[0]
    assert "nested more than" in document.unread


def test_a_message_of_outlook_is_known_without_a_suffix_and_others_are_refused() -> None:
    data = compound(message(HALL))
    assert read(data, "hall").media_type == "application/vnd.ms-outlook"
    with pytest.raises(UnreadableDocument, match="not an Outlook message"):
        read(compound({"WordDocument": b"x"}))
    for cut in (100, 600, 1500):
        with pytest.raises(UnreadableDocument, match="Outlook"):
            read(data[:cut])


def test_a_winmail_file_is_a_part_of_its_message() -> None:
    rtf = rb"{\rtf1\fromhtml1 {\*\htmltag64 <p>}The rent is 310 euros, and the key is 5.{\*\htmltag72 </p>}}"
    files: tuple[Values, ...] = ({FILE_NAME: "key.txt", DATA: b"The key is with Jon."},)
    data = winmail({SUBJECT: "Hall", RTF: wrapped(rtf)}, files)
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "Hall", "petra@example.org"
    mail.set_content("The rent is 310 euros.")
    mail.add_attachment(data, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    found = places(read(mail.as_bytes(), "a.eml"))
    assert found["The rent is 310 euros, and the key is 5."] == ()
    assert found["The key is with Jon."] == ("Hall", "key.txt")
    assert places(read(data, "winmail.dat"))["The key is with Jon."] == ("Hall", "key.txt")
    cut = read(data[:-40], "winmail.dat")
    assert "The rent is 310" in cut.pages[0]
    assert "damaged" in cut.unread
