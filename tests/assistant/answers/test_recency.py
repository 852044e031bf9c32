"""The latest of several dated statements."""

from dataclasses import replace

import pytest

from assistant.answers.recency import asked_latest, latest_statement
from assistant.dialogue import Passage
from tests.passages import passage

DIARY = """\
3.11.26 (1) Peak flow 310. Coughs at night.

24.11. (2) New inhaler.
Peak flow 355 after the walk.
12.1. (3) Peak flow = 390, no cough.
Asked about the peak flow meter.
"""


def of(text: str, path: str = "/notes/asthma.txt") -> Passage:
    found = passage(text)
    return replace(found, locator=replace(found.locator, path=path, chars=(0, len(text)), page=None))


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("What is Olga's latest peak flow?", {"peak", "flow"}),
        ("What is the current PHQ-9 of Olga?", {"phq-9"}),
        ("Wie hoch ist der letzte Messwert?", {"messwert"}),
        ("Quel est le dernier relevé ?", {"releve"}),
        ("¿Cuál es la última lectura?", {"lectura"}),
        ("What is the last name of Olga?", set()),
        ("How long does the battery last?", set()),
        ("What was paid last year?", set()),
    ],
)
def test_the_thing_of_which_the_latest_is_asked_for_is_found(question: str, thing: set[str]) -> None:
    assert asked_latest(question) == thing


def test_the_latest_statement_is_that_of_the_last_date_also_over_a_new_year() -> None:
    part, is_sure = latest_statement(
        frozenset(("peak", "flow")), [of("Peak flow 310.")], [of(DIARY)], {("/notes/asthma.txt", 1): DIARY}
    )
    assert part is not None
    assert part.text == "12.1. (3) Peak flow = 390, no cough."
    assert DIARY[slice(*part.locator.chars)] == part.text
    assert is_sure


def test_the_latest_statement_is_not_sure_beside_one_without_a_date_or_in_another_document() -> None:
    letter = "Her peak flow has gone from 310 to 355."
    pages = {("/notes/asthma.txt", 1): DIARY, ("/notes/letter.txt", 1): letter}
    passages = [of(letter, "/notes/letter.txt"), of(DIARY)]
    part, is_sure = latest_statement(frozenset(("peak", "flow")), [of("Peak flow 310.")], passages, pages)
    assert part is not None
    assert "390" in part.text
    assert not is_sure


def test_a_single_statement_or_one_without_dates_is_left_as_it_is() -> None:
    for text in ("1.2.26 Peak flow 310.", "Peak flow 310. The peak flow 355 is better."):
        pages = {("/notes/asthma.txt", 1): text}
        assert latest_statement(frozenset(("peak", "flow")), [], [of(text)], pages) == (None, True)
