"""The RTF of messages of Outlook: unpacked ([MS-OXRTFCP]), and the HTML in it ([MS-OXRTFEX])."""

import re
import struct

from ingest.errors import UnreadableDocument
from ingest.parsers.mail.charsets import of_codepage
from ingest.parsers.mail.charsets import text as characters

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
"""What is taken to stand before every packed text."""
_WINDOW = 4096

_TOKEN = re.compile(
    rb"\\\*|\\'([0-9a-fA-F]{2})|\\([a-zA-Z]+)(-?[0-9]{1,10})? ?|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)|[\r\n]+",
    re.DOTALL,
)
_FONT = re.compile(rb"\\f([0-9]{1,5})[^;{}]*?\\fcharset([0-9]{1,3})")
_FONT_CODEPAGES = {128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255} | {
    178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250
}  # fmt: skip
"""The code pages of the charsets of fonts."""
_UNSHOWN = frozenset(
    (
        b"fonttbl",
        b"colortbl",
        b"stylesheet",
        b"info",
        b"pntext",
        b"pict",
        b"object",
        b"listtable",
        b"generator",
    )
)
_CHARACTERS = {
    b"par": "\n", b"line": "\n", b"tab": "\t", b"lquote": "\u2018", b"rquote": "’", b"ldblquote": "“",
    b"rdblquote": "”", b"bullet": "•", b"endash": "–", b"emdash": "—",
}  # fmt: skip
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
    """Takes HTML out of RTF: what stands in the groups `htmltag`, and the text between them."""

    def __init__(self, rtf: bytes) -> None:
        stated = re.search(rb"\\ansicpg([0-9]{1,5})", rtf[:1024])
        self._codepage = self._default = int(stated[1]) if stated else 1252
        self._fonts = {int(font): _FONT_CODEPAGES.get(int(charset)) for font, charset in _FONT.findall(rtf)}
        self._parts: list[str] = []
        self._bytes = b""
        self._is_tag = self._is_unshown = self._is_for_rtf = False
        self._skip = 0
        """Characters that stand for the one before them in programs without Unicode."""
        self._unicode_skip = 1
        groups: list[tuple[bool, bool, bool, int, int]] = []
        is_optional = False
        for token in _TOKEN.finditer(rtf):
            code, word, number, symbol, brace, text = token.groups()
            if brace == b"{":
                self._flush()
                groups.append(
                    (self._is_tag, self._is_unshown, self._is_for_rtf, self._unicode_skip, self._codepage)
                )
            elif brace and groups:
                self._flush()
                self._is_tag, self._is_unshown, self._is_for_rtf, self._unicode_skip, self._codepage = (
                    groups.pop()
                )
            elif token[0] == rb"\*":
                is_optional = True
                continue
            elif word:
                self._word(word, int(number or b"1"), is_optional)
            elif code:
                self._add_bytes(bytes([int(code, 16)]))
            elif symbol:
                self._add(_SYMBOLS.get(symbol, symbol.decode("latin-1")))
            elif text:
                self._add_bytes(text)
            is_optional = False
        self._flush()
        self.html = "".join(self._parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def _word(self, word: bytes, number: int, is_optional: bool) -> None:
        if is_optional or word in _UNSHOWN:
            self._flush()
            self._is_tag = word == b"htmltag"
            self._is_unshown |= not self._is_tag
        elif word == b"htmlrtf":
            self._flush()
            self._is_for_rtf = number != 0
        elif word == b"uc":
            self._unicode_skip = min(max(number, 0), 8)
        elif word == b"u":
            self._add(chr(number % 0x10000))
            self._skip = self._unicode_skip
        elif word == b"f":
            self._flush()
            self._codepage = self._fonts.get(number) or self._default
        elif word in _CHARACTERS:
            self._add(_CHARACTERS[word])

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
            text = characters(self._bytes, of_codepage(self._codepage))
            # Only a tag may contain markup.
            self._parts.append(text if self._is_tag else text.replace("<", "&lt;"))
            self._bytes = b""
