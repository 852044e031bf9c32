"""Makes PDF files for tests: pages with text at chosen positions, or with one picture."""

import io
from collections.abc import Mapping, Sequence

from pypdf import PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

FONT = {
    "/Type": "/Font",
    "/Subtype": "/Type1",
    "/BaseFont": "/Helvetica",
    "/Encoding": "/WinAnsiEncoding",
}

Placed = tuple[float, float, str]
"""A text and its position: points from the left, points from the bottom, the text."""

HEIGHT = 800
"""Height of a page in points."""
STEP = 14
"""Points between the baselines of two lines."""


def pdf(
    *pages: Sequence[str | Placed] | None,
    title: str = "",
    password: str = "",
    outline: Mapping[str, int] | None = None,
    labels: PageLabelStyle | None = None,
    attachments: Sequence[str] = (),
    created: str = "",
) -> bytes:
    """A PDF file.

    pages: the lines of each page, from the top or at their positions; None for a page with one picture.
    outline: headings of level 1, with the page each leads to, counted from 0.
    labels: the style of all page labels.
    """
    writer = PdfWriter()
    writer.add_metadata({"/Title": title, **({"/CreationDate": created} if created else {})})
    for lines in pages:
        page = writer.add_blank_page(600, HEIGHT)
        stream = DecodedStreamObject()
        if lines is None:
            stream.set_data(b"q 500 0 0 700 50 50 cm /I1 Do Q")
            resources = {"/XObject": {"/I1": writer._add_object(_picture())}}
        else:
            stream.set_data(b"BT /F1 12 Tf " + _text_operators(lines) + b" ET")
            resources = {"/Font": {"/F1": writer._add_object(_dictionary(FONT))}}
        page[NameObject("/Resources")] = DictionaryObject(
            {
                NameObject(kind): DictionaryObject(
                    {NameObject(name): value for name, value in entries.items()}
                )
                for kind, entries in resources.items()
            }
        )
        page[NameObject("/Contents")] = writer._add_object(stream)
    for heading, number in (outline or {}).items():
        writer.add_outline_item(title=heading, page_number=number)
    if labels:
        writer.set_page_label(0, len(pages) - 1, labels)
    for name in attachments:
        writer.add_attachment(name, b"attached")
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def pdf_table(title: str, rows: Sequence[Sequence[str]]) -> bytes:
    """A PDF file of one page: a title, and below it a table without lines."""
    cells = [(50 + 150 * x, 700 - 16 * y, cell) for y, row in enumerate(rows) for x, cell in enumerate(row)]
    return pdf([(50, 760, title), *cells])


def _text_operators(lines: Sequence[str | Placed]) -> bytes:
    parts = []
    for number, line in enumerate(lines):
        x, y, text = line if isinstance(line, tuple) else (20, HEIGHT - 60 - STEP * number, line)
        raw = text.encode("cp1252", errors="replace")
        for special in (b"\\", b"(", b")"):
            raw = raw.replace(special, b"\\" + special)
        parts.append(b"1 0 0 1 %d %d Tm (%b) Tj" % (x, y, raw))
    return b" ".join(parts)


def _dictionary(names: Mapping[str, str]) -> DictionaryObject:
    return DictionaryObject({NameObject(key): NameObject(value) for key, value in names.items()})


def _picture(pixels: bytes = bytes(range(100)), width: int = 10) -> StreamObject:
    """Ten by ten grey pixels, or others."""
    picture = StreamObject()
    picture.set_data(pixels)
    picture.update(_dictionary({"/Type": "/XObject", "/Subtype": "/Image", "/ColorSpace": "/DeviceGray"}))
    for key in ("/Width", "/Height"):
        picture[NameObject(key)] = NumberObject(width)
    picture[NameObject("/BitsPerComponent")] = NumberObject(8)
    return picture


def _form(content: bytes, *, height: int = HEIGHT) -> StreamObject:
    """A form of the width of a page, drawn by the operators of `content`."""
    form = DecodedStreamObject()
    form.set_data(content)
    form.update(_dictionary({"/Type": "/XObject", "/Subtype": "/Form"}))
    form[NameObject("/BBox")] = ArrayObject([NumberObject(side) for side in (0, 0, 600, height)])
    return form


def drawn_pdf(content: bytes, *, cover: Sequence[int] = (), unseen: bytes = b"") -> bytes:
    """A PDF file of one page, drawn by the operators of `content`.

    They may use the font F1, the grey picture I1, the picture I2 of black and white stripes, the graphics
    state G1, which is transparent, the layer L1, which is off, and the form X1.

    cover: the sides (left, bottom, right, top) of a white annotation.
    unseen: the operators of X1. Unless the page uses L1, X1 is on a layer of its own, which is off and which
    the file does not list.
    """
    writer = PdfWriter()
    page = writer.add_blank_page(600, HEIGHT)
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(_dictionary(FONT))})
    form = _form(unseen)
    form[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    layers = {}
    if b"/L1" in content:
        layers["/L1"] = layer = writer._add_object(
            DictionaryObject(
                {NameObject("/Type"): NameObject("/OCG"), NameObject("/Name"): TextStringObject("notes")}
            )
        )
        writer._root_object[NameObject("/OCProperties")] = DictionaryObject(
            {
                NameObject("/OCGs"): ArrayObject([layer]),
                NameObject("/D"): DictionaryObject({NameObject("/OFF"): ArrayObject([layer])}),
            }
        )
    elif unseen:
        view = DictionaryObject({NameObject("/View"): _dictionary({"/ViewState": "/OFF"})})
        form[NameObject("/OC")] = writer._add_object(DictionaryObject({NameObject("/Usage"): view}))
    resources: dict[str, Mapping[str, PdfObject]] = {
        "/Font": fonts,
        "/XObject": {
            "/X1": writer._add_object(form),
            "/I1": writer._add_object(_picture()),
            "/I2": writer._add_object(_picture(bytes([0, 255] * 5_000), 100)),
        },
        "/ExtGState": {"/G1": DictionaryObject({NameObject("/ca"): FloatObject(0)})},
        "/Properties": layers,
    }
    page[NameObject("/Resources")] = DictionaryObject(
        {
            NameObject(kind): DictionaryObject({NameObject(name): value for name, value in entries.items()})
            for kind, entries in resources.items()
        }
    )
    stream = DecodedStreamObject()
    stream.set_data(content)
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())
    if cover:
        face = _form(b"1 1 1 rg 0 0 600 100 re f", height=100)
        page[NameObject("/Annots")] = ArrayObject(
            [
                writer._add_object(
                    DictionaryObject(
                        {
                            NameObject("/Type"): NameObject("/Annot"),
                            NameObject("/Subtype"): NameObject("/Square"),
                            NameObject("/F"): NumberObject(4),
                            NameObject("/Rect"): ArrayObject([NumberObject(side) for side in cover]),
                            NameObject("/AP"): DictionaryObject({NameObject("/N"): writer._add_object(face)}),
                        }
                    )
                )
            ]
        )
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def mapped_pdf(lines: Sequence[str], mapping: Mapping[str, str]) -> bytes:
    """A PDF file of one page whose font says that letters are other characters than it shows.

    mapping: letters, and the characters that the file says they are.
    """
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(lines))))
    entries = "".join(
        f"<{ord(letter):02x}> <{said.encode('utf-16-be').hex()}>\n" for letter, said in mapping.items()
    )
    stream = DecodedStreamObject()
    stream.set_data(
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        b"1 begincodespacerange <00> <ff> endcodespacerange\n"
        + f"{len(mapping)} beginbfchar\n{entries}endbfchar\nendcmap end end".encode()
    )
    resources = writer.pages[0]["/Resources"].get_object()
    font = resources["/Font"]["/F1"].get_object()  # type: ignore[index]
    font[NameObject("/ToUnicode")] = writer._add_object(stream)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def vertical_pdf(operators: str) -> bytes:
    """A PDF file of one page with text in a Japanese font whose lines are vertical."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([]))))
    system = DictionaryObject(
        {
            NameObject("/Registry"): TextStringObject("Adobe"),
            NameObject("/Ordering"): TextStringObject("Japan1"),
            NameObject("/Supplement"): NumberObject(2),
        }
    )
    inner = _dictionary({"/Type": "/Font", "/Subtype": "/CIDFontType0", "/BaseFont": "/HeiseiMin-W3"})
    inner[NameObject("/CIDSystemInfo")] = system
    font = _dictionary({"/Type": "/Font", "/Subtype": "/Type0", "/BaseFont": "/HeiseiMin-W3"})
    font[NameObject("/Encoding")] = NameObject("/UniJIS-UCS2-V")
    font[NameObject("/DescendantFonts")] = ArrayObject([writer._add_object(inner)])
    page = writer.pages[0]
    fonts = page["/Resources"].get_object()["/Font"]  # type: ignore[index]
    fonts[NameObject("/F1")] = writer._add_object(font)
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf {operators} ET".encode())
    page[NameObject("/Contents")] = writer._add_object(stream)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
