"""Tables that people type, and texts that look like them."""

import pytest

from ingest.segmentation import unit_spans
from ingest.typedtables import typed_tables

KITTY = """Coffee kitty

Date; Who; Paid
2024-01-08; Ines; 12.50
2024-02-05; Jonas; 10.00
2024-03-04; Ines; 7.50

Ines keeps the tin; Jonas keeps the list; nobody keeps the key.
"""
TOOLS = """Tool      Bought      Price
------    ----------  ------
Drill     2 May 2019  £89.00
Jigsaw    7 Jul 2021  £64.50
"""
HIRE = "Costs of the fair:\n- Tent hire ..... £40\n- Band ......... £120.50\n- Drinks . . . . . £85\n"
TABS = "Ausgabe\tBetrag\nMiete\t450,00 €\nStrom\t61,20 €\n"


@pytest.mark.parametrize(
    ("text", "header", "last"),
    [
        (KITTY, ("Date", "Who", "Paid"), ("2024-03-04", "Ines", "7.50")),
        (TOOLS, ("Tool", "Bought", "Price"), ("Jigsaw", "7 Jul 2021", "£64.50")),
        (HIRE, None, ("Drinks", "£85")),
        (TABS, ("Ausgabe", "Betrag"), ("Strom", "61,20 €")),
        ("Oats; 500 g; 3 May\nMilk; 1 l; 4 May\nFigs; 12; 6 May\n", None, ("Figs", "12", "6 May")),
        ("1998  Moved to Leeds\n2003  Born: Ida\n", None, ("2003", "Born: Ida")),
        ("Item  Cost\nPaper  £3.50\nInk  £4.00\nTotal: £7.50\n", ("Item", "Cost"), ("Ink", "£4.00")),
        (
            "Item  Who  Cost\nPaper  Bo  £3\nInk  Al  £4\nTotal  £7\n",
            ("Item", "Who", "Cost"),
            ("Ink", "Al", "£4"),
        ),
    ],
)
def test_a_table_that_was_typed_is_found(
    text: str, header: tuple[str, ...] | None, last: tuple[str, ...]
) -> None:
    (table,) = typed_tables(text)
    assert (table.header and table.header.cells) == header
    assert table.rows[-1].cells == last
    assert table.is_whole
    row = table.rows[0]
    assert row.cells[0] in text[row.start : row.end]


@pytest.mark.parametrize(
    "text",
    [
        "The river runs; the river turns; it knows no shore\n" * 4,
        "I came in May;  I left in June;  I came again in rain\nThe heron waits;  and I;  and we\n",
        "We paid 30 pounds; they paid 40; nobody paid 50.\nWe paid 20 pounds; they left; I paid 10.\n" * 2,
        "for (int i = 0; i < 10; i++) {\nfor (int j = 0; j < 12; j++) {\nfor (int k = 0; k < 9; k++) {\n",
        "```\nBolt; 12; 0.50\nNut; 30; 0.20\nPin; 4; 0.10\n```\n",
        "1  In the beginning\n2  And the earth\n3  And then the light\n",
        "1.  Wash the leeks\n2.  Fry them\n3.  Add stock\n",
        "8  Wash the leeks.  Do it twice.\n7  Fry them.  Be careful.\n9  Add stock.  Stir.\n",
        "Introduction ..... 3\nMethods .......... 7\nConclusion ....... 12\n",
        "A sentence ends here.  Another begins.\nA second one.  It ends too.\nA third.  And last.\n",
        "One row; 12; 2024-01-02\n",
    ],
)
def test_prose_poems_code_and_contents_are_no_tables(text: str) -> None:
    assert typed_tables(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Item  Who  Cost\nTape  Bo  £3\nGlue  £4\nInk  Bo  £5\nPins  Al  £6\n",
        "Cake; free\nTent; £40\nBand; £30\nTea; £3\n",
    ],
)
def test_a_table_with_a_row_that_does_not_fit_is_not_whole(text: str) -> None:
    assert not any(table.is_whole for table in typed_tables(text))


def test_each_row_is_quoted_by_itself() -> None:
    text = "Oats; 500 g; 3 May\nMilk; 1 l; 4 May\nFigs; 12; 6 May\n"
    assert [text[start:end] for start, end in unit_spans(text)] == text.splitlines()
    units = [HIRE[start:end] for start, end in unit_spans(HIRE)]
    assert units == HIRE.splitlines()
