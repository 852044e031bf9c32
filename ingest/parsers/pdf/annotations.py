"""The values of form fields and the annotations on a PDF page.

pdfium reads both. A field that the file's form does not list, as damaged files have, is read from its own
entries. What a viewer does not show (flagged as hidden, off the page, in the colour of the page) is
hidden text like any other. A password is never read.
"""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from typing import TYPE_CHECKING, Any

from ingest.documents import Hiding
from ingest.parsers.pdf.drawing import Box, touch
from ingest.parsers.text import clean, line
from ingest.parsers.unseen import SMALLEST_POINTS
from ingest.parsers.unseen.colours import CONTRAST

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

MAX_ANNOTATIONS = 2_000
"""Maximum number of annotations and fields of a page that are read."""
MAX_CHARACTERS = 100_000
"""Maximum length of one value or annotation."""
MAX_OPTIONS = 1_000
"""Maximum number of options of a field that are read."""

_HIDDEN = 1 << 1 | 1 << 5
"""Flags of an annotation that is not shown on a screen: Hidden and NoView."""
_PASSWORD = 1 << 13
"""Flag of a text field that shows no letters."""


class FieldKind(StrEnum):
    """What a person fills in."""

    TEXT = "text"
    """Letters, or a choice from a list."""
    TICK = "tick"
    """A check box."""
    RADIO = "radio"
    """One of several buttons."""
    SIGNATURE = "signature"
    """A signature."""


@dataclass(frozen=True, slots=True)
class FormField:
    """A form field on a page."""

    kind: FieldKind
    name: str
    """The name that programs use."""
    description: str
    """The name for people; empty when there is none."""
    value: str
    """What is filled in, or what a ticked box or button stands for; empty if that is nothing."""
    box: Box
    """Where it is."""
    hidden: Hiding | None
    """How it is hidden; None if it can be seen."""
    drawn: int | None = None
    """Its index on the page if it has no value, but a picture with words."""


@dataclass(frozen=True, slots=True)
class Note:
    """An annotation on a page."""

    kind: str
    """What it is, in a word, with its author."""
    marked: str
    """The text of the page that it marks; empty if it marks none."""
    text: str
    """What it says; may be empty if it marks something."""
    box: Box
    hidden: Hiding | None
    """How it is hidden; None if it can be seen."""
    drawn: int | None = None
    """Its index on the page if it has no text, but a picture with words."""


def annotations_on(
    document: "PdfDocument", page: "PdfPage", text_page: "PdfTextPage"
) -> tuple[list[FormField], list[Note]]:
    """The form fields and annotations of a page, in the order of the file."""
    from pypdfium2 import raw

    fields: list[FormField] = []
    notes: list[Note] = []
    reader: _AnnotationReader | None = None
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), MAX_ANNOTATIONS)):
        item = raw.FPDFPage_GetAnnot(page.raw, index)
        if not item:
            continue
        try:
            subtype = raw.FPDFAnnot_GetSubtype(item)
            if subtype in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP):
                continue
            reader = reader or _AnnotationReader(document, page, text_page)
            if subtype == raw.FPDF_ANNOT_WIDGET:
                fields += reader.field(item, index)
            else:
                notes += reader.note(item, subtype, index)
        finally:
            raw.FPDFPage_CloseAnnot(item)
    return fields, notes


class _AnnotationReader:
    """Reads the annotations of one page."""

    def __init__(self, document: "PdfDocument", page: "PdfPage", text_page: "PdfTextPage") -> None:
        from pypdfium2 import raw

        self._raw: Any = raw
        self._form = document.formenv.raw if document.formenv else None
        self._page = page
        self._text_page = text_page
        self._shown = page.get_bbox()
        self._picture: Any = None
        self._marks = {
            raw.FPDF_ANNOT_HIGHLIGHT: "highlight",
            raw.FPDF_ANNOT_UNDERLINE: "underline",
            raw.FPDF_ANNOT_SQUIGGLY: "underline",
            raw.FPDF_ANNOT_STRIKEOUT: "strikeout",
        }
        self._kinds = {
            **self._marks,
            raw.FPDF_ANNOT_TEXT: "note",
            raw.FPDF_ANNOT_FREETEXT: "text",
            raw.FPDF_ANNOT_STAMP: "stamp",
            raw.FPDF_ANNOT_FILEATTACHMENT: "attachment",
            raw.FPDF_ANNOT_REDACT: "redaction",
        }

    def field(self, item: Any, index: int) -> Iterator[FormField]:
        """The form field of a widget; none if it is a push button or a password."""
        raw, form = self._raw, self._form
        kind = raw.FPDFAnnot_GetFormFieldType(form, item) if form else -1
        flags = raw.FPDFAnnot_GetFormFieldFlags(form, item) if form else 0
        if kind > 0:
            name = self._string(raw.FPDFAnnot_GetFormFieldName, form, item)
            description = self._string(raw.FPDFAnnot_GetFormFieldAlternateName, form, item)
        else:
            name, description = self._entry(item, "T"), self._entry(item, "TU")
        is_button = kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON)
        if kind == raw.FPDF_FORMFIELD_PUSHBUTTON or (
            kind == raw.FPDF_FORMFIELD_TEXTFIELD and flags & _PASSWORD
        ):
            return
        if kind == raw.FPDF_FORMFIELD_SIGNATURE:
            field_kind, value = FieldKind.SIGNATURE, ""
        elif is_button or (kind <= 0 and self._entry(item, "AS")):
            is_radio = kind == raw.FPDF_FORMFIELD_RADIOBUTTON
            field_kind = FieldKind.RADIO if is_radio else FieldKind.TICK
            value = self._state(item, is_listed=kind > 0)
        else:
            field_kind = FieldKind.TEXT
            value = self._value(item, kind)
        box = self._box(item)
        drawn = index if field_kind is FieldKind.SIGNATURE and not self._flagged(item) else None
        hiding = self._hiding(item, box, value)
        yield FormField(field_kind, line(name), line(description), value, box, hiding, drawn)

    def note(self, item: Any, subtype: int, index: int) -> Iterator[Note]:
        """The annotation, if it says or marks anything."""
        raw = self._raw
        text = self._entry(item, "Contents") or _plain(self._entry(item, "RC"))
        marked = self._marked(item) if subtype in self._marks else ""
        kind = self._kinds.get(subtype, "drawing")
        drawn = None
        if subtype == raw.FPDF_ANNOT_STAMP and not text:
            text = _words_of(self._entry(item, "Name"))
            drawn = index if raw.FPDFAnnot_HasKey(item, b"AP") else None
        # An answer that only sets a state, such as "accepted", repeats that state in words.
        if not (text or marked or drawn is not None) or self._entry(item, "StateModel"):
            return
        if raw.FPDFAnnot_HasKey(item, b"IRT"):
            kind = "reply"
        author = line(self._entry(item, "T"))
        box = self._box(item)
        is_drawn = subtype == raw.FPDF_ANNOT_FREETEXT
        hiding = self._hiding(item, box, text) if is_drawn else self._flagged(item)
        yield Note(f"{kind} by {author}" if author else kind, marked, text, box, hiding, drawn)

    def _value(self, item: Any, kind: int) -> str:
        raw, form = self._raw, self._form
        if kind in (raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX):
            options = range(min(raw.FPDFAnnot_GetOptionCount(form, item), MAX_OPTIONS))
            chosen = [
                line(self._string(raw.FPDFAnnot_GetOptionLabel, form, item, option))
                for option in options
                if raw.FPDFAnnot_IsOptionSelected(form, item, option)
            ]
            if any(chosen):
                return ", ".join(filter(None, chosen))
        value = self._string(raw.FPDFAnnot_GetFormFieldValue, form, item) if kind > 0 else ""
        return value or self._entry(item, "V") or _plain(self._entry(item, "RV"))

    def _state(self, item: Any, *, is_listed: bool) -> str:
        """What a ticked box or button stands for; empty if it is not ticked."""
        raw, form = self._raw, self._form
        state = self._entry(item, "AS")
        if is_listed:
            if not raw.FPDFAnnot_IsChecked(form, item):
                return ""
            return line(self._string(raw.FPDFAnnot_GetFormFieldExportValue, form, item) or state) or "On"
        return "" if state == "Off" else line(state)

    def _marked(self, item: Any) -> str:
        """The text of the page under a highlight."""
        raw = self._raw
        points = raw.FS_QUADPOINTSF()
        pieces = []
        for index in range(min(raw.FPDFAnnot_CountAttachmentPoints(item), MAX_OPTIONS)):
            if raw.FPDFAnnot_GetAttachmentPoints(item, index, points):
                across = sorted((points.x1, points.x2, points.x3, points.x4))
                up = sorted((points.y1, points.y2, points.y3, points.y4))
                pieces.append(self._text_page.get_text_bounded(across[0], up[0], across[-1], up[-1]))
        return line(" ".join(pieces).replace("\ufffe", ""))[:MAX_CHARACTERS]

    # Whether it can be seen

    def _flagged(self, item: Any) -> Hiding | None:
        return Hiding.MARKED if self._raw.FPDFAnnot_GetFlags(item) & _HIDDEN else None

    def _hiding(self, item: Any, box: Box, text: str) -> Hiding | None:
        """How what is written in `box` is hidden; None if it can be seen."""
        if not text or (flagged := self._flagged(item)):
            return flagged if text else None
        if box[0] >= box[2] or box[1] >= box[3] or not touch(box, self._shown):
            return Hiding.OUTSIDE
        size, colour = _appearance(self._entry(item, "DA"))
        if 0 < size < SMALLEST_POINTS:
            return Hiding.SIZE
        return Hiding.COLOUR if min(colour) > 0.6 and self._is_blank(box) else None

    def _is_blank(self, box: Box) -> bool:
        """Whether the page, drawn with its annotations, has one colour within a box."""
        if self._picture is None:
            self._picture = self._page.render(scale=1)
        bitmap, raw = self._picture, self._raw
        ends = []
        for x, y in ((box[0], box[1]), (box[2], box[3])):
            across, down = ctypes.c_int(), ctypes.c_int()
            raw.FPDF_PageToDevice(self._page.raw, 0, 0, bitmap.width, bitmap.height, 0, x, y, across, down)
            ends.append((across.value, down.value))
        # The outermost pixels belong to the border.
        left, right = (end + by for end, by in zip(sorted(end[0] for end in ends), (2, -2), strict=True))
        top, bottom = (end + by for end, by in zip(sorted(end[1] for end in ends), (2, -2), strict=True))
        left, top = max(left, 0), max(top, 0)
        right, bottom = min(right, bitmap.width), min(bottom, bitmap.height)
        pixels = bytes(bitmap.buffer)
        step = bitmap.n_channels
        rows = [
            pixels[row * bitmap.stride + left * step : row * bitmap.stride + right * step]
            for row in range(top, bottom)
        ]
        rows = [row for row in rows if row]
        return not rows or max(map(max, rows)) - min(map(min, rows)) < CONTRAST

    # Reading values

    def _box(self, item: Any) -> Box:
        rect = self._raw.FS_RECTF()
        self._raw.FPDFAnnot_GetRect(item, rect)
        across, up = sorted((rect.left, rect.right)), sorted((rect.bottom, rect.top))
        return across[0], up[0], across[1], up[1]

    def _entry(self, item: Any, key: str) -> str:
        """The value of a key of an annotation, if it is a string or a name."""
        return self._string(self._raw.FPDFAnnot_GetStringValue, item, key.encode())

    def _string(self, function: Any, *arguments: Any) -> str:
        """What pdfium writes into a buffer, without white space at its ends."""
        size = function(*arguments, None, 0)
        if size <= 2:
            return ""
        buffer = ctypes.create_string_buffer(size)
        function(*arguments, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
        text = buffer.raw[: min(size, 2 * MAX_CHARACTERS)].decode("utf-16-le", errors="replace")
        return clean(text.rstrip("\0")).strip()


def _plain(rich: str) -> str:
    """The text of a rich text value, which is XHTML."""
    text = re.sub(r"(?i)<(?:br|/p|/div|/li)\b[^>]*>", "\n", re.sub(r"\s+", " ", rich))
    return unescape(re.sub(r"<[^>]*>", "", text)).strip()


def _words_of(name: str) -> str:
    """The words of the name of a standard stamp: `NotForPublicRelease`."""
    name = re.sub(r"^#?(?:SB|SH|DS|AAAA)?(?=[A-Z])", "", name)
    return " ".join(re.findall(r"[A-Z][a-z]+|[A-Z]+(?![a-z])", name))


def _appearance(operators: str) -> tuple[float, tuple[float, ...]]:
    """The font size and the colour (each part from 0 to 1) that a default appearance sets."""
    size = 0.0
    colour: tuple[float, ...] = (0.0,)
    parts = operators.split()
    for place, part in enumerate(parts):
        count = {"g": 1, "rg": 3, "Tf": 1, "k": 4}.get(part, 0)
        try:
            values = tuple(float(value) for value in parts[max(place - count, 0) : place])
        except ValueError:
            continue
        if part == "Tf" and values:
            size = abs(values[0])
        elif part == "k" and len(values) == 4:
            colour = tuple(1 - min(1.0, value + values[3]) for value in values[:3])
        elif count and values:
            colour = values
    return size, colour
