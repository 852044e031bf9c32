"""Which questions one row of a table can answer."""

from dataclasses import replace

import pytest

from assistant.answers.rows import is_one_of_several, one_row_answers
from assistant.dialogue import Passage
from tests.passages import passage

STOCK = """| Item | Pieces | Highest price | Single | Dozen |
|---|---|---|---|---|
| Rope | 12 | 4.50 | 4.10 | 45.00 |
| Sail | 2 | 90.00 | 88.00 | |
| Pump | 1 | 30.00 | 29.00 | |
| Pump | 3 | 31.00 | 29.50 | |"""

TRIPS = """Stock of trips

Date   Driver   Kilometres
1 May   Ines   40
2 May   Olaf   210
3 May   Ines   15
Total   all   265"""


def answers(question: str, text: str, row: str) -> bool:
    """Whether the row that begins with `row` answers `question`."""
    whole = passage(text)
    start = text.index(row)
    quoted = text[start : (text + "\n").index("\n", start)]
    locator = replace(
        whole.locator, chars=(whole.locator.chars[0] + start, whole.locator.chars[0] + start + len(quoted))
    )
    quote: Passage = replace(whole, text=quoted, locator=locator)
    return one_row_answers(question, quote, whole)


@pytest.mark.parametrize(
    ("question", "text", "row"),
    [
        ("How much is a single sail?", STOCK, "| Sail"),
        ("How many pieces of rope are there?", STOCK, "| Rope"),
        ("What is the highest price of the sail?", STOCK, "| Sail"),
        ("What are the kilometres in total?", TRIPS, "Total"),
        ("How many kilometres did Olaf drive?", TRIPS, "2 May"),
        ("Who drove on 2 May?", TRIPS, "2 May"),
        ("What is the longest trip?", "The longest trip was 210 kilometres.", "The longest"),
    ],
)
def test_a_row_that_says_it_answers(question: str, text: str, row: str) -> None:
    assert answers(question, text, row)


@pytest.mark.parametrize(
    ("question", "text", "row"),
    [
        ("What does a dozen sails cost?", STOCK, "| Sail"),
        ("How many pumps are there?", STOCK, "| Pump"),
        ("How many calories does the rope have?", STOCK, "| Rope"),
        ("What is the cheapest item?", STOCK, "| Rope"),
        ("What do the pieces cost on average?", STOCK, "| Rope"),
        ("Which items cost more than 40?", STOCK, "| Sail"),
        ("How many trips did not start in May?", TRIPS, "1 May"),
        ("Who drove more than 100 kilometres but not in April?", TRIPS, "2 May"),
        ("How many kilometres did Ines drive?", TRIPS, "1 May"),
        ("What are the kilometres in total?", TRIPS, "1 May"),
        ("What is the longest trip?", TRIPS, "2 May"),
        ("Wie viele Kilometer ist Ines insgesamt gefahren?", TRIPS, "1 May"),
    ],
)
def test_a_question_about_several_rows_is_not_answered_by_one(question: str, text: str, row: str) -> None:
    assert not answers(question, text, row)


DIARY = """2 May
Height of the sunflower 31 cm. Watered.

9 May
Height of the sunflower 44 cm.

16 May
Height of the sunflower 58 cm. The tallest so far.

# Plants given away
- tomato, to Ruth
- thyme, to Ruth
- sage, to Omar
- compost, Ruth, 12 €
- pots, Ruth, 9 €"""


@pytest.mark.parametrize(
    ("question", "quote", "is_one"),
    [
        ("What was the lowest height of the sunflower?", "Height of the sunflower 44 cm.", True),
        ("What was the greatest height of the sunflower?", "The tallest so far.", False),
        ("How many plants did we give to Ruth?", "- tomato, to Ruth", True),
        ("How many plants did we give to Omar?", "- sage, to Omar", False),
        ("How much did we spend at Ruth?", "- pots, Ruth, 9 €", True),
        ("How high was the sunflower on 9 May?", "Height of the sunflower 44 cm.", False),
    ],
)
def test_one_of_several_lines_is_no_sure_extreme_sum_or_count(
    question: str, quote: str, is_one: bool
) -> None:
    whole = passage(DIARY)
    assert is_one_of_several(question, [replace(whole, text=quote)], [whole]) is is_one
