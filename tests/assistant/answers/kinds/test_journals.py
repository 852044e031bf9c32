"""Summaries of dated notes."""

import pytest

from assistant.summary import Length, SummaryKind
from tests.summarized import points, summary_of

SESSIONS = """Sessions with R. Quill, file 0212

14.1.25 (first)
Sent by Dr Amadi. Sleeps four hours a night. Score = 21. Agreed on Thursdays at ten.

21.1. (2)
Slept better. Spoke about the shop for the whole hour.

28.1. cancelled, the car broke down.

4.2. (3)
Score = 12. Walks every morning now.

11.2. (4) The shop is sold. She laughed about it for the first time.

18.2. (5)
Score = 5. We will meet every other week from now on.
"""

DIARY = """Sunday 1 June. The pump arrived. Nobody knows how to fit it.

Tuesday 3. Fitted the pump with Osric. It hums.

Fri 6. The pump leaks. Called the shop twice, and nobody answered.

Monday 9. A new seal came in the post. Fitted it at once.

Thursday 12. No leak since Monday. The garden is green again.
"""

STATEMENT = "".join(f"{day:02d}/03 Card payment, Corner Shop {day}.20\n" for day in range(1, 21))


def test_each_entry_is_told_after_its_date_the_last_one_too() -> None:
    summary = summary_of("/notes/quill.txt", SESSIONS)
    assert summary.kind is SummaryKind.JOURNAL
    told = points(summary, "Entries")
    assert [point.partition(": ")[0] for point in told] == [
        *("14.1.25 (first)", "21.1. (2)", "28.1.", "4.2. (3)", "11.2. (4)", "18.2. (5)")
    ]
    assert "cancelled, the car broke down." in told[2]
    assert "Score = 5." in told[-1]


def test_of_many_entries_the_first_and_the_last_are_always_told() -> None:
    summary = summary_of("/notes/quill.txt", SESSIONS, length=Length.SHORT)
    told = points(summary, "Entries (4 of 6)")
    assert told[0].startswith("14.1.25 (first)")
    assert told[-1].startswith("18.2. (5)")


def test_a_diary_without_years_and_with_short_weekdays_is_read() -> None:
    told = points(summary_of("/notes/diary.txt", DIARY), "Entries")
    assert [point.partition(": ")[0] for point in told] == [
        *("Sunday 1 June", "Tuesday 3", "Fri 6", "Monday 9", "Thursday 12")
    ]


@pytest.mark.parametrize(
    "text",
    [
        STATEMENT,
        "On 3 May we met. It rained.\n\nOn 4 May we left. It was dry.\n\nOn 5 May we slept.\n",
        "The hall was built in 1901.\n\n3 May 1920: a fire. It took a year to rebuild it.\n\nIt is red.\n",
    ],
)
def test_a_statement_and_a_text_with_dates_in_it_are_no_journals(text: str) -> None:
    assert summary_of("/notes/a.txt", text).kind is not SummaryKind.JOURNAL
