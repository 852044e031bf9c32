"""Sentences about another of several numbered things than the question means."""

import pytest

from assistant.answers.numbering import is_of_another_number


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How much is the ground rent of berth 7B?", "Berth 7C pays £310 a year."),
        ("Who has moved out of 31a?", "The Ostrowskis have moved out of 31B."),
        ("What happens after the third reminder?", "After a first unpaid reminder, a letter is sent."),
        ("What is read in the second lesson?", "The first lesson is from Isaiah."),
        ("Was geschieht nach der dritten Mahnung?", "Nach der ersten Mahnung geschieht nichts."),
    ],
)
def test_a_sentence_about_another_flat_or_reminder_is_recognized(question: str, text: str) -> None:
    assert is_of_another_number(question, text, "")


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How much is the ground rent of berth 7B?", "The rent of 7B is £310, and that of 7C £290."),
        ("How much is the ground rent of berth 7B?", "The ground rent is £310."),
        ("How much is the ground rent?", "Berth 7C pays £310 a year."),
        ("What happens after the third reminder?", "After a third within a year, the berth is lost."),
        ("What happens after the third reminder?", "The first Monday of May is a holiday."),
        ("When was the first regatta?", "It took place on 2 June 1904."),
        ("When do I pay?", "The first instalment is due in May."),
    ],
)
def test_a_sentence_that_may_be_about_the_one_that_is_meant_is_kept(question: str, text: str) -> None:
    assert not is_of_another_number(question, text, "")


def test_the_number_that_is_asked_for_may_stand_in_the_title() -> None:
    text = "It replaces the agreement for 7C."
    assert not is_of_another_number("How long is the agreement for 7B?", text, "Agreement for berth 7B")
    assert is_of_another_number("How long is the agreement for 7B?", text, "Agreement")


def test_a_document_about_the_second_floor_says_nothing_about_the_third() -> None:
    question, text = "What is the rent for the third floor?", "The rent is £890 a month."
    assert is_of_another_number(question, text, "Lease of the flat at 14 Quay Street, second floor")
    assert not is_of_another_number(question, text, "Lease of the third floor")
    assert not is_of_another_number(question, text, "Second lease, of the flat at Quay Street")
