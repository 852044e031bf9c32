"""The charsets that mail names, and the text of bytes in them.

A declared charset is often another one than the bytes are in: a mailer says `iso-8859-1` and writes
Windows' characters or UTF-8. Where the bytes contradict the declaration, they are believed.
"""

import codecs

from ingest.errors import UnreadableDocument
from ingest.parsers.text import decode

_WIDER = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ext",
}
"""Codecs, by Python's names, whose mail may use characters of a wider one, as web browsers read them too."""

_NAMES = {
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "unicode": "utf-16",
    "x-sjis": "cp932",
    "ks_c_5601-1987": "cp949",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "ansi_x3.110-1983": "cp1252",
    "x-gbk": "gb18030",
    "cp-850": "cp850",
    "windows-31j": "cp932",
}
"""Names that mail uses and Python does not know."""

_TRANSFORMS = frozenset({"base64", "bz2", "hex", "quopri", "rot13", "uu", "zlib"})
"""Codecs of Python that are not charsets."""

_SEVERAL_BYTES = frozenset(
    {
        "utf-8",
        "utf-7",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "utf-32-le",
        "utf-32-be",
        "iso2022_jp_ext",
    }
    | {"iso2022_kr", "gb18030", "cp949", "cp932", "big5hkscs", "euc_jp", "hz", "johab"}
)
"""Codecs with characters of several bytes: their text is rarely valid UTF-8 by chance, but may be."""


def codec(charset: str) -> str:
    """Python's name of the codec for a charset; empty for one that is unknown, or no charset."""
    charset = charset.strip(" \"'").lower()
    try:
        name = codecs.lookup(_NAMES.get(charset, charset)).name
    except (LookupError, ValueError, UnicodeError):
        return ""
    return "" if name in _TRANSFORMS else _WIDER.get(name, name)


_CODEPAGES = {
    1200: "utf-16-le", 20127: "us-ascii", 20866: "koi8-r", 21866: "koi8-u", 50220: "iso-2022-jp",
    50221: "iso-2022-jp", 50222: "iso-2022-jp", 50225: "iso-2022-kr", 51932: "euc-jp", 51949: "euc-kr",
    52936: "hz", 54936: "gb18030", 65001: "utf-8", 10000: "mac-roman",
}  # fmt: skip
"""Windows' numbers of charsets that are not called by them."""


def of_codepage(number: int) -> str:
    """The charset that Windows gives this number."""
    if 28591 <= number <= 28605:
        return f"iso-8859-{number - 28590}"
    return _CODEPAGES.get(number, f"cp{number}")


MOST_DAMAGE = 0.2
"""Share of damaged characters above which bytes are no text of the declared charset."""


def text(data: bytes, charset: str) -> str:
    """The text of bytes in a declared charset, or in the one that they are really in; not cleaned.

    Raises `UnreadableDocument` for bytes that are no text.
    """
    name = codec(charset)
    if not name:
        return decode(data)
    if name not in _SEVERAL_BYTES and not data.isascii():
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
