"""Questions that ask for several things, and questions that only look so."""

import pytest

from assistant.answers.dividing import divided


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("What is the fee and when is it due?", ("What is the fee?", "when is it due?")),
        ("Who owns the boat? Where is it moored?", ("Who owns the boat?", "Where is it moored?")),
        (
            "What is the fee, who pays it and how is it paid?",
            ("What is the fee?", "who pays it?", "how is it paid?"),
        ),
        (
            "What is the fee of Heron and that of Otter?",
            ("What is the fee of Heron?", "What is the fee of Otter?"),
        ),
        (
            "How much was the fee in 2021 and in 2022?",
            ("How much was the fee in 2021?", "How much was the fee in 2022?"),
        ),
        (
            "What are the fee and the deposit of the skiff?",
            ("What are the fee of the skiff?", "What are the deposit of the skiff?"),
        ),
        (
            "Wie hoch ist die Gebühr und wann ist sie fällig?",
            ("Wie hoch ist die Gebühr?", "wann ist sie fällig?"),
        ),
        ("Quel est le loyer et quand faut-il le payer ?", ("Quel est le loyer?", "quand faut-il le payer?")),
        ("¿Cuánto es la cuota y cuándo se paga?", ("¿Cuánto es la cuota?", "cuándo se paga?")),
    ],
)
def test_a_question_for_several_things_is_divided(question: str, parts: tuple[str, ...]) -> None:
    assert divided(question, lambda _: False) == parts


@pytest.mark.parametrize(
    "question",
    [
        "What is the fee?",
        "When the pump fails, who is called?",
        "Who and when signed?",
        "Who decided what and when?",
        "Explain how and why it failed",
        "What is the border of France and Germany?",
        "How do I know when the pump stops and what to do?",
        "What is the office of Smith and Sons?",
        "What is the smell of paint and varnish in the hall?",
        "fee and deposit",
        "",
    ],
)
def test_a_question_for_one_thing_is_not(question: str) -> None:
    assert divided(question, lambda _: False) == (question,)


def test_two_words_that_stand_together_in_a_document_are_one_thing() -> None:
    question = "What are the terms and the conditions of the sale?"
    assert divided(question, lambda phrase: phrase == "the terms and the conditions") == (question,)
