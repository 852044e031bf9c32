"""LaTeX: paragraphs under their sections, tables and code as rows. The text is the file's own.

The text before `\\begin{document}` is settings for the program that sets the text. It is a block of rows
of its own, so that no passage begins with it.
"""

import re

from ingest.documents import BlockKind
from ingest.parsers.extract import Extract, Layout, Outline, paragraphs
from ingest.parsers.text import decode

_BEGIN = re.compile(r"^[ \t]*\\begin\{document\}", re.MULTILINE)
_LEVELS = {
    "part": 1,
    "chapter": 2,
    "section": 3,
    "subsection": 4,
    "subsubsection": 5,
    "paragraph": 6,
    "subparagraph": 7,
}
_ARGUMENT = r"\{(?P<name>[^{}]*+(?:\{[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+\}[^{}]*+)*+)\}"
"""Text in braces, which may contain two more levels of braces."""
_OPTION = r"(?:\[[^\]]{0,1000}\])?"
"""Brackets that may precede the braces. Without the limit, the search for the end of a bracket that is
never closed would reach the end of the file."""
_TARGET = r"(?:\\hypertarget\{[^{}]*\}\{%?\s*)?"
_HEADING = re.compile(
    rf"^[ \t]*{_TARGET}\\(?P<kind>{'|'.join(_LEVELS)})\*?{_OPTION}[ \t]*{_ARGUMENT}"
    r"(?:\s*\\label\{[^{}]*\}\}?)*[ \t]*%?$",
    re.MULTILINE,
)
_TITLE = re.compile(rf"\\title{_OPTION}\s*{_ARGUMENT}")
_ROWS = re.compile(r"\\begin\{(?:tabular|longtable|array|verbatim|lstlisting|align|equation|tikzpicture)")
_COMMAND = re.compile(r"\\(?:[A-Za-z]+\*?[ \t]*|[^A-Za-z])|[{}]")
_TIE = re.compile(r"~|\\[ \\,]")


def extract(data: bytes) -> Extract:
    """Parses a LaTeX file. Its title is that of its `\\title`."""
    text = decode(data)
    outline = Outline()
    begin = _BEGIN.search(text)
    start = begin.start() if begin else 0
    if start:
        outline.add(BlockKind.ROWS, 0, start)
    for heading in _HEADING.finditer(text, start):
        _add(text, start, heading.start(), outline)
        name = _plain(heading["name"])
        outline.heading(_LEVELS[heading["kind"]], name, heading.start(), heading.end())
        start = heading.end()
    _add(text, start, len(text), outline)
    stated = _TITLE.search(text)
    return Extract(_plain(stated["name"]) if stated else "", (text,), outline.spans(), Layout.LINES)


def _add(text: str, start: int, end: int, outline: Outline) -> None:
    for first, last in paragraphs(text[start:end]):
        block = text[start + first : start + last]
        kind = BlockKind.ROWS if _ROWS.search(block) else BlockKind.PROSE
        outline.add(kind, start + first, start + last)


def _plain(written: str) -> str:
    """The words of a heading, without commands."""
    return " ".join(_COMMAND.sub("", _TIE.sub(" ", written)).split())
