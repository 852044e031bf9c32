"""Examples to train on: the answer is where the example says, and a near-miss has no answer any more."""

import random
from pathlib import Path

import pytest

from training.nearmisses import NearMisses
from training.notes import note_example
from training.papers import Papers, papers
from training.records import record_example
from training.rows import (
    LABELS,
    Example,
    careless,
    claim_example,
    question_example,
    rank_examples,
    tidy,
    window,
    yes_no_examples,
)

PASSAGE = (
    "The club was founded in 1911. Its first chair was Clara Voss, who came from Bergen. "
    "In 1924 the members built a boathouse on the lake for 5,200 crowns. "
    "The boathouse burned down in 1950 and was built again by Theo Marsh. "
    "Today the club has 85 members and four boats."
)
ROW = {
    "question": "Who built the boathouse again after 1950 ?",
    "passage": PASSAGE,
    "title": "Rowing_club",
    "answers": [{"text": "Theo Marsh", "start": PASSAGE.index("Theo")}],
    "answerable": True,
    "source": "made for this test",
}


def span_text(example: Example) -> str:
    """The words that the example takes for the answer."""
    assert example.span is not None
    return example.passage[slice(*example.span)]


@pytest.mark.parametrize("seed", range(40))
def test_an_answerable_question_is_shown_with_its_answer_or_as_unanswerable_without_it(seed: int) -> None:
    example = question_example(ROW, random.Random(seed))
    assert example.passage in PASSAGE or not example.label
    assert span_text(example) == "Theo Marsh" if example.label else "Theo Marsh" not in example.passage


@pytest.mark.parametrize("seed", range(40))
def test_a_window_is_whole_sentences_around_its_place(seed: int) -> None:
    place = (PASSAGE.index("Clara"), PASSAGE.index("Clara") + 5)
    start, end = window(PASSAGE, place, random.Random(seed))
    assert start <= place[0] and place[1] <= end
    assert PASSAGE[start].isupper() and PASSAGE[end - 1] == "."


@pytest.mark.parametrize("seed", range(200))
def test_a_record_that_answers_holds_the_answer_and_one_that_does_not_lacks_its_subject_or_fact(
    seed: int,
) -> None:
    example = record_example(random.Random(seed))
    assert bool(example.label) == (example.span is not None)
    assert example.span is None or span_text(example).strip()


def test_in_a_table_of_several_entries_the_answer_stands_in_the_row_that_is_asked_for() -> None:
    tables = 0
    for seed in range(200):
        example = note_example(random.Random(seed))
        assert bool(example.label) == (example.span is not None)
        if example.span and " | " in example.passage:
            first, last = example.span
            row = example.passage[example.passage.rfind("\n", 0, first) + 1 : last]
            assert row.split(" | ")[0].casefold().removeprefix("the ") in example.text.casefold()
            tables += 1
    assert tables > 20


def test_careless_questions_keep_their_rare_words() -> None:
    question = "Who built the boathouse again after the fire of 1950?"
    ways = {careless(question, random.Random(seed)) for seed in range(100)}
    assert question in ways and "built boathouse again after fire 1950" in ways
    assert all("fire" in way and "1950" in way for way in ways)


def test_a_yes_no_question_is_answered_by_its_own_passage_only() -> None:
    row = {"hypothesis": "Did the boathouse burn down? Yes.", "premise": PASSAGE}
    other = {"hypothesis": "Is rye a grass? Yes.", "premise": "Rye is a grass that is grown as a grain."}
    own, others = yes_no_examples(row, other, random.Random(1))
    assert (own.label, others.label) == (1, 0)
    assert own.text == others.text and "boathouse burn down" in own.text
    assert "burned" in own.passage and "grass" in others.passage


@pytest.mark.parametrize("seed", range(40))
def test_a_near_miss_names_what_its_passage_does_not(seed: int) -> None:
    misses = NearMisses(["What did old Quentin Farrow do in Lisbon?", "Did young Rosa Okafor row?"])
    example = question_example(ROW, random.Random(1))
    changed = misses.question(example, random.Random(seed))
    assert changed is not None and not changed.label and changed.span is None
    assert changed.text != example.text and changed.passage == example.passage


@pytest.mark.parametrize("seed", range(40))
def test_a_made_claim_is_supported_only_as_it_stands(seed: int) -> None:
    other = {**ROW, "passage": "Bread is baked from rye. The oven must be hot.", "title": "Bread"}
    claim = NearMisses(["What did old Quentin Farrow do?"]).claim([ROW, other], random.Random(seed))
    label, is_there = LABELS[claim.label], claim.text.rstrip(".") in claim.passage
    assert is_there == (label == "supported")


def test_claims_and_rankings_keep_their_labels() -> None:
    claim = {"premise": PASSAGE, "hypothesis": "The club has 85 members.", "label": "supported"}
    assert LABELS[claim_example(claim, random.Random(0)).label] == "supported"
    ranking = {"query": "boathouse", "positives": [PASSAGE], "negatives": ["Bread is baked from rye."]}
    assert [example.label for example in rank_examples(ranking, random.Random(0))] == [1, 0]


def test_traces_of_tokenising_tell_nothing() -> None:
    assert tidy("``Who 's  that ?''") == "Who's that?"


PAPER = """=== letter | en
title: Roof of Mill Lane 4
people: Clara Voss; Voss
places: Mill Lane 4
---
Dear Ms Voss,
the roof of Mill Lane 4 is mended from 3 May 2021 on. The works cost 12,480 EUR, which the owners bear.
You may use the attic again after the works.
---
? What do the works at Mill Lane 4 cost? | 12,480 EUR
+ Does Clara Voss get the attic back?
- Who mends the roof?
- What does Voss pay?
= The owners pay for the roof.
! The tenants pay for the roof.
~ The roof leaked.
"""


def test_the_answer_to_a_question_about_a_paper_is_where_its_example_says(tmp_path: Path) -> None:
    tmp_path.joinpath("letters.txt").write_text(PAPER)
    drawn = [Papers(tmp_path).question(random.Random(seed)) for seed in range(300)]
    answered = [example for example in drawn if example.span]
    assert all(example.label and span_text(example).endswith(" EUR") for example in answered)
    assert len({span_text(example) for example in answered}) > 10
    assert {"12,480 EUR"} < {span_text(example) for example in answered}
    assert all(
        not example.label for example in drawn if "mends" in example.text or "does Voss" in example.text
    )


def test_the_text_of_its_own_family_is_not_taken_for_one_without_an_answer(tmp_path: Path) -> None:
    first = PAPER.replace("---", "family: roofs 1\n---", 1)
    second = first.replace("title: Roof of Mill Lane 4", "title: Roof of Ferry Row 9").replace(
        "3 May", "8 June"
    )
    bakery = PAPER.replace("roof", "oven").replace("Roof", "Oven").replace("works", "repairs")
    tmp_path.joinpath("letters.txt").write_text(first + second + bakery)
    family = Papers(tmp_path)
    for seed in range(300):
        example = family.question(random.Random(seed))
        if "What do the works at Mill Lane 4 cost" in example.text and "12,480" in example.passage:
            assert example.label or "oven" in example.passage


def test_names_of_a_paper_are_exchanged_everywhere_or_nowhere(tmp_path: Path) -> None:
    tmp_path.joinpath("letters.txt").write_text(PAPER)
    for seed in range(200):
        example = Papers(tmp_path).question(random.Random(seed))
        if example.label and "Clara Voss" in example.text:
            assert "Ms Voss" in example.passage
        assert ("Mill Lane 4" in example.passage) or ("Mill Lane 4" not in example.context)


def test_claims_about_a_paper_keep_their_labels(tmp_path: Path) -> None:
    tmp_path.joinpath("letters.txt").write_text(PAPER)
    drawn = [Papers(tmp_path).claim(random.Random(seed)) for seed in range(30)]
    labels = {example.text: LABELS[example.label] for example in drawn}
    assert labels == {
        "The owners pay for the roof.": "supported",
        "The tenants pay for the roof.": "contradicted",
        "The roof leaked.": "unaddressed",
    }


def test_a_paper_whose_answer_is_not_in_its_text_is_refused() -> None:
    with pytest.raises(ValueError, match="12,490 EUR"):
        papers(PAPER.replace("| 12,480", "| 12,490"))


def test_every_paper_can_be_read_and_some_are_held_out() -> None:
    for held_out in (False, True):
        found = Papers(held_out=held_out)
        assert all(paper.questions and paper.claims for paper in found.papers)
        assert found.papers and found.as_written()
