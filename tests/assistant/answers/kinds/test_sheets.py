"""Summaries of spreadsheets and files of separated values."""

import io

from assistant.summary import SummaryKind
from tests.ingest.test_opendocument import opendocument
from tests.summarized import points, summary_of

EXPENSES = """date,payee,category,amount,unit price,paid_on
2026-01-04,Mill Bakery,food,"1,012.50",2.50,2026-01-05
2026-01-20,Harbour Energy,power,80.00,0.30,2026-01-21
2026-02-03,Mill Bakery,food,20.00,2.50,2026-02-04
2026-02-17,Roof & Sons,repairs,300.00,45.00,
2026-02-28,Harbour Energy,power,75.25,0.31,2026-03-01
2026-03-02,Mill Bakery,food,12.25,2.45,2026-03-02
Total,,,"1,500.00",,
"""


def test_a_column_has_its_range_its_total_or_its_values() -> None:
    summary = summary_of("/notes/expenses.csv", EXPENSES)
    assert summary.kind is SummaryKind.SHEET
    assert summary.about == "Table, “expenses”: 6 rows, 6 columns."
    columns = points(summary, "Columns")
    assert "date: 2026-01-04 to 2026-03-02" in columns
    assert "payee: Mill Bakery (3), Harbour Energy (2), Roof & Sons" in columns
    assert "amount: total 1,500.00, from 12.25 (Mill Bakery) to 1,012.50 (Mill Bakery)" in columns


def test_a_row_of_totals_is_quoted_and_not_added() -> None:
    columns = points(summary_of("/notes/expenses.csv", EXPENSES), "Columns")
    assert "As stated: Total, amount 1,500.00" in columns


def test_prices_are_not_added_up() -> None:
    (prices,) = (
        point
        for point in points(summary_of("/notes/expenses.csv", EXPENSES), "Columns")
        if point.startswith("unit price")
    )
    assert "total" not in prices


def test_sums_are_divided_by_group_and_by_month() -> None:
    columns = points(summary_of("/notes/expenses.csv", EXPENSES), "Columns")
    assert "amount by category: food 1,044.75; repairs 300.00; power 155.25" in columns
    assert "amount by month: 2026-01 1,092.50; 2026-02 395.25; 2026-03 12.25" in columns


def test_a_row_with_an_empty_cell_is_named() -> None:
    columns = points(summary_of("/notes/expenses.csv", EXPENSES), "Columns")
    assert "paid_on: 2026-01-05 to 2026-03-02; empty in 1 row (Roof & Sons)" in columns


def test_every_sheet_of_a_workbook_has_its_own_points() -> None:
    from openpyxl import Workbook  # type: ignore[import-untyped]

    book = Workbook()
    first = book.active
    first.title = "Members"
    for member in (["Members of 2026"], ["Name", "Fee"], ["Lind", 60], ["Pryce", 40]):
        first.append(member)
    second = book.create_sheet("Boats")
    for boat in (["Boat", "Built", "Length m"], ["Heron", 1998, 7.5], ["Tern", 2004, 6.1]):
        second.append(boat)
    data = io.BytesIO()
    book.save(data)
    summary = summary_of("/notes/club.xlsx", data.getvalue())
    assert summary.about == "Table, “club”: 2 sheets, 4 rows."
    members = points(summary, "Members (2 rows)")
    assert members[0] == "Members of 2026"
    assert "Fee: total 100, from 40 (Pryce) to 60 (Lind)" in members
    boats = points(summary, "Boats (2 rows)")
    assert "Built: from 1998 (Heron) to 2004 (Tern)" in boats
    assert "Row: Heron, Built 1998, Length m 7.5" in boats


def test_an_opendocument_spreadsheet_is_described_like_any_other() -> None:
    def row(*cells: str) -> str:
        inside = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in cells)
        return f"<table:table-row>{inside}</table:table-row>"

    rows = row("Name", "Fee") + row("Lind", "60,50") + row("Pryce", "40,00") + row("Okonkwo", "80,00")
    body = f'<office:spreadsheet><table:table table:name="Members">{rows}</table:table></office:spreadsheet>'
    summary = summary_of("/notes/club.ods", opendocument(body))
    assert summary.kind is SummaryKind.SHEET
    assert "Fee: total 180,50, from 40,00 (Pryce) to 80,00 (Okonkwo)" in points(summary, "Members")


def test_a_reading_of_a_meter_is_not_added_up() -> None:
    rows = "".join(f"2026-0{month}-01,{5000 + 70 * month}\n" for month in range(1, 8))
    (text,) = (
        point
        for point in points(summary_of("/notes/meter.csv", f"date,kilowatt hours\n{rows}"), "Columns")
        if point.startswith("kilowatt")
    )
    assert text == "kilowatt hours: from 5070 to 5490; first 5070, last 5490"


def test_columns_of_months_share_a_line_of_totals() -> None:
    months = ["Jan", "Feb", "Mar", "Apr"]
    text = f"Item,{','.join(months)}\nRent,900,900,910,910\nFood,300,280,310,305\n"
    columns = points(summary_of("/notes/budget.csv", text), "Columns")
    assert "Totals by column: Jan 1,200; Feb 1,180; Mar 1,220; Apr 1,215" in columns


def test_numbers_with_a_comma_before_the_decimals() -> None:
    text = "Posten;Betrag (EUR)\nMiete;1.250,50\nStrom;80,25\n"
    columns = points(summary_of("/notes/kosten.csv", text), "Columns")
    assert "Betrag (EUR): total 1.330,75 EUR, from 80,25 EUR (Strom) to 1.250,50 EUR (Miete)" in columns


def test_marks_and_answers_to_questions_have_a_mean_and_no_sum() -> None:
    rows = "".join(f"{name},{mark}\n" for name, mark in zip("abcd", (5, 4, 2, 5), strict=True))
    columns = points(
        summary_of("/notes/survey.csv", f"guest,How satisfied are you? (1-5)\n{rows}"), "Columns"
    )
    assert "How satisfied are you? (1-5): average 4.00, from 2 (c) to 5 (a)" in columns


def test_numbers_of_telephones_and_columns_without_a_name_are_not_added_up() -> None:
    text = summary_of("/notes/people.csv", "Name,Phone\nLind,0123456\nPryce,0123999\n").text
    assert "total" not in text
    assert "total" not in summary_of("/notes/gauge.tsv", "2026-01-01\t20.5\n2026-01-02\t21.5\n").text


def test_the_cells_of_a_bank_statement_are_split_at_the_delimiter_of_its_rows() -> None:
    text = (
        "Statement of account, Ida Brink, Leeds\n\nDay;Payee;Paid out\n"
        "2026-01-02;Baker, High Street;4,20\n2026-01-03;Grocer, Mill Lane;31,80\n2026-01-05;Rail;12,00\n"
    )
    columns = points(summary_of("/notes/account.csv", text), "Columns")
    assert any(point.startswith("Paid out: total 48,00") for point in columns), columns
