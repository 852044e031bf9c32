import io
import zipfile

from ingest.documents import Hiding
from tests.parsing import parse_bytes

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
