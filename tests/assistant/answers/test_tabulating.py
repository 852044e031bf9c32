"""Which table answers, and which of its rows."""

from pathlib import Path

from tests.libraries import indexed, values


def test_tables_that_fit_equally_are_shown_beside_each_other(tmp_path: Path) -> None:
    files = {
        f"prices {year}.csv": f"Item,Price\nRope,{price}\nSail,90\n"
        for year, price in ((2023, 10), (2024, 12))
    }
    with indexed(tmp_path, files) as library:
        assert values(library.computed("What is the price of rope?")) == ["Rope 10", "Rope 12"]
        assert values(library.computed("What was the price of rope in 2023?")) == ["Rope 10"]


def test_a_table_with_a_named_column_is_preferred_to_tables_without_one(tmp_path: Path) -> None:
    files = {
        "power.csv": "Month,Use (kWh)\nJanuary,310\nFebruary,270\n",
        **{f"bill-{number}.csv": "Item,Amount\nWork,320\nTravel,40\n" for number in range(2)},
    }
    with indexed(tmp_path, files) as library:
        assert values(library.computed("Average use")) == ["290.00 kWh"]


def test_a_table_belongs_to_whom_its_document_is_about(tmp_path: Path) -> None:
    table = "| Mineral | Result |\n|---|---|\n| Iron | 8 |\n| Zinc | 12 |\n"
    report = f"# Report\n\nPatient: Jutta Farkas, seen on 3 May.\n\n{table}"
    with indexed(tmp_path, {"values.md": report}) as library:
        assert values(library.computed("How many minerals does Jutta Farkas have?")) == ["2"]
        assert library.compute("How many minerals does Bea Farkas have?") is None


def test_the_rows_of_a_file_called_by_what_is_counted_are_counted_whatever_another_document_says(
    tmp_path: Path,
) -> None:
    files = {
        "members.csv": "Name,Town\nAna,York\nPiet,Hull\nLiv,York\n",
        "talk.txt": "They interviewed fifteen members of a choir in Brest.\n",
        "fleet.csv": "Boat,Seats\nHeron,4\nOtter,2\n",
        "rules.txt": "The club owns 14 boats.\n",
    }
    with indexed(tmp_path, files) as library:
        assert library.computed("How many members are there?").text.startswith("3 rows of “members.csv”.")
        assert library.compute("How many boats are there?") is None


def test_the_verb_of_travelling_is_no_condition(tmp_path: Path) -> None:
    rows = (
        "Date,Purpose,Km\n2023-02-01,Visit to client,40\n2023-05-09,Fair,210\n2023-06-02,Visit to client,44\n"
    )
    with indexed(tmp_path, {"trips-lena-2023.csv": rows}) as library:
        assert values(library.computed("How many km did Lena drive for visits in 2023?")) == ["84 Km"]
        assert values(library.computed("How many km did Lena travel in 2023?")) == ["294 Km"]
        assert library.compute("How many km did Lena sell in 2023?") is None


def _parish_accounts(*, label: str = "Total") -> str:
    return (
        "# Accounts of the parish hall\n\n## Year 2025\n\n"
        "| | 2024 | 2025 |\n|---|---|---|\n"
        "| Hire income | 2,400 | 2,650 |\n| Collections | 310 | 290 |\n"
        f"| {label} income | 2,710 | 2,940 |\n"
        "| Heating | 900 | 1,020 |\n| Cleaning | 700 | 720 |\n"
        f"| {label} expenditure | 1,600 | 1,740 |\n"
    )


def test_a_subtotal_within_a_table_is_no_part_of_a_sum(tmp_path: Path) -> None:
    with indexed(tmp_path, {"accounts.md": _parish_accounts()}) as library:
        assert values(library.computed("What was the total income in 2025?")) == ["Total income 2,940"]
        assert values(library.computed("income 2024")) == ["Total income 2,710"]
        assert values(library.computed("What did we spend in total in 2025?")) == ["Total expenditure 1,740"]
        assert values(library.computed("What was the hire income in 2025?")) == ["Hire income 2,650"]
        assert values(library.computed("What did we spend on heating in 2024?")) == ["900"]
        # What was earned and what was spent do not add up to anything.
        assert library.compute("What was the sum in 2025?") is None


def test_the_total_of_a_bill_contains_its_taxes_and_they_are_no_items(tmp_path: Path) -> None:
    items = "| Work | Hours | Amount |\n|---|---|---|\n| Brakes | 1.5 | 90.00 |\n| Exhaust | 2 | 140.00 |\n"
    taxes = "| Subtotal | | 230.00 |\n| Delivery | | 10.00 |\n| Tax | | 60.00 |\n| Total due | | 300.00 |\n"
    net = "| Net | | 230.00 |\n| VAT 20% | | 46.00 |\n| Total | | 276.00 |\n"
    files = {
        "garage.md": f"# Garage bill 881\n\n{items}{taxes}",
        "painter.md": f"# Painter, invoice 17\n\n{items}{net}",
    }
    with indexed(tmp_path, files) as library:
        assert values(library.computed("How much is garage bill 881 in total?")) == ["Total due 300.00"]
        assert values(library.computed("What is the total of invoice 17 of the painter?")) == ["Total 276.00"]
        assert values(library.computed("What is the net amount of the painter's invoice 17?")) == [
            "Net 230.00"
        ]
        assert values(library.computed("How many items are on garage bill 881?")) == ["2"]


def test_a_date_that_tells_which_document_is_meant_leaves_out_no_row_of_it(tmp_path: Path) -> None:
    rows = (
        "| Action | Owner | Due |\n|---|---|---|\n| Pump | Ada | 2025-06-20 |\n| Drain | Bo | 2025-07-04 |\n"
    )
    flood = f"# Flood in the cellar\n\n## Actions\n\n{rows}"
    with indexed(tmp_path, {"2025-06-12-flood.md": flood}) as library:
        assert values(library.computed("How many actions are due in June 2025?")) == ["1"]
        assert values(library.computed("How many actions does the June 2025 flood have?")) == ["2"]


def test_the_longest_is_looked_for_in_the_column_that_the_question_names(tmp_path: Path) -> None:
    rows = "Glue,Drying (min),Length of the tube (cm)\nBone,40,9\nHide,15,12\nFish,25,7\n"
    with indexed(tmp_path, {"glues.csv": rows}) as library:
        assert values(library.computed("Which glue has the longest drying?")) == ["Bone 40 min"]
        assert values(library.computed("Which glue has the longest tube?")) == ["Hide 12 cm"]


def test_what_has_a_date_in_a_column_that_says_when_it_was_done_was_done(tmp_path: Path) -> None:
    rows = "| Book | Finished | Stars |\n|---|---|---|\n| Herons | 12 January | 4 |\n| Reeds | | |\n"
    books = f"# Books read 2025\n\n{rows}| Lane | 9 August | 5 |\n"
    with indexed(tmp_path, {"books.md": books}) as library:
        assert values(library.computed("How many books did I finish in 2025?")) == ["2"]
        assert library.compute("How many books did I lend in 2025?") is None


def test_a_row_whose_name_begins_with_total_is_one_of_the_rows_unless_it_adds_up_others(
    tmp_path: Path,
) -> None:
    rows = "Company,Shares\nArbor,30\nTotal Energy,12\nZephyr,7\n"
    with indexed(tmp_path, {"shares.csv": rows}) as library:
        assert values(library.computed("How many companies are there?")) == ["3"]
        assert values(library.computed("How many shares in total?")) == ["49"]


def test_a_question_that_names_a_column_of_yes_and_no_is_answered_by_the_rows_that_say_yes(
    tmp_path: Path,
) -> None:
    rows = "Supplier,Town,On the list\nAmble,Norwich,yes\nBirch,Ely,no\nCobb,Diss,yes\n"
    partly = "Witness,Town,For the record\nMrs Amble,Norwich,yes\nMr Birch,Ely,not yet\n"
    partly += 'Mr Cobb,Diss,"no, a neighbour"\n'
    with indexed(tmp_path, {"suppliers.csv": rows, "witnesses.csv": partly}) as library:
        assert values(library.computed("Which suppliers are on the list?")) == ["Amble", "Cobb"]
        assert values(library.computed("How many suppliers are on the list?")) == ["2"]
        assert values(library.computed("Which witnesses are for the record?")) == ["Mrs Amble"]
