"""The charsets that files name, and Python's codecs for them.

Mail, web pages and Office name charsets by labels, by the numbers of Windows, and by those of fonts.
Programs say `iso-8859-1` and write Windows' characters, so a name stands for the wider codec, as in web
browsers (WHATWG, Encoding Standard, 4.2).
"""

import codecs

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

SEVERAL_BYTES = frozenset(
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


_FONT_CODEPAGES = {
    77: 10000,
    128: 932,
    129: 949,
    134: 936,
    136: 950,
    161: 1253,
    162: 1254,
    163: 1258,
    177: 1255,
    178: 1256,
    186: 1257,
    204: 1251,
    222: 874,
    238: 1250,
    254: 437,
    255: 850,
}
"""Code pages by the charsets of fonts in Windows."""


def of_font(charset: int) -> int | None:
    """The code page of a font's charset; None for one that says nothing."""
    return _FONT_CODEPAGES.get(charset)


def of_codepage(number: int) -> str:
    """The charset that Windows gives this number."""
    if 28591 <= number <= 28605:
        return f"iso-8859-{number - 28590}"
    return _CODEPAGES.get(number, f"cp{number}")
