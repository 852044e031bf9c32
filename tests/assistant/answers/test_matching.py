"""Who has paid: where one column says what is due and another what was paid, and where one says whether."""

from pathlib import Path

import pytest

from tests.libraries import indexed

DUES = "No,Name,Dues payable,Dues paid\n1,Ana Costa,60,60\n2,Piet Vos,60,25\n3,Liv Berg,40,0\n4,Tom Roe,0,0\n"
BEITRAG = "Name;Beitrag;Bezahlt\nKern;20,00;20,00\nLohr;20,00;7,50\nMaas;20,00;\n"
FEES = "Member;Fee (£);Paid (£);Town\nAna;12.00;12.00;York\nBo;12.00;0.00;Hull\n"
TWO = "Name,Fee due,Fee paid,Deposit due,Deposit paid\nAna,60,60,10,0\nBo,60,0,10,10\n"


@pytest.mark.parametrize(
    ("table", "question", "headline"),
    [
        (
            DUES,
            "Who has not paid the dues?",
            "Piet Vos (25 of 60) and Liv Berg (0 of 40): 2 rows of “list.csv” where Dues paid is less than"
            " Dues payable.",
        ),
        (DUES, "Who has paid the dues?", "Ana Costa: 1 row of “list.csv” where Dues paid is at least Dues"),
        (
            BEITRAG,
            "Wer hat den Beitrag noch nicht bezahlt?",
            "Lohr (7,50 of 20,00) and Maas (nothing of 20,00)",
        ),
        (FEES, "Who hasn't paid?", "Bo (0.00 of 12.00): 1 row of “list.csv” where Paid (£) is less than Fee"),
        (TWO, "Who has not paid the deposit?", "Ana (0 of 10): 1 row"),
        (TWO, "Who has not paid the fee?", "Bo (0 of 60): 1 row"),
        (TWO, "Who has not paid?", ""),
        (DUES, "Who has not paid the rent?", ""),
        ("Name,Paid\nAna,60\nBo,0\n", "Who has not paid?", ""),
        ("Name,Fee due,Fee paid\nAna,60 EUR,60 GBP\nBo,60 EUR,0 GBP\n", "Who has not paid the fee?", ""),
    ],
)
def test_who_has_not_paid_is_told_from_what_is_due_and_what_was_paid(
    tmp_path: Path, table: str, question: str, headline: str
) -> None:
    with indexed(tmp_path, {"list.csv": table}) as library:
        answer = library.compute(question)
    assert (answer is not None) == bool(headline)
    assert answer is None or answer.text.startswith(headline)


def test_rows_of_which_a_part_was_paid_are_counted_as_unpaid(tmp_path: Path) -> None:
    with indexed(tmp_path, {"members.csv": DUES}) as library:
        unpaid = library.compute("How many members have not paid the dues?")
        paid = library.compute("How many members have paid the dues?")
    assert unpaid is not None
    assert unpaid.text.startswith("2 rows of “members.csv” where Dues paid is less than Dues payable.")
    assert paid is not None
    assert paid.text.startswith("1 row of “members.csv” where Dues paid is at least Dues payable")


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
    with indexed(tmp_path, {f"list-{number}.csv": text for number, text in enumerate(tables)}) as library:
        answer = library.compute(question)
    assert (answer is not None) == bool(who)
    assert answer is None or answer.text.startswith(who)
