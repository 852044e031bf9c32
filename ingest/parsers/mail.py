"""E-mail: the headers that people search for, the text body, and the names of the attachments.

Attachments are listed and never opened. The body of a message that has only HTML is converted like a web
page. A mailbox is the sequence of its messages.
"""

import datetime
import email
import email.policy
import re
from dataclasses import dataclass, replace
from email.message import EmailMessage

from ingest.documents import BlockKind, HiddenText
from ingest.errors import UnreadableDocument
from ingest.parsers import converted
from ingest.parsers.extract import Extract, Layout, Outline, paragraphs
from ingest.parsers.metadata import NO_METADATA
from ingest.parsers.text import clean, decode, line

_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_FROM_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From [^\r\n]+ \d\d:\d\d[^\r\n]*\r?\n")
"""The line before each message of an mbox file (RFC 4155, appendix A)."""


@dataclass(frozen=True, slots=True)
class _Message:
    """One message as text."""

    subject: str
    sent: datetime.date | None
    """None when the message states no date."""
    headers: str
    """One line a header."""
    body: str
    """Ends with the names of the attachments."""
    hidden: tuple[HiddenText, ...]
    """Text of the body that cannot be seen, by its place there."""


def extract(data: bytes) -> Extract:
    """Parses an RFC 5322 message. Its title is its subject, its date the day it was sent."""
    message = _read(data)
    outline = Outline()
    text = _append(outline, "", message)
    metadata = replace(NO_METADATA, date=message.sent)
    hidden = _hidden(text, message)
    return Extract(message.subject, (text,), outline.spans(), Layout.FLOW, metadata=metadata, hidden=hidden)


def mailbox(data: bytes) -> Extract:
    """Parses an mbox file. Each message is a section under its subject; damaged messages are counted."""
    # Text before the first such line belongs to no message.
    parts = _FROM_LINE.split(data)[1:]
    if not parts:
        raise UnreadableDocument("not a mailbox: no line starts a message")
    outline = Outline()
    text = ""
    hidden: list[HiddenText] = []
    damaged = 0
    for part in parts:
        try:
            message = _read(part)
        except UnreadableDocument:
            damaged += 1
            continue
        text += "\n\n" if text else ""
        outline.heading(1, message.subject or "(no subject)", len(text), len(text))
        text = _append(outline, text, message)
        hidden += _hidden(text, message)
    unread = f"{damaged} of {len(parts)} messages are damaged" if damaged else ""
    if damaged == len(parts):
        raise UnreadableDocument("every message in it is damaged", remedy="Get a new copy of the file.")
    return Extract("", (text,), outline.spans(), Layout.FLOW, unread=unread, hidden=tuple(hidden))


def _append(outline: Outline, text: str, message: _Message) -> str:
    """`text` followed by a message, whose blocks are added to the outline."""
    start = len(text)
    outline.add(BlockKind.ROWS, start, start + len(message.headers))
    text += message.headers + "\n\n"
    for first, last in paragraphs(message.body):
        outline.add(BlockKind.PROSE, len(text) + first, len(text) + last)
    return text + message.body


def _hidden(text: str, message: _Message) -> tuple[HiddenText, ...]:
    """The hidden texts of a message that was just appended to `text`, by their places there."""
    start = len(text) - len(message.body)
    return tuple(replace(piece, at=start + piece.at) for piece in message.hidden)


def _read(data: bytes) -> _Message:
    """Reads one message. Raises `UnreadableDocument`."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not any(name in message for name in _HEADERS):
        raise UnreadableDocument("not an e-mail message: it has none of the usual headers")
    try:
        headers = [f"{name}: {line(str(message[name]))}" for name in _HEADERS if message[name]]
        attachments = [line(part.get_filename() or "unnamed") for part in message.iter_attachments()]
        body, hidden = _body(message)
        subject = str(message["Subject"] or "")
        moment = getattr(message["Date"], "datetime", None)
    except UnreadableDocument:
        raise
    # The header parser raises any exception on malformed headers.
    except Exception as exc:
        raise UnreadableDocument(
            f"damaged e-mail message ({type(exc).__name__})", remedy="Get a new copy of the file."
        ) from exc
    listing = [f"Attachments: {', '.join(attachments)}"] if attachments else []
    return _Message(
        subject=subject,
        sent=moment.date() if moment else None,
        headers="\n".join(headers),
        body="\n\n".join([body, *listing]),
        hidden=hidden,
    )


def _body(message: EmailMessage) -> tuple[str, tuple[HiddenText, ...]]:
    """The text of a message, and what of it cannot be seen."""
    part = message.get_body(("plain", "html"))
    if part is None:
        return "", ()
    try:
        content = part.get_content()
    except (LookupError, UnicodeError):
        content = "\ufffd"
    if "\ufffd" in content:
        # The charset is unknown, wrong or missing: decode the bytes as those of a text file.
        payload = part.get_payload(decode=True)
        content = decode(payload) if isinstance(payload, bytes) else ""
    if part.get_content_subtype() == "html":
        page = converted.html(content.encode("utf-8", errors="replace"))
        return page.pages[0], page.hidden
    return clean(content), ()
