"""Org mode: paragraphs under their headlines; tables, drawers and `#+begin` blocks as rows."""

import re

from ingest.documents import BlockKind
from ingest.parsers.extract import Extract, Layout, Outline, lines
from ingest.parsers.metadata import of_org
from ingest.parsers.text import decode

_HEADLINE = re.compile(r"(?P<stars>\*+)[ \t]+(?P<name>\S.*)")
_KEYWORD = re.compile(r"^#\+(title|date|filetags):[ \t]*(\S.*)$", re.I | re.M)
_TAGS = re.compile(r"(?<=[ \t]):[\w@#%:]+:[ \t]*\Z")
_BEGIN = re.compile(r"[ \t]*#\+begin[_:]", re.I)
_END = re.compile(r"[ \t]*#\+end[_:]?", re.I)
_ROW = re.compile(r"[ \t]*(\||:\w[\w-]*:|#\+\w+:)")


def extract(data: bytes) -> Extract:
    """Parses an Org file."""
    text = decode(data)
    outline = Outline()
    block: tuple[BlockKind, int] | None = None
    """Kind and start of the open block."""
    enclosed = False
    """Whether the line is between `#+begin` and `#+end`."""
    last = 0
    for start, end in lines(text):
        line = text[start:end]
        headline = None if enclosed else _HEADLINE.match(line)
        enclosed = not _END.match(line) if enclosed else bool(_BEGIN.match(line))
        is_row = enclosed or _END.match(line) or _ROW.match(line)
        kind = BlockKind.ROWS if is_row else BlockKind.PROSE
        ends_block = headline or not line.strip() or (block and block[0] != kind)
        if block and ends_block and not (enclosed and block[0] == kind):
            outline.add(block[0], block[1], last)
            block = None
        if headline:
            name = _TAGS.sub("", headline["name"]).rstrip()
            outline.heading(len(headline["stars"]), name, start, end)
        elif line.strip():
            block = block or (kind, start)
            last = end
    if block:
        outline.add(block[0], block[1], last)
    keywords = {name.lower(): value for name, value in _KEYWORD.findall(text)}
    return Extract(
        keywords.get("title") or outline.title,
        (text,),
        outline.spans(),
        Layout.LINES,
        metadata=of_org(keywords, text),
    )
