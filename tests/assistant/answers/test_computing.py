"""Counts, lists, sums and cells, computed from a library of all kinds of files, and what is not computed."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped]

from ingest.selection import Selection
from tests.libraries import IndexedFolder, indexed, values
from tests.pdfs import pdf_table

INVOICE = """---
title: Invoice {number}
type: invoice
vendor: {vendor}
status: {status}
amount: {amount}
date: {date}
---
Goods as ordered.
"""


TEXTS = {
    "bills/2023-12-acme.md": INVOICE.format(
        number=4399, vendor="Acme GmbH", status="paid", amount="60.00 EUR", date="2023-12-04"
    ),
    "bills/2024-01-acme.md": INVOICE.format(
        number=4401, vendor="Acme GmbH", status="paid", amount="118.20 EUR", date="2024-01-03"
    ),
    "bills/2024-02-cargo.md": INVOICE.format(
        number=4402, vendor="Ostrava Cargo", status="unpaid", amount="96.75 EUR", date="2024-02-05"
    ),
    "bills/2024-03-acme.md": INVOICE.format(
        number=4403, vendor="Acme GmbH", status="unpaid", amount="240.10 EUR", date="2024-03-04"
    ),
    "flat.md": "# Flat in Elm Street\n\nThe flat has three rooms. The landlord is Mr Brandt.\n",
    "budget.md": "# Household budget\n\n| Item | Q1 | Q2 |\n|---|---:|---:|\n"
    "| Rent | 2,400.00 € | 2,500.00 € |\n| Power | 310.50 € | 190.20 € |\n"
    "| **Total** | 2,710.50 € | 2,690.20 € |\n",
    "expenses.csv": "Date;Shop;Category;Amount\n2024-01-05;Bio Markt;Food;1.234,56 €\n"
    "2024-01-20;Stadtwerke;Power;80,00 €\n2024-02-10;Bio Markt;Food;200,00 €\nTotal;;;1.514,56 €\n",
    "fees.csv": "Club,Fee,Currency\nRowing,120,EUR\nChess,40,CHF\n",
    "trips.html": "<h1>Trips</h1><table><tr><th>Place</th><th>Nights</th></tr>"
    "<tr><td>Lisbon</td><td>4</td></tr><tr><td>Bergen</td><td>2</td></tr></table>",
    "deposit.eml": "From: Brandt <brandt@example.org>\nTo: me@example.org\nSubject: Deposit\n"
    "Date: Wed, 3 Jan 2024 10:00:00 +0000\nContent-Type: text/plain\n\nThe deposit is 1,200 euros.\n",
    "phones.txt": "Brandt & Sons\nInvoice 7\nDate: 2023-11-20\n\nTwo phones.\n\n"
    "Total: 1.180,00 EUR\nStatus: open\n",
    "crew.csv": "Name;Town;Paid on\nAda Kurz;Bonn;2024-02-03\nBea Lang;Bonn;\nCleo Mai;Cologne;2024-03-11\n",
    "stock.md": "# Stock\n\n| Item | Quantity | Unit price |\n|---|---|---|\n| Chair | 12 | 85.00 |\n"
    "| Lamp | 9 | 32.50 |\n",
    "harvest.csv": "Year,Crop,kg\n2022,Apples,85\n2022,Plums,31\n2023,Apples,64\n",
    "meter.csv": "Month,kWh\nJanuary 2024,310\nFebruary 2024,287\n",
    "vaccines.md": "# Vaccinations of Ida\n\n| Vaccine | Date | Doctor |\n|---|---|---|\n"
    "| Tetanus | 2019-05-03 | Dr. Lind |\n| Influenza | 2022-10-14 | Dr. Lind |\n",
    "fleet.md": "# Fleet\n\n| Boat | Seats | Length |\n|---|---|---|\n"
    "| Heron | 4 | 9 m |\n| Otter | 1 | 6 m |\n",
    "statutes.md": "# Statutes\n\nThe club owns 14 boats. Three boats are on loan.\n",
    "soup.md": "# Leek soup\n\n## Ingredients\n\n- 500 g leeks\n- 2 potatoes\n\n"
    "## Method\n\n1. Wash the leeks\n2. Fry them\n3. Add stock\n",
    "printers.csv": "Printer,Floor,Colour\nP1,1,yes\nP2,1,no\n",
    "repairs.csv": "Repair,Amount EUR,Paid\nRoof,90,yes\nGutter,40,no\n",
    "leases/elm-12.md": "---\ntype: lease\nstart: 2022-01-01\nrent: 700 GBP\ntags: [idea]\n---\nTwo rooms.\n",
    "leases/elm-14.md": "---\ntype: lease\nstart: 2023-06-01\nrent: 850 GBP\n---\nThree rooms.\n",
    "servers.md": "# Servers\n\n| Host | Region | Monthly cost |\n|---|---|---|\n"
    "| alpha | Bergen | $120.00 |\n| beta | Oslo | $75.50 |\n",
    "plan.md": "# Move\n\n- [ ] call the landlord\n- [x] pay power\n- [ ] renew insurance\n",
}

SHEETS = {
    "Costs": [
        ["", "2023", "", "2024", ""],
        ["Item", "Q1", "Q2", "Q1", "Q2"],
        ["Paper", 10, 12.5, 11, 13],
        ["Ink", 3.25, 4, 5, 6],
    ],
    "Members": [["Name", "Role", "Age"], ["Eva", "Chair", 40], ["Jo", "Clerk", 31], ["Mia", "Clerk", 55]],
}

FEES = [("Class", "Season", "Price"), ("Skiff", "Summer", "40.00 EUR"), ("Skiff", "Winter", "15.00 EUR")]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexedFolder]:
    """All of the files above, indexed. Shared by the tests, which do not change it."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in SHEETS.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook = io.BytesIO()
    book.save(workbook)
    files: dict[str, str | bytes] = {
        **TEXTS,
        "club.xlsx": workbook.getvalue(),
        "boats.pdf": pdf_table("Boat prices", FEES),
        "broken.pdf": b"%PDF-1.4 broken",
    }
    with indexed(tmp_path_factory.mktemp("library"), files) as library:
        yield library


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many documents are there?", "27"),
        ("How many PDFs do I have?", "1"),
        ("How many e-mails are there?", "1"),
        ("Wie viele Dokumente gibt es?", "27"),
        ("Combien de fichiers y a-t-il ?", "27"),
        ("¿Cuántos documentos hay?", "27"),
        ("How many documents mention the landlord?", "2"),
        ("How many invoices are there?", "5"),
        ("How many unpaid invoices are there?", "3"),
        ("How many invoices are over 100 EUR?", "3"),
        ("How many invoices are over €100?", "3"),
        ("How many unpaid invoices are under 100 euros?", "1"),
        ("How many invoices are over 90000 EUR?", "0"),
        ("Wie viele invoices liegen über 100 Euro?", "3"),
        ("Combien de invoices de plus de 100 euros ?", "3"),
        ("How many leases have a rent over 800?", "1"),
        ("How many invoices have not been paid?", "3"),
        ("Are there any unpaid invoices?", "3"),
        ("How many invoices did I get from Acme in 2024?", "2"),
        ("How many invoices since February 2024?", "2"),
        ("What is the total of all invoices in 2024?", "455.05 EUR"),
        ("What is the average amount of the invoices from Acme?", "139.43 EUR"),
        ("What is the highest invoice?", "phones 1180.00 EUR"),
        ("How many invoices are from Brandt?", "1"),
        ("What is the amount of invoice 4403?", "Invoice 4403 240.10 EUR"),
        ("What is the status of invoice 4402?", "Invoice 4402 unpaid"),
        ("How much is power in Q2?", "Power 190.20 €"),
        ("Sum of the column Amount in expenses.csv", "1514.56 EUR"),
        ("How much did we spend on food in total?", "1434.56 EUR"),
        ("How many shops are in the expenses?", "2"),
        ("How many rows does expenses.csv have?", "3"),
        ("What is the largest expense?", "2024-01-05 Bio Markt 1234.56 EUR"),
        ("How many members are there?", "3"),
        ("How many members are clerks?", "2"),
        ("What is the average age of the members?", "42.00"),
        ("What is the role of Eva?", "Eva Chair"),
        ("How much is paper in Q2 2024?", "Paper 13"),
        ("How much is the price of a skiff in winter?", "Skiff 15.00 EUR"),
        ("What does the skiff cost in summer?", "Skiff 40.00 EUR"),
        ("How many nights in Lisbon?", "Lisbon 4"),
        ("What is the total of nights in the trips?", "6"),
        ("How many open tasks are there?", "2"),
        ("How many tasks are done?", "1"),
        ("How many of the crew have not paid?", "1"),
        ("How many of the crew have paid?", "2"),
        ("How many colour printers are there?", "1"),
        ("Total of the paid repairs", "90 EUR"),
        ("What is the total rent of the leases?", "1550 GBP"),
        ("How many leases start in 2023?", "1"),
        ("How many documents are tagged idea?", "1"),
        ("Wie viele der crew wohnen in Bonn?", "2"),
        ("How many chairs are in stock?", "Chair 12"),
        ("How many kg of apples in 2023?", "64 kg"),
        ("How many kWh in February 2024?", "287 kWh"),
        ("When did Ida get the influenza vaccination?", "Influenza 2022-10-14"),
        ("Which boat has the most seats?", "Heron 4"),
        ("How many seats does the Heron have?", "Heron 4"),
        ("How many boats are in the table?", "2"),
        ("How many ingredients does the leek soup need?", "2"),
        ("How much is the monthly cost of alpha?", "alpha $120.00"),
        ("What is the total monthly cost of the servers?", "195.50 $"),
    ],
)
def test_a_value_is_computed_exactly(library: IndexedFolder, question: str, expected: str) -> None:
    assert values(library.computed(question)) == [expected]


def test_what_was_counted_is_said_once(library: IndexedFolder) -> None:
    reply = library.computed("How many colour printers are there?")
    assert reply.text.startswith("1 entry in the column “Printer” of “printers.csv”")
    assert "\nCounted: 1 entry in 2 rows." in reply.text
    assert reply.text.count("column “Printer”") == 1


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Total expenses by category", ["Food 1434.56 EUR", "Power 80.00 EUR"]),
        ("What did we spend by month?", ["2024-01 1314.56 EUR", "2024-02 200.00 EUR"]),
        ("Sum of the fee column in fees.csv", ["120 EUR", "40 CHF"]),
        ("List all categories in the expenses", ["Food", "Power"]),
        ("Total of the invoices by year", ["2023 1240.00 EUR", "2024 455.05 EUR"]),
        ("What are the steps of the leek soup?", ["Wash the leeks", "Fry them", "Add stock"]),
        ("Number of servers by region", ["Bergen 1", "Oslo 1"]),
        ("Which tasks are open?", ["Move: call the landlord", "Move: renew insurance"]),
    ],
)
def test_several_values_are_computed_exactly(
    library: IndexedFolder, question: str, expected: list[str]
) -> None:
    assert values(library.computed(question)) == expected


@pytest.mark.parametrize(
    ("question", "headline"),
    [
        (
            "What is the highest invoice?",
            "phones (phones.txt): 1,180.00 EUR, the highest amount of documents of the kind “invoice”.",
        ),
        (
            "What is the average amount of the invoices from Acme?",
            "139.43 EUR on average: the amounts of documents of the kind “invoices” where",
        ),
        (
            "What is the total rent of the leases?",
            "£1,550 in total: the rent of documents of the kind “leases”.",
        ),
        ("Total of the invoices by year", "Total amount by year, for documents of the kind “invoices”: [1]"),
        ("Total expenses by category", "Total Amount by category in “expenses.csv”:"),
        ("Number of servers by region", "Number of rows by region in"),
        ("What did we spend on food in January 2024?", "1.234,56 EUR in total: Amount in"),
        (
            "How much did we spend on food in total?",
            "1.434,56 EUR in total: Amount in “expenses.csv” where Category is “Food”.",
        ),
        ("Which boat has the most seats?", "Heron: 4, the highest in the column “Seats” of"),
        (
            "Which of the crew have paid?",
            "Ada Kurz and Cleo Mai: 2 rows of “crew.csv” where Paid on is not empty.",
        ),
        ("Which printers are on floor 1?", "P1 and P2: 2 different entries in the column “Printer” of"),
    ],
)
def test_a_headline_says_which_and_under_which_condition(
    library: IndexedFolder, question: str, headline: str
) -> None:
    assert library.computed(question).text.startswith(headline)


@pytest.mark.parametrize(
    "question",
    [
        "How many rooms does the flat have?",
        "How many people live in Elm Street?",
        "How many documents are about the rent?",
        "How many steps does the recipe have?",
        "How many invoices were cancelled?",
        "How many invoices are not from Acme?",
        "What is the total of the invoices except Acme?",
        "How much is power in Q3?",
        "How much is the price of a gig in winter?",
        "What is the phone number of Eva?",
        "What is the rent of the hall?",
        "Who is the landlord?",
        "When did Eva become chair?",
        "Why is the rent so high in Q2?",
        "Is Eva the chair?",
        "How do I renew the insurance?",
        "Compare the invoices of Acme and Cargo",
        "Which landlord is better?",
        "Which rooms does the flat have?",
        "What is the deposit?",
        "What is the average of the highest invoices?",
        "What is the second highest invoice?",
        "How many invoices in May?",
        "How many invoices are over 100 USD?",
        "How many leases are over 100 EUR?",
        "How many boats does the club own?",
        "How many boats are there?",
        "How many boats are on loan?",
        "What is the total price of the chairs?",
        "What is the policy number of our insurance?",
        "What is the number of the contract?",
        "How many lengths are there?",
        "What was the total in 2024?",
        "What is the monthly cost of gamma?",
        "How much did we spend on plums in 2022?",
        "How much is the power?",
        "What is the total of the invoices over 90000 EUR?",
    ],
)
def test_nothing_is_computed_when_a_word_of_the_question_is_about_something_else(
    library: IndexedFolder, question: str
) -> None:
    answer = library.compute(question)
    assert answer is None, answer.text


def test_an_answer_says_what_was_counted_and_cites_it(library: IndexedFolder) -> None:
    answer = library.computed("How many unpaid invoices are there?")
    assert answer.text.startswith("3 documents of the kind “invoices” where status is “open” or “unpaid”.")
    assert [citation.quote for citation in answer.citations] == [
        "status: unpaid",
        "status: unpaid",
        "Status: open",
    ]
    assert [Path(citation.locator.path).name for citation in answer.citations] == [
        "2024-02-cargo.md",
        "2024-03-acme.md",
        "phones.txt",
    ]
    assert {citation.locator.lines for citation in answer.citations} == {(5, 5), (8, 8)}
    assert answer.coverage.files == 27
    assert [Path(path).name for path, _ in answer.coverage.unread] == ["broken.pdf"]
    assert "1 file could not be read" in answer.text


def test_a_row_is_shown_with_its_header_and_quoted_verbatim(library: IndexedFolder) -> None:
    answer = library.computed("How much is power in Q2?")
    assert "Item: Power · Q1: 310.50 € · Q2: 190.20 € [1]" in answer.text
    (citation,) = answer.citations
    assert citation.quote == "| Power | 310.50 € | 190.20 € |"
    assert TEXTS["budget.md"][slice(*citation.locator.chars)] == citation.quote
    assert citation.locator.lines == (6, 6)


def test_rows_of_totals_are_not_added_up_again_and_are_compared(library: IndexedFolder) -> None:
    answer = library.computed("What is the total for Q1 in the household budget?")
    assert values(answer) == ["2710.50 EUR"]
    assert "The table's own total is the same." in answer.text


def test_a_selection_restricts_what_is_counted(library: IndexedFolder) -> None:
    answer = library.computed("How many documents are there?", Selection(folders=("bills",)))
    assert values(answer) == ["4"]
    assert answer.coverage.files == 4


def test_documents_within_a_limit_are_named_with_their_amounts(library: IndexedFolder) -> None:
    reply = library.computed("Which invoices are over 200 EUR?")
    assert "2 documents of the kind “invoices” where the amount is over 200." in reply.text
    assert [citation.quote for citation in reply.citations] == ["amount: 240.10 EUR", "Total: 1.180,00 EUR"]


def test_a_cell_of_an_amended_contract_is_not_taken_for_the_answer(tmp_path: Path) -> None:
    contract = "# Berth agreement Halvorsen\n\n"
    contract += "| Item | Fee |\n|---|---|\n| Berth | 410 |\n| Winter storage | 130 |\n"
    addendum = "# Addendum to the berth agreement Halvorsen\n\nThe winter storage costs 155 from April.\n"
    files = {"berth-agreement-halvorsen.md": contract, "berth-addendum-halvorsen.md": addendum}
    with indexed(tmp_path / "amended", files) as library:
        assert library.compute("How much is the winter storage?") is None
    with indexed(tmp_path / "alone", {"berth-agreement-halvorsen.md": contract}) as library:
        assert "130" in library.computed("How much is the winter storage?").text
