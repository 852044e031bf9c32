"""Source code, data and logs, as text: rows, in blocks that begin where the indentation ends.

A blank line followed by a line that is not indented is where a definition, a section of a
configuration or a record begins in nearly every language, so no language is parsed.
"""

from ingest.documents import BlockKind
from ingest.parsers.extract import Extract, Layout, Outline, paragraphs
from ingest.parsers.text import decode


def extract(data: bytes) -> Extract:
    """Parses a file whose lines are its units; its title is its file name."""
    text = decode(data)
    found = Outline()
    first = last = -1
    for start, end in paragraphs(text):
        if first >= 0 and text[start] not in " \t":
            found.add(BlockKind.ROWS, first, last)
            first = start
        first, last = (start if first < 0 else first), end
    if first >= 0:
        found.add(BlockKind.ROWS, first, last)
    return Extract("", (text,), found.spans(), Layout.LINES)
