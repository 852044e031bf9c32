"""Plain text: one block per paragraph, which is a run of lines that are not blank."""

from ingest.documents import BlockKind
from ingest.parsers.extract import Extract, Layout, Outline, paragraphs
from ingest.parsers.text import decode


def extract(data: bytes) -> Extract:
    """Parses a text file. Its title is its file name."""
    text = decode(data)
    outline = Outline()
    for start, end in paragraphs(text):
        outline.add(BlockKind.PROSE, start, end)
    return Extract("", (text,), outline.spans(), Layout.LINES)
