"""Follow-up questions, and questions that several documents may answer."""

from dataclasses import replace

import pytest

from assistant.answers.questions import asks_yes_or_no, expects_several_documents, is_follow_up, understand
from assistant.dialogue import Answer, Citation, Receipt, State
from ingest.documents import Locator

ANSWER = Answer("", "", "", State.ANSWERED, 1.0, (), Receipt("", (), "", 0, 0.0))
"""An answer without a question."""


@pytest.mark.parametrize(
    "question",
    [
        "And the year before?",
        "In winter?",
        "For the other flat?",
        "Since when?",
        "And how much is the deposit?",
        "Et pourquoi ?",
        "¿Y por qué?",
        "Quand finit-il ?",
        "Which floor?",
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
        "Is it allowed to keep dogs in the flat?",
        "Which hotel is booked and what is its address?",
        "But when does the trip to Lisbon start?",
        "And who signed the contract of the boathouse?",
        "What is Ethereum?",
        "lease end date",
        "Quand le bail finit-il ?",
        "Y a-t-il une cave ?",
        "Gibt es einen Keller?",
        "Is that garage heated?",
        "How much is the rent that is due in May?",
        "Which hotel is booked for Lisbon?",
        "Wann endet der Mietvertrag?",
    ],
)
def test_a_question_that_names_its_subject_is_not_a_follow_up(question: str) -> None:
    assert not is_follow_up(question)


def asked(question: str, text: str = "It says so. [1]", path: str = "/notes/lease.md") -> Answer:
    """The answer to `question`, which cites a document."""
    citation = Citation(1, "It says so.", Locator(path, None, None, (), None, (0, 11)), "Lease")
    return replace(ANSWER, question=question, text=text, citations=(citation,) if path else ())


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (["When does the lease end?"], "Who signed it?", "When does the lease end? Who signed it?"),
        (["When does the lease end?"], "And in winter?", "When does the lease end? And in winter?"),
        (
            ["Where is the hotel?", "What was the rent in 2024?"],
            "What about 2023?",
            "What was the rent? What about 2023?",
        ),
        (
            ["What was the rent in 2024?", "And in 2023?"],
            "And the year before?",
            "What was the rent? And in 2022? And the year before?",
        ),
        (
            ["How much is the rent of flat 3?"],
            "And for flat 4?",
            "How much is the rent of flat? And for flat 4?",
        ),
        (["Which hotel is booked in Lisbon?"], "And in Porto?", "Which hotel is booked? And in Porto?"),
        (
            ["When does the lease end?", "Who signed it?"],
            "And when?",
            "When does the lease end? Who signed it? And when?",
        ),
        (
            ["Wie hoch ist die Miete im Jahr 2024?"],
            "Und im Vorjahr?",
            "Wie hoch ist die Miete im Jahr 2023? Und im Vorjahr?",
        ),
        (["Quel est le loyer ?"], "Et pour la cave ?", "Quel est le loyer ? Et pour la cave ?"),
        (["¿Cuánto cuesta el alquiler?"], "¿Y en invierno?", "¿Cuánto cuesta el alquiler? ¿Y en invierno?"),
        (["What was the rent in 2024?"], "", "What was the rent in 2024?"),
        (["What was the rent in 2024?"], "When does the trip start?", "When does the trip start?"),
        ([], "And then?", "And then?"),
    ],
)
def test_a_follow_up_is_joined_with_what_it_depends_on(
    earlier: list[str], question: str, expected: str
) -> None:
    assert understand(question, [asked(text) for text in earlier]).text == expected


def test_a_pronoun_takes_the_name_from_the_last_answer() -> None:
    earlier = [asked("Who is the landlord?", "The landlord is Petra Lang. [1]")]
    assert understand("What is her telephone number?", earlier).text.endswith("number? Petra Lang")


def test_a_follow_up_prefers_the_documents_of_the_last_answer() -> None:
    earlier = [asked("When does the lease end?"), asked("Is there a cellar?", path="")]
    assert understand("Who signed it?", earlier).preferred == {"/notes/lease.md"}
    dependent, continuing = (
        understand("Who signed it?", earlier),
        understand("How much is the deposit?", earlier),
    )
    assert dependent.boost > continuing.boost > 0
    assert continuing.text == "How much is the deposit?"


@pytest.mark.parametrize(
    "question",
    ["Which hotel is booked for Lisbon?", "And for the other flat?", "What was the profit in 2021?"],
)
def test_a_question_about_something_else_prefers_nothing(question: str) -> None:
    assert understand(question, [asked("When does the lease end?")]).boost == 0


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Is there a garage?", True),
        ("And may I keep dogs?", True),
        ("Darf ich einen Hund halten?", True),
        ("Warum ist die Miete hoch?", False),
        ("Was bekam das Tierheim im letzten Jahr?", False),
        ("Was the roof repaired?", True),
        ("Peut-on fumer ?", True),
        ("¿Hay una terraza?", True),
        ("When does it end?", False),
        ("Which dogs are allowed?", False),
    ],
)
def test_a_question_of_yes_or_no_is_recognized(question: str, expected: bool) -> None:
    assert asks_yes_or_no(question) is expected


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


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Le vol est-il couvert ?", True),
        ("Quand le bail finit-il ?", False),
        ("Is diving allowed?", True),
        ("Why is diving forbidden?", False),
    ],
)
def test_an_inverted_verb_asks_for_yes_or_no_without_a_question_word(question: str, asks: bool) -> None:
    assert asks_yes_or_no(question) is asks
