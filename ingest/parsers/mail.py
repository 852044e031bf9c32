"""E-mail: the headers people search for, the text body, and the names of what is attached.

Attachments are named, never opened. A message that has only an HTML body is converted as a web
page is.
"""

import email
import email.policy
from email.message import EmailMessage

from ingest.documents import BlockKind
from ingest.errors import UnreadableDocument
from ingest.parsers import converted
from ingest.parsers.extract import Extract, Layout, Outline, paragraphs
from ingest.parsers.text import clean, decode, line

_HEADERS = ("Subject", "From", "To", "Cc", "Date")


def extract(data: bytes) -> Extract:
    """Parses an RFC 5322 message; its title is its subject."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not any(name in message for name in _HEADERS):
        raise UnreadableDocument("not an e-mail message: it has none of the usual headers")
    try:
        head = [f"{name}: {line(str(message[name]))}" for name in _HEADERS if message[name]]
        attached = [line(part.get_filename() or "unnamed") for part in message.iter_attachments()]
        body = _body(message)
    except UnreadableDocument:
        raise
    # The header parser raises whatever a malformed header leads it into.
    except Exception as exc:
        raise UnreadableDocument(f"damaged e-mail message ({type(exc).__name__})") from exc
    tail = [f"Attachments: {', '.join(attached)}"] if attached else []
    found = Outline()
    header = "\n".join(head)
    found.add(BlockKind.ROWS, 0, len(header))
    text = "\n\n".join([header, body, *tail])
    for start, end in paragraphs(text[len(header) :]):
        found.add(BlockKind.PROSE, len(header) + start, len(header) + end)
    return Extract(str(message["Subject"] or ""), (text,), found.spans(), Layout.FLOW)


def _body(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        content = part.get_content()
    except (LookupError, UnicodeError):
        # An unknown or wrong charset: the bytes are decoded as a file's would be.
        payload = part.get_payload(decode=True)
        content = decode(payload) if isinstance(payload, bytes) else ""
    if part.get_content_subtype() == "html":
        return converted.html(content.encode("utf-8", errors="replace")).pages[0]
    return clean(content)
