"""Headers of a message as people read them, even if they are malformed.

Python's own header parser raises on some malformed headers, loses non-ASCII bytes, which both modern (RFC
6532) and old mail contains, and takes most of the time of reading a message. So headers are decoded here, one
encoded word (RFC 2047) at a time, and no message is lost because of a header.
"""

import base64
import binascii
import datetime
import email.utils
import quopri
import re
from collections.abc import Callable
from email.message import Message as MimePart

from ingest.errors import UnreadableDocument
from ingest.parsers.charsets import codec
from ingest.parsers.text import decode, line

SHOWN = ("Subject", "From", "To", "Cc", "Bcc", "Date")
"""The headers that people search for."""

USUAL = frozenset(
    f"{' '.join(SHOWN).lower()} sender reply-to message-id received mime-version return-path content-type "
    "delivered-to resent-from resent-to newsgroups in-reply-to references".split()
)
"""Headers in lower case of which a message has at least one."""

_ENCODED = re.compile(r"=\?([^?\s]+)\?([bq])\?([^?]*)\?=", re.IGNORECASE)
_BETWEEN = re.compile(r"(=\?[^?\s]+\?[bq]\?[^?]*\?=)\s+(?==\?[^?\s]+\?[bq]\?)", re.IGNORECASE)
"""White space between encoded words, which is not part of the text."""


def shown(message: "MimePart[str, str]") -> list[str]:
    """The lines `Name: value` of the headers that a message has."""
    found = {name: header(message, name) for name in SHOWN}
    found["Date"] = _date(found["Date"])
    return [f"{name}: {value}" for name, value in found.items() if value]


def header(message: "MimePart[str, str]", name: str) -> str:
    """The text of the first header with this name, on one clean line; empty when there is none."""
    for known, raw in message.raw_items():
        if known.lower() == name.lower():
            return line(decoded(re.sub(r"[\r\n]+", "", str(raw))))
    return ""


def date(message: "MimePart[str, str]") -> datetime.date | None:
    """The day that a message was sent; None when it states none."""
    try:
        return email.utils.parsedate_to_datetime(header(message, "Date")).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def stated(read: Callable[[], str | None]) -> str:
    """What a method of a message reads in its headers; empty where they are missing or malformed."""
    try:
        return read() or ""
    # Python's parser of headers raises any exception on malformed ones.
    except Exception:
        return ""


def file_name(part: "MimePart[str, str]") -> str:
    """The name of the file in a part, on one clean line; empty when it states none."""
    name = stated(part.get_filename)
    if not name:
        for header_name in ("content-disposition", "content-type"):
            found = re.search(r'(?:file)?name\s*=\s*"?([^";]+)', header(part, header_name))
            name = name or (found[1] if found else "")
    # A path of the sender's machine says nothing.
    return line(re.split(r"[/\\]", decoded(name))[-1])


def decoded(text: str) -> str:
    """The decoded text of a header that the file has as `text`."""
    if any("\udc80" <= character <= "\udcff" for character in text):
        try:
            text = decode(text.encode("utf-8", errors="surrogateescape"))
        except UnreadableDocument:
            text = text.encode("utf-8", errors="replace").decode()
    text = _BETWEEN.sub(r"\1", text)
    parts: list[str] = []
    place = 0
    pending, name = b"", ""
    # A character may be divided between encoded words, so their bytes are joined first.
    for match in _ENCODED.finditer(text):
        if pending and (match.start() != place or match[1].lower() != name):
            parts.append(_characters(pending, name))
            pending = b""
        parts.append(text[place : match.start()])
        pending += _bytes(match[2], match[3])
        place, name = match.end(), match[1].lower()
    if pending:
        parts.append(_characters(pending, name))
    return "".join([*parts, text[place:]])


def _date(text: str) -> str:
    """A date in the usual form, if it is one."""
    try:
        return email.utils.format_datetime(email.utils.parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return text


def _bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("ascii", errors="replace")
    if encoding.lower() == "q":
        return quopri.decodestring(raw, header=True)
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except binascii.Error:
        return b"?"


def _characters(data: bytes, charset: str) -> str:
    # A charset may name its language: `utf-8*en` (RFC 2231).
    name = codec(charset.partition("*")[0])
    try:
        return data.decode(name) if name else decode(data)
    except (UnicodeDecodeError, UnreadableDocument):
        return data.decode("utf-8", errors="replace")
