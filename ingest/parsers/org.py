"""Org mode: paragraphs under their headlines; tables, drawers and `#+begin` blocks as rows."""

import re

from ingest.documents import BlockKind
from ingest.parsers.extract import Extract, Layout, Outline, lines
from ingest.parsers.metadata import of_org
from ingest.parsers.text import decode

_HEADLINE = re.compile(r"(?P<stars>\*+)[ \t]+(?P<name>\S.*)")
_KEYWORD = re.compile(r"^#\+(title|date|filetags):[ \t]*(\S.*)$", re.I | re.M)
_TAGS = re.compile(r"[ \t]+:[\w@#%:]+:[ \t]*$")
_BEGIN = re.compile(r"[ \t]*#\+begin[_:]", re.I)
_END = re.compile(r"[ \t]*#\+end[_:]?", re.I)
_ROW = re.compile(r"[ \t]*(\||:\w[\w-]*:|#\+\w+:)")


def extract(data: bytes) -> Extract:
    """Parses an Org file."""
    text = decode(data)
    found = Outline()
    begun: tuple[BlockKind, int] | None = None
    enclosed = False
    last = 0
    for start, end in lines(text):
        line = text[start:end]
        headline = None if enclosed else _HEADLINE.match(line)
        enclosed = not _END.match(line) if enclosed else bool(_BEGIN.match(line))
        rows = enclosed or _END.match(line) or _ROW.match(line)
        kind = BlockKind.ROWS if rows else BlockKind.PROSE
        ends = headline or not line.strip() or (begun and begun[0] != kind)
        if begun and ends and not (enclosed and begun[0] == kind):
            found.add(begun[0], begun[1], last)
            begun = None
        if headline:
            name = _TAGS.sub("", headline["name"])
            found.heading(len(headline["stars"]), name, start, end)
        elif line.strip():
            begun = begun or (kind, start)
            last = end
    if begun:
        found.add(begun[0], begun[1], last)
    keywords = {name.lower(): value for name, value in _KEYWORD.findall(text)}
    return Extract(
        keywords.get("title") or found.title,
        (text,),
        found.spans(),
        Layout.LINES,
        metadata=of_org(keywords, text),
    )
