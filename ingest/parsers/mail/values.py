"""A message as a value, whatever format it was in: its headers, its text, and what it encloses."""

import datetime
import os
from dataclasses import dataclass

from ingest.parsers.mail.bodies import MailText

MAX_DEPTH = 8
"""How deep messages, and files in files, may be nested."""
DECORATION_BYTES = 32 << 10
"""Size below which a picture in the text of a message is taken for decoration without text."""


@dataclass(frozen=True, slots=True)
class EnclosedFile:
    """A file in a message."""

    name: str
    """On one clean line, never empty."""
    media_type: str
    """As the message states it, in lower case."""
    data: bytes


@dataclass(frozen=True, slots=True)
class MailMessage:
    """One message."""

    subject: str
    """On one clean line; empty when it has none."""
    sent: datetime.date | None
    """None when the message states no date."""
    headers: str
    """One line a header."""
    body: MailText
    """Its text."""
    enclosed: "tuple[EnclosedFile | MailMessage, ...]"
    """Files and messages in it, in their order."""
    unread: tuple[str, ...]
    """What of it could not be read."""


def is_decoration(name: str, media_type: str, data: bytes) -> bool:
    """Whether a file that belongs to the text of a message is a picture without text."""
    suffix = os.path.splitext(name)[1].lower()
    is_picture = media_type.startswith("image/") or suffix in (
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".bmp",
        ".emz",
        ".wmz",
    )
    return is_picture and len(data) < DECORATION_BYTES
