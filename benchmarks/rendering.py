"""Renders documents written in a small markup as files of the formats that Carrel reads.

A bundle in `benchmarks/documents` holds many documents. A line `=== folder/name.suffix` begins one; the
suffix decides the format. In the markup, `#` begins a heading, `-` or `1.` an item, `|` a row of a table
whose second row is a rule, and an empty line ends a paragraph. A message begins with its header fields. A
sheet and a list of comma-separated values hold tables only; each heading of a sheet begins a new tab.

The files are the same at every run, so a library of them can be kept.
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

BUNDLES = Path(__file__).with_name("documents")

Block = tuple[str, str | list[list[str]]]
"""A kind (`heading`, `heading 2`, `item`, `text`, `table`) and its text or rows."""

WIDTH, HEIGHT, MARGIN, STEP, SIZE = 595, 842, 56, 15, 11
"""Measures of a PDF page, in points: width, height, margin, distance of lines, size of letters."""


LETTER = 0.55
"""Width of a letter on average, as a share of its size."""


def render(bundles: Path, folder: Path) -> int:
    """Writes all documents of the bundles in one folder; returns how many there are."""
    written = 0
    for bundle in sorted(bundles.glob("*.txt")):
        for path, source in documents(bundle.read_text(encoding="utf-8")):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            data = FORMATS[target.suffix](source)
            if not target.is_file() or target.read_bytes() != data:
                target.write_bytes(data)
            written += 1
    return written


def documents(text: str) -> Iterator[tuple[str, str]]:
    """The path and the source of each document of a bundle."""
    _, *parts = re.split(r"^=== ", text, flags=re.MULTILINE)
    for part in parts:
        path, _, source = part.partition("\n")
        yield path.strip(), source.strip() + "\n"


def blocks(source: str) -> list[Block]:
    """The headings, paragraphs, items and tables of a document."""
    found: list[Block] = []
    for line in source.splitlines():
        if line.startswith("|"):
            row = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if found and found[-1][0] == "table":
                rows = found[-1][1]
                assert isinstance(rows, list)
                if set("".join(row)) - set("-:"):
                    rows.append(row)
            else:
                found.append(("table", [row]))
        elif line.startswith("## "):
            found.append(("heading 2", line[3:]))
        elif line.startswith("# "):
            found.append(("heading", line[2:]))
        elif re.match(r"- |\d+\. ", line):
            found.append(("item", line))
        elif line.strip():
            found.append(("text", line))
        else:
            found.append(("text", ""))
    return [block for block in found if block[1]]


def _markup(source: str) -> bytes:
    return source.encode()


def _values(source: str) -> bytes:
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\n")
    for kind, rows in blocks(source):
        assert kind == "table", "comma-separated values hold a table only"
        writer.writerows(rows)
    return lines.getvalue().encode()


def _sheet(source: str) -> bytes:
    from openpyxl import Workbook  # type: ignore[import-untyped]

    book = Workbook()
    book.remove(book.active)
    for kind, content in blocks(source):
        if kind.startswith("heading"):
            book.create_sheet(str(content))
        else:
            for row in content:
                book.worksheets[-1].append([_cell(cell) for cell in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return _undated(buffer.getvalue())


def _cell(text: str) -> str | float | int | None:
    """A number where the text is one, as a person enters it."""
    if re.fullmatch(r"\d{1,3}(,\d{3})+|\d+", text):
        return int(text.replace(",", ""))
    if re.fullmatch(r"(\d{1,3}(,\d{3})+|\d+)\.\d+", text):
        return float(text.replace(",", ""))
    if re.fullmatch(r"\d+,\d{2}", text):
        return float(text.replace(",", "."))
    return text or None


def _page(source: str) -> bytes:
    parts: list[str] = []
    items: list[str] = []
    for kind, content in [*blocks(source), ("end", "")]:
        if items and kind != "item":
            tag = "ol" if items[0][0].isdigit() else "ul"
            inner = "".join(f"<li>{escape(item.partition(' ')[2])}</li>" for item in items)
            parts.append(f"<{tag}>{inner}</{tag}>")
            items = []
        if kind == "item":
            items.append(str(content))
        elif isinstance(content, list):
            head, *rows = content
            lines = ["<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in head) + "</tr>"]
            lines += ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows]
            parts.append("<table>\n" + "\n".join(lines) + "\n</table>")
        elif content:
            tag = {"heading": "h1", "heading 2": "h2"}.get(kind, "p")
            parts.append(f"<{tag}>{escape(content)}</{tag}>")
    return ("<!DOCTYPE html>\n<html><body>\n" + "\n".join(parts) + "\n</body></html>\n").encode()


def _message(source: str) -> bytes:
    head, _, body = source.partition("\n\n")
    fields = f"{head}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8"
    return f"{fields}\nContent-Transfer-Encoding: 8bit\n\n{body}".encode()


def _word(source: str) -> bytes:
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{level}"><w:name w:val="heading {level}"/></w:style>'
        for level in (1, 2)
    )
    return _zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
            f'<Default Extension="rels" ContentType="{relations}"/>'
            f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="r1" Type="{office}/officeDocument" Target="word/document.xml"/>'
            "</Relationships>",
            "word/styles.xml": f'<w:styles xmlns:w="{w}">{styles}</w:styles>',
            "word/document.xml": f'<w:document xmlns:w="{w}"><w:body>'
            + "".join(_word_block(kind, content) for kind, content in blocks(source))
            + "</w:body></w:document>",
        }
    )


def _word_block(kind: str, content: str | list[list[str]]) -> str:
    if isinstance(content, list):
        rows = ("".join(f"<w:tc>{_paragraph(cell)}</w:tc>" for cell in row) for row in content)
        return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"
    return _paragraph(content, {"heading": "Heading1", "heading 2": "Heading2"}.get(kind, ""))


def _paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{properties}<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def _open_document(source: str) -> bytes:
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text", "table", "manifest")
    )
    kind = "application/vnd.oasis.opendocument.text"
    entry = '<manifest:file-entry manifest:full-path="{}" manifest:media-type="{}"/>'
    body = "".join(_open_block(kind, content) for kind, content in blocks(source))
    return _zipped(
        {
            "mimetype": kind,
            "META-INF/manifest.xml": f"<manifest:manifest{names}>{entry.format('/', kind)}"
            f"{entry.format('content.xml', 'text/xml')}</manifest:manifest>",
            "content.xml": f"<office:document-content{names}><office:body><office:text>{body}"
            "</office:text></office:body></office:document-content>",
        }
    )


def _open_block(kind: str, content: str | list[list[str]]) -> str:
    if isinstance(content, list):
        cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
        rows = ("".join(cell.format(escape(each)) for each in row) for row in content)
        columns = f'<table:table-column table:number-columns-repeated="{max(map(len, content))}"/>'
        lines = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
        return f"<table:table>{columns}{lines}</table:table>"
    if kind.startswith("heading"):
        level = 2 if kind.endswith("2") else 1
        return f'<text:h text:outline-level="{level}">{escape(content)}</text:h>'
    return f"<text:p>{escape(content)}</text:p>"


def _rich(source: str) -> bytes:
    lines = []
    for _, content in blocks(source):
        rows = content if isinstance(content, list) else [[content]]
        lines += ["\\tab ".join(map(_rich_text, row)) + "\\par" for row in rows]
    return ("{\\rtf1\\ansi " + "\n".join(lines) + "}").encode("ascii")


def _rich_text(text: str) -> str:
    return "".join(letter if letter.isascii() else f"\\u{ord(letter)}?" for letter in text)


def _portable(source: str) -> bytes:
    font = {
        "/Type": "/Font",
        "/Subtype": "/Type1",
        "/BaseFont": "/Helvetica",
        "/Encoding": "/WinAnsiEncoding",
    }
    writer = PdfWriter()
    lines = list(_lines(source))
    per_page = (HEIGHT - 2 * MARGIN) // STEP
    for start in range(0, len(lines), per_page):
        page = writer.add_blank_page(WIDTH, HEIGHT)
        shown = [
            _shown(text, x, HEIGHT - MARGIN - STEP * number, size)
            for number, line in enumerate(lines[start : start + per_page])
            for x, text, size in line
        ]
        stream = DecodedStreamObject()
        stream.set_data(b"BT " + b" ".join(shown) + b" ET")
        named = DictionaryObject({NameObject(key): NameObject(value) for key, value in font.items()})
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(named)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        page[NameObject("/Contents")] = writer._add_object(stream)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _lines(source: str) -> Iterator[list[tuple[int, str, int]]]:
    """The lines of a PDF: each is a list of positions from the left, texts and sizes. Empty: a gap."""
    before = ""
    for kind, content in blocks(source):
        if kind != before or kind.startswith("heading"):
            yield []
        before = kind
        if isinstance(content, list):
            places, size = _columns(content)
            for row in content:
                yield [(place, cell, size) for place, cell in zip(places, row, strict=False) if cell]
        else:
            size = {"heading": 18, "heading 2": 14}.get(kind, SIZE)
            for line in _wrapped(content, round(88 * SIZE / size)):
                yield [(MARGIN, line, size)]


def _columns(rows: list[list[str]]) -> tuple[list[int], int]:
    """Where the columns of a table begin, and the size of its letters: equally wide, unless a cell would run
    into the next one; then as wide as their cells, in smaller letters where the page is too narrow.
    """
    step = (WIDTH - 2 * MARGIN) // len(rows[0])
    longest = [max(len(row[place]) for row in rows if place < len(row)) for place in range(len(rows[0]))]
    size = SIZE
    if max(longest) * SIZE * LETTER > step - SIZE:
        needed = sum(longest) + 2 * len(longest)
        size = min(SIZE, int((WIDTH - 2 * MARGIN) / (needed * LETTER)))
        widths = [round((length + 2) * size * LETTER) for length in longest]
        return [MARGIN + sum(widths[:place]) for place in range(len(widths))], size
    return [MARGIN + step * place for place in range(len(longest))], size


def _wrapped(text: str, width: int) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        if line and len(line) + len(word) >= width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line


def _shown(text: str, x: int, y: int, size: int) -> bytes:
    raw = text.encode("cp1252", errors="replace")
    for special in (b"\\", b"(", b")"):
        raw = raw.replace(special, b"\\" + special)
    return b"/F1 %d Tf 1 0 0 1 %d %d Tm (%b) Tj" % (size, x, y, raw)


def _zipped(members: dict[str, str] | dict[str, bytes]) -> bytes:
    """An archive whose members have no time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _undated(data: bytes) -> bytes:
    """The same archive without the times at which its members and the document were made."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    made = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")
    undated = {
        name: made.sub(b"2025-01-01T00:00:00Z", content)
        if name in ("docProps/core.xml", "meta.xml")
        else content
        for name, content in members.items()
    }
    return _zipped(undated)


FORMATS: dict[str, Callable[[str], bytes]] = {
    ".md": _markup,
    ".txt": _markup,
    ".csv": _values,
    ".xlsx": _sheet,
    ".html": _page,
    ".eml": _message,
    ".docx": _word,
    ".odt": _open_document,
    ".rtf": _rich,
    ".pdf": _portable,
}
