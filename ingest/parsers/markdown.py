"""Markdown: one block per paragraph, list, quote, table or run of code, under its headings.

markdown-it-py's token maps give the block structure and the line numbers. Inline markup is left in place: a
quote repeats the source's own characters. Converted formats and notebooks use `add_blocks` on the Markdown
they produce.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from ingest.documents import BlockKind
from ingest.parsers.extract import Extract, Layout, Outline, lines
from ingest.parsers.metadata import of_note
from ingest.parsers.text import decode

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_FRONT_MATTER = re.compile(
    r"\A---[ \t]*\n(?=[\w-]+[ \t]*:)(?P<fields>.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL
)
_ATTRIBUTES = re.compile(r"\{[#.:][^{}]*\}\s*\Z")
"""An anchor or class after a heading, in the syntax of Pandoc and site generators."""
_ROW_TOKENS = frozenset({"fence", "code_block", "table_open"})
_EMPTY_TOKENS = frozenset({"hr"})
"""Tokens without text of their own."""


def extract(data: bytes) -> Extract:
    """Parses a Markdown file. Its front matter is a block of rows."""
    text = decode(data)
    outline = Outline()
    fields, start = "", 0
    if front_matter := _FRONT_MATTER.match(text):
        outline.add(BlockKind.ROWS, *front_matter.span("fields"))
        fields, start = front_matter["fields"], front_matter.end()
    add_blocks(text[start:], outline, start)
    metadata, title = of_note(fields, text[start:])
    return Extract(title or outline.title, (text,), outline.spans(), Layout.LINES, metadata=metadata)


def add_blocks(text: str, outline: Outline, offset: int = 0) -> None:
    """Adds the blocks and headings of Markdown `text`, which begins at `offset` of its page."""
    starts = [start for start, _ in lines(text)]
    starts.append(len(text))
    tokens = _parser().parse(text)
    for index, token in enumerate(tokens):
        if token.level or not token.map:
            continue
        start, end = (offset + starts[line] for line in token.map)
        if token.type == "heading_open":
            outline.heading(int(token.tag[1]), _plain(tokens[index + 1].content), start, end)
        elif token.type not in _EMPTY_TOKENS:
            kind = BlockKind.ROWS if token.type in _ROW_TOKENS else BlockKind.PROSE
            outline.add(kind, start, end)


@cache
def _parser() -> "MarkdownIt":
    # 40 ms to import.
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    # Link definitions produce no token, so their text would be lost. As paragraphs they are kept.
    parser.disable("reference")
    # Inline markup is not used, and parsing it takes most of the time.
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _plain(heading: str) -> str:
    """A heading's text without its inline markup and attributes."""
    (inline,) = _inline_parser().parseInline(heading)
    parts = (child.content or " " * child.type.endswith("break") for child in inline.children or ())
    return _ATTRIBUTES.sub("", "".join(parts)).rstrip()


@cache
def _inline_parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark")
