"""Removes what is wrapped into the text of a message: inline files (uuencode) and signatures."""

import binascii
import re
from collections.abc import Iterator

from ingest.parsers.mail.values import EnclosedFile
from ingest.parsers.text import line

_BEGIN = re.compile(r"^begin [0-7]{3,4} (\S.*)$", re.MULTILINE)
_SIGNED = re.compile(r"^-----BEGIN PGP SIGNED MESSAGE-----\n(?:[A-Za-z]+: .*\n)*\n?", re.MULTILINE)
_SIGNATURE = re.compile(
    r"^-----BEGIN PGP SIGNATURE-----\n(?:(?!-----).*\n)*-----END PGP SIGNATURE-----$", re.MULTILINE
)
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
"""Identifiers, in DER, of a signed message (RFC 5652) and of the message in it."""
_EXPLICIT, _OCTETS, _CHUNKS = 0xA0, 0x04, 0x24


def unwrapped(text: str) -> tuple[str, list[EnclosedFile]]:
    """A clean text without its inline files and the marks of its signature; and these files."""
    files = []
    parts = []
    last = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < last:
            continue
        end = text.find("\nend", begin.end())
        encoded = text[begin.end() + 1 : max(end, 0)].split("\n")
        data = b"".join(_lines(encoded))
        if end < 0 or not data:
            continue
        files.append(EnclosedFile(line(begin[1]), "application/octet-stream", data))
        parts.append(text[last : begin.start()])
        last = end + len("\nend")
    text = "".join([*parts, text[last:]])
    return _SIGNATURE.sub("", _SIGNED.sub("", text)), files


def _lines(encoded: list[str]) -> Iterator[bytes]:
    """The bytes of lines; none from the first that is no such line."""
    for one in encoded:
        try:
            yield binascii.a2b_uu(one)
        except (binascii.Error, ValueError):
            return


def signed_content(data: bytes) -> bytes:
    """The message in a signed one; empty when there is none, as in an encrypted one."""
    start = data.find(_SIGNED_DATA, 0, 64)
    at = data.find(_DATA, max(start, 0))
    if start < 0 or at < 0:
        return b""
    try:
        tag, at, _ = _element(data, at + len(_DATA))
        if tag != _EXPLICIT:
            return b""
        tag, at, length = _element(data, at)
        if tag == _OCTETS:
            return data[at : at + (length or 0)]
        chunks = []
        end = len(data) if length is None else at + length
        while tag == _CHUNKS and at < end and data[at] == _OCTETS:
            _, at, size = _element(data, at)
            chunks.append(data[at : at + (size or 0)])
            at += size or 0
        return b"".join(chunks)
    except IndexError:
        return b""


def _element(data: bytes, at: int) -> tuple[int, int, int | None]:
    """Tag, place of the content and length of an element; the length is None where it is not stated."""
    tag, length = data[at], data[at + 1]
    at += 2
    if length == 0x80:
        return tag, at, None
    if length > 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[at : at + size], "big")
        at += size
    return tag, at, length
