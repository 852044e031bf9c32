"""reStructuredText: paragraphs under their sections, literal blocks and tables as rows.

Only the markup that decides where text belongs is read: section titles (underlined, or over- and
underlined, with levels in the order their adornments appear), `::` blocks and table borders.
"""

import re

from ingest.documents import BlockKind
from ingest.parsers.extract import Extract, Layout, Outline, lines, paragraphs
from ingest.parsers.text import decode

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}[ \t]*")
_BORDER = re.compile(r"\+[-=+]+\+?|={2,}( +={2,})+")


def extract(data: bytes) -> Extract:
    """Parses a reStructuredText file."""
    text = decode(data)
    outline = Outline()
    levels: dict[str, int] = {}
    in_literal = False
    for start, end in paragraphs(text):
        block = [(start + a, start + b) for a, b in lines(text[start:end])]
        place = 0
        while title := _title(text, block[place : place + 3]):
            style, (a, b), used = title
            level = levels.setdefault(style, len(levels) + 1)
            outline.heading(level, text[a:b], block[place][0], block[place + used - 1][1])
            place += used
            in_literal = False
        if place == len(block):
            continue
        start = block[place][0]
        is_indented = text[start] in " \t"
        in_literal = in_literal and is_indented
        is_rows = in_literal or _BORDER.match(text, start)
        outline.add(BlockKind.ROWS if is_rows else BlockKind.PROSE, start, end)
        first_line = text[slice(*block[place])]
        in_literal = in_literal or text[start:end].endswith("::") or first_line.startswith(".. code")
    return Extract(outline.title, (text,), outline.spans(), Layout.LINES)


def _title(text: str, block: list[tuple[int, int]]) -> tuple[str, tuple[int, int], int] | None:
    """The section title at the start of up to three lines: its style, its characters, its number of lines."""
    rows = [text[start:end].rstrip() for start, end in block]
    if len(rows) >= 3 and _ADORNMENT.fullmatch(rows[0]) and rows[2] == rows[0]:
        return rows[0][0] * 2, block[1], 3
    if len(rows) >= 2 and _ADORNMENT.fullmatch(rows[1]) and not _ADORNMENT.fullmatch(rows[0]):
        is_wide_enough = len(rows[1]) >= len(rows[0]) and rows[0][0] not in " \t"
        return (rows[1][0], block[0], 2) if is_wide_enough else None
    return None
