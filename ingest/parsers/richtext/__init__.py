"""Rich Text Format, read as its specification (version 1.9.1) describes it.

striprtf, the library for it, leaves out notes, comments, boxes, headers and footers, and prints hidden and
deleted text. Here notes, comments and boxes follow the paragraph that they are on; headers and footers stand
once, before and after the text.
"""

from collections.abc import Iterator

from ingest.documents import BlockKind, HiddenText
from ingest.errors import UnreadableDocument
from ingest.parsers.extract import Extract, Layout, Outline, damage_refused
from ingest.parsers.richtext.reading import RtfParagraph, RtfTokens
from ingest.parsers.table import in_markdown
from ingest.parsers.text import line


@damage_refused("RTF file")
def extract(data: bytes) -> Extract:
    """Parses an RTF file."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise UnreadableDocument("not RTF, despite its name", remedy="Give it the suffix of its real type.")
    reader = RtfTokens(data)
    body = reader.read()
    outline = Outline()
    parts: list[str] = []
    length = 0
    hidden: list[HiddenText] = []
    headers, footers = (
        [RtfParagraph([text]) for text in reader.margin_lines(kind)] for kind in ("header", "footer")
    )
    for block in _blocks([*headers, *body.paragraphs, *footers]):
        hidden += [HiddenText(1, length, text, how) for text, how in block.hidden]
        for text, kind in ((block.text, BlockKind.PROSE), (in_markdown(_rows(block)), BlockKind.ROWS)):
            if not text.strip():
                continue
            if block.level is not None and kind is BlockKind.PROSE:
                outline.heading(block.level, text, length, length + len(text))
            else:
                outline.add(kind, length, length + len(text))
            parts += [text, "\n\n"]
            length += len(text) + 2
        for text in block.following:
            outline.add(BlockKind.PROSE, length, length + len(text))
            parts += [text, "\n\n"]
            length += len(text) + 2
    return Extract(reader.title, ("".join(parts),), outline.spans(), Layout.FLOW, hidden=tuple(hidden))


def _blocks(paragraphs: list[RtfParagraph]) -> Iterator[RtfParagraph]:
    """The paragraphs, with the rows of a table as one."""
    table: RtfParagraph | None = None
    for paragraph in paragraphs:
        if paragraph.cells:
            table = table or RtfParagraph()
            table.cells.append("\0".join(paragraph.cells))
            table.following += paragraph.following
            table.hidden += paragraph.hidden
            continue
        if table is not None:
            yield table
            table = None
        paragraph.parts = ["\n".join(map(line, paragraph.text.split("\n"))).strip()]
        yield paragraph
    if table is not None:
        yield table


def _rows(block: RtfParagraph) -> list[list[str]]:
    return [row.split("\0") for row in block.cells]
