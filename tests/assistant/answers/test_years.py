"""The year of a question, and sentences about another one."""

import pytest

from assistant.answers.quoting import best_sentences
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from assistant.answers.years import asked_years, is_of_another_year
from ingest.embedding import HashingEmbedder
from tests.passages import passage


@pytest.mark.parametrize(
    ("question", "years"),
    [
        ("How much was the premium in 2019?", {2019}),
        ("mooring fee 2021/22", {2021, 2022}),
        ("Wie hoch war die Umlage 2020?", {2020}),
        ("What did the club of 1998 and that of 2003 pay?", {1998, 2003}),
        ("When was the contract of 2019 signed?", set()),
        ("Until when does the policy of 2019 run?", set()),
        ("What has changed since 2019?", set()),
        ("¿Qué cambió después de 2019?", set()),
        ("How much is 2,019 euros in pounds?", set()),
        ("What does invoice 20194 say?", set()),
    ],
)
def test_the_years_that_a_question_is_about(question: str, years: set[int]) -> None:
    assert asked_years(question) == years


@pytest.mark.parametrize(
    ("text", "context", "another"),
    [
        ("From 1 March 2023 the fee is 90 euros.", "Letter", True),
        ("The fee is 80 euros.", "Letter", False),
        ("In 2019 the fee was 80 euros, in 2023 it is 90.", "Letter", False),
        ("From 2017 to 2021 the fee was 80 euros.", "Letter", False),
        ("From 1 March 2023 the fee is 90 euros.", "Minutes of 2019", False),
        ("Paid on 2023-03-01: 90 euros", "ledger.csv", True),
        ("Paid on 1.3.2023: 90 euros", "ledger.csv", True),
    ],
)
def test_a_sentence_is_of_another_year_if_it_names_only_others(
    text: str, context: str, another: bool
) -> None:
    assert is_of_another_year(frozenset({2019}), text, context) is another


def test_the_sentence_of_the_year_that_was_asked_for_is_quoted() -> None:
    fees = passage("From 2023 the mooring fee is 90 euros. The mooring fee is 80 euros for a boat.")
    question = QueryFeatures.of(
        "mooring fee in 2019", dict.fromkeys(("mooring", "fee", "2019"), 1.0), HashingEmbedder()
    )
    best = best_sentences(question, SentenceIndex([fees], HashingEmbedder()), 1, one_thing=True)
    assert [sentence.text for sentence in best] == ["The mooring fee is 80 euros for a boat."]
