"""PDF: text and structure by pdfium; by pypdf, more slowly, where pdfium cannot read the file.

PDF stores glyphs at places, not paragraphs, so lines are put together again by geometry. A gap between
baselines parts paragraphs, a wide gap within a line parts a table's cells, and consecutive lines with such
gaps are rows. Lines that come back at the edge of page after page (running headers and footers) stay in the
page's text but in no block. A word broken at a line's end is joined; the hyphen stays where the document
has the word with a hyphen elsewhere.

Headings are the outline's, found again in the pages' lines; page labels are the file's own. Attachments are
named, never opened. A page that is only an image is read by OCR where `recognize` is set (see
`ingest.parsers.ocr`), else the extract says which are missing.
"""

import ctypes
import io
import logging
import re
import statistics
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

from ingest.documents import BlockKind, Picture
from ingest.errors import NEEDS_OCR, UnreadableDocument
from ingest.parsers.extract import Extract, Layout, Outline, Span, paragraphs
from ingest.parsers.metadata import NOTHING_SAID, written_date
from ingest.parsers.text import clean, line

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

recognize: "Callable[[Image], str] | None" = None
"""Reads the text of an image of a page; None where there is no OCR."""

OCR_DPI = 200
"""Dots per inch at which a page is drawn for OCR."""
OCR_PIXELS = 40_000_000
"""Most pixels drawn of one page for OCR."""

MOST_PIXELS = 4_000_000
"""Most pixels drawn of one page for the eye."""

CELL_GAP = 1.5
"""A gap within a line that parts two cells, in font sizes; spaces between words are 0.2 to 0.6."""
CELLS = "   "
"""What parts the cells of a row: white space, as in the file, so that a row quoted is verbatim."""
SAME_LINE = 0.3
"""Most by which the baselines of one row differ, in font sizes."""
PARAGRAPH_GAP = 1.35
"""A step between baselines that parts two paragraphs, in usual steps of the page."""
EDGE = 3
"""Lines at the top and at the bottom of a page that may be running headers or footers."""
COMES_BACK = 0.4
"""Share of the pages, and at least three of them, on which a running line stands."""
HEADINGS = 2_000
"""Most entries of an outline that are looked at."""
NUMBER = 12
"""Letters that may stand before a heading on its line: `Chapter 12`, `§ 3.1`."""
LONG = 20
"""Letters of a line that may be the beginning of a heading over several lines."""

_LINE = re.compile(r"[^\s](?:[^\r\n]*[^\s])?")
"""A line of a page without the white space around it."""
_BROKEN = re.compile("(\\w+)-?\ufffe\\s*(\\w+)")
"""pdfium marks where a word was broken between lines, in place of the hyphen and the line end."""
_FOREIGN = (".doc", ".docx", ".indd", ".pdf", ".ppt", ".pptx", ".qxd", ".rtf", ".tex", ".xls", ".xlsx")


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    """Cells of a row parted by `CELLS`."""
    row: bool
    apart: bool
    """Whether it begins a paragraph."""


@dataclass(frozen=True, slots=True)
class _Heading:
    level: int
    title: str
    page: int
    """Counted from 0."""


def extract(data: bytes) -> Extract:
    """Parses a PDF file.

    Raises `UnreadableDocument` when it is encrypted, damaged, or holds only images of text.
    """
    try:
        return _by_pdfium(data)
    except _Unopened:
        return _by_pypdf(data)


class _Unopened(Exception):
    """pdfium could make nothing of the file."""


def draw(data: bytes, number: int, width: int) -> Picture:
    """Page `number`, from 1, as it looks when it is `width` pixels wide, or less where it is very long.

    Raises `UnreadableDocument` when there is no such page, or pdfium cannot draw it.
    """
    from pypdfium2 import PdfiumError

    try:
        document = _opened(data)
        try:
            page = document[number - 1]
            across, down = page.get_size()
            scale = min(width / across, (MOST_PIXELS / (across * down)) ** 0.5)
            drawn = page.render(scale=scale, rev_byteorder=True)
            rows, row = bytes(drawn.buffer), drawn.width * 3
            starts = range(0, drawn.height * drawn.stride, drawn.stride)
            pixels = b"".join(rows[start : start + row] for start in starts)
            return Picture(drawn.width, drawn.height, pixels)
        finally:
            document.close()
    except (_Unopened, PdfiumError, IndexError, ZeroDivisionError) as exc:
        raise UnreadableDocument(f"page {number} cannot be drawn") from exc


def _opened(data: bytes) -> "PdfDocument":
    from pypdfium2 import PdfDocument, PdfiumError
    from pypdfium2.raw import FPDF_ERR_PASSWORD

    try:
        return PdfDocument(data)
    except PdfiumError as exc:
        if exc.err_code == FPDF_ERR_PASSWORD:
            raise _encrypted() from exc
        raise _Unopened from exc


def _by_pdfium(data: bytes) -> Extract:
    from pypdfium2 import PdfiumError

    document = _opened(data)
    try:
        pages = [_lines(document, number) for number in range(len(document))]
        labels = tuple(document.get_page_label(number) for number in range(len(document)))
        about = document.get_metadata_dict()
        headings = list(_headings(document))
        attached = [line(name) for name in _attachments(document)]
    except PdfiumError as exc:
        raise _Unopened from exc
    finally:
        document.close()
    images = sum(page is None for page in pages)
    if not any(pages):
        raise needs_ocr() if images else _Unopened
    return _assembled(
        [page or [] for page in pages],
        headings,
        title=_title(about["Title"]),
        labels=tuple(
            line(label) if label != str(number) else "" for number, label in enumerate(labels, start=1)
        ),
        date=about["CreationDate"],
        attached=attached,
        unread=f"{images} of {len(pages)} pages are images: {NEEDS_OCR}" if images else "",
    )


def _lines(document: "PdfDocument", number: int) -> list[_Line] | None:
    """The lines of a page; None for an image that was not read."""
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    page = document[number]
    try:
        text = page.get_textpage()
        try:
            found = list(_typeset(text))
        finally:
            text.close()
        if found or not any(True for _ in page.get_objects([FPDF_PAGEOBJ_IMAGE], max_depth=3)):
            return found
        if recognize is None:
            return None
        read = clean(recognize(_drawn(page)))
        return [
            _Line(part, row=False, apart=not index)
            for paragraph in re.split(r"\n\s*\n", read)
            for index, part in enumerate(filter(str.strip, paragraph.splitlines()))
        ]
    finally:
        page.close()


def _drawn(page: "PdfPage") -> "Image":
    """A page as an image."""
    width, height = page.get_size()
    scale = min(OCR_DPI / 72, (OCR_PIXELS / max(width * height, 1)) ** 0.5)
    drawn: Image = page.render(scale=scale).to_pil()
    return drawn


def _typeset(page: "PdfTextPage") -> Iterator[_Line]:
    """The lines of a page by where its characters stand."""
    text = page.get_text_range()
    if not text.strip():
        return
    if len(text) != page.count_chars():
        # Characters that stand for several, or none: places cannot be told from the text.
        for start, end in paragraphs(clean(text)):
            for index, part in enumerate(clean(text)[start:end].split("\n")):
                yield _Line(part, row=False, apart=index == 0)
        return
    rows = _side_by_side([_written(text, each, _Places(page)) for each in _LINE.finditer(text)])
    steps = [above[-1].last_baseline - below[0].baseline for above, below in pairwise(rows)]
    usual = statistics.median([step for step in steps if step > 0] or [0.0])
    for index, row in enumerate(rows):
        apart = index == 0 or not 0 <= steps[index - 1] <= PARAGRAPH_GAP * usual
        cells = [cell for written in row for cell in written.cells]
        beside = [rows[other] for other in (index - 1, index + 1) if 0 <= other < len(rows)]
        if len(cells) > 1 and any(sum(len(written.cells) for written in other) > 1 for other in beside):
            yield _Line(clean(CELLS.join(cells)), row=True, apart=apart)
        else:
            for number, written in enumerate(row):
                yield _Line(clean(" ".join(written.cells)), row=False, apart=apart or number > 0)


@dataclass(frozen=True, slots=True)
class _Written:
    """A line as pdfium tells it; a word broken at its end has brought the next line with it."""

    cells: tuple[str, ...]
    """Its text, parted at wide gaps."""
    baseline: float
    last_baseline: float
    left: float
    right: float
    size: float


def _written(text: str, found: re.Match[str], place: "_Places") -> _Written:
    first, end = found.span()
    size = place.size(first)
    cells = []
    began = first
    for space in re.finditer(r"[ \t]+", found[0]):
        before, after = first + space.start() - 1, first + space.end()
        if place.left(after) - place.right(before) > CELL_GAP * size:
            cells.append(text[began : before + 1])
            began = after
    cells.append(text[began:end])
    baseline, left = place.origin(first)
    return _Written(tuple(cells), baseline, place.origin(end - 1)[0], left, place.right(end - 1), size)


def _side_by_side(lines: list[_Written]) -> list[list[_Written]]:
    """The lines, those on one baseline together: the cells of a row may be written one by one."""
    rows: list[list[_Written]] = []
    for each in lines:
        before = rows[-1][-1] if rows else None
        if (
            before
            and abs(before.last_baseline - each.baseline) < SAME_LINE * each.size
            and each.left - before.right > CELL_GAP * each.size
        ):
            rows[-1].append(each)
        else:
            rows.append([each])
    return rows


class _Places:
    """Where the characters of a page stand, in points from its lower left corner."""

    def __init__(self, page: "PdfTextPage") -> None:
        from pypdfium2 import raw

        self._raw: Any = raw
        self._page = page.raw
        self._box = [ctypes.c_double() for _ in range(4)]
        self._at = [ctypes.byref(value) for value in self._box]

    def left(self, index: int) -> float:
        self._raw.FPDFText_GetCharBox(self._page, index, *self._at)
        return self._box[0].value

    def right(self, index: int) -> float:
        self._raw.FPDFText_GetCharBox(self._page, index, *self._at)
        return self._box[1].value

    def origin(self, index: int) -> tuple[float, float]:
        """Baseline and left end."""
        self._raw.FPDFText_GetCharOrigin(self._page, index, *self._at[:2])
        return self._box[1].value, self._box[0].value

    def size(self, index: int) -> float:
        """The height of the font, as drawn where that can be told."""
        size = float(self._raw.FPDFText_GetFontSize(self._page, index))
        self._raw.FPDFText_GetCharBox(self._page, index, *self._at)
        # Some files set text in size 1 and scale it.
        return max(size, self._box[3].value - self._box[2].value, 1.0)


def _headings(document: "PdfDocument") -> Iterator[_Heading]:
    for entry in islice(document.get_toc(), HEADINGS):
        goal = entry.get_dest()
        page = goal.get_index() if goal else None
        title = line(entry.get_title())
        if page is not None and title:
            yield _Heading(entry.level + 1, title, page)


def _attachments(document: "PdfDocument") -> Iterator[str]:
    for index in range(min(document.count_attachments(), 100)):
        yield document.get_attachment(index).get_name()


def _by_pypdf(data: bytes) -> Extract:
    # 0.3 s to import.
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError

    # It logs each repair it makes to a file, which nobody can act on.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            reader = PdfReader(io.BytesIO(data))
            texts = [clean(page.extract_text()) for page in reader.pages]
            title = str(reader.metadata.title or "") if reader.metadata else ""
            attached = [line(name) for name in islice(reader.attachments, 100)]
        except (FileNotDecryptedError, DependencyError) as exc:
            raise _encrypted() from exc
        # pypdf raises anything on damaged input, RecursionError and zlib.error included.
        except Exception as exc:
            raise UnreadableDocument(
                f"damaged or incomplete PDF ({type(exc).__name__})", remedy="Get the file again."
            ) from exc
    pages = [
        [
            _Line(part, row=False, apart=index == 0)
            for start, end in paragraphs(text)
            for index, part in enumerate(text[start:end].split("\n"))
        ]
        for text in texts
    ]
    if not any(pages):
        raise UnreadableDocument("the pages that can be read hold no text", remedy="Get the file again.")
    return _assembled(pages, [], title=_title(title), labels=(), date="", attached=attached, unread="")


def _assembled(
    pages: list[list[_Line]],
    headings: list[_Heading],
    *,
    title: str,
    labels: tuple[str, ...],
    date: str,
    attached: list[str],
    unread: str,
) -> Extract:
    """The extract of pages of lines."""
    texts, found = _laid_out(pages, headings, attached, _running(pages))
    if not found:
        # Nothing but lines that come back.
        texts, found = _laid_out(pages, headings, attached, set())
    return Extract(
        title,
        texts,
        found,
        Layout.PAGES,
        metadata=replace(NOTHING_SAID, date=written_date(date[2:10])),
        labels=labels if any(labels) else (),
        unread=unread,
    )


def _laid_out(
    pages: list[list[_Line]], headings: list[_Heading], attached: list[str], running: set[str]
) -> tuple[tuple[str, ...], tuple[Span, ...]]:
    """The pages' text, and the spans on it."""
    join = _joiner(pages)
    texts = []
    found = Outline()
    for number, lines in enumerate(pages):
        found.turn(number)
        page = _Page(found)
        here = _placed([heading for heading in headings if heading.page == number], lines)
        for index, each in enumerate(lines):
            at_edge = index < EDGE or index >= len(lines) - EDGE
            page.add(each, join(each.text), here[index], running=at_edge and _pattern(each.text) in running)
        if number == len(pages) - 1 and attached:
            named = f"Attachments: {', '.join(attached)}"
            page.add(_Line(named, row=False, apart=True), named, here[len(lines)], running=False)
        texts.append(page.text())
    return tuple(texts), found.spans()


def _placed(headings: list[_Heading], lines: list[_Line]) -> dict[int, list[tuple[_Heading, bool]]]:
    """The headings by the line they stand at, and whether that line shows them.

    A heading that no line shows begins where the one before it stands, or with the page.
    """
    placed: dict[int, list[tuple[_Heading, bool]]] = defaultdict(list)
    at = 0
    for heading in headings:
        shown = next(
            (index for index in range(at, len(lines)) if _shows(lines[index].text, heading.title)), None
        )
        at = at if shown is None else shown
        placed[at].append((heading, shown is not None))
    return placed


def _shows(text: str, title: str) -> bool:
    """Whether a line is a heading: the title, perhaps numbered, or the beginning of a long one."""
    shown, sought = _plain(text), _plain(title)
    if not shown or not sought:
        return False
    whole = shown.endswith(sought) and len(shown) <= len(sought) + NUMBER
    return whole or (len(shown) > LONG and sought.startswith(shown))


class _Page:
    """Puts the text of one page together, and its blocks and headings into the outline."""

    def __init__(self, found: Outline) -> None:
        self._found = found
        self._parts: list[str] = []
        self._length = 0
        self._kind: BlockKind | None = None
        """Of the block that is open, which began at `_start`."""
        self._start = 0

    def add(self, each: _Line, text: str, headings: list[tuple[_Heading, bool]], *, running: bool) -> None:
        """Adds a line, whose broken words are joined in `text`, and the headings that stand at it."""
        kind = BlockKind.ROWS if each.row else BlockKind.PROSE
        if each.apart or running or headings or kind is not self._kind:
            self._close()
            if self._parts:
                self._append("\n")
        start = self._length
        self._append(f"{text}\n")
        for heading, shown in headings:
            self._found.heading(heading.level, heading.title, start, self._length if shown else start)
        if not running and not any(shown for _, shown in headings) and self._kind is None:
            self._kind, self._start = kind, start

    def text(self) -> str:
        """Its text, when all lines are there."""
        self._close()
        return "".join(self._parts)

    def _close(self) -> None:
        if self._kind is not None:
            self._found.add(self._kind, self._start, self._length)
        self._kind = None

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def _plain(text: str) -> str:
    """Letters and digits only, in lower case: how a heading is recognized."""
    return "".join(filter(str.isalnum, text)).casefold()


def _pattern(text: str) -> str:
    """A line with its numbers left out, which change from page to page."""
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", " ".join(text.casefold().split()))


def _running(pages: list[list[_Line]]) -> set[str]:
    """The patterns of lines that come back at the edges of the pages."""
    seen: Counter[str] = Counter()
    for lines in pages:
        edge = lines[:EDGE] + lines[max(EDGE, len(lines) - EDGE) :]
        seen.update({_pattern(each.text) for each in edge})
    least = max(3, COMES_BACK * sum(map(bool, pages)))
    return {pattern for pattern, count in seen.items() if count >= least}


def _joiner(pages: list[list[_Line]]) -> Callable[[str], str]:
    """What joins broken words, knowing all words of the document."""
    hyphened: set[str] = set()
    for lines in pages:
        for each in lines:
            hyphened.update(word.casefold() for word in re.findall(r"\w+-\w+", each.text))

    def joined(broken: re.Match[str]) -> str:
        kept = f"{broken[1]}-{broken[2]}"
        return kept if kept.casefold() in hyphened or broken[2][0].isdigit() else broken[1] + broken[2]

    return lambda text: _BROKEN.sub(joined, text).replace("\ufffe", "-") if "\ufffe" in text else text


def _title(named: str) -> str:
    """The title in the metadata; empty when it is one that a program put there."""
    title = named.strip("\0 ")
    name = title.lower()
    made = name.startswith(("microsoft word", "microsoft powerpoint", "untitled", "http", "/", "c:\\"))
    return "" if made or name.endswith(_FOREIGN) or len(title) > 200 else title


def needs_ocr() -> UnreadableDocument:
    """What is said of a file whose text is in pictures only, without OCR."""
    return UnreadableDocument(
        f"no text, only images: {NEEDS_OCR}", remedy="`carrel doctor` says how to have Carrel read images."
    )


def _encrypted() -> UnreadableDocument:
    return UnreadableDocument("encrypted", remedy="Save a copy without a password.")
