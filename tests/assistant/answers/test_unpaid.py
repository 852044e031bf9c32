"""What is unpaid, and how much of it there is: bills and rows that say so in any of the usual words."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.libraries import IndexedFolder, indexed, replies

BILLS = {
    "bills/R-81.md": "Invoice R-81\n\nTo: Brill Nursery\n\nTotal: 240.00 EUR\n\nStatus: overdue\n",
    "bills/R-82.md": "Invoice R-82\n\nTo: Oster Dairy\n\nTotal: 75.50 EUR\n\nStatus: unpaid\n",
    "bills/R-83.md": "Invoice R-83\n\nTo: Brill Nursery\n\nTotal: 90.00 EUR\n\nStatus: paid on 3 May 2025\n",
    "bills/R-84.md": "Invoice R-84\n\nTo: Hallam Estate\n\nTotal: $310.00\n\nStatus: open\n",
}
TABLES = {
    "ledger.csv": "No,Customer,Date,Amount,Status\nA1,Brill,2025-01-10,120,settled\n"
    "A2,Brill,2025-02-11,80,owed\nA3,Oster,2025-02-20,45.5,overdue\nA4,Hallam,2025-03-02,30,settled\n",
    "orders register.csv": "Nr;Company;Betrag;Status\n1;Wulf Bau;400,00;bezahlt\n2;Ahrens;150,00;offen\n",
    "choir.csv": "Singer,Fee due,Fee paid\nAda Frey,50,50\nTom Beck,50,20\nIne Vos,30,\n",
    "travaux.md": "# Travaux\n\n| Artisan | Montant | Payé |\n|---|---|---|\n"
    "| Jourdain | 1 200,00 € | non |\n| Pasquier | 310,50 € | oui |\n| Jourdain | 89,50 € | non |\n",
}


@pytest.fixture(scope="module")
def bills(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexedFolder]:
    """Invoices, each a document. Shared by the tests, which do not change it."""
    with indexed(tmp_path_factory.mktemp("bills"), BILLS) as library:
        yield library


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexedFolder]:
    """Tables of what is due. Shared by the tests, which do not change it."""
    with indexed(tmp_path_factory.mktemp("tables"), TABLES) as library:
        yield library


def test_an_overdue_invoice_is_unpaid_too(bills: IndexedFolder) -> None:
    answer = bills.computed("Which invoices are unpaid?")
    assert sorted(Path(citation.locator.path).stem for citation in answer.citations) == [
        "R-81",
        "R-82",
        "R-84",
    ]


def test_not_every_unpaid_invoice_is_overdue(bills: IndexedFolder) -> None:
    assert bills.reply("How many invoices are overdue?").startswith("1 document")


def test_an_invoice_that_says_when_it_was_paid_is_paid(bills: IndexedFolder) -> None:
    assert bills.reply("How many invoices are paid?").startswith("1 document")


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("How much is due in total?", "315.50 EUR and $310.00 in total"),
        ("What is the total of the unpaid invoices?", "315.50 EUR and $310.00 in total"),
        ("How much is due from Hallam Estate?", "$310.00 in total"),
        ("How much is still unpaid?", "315.50 EUR and $310.00 in total"),
        ("How much are the open invoices?", "315.50 EUR and $310.00 in total"),
        ("How much does Brill Nursery still owe?", "240.00 EUR in total"),
    ],
)
def test_the_amounts_of_unpaid_bills_are_added_up_by_currency(
    bills: IndexedFolder, question: str, begins: str
) -> None:
    assert bills.reply(question).startswith(begins)


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("How much does Brill still owe?", "80 in total: Amount in “ledger.csv”"),
        ("How much is still unpaid in the ledger?", "125.5 in total: Amount in “ledger.csv”"),
        ("How many rows of the ledger are unpaid?", "2 rows"),
        ("How many rows of the ledger are overdue?", "1 row"),
        ("Which customers still owe money?", "Brill and Oster"),
        ("How much does Tom Beck still owe?", "30 in total: Fee due less Fee paid"),
        ("How much in fees is still outstanding?", "60 in total: Fee due less Fee paid"),
        ("Which companies in the orders register are unpaid?", "Ahrens"),
        ("Wie viel ist bei Ahrens noch offen?", "150,00 in total: Betrag"),
        ("Combien devons-nous encore aux artisans ?", "1.289,50 EUR in total: Montant"),
        ("Combien devons-nous encore à Jourdain ?", "1.289,50 EUR in total: Montant"),
    ],
)
def test_what_rows_still_owe_is_added_up(tables: IndexedFolder, question: str, begins: str) -> None:
    assert tables.reply(question).startswith(begins)


def test_what_is_owed_is_not_read_from_rows_that_were_paid(tables: IndexedFolder) -> None:
    assert tables.read_tables("How much does Brill still owe?") is None


def test_each_table_of_what_is_owed_is_added_up_by_itself(tables: IndexedFolder) -> None:
    sums = [value.value for value in tables.computed("How much is still unpaid?").computed.values]
    assert sorted(sums) == ["125.5", "1289.50", "150.00", "60"]


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("Which campers have not paid?", "Tom and Ine: 2 different entries"),
        ("How much is still unpaid?", "75 in total: Fee"),
    ],
)
def test_a_yes_or_no_may_be_followed_by_what_explains_it(tmp_path: Path, question: str, begins: str) -> None:
    camp = 'Camper,Fee,Paid\nAda,40,"yes, cash"\nTom,40,not yet\nIne,35,no (ill)\nJo,20,yes\n'
    assert replies(tmp_path, {"camp.csv": camp}, question)[0].startswith(begins)
