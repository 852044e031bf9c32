"""Pictures: their text, where OCR is available (see `ingest.parsers.ocr`). Each frame of a TIFF is a page."""

import io
import warnings

from ingest.documents import BlockKind
from ingest.errors import NeedsOCR, UnreadableDocument
from ingest.parsers import pdf
from ingest.parsers.extract import Extract, Layout, Outline, Recognizer, damage_refused, paragraphs
from ingest.parsers.text import clean

FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "GIF")
"""Pillow's names of the formats that may be opened."""
MAX_FRAMES = 500
"""Maximum number of frames read of one file."""


def extract(data: bytes, recognizer: Recognizer | None) -> Extract:
    """Reads the text in a picture.

    Raises `NeedsOCR` when there is no recognizer, `UnreadableDocument` when the file is damaged or has too
    many pixels.
    """
    if recognizer is None:
        raise NeedsOCR("image: needs OCR", remedy="`carrel doctor` explains how to read text in images.")
    from PIL import Image, ImageSequence

    pages: list[str] = []
    with warnings.catch_warnings(), damage_refused("image"):
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > pdf.OCR_PIXELS:
                size = f"{picture.width} × {picture.height} pixels"
                raise UnreadableDocument(f"image too large for OCR ({size})")
            for frame, _ in zip(ImageSequence.Iterator(picture), range(MAX_FRAMES), strict=False):
                pages.append(clean(recognizer(frame.convert("RGB"))))
    outline = Outline()
    for number, page in enumerate(pages):
        outline.turn(number)
        for start, end in paragraphs(page):
            outline.add(BlockKind.PROSE, start, end)
    return Extract("", tuple(pages), outline.spans(), Layout.PAGES)
