"""Plain text: one block a paragraph, which is a run of lines that are not blank."""

from ingest.documents import BlockKind
from ingest.parsers.extract import Extract, Layout, Outline, paragraphs
from ingest.parsers.text import decode


def extract(data: bytes) -> Extract:
    """Parses a text file; its title is its file name."""
    text = decode(data)
    found = Outline()
    for start, end in paragraphs(text):
        found.add(BlockKind.PROSE, start, end)
    return Extract("", (text,), found.spans(), Layout.LINES)
