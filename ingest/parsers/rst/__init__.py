"""reStructuredText as it is meant: without its markup, with tables as rows of cells.

What is read keeps the line that it has in the file, so a citation names the line that an editor shows. Markup
is taken away within its line, a line that holds nothing else becomes empty, and the row of a table is on the
line where it begins.

docutils, the reference implementation, is not used: it needs 20 s for 80 KB of unmatched backquotes,
gives up on lists that are nested 200 deep, has no line numbers for the rows of a `csv-table`, and knows none
of the roles and directives that Sphinx adds.

What no reader of the finished page sees is left out: comments, targets of links, options of directives,
tables of contents, and settings for the program that makes the page.
"""

from ingest.documents import Metadata
from ingest.parsers.extract import Extract, Layout, Outline
from ingest.parsers.metadata import of_fields
from ingest.parsers.rst.blocks import RstReader, RstSection
from ingest.parsers.text import decode


def extract(data: bytes) -> Extract:
    """Parses a reStructuredText file."""
    reader = RstReader(decode(data))
    text = "\n".join(reader.shown)
    starts = [0]
    for line in reader.shown:
        starts.append(starts[-1] + len(line) + 1)
    outline = Outline()
    for part in reader.parts:
        start, end = starts[part.first], starts[part.last + 1] - 1
        if isinstance(part, RstSection):
            outline.heading(part.level, part.name, start, end)
        else:
            outline.add(part.kind, start, end)
    title = outline.title or reader.fields.get("title", "")
    return Extract(title, (text,), outline.spans(), Layout.LINES, metadata=_metadata(reader.fields))


def _metadata(fields: dict[str, str]) -> Metadata:
    authors = fields.get("author") or fields.get("authors", "")
    return of_fields(fields.get("keywords") or fields.get("tags", ""), fields.get("date", ""), authors)
