"""Which column of a table a question is about, and in which unit its values are."""

from pathlib import Path

import pytest

from tests.libraries import indexed, values


def test_names_of_columns_that_a_program_wrote_are_read_as_words(tmp_path: Path) -> None:
    rows = "policyNo,premium_eur,paid_on\nA_1,120.00,2024-02-01\nA_2,80.50,\n"
    with indexed(tmp_path, {"policies.csv": rows}) as library:
        assert values(library.computed("What is the total premium of the policies?")) == ["200.50 EUR"]
        assert values(library.computed("How many policies are unpaid?")) == ["1"]


def test_a_share_that_is_a_column_is_added_up_and_another_share_is_not(tmp_path: Path) -> None:
    rows = "Item,House (EUR),Share of flat 7 (EUR)\nCaretaker,800.00,95.00\nLift,240.00,30.00\n"
    with indexed(tmp_path, {"heating-charges-2022.csv": rows}) as library:
        answer = library.computed("What is flat 7's share of the heating charges 2022 altogether?")
        assert values(answer) == ["125.00 EUR"]
        assert library.compute("What is flat 8's share of the charges altogether?") is None
        assert library.compute("What is the percentage of the lift altogether?") is None


def test_what_is_said_of_prices_is_not_said_of_numbers_of_things(tmp_path: Path) -> None:
    rows = "Wine,Bottles,Price (EUR)\nRiesling,12,8.50\nMalbec,6,11.00\nRioja,9,14.20\n"
    with indexed(tmp_path, {"cellar.csv": rows}) as library:
        assert values(library.computed("How many bottles cost more than 10 euros?")) == ["15"]
        assert values(library.computed("How many bottles cost less than 10?")) == ["12"]
        assert values(library.computed("How many wines have a price over 10 EUR?")) == ["2"]
        assert values(library.computed("What is the most expensive wine?")) == ["Rioja 14.20 EUR"]
        assert values(library.computed("Which wine is the cheapest?")) == ["Riesling 8.50 EUR"]


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
    with indexed(tmp_path, {"trips.csv": TRIPS}) as library:
        assert values(library.computed(question)) == expected


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("Month,Used kWh\nJanuary,310\nFebruary,287\n", "597 kWh in total: Used kWh in “power.csv”."),
        ("Month,Used kWh\nJanuary,310\nFebruary,287 kwh\n", "597 kWh in total: Used kWh in “power.csv”."),
        ("Month,Used\nJanuary,310 kWh\nFebruary,287 kWh\n", "597 kWh in total: Used in “power.csv”."),
    ],
)
def test_a_unit_is_written_as_the_table_writes_it(tmp_path: Path, rows: str, said: str) -> None:
    with indexed(tmp_path, {"power.csv": rows}) as library:
        assert library.computed("What is the total used in the power table?").text.startswith(said)


def test_a_sum_in_millions_is_written_as_people_write_it(tmp_path: Path) -> None:
    rows = "Segment,Profit (£m)\nPumps,1.5\nValves,2.4\n"
    with indexed(tmp_path, {"segments.csv": rows}) as library:
        said = library.computed("What is the total profit in the segments table?").text
        assert said.startswith("£3.9m in total: Profit (£m) in “segments.csv”.")


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
    with indexed(tmp_path, {"club.csv": table}) as library:
        answer = library.compute(question)
        read = library.read_tables(question)
    assert answer is None and read is None
