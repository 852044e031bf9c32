"""Jupyter notebooks: the Markdown cells under their headings, the code cells as rows, each before its output.

Of an output, the parts that a person reads are kept: what the code prints, its results, and the last line of
an error. A table is read from its plain text, and not from its HTML. The end of a long output is left out.
"""

import json
import re
from typing import Any

from ingest.documents import BlockKind
from ingest.errors import UnreadableDocument
from ingest.parsers import markdown
from ingest.parsers.extract import Extract, Layout, Outline
from ingest.parsers.text import clean, decode

MAX_OUTPUT = 10_000
"""The most characters of the outputs of a cell that are read."""

_CELL_SEPARATOR = "\n\n"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


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
    """Kind and clean source of every cell, and its output."""
    cells: list[tuple[str, str]] = []
    for sheet in notebook.get("worksheets", [notebook]):
        for cell in sheet["cells"]:
            source = clean("".join(cell.get("source", cell.get("input", ""))))
            cells.append((str(cell["cell_type"]), source))
            if shown := "\n".join(filter(None, map(_shown, cell.get("outputs", ())))).strip("\n"):
                if len(shown) > MAX_OUTPUT:
                    shown = shown[:MAX_OUTPUT]
                    shown = f"{shown.rpartition(chr(10))[0] or shown}\n…"
                cells.append(("output", shown))
    return cells


def _shown(output: Any) -> str:
    """The text of an output; empty for a picture."""
    if output.get("output_type") in ("error", "pyerr"):
        return clean(f"{output.get('ename', '')}: {output.get('evalue', '')}")
    data = output.get("data", output)
    text = next((data[name] for name in ("text/markdown", "text/plain", "text") if name in data), "")
    text = clean(_COLOUR.sub("", "".join(text)))
    # The name of a picture or of another object.
    return "" if re.fullmatch(r"<[^<>]*>", text.strip()) else text.strip("\n")
