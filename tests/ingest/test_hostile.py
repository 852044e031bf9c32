"""Files made to be slow, to fill the memory, or to make a parser fail: each is read or refused at once."""

import io
import time
import zipfile
from collections.abc import Iterator

import pytest

from ingest.documents import Document
from ingest.errors import UnreadableDocument
from tests.ingest.test_opendocument import opendocument
from tests.ingest.test_word import NAMESPACES, docx, paragraph, run
from tests.parsing import parse_bytes, refusal

SECONDS = 10
"""The most processor time of a case. Without the measures tested here, each takes a minute or more."""

SIBLINGS = 20_000
"""Elements of one kind beside each other."""

SLOW = {
    "selectors without an end": ("a.html", f"<style>{'a,' * 30_000}b{{color:red}}</style>Anna"),
    "selectors with brackets": ("a.html", f"<style>p{':not(.a)' * 30} b{{color:red}}</style><b>Anna</b>"),
    "nested selectors": ("a.html", f"<style>{':not(' * 20_000}a{{color:red}}</style>Anna"),
    "nested rules": ("a.html", f"<style>{'@media screen{' * 20_000}a{{color:red}}</style>Anna"),
    "values of variables": (
        "a.html",
        f"<style>p{{--a:{'x' * 100_000};left:{'var(--a)' * 10_000}}}</style><p>Anna",
    ),
    "digits of a length": ("a.html", f'<p style="position:fixed;left:{"1" * 20_000}x">so</p>Anna'),
    "digits of a background": ("a.html", f'<p style="background:{"1" * 50_000}">Anna'),
    "functions without an end": ("a.html", f'<p style="transform:{"translate(" * 50_000}">Anna'),
    "gradients without an end": (
        "a.html",
        f'<p style="background:linear-gradient({"rgb(" * 50_000}">Anna',
    ),
    "comments beside each other": ("a.html", "<!-- so -->Anna " * 2 * SIBLINGS),
    "pictures beside each other": ("a.html", '<img alt="so">Anna ' * SIBLINGS),
    "tooltips beside each other": ("a.html", '<b title="so it was said here">Anna</b>' * SIBLINGS),
    "notes beside each other": ("a.html", '<a href="#n"><sup>1</sup></a>Anna ' * SIBLINGS),
    "fields beside each other": ("a.html", '<input value="so">Anna ' * SIBLINGS),
    "choices beside each other": ("a.html", "<input type=checkbox>Anna " * SIBLINGS),
    "hidden fields beside each other": ("a.html", "<input type=hidden>Anna " * SIBLINGS),
    "hidden elements beside each other": ("a.html", "<b hidden>so</b>Anna " * SIBLINGS),
    "texts without colour beside each other": (
        "a.html",
        f"<p style='color:white'>{'so<b style=color:black>Anna</b>' * SIBLINGS}",
    ),
    "paragraphs in stripes": (
        "a.html",
        f"<style>p:nth-child(even){{color:#222}}</style>{'<p>Anna</p>' * (SIBLINGS // 2)}",
    ),
    "bodies of a table": ("a.html", f"<table>{'<tbody><tr><td>Anna<td>3' * 4_000}</table>"),
    "spaces of a Markdown heading": ("a.md", f"# Anna{' ' * 200_000}x"),
    "spaces of an Org headline": ("a.org", f"* Anna{' ' * 200_000}x"),
    "titles of reStructuredText": ("a.rst", "Anna\n====\n" * 60_000),
    "backquotes of reStructuredText": ("a.rst", "Anna `a b\n" * 100_000),
    "backquotes in a line": ("a.rst", "Anna " + "`a ``b " * 150_000),
    "marks of reStructuredText": ("a.rst", "Anna " + "*a **b |c [d _e :f:`g\n" * 40_000),
    "names of reStructuredText": ("a.rst", "Anna_" + "a.b:c-" * 150_000),
    "nested lists of reStructuredText": (
        "a.rst",
        "".join(f"{' ' * level}- Anna\n\n" for level in range(5_000)),
    ),
    "nested directives": ("a.rst", "".join(f"{' ' * level}.. note:: Anna\n" for level in range(3_000))),
    "borders of tables": ("a.rst", "Anna\n\n" + "== ==\na\n" * 150_000),
    "borders without an end": ("a.rst", "Anna\n\n" + "".join(f"{' ' * n}== ==\n" for n in range(2_000))),
    "columns of a simple table": ("a.rst", f"{'== ' * 10_000}\n{'Anna ' * 5_000}\n{'== ' * 10_000}\n"),
    "columns of a grid": ("a.rst", f"+{'-+' * 10_000}\n|Anna{'|' * 20_000}\n" + "|\n" * 100_000),
    "spanned columns": (
        "a.rst",
        "".join(f"+{'-+' * 500}\n|Anna {'x' * 990}|\n+{'-+' * 500}\n\n" for _ in range(300)),
    ),
    "rows of a list": (
        "a.rst",
        ".. list-table::\n\n   * - Anna\n" + "     - a\n" * 9_000 + "   * - b\n" * 9_000,
    ),
    "substitutions": ("a.rst", f".. |x| replace:: {'Anna ' * 50_000}\n\nAnna{' |x|' * 100_000}"),
    "automatic numbers": ("a.rst", "#. Anna [#]_\n\n.. [#] so\n\n" * 20_000),
    "titles between fields": ("a.rst", ":a: Anna\n\n" * 60_000),
    "lists that repeat each other": (
        "a.md",
        "---\na: &a [x]\n"
        + "".join(
            f"{letter}: &{letter} [{', '.join([f'*{before}'] * 9)}]\n"
            for before, letter in zip("abcdefghijk", "bcdefghijkl", strict=True)
        )
        + "date: *l\n---\nAnna",
    ),
    "long front matter": ("a.md", f"---\n{''.join(f'a{n}: 1{chr(10)}' for n in range(400_000))}---\nAnna"),
    "fonts of RTF": ("a.rtf", r"{\rtf1 " + r"\f1" * 300_000 + " Anna}"),
    "letters of RTF": ("a.rtf", r"{\rtf1 Anna" + r"\u1078?" * 300_000 + "}"),
    "notes of RTF": ("a.rtf", r"{\rtf1 Anna" + "1" * 50_000 + "a" + r"{\footnote x}" * 2_000 + "}"),
}


@pytest.fixture(autouse=True)
def _in_a_moment() -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize(("name", "text"), SLOW.values(), ids=SLOW)
def test_no_text_makes_a_parser_slow(name: str, text: str) -> None:
    assert "Anna" in _text(parse_bytes(name, text.encode()))


def test_attachments_of_a_mail_take_no_quadratic_time() -> None:
    part = "--b\nContent-Type: text/plain; name=a.txt\nContent-Disposition: attachment\n\n{}\n"
    parts = "".join(part.format(number) for number in range(8_000))
    mail = f"Subject: Anna\nContent-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n"
    assert "Anna" in _text(parse_bytes("a.eml", mail.encode()))


def test_comments_without_an_end_take_no_quadratic_time() -> None:
    numbers = range(500)
    said = paragraph(run("so"))
    comments = "".join(f'<w:comment w:id="{n}" w:author="Ida">{said}</w:comment>' for n in numbers)
    comments = f"<w:comments {NAMESPACES}>{comments}</w:comments>"
    begun = "".join(f'<w:commentRangeStart w:id="{n}"/>' for n in numbers)
    noted = "".join(f'<w:r><w:commentReference w:id="{n}"/></w:r>' for n in numbers)
    body = begun + paragraph(run("Anna ") * 2_000) + f"<w:p>{noted}</w:p>"
    document = parse_bytes("a.docx", docx(body, comments=comments))
    assert "Comment by Ida on “Anna Anna" in _text(document)


def test_a_paragraph_of_many_runs_takes_no_quadratic_time() -> None:
    assert "Anna Anna" in _text(parse_bytes("a.docx", docx(paragraph(run("Anna ") * 3_000))))


def test_comments_on_one_paragraph_take_no_quadratic_time() -> None:
    comment = "<office:annotation><dc:creator>Ida</dc:creator><text:p>so</text:p></office:annotation>Anna "
    body = f"<office:text><text:p>{comment * 4_000}</text:p></office:text>"
    document = parse_bytes("a.odt", opendocument(body))
    assert "Comment by Ida on “Anna Anna" in _text(document)


def test_columns_and_rows_that_are_said_to_be_repeated_fill_no_memory() -> None:
    column = '<table:table-column table:number-columns-repeated="1000"/>'
    row = (
        '<table:table-row table:number-rows-repeated="1000">'
        '<table:table-cell table:number-columns-repeated="1000"><text:p>Anna</text:p></table:table-cell>'
        "</table:table-row>"
    )
    table = f"<table:table>{column * 20_000}{row * 20}</table:table>"
    body = f"<office:spreadsheet>{table}</office:spreadsheet>"
    document = parse_bytes("a.ods", opendocument(body))
    assert len(_text(document)) < 20_000_000


def test_an_object_that_contains_itself_is_read_once() -> None:
    reference = 'xmlns:l="http://www.w3.org/1999/xlink" l:href="./Object 1"'
    frame = f"<text:p><draw:frame><draw:object {reference}/></draw:frame></text:p>"
    table = (
        f"<table:table><table:table-row><table:table-cell><text:p>Anna</text:p>{frame * 2}"
        "</table:table-cell></table:table-row></table:table>"
    )
    with zipfile.ZipFile(io.BytesIO(opendocument(table))) as inner:
        part = inner.read("content.xml").decode()
    data = opendocument(f"<office:text>{frame}</office:text>", **{"Object 1/content.xml": part})
    assert _text(parse_bytes("a.odt", data)).count("Anna") == 1


def test_a_page_of_a_book_is_read_once_and_a_missing_one_is_reported() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", '<c><rootfile full-path="a.opf"/></c>')
        archive.writestr(
            "a.opf",
            '<p><manifest><item id="1" href="1.html"/><item id="2" href="2.html"/></manifest>'
            "<spine>" + '<itemref idref="1"/>' * 10_000 + '<itemref idref="2"/></spine></p>',
        )
        archive.writestr("1.html", "<p>Anna</p>")
    document = parse_bytes("a.epub", buffer.getvalue())
    assert _text(document).count("Anna") == 1
    assert document.unread == "it lacks 1 of its 2 sections"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "# " + "Anna " * 20_000 + "\n\nso" * 3_000),
        ("a.org", "\n".join("*" * level + " Anna\nso" for level in range(1, 1_000))),
        ("a.json", '{"Anna":' * 300 + '[{"so":[["x"]]}]' + "}" * 300),
        ("a.json", "[" + ",".join(['{"so":' * 300 + '"Anna"' + "}" * 300] * 200) + "]"),
    ],
    ids=["long heading", "deep headings", "deep objects", "deep entries"],
)
def test_headings_and_indents_do_not_fill_the_memory(name: str, text: str) -> None:
    document = parse_bytes(name, text.encode())
    headings = sum(len(part) for block in document.blocks for part in block.locator.heading)
    assert "Anna" in "\n".join(block.text for block in document.blocks) + document.title
    assert headings + len(_text(document)) < 20 * len(text)


@pytest.mark.parametrize(
    "page",
    [
        '<p style="clip-path:inset(1.2.3%)">Anna',
        '<p style="clip-path:inset(.%)">Anna',
        f'<table><tr><td colspan="{"9" * 5000}">Anna<td>b</table>',
        "<ol start=²><li>Anna</ol>",
        f'<ol start="{"9" * 5000}"><li>Anna</ol>',
    ],
)
def test_an_invalid_number_makes_no_page_unreadable(page: str) -> None:
    assert "Anna" in _text(parse_bytes("a.html", page.encode()))


def test_a_link_within_a_link_back_from_a_note_makes_no_page_unreadable() -> None:
    assert _text(parse_bytes("a.html", b'<a href="#x">\xe2\x86\x91<a href="#y"></a></a>Anna')) == "Anna"


def test_parts_nested_too_deeply_are_refused_with_that_reason() -> None:
    table = "<w:tbl><w:tr><w:tc>"
    error = refusal("a.docx", docx(f"{table * 400}{paragraph(run('Anna'))}{'</w:tc></w:tr></w:tbl>' * 400}"))
    assert error.message == "its parts are nested too deeply"


def test_any_error_of_a_parser_becomes_an_unreadable_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("ingest.parsers._EXTRACT_TEXT", {"text/plain": fails})
    with pytest.raises(UnreadableDocument, match="damaged file"):
        parse_bytes("a.txt", b"Anna")


def _text(document: Document) -> str:
    return "\n".join(document.pages)
