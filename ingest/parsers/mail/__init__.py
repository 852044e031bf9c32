"""E-mail: messages and mailboxes, with the files and the messages in them.

The text of a message consists of the headers that people search for, its body, and the names of its
attachments. Enclosed files and messages follow, each under its name. Files are read by the parsers of their
own formats, which the caller passes. If one cannot be read, it is named, and everything else is still read. A
mailbox is the sequence of its messages. If it has too many to read fully in the time that a document gets,
later ones are read in a hurry (`messages.read`), and the last ones not at all.
"""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from ingest.documents import BlockKind, HiddenText, Metadata
from ingest.errors import NeedsOCR, UnreadableDocument
from ingest.parsers.extract import Extract, Layout, Span
from ingest.parsers.mail import compound, quoting, tnef, zipped
from ingest.parsers.mail.messages import read
from ingest.parsers.mail.values import MAX_DEPTH, EnclosedFile, MailMessage
from ingest.parsers.metadata import NO_METADATA

ReadEnclosed = Callable[[EnclosedFile, int], Extract]
"""Reads an enclosed file; the number says how deep it is nested. Raises `UnreadableDocument`."""

MAX_CHARACTERS = 20_000_000
"""Characters of a document beyond which no attachment is added."""
HURRY_SECONDS, LAST_SECONDS = 20, 45
"""Times after which the messages of a mailbox are read in a hurry, and no longer read."""
MAX_NAMED = 10
"""Maximum number of unread parts that are named; further ones are only counted."""
UNTITLED = "(no subject)"
"""The name of a message without a subject."""

_FROM_LINE = re.compile(
    rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From [^\r\n]+ \d\d:\d\d[^\r\n]*\r?\n"
    rb"|(?<=\n)From \S+ +[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d[^\r\n]*\r?\n(?=[A-Za-z][\w-]*: )"
)
"""The line before each message of an mbox file (RFC 4155, appendix A). Some have no empty line before it."""
_QUOTED_FROM = re.compile(rb"^>(?=>*From )", re.MULTILINE)
"""The mark before a line in an mbox file that would otherwise be taken for such a line."""


def extract(data: bytes, read_enclosed: ReadEnclosed, depth: int = 0) -> Extract:
    """Parses an RFC 5322 message. Its title is its subject, its date the day it was sent.

    read_enclosed: reads the files in it. depth: how many files the message itself lies in.
    """
    return document(read(data), read_enclosed, depth)


def outlook(data: bytes, read_enclosed: ReadEnclosed, depth: int = 0) -> Extract:
    """Parses a message that Outlook saved."""
    return document(compound.read(data), read_enclosed, depth)


def winmail(data: bytes, read_enclosed: ReadEnclosed, depth: int = 0) -> Extract:
    """Parses a `winmail.dat` file."""
    return document(tnef.read(data), read_enclosed, depth)


def zipped_files(data: bytes, read_enclosed: ReadEnclosed, depth: int = 0) -> Extract:
    """Parses a zip archive that came in a message: the names of its files, and their texts."""
    text = _MailPage(read_enclosed)
    names = zipped.names(data)
    text.listing("Files", names, ())
    for file in zipped.files(data):
        if isinstance(file, EnclosedFile):
            text.file(file, (), depth + 1)
        else:
            name, reason = file
            text.unread.append(f"not read: {name} ({reason})")
    if len(names) > zipped.MAX_FILES:
        text.unread.append(f"not read: all files after the first {zipped.MAX_FILES:,}")
    return text.extract("")


def document(message: MailMessage, read_enclosed: ReadEnclosed, depth: int = 0) -> Extract:
    """A message as an extract."""
    text = _MailPage(read_enclosed)
    text.message(message, (), depth)
    return text.extract(message.subject, replace(NO_METADATA, date=message.sent))


def mailbox(data: bytes, read_enclosed: ReadEnclosed, depth: int = 0) -> Extract:
    """Parses an mbox file. Each message is a section under its subject; damaged messages are counted."""
    began = time.monotonic()
    # Text before the first such line belongs to no message.
    starts = [match.span() for match in _FROM_LINE.finditer(data)]
    if not starts:
        raise UnreadableDocument("not a mailbox: no line starts a message")
    text = _MailPage(read_enclosed)
    damaged = 0
    for place, (_, start) in enumerate(starts):
        seconds = time.monotonic() - began
        if seconds > LAST_SECONDS:
            left = len(starts) - place
            text.unread.insert(0, f"not read: the last {left} of {len(starts)} messages, for lack of time")
            break
        end = starts[place + 1][0] if place + 1 < len(starts) else len(data)
        try:
            part = _QUOTED_FROM.sub(b"", data[start:end])
            message = read(part, needs_headers=False, in_a_hurry=seconds > HURRY_SECONDS)
        except UnreadableDocument:
            damaged += 1
            continue
        text.message(message, (message.subject or UNTITLED,), depth)
    if damaged:
        text.unread.insert(0, f"{damaged} of {len(starts)} messages are damaged")
    if damaged == len(starts):
        raise UnreadableDocument("every message in it is damaged", remedy="Get a new copy of the file.")
    return text.extract("")


class _MailPage:
    """The text of a document of messages, as it grows."""

    def __init__(self, read_enclosed: ReadEnclosed) -> None:
        self.unread: list[str] = []
        """What could not be read, and why."""
        self._read = read_enclosed
        self._parts: list[str] = []
        self._length = 0
        self._spans: list[Span] = []
        self._hidden: list[HiddenText] = []
        self._needs_ocr = False

    def extract(self, title: str, metadata: Metadata = NO_METADATA) -> Extract:
        """The document."""
        unread = self.unread[:MAX_NAMED]
        if more := len(self.unread) - len(unread):
            unread.append(f"{more} more")
        return Extract(
            title,
            ("".join(self._parts),),
            tuple(self._spans),
            Layout.FLOW,
            metadata=metadata,
            unread="; ".join(unread),
            needs_ocr=self._needs_ocr,
            # A text that is entirely hidden was not added.
            hidden=tuple(replace(piece, at=min(piece.at, self._length)) for piece in self._hidden),
        )

    def message(self, message: MailMessage, heading: tuple[str, ...], depth: int) -> None:
        """Adds a message below `heading`, and what it encloses below its subject."""
        self._block(message.headers, [(0, len(message.headers))], BlockKind.ROWS, heading)
        body = message.body
        self._hidden += (replace(piece, at=self._next() + piece.at) for piece in body.hidden)
        above = heading or (message.subject or UNTITLED,)
        start = self._block(body.text, (), BlockKind.PROSE, heading)
        for first, last, quoted in quoting.blocks(body.text):
            below = (*above, quoted) if quoted else heading
            is_table = all(line.startswith("|") for line in body.text[first:last].split("\n"))
            kind = BlockKind.ROWS if is_table else BlockKind.PROSE
            self._spans.append(Span(kind, start + first, start + last, below, 0))
        names = [file.name for file in message.enclosed if isinstance(file, EnclosedFile)]
        self.listing("Attachments", names, heading)
        self.unread += (f"not read: {what}" for what in message.unread)
        for enclosed in message.enclosed:
            if isinstance(enclosed, EnclosedFile):
                self.file(enclosed, above, depth + 1)
            else:
                self.message(enclosed, (*above, enclosed.subject or UNTITLED), depth + 1)

    def listing(self, what: str, names: list[str], heading: tuple[str, ...]) -> None:
        """Adds the names of files, if there are any."""
        if names:
            text = f"{what}: {', '.join(names)}"
            self._block(text, [(0, len(text))], BlockKind.PROSE, heading)

    def file(self, file: EnclosedFile, above: tuple[str, ...], depth: int) -> None:
        """Adds the text of a file, or says why there is none."""
        try:
            if depth > MAX_DEPTH:
                raise UnreadableDocument(f"nested more than {MAX_DEPTH} levels deep")
            content = self._read(file, depth)
            if self._length + sum(map(len, content.pages)) > MAX_CHARACTERS:
                raise UnreadableDocument("too much text")
        except MemoryError:
            self.unread.append(f"not read: {file.name} (reading it needed too much memory)")
            return
        except UnreadableDocument as error:
            self._needs_ocr |= isinstance(error, NeedsOCR)
            self.unread.append(f"not read: {file.name} ({error.message})")
            return
        if content.unread:
            self.unread.append(f"{file.name}: {content.unread}")
        self._needs_ocr |= content.needs_ocr
        if not content.hidden and not any(page.strip() for page in content.pages):
            return
        self._append(file.name)
        starts = []
        for page in content.pages:
            starts.append(self._next())
            self._append(page)
        self._hidden += (
            replace(piece, page=1, at=starts[piece.page - 1] + piece.at) for piece in content.hidden
        )
        for span in content.spans:
            heading = (*above, file.name)
            if content.layout is Layout.PAGES and len(content.pages) > 1:
                label = content.labels[span.page] if content.labels else ""
                heading += (f"page {label or span.page + 1}",)
            start = starts[span.page]
            self._spans.append(
                Span(span.kind, start + span.start, start + span.end, heading + span.heading, 0)
            )

    def _next(self) -> int:
        """Where the next text will begin."""
        return self._length + 2 if self._length else 0

    def _append(self, text: str) -> None:
        start = self._next()
        self._parts += ("\n\n" if start else "", text)
        self._length = start + len(text)

    def _block(
        self, text: str, places: Iterable[tuple[int, int]], kind: BlockKind, heading: tuple[str, ...]
    ) -> int:
        """Adds a text with blocks at `places` of it; returns where it begins."""
        if not text.strip():
            return self._length
        start = self._next()
        self._append(text)
        self._spans += (Span(kind, start + first, start + last, heading, 0) for first, last in places)
        return start
