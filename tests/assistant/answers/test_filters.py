"""Filters in a question: what is taken out of it, and which documents are left."""

import datetime

import pytest

from assistant.answers.filters import parsed, written
from assistant.errors import BadFilter
from ingest.selection import Selection, Traits

TAX = Traits(
    "/home/me/notes/Tax 2024/assessment.pdf",
    "application/pdf",
    "Income tax assessment 2024",
    frozenset({"tax", "Home/Bills"}),
    datetime.date(2025, 3, 14),
)
TRIP = Traits(
    "/home/me/notes/travel/lisbon.md", "text/markdown", "Lisbon", frozenset(), datetime.date(2024, 5, 1)
)
SCAN = Traits("/home/me/scans/receipt.JPG", "image/jpeg", "receipt", frozenset(), datetime.date(2024, 12, 31))


@pytest.mark.parametrize(
    ("question", "rest", "selection"),
    [
        ("When is it due?", "When is it due?", Selection()),
        ("in:tax when is it due?", "when is it due?", Selection(folders=("tax",))),
        ("when type:pdf,md due", "when due", Selection(types=("pdf", "md"))),
        ('due in:"Tax 2024" tag:home', "due", Selection(folders=("Tax 2024",), tags=("home",))),
        ('title:"income tax" due', "due", Selection(titles=("income tax",))),
        ("due after:2024-06", "due", Selection(since=datetime.date(2024, 6, 1))),
        (
            "due since:2024 BEFORE:2025-02-03",
            "due",
            Selection(since=datetime.date(2024, 1, 1), until=datetime.date(2025, 2, 3)),
        ),
        ("see http://in:side and note: this", "see http://in:side and note: this", Selection()),
        ("what does within:reason mean", "what does within:reason mean", Selection()),
    ],
)
def test_filters_are_taken_out_wherever_they_stand(question: str, rest: str, selection: Selection) -> None:
    assert parsed(question) == (rest, selection)


@pytest.mark.parametrize("question", ["before:yesterday", "after:2024-13", "since:2024-02-30", 'x in:""'])
def test_a_filter_that_selects_nothing_sensible_is_refused_with_a_way_out(question: str) -> None:
    with pytest.raises(BadFilter) as refused:
        parsed(question)
    assert refused.value.remedy


@pytest.mark.parametrize("value", ["tax", "Tax 2024", "/home/me/notes"])
def test_what_an_option_writes_is_read_back(value: str) -> None:
    assert parsed(f"when {written('in', value)}") == ("when", Selection(folders=(value,)))


@pytest.mark.parametrize(
    ("selection", "held"),
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
def test_all_that_is_set_must_hold(selection: Selection, held: list[Traits]) -> None:
    assert [each for each in (TAX, TRIP, SCAN) if selection.holds(each)] == held
