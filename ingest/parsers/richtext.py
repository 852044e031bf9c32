"""RTF, read by striprtf: paragraphs, and tables as rows. Headings differ by font alone, so none are read."""

import warnings
from itertools import groupby

from ingest.documents import BlockKind
from ingest.errors import UnreadableDocument
from ingest.parsers.extract import Extract, Layout, Outline, lines
from ingest.parsers.text import clean


def extract(data: bytes) -> Extract:
    """Parses an RTF file."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise UnreadableDocument("not RTF, despite its name", remedy="Give it the suffix of its real type.")
    # 20 ms to import.
    from striprtf.striprtf import rtf_to_text

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # RTF is ASCII, and states the encoding of its escaped bytes.
            text = clean(rtf_to_text(data.decode("latin-1"), errors="replace"))  # type: ignore[no-untyped-call]
        # striprtf raises any exception on malformed control words.
        except Exception as exc:
            raise UnreadableDocument(
                f"damaged RTF file ({type(exc).__name__})", remedy="Get a new copy of the file."
            ) from exc
    outline = Outline()
    # A line is a paragraph, or a row of a table.
    for is_row, run in groupby(lines(text), lambda place: text[slice(*place)].rstrip().endswith("|")):
        places = list(run)
        if is_row:
            outline.add(BlockKind.ROWS, places[0][0], places[-1][1])
        else:
            for start, end in places:
                outline.add(BlockKind.PROSE, start, end)
    return Extract("", (text,), outline.spans(), Layout.FLOW)
