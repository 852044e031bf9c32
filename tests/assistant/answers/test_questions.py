"""Follow-up questions, and questions that several documents may answer."""

import pytest

from assistant.answers.questions import expects_several_documents, is_follow_up, resolve_follow_up


@pytest.mark.parametrize(
    "question",
    [
        "And the year before?",
        "What about the deposit?",
        "Why?",
        "When does it end?",
        "Who signed them?",
        "When was that?",
        "What did we eat there?",
        "And who paid?",
        "Und davor?",
        "Was steht dazu im Vertrag?",
        "?",
    ],
)
def test_a_question_that_needs_context_is_a_follow_up(question: str) -> None:
    assert is_follow_up(question)


@pytest.mark.parametrize(
    "question",
    [
        "When does my lease end?",
        "Is there a garage?",
        "Is that garage heated?",
        "How much is the rent that is due in May?",
        "Which hotel is booked for Lisbon?",
        "Wann endet der Mietvertrag?",
    ],
)
def test_a_question_that_names_its_subject_is_not_a_follow_up(question: str) -> None:
    assert not is_follow_up(question)


def test_a_follow_up_is_joined_with_the_last_question_that_is_not_one() -> None:
    earlier = ["Where is the hotel?", "What was the rent in 2024?", "And in 2023?"]
    assert (
        resolve_follow_up("And the year before?", earlier)
        == "What was the rent in 2024? And the year before?"
    )
    assert resolve_follow_up("When does the lease end?", earlier) == "When does the lease end?"
    assert resolve_follow_up("And then?", []) == "And then?"
    assert resolve_follow_up("", earlier) == "What was the rent in 2024?", "a question of filters alone"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which invoices are open?", True),
        ("How many meetings did we hold?", True),
        ("List all clinics.", True),
        ("Wie viele Rechnungen sind offen?", True),
        ("When does my lease end?", False),
        ("Which hotel is booked?", False),
    ],
)
def test_a_question_for_several_documents_is_recognized(question: str, expected: bool) -> None:
    assert expects_several_documents(question) is expected
