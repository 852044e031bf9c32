"""Makes PDF files for tests: pages of text with form fields and annotations."""

import io
from collections.abc import Sequence
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    TextStringObject,
)

from tests.pdfs import FONT, Placed, pdf

Box = tuple[int, int, int, int]
"""Left, bottom, right and top, in points."""


class Form:
    """A PDF file of one page, to which fields and annotations are added."""

    def __init__(self, lines: Sequence[str | Placed] = ()) -> None:
        """lines: the text of the page, as in `pdf`."""
        self._writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(lines))))
        self._page = self._writer.pages[0]
        self._page[NameObject("/Annots")] = self._annotations = ArrayObject()
        self._fields = ArrayObject()

    def annotate(self, kind: str, box: Box, drawn: Sequence[str] = (), **entries: Any) -> IndirectObject:
        """Adds an annotation; `drawn` are the lines of its picture, other entries are PDF's own."""
        values: dict[str, Any] = {"Type": "/Annot", "Subtype": f"/{kind}", "Rect": box, "F": 4, **entries}
        if drawn:
            values["AP"] = {"N": self._picture(box, drawn)}
        reference = self._writer._add_object(_object(values))
        self._annotations.append(reference)
        return reference

    def field(self, kind: str, box: Box, *, listed: bool = True, **entries: Any) -> IndirectObject:
        """Adds a field with one place on the page. `kind` is Tx, Ch, Btn or Sig."""
        widget = self.annotate("Widget", box, FT=f"/{kind}", DA="/Helv 10 Tf 0 g", **entries)
        if listed:
            self._fields.append(widget)
        return widget

    def tick(self, box: Box, name: str, *, ticked: bool, state: str = "Yes") -> None:
        """Adds a check box."""
        value = f"/{state}" if ticked else "/Off"
        self.field("Btn", box, T=name, V=value, AS=value, AP={"N": self._states(state)})

    def buttons(self, name: str, boxes: Sequence[Box], *, chosen: int) -> None:
        """Adds a group of radio buttons."""
        group = self._writer._add_object(
            _object({"FT": "/Btn", "Ff": 1 << 15 | 1 << 14, "T": name, "V": f"/{chosen}"})
        )
        kids = ArrayObject()
        for index, box in enumerate(boxes):
            state = f"/{index}" if index == chosen else "/Off"
            picture = {"N": self._states(str(index))}
            kids.append(self.annotate("Widget", box, Parent=group, AS=state, AP=picture))
        group.get_object()[NameObject("/Kids")] = kids  # type: ignore[index]
        self._fields.append(group)

    def file(self, **entries: Any) -> bytes:
        """The file. The entries are added to its form."""
        fonts = {"Font": {"Helv": {key[1:]: value for key, value in FONT.items()}}}
        if self._fields or entries:
            form = _object({"DA": "/Helv 0 Tf 0 g", "DR": fonts, **entries})
            assert isinstance(form, DictionaryObject)
            form[NameObject("/Fields")] = self._fields
            self._writer._root_object[NameObject("/AcroForm")] = self._writer._add_object(form)
        buffer = io.BytesIO()
        self._writer.write(buffer)
        return buffer.getvalue()

    def stream(self, content: bytes) -> IndirectObject:
        """Adds a stream."""
        stream = DecodedStreamObject()
        stream.set_data(content)
        return self._writer._add_object(stream)

    def _states(self, state: str) -> dict[str, Any]:
        return {state: self.stream(b""), "Off": self.stream(b"")}

    def _picture(self, box: Box, lines: Sequence[str]) -> IndirectObject:
        stream = DecodedStreamObject()
        texts = b" 0 -14 Td ".join(b"(%b) Tj" % line.encode("cp1252") for line in lines)
        stream.set_data(b"BT /F1 10 Tf 4 %d Td %b ET" % (box[3] - box[1] - 14, texts))
        stream.update(
            {
                NameObject("/Subtype"): NameObject("/Form"),
                NameObject("/BBox"): _object((0, 0, box[2] - box[0], box[3] - box[1])),
                NameObject("/Resources"): _object(
                    {"Font": {"F1": {key[1:]: value for key, value in FONT.items()}}}
                ),
            }
        )
        return self._writer._add_object(stream)


def _object(value: Any) -> PdfObject:
    """A value as PDF has it: a string that begins with `/` is a name."""
    match value:
        case PdfObject():
            return value
        case bool():
            return BooleanObject(value)
        case int():
            return NumberObject(value)
        case str():
            return (
                NameObject(value) if value.startswith("/") and " " not in value else TextStringObject(value)
            )
        case dict():
            entries = {NameObject(f"/{key}"): _object(entry) for key, entry in value.items()}
            return DictionaryObject(entries)
        case _:
            return ArrayObject(_object(entry) for entry in value)
