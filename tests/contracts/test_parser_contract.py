"""The parser seam: facts that hold for every format, each shown with the same small lease.

The file of each format states that the lease ends on 30 June 2027. The table of formats here must cover all
media types of the parsers' own table.
"""

import csv
import io
import json
import os
import re
import unicodedata
import zipfile
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from ingest import parsers
from ingest.documents import Document
from ingest.errors import UnreadableDocument
from ingest.parsers import media_type
from tests.oldoffice import HEADING, doc, ppt, xls
from tests.outlook import compound, winmail
from tests.outlook import message as outlook_message
from tests.parsing import parse_bytes
from tests.pdfs import pdf
from tests.zoteros import zotero

TITLE = "The garden house"
FACT = "The lease ends on 30 June 2027."
HOSTILE = "\x1b]52;c;aGVsbG8=\x07 \x9b31m \u202egnp.exe\u2066 a\u200b\u200bb \x00"
"""Sets the clipboard, colours the terminal, reverses text, hides characters."""


def zipped(entries: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def escaped(text: str) -> str:
    """`text` for XML 1.0, which cannot represent most control characters."""
    valid = (c for c in text if c.isprintable() or c in "\x9b\u202e\u2066\u200b")
    return "".join(valid).replace("&", "&amp;").replace("<", "&lt;")


def markdown(text: str) -> bytes:
    return f"# {TITLE}\n\nA letter.\n\n## Term\n\n{text}\n".encode()


def plain(text: str) -> bytes:
    return f"{TITLE}\n\n{text}\n".encode()


def rst(text: str) -> bytes:
    return f"{TITLE}\n{'=' * 20}\n\nTerm\n----\n\n{text}\n".encode()


def org(text: str) -> bytes:
    return f"#+TITLE: {TITLE}\n\n* Term\n{text}\n".encode()


def html(text: str) -> bytes:
    page = f"<html><head><title>{TITLE}</title></head><body><h1>Term</h1><p>{text}</p></body></html>"
    return page.encode()


def comma_separated(text: str) -> bytes:
    rows = io.StringIO()
    csv.writer(rows).writerows([["matter", "note"], ["lease", text]])
    return rows.getvalue().encode()


def tab_separated(text: str) -> bytes:
    return f"matter\tnote\nlease\t{text}\n".encode()


def message(text: str) -> bytes:
    mail = EmailMessage()
    mail["Subject"] = TITLE
    mail["From"] = "landlord@example.org"
    mail.set_content(text)
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="lease.pdf")
    return mail.as_bytes()


def notebook(text: str) -> bytes:
    cells = [
        {"cell_type": "markdown", "source": [f"# {TITLE}\n", "\n", text]},
        {"cell_type": "code", "source": "end = date(2027, 6, 30)", "outputs": []},
    ]
    return json.dumps({"nbformat": 4, "cells": cells}).encode()


def calendar(text: str) -> bytes:
    entry = f"SUMMARY:{TITLE}\nDTSTART:20270630T120000\nDESCRIPTION:{text}"
    return f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{entry}\nEND:VEVENT\nEND:VCALENDAR\n".encode()


def contact(text: str) -> bytes:
    return f"BEGIN:VCARD\nFN:{TITLE}\nTEL:030 5550123\nNOTE:{text}\nEND:VCARD\n".encode()


def source_code(text: str) -> bytes:
    return f"# {text}\ndef ends():\n    return 2027\n".encode()


def latex(text: str) -> bytes:
    start = r"\documentclass{article} \title{" + TITLE + "}\n" + r"\begin{document}" + "\n"
    return f"{start}\n{text}\n".encode()


def xml(text: str) -> bytes:
    shown = escaped("".join(each for each in text if each.isprintable()))
    return f"<notes><note id='1'>{TITLE}</note><note id='2'>{shown}</note></notes>".encode()


def subtitles(text: str) -> bytes:
    return f"WEBVTT {TITLE}\n\n1\n00:01.000 --> 00:04.000\n{text}\n".encode()


def data_rows(text: str) -> bytes:
    return json.dumps({"note": text}, indent=1, ensure_ascii=False).encode()


def portable(text: str) -> bytes:
    return pdf([TITLE], [text], title=TITLE)


TITLE_CLASS = ' presentation:class="title"'


def opendocument(body: str) -> bytes:
    """A file of the OpenDocument family with this body."""
    names = "".join(
        f' xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (
            ("office", "office"),
            ("text", "text"),
            ("table", "table"),
            ("draw", "drawing"),
            ("presentation", "presentation"),
        )
    )
    content = f"<office:document-content{names}><office:body>{body}</office:body></office:document-content>"
    return zipped({"content.xml": content})


def odt(text: str) -> bytes:
    heading = f'<text:h text:outline-level="1">{TITLE}</text:h>'
    return opendocument(f"<office:text>{heading}<text:p>{escaped(text)}</text:p></office:text>")


def ods(text: str) -> bytes:
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    row = "".join(cell.format(value) for value in ("lease", "2027", escaped(text)))
    table = f'<table:table table:name="{TITLE}"><table:table-row>{row}</table:table-row></table:table>'
    return opendocument(f"<office:spreadsheet>{table}</office:spreadsheet>")


def odp(text: str) -> bytes:
    frame = "<draw:frame{}><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    slides = (
        f"<draw:page>{frame.format(TITLE_CLASS, title)}{frame.format('', body)}</draw:page>"
        for title, body in ((TITLE, "An overview."), ("Term", escaped(text)))
    )
    return opendocument(f"<office:presentation>{''.join(slides)}</office:presentation>")


OLD_PARAGRAPHS = [(f"{TITLE}\r", HEADING)]


def readable(text: str) -> str:
    """`text` without the characters that old formats give another meaning."""
    return "".join(character for character in text if character.isprintable())


def rich(text: str) -> bytes:
    escaped = "".join(c if c.isalnum() or c in " .-" else f"\\u{_signed(c)}?" for c in text)
    return f"{{\\rtf1\\ansi {{\\b {TITLE}}}\\par\\par {escaped}\\par}}".encode("ascii", "replace")


def _signed(character: str) -> int:
    code = ord(character)
    return code - 65536 if code > 32767 else code


def outlook(text: str) -> bytes:
    return compound(outlook_message({0x0037: TITLE, 0x1000: text.replace("\0", "")}))


def wrapped(text: str) -> bytes:
    return winmail({0x0037: TITLE, 0x1000: text.replace("\0", "")})


def mailbox(text: str) -> bytes:
    return b"From a@example.org Mon Jan  1 00:00:00 2024\n" + message(text)


def docx(text: str) -> bytes:
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    heading = f'<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>{TITLE}</w:t></w:r></w:p>'
    body = f"<w:p><w:r><w:t>{escaped(text)}</w:t></w:r></w:p>"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
            f'<Default Extension="rels" ContentType="{relations}"/>'
            f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="r1" Type="{office}/officeDocument" Target="word/document.xml"/>'
            "</Relationships>",
            "word/styles.xml": f'<w:styles xmlns:w="{w}"><w:style w:type="paragraph" w:styleId="Heading1">'
            '<w:name w:val="heading 1"/></w:style></w:styles>',
            "word/document.xml": f'<w:document xmlns:w="{w}"><w:body>{heading}{body}</w:body></w:document>',
        }
    )


def pptx(text: str) -> bytes:
    from pptx import Presentation

    show = Presentation()
    for title, body in ((TITLE, "An overview."), ("Term", "".join(c for c in text if c.isprintable()))):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
    buffer = io.BytesIO()
    show.save(buffer)
    return buffer.getvalue()


def xlsx(text: str) -> bytes:
    from openpyxl import Workbook  # type: ignore[import-untyped]

    book = Workbook()
    book.active.title = "Terms"
    book.active.append(["matter", "year", "note"])
    book.active.append(["lease", 2027, "".join(c for c in text if c.isprintable())])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def epub(text: str) -> bytes:
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
            '<rootfiles><rootfile full-path="book.opf"/></rootfiles></container>',
            "book.opf": '<package xmlns="http://www.idpf.org/2007/opf"'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<metadata><dc:title>{TITLE}</dc:title></metadata>"
            '<manifest><item id="c" href="c.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="c"/></spine></package>',
            "c.xhtml": f"<html><body><h1>Term</h1><p>{escaped(text)}</p></body></html>",
        }
    )


def papers(text: str) -> bytes:
    title = f"UPDATE itemDataValues SET value = '{TITLE}' WHERE valueID = 1;"
    note = escaped(text).replace("'", "''")
    return zotero(f"{title} UPDATE itemNotes SET note = '<p>{note}</p>' WHERE itemID = 3;")


def book(text: str) -> bytes:
    return (
        '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        f"<dc:title>{TITLE}</dc:title><dc:description>{escaped(text)}</dc:description></metadata></package>"
    ).encode()


FORMATS: dict[str, Callable[[str], bytes]] = {
    "lease.md": markdown,
    "lease.txt": plain,
    "lease.rst": rst,
    "lease.tex": latex,
    "lease.org": org,
    "lease.html": html,
    "lease.csv": comma_separated,
    "lease.tsv": tab_separated,
    "lease.eml": message,
    "lease.ipynb": notebook,
    "lease.mbox": mailbox,
    "lease.msg": outlook,
    "lease.doc": lambda text: doc([(f"{TITLE}\r{readable(text)}\r", None)], OLD_PARAGRAPHS),
    "lease.ppt": lambda text: ppt([TITLE, "An overview."], ["Term", readable(text)]),
    "lease.xls": lambda text: xls(TITLE, ["matter", "year", "note"], ["lease", 2027.0, readable(text)]),
    "lease.tnef": wrapped,
    "lease.pdf": portable,
    "lease.odt": odt,
    "lease.ods": ods,
    "lease.odp": odp,
    "lease.rtf": rich,
    "lease.epub": epub,
    "lease.docx": docx,
    "lease.pptx": pptx,
    "lease.xlsx": xlsx,
    "zotero.sqlite": papers,
    "metadata.opf": book,
    "lease.ics": calendar,
    "lease.vcf": contact,
    "lease.vtt": subtitles,
    "lease.xml": xml,
    "lease.json": data_rows,
    "lease.log": plain,
    "lease.toml": plain,
    "lease.py": source_code,
}
PAGED = {"lease.pdf", "lease.pptx", "lease.odp", "lease.ppt"}
LINED = {"md", "txt", "rst", "org", "csv", "tsv", "tex", "log", "toml", "py"}
ARCHIVES = ["lease.docx", "lease.pptx", "lease.xlsx", "lease.epub", "lease.odt", "lease.ods", "lease.odp"]

every_format = pytest.mark.parametrize("name", FORMATS)


def parsed(name: str, text: str = FACT) -> Document:
    return parse_bytes(f"/notes/{name}", FORMATS[name](text))


def test_the_contract_covers_every_media_type_with_text() -> None:
    kinds = {kind for kind in parsers.MEDIA_TYPES if not kind.startswith(("image/", "audio/"))}
    assert {media_type(name) for name in FORMATS} == kinds


@every_format
def test_the_fact_is_in_exactly_one_block(name: str) -> None:
    assert sum(FACT in block.text for block in parsed(name).blocks) == 1


@every_format
@pytest.mark.parametrize("text", [FACT, f"{FACT} {HOSTILE} Ünïcode ☂ 契約 end"])
def test_every_block_is_the_slice_of_text_that_its_locator_names(name: str, text: str) -> None:
    document = parsed(name, text)
    previous = (0, 0)
    for block in document.blocks:
        locator = block.locator
        number = (locator.page or 1) - 1
        start, end = locator.chars
        assert document.pages[number][start:end] == block.text
        assert block.text.strip()
        assert previous <= (number, start)
        previous = (number, end)
        assert locator.path == document.path
        if locator.lines:
            first, last = locator.lines
            lines = document.pages[0].split("\n")
            assert 1 <= first <= last <= len(lines)
            assert block.text in "\n".join(lines[first - 1 : last])


@every_format
def test_locators_have_pages_or_lines_where_the_format_has_them(name: str) -> None:
    document = parsed(name)
    (block,) = (block for block in document.blocks if FACT in block.text)
    assert block.locator.page == (2 if name in PAGED else None)
    assert (block.locator.lines is not None) == (name.partition(".")[2] in LINED)


OOXML = "application/vnd.openxmlformats-officedocument"
VARIANTS = {
    "docm": "application/vnd.ms-word.document.macroEnabled",
    "dotx": f"{OOXML}.wordprocessingml.template",
    "dotm": "application/vnd.ms-word.template.macroEnabledTemplate",
    "xlsm": "application/vnd.ms-excel.sheet.macroEnabled",
    "xltx": f"{OOXML}.spreadsheetml.template",
    "xltm": "application/vnd.ms-excel.template.macroEnabled",
    "pptm": "application/vnd.ms-powerpoint.presentation.macroEnabled",
    "ppsx": f"{OOXML}.presentationml.slideshow",
    "ppsm": "application/vnd.ms-powerpoint.slideshow.macroEnabled",
    "potx": f"{OOXML}.presentationml.template",
    "potm": "application/vnd.ms-powerpoint.template.macroEnabled",
    "ott": "",
    "ots": "",
    "otp": "",
}
"""Suffixes of templates, shows and files with macros, and the types that they state of themselves."""
PLAIN = {"do": "docx", "xl": "xlsx", "pp": "pptx", "po": "pptx", "ott": "odt", "ots": "ods", "otp": "odp"}


@pytest.mark.parametrize("suffix", VARIANTS)
def test_templates_shows_and_files_with_macros_are_read_like_documents(suffix: str) -> None:
    plain = PLAIN.get(suffix) or PLAIN[suffix[:2]]
    data = FORMATS[f"lease.{plain}"](FACT)
    copied = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(copied, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "[Content_Types].xml" and VARIANTS[suffix]:
                pattern = rb"application/vnd[.\w-]+(?:document|sheet|presentation)(?=.main.xml)"
                content = re.sub(pattern, VARIANTS[suffix].encode(), content)
                assert VARIANTS[suffix].encode() in content
            copy.writestr(name, content)
    document = parse_bytes(f"/notes/lease.{suffix}", copied.getvalue())
    expected = parse_bytes(f"/notes/lease.{plain}", data)
    assert document.pages == expected.pages
    assert [each.locator.where for each in document.blocks] == [
        each.locator.where for each in expected.blocks
    ]


@every_format
def test_hostile_characters_are_replaced(name: str) -> None:
    document = parsed(name, f"{HOSTILE} {FACT}")
    text = "\n".join(
        [document.title, *document.pages, *(h for b in document.blocks for h in b.locator.heading)]
    )
    assert FACT in text
    shown = text.replace("\n", "").replace("\t", "")
    assert not {c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Bidi")}
    assert not set(shown) & set("\u200b\u202e\u2066")


@every_format
def test_the_title_is_one_clean_line_and_all_text_is_valid_utf_8(name: str) -> None:
    # A format of one name alone is known by it.
    end = b"/" if name in ("zotero.sqlite", "metadata.opf") else b""
    path = os.fsdecode(b"/notes/a\x1b]52;\xff\n" + end + os.fsencode(name))
    document = parse_bytes(path, FORMATS[name](FACT))
    assert document.title.strip()
    assert document.title.isprintable()
    document.title.encode()
    "".join(document.pages).encode()


@every_format
def test_the_same_bytes_give_the_same_document(name: str) -> None:
    data = FORMATS[name](FACT)
    assert parse_bytes(f"/notes/{name}", data) == parse_bytes(f"/notes/{name}", data)
    assert parse_bytes(f"/other/{name}", data).id != parse_bytes(f"/notes/{name}", data).id


@every_format
def test_a_suffix_in_capitals_is_the_same_format(name: str) -> None:
    assert media_type(name.upper()) == media_type(name)


@every_format
def test_an_empty_file_is_reported_as_empty(name: str) -> None:
    with pytest.raises(UnreadableDocument, match="empty file"):
        parse_bytes(f"/notes/{name}", b"")


@every_format
def test_a_file_of_white_space_is_refused(name: str) -> None:
    with pytest.raises(UnreadableDocument):
        parse_bytes(f"/notes/{name}", b" \n\n\t\n")


@every_format
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_truncated_file_is_read_or_refused_with_a_reason(
    name: str, share: float, capfd: pytest.CaptureFixture[str]
) -> None:
    data = FORMATS[name](FACT * 20)
    try:
        parse_bytes(f"/notes/{name}", data[: int(len(data) * share)])
    except UnreadableDocument as refused:
        assert refused.message
    assert capfd.readouterr() == ("", "")


@every_format
def test_random_bytes_are_refused(name: str) -> None:
    noise = bytes((7919 * index * index + 13 * index) % 256 for index in range(1, 5000))
    with pytest.raises(UnreadableDocument):
        parse_bytes(f"/notes/{name}", noise)


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """An archive of about a megabyte with one entry that unpacks to a gibibyte."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/x.xml", "w") as entry,
    ):
        for _ in range(1024):
            entry.write(bytes(1 << 20))
    return buffer.getvalue()


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_that_unpacks_to_a_gibibyte_is_refused(name: str, bomb: bytes) -> None:
    buffer = io.BytesIO(bomb)
    with (
        zipfile.ZipFile(io.BytesIO(FORMATS[name](FACT))) as document,
        zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive,
    ):
        for entry in document.namelist():
            archive.writestr(entry, document.read(entry))
    assert len(buffer.getvalue()) < 1_100_000
    with pytest.raises(UnreadableDocument, match="unpack to 1,07"):
        parse_bytes(f"/notes/{name}", buffer.getvalue())


@pytest.mark.parametrize("name", ARCHIVES)
@pytest.mark.parametrize("entry", ["../../evil.xml", "/etc/evil.xml", "word\\..\\..\\evil.xml"])
def test_an_archive_with_an_entry_that_points_outside_is_refused(name: str, entry: str) -> None:
    buffer = io.BytesIO(FORMATS[name](FACT))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(entry, "x")
    with pytest.raises(UnreadableDocument, match="points outside"):
        parse_bytes(f"/notes/{name}", buffer.getvalue())


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_encrypted_office_file_is_reported_as_encrypted(name: str) -> None:
    with pytest.raises(UnreadableDocument, match="encrypted"):
        parse_bytes(f"/notes/{name}", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512))


def test_an_archive_entry_that_is_larger_than_declared_is_refused() -> None:
    data = bytearray(docx(FACT + "x" * 100_000))
    size = next(
        info.file_size
        for info in zipfile.ZipFile(io.BytesIO(data)).infolist()
        if info.filename == "word/document.xml"
    )
    lying = bytes(data).replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != bytes(data)
    with pytest.raises(UnreadableDocument, match="damaged"):
        parse_bytes("/notes/lease.docx", lying)
