"""`winmail.dat`: an Outlook message in one attachment ([MS-OXTNEF]), which other programs cannot open."""

import struct
from collections.abc import Iterator

from ingest.errors import UnreadableDocument
from ingest.parsers.mail import mapi
from ingest.parsers.mail.mapi import Properties
from ingest.parsers.mail.values import MAX_DEPTH, EnclosedFile, MailMessage

SIGNATURE = bytes.fromhex("789f3e22")

_CODEPAGE, _MESSAGE, _RECIPIENTS = 0x9007, 0x9003, 0x9004
_SUBJECT, _BODY, _SENT = 0x8004, 0x800C, 0x8005
_ATTACHMENT_STARTS, _ATTACHMENT, _TITLE, _DATA = 0x9002, 0x9005, 0x8010, 0x800F
"""Attributes, by the lower half of their numbers."""

_SIZES = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x000A: 4, 0x000B: 4} | {
    0x0005: 8, 0x0006: 8, 0x0007: 8, 0x0014: 8, 0x0040: 8, 0x0048: 16
}  # fmt: skip
"""Bytes of the values of types that have one length."""
_SEVERAL = 0x1000
"""The flag of types of which a property has several values."""
_OWN_NAMES = 0x8000
"""The first number of properties that state their own names."""
_MESSAGE_ID = bytes.fromhex("0703020000000000c000000000000046")
"""The bytes that precede a message that is attached as an object."""


def read(data: bytes, depth: int = 1) -> MailMessage:
    """Reads a message that lies in `depth` - 1 others.

    Raises `UnreadableDocument` when the data is not TNEF, or damaged.
    """
    if not data.startswith(SIGNATURE):
        raise UnreadableDocument("not a winmail.dat file")
    codepage = 1252
    values: dict[int, tuple[int, bytes]] = {}
    recipients: list[Properties] = []
    attachments: list[dict[int, tuple[int, bytes]]] = []
    damaged = False
    try:
        for attribute, value in _attributes(data):
            if attribute == _CODEPAGE and len(value) >= 4:
                codepage = struct.unpack_from("<I", value)[0]
            elif attribute == _MESSAGE:
                values |= _values(value, 0)[0]
            elif attribute == _RECIPIENTS:
                recipients += (Properties(row, codepage) for row in _rows(value))
            elif attribute == _SUBJECT:
                values.setdefault(0x0037, (mapi.STRING8, value))
            elif attribute == _BODY:
                values.setdefault(0x1000, (mapi.STRING8, value))
            elif attribute == _ATTACHMENT_STARTS:
                attachments.append({})
            elif attachments and attribute == _ATTACHMENT:
                attachments[-1] |= _values(value, 0)[0]
            elif attachments and attribute == _TITLE:
                attachments[-1].setdefault(mapi.FILE_NAME, (mapi.STRING8, value))
            elif attachments and attribute == _DATA:
                attachments[-1].setdefault(mapi.FILE_DATA, (mapi.BINARY, value))
    except struct.error:
        damaged = True
    if damaged and not values and not attachments:
        raise UnreadableDocument("damaged winmail.dat file", remedy="Get a new copy of the file.")
    enclosed, unread = _enclosed([Properties(found, codepage) for found in attachments], depth)
    if damaged:
        unread.append("the end of winmail.dat, which is damaged")
    return mapi.message(Properties(values, codepage), recipients, tuple(enclosed), tuple(unread))


def _enclosed(
    attachments: list[Properties], depth: int
) -> tuple[list[EnclosedFile | MailMessage], list[str]]:
    """What attachments enclose, and what of it cannot be read."""
    enclosed: list[EnclosedFile | MailMessage] = []
    unread: list[str] = []
    for attachment in attachments:
        kind, data = attachment.values.get(mapi.FILE_DATA, (0, b""))
        if kind == mapi.OBJECT and data.startswith(_MESSAGE_ID):
            name = mapi.file_name(attachment) or "a message"
            if depth >= MAX_DEPTH:
                unread.append(f"{name} (nested more than {MAX_DEPTH} levels deep)")
                continue
            try:
                enclosed.append(read(data[16:], depth + 1))
            except UnreadableDocument as error:
                unread.append(f"{name} ({error.message})")
        elif file := mapi.enclosed_file(attachment):
            enclosed.append(file)
    return enclosed, unread


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes of a stream. Raises struct.error where it is damaged."""
    at = 6
    while at + 9 <= len(data):
        _, attribute, _, size = struct.unpack_from("<BHHI", data, at)
        at += 9
        if at + size > len(data):
            raise struct.error
        yield attribute, data[at : at + size]
        at += size + 2


def _rows(data: bytes) -> Iterator[dict[int, tuple[int, bytes]]]:
    """The rows of a table of properties."""
    (count,) = struct.unpack_from("<I", data)
    at = 4
    for _ in range(count):
        values, at = _values(data, at)
        yield values


def _values(data: bytes, at: int) -> tuple[dict[int, tuple[int, bytes]], int]:
    """The properties that begin at a place, and where they end. Raises struct.error if they are damaged."""
    (count,) = struct.unpack_from("<I", data, at)
    at += 4
    values: dict[int, tuple[int, bytes]] = {}
    for _ in range(count):
        kind, number = struct.unpack_from("<HH", data, at)
        at += 4
        if number >= _OWN_NAMES:
            named, size = struct.unpack_from("<II", data, at + 16)
            at += 24 + (_padded(size) if named else 0)
            number = number if named else mapi.NAMED + size
        one = kind & ~_SEVERAL
        length = _SIZES.get(one)
        items = 1
        if length is None or kind & _SEVERAL:
            (items,) = struct.unpack_from("<I", data, at)
            at += 4
        for item in range(items):
            size = length or 0
            if length is None:
                (size,) = struct.unpack_from("<I", data, at)
                at += 4
            if at + size > len(data):
                raise struct.error
            if not item:
                values[number] = (one, data[at : at + size])
            at += _padded(size)
    return values, at


def _padded(size: int) -> int:
    return (size + 3) // 4 * 4
