"""RTF, through striprtf: its text by paragraphs, tables as rows. RTF has headings in its looks only."""

import warnings
from itertools import groupby

from ingest.documents import BlockKind
from ingest.errors import UnreadableDocument
from ingest.parsers.extract import Extract, Layout, Outline, lines
from ingest.parsers.text import clean


def extract(data: bytes) -> Extract:
    """Parses an RTF file."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise UnreadableDocument("not RTF, whatever its name says")
    # 20 ms to import.
    from striprtf.striprtf import rtf_to_text

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # RTF is ASCII, and says what its escaped bytes mean.
            text = clean(rtf_to_text(data.decode("latin-1"), errors="replace"))  # type: ignore[no-untyped-call]
        # It raises whatever a malformed control word leads it into.
        except Exception as exc:
            raise UnreadableDocument(f"damaged RTF file ({type(exc).__name__})") from exc
    found = Outline()
    # Each line is a paragraph, or a row of a table.
    for row, run in groupby(lines(text), lambda place: text[slice(*place)].rstrip().endswith("|")):
        places = list(run)
        if row:
            found.add(BlockKind.ROWS, places[0][0], places[-1][1])
        else:
            for start, end in places:
                found.add(BlockKind.PROSE, start, end)
    return Extract("", (text,), found.spans(), Layout.FLOW)
