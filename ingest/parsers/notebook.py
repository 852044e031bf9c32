"""Jupyter notebooks: the Markdown cells under their headings, the code cells as rows.

Outputs are left out: they repeat what the code does, and are mostly images and numbers.
"""

import json
from typing import Any

from ingest.documents import BlockKind
from ingest.errors import UnreadableDocument
from ingest.parsers import markdown
from ingest.parsers.extract import Extract, Layout, Outline
from ingest.parsers.text import clean, decode

_GAP = "\n\n"
"""Stands between two cells."""


def extract(data: bytes) -> Extract:
    """Parses a notebook of format 3 or later."""
    try:
        cells = _cells(json.loads(decode(data)))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise UnreadableDocument("damaged notebook: it is not in the notebook format") from exc
    found = Outline()
    start = 0
    for kind, source in cells:
        if kind == "markdown":
            markdown.outline(source, found, start)
        elif source.strip():
            found.add(BlockKind.ROWS, start, start + len(source))
        start += len(source) + len(_GAP)
    text = _GAP.join(source for _, source in cells)
    return Extract(found.title, (text,), found.spans(), Layout.FLOW)


def _cells(notebook: Any) -> list[tuple[str, str]]:
    """Kind and clean source of every cell."""
    sheets = notebook.get("worksheets", [notebook])
    return [
        (str(cell["cell_type"]), clean("".join(cell.get("source", cell.get("input", "")))))
        for sheet in sheets
        for cell in sheet["cells"]
    ]
