"""What a PDF yields as a file: pages and their labels, titles, attachments, and why one is refused."""

import datetime
import io

import pytest
from pypdf import PdfWriter
from pypdf.constants import PageLabelStyle
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject

from ingest.documents import BlockKind
from tests.parsing import assert_verbatim, parsed, refusal
from tests.pdfs import pdf


def test_every_block_of_a_pdf_has_its_page() -> None:
    document = parsed("a.pdf", pdf(["First page."], [], ["Third", "page."], title="The report"))
    assert document.title == "The report"
    assert [(block.text, block.locator.page) for block in document.blocks] == [
        ("First page.", 1),
        ("Third\npage.", 3),
    ]
    assert len(document.pages) == 3
    assert_verbatim(document)


@pytest.mark.parametrize("title", ["", "Microsoft Word - lease.doc", "untitled", "(anonymous)", "scan.pdf"])
def test_a_title_that_a_program_made_up_is_not_used(title: str) -> None:
    assert parsed("Lease 2024.pdf", pdf(["x"], title=title)).title == "Lease 2024"


def test_an_encrypted_pdf_is_refused_with_a_remedy() -> None:
    refused = refusal("a.pdf", pdf(["secret"], password="pass"))
    assert refused.message == "encrypted"
    assert refused.remedy


def test_a_pdf_without_text_needs_ocr() -> None:
    assert refusal("a.pdf", pdf(None, None)).message == "contains only images, no text: needs OCR"


def test_a_truncated_pdf_is_refused_without_output(capfd: pytest.CaptureFixture[str]) -> None:
    data = pdf(["text"])
    assert "damaged" in refusal("a.pdf", data[: len(data) // 3]).message
    assert "damaged" in refusal("a.pdf", b"%PDF-1.7\n").message
    assert "damaged" in refusal("a.pdf", "not a pdf at all").message
    assert capfd.readouterr() == ("", "")


def test_a_word_broken_between_lines_is_one_word() -> None:
    text = parsed("a.pdf", pdf(["The ten-", "ancy ends in June."])).pages[0]
    assert "The tenancy ends" in text
    text = parsed("a.pdf", pdf(["A well-known rule.", "This is a well-", "known rule too."])).pages[0]
    assert text.count("well-known") == 2, "the document writes the word with a hyphen elsewhere"


def test_lines_with_a_large_gap_are_paragraphs() -> None:
    placed = [(20, y, f"Line {y}.") for y in (740, 726, 712, 680, 666)]
    texts = [block.text for block in parsed("a.pdf", pdf(placed)).blocks]
    assert texts == ["Line 740.\nLine 726.\nLine 712.", "Line 680.\nLine 666."]


def test_a_table_is_kept_as_rows() -> None:
    rows = [("Year", "Rent", "Costs"), ("2025", "840", "120"), ("2026", "870", "131")]
    placed = [
        (left, 700 - 14 * number, cell)
        for number, row in enumerate(rows)
        for left, cell in zip((20, 200, 400), row, strict=True)
    ]
    (block,) = parsed("a.pdf", pdf(placed)).blocks
    assert block.kind is BlockKind.ROWS
    assert block.text == "Year   Rent   Costs\n2025   840   120\n2026   870   131"


def test_two_columns_of_text_are_not_a_table() -> None:
    placed = [(20, 700, "Left begins"), (300, 700, "Right begins"), (300, 686, "right ends.")]
    kinds = {block.kind for block in parsed("a.pdf", pdf(placed)).blocks}
    assert kinds == {BlockKind.PROSE}


def test_running_headers_and_footers_are_in_the_text_but_in_no_block() -> None:
    pages = [
        ["Annual report", f"What happened in chapter {name}.", "More of it.", f"Page {number} of 5"]
        for number, name in enumerate(("one", "two", "three", "four", "five"), start=1)
    ]
    document = parsed("a.pdf", pdf(*pages))
    in_blocks = " ".join(block.text for block in document.blocks)
    assert "Annual report" not in in_blocks
    assert "Page" not in in_blocks
    assert all(f"chapter {name}" in in_blocks for name in ("one", "five"))
    assert "Annual report" in document.pages[2]
    assert "Page 3 of 5" in document.pages[2]


def test_a_document_that_repeats_one_line_keeps_it() -> None:
    blocks = parsed("a.pdf", pdf(*[["Draft"]] * 5)).blocks
    assert [block.text for block in blocks] == ["Draft"] * 5


def test_headings_come_from_the_outline_at_the_lines_that_show_them() -> None:
    data = pdf(
        ["Preface", "Before it all.", "1 Terms", "It ends in June."],
        ["It may be renewed.", "2 Costs", "870 euros."],
        outline={"Preface": 0, "Terms": 0, "Costs": 1},
    )
    headings = {block.text: block.locator.heading for block in parsed("a.pdf", data).blocks}
    assert headings == {
        "Before it all.": ("Preface",),
        "It ends in June.": ("Terms",),
        "It may be renewed.": ("Terms",),
        "870 euros.": ("Costs",),
    }


def test_pages_have_their_printed_labels() -> None:
    blocks = parsed("a.pdf", pdf(["One."], ["Two."], labels=PageLabelStyle.LOWERCASE_ROMAN)).blocks
    assert [(block.locator.page, block.locator.label) for block in blocks] == [(1, "i"), (2, "ii")]
    unlabelled = parsed("a.pdf", pdf(["One."])).blocks[0].locator
    assert (unlabelled.page, unlabelled.label) == (1, None)


def test_attachments_are_listed_and_the_date_is_that_of_the_file() -> None:
    data = pdf(["See the annex."], attachments=["annex.xlsx"], created="D:20240517093000+02'00'")
    document = parsed("a.pdf", data)
    assert document.blocks[-1].text == "Attachments: annex.xlsx"
    assert document.metadata.date == datetime.date(2024, 5, 17)


def test_pages_that_are_images_are_counted() -> None:
    document = parsed("a.pdf", pdf(["Some text."], None, None))
    assert document.unread == "2 of 3 pages are images without text: needs OCR"
    assert parsed("a.pdf", pdf(["Some text."])).unread == ""


def test_pypdf_reads_a_file_in_which_pdfium_finds_no_text() -> None:
    # The content stream is inside the page object, which the standard does not allow.
    data = pdf(["The lease ends."])
    stream = data[data.index(b"<<\n/Length") : data.index(b"endstream") + len(b"endstream")]
    (page,) = parsed("a.pdf", data.replace(b"/Contents 6 0 R", b"/Contents " + stream)).pages
    assert page.strip() == "The lease ends."


@pytest.mark.parametrize("box", [(0, 0, 595, 842), (0, 0, 1190, 842), (-100, -100, 700, 900)])
def test_a_page_may_inherit_its_size(box: tuple[int, int, int, int]) -> None:
    left, _, right, top = box
    data = pdf(
        [(left + 50, 300, "Low line about oranges."), (right - 150, top - 20, "Far line about lemons.")]
    )
    writer = PdfWriter(clone_from=io.BytesIO(data))
    (page,) = writer.pages
    del page["/MediaBox"]
    pages = page["/Parent"].get_object()
    assert isinstance(pages, DictionaryObject)
    pages[NameObject("/MediaBox")] = ArrayObject(map(NumberObject, box))
    buffer = io.BytesIO()
    writer.write(buffer)
    document = parsed("a.pdf", buffer.getvalue())
    assert "lemons" in document.pages[0]
    assert document.hidden == ()
