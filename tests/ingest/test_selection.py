"""Which documents a selection selects."""

import datetime

import pytest

from ingest.selection import EVERYTHING, DocumentTraits, Selection

TAX = DocumentTraits(
    "/home/me/notes/Tax 2024/assessment.pdf",
    "application/pdf",
    "Income tax assessment 2024",
    frozenset({"tax", "Home/Bills"}),
    datetime.date(2025, 3, 14),
)
TRIP = DocumentTraits(
    "/home/me/notes/travel/lisbon.md", "text/markdown", "Lisbon", frozenset(), datetime.date(2024, 5, 1)
)
SCAN = DocumentTraits(
    "/home/me/scans/receipt.JPG", "image/jpeg", "receipt", frozenset(), datetime.date(2024, 12, 31)
)


@pytest.mark.parametrize(
    ("selection", "selected"),
    [
        (Selection(), [TAX, TRIP, SCAN]),
        (Selection(folders=("tax 2024",)), [TAX]),
        (Selection(folders=("travel/",)), [TRIP]),
        (Selection(folders=("/home/me/notes",)), [TAX, TRIP]),
        (Selection(folders=("/home/me/note",)), []),
        (Selection(folders=("/home/me/scans/receipt.JPG",)), [SCAN]),
        (Selection(folders=("tra",)), []),
        (Selection(types=("pdf",)), [TAX]),
        (Selection(types=(".PDF", "markdown")), [TAX, TRIP]),
        (Selection(types=("jpg",)), [SCAN]),
        (Selection(types=("image",)), [SCAN]),
        (Selection(tags=("#TAX",)), [TAX]),
        (Selection(tags=("home/bills",)), [TAX]),
        (Selection(titles=("tax income",)), [TAX]),
        (Selection(titles=("outcome",)), []),
        (Selection(since=datetime.date(2024, 12, 31)), [TAX, SCAN]),
        (Selection(until=datetime.date(2024, 12, 31)), [TRIP]),
        (Selection(types=("pdf",), folders=("travel",)), []),
    ],
)
def test_a_document_must_meet_every_kind_of_condition(
    selection: Selection, selected: list[DocumentTraits]
) -> None:
    assert [document for document in (TAX, TRIP, SCAN) if selection.selects(document)] == selected


def test_only_a_selection_without_conditions_is_false() -> None:
    assert not EVERYTHING
    assert Selection(tags=("tax",))


def test_combined_selections_add_up_and_the_second_dates_count() -> None:
    one = Selection(("home",), ("pdf",), since=datetime.date(2024, 1, 1), until=datetime.date(2025, 1, 1))
    other = Selection(("travel",), tags=("tax",), titles=("rent",), since=datetime.date(2024, 6, 1))
    assert one.combined(other) == Selection(
        ("home", "travel"),
        ("pdf",),
        ("tax",),
        ("rent",),
        datetime.date(2024, 6, 1),
        datetime.date(2025, 1, 1),
    )
    assert one.combined(EVERYTHING) == one == EVERYTHING.combined(one)
