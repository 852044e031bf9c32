"""What each format yields, as a reader of the file expects it. Facts about all formats: tests/contracts."""

import datetime
import io
import json
import warnings
import zipfile

import pytest

from ingest import parsers
from ingest.documents import Block, BlockKind
from ingest.errors import NeedsOCR, UnreadableDocument
from ingest.parsers import media_type
from tests.ingest.test_opendocument import opened
from tests.ingest.test_word import NAMESPACES, docx, paragraph, run
from tests.parsing import assert_verbatim, parsed, refusal, texts_and_headings
from tests.pdfs import pdf

DC = "http://purl.org/dc/elements/1.1/"

# Names


@pytest.mark.parametrize("name", ["a.xyz", "a.docx.bak", "a", ".env", "archive.tar.gz", "film.MKV", "x\ny"])
def test_a_name_of_an_unknown_type_has_no_media_type(name: str) -> None:
    assert media_type(f"/notes/{name}") is None
    assert "unknown type" in refusal(name, "text").message


@pytest.mark.parametrize(("name", "kind"), [("README", "text/plain"), ("Makefile", "text/x-source")])
def test_files_known_by_name_without_suffix_are_parsed(name: str, kind: str) -> None:
    assert parsed(name, "all: demo").media_type == kind


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_with_a_byte_order_mark_are_read(encoding: str) -> None:
    (block,) = parsed("a.txt", "Miete: 500 €, 契約 ☂".encode(encoding)).blocks
    assert block.text == "Miete: 500 €, 契約 ☂"


def test_utf_16_in_the_other_byte_order_is_read() -> None:
    (block,) = parsed("a.txt", b"\xfe\xff" + "Größe".encode("utf-16-be")).blocks
    assert block.text == "Größe"


def test_a_latin_1_file_is_read() -> None:
    text = "Der Mietvertrag für die Wohnung in Köln läuft über drei Jahre; die Kündigung erfolgt schriftlich."
    (block,) = parsed("a.txt", text.encode("latin-1")).blocks
    assert block.text == text


def test_one_damaged_byte_does_not_garble_the_rest() -> None:
    text = "Über die Größe der Wohnung in Köln wurde schon früher häufig gesprochen."
    (block,) = parsed("a.txt", text.encode() + b" \xff").blocks
    assert block.text == f"{text} \ufffd"


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
def test_the_line_ends_of_every_system_end_a_line(line_end: str) -> None:
    document = parsed("a.txt", f"one{line_end}{line_end}three{line_end}four")
    assert document.pages == ("one\n\nthree\nfour",)
    assert [block.locator.lines for block in document.blocks] == [(1, 1), (3, 4)]


@pytest.mark.parametrize("data", [bytes(range(256)) * 20, b"\x00\x01\x02\x03" * 50])
def test_a_binary_file_with_a_text_suffix_is_refused(data: bytes) -> None:
    assert "not text" in refusal("a.txt", data).message


def test_each_terminal_escape_becomes_one_visible_mark() -> None:
    document = parsed("a.txt", "a\x1b]52;c;x\x07b The lease ends.")
    assert document.pages[0] == "a␛]52;c;x␇b The lease ends."


# Other text formats


def test_rst_sections_nest_in_the_order_in_which_their_adornments_appear() -> None:
    text = "=====\nTitle\n=====\n\nIntro.\n\nPart\n====\nRight below::\n\n    code here\n\n    more\n\nAfter."
    document = parsed("a.rst", text + "\n\nSub\n---\n\n=== ===\na   b\n=== ===\n\nNext\n====\n\nend\n")
    assert document.title == "Title"
    assert texts_and_headings(document) == [
        ("Intro.", ("Title",)),
        ("Right below:", ("Title", "Part")),
        ("    code here\n\n    more", ("Title", "Part")),
        ("After.", ("Title", "Part")),
        ("|  |  |\n| a | b |", ("Title", "Part", "Sub")),
        ("end", ("Title", "Next")),
    ]
    assert [block.kind.value for block in document.blocks] == [
        "prose",
        "prose",
        "rows",
        "prose",
        "rows",
        "prose",
    ]


def test_org_headlines_lose_their_tags_and_blocks_stay_whole() -> None:
    text = "#+TITLE: Plans\n\nIntro.\n* House :home:\nText\n| a | b |\n** TODO Call\n"
    text += "#+begin_src sh\nls\n\n* no\n#+end_src\nend\n"
    document = parsed("a.org", text)
    assert document.title == "Plans"
    assert texts_and_headings(document) == [
        ("#+TITLE: Plans", ()),
        ("Intro.", ()),
        ("Text", ("House",)),
        ("| a | b |", ("House",)),
        ("#+begin_src sh\nls\n\n* no\n#+end_src", ("House", "TODO Call")),
        ("end", ("House", "TODO Call")),
    ]


def test_csv_records_have_the_column_names_as_heading() -> None:
    document = parsed("a.csv", 'name;note\nAda;"two\nlines"\nBob;one\n')
    assert texts_and_headings(document) == [
        ("name;note", ("name, note",)),
        ('Ada;"two\nlines"', ("name, note",)),
        ("Bob;one", ("name, note",)),
    ]
    assert document.blocks[1].locator.lines == (2, 3)


def test_csv_without_column_names_or_with_broken_quotes_keeps_every_line() -> None:
    assert texts_and_headings(parsed("a.csv", "1,2\n3,4\n")) == [("1,2", ()), ("3,4", ())]
    broken = 'a,b\n"' + "x" * 200_000 + "\nlast,line\n"
    assert "last,line" in parsed("a.csv", broken).blocks[-1].text


def test_code_blocks_start_at_lines_without_indentation() -> None:
    document = parsed("a.py", "import os\n\n\ndef f():\n    a = 1\n\n    return a\n\nx = 2\n")
    assert [block.text for block in document.blocks] == [
        "import os",
        "def f():\n    a = 1\n\n    return a",
        "x = 2",
    ]


def test_the_indentation_of_the_first_line_is_kept() -> None:
    assert parsed("a.py", "\n\n    x = 1\n").blocks[0].text == "    x = 1"


# Mail and notebooks


def test_a_message_has_its_headers_its_body_and_the_names_of_attachments() -> None:
    mail = (
        "From: =?utf-8?q?Ada_L=C3=B6w?= <ada@example.org>\nTo: bob@example.org\nSubject: The\n lease\n"
        "Date: Mon, 3 Jun 2024 10:00:00 +0000\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=x\n\n"
        "--x\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\n"
        "Sch\xf6ne Gr\xfc\xdfe\n"
        '--x\nContent-Type: application/pdf\nContent-Disposition: attachment; filename="a.pdf"\n\n'
        "PDF\n--x--\n"
    ).encode("latin-1")
    document = parsed("a.eml", mail)
    assert document.title == "The lease"
    assert [block.text for block in document.blocks] == [
        "Subject: The lease\nFrom: Ada Löw <ada@example.org>\nTo: bob@example.org\n"
        "Date: Mon, 03 Jun 2024 10:00:00 +0000",
        "Schöne Grüße",
        "Attachments: a.pdf",
    ]


def test_a_message_with_only_html_or_an_unknown_charset_is_read() -> None:
    html = "Subject: x\nContent-Type: text/html\n\n<p>One <b>two</b></p><script>no()</script>"
    assert parsed("a.eml", html).blocks[-1].text == "One **two**"
    odd = b"Subject: x\nContent-Type: text/plain; charset=klingon\n"
    odd += b"Content-Transfer-Encoding: 8bit\n\n\xc3\xbcber"
    assert parsed("a.eml", odd).blocks[-1].text == "über"
    assert parsed("a.eml", "Subject: x\n\n870 €").blocks[-1].text == "870 €"


def test_a_text_that_is_not_a_message_is_refused() -> None:
    assert "not an e-mail" in refusal("a.eml", "just some text\n").message


def test_notebook_cells_have_headings() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Study\n", "\n", "Why."]},
        {"cell_type": "code", "source": "x = 1\n\nprint(x)", "outputs": []},
        {"cell_type": "markdown", "source": "```\nopen fence"},
        {"cell_type": "code", "source": "y = 2"},
    ]
    document = parsed("a.ipynb", json.dumps({"cells": cells, "nbformat": 4}))
    assert document.title == "Study"
    assert texts_and_headings(document) == [
        ("Why.", ("Study",)),
        ("x = 1\n\nprint(x)", ("Study",)),
        ("```\nopen fence", ("Study",)),
        ("y = 2", ("Study",)),
    ]
    assert_verbatim(document)


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"cells": 3}', '{"cells": [3]}', "[" * 100_000])
def test_a_damaged_notebook_is_refused(text: str) -> None:
    assert "damaged notebook" in refusal("a.ipynb", text).message


# Converted formats


def test_a_page_of_html_is_read_without_its_scripts_and_in_its_encoding() -> None:
    page = (
        '<html><head><meta charset="iso-8859-1"><title>Miete &amp; Preise</title><script>no()</script></head>'
        "<body><h1>Köln</h1><p>Größe: 50 m² für die schöne Wohnung</p>"
        "<img src='http://example.org/x.png' alt='map'></body>"
    )
    document = parsed("a.html", page.encode("latin-1"))
    assert document.title == "Miete & Preise"
    assert document.blocks[0].text == "Größe: 50 m² für die schöne Wohnung"
    assert document.blocks[0].locator.heading == ("Köln",)
    assert "no()" not in document.pages[0]


def test_deeply_nested_html_is_read_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "deep" in parsed("a.html", "<div>" * 3000 + "deep" + "</div>" * 3000).pages[0]


def test_a_workbook_has_years_dates_and_empty_cells_as_they_are_displayed() -> None:
    from datetime import date

    from openpyxl import Workbook  # type: ignore[import-untyped]

    book = Workbook()
    book.active.title = "Rent"
    for row in (
        ["what", "year", "paid", "note"],
        ["flat", 2024, None, "a\nb"],
        [None] * 4,
        ["shed", None, 1.5, None],
    ):
        book.active.append(row)
    book.active.append(["last", date(2024, 1, 2)])
    book.create_sheet("Empty")
    buffer = io.BytesIO()
    book.save(buffer)
    header = ("Rent", "what | year | paid | note")
    assert texts_and_headings(parsed("a.xlsx", buffer.getvalue())) == [
        ("what | year | paid | note", header),
        ("flat | 2024 |  | a b", header),
        ("shed |  | 1.5", header),
        ("last | 2024-01-02", header),
        ("Empty", ()),
    ]


def test_a_presentation_without_slides_has_no_text() -> None:
    from pptx import Presentation

    buffer = io.BytesIO()
    Presentation().save(buffer)
    assert refusal("a.pptx", buffer.getvalue()).message == "contains no text"


def test_a_slide_is_a_page() -> None:
    from pptx import Presentation

    show = Presentation()
    for title, body in (("First", "one"), ("Second", "<!-- Slide number: 9 -->\ntwo"), ("", "three")):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
    buffer = io.BytesIO()
    show.save(buffer)
    document = parsed("a.pptx", buffer.getvalue())
    assert document.title == "First"
    assert len(document.pages) == 3

    def place(block: Block) -> tuple[str, int | None, tuple[str, ...]]:
        return block.text, block.locator.page, block.locator.heading

    places = [place(block) for block in document.blocks]
    assert ("one", 1, ("First",)) in places
    assert ("three", 3, ()) in places
    assert any("two" in text and page == 2 and heading == ("Second",) for text, page, heading in places)


# Rich text, OpenDocument, mailboxes, pictures


def test_a_table_in_rtf_becomes_rows() -> None:
    data = r"{\rtf1 Rents\par {\trowd 2025\cell 840\cell\row}{\trowd 2026\cell 870\cell\row}\par Paid.}"
    kinds = {block.text: block.kind for block in parsed("a.rtf", data).blocks}
    assert any("840" in text and kind is BlockKind.ROWS for text, kind in kinds.items())


def test_every_message_of_a_mailbox_has_its_subject_as_heading() -> None:
    text = "".join(
        f"From a@example.org Mon Jan  1 00:00:00 2024\nSubject: {subject}\nFrom: a@example.org\n\n{body}\n\n"
        for subject, body in (
            ("Lease", "It ends in June.\n\nFrom then on it is free."),
            ("Rent", "870 euros."),
        )
    )
    headings = {block.text: block.locator.heading for block in parsed("all.mbox", text).blocks}
    assert headings["It ends in June."] == ("Lease",)
    assert headings["From then on it is free."] == ("Lease",), "a sentence, not the start of a message"
    assert headings["870 euros."] == ("Rent",)
    assert refusal("all.mbox", "just some text").message.startswith("not a mailbox")


def test_a_page_that_is_an_image_has_the_text_that_the_recognizer_reads() -> None:
    data = pdf(["Some text."], None)
    document = parsers.parse(
        "/notes/a.pdf", data, "0" * 64, recognizer=lambda image: "The lease\nends.\n\nIn June."
    )
    assert [(block.text, block.locator.page) for block in document.blocks] == [
        ("Some text.", 1),
        ("The lease\nends.", 2),
        ("In June.", 2),
    ]
    assert document.unread == ""


def test_every_frame_of_a_picture_is_a_page() -> None:
    from PIL import Image

    buffer = io.BytesIO()
    frames = [Image.new("L", (width, 10), "white") for width in (30, 40)]
    frames[0].save(buffer, "TIFF", save_all=True, append_images=frames[1:])
    document = parsers.parse(
        "/notes/scan.tiff", buffer.getvalue(), "0" * 64, recognizer=lambda image: f"{image.width} wide"
    )
    assert [(block.text, block.locator.page) for block in document.blocks] == [("30 wide", 1), ("40 wide", 2)]


def test_a_picture_with_too_many_pixels_is_refused() -> None:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("1", (10_000, 4_001)).save(buffer, "PNG")
    with pytest.raises(UnreadableDocument, match="image too large for OCR"):
        parsers.parse("/notes/scan.png", buffer.getvalue(), "0" * 64, recognizer=lambda image: "")


def test_a_picture_needs_ocr() -> None:
    refused = refusal("scan.png", b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert isinstance(refused, NeedsOCR)
    assert "doctor" in refused.remedy


# Content against suffix


def test_the_content_of_a_file_outweighs_its_suffix() -> None:
    assert parsed("lease.txt", pdf(["It ends in June."])).media_type == "application/pdf"
    assert parsed("lease.md", r"{\rtf1 It ends in June.\par}").media_type == "application/rtf"
    assert parsed("lease.docx", pdf(["It ends in June."])).blocks[0].locator.page == 1


# Metadata


NOTE = """---
title: "Lease of the garden house"
tags: [home, Tax/2026]
date: 2026-03-12
---
See [[Landlord]] and [[letters/rent#June|the letter]]. #garden, not C#sharp nor `#code`.

# A heading is no #tag of its own: [x](#anchor)
"""


def test_front_matter_tags_and_wiki_links_become_metadata() -> None:
    document = parsed("lease.md", NOTE)
    assert document.title == "Lease of the garden house"
    assert document.metadata.tags == ("home", "Tax/2026", "garden", "tag")
    assert document.metadata.links == ("Landlord", "letters/rent")
    assert document.metadata.date == datetime.date(2026, 3, 12)


@pytest.mark.parametrize(
    "fields", ["tags: home, tax", "tags: home tax", "tag:\n- home\n- '#tax'", "tags: [home, tax]"]
)
def test_tags_are_read_as_people_write_them(fields: str) -> None:
    assert parsed("a.md", f"---\n{fields}\n---\nText.\n").metadata.tags == ("home", "tax")


@pytest.mark.parametrize(
    "fields", ["a: [", "date: 2026-99-99", "tags: {}", "title: [x]", "a: !!python/object:os.system x"]
)
def test_invalid_front_matter_is_text_like_the_rest(fields: str) -> None:
    document = parsed("a.md", f"---\n{fields}\n---\nText.\n")
    assert document.blocks[-1].text == "Text."
    assert document.metadata.tags == ()


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("2026-03-12 Minutes.md", datetime.date(2026, 3, 12)),
        ("scan_20240229.txt", datetime.date(2024, 2, 29)),
        ("2026-13-12.md", None),
        ("120260312.md", None),
        ("v2026.10.md", None),
    ],
)
def test_a_note_named_after_a_day_has_its_date(name: str, date: datetime.date | None) -> None:
    assert parsed(name, "Text.").metadata.date == date


def test_mail_and_org_files_have_a_date() -> None:
    mail = "Subject: x\nDate: Thu, 12 Mar 2026 10:00:00 +0100\n\nText."
    assert parsed("a.eml", mail).metadata.date == datetime.date(2026, 3, 12)
    org = parsed(
        "a.org",
        "#+TITLE: Pond\n#+DATE: <2026-03-12 Thu>\n#+FILETAGS: :garden:pond:\n\nSee [[file:b.org][b]].",
    )
    assert org.metadata.date == datetime.date(2026, 3, 12)
    assert org.metadata.tags == ("garden", "pond")
    assert org.metadata.links == ("b.org",)


# Titles of office files

TITLE_STYLES = (
    f"<w:styles {NAMESPACES}>"
    '<w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Deckblatt"><w:basedOn w:val="Titel"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>'
)


def in_style(name: str, text: str, look: str = "") -> str:
    return paragraph(run(text, look), properties=f'<w:pStyle w:val="{name}"/>')


def with_property(data: bytes, title: str) -> bytes:
    """An Office Open XML file whose properties state a title."""
    buffer = io.BytesIO(data)
    core = f'<cp:coreProperties xmlns:cp="c" xmlns:dc="{DC}"><dc:title>{title}</dc:title></cp:coreProperties>'
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("docProps/core.xml", core)
    return buffer.getvalue()


def test_the_paragraph_in_the_style_title_names_a_word_document() -> None:
    heading = in_style("Heading1", "Terms") + paragraph(run("The rent is 700."))
    for name in ("Titel", "Deckblatt"):
        body = in_style(name, "Lease of the") + in_style(name, "garden house") + heading
        document = parsed("a.docx", with_property(docx(body, styles=TITLE_STYLES), "Old lease"))
        assert document.title == "Lease of the garden house"
        assert document.pages[0].startswith("Lease of the")
    hidden = in_style("Titel", "Secret", "<w:vanish/>") + heading
    assert parsed("a.docx", docx(hidden, styles=TITLE_STYLES)).title == "Terms"


@pytest.mark.parametrize(
    ("stated", "title"),
    [
        ("Lease of the garden house", "Lease of the garden house"),
        ("Document1", "Terms"),
        ("lease_final2.docx", "Terms"),
        ("Word Document", "Terms"),
        ("", "Terms"),
    ],
)
def test_the_stated_title_names_a_word_document_unless_a_program_made_it_up(stated: str, title: str) -> None:
    body = in_style("Heading1", "Terms") + paragraph(run("The rent is 700."))
    assert parsed("a.docx", with_property(docx(body, styles=TITLE_STYLES), stated)).title == title


def test_the_paragraph_in_the_style_title_names_an_odt_file() -> None:
    meta = (
        '<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        f'xmlns:dc="{DC}"><office:meta><dc:title>{{}}</dc:title></office:meta></office:document-meta>'
    )
    heading = '<text:h text:outline-level="1">Terms</text:h><text:p>The rent is 700.</text:p>'
    shown = f'<text:p text:style-name="P1">The lease</text:p>{heading}'
    automatic = (
        '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"></style:style>'
    )
    for body, stated, title in (
        (shown, "Old lease", "The lease"),
        (heading, "The lease", "The lease"),
        (heading, "Unbenannt 1", "Terms"),
    ):
        parts = {"meta.xml": meta.format(stated)}
        document = opened("a.odt", f"<office:text>{body}</office:text>", styles=automatic, **parts)
        assert document.title == title


def test_the_title_of_the_first_slide_names_a_presentation() -> None:
    from pptx import Presentation

    for first, stated, title in (
        ("The boathouse", "PowerPoint Presentation", "The boathouse"),
        ("The boathouse", "Some other talk", "The boathouse"),
        ("", "The boathouse", "The boathouse"),
        ("", "PowerPoint-Präsentation", "Costs"),
    ):
        presentation = Presentation()
        presentation.core_properties.title = stated
        for name in (first, "Costs"):
            slide = presentation.slides.add_slide(presentation.slide_layouts[1])
            slide.shapes.title.text = name
            slide.placeholders[1].text = "The roof costs 700."
        buffer = io.BytesIO()
        presentation.save(buffer)
        assert parsed("a.pptx", buffer.getvalue()).title == title


STATEMENT = """Holder;Lena Brook
Account;DE00 1234 5678

Date;Payee;Purpose;Amount;Balance
02.05.2024;Krone;Rent May;-780,00;1.420,00
06.05.2024;Dr Wels;Cat;-64,50;1.355,50

Closing balance;;;;1.355,50
Made on 1 June 2024
"""


def test_what_a_bank_writes_above_the_column_names_has_no_heading() -> None:
    found = texts_and_headings(parsed("may.csv", STATEMENT))
    heading = ("Date, Payee, Purpose, Amount, Balance",)
    assert ("Holder;Lena Brook", ()) in found
    assert ("06.05.2024;Dr Wels;Cat;-64,50;1.355,50", heading) in found
    same_width = '"Card","Statement","1/3/24"\n\n"Day","Shop","Amount"\n"2/3/24","Moor, Ltd","9.50"\n'
    assert texts_and_headings(parsed("card.csv", same_width))[-1][1] == ("Day, Shop, Amount",)
    for plain in ("1,2\n3,4\nno,yes\n5,6\n", "a,b\n1,2\nc,d\n3,4\n"):
        assert all("no" not in heading for _, heading in texts_and_headings(parsed("a.csv", plain)))


def test_the_beginning_of_a_long_line_that_a_notebook_printed_is_read() -> None:
    output = {"output_type": "stream", "text": ["Total 42 " + "x" * 20_000]}
    cell = {"cell_type": "code", "source": "run()", "outputs": [output]}
    document = parsed("a.ipynb", json.dumps({"cells": [cell]}))
    assert document.blocks[1].text.startswith("Total 42 xxx")
    assert document.blocks[1].text.endswith("x\n…")


def test_the_output_of_a_notebook_follows_its_cell() -> None:
    table = {"text/plain": ["  month  mm\n", "0  Jan  70"], "text/html": ["<table></table>"]}
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["\x1b[31mTotal: 812 mm\x1b[0m\n"]},
        {"output_type": "execute_result", "data": table},
        {
            "output_type": "display_data",
            "data": {"image/png": "iVBO", "text/plain": ["<Figure size 640x480>"]},
        },
        {"output_type": "error", "ename": "ValueError", "evalue": "bad gauge", "traceback": ["many lines"]},
    ]
    cells = [
        {"cell_type": "code", "source": ["print(total)"], "outputs": outputs},
        {"cell_type": "code", "source": "print(all)", "outputs": [{"text": "line\n" * 9000}]},
    ]
    document = parsed("rain.ipynb", json.dumps({"nbformat": 4, "cells": cells}))
    assert [block.text for block in document.blocks][:3] == [
        "print(total)",
        "Total: 812 mm\n  month  mm\n0  Jan  70\nValueError: bad gauge",
        "print(all)",
    ]
    assert document.blocks[3].text.endswith("line\n\u2026")


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_line_that_names_the_separator_is_no_row(first: str) -> None:
    document = parsed("a.csv", f'{first}\nName;Amount\n"Walsh; Henry";1,50\nAmes;9,90\n')
    assert [(block.text, block.locator.lines) for block in document.blocks] == [
        ("Name;Amount", (2, 2)),
        ('"Walsh; Henry";1,50', (3, 3)),
        ("Ames;9,90", (4, 4)),
    ]
    assert document.blocks[0].locator.heading == ("Name, Amount",)
