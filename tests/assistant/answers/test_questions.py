"""Follow-up questions, and questions that several documents may answer."""

from dataclasses import replace

import pytest

from assistant.answers.questions import (
    asks_yes_or_no,
    expects_several_documents,
    is_follow_up,
    names_within,
    understand,
)
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
        "When did Olga Fenn have her first lesson?",
        "Wann hatte Olga Fenn ihre erste Stunde?",
        "What did the vestry say that the organ needs?",
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
            "What was the rent in 2023?",
        ),
        (
            ["What was the rent in 2024?", "And in 2023?"],
            "And the year before?",
            "What was the rent in 2022?",
        ),
        (
            ["How much is the rent of flat 3?"],
            "And for flat 4?",
            "How much is the rent of flat 4?",
        ),
        (["What did we spend in March 2025?"], "And in April?", "What did we spend in April 2025?"),
        (["Was kostete der Kurs im März?"], "Und im Mai?", "Was kostete der Kurs im Mai?"),
        (["What changed from 2023 to 2024?"], "And in 2022?", "What changed from to? And in 2022?"),
        (["Which hotel is booked in Lisbon?"], "And in Porto?", "Which hotel is booked in Porto?"),
        (
            ["When does the lease end?", "Who signed it?"],
            "And when?",
            "When does the lease end? Who signed it? And when?",
        ),
        (
            ["Who mended the organ?"],
            "How much did that cost?",
            "Who mended the organ? How much did that cost?",
        ),
        (["Who mended the organ?"], "When was that done?", "Who mended the organ? When was that done?"),
        (
            ["Qui a réparé l'orgue ?"],
            "Combien a coûté cela ?",
            "Qui a réparé l'orgue ? Combien a coûté cela ?",
        ),
        (
            ["Wie hoch ist die Miete im Jahr 2024?"],
            "Und im Vorjahr?",
            "Wie hoch ist die Miete im Jahr 2023?",
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


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (["How much is the fee for stall 7?"], "and the deposit?", "How much is the deposit for stall 7?"),
        (
            ["How much is the fee for stall 7?", "And from March 2027?"],
            "and the deposit?",
            "How much is the deposit for stall 7?",
        ),
        (
            ["How much is the fee for stall 7?", "and the deposit?"],
            "When is it due?",
            "How much is the deposit for stall 7? When is it due?",
        ),
        (
            ["How much is the fee of stall 7?"],
            "And how much is the deposit?",
            "how much is the deposit of stall 7?",
        ),
        (["What is the fee of stall 7?"], "And the deposit of stall 9?", "What is the deposit of stall 9?"),
        (["How much rent do I pay for the barn?"], "And the water?", "How much water do I pay for the barn?"),
        (["When does the summer course end?"], "What about the workshop?", "When does the workshop end?"),
        (
            ["When does the choir of St Anne rehearse?"],
            "And the band?",
            "When does the band of St Anne rehearse?",
        ),
        (["What colour is the door?"], "And the window?", "What colour is the window?"),
        (
            ["Wie hoch ist die Miete für Stand 7?"],
            "Und die Kaution?",
            "Wie hoch ist die Kaution für Stand 7?",
        ),
        (["Quel est le loyer du garage ?"], "Et la caution ?", "Quel est la caution du garage ?"),
        (["¿Cuánto cuesta el billete a Soria?"], "¿Y la maleta?", "¿Cuánto cuesta la maleta a Soria?"),
        (
            ["When did Olga Fenn have her first lesson?"],
            "and the last one?",
            "When did Olga Fenn have her last lesson?",
        ),
        (["Wann war die erste Probe?"], "Und die letzte?", "Wann war die letzte Probe?"),
        (
            ["Quand a eu lieu la première séance ?"],
            "Et la dernière ?",
            "Quand a eu lieu la dernière séance ?",
        ),
        (
            ["When did Olga Fenn have her first lesson?", "and the last one?"],
            "What about Piet?",
            "When did Piet have her last lesson?",
        ),
        (["Wann hatte Olga Fenn ihre erste Stunde?"], "Und Piet?", "Wann hatte Piet ihre erste Stunde?"),
        (["What is Olga's weight?"], "And Piet's?", "What is Piet's weight?"),
        (["What did Olga pay in March?"], "What about April?", "What did Olga pay in April?"),
        (
            ["How much is the fee for the berth at 9 Tern Quay?"],
            "and for the Gull Pier mooring?",
            "How much is the fee for the Gull Pier mooring?",
        ),
        (
            ["What was Aldham's net income in 2022?", "and the year before?"],
            "what about the cash flow?",
            "What was Aldham's cash flow in 2021?",
        ),
        (["What was Mr Ruud's pulse on Monday?"], "and Ms Ruud?", "What was Ms Ruud's pulse on Monday?"),
        (["When was Ms Orme promoted?"], "why?", "why was Ms Orme promoted?"),
        (["When was Ms Orme promoted?"], "and why was that?", "why was Ms Orme promoted?"),
        (
            ["What did the committee decide about the weir?"],
            "when?",
            "when did the committee decide about the weir?",
        ),
        (
            ["Why did the bakery raise its prices?", "from when?"],
            "by how much?",
            "by how much did the bakery raise its prices?",
        ),
        (["At what heat do I roast the beets?"], "for how long?", "for how long do I roast the beets?"),
        (["Did Olga Fenn move to Aarhus?"], "When?", "When did Olga Fenn move to Aarhus?"),
        (["Wann wurde Frau Orme befördert?"], "Warum?", "Warum wurde Frau Orme befördert?"),
        (["Where did we sleep in Oporto?"], "and in Aarhus?", "Where did we sleep in Aarhus?"),
        (["What was the WEMWBS-7 of Olga?"], "And the GAD-2?", "What was the GAD-2 of Olga?"),
    ],
)
def test_a_follow_up_takes_the_place_of_what_it_contrasts_with(
    earlier: list[str], question: str, expected: str
) -> None:
    understood = understand(question, [asked(text) for text in earlier])
    assert understood.text == expected


@pytest.mark.parametrize(
    ("earlier", "question"),
    [
        ("Did Olga Fenn go to Aarhus?", "What about Odense?"),
        ("When is the old contract valid?", "And the lease?"),
        ("Who pays the fee for the stall?", "And why?"),
        ("How much is the rent of the flat?", "And the other flat?"),
        ("How much is the rent?", "What about the rent?"),
        ("Does the rent include the water?", "And the power?"),
        ("Was kostete der Kurs im März?", "Und wann?"),
        ("Who signed the lease?", "When?"),
        ("How much is the rent of the flat?", "Since when?"),
    ],
)
def test_a_follow_up_replaces_nothing_where_it_is_not_clear_what(earlier: str, question: str) -> None:
    assert understand(question, [asked(earlier)]).text == f"{earlier} {question}"


def test_quotes_that_only_repeat_the_last_answer_to_a_follow_up_are_recognized() -> None:
    earlier = [asked("When did the first rehearsal begin?")]
    understood = understand("And how long did it last?", earlier)
    assert understood.repeats("And how long did it last?", ["It says so."])
    assert not understood.repeats("And how long did it last?", ["It lasted two hours."])
    assert not understand("When does the lease end?", earlier).repeats("When does it end?", ["It says so."])


def test_a_pronoun_takes_the_name_from_the_last_answer() -> None:
    earlier = [asked("Who is the landlord?", "The landlord is Petra Lang. [1]")]
    assert understand("What is her telephone number?", earlier).text.endswith("number? Petra Lang")


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (["How high is the fee of Ms Orme?"], "why was she dismissed?", "why was she dismissed? Ms Orme"),
        (
            ["What is Holt's hourly rate?", "and for Mr Ruud?"],
            "why was he fired?",
            "why was he fired? Mr Ruud",
        ),
        (["Did Ms Orme sign?"], "When did she lose it?", "Did Ms Orme sign? When did she lose it?"),
    ],
)
def test_a_question_about_a_person_takes_only_the_name(
    earlier: list[str], question: str, expected: str
) -> None:
    assert understand(question, [asked(text) for text in earlier]).text == expected


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


def test_names_within_a_question_have_capitals_unless_all_nouns_do() -> None:
    assert names_within("Who may ring for Ida Marsh?") == ["Ida", "Marsh"]
    assert names_within("Wer ist die Erbin von Ida?") == []
    assert names_within("") == []
