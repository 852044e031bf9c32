"""PDF: pdfium reads the text and structure; pypdf, which is slower, reads what pdfium cannot open.

A PDF places glyphs on a page and knows no paragraphs. `lines` puts the lines together again from the
geometry, and `pages` turns the lines of all pages into text, blocks and headings. Page labels are the file's
own. Attachments are listed by name and never opened. Text that cannot be seen (`unseen`) is kept apart. A
page that is only an image is read when the caller passes a recognizer (see `ingest.parsers.ocr`); otherwise
the extract says how many pages are missing.
"""

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from ingest.documents import HiddenText, Picture
from ingest.errors import NeedsOCR, UnreadableDocument
from ingest.parsers.extract import Extract, Layout, Recognizer, paragraphs
from ingest.parsers.metadata import NO_METADATA, stated_title, written_date
from ingest.parsers.pdf.annotations import FormField, Note, annotations_on
from ingest.parsers.pdf.appearances import appearances
from ingest.parsers.pdf.drawing import Box
from ingest.parsers.pdf.filling import hidden_in, is_filled, with_fields, with_notes
from ingest.parsers.pdf.headers import with_repeated_headers
from ingest.parsers.pdf.legibility import is_garbled
from ingest.parsers.pdf.lines import PageLine, lines_on
from ingest.parsers.pdf.marking import draw_frame, frames
from ingest.parsers.pdf.pages import OutlineHeading, lay_out
from ingest.parsers.pdf.ruled import rules_on
from ingest.parsers.pdf.running import running_lines
from ingest.parsers.pdf.unseen import UnseenText, without_unseen
from ingest.parsers.text import clean, line

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdfium2 import PdfDocument, PdfPage

OCR_DPI = 200
"""Resolution at which a page is drawn for OCR, in dots per inch."""
OCR_PIXELS = 40_000_000
"""Maximum number of pixels of one picture that OCR reads."""

MAX_DRAWN_PIXELS = 4_000_000
"""Maximum number of pixels of a page drawn for display."""

MAX_HEADINGS = 2_000
"""Maximum number of outline entries that are read."""
MAX_ATTACHMENTS = 100
"""Maximum number of attachments that are listed."""

_ON_A_LAYER = re.compile(rb"/(?:O|#4[fF])(?:C|#43)(?=[\s\0/<>\[\](){}%])")
"""The name OC. A form that is on a layer has it in its own dictionary, which is never compressed."""


def extract(data: bytes, recognizer: Recognizer | None = None) -> Extract:
    """Parses a PDF file, with the text of pages that are only images when there is a `recognizer`.

    Raises `NeedsOCR` when it holds only images and there is no recognizer, `UnreadableDocument` when it is
    encrypted, damaged or without text.
    """
    try:
        return _extract_with_pdfium(data, recognizer)
    except _PdfiumFailed:
        return _extract_with_pypdf(data)


def draw(data: bytes, number: int, width: int, words: str = "") -> Picture:
    """Page `number`, counted from 1, drawn `width` pixels wide, or narrower if the page is very long.

    words: of the page, which get a frame; empty for none.

    Raises `UnreadableDocument` when there is no such page, or pdfium cannot draw it.
    """
    from pypdfium2 import PdfiumError

    try:
        document = _open(data)
        try:
            page = document[number - 1]
            across, down = page.get_size()
            scale = min(width / across, (MAX_DRAWN_PIXELS / (across * down)) ** 0.5)
            bitmap = page.render(scale=scale, rev_byteorder=True)
            rows, row = bytes(bitmap.buffer), bitmap.width * 3
            starts = range(0, bitmap.height * bitmap.stride, bitmap.stride)
            pixels = bytearray().join(rows[start : start + row] for start in starts)
            for frame in frames(page, words, bitmap.width, bitmap.height) if words else ():
                draw_frame(pixels, bitmap.width, frame)
            return Picture(bitmap.width, bitmap.height, bytes(pixels))
        finally:
            document.close()
    except (_PdfiumFailed, PdfiumError, IndexError, ZeroDivisionError) as exc:
        raise UnreadableDocument(f"page {number} cannot be drawn") from exc


class _PdfiumFailed(Exception):
    """pdfium cannot open the file, or finds nothing on its pages."""


def _open(data: bytes) -> "PdfDocument":
    from pypdfium2 import PdfDocument, PdfiumError
    from pypdfium2.raw import FPDF_ERR_PASSWORD

    try:
        return PdfDocument(data)
    except PdfiumError as exc:
        if exc.err_code == FPDF_ERR_PASSWORD:
            raise _encrypted() from exc
        raise _PdfiumFailed from exc


def _extract_with_pdfium(data: bytes, recognizer: Recognizer | None) -> Extract:
    from pypdfium2 import PdfiumError
    from pypdfium2.raw import FORMTYPE_XFA_FOREGROUND, FORMTYPE_XFA_FULL

    document = _open(data)
    has_form_on_layer = _ON_A_LAYER.search(data) is not None
    known_words: set[str] = set()
    try:
        form_type = document.get_formtype()
        # pypdfium2 logs that it has no XFA. The extract says so too.
        logging.getLogger("pypdfium2").setLevel(logging.CRITICAL)
        with contextlib.suppress(PdfiumError):
            document.init_forms()
        pages = [
            _read_page(document, number, recognizer, known_words, has_form_on_layer=has_form_on_layer)
            for number in range(len(document))
        ]
        labels = [document.get_page_label(number) for number in range(len(document))]
        properties = document.get_metadata_dict()
        headings = list(_outline(document))
        attachments = [line(name) for name in _attachment_names(document)]
    except PdfiumError as exc:
        raise _PdfiumFailed from exc
    finally:
        document.close()
    images = sum(page.needs_ocr for page in pages)
    broken = sum(page.is_broken for page in pages)
    unread = f"{images} of {len(pages)} pages are images without text: needs OCR" if images else ""
    if broken:
        told = f"the text of {broken} of {len(pages)} pages is garbled in the file: needs OCR"
        unread = "; ".join(filter(None, (unread, told)))
    is_xfa = form_type in (FORMTYPE_XFA_FULL, FORMTYPE_XFA_FOREGROUND)
    if is_xfa:
        unread = "; ".join(filter(None, (unread, "XFA form: not supported, so values may be missing")))
    if any(page.drawn() for page in pages):
        _read_drawn(data, pages)
    form_is_filled = any(is_filled(page.fields) for page in pages)
    pages = [page.complete(form_is_filled=form_is_filled) for page in pages]
    if not any(page.lines or page.unseen for page in pages):
        if images:
            raise NeedsOCR(
                "contains only images, no text: needs OCR",
                remedy="`carrel doctor` explains how to read text in images.",
            )
        if is_xfa:
            raise UnreadableDocument(
                "contains only an XFA form, which is not supported",
                remedy="Open it in a PDF viewer and print it to a PDF.",
            )
        raise _PdfiumFailed
    return _assemble(
        pages,
        headings,
        title=stated_title(properties["Title"]),
        labels=tuple(
            line(label) if label != str(number) else "" for number, label in enumerate(labels, start=1)
        ),
        date=properties["CreationDate"],
        attachments=attachments,
        unread=unread,
        needs_ocr=images > 0 or broken > 0,
    )


@dataclass(frozen=True, slots=True)
class _ReadPage:
    """What was read on a page."""

    lines: list[PageLine]
    unseen: list[UnseenText]
    """Text that cannot be seen."""
    needs_ocr: bool = False
    """Whether it is an image whose text cannot be read here."""
    is_broken: bool = False
    """Whether its text layer is broken, and what it shows cannot be read here."""
    fields: Sequence[FormField] = ()
    """Its form fields."""
    notes: Sequence[Note] = ()
    """Its annotations."""

    def drawn(self) -> list[tuple[int, Box]]:
        """The fields and annotations whose words are in their pictures alone."""
        places = [(field.drawn, field.box) for field in self.fields]
        places += [(note.drawn, note.box) for note in self.notes]
        return [(index, box) for index, box in places if index is not None]

    def complete(self, *, form_is_filled: bool) -> "_ReadPage":
        """The page with its fields and annotations among the lines."""
        if not self.fields and not self.notes:
            return self
        lines = with_fields(self.lines, self.fields, form_is_filled=form_is_filled)
        return replace(
            self,
            lines=with_notes(lines, self.notes),
            unseen=[*self.unseen, *hidden_in(self.fields, self.notes)],
        )


def _read_page(
    document: "PdfDocument",
    number: int,
    recognizer: Recognizer | None,
    known_words: set[str],
    *,
    has_form_on_layer: bool,
) -> _ReadPage:
    page = document[number]
    try:
        text_page, unseen = without_unseen(page, has_form_on_layer=has_form_on_layer)
        try:
            fields, notes = annotations_on(document, page, text_page)
            rules = rules_on(page)
            dividers = [*(field.box for field in fields), *rules.up]
            lines = list(lines_on(text_page, unseen.masked, dividers, rules=rules, known_words=known_words))
        finally:
            text_page.close()
        read = _ReadPage(lines, unseen.texts, fields=fields, notes=notes)
        is_broken = is_garbled("\n".join(each.text for each in lines))
        if not is_broken and (lines or not _has_image(page)):
            return read
        if recognizer is None:
            return replace(read, needs_ocr=not is_broken, is_broken=is_broken)
        text = clean(recognizer(_page_image(page)))
        recognized = [
            PageLine(part, is_row=False, starts_paragraph=not index)
            for paragraph in re.split(r"\n\s*\n", text)
            for index, part in enumerate(filter(str.strip, paragraph.splitlines()))
        ]
        return replace(read, lines=recognized or lines)
    finally:
        page.close()


def _has_image(page: "PdfPage") -> bool:
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    return any(True for _ in page.get_objects([FPDF_PAGEOBJ_IMAGE], max_depth=3))


def _read_drawn(data: bytes, pages: list[_ReadPage]) -> None:
    """Adds to the pages the text that is in the pictures of signatures and stamps."""
    copy = _open(data)
    try:
        for number, page in enumerate(pages):
            if places := page.drawn():
                texts, unseen = appearances(copy, number, places)
                by_index: dict[int | None, str] = {
                    index: text for (index, _), text in zip(places, texts, strict=True)
                }
                pages[number] = replace(
                    page,
                    fields=[
                        replace(each, value=by_index.get(each.drawn, each.value)) for each in page.fields
                    ],
                    notes=[replace(each, text=by_index.get(each.drawn) or each.text) for each in page.notes],
                    unseen=[*page.unseen, *unseen.texts],
                )
    finally:
        copy.close()


def _page_image(page: "PdfPage") -> "Image":
    """A page as an image for OCR."""
    width, height = page.get_size()
    scale = min(OCR_DPI / 72, (OCR_PIXELS / max(width * height, 1)) ** 0.5)
    image: Image = page.render(scale=scale).to_pil()
    return image


def _outline(document: "PdfDocument") -> Iterator[OutlineHeading]:
    for entry in islice(document.get_toc(), MAX_HEADINGS):
        target = entry.get_dest()
        page = target.get_index() if target else None
        title = line(entry.get_title())
        if page is not None and title:
            yield OutlineHeading(entry.level + 1, title, page)


def _attachment_names(document: "PdfDocument") -> Iterator[str]:
    for index in range(min(document.count_attachments(), MAX_ATTACHMENTS)):
        yield document.get_attachment(index).get_name()


def _extract_with_pypdf(data: bytes) -> Extract:
    # 0.3 s to import.
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError

    # pypdf logs every repair it makes to a file. No reader of the log can act on that.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            reader = PdfReader(io.BytesIO(data))
            texts = [clean(page.extract_text()) for page in reader.pages]
            title = str(reader.metadata.title or "") if reader.metadata else ""
            attachments = [line(name) for name in islice(reader.attachments, MAX_ATTACHMENTS)]
        except (FileNotDecryptedError, DependencyError) as exc:
            raise _encrypted() from exc
        # pypdf raises any exception on damaged input, RecursionError and zlib.error included.
        except Exception as exc:
            raise UnreadableDocument(
                f"damaged or incomplete PDF ({type(exc).__name__})", remedy="Get a new copy of the file."
            ) from exc
    pages = [
        _ReadPage(
            [
                PageLine(part, is_row=False, starts_paragraph=index == 0)
                for start, end in paragraphs(text)
                for index, part in enumerate(text[start:end].split("\n"))
            ],
            [],
        )
        for text in texts
    ]
    if not any(page.lines for page in pages):
        raise UnreadableDocument("the readable pages contain no text", remedy="Get a new copy of the file.")
    unread = "damaged: hidden text in it cannot be recognized"
    return _assemble(pages, [], title=stated_title(title), attachments=attachments, unread=unread)


def _assemble(
    pages: list[_ReadPage],
    headings: list[OutlineHeading],
    *,
    title: str,
    attachments: list[str],
    labels: tuple[str, ...] = (),
    date: str = "",
    unread: str = "",
    needs_ocr: bool = False,
) -> Extract:
    """The extract of pages of lines; `date` is a PDF date string (D:YYYYMMDD...)."""
    lines = [page.lines for page in pages]
    lines = with_repeated_headers(lines, running_lines(lines))
    pages = [replace(page, lines=repeated) for page, repeated in zip(pages, lines, strict=True)]
    laid_out = lay_out(lines, headings, attachments)
    return Extract(
        title,
        laid_out.texts,
        laid_out.spans,
        Layout.PAGES,
        metadata=replace(NO_METADATA, date=written_date(date[2:10])),
        labels=labels if any(labels) else (),
        unread=unread,
        needs_ocr=needs_ocr,
        hidden=tuple(
            HiddenText(number, _place_on_page(piece, page.lines, ends), piece.text, piece.how)
            for number, (page, ends) in enumerate(zip(pages, laid_out.line_ends, strict=True), start=1)
            for piece in page.unseen
        ),
    )


def _place_on_page(piece: UnseenText, lines: list[PageLine], ends: tuple[int, ...]) -> int:
    """Where a text would be on its page: after the last of the lines that are above it."""
    above = [
        end
        for line, end in zip(lines, ends, strict=False)
        if line.baseline is not None and line.baseline > piece.box[1]
    ]
    return max(above, default=0)


def _encrypted() -> UnreadableDocument:
    return UnreadableDocument("encrypted", remedy="Save a copy without a password.")
