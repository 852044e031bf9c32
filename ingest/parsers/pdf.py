"""PDF, through pypdf, page by page.

Blocks are paragraphs where the page's text has blank lines, else whole pages: PDF stores glyphs
at places, not paragraphs, and the chunker divides a page between its sentences. Never runs OCR.
"""

import io
import logging
import warnings
from typing import TYPE_CHECKING

from ingest.documents import BlockKind
from ingest.errors import UnreadableDocument
from ingest.parsers.extract import Extract, Layout, Outline, Span, paragraphs
from ingest.parsers.text import clean

if TYPE_CHECKING:
    from pypdf import PdfReader

_FOREIGN = (".doc", ".docx", ".indd", ".pdf", ".ppt", ".pptx", ".qxd", ".rtf", ".tex", ".xls", ".xlsx")


def extract(data: bytes) -> Extract:
    """Parses a PDF file.

    Raises `UnreadableDocument` when it is encrypted, damaged, or holds only images of text.
    """
    # 0.3 s to import.
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError

    # It logs each repair it makes to a file, which nobody can act on.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            reader = PdfReader(io.BytesIO(data))
            pages = tuple(clean(page.extract_text()) for page in reader.pages)
            title = _title(reader)
        except (FileNotDecryptedError, DependencyError) as exc:
            raise UnreadableDocument("encrypted", remedy="Save a copy without a password.") from exc
        # pypdf raises anything on damaged input, RecursionError and zlib.error included.
        except Exception as exc:
            raise UnreadableDocument(
                f"damaged or incomplete PDF ({type(exc).__name__})", remedy="Get the file again."
            ) from exc
    spans: list[Span] = []
    for number, page in enumerate(pages):
        found = Outline(number)
        for start, end in paragraphs(page):
            found.add(BlockKind.PROSE, start, end)
        spans += found.spans()
    if not spans:
        raise UnreadableDocument(
            "no text, only images: needs OCR", remedy="Run OCR on it, then add it again."
        )
    return Extract(title, pages, tuple(spans), Layout.PAGES)


def _title(reader: "PdfReader") -> str:
    """The title in the metadata; empty when it is one that a program put there."""
    metadata = reader.metadata
    title = str(metadata.title or "").strip() if metadata else ""
    name = title.lower()
    made = name.startswith(("microsoft word", "microsoft powerpoint", "untitled", "http", "/", "c:\\"))
    return "" if made or name.endswith(_FOREIGN) or len(title) > 200 else title
