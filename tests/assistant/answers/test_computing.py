"""Counts, lists, sums and cells, computed from a library of all kinds of files, and what is not computed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped]

from assistant.answers.computing import compute
from assistant.answers.stating import ComputedAnswer
from assistant.answers.tablereading import read_tables
from ingest.selection import EVERYTHING, Selection
from tests.libraries import IndexedFolder
from tests.pdfs import pdf
from tests.running import write

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
    folder = tmp_path_factory.mktemp("library")
    files = folder / "files"
    for name, text in TEXTS.items():
        path = files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    book = Workbook()
    book.remove(book.active)
    for name, rows in SHEETS.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(files / "club.xlsx")
    cells = [(50 + 150 * x, 700 - 16 * y, cell) for y, row in enumerate(FEES) for x, cell in enumerate(row)]
    (files / "boats.pdf").write_bytes(pdf([(50, 760, "Boat prices"), *cells]))
    (files / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    library = IndexedFolder(folder, files)
    yield library
    library.catalogue.close()


def computed(library: IndexedFolder, question: str, selection: Selection = EVERYTHING) -> ComputedAnswer:
    """The computed answer to `question`; the test fails when there is none."""
    answer = compute(question, selection, library.retriever)
    assert answer is not None, question
    return answer


def values(answer: ComputedAnswer) -> list[str]:
    """The values of an answer with their labels and units."""
    return [
        " ".join(filter(None, (value.label, value.value, value.unit))) for value in answer.computed.values
    ]


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
    assert values(computed(library, question)) == [expected]


def test_what_was_counted_is_said_once(library: IndexedFolder) -> None:
    reply = computed(library, "How many colour printers are there?")
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
    assert values(computed(library, question)) == expected


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
    assert computed(library, question).text.startswith(headline)


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
    answer = compute(question, EVERYTHING, library.retriever)
    assert answer is None, answer.text


def test_an_answer_says_what_was_counted_and_cites_it(library: IndexedFolder) -> None:
    answer = computed(library, "How many unpaid invoices are there?")
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
    answer = computed(library, "How much is power in Q2?")
    assert "Item: Power · Q1: 310.50 € · Q2: 190.20 € [1]" in answer.text
    (citation,) = answer.citations
    assert citation.quote == "| Power | 310.50 € | 190.20 € |"
    assert TEXTS["budget.md"][slice(*citation.locator.chars)] == citation.quote
    assert citation.locator.lines == (6, 6)


def test_rows_of_totals_are_not_added_up_again_and_are_compared(library: IndexedFolder) -> None:
    answer = computed(library, "What is the total for Q1 in the household budget?")
    assert values(answer) == ["2710.50 EUR"]
    assert "The table's own total is the same." in answer.text


def test_a_selection_restricts_what_is_counted(library: IndexedFolder) -> None:
    answer = computed(library, "How many documents are there?", Selection(folders=("bills",)))
    assert values(answer) == ["4"]
    assert answer.coverage.files == 4


def test_documents_that_do_not_say_what_is_asked_are_named(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number, status in enumerate(("paid", "unpaid", "unpaid", ""), start=1):
        fields = "type: invoice\n" + (f"status: {status}\n" if status else "")
        (files / f"bill-{number}.md").write_text(f"---\n{fields}---\nGoods.\n", encoding="utf-8")
    library = IndexedFolder(tmp_path, files)
    answer = computed(library, "How many invoices are unpaid?")
    assert values(answer) == ["2"]
    assert "left out, because they do not state it: bill-4.md" in answer.text
    library.catalogue.close()


def test_documents_that_only_contain_the_word_are_named(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "one.txt").write_text("Acme\nInvoice 1\nTotal: 5 EUR\n", encoding="utf-8")
    (files / "letter.txt").write_text("Dear Ruth,\n\nyour invoice of May is late.\n", encoding="utf-8")
    library = IndexedFolder(tmp_path, files)
    answer = computed(library, "How many invoices do I have?")
    assert values(answer) == ["1"]
    assert "Not counted, because they only contain the word: letter.txt." in answer.text
    library.catalogue.close()


def test_tables_that_fit_equally_are_shown_beside_each_other(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for year, price in ((2023, 10), (2024, 12)):
        (files / f"prices {year}.csv").write_text(f"Item,Price\nRope,{price}\nSail,90\n", encoding="utf-8")
    library = IndexedFolder(tmp_path, files)
    assert values(computed(library, "What is the price of rope?")) == ["Rope 10", "Rope 12"]
    assert values(computed(library, "What was the price of rope in 2023?")) == ["Rope 10"]
    library.catalogue.close()


def test_names_of_columns_that_a_program_wrote_are_read_as_words(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    rows = "policyNo,premium_eur,paid_on\nA_1,120.00,2024-02-01\nA_2,80.50,\n"
    (files / "policies.csv").write_text(rows, encoding="utf-8")
    library = IndexedFolder(tmp_path, files)
    assert values(computed(library, "What is the total premium of the policies?")) == ["200.50 EUR"]
    assert values(computed(library, "How many policies are unpaid?")) == ["1"]
    library.catalogue.close()


def test_a_share_that_is_a_column_is_added_up_and_another_share_is_not(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    rows = "Item,House (EUR),Share of flat 7 (EUR)\nCaretaker,800.00,95.00\nLift,240.00,30.00\n"
    (tmp_path / "files/heating-charges-2022.csv").write_text(rows)
    library = IndexedFolder(tmp_path, tmp_path / "files")
    answer = computed(library, "What is flat 7's share of the heating charges 2022 altogether?")
    assert values(answer) == ["125.00 EUR"]
    assert compute("What is flat 8's share of the charges altogether?", EVERYTHING, library.retriever) is None
    assert compute("What is the percentage of the lift altogether?", EVERYTHING, library.retriever) is None
    library.catalogue.close()


def test_the_verb_of_travelling_is_no_condition(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    rows = (
        "Date,Purpose,Km\n2023-02-01,Visit to client,40\n2023-05-09,Fair,210\n2023-06-02,Visit to client,44\n"
    )
    (tmp_path / "files/trips-lena-2023.csv").write_text(rows)
    library = IndexedFolder(tmp_path, tmp_path / "files")
    assert values(computed(library, "How many km did Lena drive for visits in 2023?")) == ["84 Km"]
    assert values(computed(library, "How many km did Lena travel in 2023?")) == ["294 Km"]
    assert compute("How many km did Lena sell in 2023?", EVERYTHING, library.retriever) is None
    library.catalogue.close()


TRIPS = """Date,Driver,Start (km),End (km),Distance (km)
2024-03-04,Ines,"1,200","1,240",40
2024-03-05,Olaf,"1,240","1,450",210
2024-03-06,Ines,"1,450","1,465",15
"""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many kilometres did Ines drive?", ["55 km"]),
        ("How many kilometres are in the trips altogether?", ["265 km"]),
        ("What is the longest trip?", ["2024-03-05 Olaf 210 km"]),
        ("Wie viele Kilometer ist Olaf gefahren?", ["2024-03-05 Olaf 210"]),
    ],
)
def test_readings_of_a_counter_are_not_what_is_added_up_or_compared(
    tmp_path: Path, question: str, expected: list[str]
) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/trips.csv").write_text(TRIPS)
    library = IndexedFolder(tmp_path, tmp_path / "files")
    assert values(computed(library, question)) == expected
    library.catalogue.close()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("Month,Used kWh\nJanuary,310\nFebruary,287\n", "597 kWh in total: Used kWh in “power.csv”."),
        ("Month,Used kWh\nJanuary,310\nFebruary,287 kwh\n", "597 kWh in total: Used kWh in “power.csv”."),
        ("Month,Used\nJanuary,310 kWh\nFebruary,287 kWh\n", "597 kWh in total: Used in “power.csv”."),
    ],
)
def test_a_unit_is_written_as_the_table_writes_it(tmp_path: Path, rows: str, said: str) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/power.csv").write_text(rows)
    library = IndexedFolder(tmp_path, tmp_path / "files")
    assert computed(library, "What is the total used in the power table?").text.startswith(said)
    library.catalogue.close()


def test_documents_within_a_limit_are_named_with_their_amounts(library: IndexedFolder) -> None:
    reply = computed(library, "Which invoices are over 200 EUR?")
    assert "2 documents of the kind “invoices” where the amount is over 200." in reply.text
    assert [citation.quote for citation in reply.citations] == ["amount: 240.10 EUR", "Total: 1.180,00 EUR"]


def test_a_mean_is_rounded_half_up(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/marks.csv").write_text("Pupil,English\nAda,77.25\nBo,77.00\n")
    library = IndexedFolder(tmp_path, tmp_path / "files")
    assert values(computed(library, "What is the average of English in the marks?")) == ["77.13"]
    library.catalogue.close()


def test_a_table_belongs_to_whom_its_document_is_about(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    table = "| Mineral | Result |\n|---|---|\n| Iron | 8 |\n| Zinc | 12 |\n"
    report = f"# Report\n\nPatient: Jutta Farkas, seen on 3 May.\n\n{table}"
    (tmp_path / "files/values.md").write_text(report)
    library = IndexedFolder(tmp_path, tmp_path / "files")
    assert values(computed(library, "How many minerals does Jutta Farkas have?")) == ["2"]
    assert compute("How many minerals does Bea Farkas have?", EVERYTHING, library.retriever) is None
    library.catalogue.close()


def test_what_is_said_of_prices_is_not_said_of_numbers_of_things(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    rows = "Wine,Bottles,Price (EUR)\nRiesling,12,8.50\nMalbec,6,11.00\nRioja,9,14.20\n"
    (tmp_path / "files/cellar.csv").write_text(rows)
    library = IndexedFolder(tmp_path, tmp_path / "files")
    assert values(computed(library, "How many bottles cost more than 10 euros?")) == ["15"]
    assert values(computed(library, "How many bottles cost less than 10?")) == ["12"]
    assert values(computed(library, "How many wines have a price over 10 EUR?")) == ["2"]
    assert values(computed(library, "What is the most expensive wine?")) == ["Rioja 14.20 EUR"]
    assert values(computed(library, "Which wine is the cheapest?")) == ["Riesling 8.50 EUR"]
    library.catalogue.close()


def test_a_table_with_a_named_column_is_preferred_to_tables_without_one(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "power.csv").write_text("Month,Use (kWh)\nJanuary,310\nFebruary,270\n", encoding="utf-8")
    for number in range(2):
        (files / f"bill-{number}.csv").write_text("Item,Amount\nWork,320\nTravel,40\n", encoding="utf-8")
    library = IndexedFolder(tmp_path, files)
    assert values(computed(library, "Average use")) == ["290.00 kWh"]
    library.catalogue.close()


CHOIR = "Name;Fee paid;Town\nAna Costa;yes;Leeds\nPiet Vos;no;York\nTom Harrow;no;Hull\n"
VEREIN = "Name;Beitrag;Status\nKern;20;bezahlt\nLohr;20;offen\nMaas;20;bezahlt\n"
CLUB = "Name;Deposit paid;Fee paid\nAna Costa;yes;no\nPiet Vos;no;yes\n"


@pytest.mark.parametrize(
    ("tables", "question", "who"),
    [
        ([CHOIR], "Who has not paid the fee?", "Piet Vos and Tom Harrow: 2 rows"),
        ([CHOIR], "Who hasn't paid?", "Piet Vos and Tom Harrow: 2 rows"),
        ([VEREIN], "Wer hat den Beitrag noch nicht bezahlt?", "Lohr: 1 row"),
        ([CHOIR], "Wer hat nicht bezahlt?", "Piet Vos and Tom Harrow: 2 rows"),
        ([CHOIR], "Qui n'a pas payé ?", "Piet Vos and Tom Harrow: 2 rows"),
        ([CHOIR, VEREIN], "Who has not paid?", ""),
        ([CLUB], "Who has not paid the fee?", "Ana Costa: 1 row"),
        ([CLUB], "Who has not paid?", ""),
        ([CHOIR], "Who has not paid the rent?", ""),
        (["Item;Paid\nRoof;yes\nGutter;no\n"], "Who has not paid?", ""),
    ],
)
def test_who_has_not_paid_is_answered_if_one_table_says_it(
    tmp_path: Path, tables: list[str], question: str, who: str
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number, text in enumerate(tables):
        (files / f"list-{number}.csv").write_text(text, encoding="utf-8")
    library = IndexedFolder(tmp_path, files)
    answer = compute(question, EVERYTHING, library.retriever)
    library.catalogue.close()
    assert (answer.text.startswith(who) if answer else "") == (bool(who) or "")


BILL = """# Invoice 7781

**From:** Kettlewell Roofing
**Date:** 14 April 2025

| Item | Quantity | Amount |
|---|---|---|
| Scaffolding | 1 | £640.00 |
| Lead flashing | 1 | £1,150.00 |
| Labour | 16 | £830.00 |

Net: £2,620.00
VAT 20%: £524.00
Total: £3,144.00
"""
ABSCHLAG = """# Rechnung 2025-31

| Position | Menge | Betrag |
|---|---|---|
| Eichenbohlen | 4 | 410,00 EUR |
| Beschläge | 2 | 90,00 EUR |

Summe netto: 500,00 EUR
Gesamtbetrag: 595,00 EUR
"""


@pytest.mark.parametrize(
    ("bill", "question", "total"),
    [
        (BILL, "What is the total of invoice 7781?", "£3,144.00"),
        (BILL, "What is the total amount of invoice 7781?", "£3,144.00"),
        (
            BILL.replace("Total: £3,144.00", "Total: £2,620.00"),
            "What is the total of invoice 7781?",
            "£2,620.00",
        ),
        (BILL.partition("Net:")[0], "What is the total of invoice 7781?", "£2,620.00"),
        (ABSCHLAG, "Wie hoch ist die Summe der Rechnung 2025-31?", "595,00 EUR"),
    ],
)
def test_the_total_of_a_bill_is_what_it_states_and_not_the_sum_of_its_items(
    tmp_path: Path, bill: str, question: str, total: str
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "bill.md").write_text(bill, encoding="utf-8")
    library = IndexedFolder(tmp_path, files)
    answer = compute(question, EVERYTHING, library.retriever)
    library.catalogue.close()
    assert answer is None or total in answer.text.split("\n")[0]
    assert answer is not None or bill == ABSCHLAG


RENTS = "Month,Rent,Printing\nNovember,420,30.00\nDecember,420,12.50\n"
ORDERS = "Order,Date,Vendor,Amount\nA-103,2025-04-14,Norwood,£310.00\nA-107,2025-05-02,Lumo,£90.00\n"


@pytest.mark.parametrize(
    ("table", "question"),
    [
        (RENTS, "When was the December rent paid?"),
        (RENTS, "When was the printing in November?"),
        (ORDERS, "When does order A-103 fall due?"),
        (ORDERS, "When is the order of Lumo due?"),
    ],
)
def test_a_date_that_a_table_does_not_have_is_not_read_from_another_column(
    tmp_path: Path, table: str, question: str
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "club.csv").write_text(table, encoding="utf-8")
    library = IndexedFolder(tmp_path, files)
    answer = compute(question, EVERYTHING, library.retriever)
    keys = [key for key, _ in library.retriever.select(EVERYTHING)]
    read = read_tables(question, library.retriever.contents(keys), None)
    library.catalogue.close()
    assert answer is None and read is None


def invoices(tmp_path: Path, *endings: str) -> IndexedFolder:
    """A library of invoices, each with a line at its end that may state an amount."""
    files = tmp_path / "files"
    files.mkdir()
    for number, ending in enumerate(endings, start=1):
        text = (
            f"# Invoice {number}\n\n**From:** Tern Joinery\n\nWork as agreed on the telephone.\n\n{ending}\n"
        )
        (files / f"invoice-{number}.md").write_text(text, encoding="utf-8")
    return IndexedFolder(tmp_path, files)


def test_amounts_with_remarks_after_them_are_added_up(tmp_path: Path) -> None:
    library = invoices(
        tmp_path,
        "Total: £120",
        "Total: £80.25. No tax is charged.",
        "**Total:** £1,000 (bank transfer only)",
        "Total: £2,000.00, payable by 30 June 2025.",
        "Total: £3,000.00 payable by 30 June 2025",
        "Total: £4,000.00; thank you for your order, which we will send within 14 days.",
        "Total: £5,000.00. " + "We are a small firm and do not charge tax. " * 5,
        "Total: £85.50 per month, payable on the 1st.",
    )
    answer = computed(library, "What is the total of all invoices?")
    library.catalogue.close()
    assert answer.text.startswith("£15,200.25 and £85.50 per month in total: ")
    assert "left out" not in answer.text


def test_an_amount_that_no_field_clearly_states_is_not_denied(tmp_path: Path) -> None:
    unclear = (
        "Total: £400 to £500, depending on the wood.",
        "Total: £400, from May £450.",
        "Total: £400 x 12",
        "Total: £400 minus 10 % = £360",
        "Total: £2 million in 2024, as agreed.",
        "The total is £85.50.",
        "Please pay £85.50 by Friday.",
    )
    library = invoices(tmp_path, *["Total: £10"] * 20, *unclear, "Total: see below")
    answer = computed(library, "What is the total of all invoices?")
    library.catalogue.close()
    assert answer.text.startswith("£200 in total: ")
    assert "; left out, because they do not state it: invoice-28.md" in answer.text
    left_out = answer.text.partition("left out, because no field clearly states it: ")[2]
    assert left_out.startswith("invoice-21.md, invoice-22.md, invoice-23.md")


def test_the_rents_that_documents_state_with_a_remark_are_added_up(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for name, rent in (
        ("ash", "£950 per month, payable on the 1st."),
        ("elm", "£1,100 per month. Water is extra."),
    ):
        (files / f"lease-{name}.md").write_text(
            f"# Lease {name}\n\nTenant: Ida Roth\nRent: {rent}\n", "utf-8"
        )
    library = IndexedFolder(tmp_path, files)
    answer = computed(library, "What is the total rent of all leases?")
    library.catalogue.close()
    assert answer.text.startswith("£2,050 per month in total: ")


FAIR = """# Village fair

Costs of the village fair:

Tent hire ..... £40
Band .......... £120
Drinks ........ £85.50

Karin brings the cake; Tom the chairs; nobody brings a dog.
"""
COFFEE = """Coffee kitty 2024

Date; Who; Paid
2024-01-08; Ines; 12.50
2024-02-05; Jonas; 10.00
2024-03-04; Ines; 7.50
"""
TRIP = """From: Lena Brook <lena@brook.example>
To: Milo Hart <milo@hart.example>
Subject: Costs of the Dartmoor trip
Date: Tue, 3 Sep 2024 09:12:00 +0100

Hi Milo,

here is what we spent:

Item      Who   Amount
Campsite  Lena  £56.00
Petrol    Milo  £71.20
Food      Lena  £88.40

Shall we split it in half?
"""


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("What did the village fair cost in total?", "£245.50 in total: "),
        ("How much was the tent hire?", "£40 (Tent hire)."),
        ("How much did Jonas pay into the coffee kitty?", "Jonas – Paid: 10.00."),
        ("How much did Ines pay into the coffee kitty in total?", "20.00 in total: "),
        ("What did Lena pay in total on the Dartmoor trip?", "£144.40 in total: "),
        ("How much was petrol?", "Petrol – Amount: £71.20."),
        ("How many drinks are there?", ""),
    ],
)
def test_tables_that_people_type_are_read(question: str, begins: str, typed: IndexedFolder) -> None:
    computed_answer = compute(question, EVERYTHING, typed.retriever)
    keys = [key for key, _ in typed.retriever.select(EVERYTHING)]
    read = read_tables(question, typed.retriever.contents(keys), None)
    said = computed_answer.text if computed_answer else read.result.headline if read else ""
    assert said.startswith(begins) and bool(said) is bool(begins)


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexedFolder]:
    """A note, a text file and a mail with tables that a person typed."""
    folder = tmp_path_factory.mktemp("typed")
    files = folder / "files"
    files.mkdir()
    for name, text in (("fair.md", FAIR), ("kitty.txt", COFFEE), ("trip.eml", TRIP)):
        (files / name).write_text(text, encoding="utf-8")
    library = IndexedFolder(folder, files)
    yield library
    library.catalogue.close()


def test_the_rows_of_a_file_called_by_what_is_counted_are_counted_whatever_another_document_says(
    tmp_path: Path,
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "members.csv").write_text("Name,Town\nAna,York\nPiet,Hull\nLiv,York\n", encoding="utf-8")
    (files / "talk.txt").write_text(
        "They interviewed fifteen members of a choir in Brest.\n", encoding="utf-8"
    )
    (files / "fleet.csv").write_text("Boat,Seats\nHeron,4\nOtter,2\n", encoding="utf-8")
    (files / "rules.txt").write_text("The club owns 14 boats.\n", encoding="utf-8")
    library = IndexedFolder(tmp_path, files)
    assert computed(library, "How many members are there?").text.startswith("3 rows of “members.csv”.")
    assert compute("How many boats are there?", EVERYTHING, library.retriever) is None
    library.catalogue.close()


COSTS = "Month,Rent,Power,Post\nJanuary,400,118.40,12\nFebruary,400,81.60,9\nMarch,400,100.00,\n"
BY_WEEK = "Week,Month,Power\n1,January,10\n2,January,20\n5,February,60\n"


@pytest.mark.parametrize(
    "question",
    [
        "What is the average cost of power per month?",
        "What is the mean monthly power cost?",
        "What is the average monthly cost of power?",
        "Average power cost per month",
        "What do we spend on power per month on average?",
        "How much is the power on average?",
        "What is the mean power cost per month?",
        "What is the average power cost a month?",
        "What does power cost us each month on average?",
        "Wie hoch sind die monatlichen Kosten für Power im Durchschnitt?",
        "Was kostet Power durchschnittlich pro Monat?",
    ],
)
def test_a_mean_does_not_depend_on_how_it_is_asked_for(tmp_path: Path, question: str) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "costs-2024.csv").write_text(COSTS, encoding="utf-8")
    library = IndexedFolder(tmp_path, files)
    assert computed(library, question).text.startswith("100.00 on average: Power in “costs-2024.csv”.")
    library.catalogue.close()


@pytest.mark.parametrize(
    "question", ["What is the average power cost per month?", "What is the mean monthly power cost?"]
)
def test_the_mean_of_weeks_is_not_one_of_months(tmp_path: Path, question: str) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "costs-2024.csv").write_text(BY_WEEK, encoding="utf-8")
    library = IndexedFolder(tmp_path, files)
    assert compute(question, EVERYTHING, library.retriever) is None
    keys = [key for key, _ in library.retriever.select(EVERYTHING)]
    assert read_tables(question, library.retriever.contents(keys), None) is None
    library.catalogue.close()


POWER_BILL = """City Power Ltd
9 Station Road

Invoice for electricity

Customer number: 55021377
Invoice number: 20248812
Invoice date: 24 May 2024
Meter reading on 1 May: 19,005
Units used: 785 kWh
Amount due: £231.60
"""
WATER_BILL = (
    "# Rechnung der Stadtwerke\n\nKundennummer: 8841\nZählerstand: 40.221\nRechnungsbetrag: 418,90 EUR\n"
)
GAS_BILLS = """Invoice,Company,Customer no,Reading,Date,Total
4471,Fen Gas,33012,8120,2024-03-02,£88.10
A-5120,Beacon Broadband,90018,,2024-04-11,£32.00
"""


@pytest.mark.parametrize(
    ("question", "amount"),
    [
        ("How much is the invoice of City Power?", "£231.60"),
        ("How much was the bill from City Power in May 2024?", "£231.60"),
        ("How much was the bill from City Power in June 2024?", ""),
        ("How much is the invoice of Border Power?", ""),
        ("Wie hoch ist die Rechnung der Stadtwerke?", "418,90 EUR"),
        ("How much is the invoice of Fen Gas?", "Fen Gas – Total: £88.10"),
        ("How much was the invoice of Beacon Broadband?", "A-5120 – Total: £32.00"),
        ("What is the invoice number of Beacon Broadband?", "Invoice: A-5120"),
    ],
)
def test_how_much_a_bill_is_is_answered_by_its_amount(
    question: str, amount: str, bills: IndexedFolder
) -> None:
    computed_answer = compute(question, EVERYTHING, bills.retriever)
    keys = [key for key, _ in bills.retriever.select(EVERYTHING)]
    read = read_tables(question, bills.retriever.contents(keys), None)
    said = computed_answer.text if computed_answer else read.result.headline if read else ""
    assert said.startswith(amount) and bool(said) is bool(amount)


@pytest.fixture(scope="module")
def bills(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexedFolder]:
    """Bills with many numbers that are no amounts of money."""
    folder = tmp_path_factory.mktemp("bills")
    files = folder / "files"
    files.mkdir()
    for name, text in (("power.txt", POWER_BILL), ("wasser.md", WATER_BILL), ("gas.csv", GAS_BILLS)):
        (files / name).write_text(text, encoding="utf-8")
    library = IndexedFolder(folder, files)
    yield library
    library.catalogue.close()


@pytest.mark.parametrize(
    "question",
    [
        "Which to-dos are still open?",
        "Which todos are open",
        "Welche Aufgaben sind noch offen?",
        "Quelles tâches sont encore ouvertes ?",
    ],
)
@pytest.mark.parametrize("mark", ["", "- ", "1. "])
def test_check_boxes_are_tasks_with_and_without_a_list_mark(tmp_path: Path, question: str, mark: str) -> None:
    notes = tmp_path / "notes"
    boxes = (f"{mark}[ ] oil the gate", f"{mark}[x] pay Otto", f"{mark}[ ] order gravel, 2 bags")
    write(notes / "yard.txt", "Yard\n" + "\n".join(boxes) + "\n")
    library = IndexedFolder(tmp_path, notes)
    assert values(computed(library, question)) == ["yard: oil the gate", "yard: order gravel, 2 bags"]
    library.catalogue.close()


def test_an_answer_from_a_list_begins_with_the_items(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "hire.md").write_text(
        "# Boats\n\nThe hut lends these boats:\n\n- River: punt, skiff\n- Lake: dinghy\n- Sea: none\n",
        encoding="utf-8",
    )
    library = IndexedFolder(tmp_path, files)
    answer = compute("Which river boats does the hut lend?", EVERYTHING, library.retriever)
    library.catalogue.close()
    assert answer is not None
    assert answer.text.startswith("River: punt, skiff. 1 item of the list")
