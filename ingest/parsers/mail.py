"""E-mail: the headers people search for, the text body, and the names of what is attached.

Attachments are named, never opened. A message that has only an HTML body is converted as a web
page is. A mailbox is its messages, one after the other.
"""

import datetime
import email
import email.policy
import re
from dataclasses import replace
from email.message import EmailMessage

from ingest.documents import BlockKind
from ingest.errors import UnreadableDocument
from ingest.parsers import converted
from ingest.parsers.extract import Extract, Layout, Outline, paragraphs
from ingest.parsers.metadata import NOTHING_SAID
from ingest.parsers.text import clean, decode, line

_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_FROM_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From [^\r\n]+ \d\d:\d\d[^\r\n]*\r?\n")
"""What parts the messages of an mbox file (RFC 4155, appendix A)."""


def extract(data: bytes) -> Extract:
    """Parses an RFC 5322 message; its title is its subject, its date the one it was sent on."""
    header, body, title, sent = _read(data)
    found = Outline()
    text = _added(found, "", header, body)
    return Extract(title, (text,), found.spans(), Layout.FLOW, metadata=replace(NOTHING_SAID, date=sent))


def mailbox(data: bytes) -> Extract:
    """Parses an mbox file: each message under its subject, those that are damaged named at the end."""
    # Before the first such line there is nothing.
    messages = _FROM_LINE.split(data)[1:]
    if not messages:
        raise UnreadableDocument("not a mailbox: no line begins a message")
    found = Outline()
    text = ""
    damaged = 0
    for message in messages:
        try:
            header, body, subject, _ = _read(message)
        except UnreadableDocument:
            damaged += 1
            continue
        text += "\n\n" if text else ""
        found.heading(1, subject or "(no subject)", len(text), len(text))
        text = _added(found, text, header, body)
    unread = f"{damaged} of {len(messages)} messages are damaged" if damaged else ""
    if damaged == len(messages):
        raise UnreadableDocument("every message in it is damaged")
    return Extract("", (text,), found.spans(), Layout.FLOW, unread=unread)


def _added(found: Outline, text: str, header: str, body: str) -> str:
    """`text` with a message after it, whose blocks are added to the outline."""
    start = len(text)
    found.add(BlockKind.ROWS, start, start + len(header))
    text += header + "\n\n"
    for first, last in paragraphs(body):
        found.add(BlockKind.PROSE, len(text) + first, len(text) + last)
    return text + body


def _read(data: bytes) -> tuple[str, str, str, datetime.date | None]:
    """The lines of headers, the body with what is attached, the subject, and the date sent.

    Raises `UnreadableDocument`.
    """
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not any(name in message for name in _HEADERS):
        raise UnreadableDocument("not an e-mail message: it has none of the usual headers")
    try:
        head = [f"{name}: {line(str(message[name]))}" for name in _HEADERS if message[name]]
        attached = [line(part.get_filename() or "unnamed") for part in message.iter_attachments()]
        body = _body(message)
        subject = str(message["Subject"] or "")
        moment = getattr(message["Date"], "datetime", None)
        sent = moment.date() if moment else None
    except UnreadableDocument:
        raise
    # The header parser raises whatever a malformed header leads it into.
    except Exception as exc:
        raise UnreadableDocument(f"damaged e-mail message ({type(exc).__name__})") from exc
    tail = [f"Attachments: {', '.join(attached)}"] if attached else []
    return "\n".join(head), "\n\n".join([body, *tail]), subject, sent


def _body(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        content = part.get_content()
    except (LookupError, UnicodeError):
        content = "\ufffd"
    if "\ufffd" in content:
        # An unknown, wrong or missing charset: the bytes are decoded as a file's would be.
        payload = part.get_payload(decode=True)
        content = decode(payload) if isinstance(payload, bytes) else ""
    if part.get_content_subtype() == "html":
        return converted.html(content.encode("utf-8", errors="replace")).pages[0]
    return clean(content)
