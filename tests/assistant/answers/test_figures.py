"""Numbers and dates in every notation, with their units, limits and what they count."""

from decimal import Decimal

import pytest

from assistant.answers.figures import figures


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("2,610.00 euros", "2610", "euro"),
        ("2.610,50 Euro", "2610.5", "euro"),
        ("EUR 870,-", "870", "euro"),
        ("1 234 567 €", "1234567", "euro"),
        ("US$ 2.96 billion", "2960000000", "dollar"),
        ("2,96 Mrd. $", "2960000000", "dollar"),
        ("1,5 million d'euros", "1500000", "euro"),
        ("1.234.567", "1234567", ""),
        ("3,5 %", "3.5", "percent"),
        ("5 per cent", "5", "percent"),
        ("5 percentage points", "5", "percentage point"),
        ("-5 °C", "-5", "degree Celsius"),
        ("two years", "24", "month"),
        ("a 12-month period", "12", "month"),
        ("drei Wochen", "1814400", "second"),
        ("10 working days", "10", "business day"),
        ("twenty-five", "25", ""),
        ("fünfundzwanzig Tage", "2160000", "second"),
        ("treinta y cinco días", "3024000", "second"),
        ("the 21st", "21", ""),
        ("2:30 pm", "870", "time of day"),
        ("14.30 Uhr", "870", "time of day"),
        ("14h30", "870", "time of day"),
    ],
)
def test_a_number_is_read_with_its_unit(text: str, value: str, unit: str) -> None:
    (quantity,) = (found for found in figures(text).quantities if found.is_certain)
    assert (quantity.value, quantity.unit) == (Decimal(value), unit)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("on 2026-03-07", (2026, 3, 7)),
        ("07.03.2026", (2026, 3, 7)),
        ("07.03.26", (2026, 3, 7)),
        ("7 March 2026", (2026, 3, 7)),
        ("March 7th, 2026", (2026, 3, 7)),
        ("7. März 2026", (2026, 3, 7)),
        ("le 7 mars", (None, 3, 7)),
        ("7 de marzo de 2026", (2026, 3, 7)),
        ("in March 2026", (2026, 3, None)),
    ],
)
def test_a_date_is_read_in_every_notation(text: str, reading: tuple[int | None, ...]) -> None:
    found = figures(text)
    assert [date.readings for date in found.dates] == [(reading,)]
    assert not [quantity for quantity in found.quantities if quantity.is_certain]


def test_a_date_whose_day_may_be_its_month_has_two_readings() -> None:
    (date,) = figures("3/7/2026").dates
    assert set(date.readings) == {(2026, 3, 7), (2026, 7, 3)}


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("over 300 euros", "lower"),
        ("at least 300 euros", "lower"),
        ("300 euros or more", "lower"),
        ("bis zu 300 Euro", "upper"),
        ("no more than 300 euros", "upper"),
        ("moins de 300 euros", "upper"),
        ("300 euros", ""),
        ("since 2019", "lower"),
        ("until 22:00", "upper"),
    ],
)
def test_a_limit_belongs_to_a_number(text: str, limit: str) -> None:
    assert [quantity.limit for quantity in figures(text).quantities] == [limit]


def test_two_numbers_of_a_range_share_their_unit() -> None:
    assert [quantity.unit for quantity in figures("within 5 to 10 days").quantities] == ["second", "second"]


def test_a_version_is_no_number() -> None:
    found = figures("Version 3.11.2 came out.")
    assert found.codes == {"3.11.2"}
    assert not found.quantities


def test_words_that_may_be_numbers_need_no_support() -> None:
    assert not figures("a second look at the first one").states
