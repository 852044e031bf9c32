"""Decodes bytes to clean text: encodings, line ends, and visible marks for unsafe characters.

Every parser passes its text through `clean` before it takes an offset, and the text does not change
afterwards. Called by the format modules only.
"""

import codecs
import re

from ingest.errors import UnreadableDocument
from policies.hygiene import one_line, visible

SAMPLE_BYTES = 1 << 18
"""Bytes examined when an encoding has to be guessed."""

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32 comes before UTF-16, because its little-endian mark begins with that of UTF-16."""

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_BINARY = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f]")
"""Control characters that text files do not contain (terminal colours begin with 0x1b)."""


def clean(text: str) -> str:
    """`text` with line ends as `\\n`, and only characters that are safe to store and to show.

    Each character that acts on a terminal or hides text is replaced by one visible mark.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return visible(text)


def line(text: str) -> str:
    """`text` as one clean line, for titles, headings and cells: white space becomes single spaces."""
    return one_line(" ".join(clean(text).split()))


def letters(text: str) -> str:
    """Letters and digits only, in lower case: two spellings of a heading compare equal."""
    return "".join(filter(str.isalnum, text)).casefold()


def decode(data: bytes) -> str:
    """The clean text of a text file.

    Raises `UnreadableDocument` for bytes that are not text in any encoding.
    """
    text = _decoded(data)
    if 20 * len(_BINARY.findall(text)) > len(text):
        raise _not_text()
    return clean(text)


def _decoded(data: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _guessed(data)


def _guessed(data: bytes) -> str:
    if b"\0" in data:
        raise _not_text()
    # UTF-8 with a few damaged bytes: a guessed encoding would garble every accented letter.
    text = data.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    if len(_NOT_ASCII.findall(text)) > 5 * damaged:
        return text
    # 30 ms to import, for the rare file that needs it.
    from charset_normalizer import from_bytes

    sample = data[: data.rfind(b"\n", 0, SAMPLE_BYTES) + 1] or data[:SAMPLE_BYTES]
    best = from_bytes(sample).best()
    if best is None:
        raise _not_text()
    return data.decode(best.encoding, errors="replace")


def _not_text() -> UnreadableDocument:
    return UnreadableDocument("not text, despite its name", remedy="Give it the suffix of its real type.")
