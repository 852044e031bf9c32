"""The measures of `carrel eval`, against values worked out by hand."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.dialogue import Answer, Citation, Receipt, Sentence, Verdict
from assistant.errors import AssistantError
from assistant.evaluating import (
    EvaluationQuestion,
    Outcome,
    auroc,
    figures,
    holds,
    is_right,
    normalized,
    read,
)
from ingest.documents import Locator
from ingest.selection import Selection
from tests.passages import PASSAGES

RENT = EvaluationQuestion("What is the rent?", ("870 euros", "€870"), "lease.md", frozenset(), (12, 12), True)


def answered(
    text: str, verdict: Verdict = Verdict.BACKED, *, abstained: bool = False, sure: float = 0.9
) -> Answer:
    place = PASSAGES[0].locator
    return Answer(
        question=RENT.question,
        query=RENT.question,
        text=f"{text} [1]",
        abstained=abstained,
        confidence=sure,
        sentences=(Sentence(text, verdict, "", 1),),
        citations=(Citation(1, "The monthly rent is 870 euros", place, "lease.md"),),
        passages=tuple(PASSAGES),
        left_out=0,
        coverage=None,
        receipt=Receipt("", (), "", 0, 0.0),
        stats=None,
    )


def outcome(rank: int | None, answer: Answer | None = None, question: EvaluationQuestion = RENT) -> Outcome:
    return Outcome(question, rank, 10.0, answer, 1.0)


def test_ranks_become_recall_reciprocal_ranks_and_gains() -> None:
    measured = figures([outcome(1), outcome(3), outcome(7), outcome(None)])
    assert measured["recall@1"] == 0.25
    assert measured["recall@5"] == 0.5
    assert measured["recall@10"] == 0.75
    assert measured["MRR"] == pytest.approx((1 + 1 / 3 + 1 / 7) / 4)
    assert measured["nDCG@10"] == pytest.approx((1 + 1 / 2 + 1 / 3) / 4)
    assert "F1" not in measured


def test_replies_are_right_when_an_answer_stands_in_them() -> None:
    assert holds(answered("The rent is 870 euros."), RENT)
    assert holds(answered("It costs €870, monthly."), replace(RENT, answers=("870",)))
    assert not holds(answered("The rent is 8700 euros."), RENT)
    assert not holds(answered("870 euros", abstained=True), RENT)
    assert holds(answered("租金是八百七十欧元。"), replace(RENT, answers=("八百七十",)))


def test_the_figures_of_answers() -> None:
    other = EvaluationQuestion("Who?", ("Ada",), "", frozenset(), None, True)
    nobody = EvaluationQuestion("What if?", (), "", frozenset(), None, False)
    measured = figures(
        [
            outcome(1, answered("870 euros")),
            outcome(1, answered("The rent is 870 euros.", Verdict.WEAK)),
            outcome(None, answered("Grace", sure=0.6), other),
            outcome(None, answered("nothing", abstained=True, sure=0.2), nobody),
            outcome(None, answered("something", sure=0.7), nobody),
        ]
    )
    assert measured["answer stands in the reply"] == pytest.approx(2 / 3)
    assert measured["exact match"] == pytest.approx(1 / 3)
    # Two of four words are right: precision 1/2, recall 1.
    assert measured["F1"] == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert measured["citation precision, of right replies"] == 1.0
    assert measured["right, every sentence backed"] == 0.5
    assert measured["right, not every sentence backed"] == 1.0
    assert measured["sentences backed"] == 0.8
    assert measured["answerable questions refused"] == 0.0
    assert measured["abstention recall"] == 0.5
    assert measured["abstention precision"] == 1.0
    # 0.9, 0.9 and 0.6 against 0.2 and 0.7: five of six pairs the right way round.
    assert measured["abstention AUROC"] == pytest.approx(5 / 6)


def test_the_area_under_the_curve_counts_ties_half() -> None:
    assert auroc([0.5, 0.9], [0.5, 0.1]) == pytest.approx(3.5 / 4)


def test_text_is_compared_as_for_squad() -> None:
    assert normalized("The  “Sparkasse”, a bank!") == "sparkasse bank"


@pytest.mark.parametrize(
    ("place", "right"),
    [
        (Locator("/x/lease.md", None, None, (), (10, 14), (0, 9)), True),
        (Locator("/x/lease.md", None, None, (), (13, 14), (0, 9)), False),
        (Locator("/x/release.md", None, None, (), (12, 12), (0, 9)), False),
    ],
)
def test_a_passage_is_right_over_the_lines_of_its_document(place: Locator, right: bool) -> None:
    assert is_right(RENT, place) is right


def test_a_passage_is_right_on_its_page() -> None:
    question = replace(RENT, file="home/lease.pdf", pages=frozenset({3}), lines=None)
    assert is_right(question, Locator("/x/home/lease.pdf", 3, None, (), None, (0, 9)))
    assert not is_right(question, Locator("/x/home/lease.pdf", 2, None, (), None, (0, 9)))


def test_questions_are_read_and_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    lines = [
        {"question": "Rent?", "answers": ["870"], "file": "lease.pdf", "page": 2},
        {"question": "End?", "answers": ["2027"], "file": "lease.pdf", "pages": [1, 4], "lines": [3, 5]},
        {"question": "Moon?", "answerable": False},
    ]
    file.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    one, other, third = read(file)
    assert (one.pages, one.lines, one.answerable) == (frozenset({2}), None, True)
    assert (other.pages, other.lines) == (frozenset({1, 4}), (3, 5))
    assert not third.answerable
    file.write_text('{"question": "Rent? in:home"}')
    (filtered,) = read(file)
    assert (filtered.question, filtered.selection) == ("Rent?", Selection(folders=("home",)))
    file.write_text('{"question": "Rent? in:home"}\n{"question": "Rent? before:now"}')
    with pytest.raises(AssistantError, match="Line 2 of"):
        read(file)
    file.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    file.write_text(file.read_text() + '{"answers": []}\n')
    with pytest.raises(AssistantError, match="Line 5 of"):
        read(file)
    with pytest.raises(AssistantError, match="cannot be read"):
        read(tmp_path / "none.jsonl")
