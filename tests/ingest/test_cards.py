"""Calendars and address books."""

import pytest

from tests.parsing import parse_bytes

EVENTS = r"""BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VTIMEZONE
TZID:Europe/Oslo
BEGIN:STANDARD
DTSTART:19701025T030000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:1@cal.example
DTSTART;TZID=Europe/Oslo:20240614T183000
DTEND;TZID=Europe/Oslo:20240614T200000
SUMMARY:Choir rehearsal
LOCATION:Parish hall\, Fir Street 4
DESCRIPTION:Bring the Bach folder.\nDoors open at 18:15. Parking is behind
  the school.
ORGANIZER;CN="Falk, Ute":mailto:ute@falk.example
RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=6
BEGIN:VALARM
TRIGGER:-PT15M
DESCRIPTION:Reminder text
END:VALARM
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20240722
DTEND;VALUE=DATE:20240725
SUMMARY:Cabin
STATUS:CANCELLED
END:VEVENT
BEGIN:VTODO
SUMMARY:Renew passport
DUE:20240930T100000Z
END:VTODO
END:VCALENDAR
"""
CARDS = r"""BEGIN:VCARD
VERSION:3.0
N:Falk;Ute;;;
FN:Ute Falk
ORG:Parish;Choir
TEL;TYPE=CELL:+49 170 5550123
item1.EMAIL;TYPE=INTERNET,HOME:ute@falk.example
ADR;TYPE=HOME:;;Fir Street 9;Marburg;;35037;Germany
BDAY:19620308
NOTE:Prefers calls\, not before ten.
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQ
 CwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Lind;=C3=85sa;;;
NOTE;ENCODING=QUOTED-PRINTABLE:Keeps the=
 spare key
TEL;WORK;VOICE:06421 555 0177
END:VCARD
"""


def test_an_event_says_when_and_where_it_is() -> None:
    document = parse_bytes("/notes/choir.ics", EVENTS.encode())
    rehearsal, cabin, passport = document.blocks
    assert rehearsal.locator.heading == ("Choir rehearsal",)
    assert rehearsal.text.split("\n") == [
        "When: 2024-06-14 18:30 to 20:00 (Europe/Oslo)",
        "Repeats: every week on Friday, 6 times",
        "Where: Parish hall, Fir Street 4",
        "Organised by: Falk, Ute (ute@falk.example)",
        "",
        "Bring the Bach folder.",
        "Doors open at 18:15. Parking is behind the school.",
    ]
    assert cabin.text == "When: 2024-07-22 to 2024-07-24\nStatus: cancelled"
    assert passport.text == "Due: 2024-09-30 10:00 UTC"


def test_a_contact_says_how_to_reach_it_and_not_its_picture() -> None:
    document = parse_bytes("/notes/people.vcf", CARDS.encode())
    ute, asa = document.blocks
    assert ute.text.split("\n") == [
        "Organisation: Parish, Choir",
        "Telephone (cell): +49 170 5550123",
        "E-mail (home): ute@falk.example",
        "Address (home): Fir Street 9, 35037 Marburg, Germany",
        "Birthday: 1962-03-08",
        "Note: Prefers calls, not before ten.",
    ]
    assert asa.locator.heading == ("Åsa Lind",)
    assert asa.text == "Note: Keeps the spare key\nTelephone (work): 06421 555 0177"


def test_a_file_of_one_entry_is_called_by_it_and_a_damaged_one_is_read() -> None:
    event = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Fair\nDTSTART:sometime\nnonsense\nDTEND:20240101\n"
    document = parse_bytes("/notes/fair.ics", event.encode())
    assert document.title == "Fair"
    assert document.blocks[0].text.startswith("When: sometime")


def test_how_long_how_often_and_except_when_an_entry_takes_place() -> None:
    entry = (
        "SUMMARY:Committee\nDTSTART;TZID=Europe/Oslo:20250304T233000\nDURATION:PT1H30M\n"
        "RRULE:FREQ=MONTHLY;BYDAY=1TU,-1FR;BYSETPOS=2\nEXDATE;TZID=Europe/Oslo:20250805T190000\n"
        "RDATE:20250812T190000,20250813T190000\nCOMMENT:Bring a cup\nCONTACT:Ruth\\, 555 0199\n"
        "ATTACH:https://club.example/agenda.pdf\nATTACH;ENCODING=BASE64;VALUE=BINARY:QUJD\n"
        "ATTENDEE;CN=Ben;PARTSTAT=DECLINED:mailto:ben@club.example\n"
    )
    text = parse_bytes("/a.ics", f"BEGIN:VEVENT\n{entry}END:VEVENT\n".encode()).blocks[0].text
    assert text.split("\n") == [
        "When: 2025-03-04 23:30 to 2025-03-05 01:00 (Europe/Oslo)",
        "Repeats: every month on the first Tuesday and the last Friday; BYSETPOS=2",
        "Also: 2025-08-12 19:00, 2025-08-13 19:00",
        "Except: 2025-08-05 19:00",
        "Contact: Ruth, 555 0199",
        "Comment: Bring a cup",
        "Attachment: https://club.example/agenda.pdf",
        "Invited: Ben (ben@club.example, declined)",
    ]


def test_busy_times_are_read() -> None:
    data = (
        b"BEGIN:VFREEBUSY\nFREEBUSY:20250304T190000Z/PT1H,20250305T100000Z/20250305T120000Z\nEND:VFREEBUSY\n"
    )
    assert parse_bytes("/a.ifb", data).blocks[0].text == (
        "Busy: 2025-03-04 19:00 UTC to 20:00 UTC\nBusy: 2025-03-05 10:00 UTC to 12:00 UTC"
    )


def test_a_contact_keeps_what_has_no_name_in_the_standard() -> None:
    card = (
        "FN:Ivo\nX-SKYPE:ivo.b\nitem1.X-ABRELATEDNAMES:Anna\nitem1.X-ABLabel:_$!<Spouse>!$_\n"
        "IMPP:xmpp:ivo@chat.example\nRELATED;TYPE=friend;VALUE=text:Lea\nitem2.TEL:555 0199\n"
        "item2.X-ABLabel:Boat house\nPHOTO;ENCODING=b;TYPE=JPEG:QUJD\nUID:4711\n"
    )
    assert parse_bytes("/a.vcf", f"BEGIN:VCARD\n{card}END:VCARD\n".encode()).blocks[0].text.split("\n") == [
        "Skype: ivo.b",
        "Related (spouse): Anna",
        "Messenger: xmpp:ivo@chat.example",
        "Related (friend): Lea",
        "Telephone (boat house): 555 0199",
    ]


@pytest.mark.parametrize(
    "stated",
    [f"DURATION:P{'9' * 5000}W", "RRULE:FREQ=YEARLY;BYMONTH=²", f"RRULE:FREQ=YEARLY;BYMONTH={'9' * 5000}"],
)
def test_an_event_with_an_impossible_number_is_read(stated: str) -> None:
    event = f"BEGIN:VEVENT\nSUMMARY:Fair\nDTSTART:20240614T183000\n{stated}\nEND:VEVENT\n"
    document = parse_bytes("/a.ics", event.encode())
    assert document.title == "Fair"
    assert document.blocks[0].text.startswith("When: 2024-06-14 18:30")


def test_a_quoted_value_is_read_in_the_encoding_that_it_states() -> None:
    card = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg
NOTE;CHARSET=windows-1251;ENCODING=QUOTED-PRINTABLE:=CF=F0=E8=E2=E5=F2
TITLE;ENCODING=QUOTED-PRINTABLE:B=C3=A4cker
END:VCARD
"""
    document = parse_bytes("a.vcf", card.encode())
    assert document.title == "Jörg Müller"
    assert document.blocks[0].text == "Note: Привет\nRole: Bäcker"
