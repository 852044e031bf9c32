"""One message (RFC 5322, MIME) as values: its headers, its text, and what it encloses.

The text of a message is all of its text parts, in order, wherever they are. Enclosed files and messages are
returned unparsed, and `ingest.parsers.mail` has them read.
"""

import base64
import binascii
import codecs
import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message as MimePart

from ingest.errors import UnreadableDocument
from ingest.parsers.extract import damage_refused
from ingest.parsers.mail import headers, tnef, wrapping
from ingest.parsers.mail.bodies import MailText, agreed, joined, of_part, payload, says_about_as_much
from ingest.parsers.mail.values import MAX_DEPTH, EnclosedFile, MailMessage, is_decoration
from ingest.parsers.text import clean, line

LARGE_BYTES = 64 << 20
"""Size of a message above which files of half that size in it are not read."""
MAX_PARTS_DEPTH = 40
"""How deep the parts of one message may be nested."""

_SIGNATURES = frozenset(
    f"application/{name}"
    for name in ("pgp-signature", "pkcs7-signature", "x-pkcs7-signature", "applefile", "pgp-encrypted")
)
"""Types of parts that contain nothing for people."""
_WRAPPED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
"""Types of parts that are a signed or an encrypted message."""
_MESSAGES = frozenset(f"message/{name}" for name in ("rfc822", "global", "news", "partial", "external-body"))
"""Types of parts that are messages. Others, such as reports of delivery, are groups of fields."""
_EMLX_COUNT = re.compile(rb"\A[ \t]*(\d{1,10})[ \t]*\r?\n")
"""The first line of a message of Apple Mail: the bytes of the message."""
_LEADING = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:>?From [^\r\n]*\r?\n)?")
"""Lines that may precede the headers of a saved message."""
_UNNAMED = {"text/calendar": "invitation.ics", "text/vcard": "contact.vcf", "text/x-vcard": "contact.vcf"}
"""Names of files that need none."""
_ENCODED = re.compile(rb"(?:[A-Za-z0-9+/=]{40,100}\r?\n)++(?:[A-Za-z0-9+/=]{1,40}\r?\n)?")
"""Lines in base64."""
_BOUNDARY = re.compile(rb"^--([^\s\"\\][^\r\n\"\\]{0,69}?)[ \t]*\r?\nContent-", re.MULTILINE | re.IGNORECASE)
"""The beginning of a part."""
_UTF_16 = re.compile(rb"\A[^\x00]\x00[^\x00]\x00|\A\x00[^\x00]\x00[^\x00]")


def read(data: bytes, *, needs_headers: bool = True, in_a_hurry: bool = False) -> MailMessage:
    """Reads one message. Raises `UnreadableDocument` when the data is not a message, or damaged.

    needs_headers: whether to refuse a text without any of the usual headers.
    in_a_hurry: whether to skip the HTML of a message if its plain text is about as long. Text that is only in
    one of them is then not recognised.
    """
    data, transcoded = _as_bytes(data)
    if count := _EMLX_COUNT.match(data):
        data = data[count.end() : count.end() + int(count[1])]
    data = data[_LEADING.match(data).end() :]  # type: ignore[union-attr]
    cut = len(data) > LARGE_BYTES
    if cut:  # Parsing it takes ten times its size.
        data = _ENCODED.sub(lambda run: b"" if len(run[0]) > LARGE_BYTES // 2 else run[0], data)
    try:
        with damage_refused("e-mail message"):
            message = email.message_from_bytes(data, policy=email.policy.compat32)
    except MemoryError as exc:
        raise UnreadableDocument("too large to be read as a message") from exc
    if needs_headers and not any(name.lower() in headers.USUAL for name, _ in message.raw_items()):
        raise UnreadableDocument("not an e-mail message: it has none of the usual headers")
    result = _message(message, transcoded, 1, in_a_hurry)
    return _without_empty(result) if cut else result


def _without_empty(message: MailMessage) -> MailMessage:
    """The message without the files that were cut out of it, which are reported as too large."""
    empty = [file for file in message.enclosed if isinstance(file, EnclosedFile) and not file.data]
    return replace(
        message,
        enclosed=tuple(file for file in message.enclosed if file not in empty),
        unread=(*message.unread, *(f"{file.name} (larger than {LARGE_BYTES >> 21} MiB)" for file in empty)),
    )


def _as_bytes(data: bytes) -> tuple[bytes, bool]:
    """The bytes of a message in UTF-8, if it was saved in UTF-16, and whether it was."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace").encode(), True
    if _UTF_16.match(data):
        order = "utf-16-be" if data[0] == 0 else "utf-16-le"
        return data.decode(order, errors="replace").encode(), True
    return data, False


def _message(
    message: "MimePart[str, str]", transcoded: bool, depth: int, in_a_hurry: bool = False
) -> MailMessage:
    reading = _Reading(transcoded, depth, in_a_hurry)
    body = joined(reading.texts(message))
    if reading.wrapped.text.strip():
        body = agreed(body, reading.wrapped) if body.text.strip() else reading.wrapped
    return MailMessage(
        subject=headers.header(message, "Subject"),
        sent=headers.date(message),
        headers="\n".join(headers.shown(message)),
        body=body,
        enclosed=tuple(reading.enclosed),
        unread=tuple(reading.unread),
    )


class _Reading:
    """Reads the parts of one message; collects what it encloses, and what could not be read."""

    def __init__(self, transcoded: bool, depth: int, in_a_hurry: bool) -> None:
        self.enclosed: list[EnclosedFile | MailMessage] = []
        self.unread: list[str] = []
        self._files: set[EnclosedFile] = set()
        """The enclosed files, to leave out copies."""
        self.wrapped = MailText("")
        """The text in a file of Outlook, which says the same as the text parts."""
        self._transcoded = transcoded
        self._depth = depth
        self._in_a_hurry = in_a_hurry
        self._alternatives_around = 0
        """How many parts of type alternative enclose the current one."""
        self._plain = ""
        """The plain text beside an HTML part, if there is no time to read both."""

    def texts(self, part: "MimePart[str, str]", level: int = 0) -> Iterator[MailText]:
        """The texts of a part and of the parts in it."""
        kind = part.get_content_type()
        if level > MAX_PARTS_DEPTH:
            self.unread.append(f"parts nested more than {MAX_PARTS_DEPTH} levels deep")
        elif part.is_multipart():
            yield from self._of_parts(part, kind, level)
        elif kind.startswith("message/"):
            self._enclose_message(part, None)
        elif repaired := _repaired(part, kind):
            yield from self.texts(repaired, level + 1)
        elif self._is_body(part, kind):
            yield from self._text(part)
        elif kind in _WRAPPED:
            yield from self._signed(part, level)
        else:
            self._enclose_file(part, kind)

    def _of_parts(self, part: "MimePart[str, str]", kind: str, level: int) -> Iterator[MailText]:
        parts = [child for child in part.get_payload() if not isinstance(child, str)]
        if kind == "multipart/alternative":
            yield from self._alternatives(parts, level)
        elif kind in _MESSAGES:
            self._enclose_message(part, parts[0] if parts else None)
        elif kind.startswith("message/"):
            yield from map(_fields, parts)
        elif kind == "multipart/encrypted":
            self.unread.append("its content (encrypted)")
        else:
            for child in parts:
                yield from self.texts(child, level + 1)

    def _alternatives(self, parts: "list[MimePart[str, str]]", level: int) -> Iterator[MailText]:
        """The text of the alternative that counts. Files enclosed in any of them are kept."""
        self._alternatives_around += 1
        plain: MailText | None = None
        rich: MailText | None = None
        for part in parts:
            kinds = {child.get_content_type() for child in part.walk()}
            if kinds & {"text/x-amp-html", "text/watch-html"}:
                continue
            self._plain = plain.text if plain and self._in_a_hurry else ""
            text = joined(self.texts(part, level + 1))
            self._plain = ""
            if not text.text.strip():
                continue
            if "text/html" in kinds:
                rich = text
            elif "text/plain" in kinds or not plain:
                plain = text
        self._alternatives_around -= 1
        if plain and rich:
            yield agreed(plain, rich)
        elif found := plain or rich:
            yield found

    def _text(self, part: "MimePart[str, str]") -> Iterator[MailText]:
        is_html = part.get_content_type() == "text/html"
        if self._plain and is_html and says_about_as_much(self._plain, payload(part)[0]):
            return
        try:
            text = of_part(part, transcoded=self._transcoded)
            if part.get_content_type() != "text/html":
                unwrapped, files = wrapping.unwrapped(text.text)
                text = MailText(unwrapped)
                self.enclosed += files
                self._files.update(files)
            yield text
        except UnreadableDocument as error:
            self.unread.append(f"a part of its text ({error.message})")

    def _signed(self, part: "MimePart[str, str]", level: int) -> Iterator[MailText]:
        """The texts of a message that is signed or encrypted as a whole (S/MIME)."""
        content = wrapping.signed_content(payload(part)[0])
        if content:
            inner = email.message_from_bytes(content, policy=email.policy.compat32)
            yield from self.texts(inner, level + 1)
        else:
            self.unread.append("its content (encrypted)")

    def _is_body(self, part: "MimePart[str, str]", kind: str) -> bool:
        if kind.startswith("multipart/"):  # No boundary of it was found, so it is one text.
            return True
        # Some mailers give the text parts of a message file names.
        if _disposition(part) == "attachment" or (headers.file_name(part) and not self._alternatives_around):
            return False
        return kind in ("text/plain", "text/html", "text/enriched", "text/richtext", "text/rfc822-headers")

    def _enclose_file(self, part: "MimePart[str, str]", kind: str) -> None:
        if kind in _SIGNATURES:
            return
        data, _ = payload(part)
        name = headers.file_name(part)
        is_inline = _disposition(part) == "inline" or part.get("content-id") is not None
        if is_inline and is_decoration(name, kind, data):
            return
        if data.startswith(tnef.SIGNATURE):
            self._unwrap(name, data)
            return
        file = EnclosedFile(name or _UNNAMED.get(kind, "unnamed"), kind, data)
        if file not in self._files:
            self._files.add(file)
            self.enclosed.append(file)

    def _unwrap(self, name: str, data: bytes) -> None:
        """Treats an Outlook message, enclosed in this one as a file, as a part of this one."""
        try:
            message = tnef.read(data, self._depth)
        except UnreadableDocument as error:
            self.unread.append(f"{name or 'winmail.dat'} ({error.message})")
            return
        self.wrapped = message.body
        self.enclosed += message.enclosed
        self._files.update(each for each in message.enclosed if isinstance(each, EnclosedFile))
        self.unread += message.unread

    def _enclose_message(self, part: "MimePart[str, str]", inner: "MimePart[str, str] | None") -> None:
        name = headers.file_name(part) or "a message"
        if self._depth >= MAX_DEPTH:
            self.unread.append(f"{name} (nested more than {MAX_DEPTH} levels deep)")
        elif part.get_content_type() == "message/external-body" or inner is None:
            self.unread.append(f"{name} (its content is not in the file)")
        else:
            inner = _decoded(part, inner)
            self.enclosed.append(_message(inner, self._transcoded, self._depth + 1, self._in_a_hurry))


def _fields(group: "MimePart[str, str]") -> MailText:
    """A group of fields, which was parsed as a message."""
    lines = [f"{name}: {line(headers.decoded(str(value)))}" for name, value in group.raw_items()]
    rest = group.get_payload()
    return MailText(clean("\n".join([*lines, "", rest if isinstance(rest, str) else ""]).strip()))


def _repaired(part: "MimePart[str, str]", kind: str) -> "MimePart[str, str] | None":
    """A part whose boundary was not found, parsed by the boundary inside it; None if there is none."""
    data = payload(part)[0] if kind.startswith("multipart/") else b""
    found = _BOUNDARY.search(data)
    if found is None:
        return None
    header = b'Content-Type: multipart/mixed; boundary="' + found[1] + b'"\n\n'
    return email.message_from_bytes(header + data, policy=email.policy.compat32)


def _decoded(part: "MimePart[str, str]", inner: "MimePart[str, str]") -> "MimePart[str, str]":
    """The message in a part. Some mailers encode it, so it was parsed as a text without headers."""
    content = inner.get_payload()
    if list(inner.raw_items()) or not isinstance(content, str):
        return inner
    try:
        data = base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        data, _ = payload(part) if not part.is_multipart() else (b"", False)
    return email.message_from_bytes(data, policy=email.policy.compat32) if data else inner


def _disposition(part: "MimePart[str, str]") -> str:
    found = headers.stated(part.get_content_disposition)
    return found or line(headers.header(part, "content-disposition")).partition(";")[0].strip().lower()
