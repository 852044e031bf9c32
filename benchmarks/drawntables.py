"""How many cells of tables Carrel puts in their row and column, on tables whose cells are known.

The tables are those of `benchmarks/documents/tables` and `ledgers`, rendered as files of each format and read
like any document. A row counts by the found row that has most of its cells in their columns. Numbers are
compared by their digits, because a sheet shows 1,720.50 as 1720.5.
"""

import os
import re
import tempfile
from collections import defaultdict
from pathlib import Path

from assistant.answers.tables import tables
from benchmarks.rendering import BUNDLES, blocks, documents, render
from benchmarks.report import Report
from ingest import parsers
from ingest.catalogue import Catalogue
from ingest.catalogue.records import DocumentContent
from ingest.documents import Document
from ingest.embedding import HashingEmbedder
from ingest.keywords import folded
from ingest.pipeline import Pipeline
from ingest.reading import GoOn
from ingest.selection import EVERYTHING
from ingest.vectors.exact import ExactVectors
from policies.integrity import IntegrityKey

SETS = ("tables", "ledgers")
"""Folders of documents with tables."""

LARGEST = 1 << 24
"""Bytes of the largest file."""

Rows = list[list[str]]


def measure(report: Report) -> None:
    """Adds the share of cells kept in each format."""
    kept: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name in SETS:
        drawn = {
            path: [
                content for kind, content in blocks(source) if kind == "table" and isinstance(content, list)
            ]
            for bundle in sorted((BUNDLES / name).glob("*.txt"))
            for path, source in documents(bundle.read_text(encoding="utf-8"))
        }
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "documents"
            render(BUNDLES / name, folder)
            for content in _contents(folder, Path(scratch)):
                path = str(Path(content.path).relative_to(folder))
                found = [list(row.cells) for table in tables(content) for row in table.rows]
                counted = kept[Path(path).suffix.removeprefix(".")]
                for rows in drawn[path]:
                    right, total = _right(rows, found)
                    counted[0] += right
                    counted[1] += total
    for suffix, (right, total) in sorted(kept.items()):
        if total:
            report.add(f"{suffix}: cells of drawn tables in their row and column", right / total, ">= 0.9")


def _right(rows: Rows, found: Rows) -> tuple[int, int]:
    """How many cells below the header were found in their row and column, and how many there are."""
    right = total = 0
    for row in rows[1:]:
        cells = [_plain(cell) for cell in row]
        if not cells[0] and not any(map(str.isdigit, "".join(row))):
            continue  # The second line of a header.
        total += len(list(filter(None, cells)))
        right += max(
            (
                sum(bool(cell) and cell == _plain(other) for cell, other in zip(cells, each, strict=False))
                for each in found
            ),
            default=0,
        )
    return right, total


def _plain(cell: str) -> str:
    """A cell without signs, and a number without separators and final zeros."""
    letters = "".join(filter(str.isalnum, folded(cell)))
    return letters.rstrip("0") if re.search(r"\d", letters) else letters


def _contents(folder: Path, scratch: Path) -> list[DocumentContent]:
    """The documents of a folder as they are stored."""

    def parse(path: str, descriptor: int, digest: str, go_on: GoOn, size: int) -> Document:
        return parsers.parse(path, os.pread(descriptor, size, 0), digest)

    embedder, index = HashingEmbedder(), ExactVectors()
    catalogue = Catalogue(scratch / "catalogue.db", IntegrityKey(b"benchmark"))
    pipeline = Pipeline(
        catalogue,
        lambda: index,
        lambda: embedder,
        parse,
        disk=scratch,
        chunk_tokens=96,
        largest_file=LARGEST,
    )
    try:
        catalogue.sources.add(str(folder))
        for _ in pipeline.update(str(folder)):
            pass
        keys = [key for key, _ in catalogue.documents.select(EVERYTHING)]
        return list(catalogue.documents.contents(keys))
    finally:
        pipeline.close()
        catalogue.close()
