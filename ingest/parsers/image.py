"""Pictures: their text, where there is OCR (see `ingest.parsers.ocr`). Each frame of a TIFF is a page."""

import io
import warnings

from ingest.documents import BlockKind
from ingest.errors import UnreadableDocument
from ingest.parsers import pdf
from ingest.parsers.extract import Extract, Layout, Outline, paragraphs
from ingest.parsers.text import clean

FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "GIF")
FRAMES = 500
"""Most frames read of one file."""


def extract(data: bytes) -> Extract:
    """Reads the text in a picture.

    Raises `UnreadableDocument` when there is no OCR, no text, or the file is damaged or too large.
    """
    if pdf.recognize is None:
        raise pdf.needs_ocr()
    from PIL import Image, ImageSequence

    pages: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                if picture.width * picture.height > pdf.OCR_PIXELS:
                    size = f"{picture.width} × {picture.height}"
                    raise UnreadableDocument(f"the picture is too large to be read ({size})")
                for frame, _ in zip(ImageSequence.Iterator(picture), range(FRAMES), strict=False):
                    pages.append(clean(pdf.recognize(frame.convert("RGB"))))
        except UnreadableDocument:
            raise
        # Pillow raises OSError, SyntaxError, struct.error and others on damaged pictures.
        except Exception as exc:
            raise UnreadableDocument(f"damaged picture ({type(exc).__name__})") from exc
    found = Outline()
    for number, page in enumerate(pages):
        found.turn(number)
        for start, end in paragraphs(page):
            found.add(BlockKind.PROSE, start, end)
    return Extract("", tuple(pages), found.spans(), Layout.PAGES)
