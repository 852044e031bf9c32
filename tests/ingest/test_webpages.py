import io
import zipfile

import pytest

from ingest.documents import Hiding
from tests.parsing import parse_bytes, refusal

RATES = """
<table><caption>Moorings 2024</caption>
<thead><tr><th rowspan=2>Boat</th><th colspan=2>Fee</th><th rowspan=2>For</th></tr>
<tr><th>Summer</th><th>Winter</th></tr></thead>
<tbody><tr><td rowspan=2>Skiff</td><td>40</td><td>15</td><td rowspan=3>members</td></tr>
<tr><td>42</td><td>16</td></tr><tr><td>Yawl</td><td colspan=2>60</td></tr>
<tr><td colspan=3>Total</td><td>9</td></tr></tbody></table>
"""

FORM = """
<form><label>Name</label><input value="Ann Brandt"><label>Age<input type=number value=7></label>
<input type=password value=covered><input type=hidden value=unseen><input type=checkbox checked>Member
<input type=radio>Guest<select><option>Red<option selected>Blue</select><textarea>Swims well</textarea></form>
"""


def text_of(page: str) -> str:
    return "\n".join(block.text for block in parse_bytes("a.html", page.encode()).blocks)


def test_a_cell_stands_in_every_place_that_it_spans() -> None:
    assert text_of(RATES).splitlines()[1:] == [
        "| Boat | Fee Summer | Fee Winter | For |",
        "| --- | --- | --- | --- |",
        "| Skiff | 40 | 15 | members |",
        "| Skiff | 42 | 16 | members |",
        "| Yawl | 60 | 60 | members |",
        "| Total |  |  | 9 |",
    ]


def test_a_title_in_the_first_row_of_a_table_is_not_repeated() -> None:
    page = (
        "<table><tr><th colspan=2>Prices in EUR</th></tr><tr><th>Boat</th><th>Fee</th></tr><tr><td>Skiff</td>"
    )
    lines = text_of(page + "<td>40</td></tr></table>").splitlines()
    assert "| Boat | Fee |" in lines
    assert sum("Prices in EUR" in line for line in lines) == 1
    assert text_of(page + "<td>40</td></tr></table>").count("Prices in EUR") == 1


def test_the_headings_of_a_table_hold_for_all_of_its_bodies() -> None:
    first = "<table><tbody><tr><th>Boat<th>Fee</tr><tr><td>Skiff<td>40</tr></tbody>"
    assert text_of(first + "<tbody><tr><td>Punt<td>25</tr></tbody><tbody><tr><td>Raft<td>9</tr></table>") == (
        "| Boat | Fee |\n| --- | --- |\n| Skiff | 40 |\n| Punt | 25 |\n| Raft | 9 |"
    )


def test_a_table_that_claims_to_be_huge_is_left_as_it_is() -> None:
    page = "<table>" + "<tr><td rowspan=60000 colspan=1000>deep</td></tr>" * 100 + "</table>"
    assert "deep" in text_of(page)


def test_what_a_form_holds_is_read_and_kept_apart() -> None:
    words = text_of(FORM).split()
    assert " ".join(words) == "Name Ann Brandt Age 7 ☑ Member ☐ Guest ☐ Red ☑ Blue Swims well"


def test_elements_that_a_browser_sets_apart_are_not_run_together() -> None:
    page = "<dl><dt>Term</dt><dd>two years</dd><dt>Rent</dt><dd>700</dd></dl><summary>More</summary>Juniors"
    words = text_of(page).replace(":", " ").split()
    assert words == ["Term", "two", "years", "Rent", "700", "More", "Juniors"]


def test_a_book_is_read_in_the_order_of_its_pages_and_its_hidden_text_is_not() -> None:
    package = """<package><metadata><title>The Pond</title><creator>A. Brandt</creator></metadata><manifest>
        <item id="b" href="text/b.xhtml"/><item id="a" href="text/a%20a.xhtml"/></manifest>
        <spine><itemref idref="a"/><itemref idref="b"/></spine></package>"""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", '<c><rootfile full-path="OPS/book.opf"/></c>')
        archive.writestr("OPS/book.opf", package)
        archive.writestr("OPS/text/a a.xhtml", "<h1>Spring</h1><p>Frogs</p><p hidden>salary 250000</p>")
        archive.writestr("OPS/text/b.xhtml", "<h1>Summer</h1><p>Newts</p>")
    document = parse_bytes("a.epub", buffer.getvalue())
    assert document.title == "The Pond"
    assert [(block.text, block.locator.heading) for block in document.blocks[-2:]] == [
        ("Frogs", ("Spring",)),
        ("Newts", ("Summer",)),
    ]
    assert "A. Brandt" in document.pages[0]
    assert [(text.text, text.how) for text in document.hidden] == [("salary 250000", Hiding.MARKED)]


LAYOUT = """<table><tr><td><table><tr><td><p>Dear Nora,</p><p>your table is booked for <b>six</b>.</p>
<table border="1"><tr><th>Menu</th><th>Price</th></tr><tr><td>Trout</td><td>27.00</td></tr></table>
<p>Booking code: BRK-5518</p></td></tr>
<tr><td>Fir Street 4</td><td>Opened 1998</td></tr></table></td></tr></table>
"""
DATA = """<table><tr><th>Town</th><th>Weather</th></tr><tr><td>Bergen</td><td>Rain</td></tr>
<tr><td>Oslo</td><td>Sun</td></tr><tr><td>Bodø</td><td><table><tr><td>Snow</td></tr></table></td></tr></table>
"""


def test_tables_that_only_arrange_a_page_are_taken_apart() -> None:
    document = parse_bytes("/mails/table.html", f"<body>{LAYOUT}</body>".encode())
    texts = [block.text for block in document.blocks]
    assert texts[:2] == ["Dear Nora,", "your table is booked for **six**."]
    assert "| Menu | Price |\n| --- | --- |\n| Trout | 27.00 |" in texts
    assert "Booking code: BRK-5518" in texts


def test_a_table_of_data_with_a_table_in_a_cell_stays_one() -> None:
    document = parse_bytes("/pages/weather.html", f"<body>{DATA}</body>".encode())
    assert "| Bergen | Rain |" in document.pages[0] and "| Oslo | Sun |" in document.pages[0]


def test_end_tags_may_be_left_out() -> None:
    page = (
        "<p>One<p>Two<ul><li>first<li>second<ul><li>deep<li><i>deeper</i></ul><li>third</ul>"
        "<table><tr><th>a<th>b<tr><td>1<td>2<tr><td>3<td>4</table><dl><dt>T<dd>D<dt>U<dd>V</dl>"
        "<ol><li>x<p>y<p>z<li>w</ol>"
    )
    whole = (
        "<p>One</p><p>Two</p><ul><li>first</li><li>second<ul><li>deep</li><li><i>deeper</i></li></ul></li>"
        "<li>third</li></ul><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr><tr><td>3</td>"
        "<td>4</td></tr></table><dl><dt>T</dt><dd>D</dd><dt>U</dt><dd>V</dd></dl>"
        "<ol><li>x<p>y</p><p>z</p></li><li>w</li></ol>"
    )
    assert text_of(page) == text_of(whole)
    assert "* first\n* second\n  + deep\n" in text_of(page)
    assert "| 3 | 4 |" in text_of(page)


def test_a_long_list_without_end_tags_is_read() -> None:
    assert text_of(f"<ul>{''.join(f'<li>item {n}' for n in range(4000))}</ul>").endswith("* item 3999")


def test_a_table_in_a_cell_keeps_the_cell_around_it_open() -> None:
    page = "<table><tr><td>a<table><tr><td>inner</td></tr></table></td><td>b</td></tr></table>"
    text = text_of(page)
    assert text.index("a") < text.index("inner") < text.index("b")


def test_the_mark_of_a_note_is_a_raised_number_and_the_arrow_back_is_left_out() -> None:
    page = (
        '<p>It is deep.<sup><a href="#fn1">1</a></sup> See <a href="rules.html">the rules</a> and'
        ' <a href="https://wells.example/">the club</a>.</p>'
        '<ol><li id="fn1">Exactly 31 metres. <a href="#ref1">\u21a9\ufe0e</a></li></ol>'
    )
    assert text_of(page) == (
        "It is deep.\u00b9 See the rules and [the club](https://wells.example/).\n1. Exactly 31 metres."
    )


def test_the_source_of_a_formula_is_hidden() -> None:
    source = "<annotation encoding='application/x-tex'>E = m</annotation>"
    page = f"<p>Then <math><semantics><mi>E</mi><mo>=</mo><mi>m</mi>{source}</semantics></math>.</p>"
    document = parse_bytes("a.html", page.encode())
    assert document.pages[0].strip() == "Then E=m."
    assert [(each.text, each.how) for each in document.hidden] == [("E = m", Hiding.SUBSTITUTE)]


def test_rows_in_many_open_elements_cost_no_more_than_other_text() -> None:
    assert "no text" in str(refusal("a.html", f"{'<span>' * 20_000}{'<tr></tr>' * 20_000}"))


@pytest.mark.parametrize("entry", ["<option>Oak", "<dd>Oak</dd>", '<a href="#top">Oak</a>'])
def test_a_list_of_many_entries_costs_no_more_than_other_text(entry: str) -> None:
    text = text_of(f"<p>Trees:</p>{entry * 10_000}")
    assert text.count("Oak") == 10_000
