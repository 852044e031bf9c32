"""The text in the pictures of stamps and signatures, which is neither page content nor a value.

pdfium reads the text of a page's content alone. So a second copy of the document is opened, the stamps and
signatures of one page become content there, and everything else on that page is switched off. Only files
with a signature, or a stamp without words of its own, pay for that.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ingest.parsers.pdf.drawing import Box
from ingest.parsers.pdf.unseen import Unseen, without_unseen
from ingest.parsers.text import line

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage


def appearances(
    document: "PdfDocument", number: int, places: Sequence[tuple[int, Box]]
) -> tuple[list[str], Unseen]:
    """The text that is drawn in annotations of page `number`, counted from 0, each on one line.

    document: it changes, so it must be a copy that nothing else reads.
    places: index and box of each annotation.

    Returns the text of each annotation that can be seen, and what cannot.
    """
    from pypdfium2 import raw

    page = document[number]
    try:
        before = raw.FPDFPage_CountObjects(page.raw)
        wanted = {index for index, _ in places}
        for index in reversed(range(raw.FPDFPage_GetAnnotCount(page.raw))):
            if index not in wanted:
                raw.FPDFPage_RemoveAnnot(page.raw, index)
        if raw.FPDFPage_Flatten(page.raw, raw.FLAT_NORMALDISPLAY) != raw.FLATTEN_SUCCESS:
            return [""] * len(places), Unseen([], [])
    finally:
        page.close()
    page = document[number]
    try:
        return _texts(page, before, [box for _, box in places])
    finally:
        page.close()


def _texts(page: "PdfPage", before: int, boxes: Sequence[Box]) -> tuple[list[str], Unseen]:
    """The text in each box of what was added to a page that had `before` objects."""
    from pypdfium2 import raw

    for index in range(before):
        raw.FPDFPageObj_SetIsActive(raw.FPDFPage_GetObject(page.raw, index), False)
    text_page, unseen = without_unseen(page, has_form_on_layer=True)
    try:
        texts = [line(text_page.get_text_bounded(*box).replace("\ufffe", "")) for box in boxes]
        return texts, unseen
    finally:
        text_page.close()
