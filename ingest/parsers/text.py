"""Decodes bytes to clean text: encodings, line ends, and visible marks for unsafe characters.

Every parser passes its text through `clean` before it takes an offset, and the text does not change
afterwards. Called by the format modules only.
"""

import codecs
import re

from ingest.errors import UnreadableDocument
from ingest.parsers.charsets import SEVERAL_BYTES, codec
from ingest.parsers.encodings import Guess, declared, guess, seven_bits
from policies.hygiene import one_line, visible

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32 comes before UTF-16, because its little-endian mark begins with that of UTF-16."""

_SOFT_HYPHEN = "\u00ad"
_WITHIN_WORD = re.compile(rf"(?<=\w){_SOFT_HYPHEN}(?=\w)")

MOST_DAMAGE = 0.2
"""Share of damaged characters above which bytes are no text of the declared charset."""

_BINARY = tuple(map(chr, (*range(0x08), *range(0x0E, 0x1B), *range(0x1C, 0x20))))
"""Control characters that text files do not contain (terminal colours begin with 0x1b)."""


def clean(text: str) -> str:
    """`text` with line ends as `\\n`, and only characters that are safe to store and to show.

    Each character that acts on a terminal or hides text is replaced by one visible mark. A soft hyphen within
    a line is dropped, because it shows only where a line ends.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _SOFT_HYPHEN in text:
        text = _WITHIN_WORD.sub("", text)
    return visible(text)


def line(text: str) -> str:
    """`text` as one clean line, for titles, headings and cells: white space becomes single spaces."""
    # Printable ASCII contains nothing unsafe.
    is_safe = text.isascii() and text.isprintable()
    return " ".join(text.split()) if is_safe else one_line(" ".join(clean(text).split()))


def letters(text: str) -> str:
    """Letters and digits only, in lower case: two spellings of a heading compare equal."""
    return "".join(filter(str.isalnum, text)).casefold()


def decode(data: bytes) -> str:
    """The clean text of a text file.

    Raises `UnreadableDocument` for bytes that are not text in any encoding.
    """
    text, _ = _decoded(data)
    if 20 * _binary_characters(text) > len(text):
        raise _not_text()
    return clean(text)


def decode_declared(data: bytes, charset: str) -> str:
    """The text of bytes in a declared charset, or in the one that they are really in; not cleaned.

    A declaration is often wrong. Where the bytes contradict it, they are believed.

    Raises `UnreadableDocument` for bytes that are no text.
    """
    name = codec(charset)
    if not name:
        return decode(data)
    if name not in SEVERAL_BYTES and not data.isascii():
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    try:
        content = data.decode(name, errors="replace")
    # Some codecs of Python are for something else than texts.
    except (UnicodeError, LookupError):
        return decode(data)
    damaged = content.count("\ufffd")
    if damaged and (name in ("utf-8", "cp1252") or 50 * damaged > len(content)):
        try:
            return decode(data)
        except UnreadableDocument:
            if MOST_DAMAGE * len(content) < damaged:
                raise
    return content


def doubt(data: bytes) -> str:
    """What to say about the encoding of a text file, if it is not certain; otherwise empty."""
    if data.isascii():
        return ""
    try:
        _, guessed = _decoded(data)
    except UnreadableDocument:
        return ""
    return "" if guessed.is_sure else f"encoding uncertain: read as {guessed.encoding}"


def _decoded(data: bytes) -> tuple[str, Guess]:
    """The text, not cleaned, and the encoding that it was read in."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _in(Guess(encoding, is_sure=True), data)
    if escaped := seven_bits(data):
        return _in(Guess(escaped, is_sure=True), data)
    utf8 = Guess("utf-8", is_sure=True)
    text = data.decode("utf-8", errors="replace")
    if "\ufffd" in text and not _is_utf8(data):
        # UTF-8 with a few damaged bytes: a guessed encoding would garble every accented letter.
        beyond_ascii = len(text) - len(text.encode("ascii", errors="ignore"))
        if beyond_ascii > 5 * text.count("\ufffd"):
            return text, utf8
    # In UTF-16, half the bytes are zero, or others that no text has.
    elif 5 * _binary_characters(text) < len(text):
        return text, utf8
    stated = declared(data)
    guessed = Guess(stated, is_sure=True) if stated else guess(data)
    if guessed is None:
        raise _not_text()
    return _in(guessed, data)


def _in(guessed: Guess, data: bytes) -> tuple[str, Guess]:
    return data.decode(guessed.encoding, errors="replace"), guessed


def _binary_characters(text: str) -> int:
    """How many characters of `text` no text file contains. A list of them would not fit into memory."""
    return sum(map(text.count, _BINARY))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _not_text() -> UnreadableDocument:
    return UnreadableDocument("not text, despite its name", remedy="Give it the suffix of its real type.")
