"""Superlatives and means of tables, and what is said of the cells that a question selects."""

from pathlib import Path

import pytest

from tests.libraries import indexed, replies, values

ORDERS = """Order,Shop,Total,Status
A1,Alder,£40.00,open
A2,Beech,£95.00,open
A3,Alder,£20.00,open
A4,Beech,£10.00,sent
A5,Beech,£15.00,sent
"""
PARTS = "Part,Note,Amount\nGutter,supplied and fitted,90\nTiles,reclaimed,40\nBattens,supplied later,30\n"
LEIHEN = (
    "Nr;Leser;Buch;Status\n1;Kern;Momo;offen\n2;Lohr;Emil;offen\n3;Kern;Faust;offen\n4;Lohr;Tonio;zurück\n"
)
BOATS = "Boat,Seats,Harbour\nHeron,4,Wick\nOtter,2,Wick\nTern,9,Oban\n"
ORDER = "# Order A7\n\n| Shop | Total |\n|---|---|\n| Alder | 4 |\n| Beech | 9 |\n"
CHARGES = "Shop,Expense,Amount\nAlder,Paper,5\nAlder,Ink,6\nBeech,Desk,300\n"


@pytest.mark.parametrize(
    ("files", "question", "headline"),
    [
        (
            {"orders.csv": ORDERS},
            "Which shop has the most open orders?",
            "Alder: 2 rows, the most for one Shop in “orders.csv” where Status is “open”.",
        ),
        ({"orders.csv": ORDERS}, "Which shop has the most orders?", "Beech: 3 rows, the most for one"),
        ({"ausleihen.csv": LEIHEN}, "Welcher Leser hat die meisten offenen Ausleihen?", "Kern: 2 rows"),
        ({"boats.csv": BOATS}, "Which boat has the most seats?", "Tern: 9, the highest in the column"),
        ({"boats.csv": BOATS}, "Which harbour has the most boats?", "Wick: 2 rows, the most for one"),
    ],
)
def test_the_most_of_what_the_rows_are_is_counted(
    tmp_path: Path, files: dict[str, str], question: str, headline: str
) -> None:
    assert replies(tmp_path, files, question)[0].startswith(headline)


@pytest.mark.parametrize(
    ("files", "question"),
    [
        ({"orders.csv": ORDERS}, "Which shop has the most customers?"),
        ({"orders.csv": ORDERS}, "Which shop has the fewest open orders?"),
        ({"expenses.csv": CHARGES}, "Which shop has the most expenses?"),
        ({"orders.csv": ORDERS.replace("A1,Alder", "A1,Cedar")}, "Which shop has the most open orders?"),
        ({"order A7.md": ORDER}, "Which shop has the most orders?"),
    ],
)
def test_the_most_of_what_is_not_counted_is_not_the_highest_amount(
    tmp_path: Path, files: dict[str, str], question: str
) -> None:
    assert replies(tmp_path, files, question) == ("", "")


SPENDING = "Day,Group,Amount (£)\n1 May,Food,18\n2 May,Travel,46\n3 May,Food,40\n4 May,Paper,7\n"


@pytest.mark.parametrize(
    ("question", "headline"),
    [
        (
            "Which group costs the most?",
            "Food: £58, the highest total Amount (£) by Group in “spending.csv”.",
        ),
        ("Which group cost the least?", "Paper: £7, the lowest total Amount (£) by Group"),
        ("What is the highest amount in the spending?", "2 May Travel: £46, the highest in"),
        ("Which group is the most expensive?", ""),
        ("Which group has the highest amount?", ""),
    ],
)
def test_what_costs_the_most_is_added_up_where_it_is_in_several_rows(
    tmp_path: Path, question: str, headline: str
) -> None:
    computed, read = replies(tmp_path, {"spending.csv": SPENDING}, question)
    assert (computed or read).startswith(headline)
    assert bool(computed or read) == bool(headline)


STOCK = "Product,Stock,Price\nCandle,120,2.50\nSoap,0,1.75\nTowel,35,12.00\n"


@pytest.mark.parametrize(
    ("question", "headline"),
    [
        (
            "Which products are out of stock?",
            "Soap: 1 entry in the column “Product” of “wares.csv” where Stock is 0.",
        ),
        ("Which products are in stock?", "Candle and Towel: 2 different entries in the column “Product”"),
        (
            "How many products are sold out?",
            "1 entry in the column “Product” of “wares.csv” where Stock is 0.",
        ),
        ("Which product is out of stock?", "Soap: 1 entry"),
        ("What is the total of the products out of stock?", ""),
        ("Which product is it?", ""),
        ("What is the most expensive product in stock?", "Towel: 12.00, the highest"),
        ("What is the cheapest product in stock?", "Candle: 2.50, the lowest"),
    ],
)
def test_what_is_out_of_stock_is_what_there_is_none_of(tmp_path: Path, question: str, headline: str) -> None:
    computed, read = replies(tmp_path, {"wares.csv": STOCK}, question)
    assert computed.startswith(headline)
    assert bool(computed or read) == bool(headline)


def test_weights_over_a_number_of_pounds_are_no_prices(tmp_path: Path) -> None:
    rows = "Bag,Owner,Weight (lb)\nHoldall,Nadia,22\nCase,Owen,48\nRucksack,Priya,17.5\n"
    text = replies(tmp_path, {"bags.csv": rows}, "Which bags weigh over 20 pounds?")[0]
    entries = "2 different entries in the column “Bag” of “bags.csv” where Weight (lb) is over 20."
    assert text.startswith(f"Holdall and Case: {entries}")


def test_a_noun_is_not_a_column_called_by_a_verb(tmp_path: Path) -> None:
    rows = "Order no,Customer,Ordered,Status\n1,Falk,2025-02-01,sent\n2,Brook,2025-02-01,sent\n"
    text = replies(tmp_path, {"orders.csv": rows}, "How many orders were sent?")[0]
    assert text == "" or text.startswith("2 rows of “orders.csv”")


def test_a_condition_is_met_by_forms_of_a_word_only_and_names_the_one_that_the_cells_have(
    tmp_path: Path,
) -> None:
    files = {"parts.csv": PARTS}
    assert replies(tmp_path, files, "What is the total of the supplier parts?") == ("", "")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is the total of the reclaimed parts?", "40 in total: Amount in “parts.csv” where Note is"),
        (
            "What is the total of the supplied parts?",
            "120 in total: Amount in “parts.csv” where Note contains",
        ),
        ("How many parts are tile?", "1 row of “parts.csv” where Part is “Tiles”."),
    ],
)
def test_what_is_said_of_a_condition_is_true_of_the_cells(tmp_path: Path, question: str, said: str) -> None:
    text = replies(tmp_path, {"parts.csv": PARTS}, question)[0]
    assert said in text


def test_a_word_is_quoted_in_the_form_that_the_cells_have(tmp_path: Path) -> None:
    rows = "Job,Hours\nRepair of the lock,2\nRepair of the door,3\nPainting,9\n"
    text = replies(tmp_path, {"jobs.csv": rows}, "What is the total of hours for repairs in the jobs?")[0]
    assert text.startswith("5 in total: Hours in “jobs.csv” where Job contains “repair”.")


def test_one_row_is_no_plural(tmp_path: Path) -> None:
    text = replies(tmp_path, {"parts.csv": PARTS}, "What is the highest amount of the tiles in the parts?")[0]
    assert "1 rows" not in text


PEOPLE = "No,Name,Born,Fee (£)\n1,Ana,1950-02-01,60\n2,Bo,1990-05-05,40\n"
AGED = "Name,Age,Fee\nAna,75,40\nBo,35,60\nCy,52,60\n"
SHIFTS = "Day,Early,Late,Hours\nMonday,Yusuf,Kara,8\nTuesday,Kara,Pete,7\nThursday,Pete,Yusuf,9\n"


@pytest.mark.parametrize(
    ("table", "question", "headline"),
    [
        (PEOPLE, "Which members are older than 50?", ""),
        (PEOPLE, "How many members are younger than 50?", ""),
        (
            AGED,
            "Which members are older than 50?",
            "Ana and Cy: 2 rows of “members.csv” where Age is over 50.",
        ),
        (AGED, "How many members are at least 52?", ""),
        (
            AGED,
            "How many members have a fee of at least 60?",
            "2 rows of “members.csv” where Fee is at least",
        ),
        (
            AGED,
            "Which members have a fee of 60 or more?",
            "Bo and Cy: 2 rows of “members.csv” where Fee is at l",
        ),
        (
            AGED,
            "Which members have a fee of no more than 50?",
            "Ana: 1 row of “members.csv” where Fee is at mo",
        ),
        (
            PEOPLE,
            "Which members have a fee of at least 60 pounds?",
            "Ana: 1 row of “members.csv” where Fee (£)",
        ),
    ],
)
def test_a_limit_is_one_of_what_the_question_compares(
    tmp_path: Path, table: str, question: str, headline: str
) -> None:
    computed, read = replies(tmp_path, {"members.csv": table}, question)
    assert computed.startswith(headline)
    assert bool(computed or read) == bool(headline)


def test_a_name_that_stands_in_two_columns_is_said_to_stand_in_either(tmp_path: Path) -> None:
    _, read = replies(tmp_path, {"rota.csv": SHIFTS}, "How many hours does Kara work?")
    assert read in {"", "15 in total: Hours in “rota.csv” where Early or Late contains “kara”."}
    assert read


def test_rows_of_one_name_are_told_apart_by_their_numbers(tmp_path: Path) -> None:
    rows = "Order no,Customer,Status\n81,Falk,open\n82,Brook,open\n83,Falk,open\n"
    text = replies(tmp_path, {"orders.csv": rows}, "Which orders are open?")[0]
    assert text.startswith("81 Falk, 82 Brook and 83 Falk: 3 rows of “orders.csv” where Status is “open”.")


def test_a_month_in_the_head_of_a_bill_is_no_condition_on_its_items(tmp_path: Path) -> None:
    rows = "| Item | Amount |\n|---|---|\n| Pine | 40 |\n| Oak | 9 |\n"
    bill = f"# Invoice 5\n\nFrom: Larch\nDate: 3 March 2025\n\n{rows}"
    assert replies(tmp_path, {"invoice-5.md": bill}, "What did we spend in March?")[0] == ""


HELPERS = """Name,Joined,Hours 2024,Hours 2025,First aid
Marlow,2016-04-02,120,64,yes
Greta,2019-10-11,45,80,no
Tomas,2024-02-20,12,,yes
"""
HEATING = "Read on,Flat,Use kWh\n2025-01-31,East,310\n2025-01-31,West,255\n2025-02-28,East,264\n"
CASH = "Day,Details,In,Out,Balance\n3 May,Opening,100,,100\n4 May,Stamps,,12,88\n9 May,Gift,25,,113\n"
LEDGER = "Invoice,Customer,Net,VAT,Gross\nN-1,Bell,400,80,480\nN-2,Dart,1000,200,1200\n"
PRICES = "Product,Supplier,Price\nShelf,Norwood,129\nLamp,Lumo,39\nRug,Lumo,210\n"


@pytest.mark.parametrize(
    ("table", "question", "headline"),
    [
        (HELPERS, "Who has first aid?", ""),
        (HELPERS, "Who was the first to join?", "Marlow: 2016-04-02, the earliest"),
        (HELPERS, "How many hours were worked in 2024 altogether?", "177 in total: Hours 2024"),
        (HELPERS, "What is the average number of hours in 2024?", "59.00 on average: Hours 2024"),
        (HEATING, "Which flat has the highest use?", ""),
        (HEATING, "Which flat has the most use?", "East: 574 kWh, the highest total Use kWh by Flat"),
        (CASH, "What is the total of the balance?", ""),
        (CASH, "What is the highest balance?", "9 May Gift: 113, the highest"),
        (LEDGER, "Which invoices are over 500 pounds?", "N-2: 1 entry in the column “Invoice”"),
        (PRICES, "Which supplier has the highest price?", "Lumo: 210, the highest"),
    ],
)
def test_what_a_column_is_about_decides_what_is_computed_of_it(
    tmp_path: Path, table: str, question: str, headline: str
) -> None:
    computed, read = replies(tmp_path, {"list.csv": table}, question)
    assert (computed or read).startswith(headline)
    assert bool(computed or read) == bool(headline)


STAFF = """ID,First name,Last name,Department,Salary (EUR),Start
E1,Lena,Auer,Sales,52000,2019-03-01
E2,Marc,Auer,IT,61000,2021-07-15
E3,Will,Blum,IT,48000,2023-01-09
"""
STAYS = "Booking,Guest,Nights,Price (€),Total (€)\nB1,Hahn,3,80,240\nB2,Ives,2,110,220\n"


@pytest.mark.parametrize(
    ("table", "question", "headline"),
    [
        (STAFF, "How many employees are in IT?", "2 rows of “employees.csv” where Department is “IT”."),
        (
            STAFF,
            "What is the average salary in IT?",
            "54,500.00 EUR on average: Salary (EUR) in “employees.csv” where",
        ),
        (STAFF, "How many employees are in HR?", ""),
        (STAFF, "What is the total salary of employees in the US?", ""),
        (STAFF, "What does Will earn in total?", ""),
        (STAFF, "Who has the highest salary?", "Marc Auer: 61000 EUR, the highest"),
        (STAFF, "When did Marc Auer start?", "Marc Auer – Start: 2021-07-15."),
        (STAYS, "Which bookings are over 230 euros?", "B1: 1 entry in the column “Booking”"),
    ],
)
def test_a_name_in_capitals_is_a_condition_and_people_are_called_by_their_names(
    tmp_path: Path, table: str, question: str, headline: str
) -> None:
    computed, read = replies(tmp_path, {"employees.csv": table}, question)
    assert (computed or read).startswith(headline)
    assert bool(computed or read) == bool(headline)


@pytest.mark.parametrize(
    "question", ["Fees by time", "Which time has the highest fees?", "Total fee by time"]
)
def test_money_is_not_added_up_by_times_of_day(tmp_path: Path, question: str) -> None:
    lessons = "Time,Pupil,Fee €\n09:00,Ann,20\n09:00,Bo,25\n10:30,Ann,30\n10:30,Cy,30\n"
    text, _ = replies(tmp_path, {"lessons.csv": lessons}, question)
    assert "45" not in text
    assert "60" not in text


def test_a_mean_is_rounded_half_up(tmp_path: Path) -> None:
    with indexed(tmp_path, {"marks.csv": "Pupil,English\nAda,77.25\nBo,77.00\n"}) as library:
        assert values(library.computed("What is the average of English in the marks?")) == ["77.13"]


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
    with indexed(tmp_path, {"costs-2024.csv": COSTS}) as library:
        assert library.computed(question).text.startswith("100.00 on average: Power in “costs-2024.csv”.")


@pytest.mark.parametrize(
    "question", ["What is the average power cost per month?", "What is the mean monthly power cost?"]
)
def test_the_mean_of_weeks_is_not_one_of_months(tmp_path: Path, question: str) -> None:
    with indexed(tmp_path, {"costs-2024.csv": BY_WEEK}) as library:
        assert library.compute(question) is None
        assert library.read_tables(question) is None
