"""Markdown: one block a paragraph, list, quote, table or run of code, under its headings.

Block structure and line numbers are markdown-it-py's token maps. Inline markup is left as it
stands: a quote is the source's own characters. The converted formats and notebooks reuse
`outline` on the Markdown they yield.
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
_ATTRIBUTES = re.compile(r"\s*\{[#.:][^{}]*\}\s*$")
"""An anchor or class after a heading, as Pandoc and site generators read it."""
_ROWS = frozenset({"fence", "code_block", "table_open"})
_SILENT = frozenset({"hr"})
"""Tokens without text of their own."""


def extract(data: bytes) -> Extract:
    """Parses a Markdown file; its front matter is a block of rows."""
    text = decode(data)
    found = Outline()
    fields, start = "", 0
    if front := _FRONT_MATTER.match(text):
        found.add(BlockKind.ROWS, *front.span("fields"))
        fields, start = front["fields"], front.end()
    outline(text[start:], found, start)
    said, title = of_note(fields, text[start:])
    return Extract(title or found.title, (text,), found.spans(), Layout.LINES, metadata=said)


def outline(text: str, found: Outline, offset: int = 0) -> None:
    """Adds the blocks and headings of Markdown `text`, which stands at `offset` of its page."""
    starts = [start for start, _ in lines(text)]
    starts.append(len(text))
    tokens = _parser().parse(text)
    for index, token in enumerate(tokens):
        if token.level or not token.map:
            continue
        start, end = (offset + starts[line] for line in token.map)
        if token.type == "heading_open":
            found.heading(int(token.tag[1]), _plain(tokens[index + 1].content), start, end)
        elif token.type not in _SILENT:
            found.add(BlockKind.ROWS if token.type in _ROWS else BlockKind.PROSE, start, end)


@cache
def _parser() -> "MarkdownIt":
    # 40 ms to import.
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    # Link definitions yield no token, and their text would be lost; as paragraphs they stay.
    parser.disable("reference")
    # Inline markup is not needed, and costs most of the time.
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _plain(heading: str) -> str:
    """A heading's text without its inline markup and attributes."""
    (inline,) = _inline_parser().parseInline(heading)
    parts = (child.content or " " * child.type.endswith("break") for child in inline.children or ())
    return _ATTRIBUTES.sub("", "".join(parts))


@cache
def _inline_parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark")
