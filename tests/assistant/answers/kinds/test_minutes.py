"""Summaries of minutes."""

import pytest

from assistant.summary import SummaryKind
from tests.summarized import points, summary_of

MINUTES = """# Minutes of the allotment society

Present: Rosa Lind, Ifan Pryce, Odile Marchand
Apologies: Sam Okoro

## Water tank

The old tank leaks. Rosa proposed to buy the 2,000 litre tank from Bramley for 640 euros.
The meeting agreed, provided that the council pays half. Ifan will ask the council by 3 May.
Everybody liked the idea of a second tap.

## Bonfire

It was not decided who lights the fire; the question was postponed to the June meeting.

## Opening hours

The gate now opens at 7:00; it was moved from 8:00 to 7:00.

The next meeting is on 12 June at 19:30.
"""


def test_minutes_say_what_was_decided_on_which_condition() -> None:
    summary = summary_of("/notes/minutes.md", MINUTES)
    assert summary.kind is SummaryKind.MINUTES
    (decision,) = points(summary, "Decisions")
    assert "2,000 litre tank" in decision
    assert "provided that the council pays half" in decision


def test_a_task_has_its_owner_and_its_date() -> None:
    summary = summary_of("/notes/minutes.md", MINUTES)
    assert points(summary, "Tasks") == ["Ifan will ask the council by 3 May (Water tank)"]


def test_minutes_say_what_was_postponed_what_changed_and_when_the_next_meeting_is() -> None:
    summary = summary_of("/notes/minutes.md", MINUTES)
    assert "postponed to the June meeting" in " ".join(points(summary, "Postponed"))
    assert "from 8:00 to 7:00" in " ".join(points(summary, "Changed"))
    assert points(summary, "Next meeting") == ["The next meeting is on 12 June at 19:30."]


def test_what_was_only_said_is_no_point() -> None:
    assert "second tap" not in summary_of("/notes/minutes.md", MINUTES).text


@pytest.mark.parametrize(
    ("text", "decision", "task"),
    [
        (
            "# Protokoll der Mitgliederversammlung\n\nAnwesend: Ute Brandt, Jens Holm\n\n"
            "Die Versammlung beschloss, den Beitrag auf 60 Euro zu erhöhen. "
            "Jens Holm schickt die Rechnungen bis zum 1. März.\n",
            "60 Euro",
            "bis zum 1. März",
        ),
        (
            "# Compte rendu de la réunion\n\nPrésents : Luc Morel, Anne Petit\n\n"
            "L'assemblée a décidé de repeindre la salle pour 900 euros. "
            "Anne Petit contacte le peintre avant le 3 mai.\n",
            "900 euros",
            "avant le 3 mai",
        ),
        (
            "# Acta de la reunión\n\nAsistentes: Marta Gil, Pedro Sanz\n\n"
            "Se acordó comprar una bomba nueva por 300 euros. "
            "Pedro Sanz se encarga de pedirla antes del 4 de mayo.\n",
            "300 euros",
            "antes del 4 de mayo",
        ),
    ],
    ids=["German", "French", "Spanish"],
)
def test_minutes_in_other_languages(text: str, decision: str, task: str) -> None:
    summary = summary_of("/notes/m.md", text)
    assert decision in " ".join(points(summary, "Decisions"))
    assert task in " ".join(points(summary, "Tasks"))


def test_a_ticked_task_is_called_done() -> None:
    text = f"{MINUTES}\n## Action items\n\n- [x] Rosa: order gravel\n- [ ] Odile: mend the fence by 9 May\n"
    tasks = points(summary_of("/notes/minutes.md", text), "Tasks")
    assert "Rosa: order gravel (done)" in tasks
    assert "Odile: mend the fence by 9 May" in tasks


def test_a_carried_proposal_is_named_though_an_amendment_stands_between() -> None:
    text = (
        "# Annual general meeting\n\nPresent: 20 members.\n\n## Fees\n\n"
        "The committee recommended that the fee rise to 78 pounds. An amendment to limit it was lost, 12 "
        "votes to 28. "
        "The committee's recommendation was then carried by 29 votes to 11.\n"
    )
    decisions = points(summary_of("/notes/m.md", text), "Decisions")
    assert any("78 pounds" in point and "29 votes" in point for point in decisions)


def test_the_columns_of_a_table_say_what_was_decided_and_who_does_what_until_when() -> None:
    text = (
        "# Board meeting\n\nPresent: R. Lind, T. Moreau\n\n"
        "| Item | Discussion | Decision | Owner | Due |\n|---|---|---|---|---|\n"
        "| Budget | Revised | Approved at 412 euros | T. Moreau | 15 April |\n"
        "| Logo | Two drafts | Postponed to June | | |\n"
    )
    summary = summary_of("/notes/m.md", text)
    assert points(summary, "Decisions") == ["Budget: Approved at 412 euros (T. Moreau, 15 April)"]
    assert points(summary, "Postponed") == ["Logo: Postponed to June"]


def test_place_and_time_of_a_meeting_are_no_tasks() -> None:
    text = f"{MINUTES}\n- Location: video call\n- Date: 3 March\n"
    assert "video call" not in summary_of("/notes/minutes.md", text).text


def test_a_numbered_paragraph_with_a_subject_in_front_is_a_section() -> None:
    text = (
        "Minutes of the bowls club\n\nPresent: 43 members.\n\n"
        "1. Insurance. The premium is 890 euros. It was agreed to pay it.\n\n"
        "2. Officers. President: Ann Tolland. Secretary: Ida Prunty. All were elected unopposed.\n"
    )
    decisions = points(summary_of("/notes/m.txt", text), "Decisions")
    assert any(point.startswith("Insurance: ") for point in decisions)
    assert any("Ann Tolland" in point and "Ida Prunty" in point for point in decisions)
