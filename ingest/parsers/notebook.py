"""Jupyter notebooks: the Markdown cells under their headings, the code cells as rows.

Outputs are left out: they repeat what the code does, and most are images and numbers.
"""

import json
from typing import Any

from ingest.documents import BlockKind
from ingest.errors import UnreadableDocument
from ingest.parsers import markdown
from ingest.parsers.extract import Extract, Layout, Outline
from ingest.parsers.text import clean, decode

_CELL_SEPARATOR = "\n\n"


def extract(data: bytes) -> Extract:
    """Parses a notebook of format 3 or later."""
    try:
        cells = _cells(json.loads(decode(data)))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise UnreadableDocument(
            "damaged notebook: its content is not in the notebook format",
            remedy="Get a new copy of the file.",
        ) from exc
    outline = Outline()
    start = 0
    for kind, source in cells:
        if kind == "markdown":
            markdown.add_blocks(source, outline, start)
        elif source.strip():
            outline.add(BlockKind.ROWS, start, start + len(source))
        start += len(source) + len(_CELL_SEPARATOR)
    text = _CELL_SEPARATOR.join(source for _, source in cells)
    return Extract(outline.title, (text,), outline.spans(), Layout.FLOW)


def _cells(notebook: Any) -> list[tuple[str, str]]:
    """Kind and clean source of every cell."""
    sheets = notebook.get("worksheets", [notebook])
    return [
        (str(cell["cell_type"]), clean("".join(cell.get("source", cell.get("input", "")))))
        for sheet in sheets
        for cell in sheet["cells"]
    ]
