"""Outlook messages: builds a message from MAPI properties, for both `.msg` files and `winmail.dat`.

A property is a number, by which its meaning is known ([MS-OXPROPS]), with a type and a value. The text of a
message may be there as plain text, as HTML and as RTF; what people see is the HTML or the RTF.
"""

import datetime
import email
import email.policy
import email.utils
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ingest.errors import UnreadableDocument
from ingest.parsers import richtext
from ingest.parsers.charsets import of_codepage
from ingest.parsers.mail import headers
from ingest.parsers.mail.bodies import MailText, agreed, of_html
from ingest.parsers.mail.rtf import html_in, unpacked
from ingest.parsers.mail.values import EnclosedFile, MailMessage, is_decoration
from ingest.parsers.text import clean, decode_declared, line

STRING8, STRING, BINARY, OBJECT, TIME = 0x001E, 0x001F, 0x0102, 0x000D, 0x0040
"""Types of properties; of the two strings, the first is in a code page."""

_SUBJECT, _CLASS, _TRANSPORT_HEADERS = 0x0037, 0x001A, 0x007D
_BODY, _RTF, _HTML = 0x1000, 0x1009, 0x1013
_SENT, _DELIVERED, _CREATED = 0x0039, 0x0E06, 0x3007
_INTERNET_CODEPAGE, _MESSAGE_CODEPAGE = 0x3FDE, 0x3FFD
_NAME, _ADDRESS, _SMTP_ADDRESS, _ROLE = 0x3001, 0x3003, 0x39FE, 0x0C15
_FROM = ((0x0042, 0x5D02, 0x0065), (0x0C1A, 0x5D01, 0x0C1F))
"""Name, internet address and other address of whom a message is from, and of who sent it for them."""
_DISPLAYED = {"To": 0x0E04, "Cc": 0x0E03, "Bcc": 0x0E02}
_ROLES = {1: "To", 2: "Cc", 3: "Bcc"}
LONG_FILE_NAME, FILE_NAME, FILE_TYPE, FILE_DATA = 0x3707, 0x3704, 0x370E, 0x3701
CONTENT_ID, IS_HIDDEN = 0x3712, 0x7FFE
_CONTACT = {
    "Name": 0x3001, "Company": 0x3A16, "Department": 0x3A18, "Job title": 0x3A17, "Business phone": 0x3A08,
    "Mobile phone": 0x3A1C, "Home phone": 0x3A09, "Business fax": 0x3A24, "Business address": 0x3A15,
    "Home page": 0x3A50,
}  # fmt: skip
"""The fields of a contact, besides its notes."""
NAMED = 0x10000
"""Added to the numbers of properties of appointments, which have other numbers in each file."""
_APPOINTMENT = {"Start": NAMED + 0x820D, "End": NAMED + 0x820E, "Location": NAMED + 0x8208}
"""The fields of an appointment, besides its text."""
_EPOCH = datetime.datetime(1601, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Properties:
    """The properties of a message, of a recipient or of an attachment."""

    values: Mapping[int, tuple[int, bytes]]
    """Type and bytes of each, by its number."""
    codepage: int = 1252
    """Of the texts that are not Unicode."""

    def text(self, number: int) -> str:
        """The text of a property, not cleaned; empty when there is none."""
        kind, data = self.values.get(number, (0, b""))
        if kind == STRING:
            return data.decode("utf-16-le", errors="replace").strip("\0\ufeff")
        if kind != STRING8:
            return ""
        try:
            return decode_declared(data.rstrip(b"\0"), of_codepage(self.codepage))
        except UnreadableDocument:
            return ""

    def line(self, number: int) -> str:
        """The text of a property on one clean line."""
        return line(self.text(number))

    def data(self, number: int) -> bytes:
        """The bytes of a property; empty when there is none."""
        return self.values.get(number, (0, b""))[1]

    def number(self, number: int) -> int:
        """The value of a property that is a number; 0 when there is none."""
        return int.from_bytes(self.data(number)[:4], "little")

    def time(self, number: int) -> datetime.datetime | None:
        """The value of a property that is a time; None when there is none."""
        kind, data = self.values.get(number, (0, b""))
        if kind != TIME or len(data) < 8:
            return None
        try:
            return _EPOCH + datetime.timedelta(microseconds=struct.unpack_from("<Q", data)[0] // 10)
        except OverflowError:
            return None

    def in_codepage(self) -> "Properties":
        """The same, with the code page that is stated in them."""
        return replace(self, codepage=self.number(_MESSAGE_CODEPAGE) or self.codepage)


def message(
    properties: Properties,
    recipients: Iterable[Properties],
    enclosed: "tuple[EnclosedFile | MailMessage, ...]",
    unread: tuple[str, ...] = (),
) -> MailMessage:
    """The message that properties describe."""
    subject = properties.line(_SUBJECT)
    transport = email.message_from_string(properties.text(_TRANSPORT_HEADERS), policy=email.policy.compat32)
    moment = next(filter(None, map(properties.time, (_SENT, _DELIVERED, _CREATED))), None)
    shown = {"Subject": subject, "From": _sender(properties), **_recipients(properties, recipients)}
    for name in ("From", "To", "Cc"):
        shown[name] = shown.get(name) or headers.header(transport, name)
    shown["Date"] = headers.header(transport, "Date") or (
        email.utils.format_datetime(moment) if moment else ""
    )
    sent = headers.date(transport) or (moment.date() if moment else None)
    body, failed = _body(properties)
    return MailMessage(
        subject=subject,
        sent=sent,
        headers="\n".join(f"{name}: {shown[name]}" for name in headers.SHOWN if shown.get(name)),
        body=body,
        enclosed=enclosed,
        unread=(*failed, *unread),
    )


def file_name(properties: Properties) -> str:
    """The name of an attachment; empty when it has none."""
    names = map(properties.line, (LONG_FILE_NAME, FILE_NAME, _NAME))
    return re.split(r"[/\\]", next(filter(None, names), ""))[-1]


def _sender(properties: Properties) -> str:
    for name, smtp, address in _FROM:
        if found := _person(properties, name, smtp, address):
            return found
    return ""


def _recipients(properties: Properties, recipients: Iterable[Properties]) -> dict[str, str]:
    """The people that a message is for, by the name of their header."""
    people: dict[str, list[str]] = {}
    for recipient in recipients:
        role = _ROLES.get(recipient.number(_ROLE) & 0xF, "To")
        if person := _person(recipient, _NAME, _SMTP_ADDRESS, _ADDRESS):
            people.setdefault(role, []).append(person)
    return {
        role: ", ".join(people[role]) if role in people else properties.line(number)
        for role, number in _DISPLAYED.items()
    }


def _person(properties: Properties, name: int, smtp: int, address: int) -> str:
    """A person as mail writes them: `Jon Doe <jon@example.org>`."""
    called = properties.line(name).strip("'\"")
    # Within an organisation, an address may be a path in its directory, which means nothing to people.
    where = next((a for a in map(properties.line, (smtp, address)) if "@" in a), "")
    if not called or called == where:
        return where
    return f"{called} <{where}>" if where else called


def _body(properties: Properties) -> tuple[MailText, tuple[str, ...]]:
    """The text of a message, and what of it could not be read."""
    plain = MailText(clean(_described(properties) + properties.text(_BODY)))
    try:
        rich = _rich(properties)
    except UnreadableDocument as error:
        return plain, () if plain.text.strip() else (f"its text ({error.message})",)
    if not plain.text.strip() or not rich.text.strip():
        return (rich if rich.text.strip() else plain), ()
    return agreed(plain, rich), ()


def _described(properties: Properties) -> str:
    """The fields of a contact or an appointment, as text."""
    kind = properties.text(_CLASS)
    if kind.startswith("IPM.Contact"):
        fields = [(name, properties.line(number)) for name, number in _CONTACT.items()]
    elif kind.startswith(("IPM.Appointment", "IPM.Schedule.Meeting")):
        moments = ((name, properties.time(number)) for name, number in _APPOINTMENT.items())
        fields = [(name, f"{moment:%Y-%m-%d %H:%M} UTC") for name, moment in moments if moment]
        fields += [(name, properties.line(number)) for name, number in _APPOINTMENT.items()]
    else:
        return ""
    return "\n".join(f"{name}: {value}" for name, value in fields if value) + "\n\n"


def _rich(properties: Properties) -> MailText:
    """The text of the HTML or the RTF of a message."""
    charset = of_codepage(properties.number(_INTERNET_CODEPAGE) or properties.codepage)
    if text := properties.text(_HTML):
        return of_html(text.encode("utf-8", errors="replace"), "utf-8")
    if data := properties.data(_HTML):
        return of_html(data, charset)
    if data := properties.data(_RTF):
        rtf = unpacked(data)
        if html := html_in(rtf):
            return of_html(html.encode("utf-8", errors="replace"), "utf-8")
        return MailText(richtext.extract(rtf).pages[0])
    return MailText("")


def enclosed_file(attachment: Properties) -> EnclosedFile | None:
    """The file of an attachment; None for a picture that only decorates the text."""
    name = file_name(attachment)
    kind = attachment.line(FILE_TYPE).lower()
    data = attachment.data(FILE_DATA)
    is_inline = bool(attachment.number(IS_HIDDEN) & 0xFF or attachment.text(CONTENT_ID))
    if is_inline and is_decoration(name, kind, data):
        return None
    return EnclosedFile(name or "unnamed", kind or "application/octet-stream", data)
