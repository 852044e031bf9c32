"""What was paid, read from a table that says of each row whether it was."""

from collections.abc import Iterator

import pytest

from tests.libraries import IndexedFolder, indexed

TEXTS = {
    "lessons.csv": "Date,Time,Pupil,Lesson,Fee,Paid\n2025-05-02,15:00,O. Varga,cello,40,yes\n"
    "2025-05-09,15:00,O. Varga,cello,40,no\n2025-05-16,15:00,O. Varga,cello,20.5,yes\n"
    "2025-05-05,16:00,Ms & Mr Adeyo,duet,60,yes\n2025-05-19,16:00,Ms & Mr Adeyo,duet,60,no\n"
    "2025-05-20,17:00,J. Ruiz,harp,45,no\n",
    "kurse.csv": "Datum;Teilnehmer;Gebühr €;Bezahlt am\n02.06.2025;Ole Harms;80,00;05.06.2025\n"
    "03.06.2025;Ole Harms;60,00;\n04.06.2025;Ute Lenz;90,00;09.06.2025\n",
    "stages.csv": "Date;Élève;Prix €;Payé\n2025-07-01;Noémie Roy;70,00;oui\n"
    "2025-07-02;Noémie Roy;50,00;non\n",
    "bookings.csv": "Date,Guest,Price,Paid\n2025-08-01,Ida Moss,100,yes\n2025-08-02,Ida Moss,100,half\n",
    "deliveries.csv": "Delivered,Supplier,Goods,Amount,Paid on\n2025-09-01,Fen Mill,flour,70,2025-09-04\n"
    "2025-09-08,Fen Mill,bran,35,\n2025-09-09,Oak Dairy,butter,90,2025-09-10\n",
    "feed.csv": "Delivered,Supplier,Goods,Amount,Paid on\n2025-09-29,Fen Mill,oats,64,2025-10-02\n"
    "2025-10-20,Fen Mill,chaff,28,2025-11-03\n2025-10-21,Oak Dairy,whey,15,2025-10-22\n",
    "repairs.csv": "Date,Customer,Price,Status\n2025-08-01,Bo Lind,30,paid\n2025-08-02,Bo Lind,50,open\n",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexedFolder]:
    """All of the files above, indexed. Shared by the tests, which do not change it."""
    with indexed(tmp_path_factory.mktemp("library"), TEXTS) as library:
        yield library


@pytest.mark.parametrize(
    ("file", "question", "value", "rows"),
    [
        ("lessons.csv", "How much did O. Varga pay in May 2025?", "60.5", 2),
        ("lessons.csv", "How much was paid by Varga in May?", "60.5", 2),
        ("lessons.csv", "How much have Ms & Mr Adeyo paid?", "60", 1),
        ("kurse.csv", "Wie viel hat Ole Harms bezahlt?", "80.00", 1),
        ("stages.csv", "Combien Noémie Roy a-t-elle payé ?", "70.00", 1),
        ("repairs.csv", "How much did Bo Lind pay?", "30", 1),
        ("deliveries.csv", "How much did we pay to Fen Mill?", "70", 1),
        ("deliveries.csv", "How much have we paid Fen Mill?", "70", 1),
    ],
)
def test_only_the_rows_that_were_paid_are_added_up(
    library: IndexedFolder, file: str, question: str, value: str, rows: int
) -> None:
    reading = library.read_tables(question, file)
    assert reading is not None
    assert [each.value for each in reading.result.values] == [value]
    assert len(reading.result.evidence) == rows


def test_nobody_who_paid_nothing_is_said_to_have_paid(library: IndexedFolder) -> None:
    reading = library.read_tables("How much did J. Ruiz pay in May 2025?", "lessons.csv")
    assert reading is not None
    assert [each.value for each in reading.result.values] == ["0"]
    assert "Paid is “yes”" in reading.result.headline
    assert ["harp" in row.quote for row in reading.result.evidence] == [True]


def test_what_is_said_to_be_paid_in_part_is_not_added_up(library: IndexedFolder) -> None:
    assert library.read_tables("How much did Ida Moss pay?", "bookings.csv") is None


def test_what_must_be_paid_includes_what_was_not(library: IndexedFolder) -> None:
    reading = library.read_tables("How much must Ole Harms pay?", "kurse.csv")
    assert reading is not None
    assert [value.value for value in reading.result.values] == ["80,00", "60,00"]


def test_what_was_paid_in_a_month_has_its_day_of_payment_there(library: IndexedFolder) -> None:
    reading = library.read_tables("How much did we pay Fen Mill in October 2025?", "feed.csv")
    assert reading is not None
    assert [value.value for value in reading.result.values] == ["64"]


def test_dated_rows_that_the_table_calls_otherwise_are_counted_as_unsure(library: IndexedFolder) -> None:
    reading = library.read_tables("How many sessions did Ms & Mr Adeyo have in May 2025?", "lessons.csv")
    assert reading is not None
    assert (reading.is_sure, reading.result.values[0].value) == (False, "2")
