"""Which column, table or rows a question means by its side or its time: money that comes in or goes out, the
column of a month, what comes after a year, and the number of a run."""

from collections.abc import Iterator

import pytest

from tests.libraries import IndexedFolder, indexed

TEXTS = {
    "account may.csv": "Date,Details,Debit,Credit,Balance\n02/05/2025,Brook Garage,120.00,,880.00\n"
    "06/05/2025,Wages Orme,,1500.00,2380.00\n09/05/2025,Brook Garage,40.50,,2339.50\n"
    "15/05/2025,Refund Brook Garage,,20.00,2359.50\n20/05/2025,Music school,66.00,,2293.50\n",
    "kitty.md": "# Band kitty\n\n## Income 2025\n\n| Date | From | Amount |\n|---|---|---|\n"
    "| 2025-03-02 | Concert | 410 |\n| 2025-04-05 | Raffle | 90 |\n\n## Expenses 2025\n\n"
    "| Date | To | Amount |\n|---|---|---|\n| 2025-03-04 | Hall | 150 |\n| 2025-04-07 | Scores | 33 |\n",
    "sold.csv": "Day,Buyer,Thing,Pieces\n2025-06-01,Ives,Lamp,3\n2025-06-02,Noor,Lamp,2\n"
    "2025-06-02,Noor,Vase,1\n",
    "earnings.csv": "Job,Earnings,Costs\nFern,300,80\nMoss,210,45\n",
    "papers.csv": "Paper,Price 2024,Price 2025,Stock\nRag,4.10,4.60,12\nLaid,3.00,3.20,30\n",
    "garage fee 2025.csv": "Garage,Holder,Monthly fee,January,February,March\nG1,Pell,45,45,45,45\n"
    "G2,Quint,50,50,,25\n",
    "staff.csv": "Name,Started,Role\nAda Lowe,12/05/2016,cook\nBen Ito,01/03/2018,waiter\n"
    "Cleo Marsh,09/09/2020,waiter\nDan Roth,30/11/2022,cook\n",
    "trials.md": "# Trials\n\n## Batch 1\n\n| Plant | Reading 1 | Reading 2 |\n|---|---|---|\n"
    "| P1 | 4.0 | 6.0 |\n| P2 | 7.0 | 9.0 |\n\n"
    "## Batch 2\n\n| Plant | Reading 1 | Reading 2 |\n|---|---|---|\n"
    "| P1 | 5.0 | 8.0 |\n| P2 | 3.0 | 2.0 |\n",
    "jobs.csv": "Day,Client,Hours,Rate\n2025-02-03,Fenn,6,50\n2025-02-10,Fenn,2,50\n2025-02-11,Gow,3,40\n",
    "travaux.csv": "Date;Fournisseur;Montant;Payé\n01/02/2024;Aubert;120,00;oui\n"
    "02/03/2024;Aubert;80,50;oui\n04/03/2024;Colas;60,00;non\n",
    "kiln offers.md": "# Offers for a kiln\n\n| | Ardo | Brixen |\n|---|---|---|\n| Kiln | £900 | £840 |\n"
    "| Fitting | £60 | £95 |\n| Guarantee | 3 years | 2 years |\n",
    "Bill 7.txt": "Bill 7\n\nVendor: Ripley Roofs\nDate: 3 May 2025\nNet: EUR 500.00\n"
    "VAT 19%: EUR 95.00\nTotal: EUR 595.00\n",
    "Bill 9.md": "Bill 9\n\nDue date: 4 June 2025\n\n| Work | Hours |\n|---|---|\n"
    "| Sanding | 3 |\n| Oil | 2 |\n",
    "Bill 8.txt": "Bill 8\n\nNo VAT is charged by Slate Smiths.\n\n"
    "Item  |  Amount\nSlates  |  40.00\nNails  |  5.00\n",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexedFolder]:
    """All of the files above, indexed. Shared by the tests, which do not change it."""
    with indexed(tmp_path_factory.mktemp("library"), TEXTS) as library:
        yield library


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("How much did we spend at Brook Garage in May 2025?", "160.50 in total: Debit"),
        ("How much did the music school cost?", "Music school – Debit: 66.00"),
        ("What did we spend in April 2025?", "33 in total: Amount in “Expenses 2025”"),
        ("How much did we spend on the hall?", "150 in total: Amount in “Expenses 2025”"),
        ("How much did Quint pay in March?", "Quint – March: 25"),
        ("How much fee did Quint pay in March?", "Quint – March: 25"),
        ("What is the stock of Laid paper in 2025?", "Laid – Stock: 30"),
        ("What did the Fern job cost?", "Fern – Costs: 80"),
        ("How much did we earn with Moss?", "Moss – Earnings: 210"),
        ("What was the monthly fee of Quint?", "G2 Quint – Monthly fee: 50"),
        ("Which staff started after 2018?", "Cleo Marsh and Dan Roth"),
        ("Who started after 2018?", "Cleo Marsh and Dan Roth"),
        ("Who started since 2018?", "Ben Ito, Cleo Marsh and Dan Roth"),
        ("What is reading 2 of P1 in batch 2?", "P1 – Reading 2: 8.0"),
        ("How many lamps did we sell?", "5 in total: Pieces"),
        ("How many lamps did we sell to Ives?", "3"),
        ("What is the hourly rate for Fenn?", "Rate: 50"),
        ("How much did we pay the music school?", "Music school – Debit: 66.00"),
        ("What does Ardo cost in total?", "£960 in total"),
        ("How much VAT is on bill 7?", "VAT 19%: EUR 95.00"),
        ("Combien avons-nous payé à Aubert ?", "200,50 in total: Montant"),
    ],
)
def test_the_side_or_the_time_that_is_asked_for_is_read(
    library: IndexedFolder, question: str, begins: str
) -> None:
    assert library.reply(question).startswith(begins)


@pytest.mark.parametrize(
    "question",
    [
        "What is the mean of the readings of P1 in batch 2?",
        "How much rent did we receive in May 2025?",
        "What is the total VAT?",
        "How much does Pell owe?",
        "How much did Quint pay in total?",
        "How much did Quint pay after January?",
    ],
)
def test_a_column_of_the_other_side_or_of_one_number_only_is_not_read(
    library: IndexedFolder, question: str
) -> None:
    assert library.reply(question) == ""


def test_a_day_above_a_table_is_not_its_name(library: IndexedFolder) -> None:
    sums = [value.value for value in library.computed("How many hours in 2025?").computed.values]
    assert sums == ["11"]
