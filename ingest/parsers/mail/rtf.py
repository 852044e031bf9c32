"""The RTF of Outlook messages: unpacked ([MS-OXRTFCP]), and the HTML in it ([MS-OXRTFEX])."""

import struct

from ingest.errors import UnreadableDocument
from ingest.parsers.richtext.tokens import CHARACTERS, TOKEN, charsets
from ingest.parsers.text import decode_declared

MAX_UNPACKED_BYTES = 64 << 20
"""Size of the RTF of one message, unpacked."""

_PACKED, _UNPACKED = b"LZFu", b"MELA"
_FIRST = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans "
    rb"SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par "
    rb"\pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""The text that is assumed to precede every packed text."""
_WINDOW = 4096

_UNSHOWN = frozenset("fonttbl colortbl stylesheet info pntext pict object listtable generator".split())
_SYMBOLS = {b"~": "\xa0", b"-": "", b"_": "\u2011"}


def unpacked(data: bytes) -> bytes:
    """RTF as it is in a message. Raises `UnreadableDocument` when it is damaged."""
    if len(data) < 16:
        raise UnreadableDocument("damaged RTF")
    size, mark = struct.unpack_from("<I", data, 4)[0], data[8:12]
    if mark == _UNPACKED:
        return data[16 : 16 + size]
    if mark != _PACKED:
        raise UnreadableDocument("damaged RTF")
    window = bytearray(_FIRST.ljust(_WINDOW, b" "))
    place = len(_FIRST)
    result = bytearray()
    at = 16
    while at < len(data) and len(result) < min(size, MAX_UNPACKED_BYTES):
        control = data[at]
        at += 1
        for bit in range(8):
            if control >> bit & 1:
                if at + 2 > len(data):
                    return bytes(result)
                reference = data[at] << 8 | data[at + 1]
                at += 2
                start, length = reference >> 4, (reference & 0xF) + 2
                if start == place:
                    return bytes(result)
                for offset in range(length):
                    byte = window[(start + offset) % _WINDOW]
                    result.append(byte)
                    window[place] = byte
                    place = (place + 1) % _WINDOW
            elif at < len(data):
                result.append(data[at])
                window[place] = data[at]
                place = (place + 1) % _WINDOW
                at += 1
    return bytes(result)


def html_in(rtf: bytes) -> str:
    """The HTML that is wrapped in RTF; empty when there is none."""
    if rb"\fromhtml" not in rtf[:1024]:
        return ""
    return _Unwrapping(rtf).html


class _Unwrapping:
    """Extracts HTML from RTF: the content of the groups `htmltag`, and the text between them."""

    def __init__(self, rtf: bytes) -> None:
        self._default, self._fonts = charsets(rtf)
        self._charset = self._default
        self._parts: list[str] = []
        self._bytes = bytearray()
        self._is_tag = self._is_unshown = self._is_for_rtf = False
        self._skip = 0
        """Characters that stand for the one before them in programs without Unicode."""
        self._unicode_skip = 1
        groups: list[tuple[bool, bool, bool, int, str]] = []
        is_optional = False
        for token in TOKEN.finditer(rtf):
            if token["brace"] == b"{":
                self._flush()
                groups.append(
                    (self._is_tag, self._is_unshown, self._is_for_rtf, self._unicode_skip, self._charset)
                )
            elif token["brace"] and groups:
                self._flush()
                self._is_tag, self._is_unshown, self._is_for_rtf, self._unicode_skip, self._charset = (
                    groups.pop()
                )
            elif token["symbol"] == b"*":
                is_optional = True
                continue
            elif token["word"]:
                self._word(token["word"].decode("ascii"), int(token["number"] or b"1"), is_optional)
            elif token["byte"]:
                self._add_bytes(bytes([int(token["byte"], 16)]))
            elif token["symbol"]:
                self._add(_SYMBOLS.get(token["symbol"], token["symbol"].decode("latin-1")))
            elif token["text"]:
                self._add_bytes(token["text"])
            is_optional = False
        self._flush()
        self.html = "".join(self._parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def _word(self, word: str, number: int, is_optional: bool) -> None:
        if is_optional or word in _UNSHOWN:
            self._flush()
            self._is_tag = word == "htmltag"
            self._is_unshown |= not self._is_tag
        elif word == "htmlrtf":
            self._flush()
            self._is_for_rtf = number != 0
        elif word == "uc":
            self._unicode_skip = min(max(number, 0), 8)
        elif word == "u":
            self._add(chr(number % 0x10000))
            self._skip = self._unicode_skip
        elif word == "f":
            self._flush()
            self._charset = self._fonts.get(number, self._default)
        elif word == "par":
            self._add("\n")
        elif word in CHARACTERS:
            self._add(CHARACTERS[word])

    def _add_bytes(self, data: bytes) -> None:
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        if not self._is_unshown and (self._is_tag or not self._is_for_rtf):
            self._bytes += data[skipped:]

    def _add(self, text: str) -> None:
        self._flush()
        self._skip = 0
        if not self._is_unshown and (self._is_tag or not self._is_for_rtf):
            self._parts.append(text)

    def _flush(self) -> None:
        """Adds the bytes that wait for the rest of a character."""
        if self._bytes:
            text = decode_declared(bytes(self._bytes), self._charset)
            # Only a tag may contain markup.
            self._parts.append(text if self._is_tag else text.replace("<", "&lt;"))
            self._bytes.clear()
