"""Source code, settings and logs: text in rows, divided into blocks where the indentation returns to zero.

In nearly every language, a definition, a section of a configuration or a record begins after a blank line
with a line that is not indented. So no language has to be parsed.
"""

from ingest.documents import BlockKind
from ingest.parsers.extract import Extract, Layout, Outline, paragraphs
from ingest.parsers.text import decode


def extract(data: bytes) -> Extract:
    """Parses a file whose units are lines. Its title is its file name."""
    text = decode(data)
    outline = Outline()
    first = last = -1
    for start, end in paragraphs(text):
        if first >= 0 and text[start] not in " \t":
            outline.add(BlockKind.ROWS, first, last)
            first = start
        first, last = (start if first < 0 else first), end
    if first >= 0:
        outline.add(BlockKind.ROWS, first, last)
    return Extract("", (text,), outline.spans(), Layout.LINES)
