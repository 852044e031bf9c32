"""Questions about bills are answered by the amounts that these state, and never by their items."""

from pathlib import Path

import pytest

from tests.libraries import indexed, replies

BILL = """# Invoice {number}

**From:** {vendor}
**Date:** {date}

| Item | Quantity | Amount |
|---|---|---|
{items}

Total: {total}
"""
BILLS = {
    "invoice-31.md": BILL.format(
        number=31,
        vendor="Aspen Joinery",
        date="2 May 2025",
        items="| Oak door | 1 | £700.00 |\n| Hinges | 6 | £60.00 |",
        total="£760.00. VAT is not charged.",
    ),
    "invoice-32.md": BILL.format(
        number=32,
        vendor="Birch Glazing",
        date="9 May 2025",
        items="| Pane | 4 | £520.00 |\n| Fitting | 4 | £600.00 |",
        total="£1,120.00 (incl. VAT)",
    ),
    "invoice-33.md": BILL.format(
        number=33,
        vendor="Cedar Paint",
        date="1 June 2025",
        items="| Primer | 9 | £210.00 |\n| Paint | 9 | £390.00 |",
        total="£600.00",
    ),
}
RECHNUNG = """# Rechnung {number}

| Posten | Menge | Betrag |
|---|---|---|
{items}

Gesamtbetrag: {total}
"""
RECHNUNGEN = {
    "rechnung-8.md": RECHNUNG.format(
        number=8, items="| Dachlatten | 40 | 900,00 EUR |\n| Nägel | 2 | 400,00 EUR |", total="1.300,00 EUR"
    ),
    "rechnung-9.md": RECHNUNG.format(
        number=9, items="| Leiter | 1 | 950,00 EUR |\n| Seil | 1 | 45,00 EUR |", total="995,00 EUR"
    ),
}
REGISTER = (
    "Number,Supplier,Total,Status\n31,Aspen,£760.00,open\n32,Birch,£1120.00,open\n34,Aspen,£90.00,open\n"
)


@pytest.mark.parametrize(
    ("files", "question", "headline"),
    [
        (BILLS, "Which invoices are over 700 pounds?", "Invoice 31 and Invoice 32: 2 documents"),
        (BILLS, "Which invoices are over £700?", "Invoice 31 and Invoice 32: 2 documents"),
        (BILLS, "Which invoices are over 1,000 pounds sterling?", "Invoice 32: 1 document"),
        (BILLS, "How many invoices are under 700 pounds?", "1 document"),
        (BILLS, "What is the largest invoice?", "Invoice 32 (invoice-32.md): £1,120.00, the highest"),
        (BILLS, "Which invoice is the smallest?", "Invoice 33 (invoice-33.md): £600.00, the lowest"),
        (BILLS, "What is the average amount of the invoices?", "£826.67 on average: the amounts of"),
        (RECHNUNGEN, "Welche Rechnungen liegen über 1.000 Euro?", "Rechnung 8: 1 document"),
        (RECHNUNGEN, "Welche Rechnungen sind höher als 990,50 €?", "Rechnung 8 and Rechnung 9: 2"),
        (RECHNUNGEN, "Welche Rechnung ist die höchste?", "Rechnung 8 (rechnung-8.md): 1.300,00 EUR"),
    ],
)
def test_bills_are_compared_by_the_totals_that_they_state(
    tmp_path: Path, files: dict[str, str], question: str, headline: str
) -> None:
    text, _ = replies(tmp_path, files, question)
    assert text.startswith(headline)
    assert len(text.split("Considered")[0].split("\n\nCompared")) < 3


@pytest.mark.parametrize(
    "question",
    [
        "Which invoices are over 500 dollars?",
        "Which invoices are over 500 francs?",
        "What is the largest order?",
    ],
)
def test_amounts_in_one_currency_are_not_compared_with_a_limit_in_another(
    tmp_path: Path, question: str
) -> None:
    assert replies(tmp_path, BILLS, question) == ("", "")


@pytest.mark.parametrize(
    "question",
    [
        "What is the largest invoice?",
        "Which invoices are over 600 pounds?",
        "How many invoices are over £600?",
    ],
)
def test_the_items_of_one_bill_are_not_bills(tmp_path: Path, question: str) -> None:
    name = "invoice-31.md"
    computed, read = replies(tmp_path, {name: BILLS[name]}, question)
    assert "Oak door" not in read
    assert "Oak door" not in computed


@pytest.mark.parametrize("question", ["Which invoice is the oldest?", "What is the longest invoice?"])
def test_the_oldest_bill_is_not_the_dearest(tmp_path: Path, question: str) -> None:
    assert replies(tmp_path, BILLS, question) == ("", "")


def test_a_table_of_bills_answers_beside_the_bills(tmp_path: Path) -> None:
    text, _ = replies(tmp_path, BILLS | {"invoices.csv": REGISTER}, "What is the largest invoice?")
    assert "£1,120.00, the highest amount of documents" in text
    assert "Birch: £1120.00, the highest in the column “Total” of “invoices.csv”" in text
    assert "of “invoice-32.md”" not in text


def test_of_a_limit_in_pounds_a_bill_without_a_currency_is_left_out_and_named(tmp_path: Path) -> None:
    totals = ("£3,144.00", "£1,806.00", "£90.00", "2,500.00")
    files = {
        f"invoice-{number}.md": f"# Invoice {number}\n\nDate: {number} May 2025\nTotal: {total}\n"
        for number, total in enumerate(totals, start=1)
    }
    with indexed(tmp_path, files) as library:
        answer = library.computed("Which invoices are over 1000 pounds?")
    assert answer.text.startswith("Invoice 1 and Invoice 2: 2 documents")
    assert "invoice-4" in answer.text.casefold()
