"""The tables that are found in the text of PDFs."""

from assistant.answers.tables import FoundTable, tables
from ingest.catalogue.records import DocumentContent
from ingest.parsers.paging import PAGE_CHARACTERS
from tests.parsing import parse_bytes
from tests.pdfs import Placed, pdf

LEFTS = (40, 200, 300, 400)


def rows_at(rows: list[list[str]], top: int = 700) -> list[Placed]:
    return [
        (left, top - 20 * number, cell)
        for number, row in enumerate(rows)
        for left, cell in zip(LEFTS, row, strict=True)
        if cell
    ]


def found(*pages: list[list[str]]) -> list[FoundTable]:
    data = pdf(*([*rows_at(rows), (290, 30, str(page))] for page, rows in enumerate(pages, start=1)))
    document = parse_bytes("/notes/a.pdf", data)
    places = tuple(block.locator for block in document.blocks)
    content = DocumentContent(
        document.path, document.media_type, "", frozenset(), None, "", document.pages, places
    )
    return tables(content)


def test_the_table_of_a_long_file_has_all_its_rows() -> None:
    rows = PAGE_CHARACTERS // 200
    text = "item,amount\n" + "".join(f"screw {number}{' and' * 60},1\n" for number in range(rows))
    document = parse_bytes("/notes/a.csv", text.encode())
    assert len(document.pages) > 1
    places = tuple(block.locator for block in document.blocks)
    (table,) = tables(
        DocumentContent(document.path, "text/csv", "", frozenset(), None, "", document.pages, places)
    )
    assert len(table.rows) == rows


HEADER = ["Day", "Purpose", "Debit", "Credit"]


def entries(first: int, count: int, *, sparse: bool) -> list[list[str]]:
    return [
        [
            f"{number:02d}.03.2024",
            f"Transfer {number}",
            "" if sparse and number % 2 else f"{number}.50",
            "" if sparse and not number % 2 else f"{number}.75",
        ]
        for number in range(first, first + count)
    ]


def test_a_table_over_several_pages_is_one_table_with_its_header() -> None:
    for sparse in (True, False):
        pages = [entries(1 + 5 * page, 5, sparse=sparse) for page in range(3)]
        (table,) = found([HEADER, *pages[0]], *pages[1:])
        assert table.header == tuple(HEADER)
        assert [row.cells for row in table.rows] == [tuple(row) for rows in pages for row in rows]
        assert [row.locator.page for row in table.rows] == [1] * 5 + [2] * 5 + [3] * 5


def test_the_rest_of_a_table_on_the_next_page_is_under_its_header() -> None:
    rows = entries(1, 10, sparse=True)
    data = pdf(rows_at([HEADER, *rows[:5]]), rows_at(rows[5:]))
    (_, second) = parse_bytes("/notes/a.pdf", data).blocks
    assert second.text.split("\n")[:3] == [
        "| Day | Purpose | Debit | Credit |",
        "| --- | --- | --- | --- |",
        "| 06.03.2024 | Transfer 6 | 6.50 |  |",
    ]


def test_another_table_on_the_next_page_keeps_its_own_header() -> None:
    boats = [["Boat", "Owner", "Seats", "Berth"], *entries(1, 3, sparse=False)]
    (first, second) = found([HEADER, *entries(1, 5, sparse=False)], boats)
    assert (first.header[0], second.header[0]) == ("Day", "Boat")


def test_a_header_of_two_lines_names_its_columns_by_both() -> None:
    names = [["Boat", "2023", "", "2024"], ["", "Income", "Cost", "Income"]]
    (table,) = found([*names, ["Heron", "120", "80", "130"], ["Otter", "95", "60", "99"]])
    assert table.header == ("Boat", "2023 Income", "2023 Cost", "2024 Income")


STATEMENT = """Holder;Lena Brook
Account;DE00 1234 5678

Date;Payee;Amount;Balance
02.05.2024;Krone;-780,00;1.420,00
06.05.2024;Dr Wels;-64,50;1.355,50
Total;;-844,50;

Closing balance;;;1.355,50
Made on 1 June 2024
"""


def test_the_table_of_a_statement_begins_at_its_column_names() -> None:
    document = parse_bytes("/notes/may.csv", STATEMENT.encode())
    places = tuple(block.locator for block in document.blocks)
    (table,) = tables(
        DocumentContent(document.path, "text/csv", "", frozenset(), None, "", document.pages, places)
    )
    assert table.header == ("Date", "Payee", "Amount", "Balance")
    assert [row.cells[1] for row in table.records] == ["Krone", "Dr Wels"]
    assert table.rows[0].locator.lines == (5, 5)


def test_numbers_are_no_names_of_columns_although_their_notation_is_not_clear() -> None:
    text = "Rent;1.250\nPower;2.100\nFood;1.310\n"
    document = parse_bytes("/notes/costs.csv", text.encode())
    places = tuple(block.locator for block in document.blocks)
    assert not tables(
        DocumentContent(document.path, "text/csv", "", frozenset(), None, "", document.pages, places)
    )
