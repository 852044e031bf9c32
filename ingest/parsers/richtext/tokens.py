"""The tokens of RTF, for the readers of its text and of the HTML that mail wraps in it."""

import re

from ingest.parsers.charsets import of_codepage, of_font

TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<byte>[0-9a-fA-F]{2})"
    rb"|\\(?P<symbol>[^a-zA-Z])|(?P<brace>[{}])|[\r\n]+|(?P<text>[^\\{}\r\n]+)",
    re.DOTALL,
)
CHARACTERS = {
    "tab": "\t",
    "line": "\n",
    "emdash": "—",
    "endash": "–",
    "bullet": "•",
    "emspace": " ",
    "enspace": " ",
    "lquote": "\u2018",
    "rquote": "\u2019",
    "ldblquote": "“",
    "rdblquote": "”",
    "qmspace": " ",
}
"""What a control word stands for."""

_FONT = re.compile(rb"\\f(\d{1,5})[^;{}]{0,200}?\\fcharset(\d{1,3})")


def charsets(data: bytes) -> tuple[str, dict[int, str]]:
    """The charset of a file, and those of its fonts that have another one, by their numbers."""
    stated = re.search(rb"\\ansicpg(\d{1,5})", data[: 1 << 20])
    default = "mac-roman" if not stated and b"\\mac" in data[:100] else "cp1252"
    default = of_codepage(int(stated[1])) if stated else default
    pages = ((int(font), of_font(int(charset))) for font, charset in _FONT.findall(data[: 1 << 20]))
    return default, {font: of_codepage(page) for font, page in pages if page is not None}
