"""The measures of `carrel eval`, compared with values calculated by hand."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.dialogue import Answer, Citation, Receipt, Sentence, State, Verdict
from assistant.errors import AssistantError
from assistant.evaluating import (
    EvaluationQuestion,
    Outcome,
    auroc,
    contains_any,
    figures,
    is_right_place,
    is_right_reply,
    normalized,
    read_questions,
)
from ingest.documents import Locator
from ingest.selection import Selection
from tests.passages import PASSAGES

RENT = EvaluationQuestion(
    "What is the rent?", ("870 euros", "€870"), "lease.md", frozenset(), (12, 12), answerable=True
)


def reply(
    text: str,
    verdict: Verdict = Verdict.BACKED,
    *,
    state: State = State.ANSWERED,
    confidence: float = 0.9,
) -> Answer:
    """A reply of one sentence, which cites the lease."""
    place = PASSAGES[0].locator
    return Answer(
        question=RENT.question,
        query=RENT.question,
        text=f"{text} [1]",
        state=state,
        confidence=confidence,
        sentences=(Sentence(text, verdict, "", 1),),
        citations=(Citation(1, "The monthly rent is 870 euros", place, "lease.md"),),
        passages=tuple(PASSAGES),
        receipt=Receipt("", (), "", 0, 0.0),
    )


def outcome(rank: int | None, answer: Answer | None = None, question: EvaluationQuestion = RENT) -> Outcome:
    """An outcome with fixed times."""
    return Outcome(question, rank, search_ms=10.0, answer=answer, answer_s=1.0)


def test_search_figures_follow_from_the_ranks_of_the_right_passages() -> None:
    measured = figures([outcome(1), outcome(3), outcome(7), outcome(None)])
    assert measured["recall@1"] == 0.25
    assert measured["recall@5"] == 0.5
    assert measured["recall@10"] == 0.75
    assert measured["MRR"] == pytest.approx((1 + 1 / 3 + 1 / 7) / 4)
    assert measured["nDCG@10"] == pytest.approx((1 + 1 / 2 + 1 / 3) / 4)
    assert "F1" not in measured


def test_a_reply_is_right_if_it_contains_an_answer_as_whole_words() -> None:
    assert is_right_reply(RENT, reply("The rent is 870 euros."))
    assert is_right_reply(replace(RENT, answers=("870",)), reply("It costs €870, monthly."))
    assert not is_right_reply(RENT, reply("The rent is 8700 euros."))


@pytest.mark.parametrize(
    ("text", "answer", "contained"),
    [
        ("It ends on May 12, 2025.", "12 May", True),
        ("It ends on May 12, 2025.", "12 May 2025", True),
        ("It ends on 2025-05-12.", "12 May 2025", True),
        ("It ends on 05/12/2025.", "12 May 2025", True),
        ("It ends on 12 May.", "12 May 2025", False),
        ("It ends on 13 May 2025.", "12 May 2025", False),
        ("May 12 people come?", "12 people", True),
    ],
)
def test_a_date_is_contained_in_any_notation(text: str, answer: str, contained: bool) -> None:
    assert contains_any(text, [answer]) is contained


def test_an_abstention_is_never_a_right_reply() -> None:
    assert not is_right_reply(RENT, reply("870 euros", state=State.NOT_FOUND))


def test_in_a_script_without_spaces_the_answer_can_be_anywhere() -> None:
    assert is_right_reply(replace(RENT, answers=("八百七十",)), reply("租金是八百七十欧元。"))


def test_answer_figures_are_calculated_from_replies_and_confidences() -> None:
    other = EvaluationQuestion("Who?", ("Ada",), "", frozenset(), None, answerable=True)
    unanswerable = EvaluationQuestion("What if?", (), "", frozenset(), None, answerable=False)
    measured = figures(
        [
            outcome(1, reply("870 euros")),
            outcome(1, reply("The rent is 870 euros.", Verdict.WEAK)),
            outcome(None, reply("Grace", confidence=0.6), other),
            outcome(None, reply("nothing", state=State.NOT_FOUND, confidence=0.2), unanswerable),
            outcome(None, reply("something", confidence=0.7), unanswerable),
        ]
    )
    assert measured["reply contains the answer"] == pytest.approx(2 / 3)
    assert measured["exact match"] == pytest.approx(1 / 3)
    # In the second reply, two of four words are right: precision 1/2, recall 1.
    assert measured["F1"] == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert measured["citation precision, of right replies"] == 1.0
    assert measured["right, every sentence backed"] == 0.5
    assert measured["right, not every sentence backed"] == 1.0
    assert measured["sentences backed"] == 0.8
    assert measured["answerable questions refused"] == 0.0
    assert measured["abstention recall"] == 0.5
    assert measured["abstention precision"] == 1.0
    # 0.9, 0.9 and 0.6 compared with 0.2 and 0.7: five of six pairs are in the right order.
    assert measured["abstention AUROC"] == pytest.approx(5 / 6)


def test_ties_count_half_in_the_area_under_the_curve() -> None:
    assert auroc([0.5, 0.9], [0.5, 0.1]) == pytest.approx(3.5 / 4)


def test_text_is_normalized_as_for_squad() -> None:
    assert normalized("The  “Sparkasse”, a bank!") == "sparkasse bank"


@pytest.mark.parametrize(
    ("place", "right"),
    [
        (Locator("/x/lease.md", None, None, (), (10, 14), (0, 9)), True),
        (Locator("/x/lease.md", None, None, (), (13, 14), (0, 9)), False),
        (Locator("/x/release.md", None, None, (), (12, 12), (0, 9)), False),
    ],
)
def test_a_passage_is_right_if_it_overlaps_the_lines_in_the_right_file(place: Locator, right: bool) -> None:
    assert is_right_place(RENT, place) is right


def test_a_passage_is_right_only_on_the_right_page() -> None:
    question = replace(RENT, file="home/lease.pdf", pages=frozenset({3}), lines=None)
    assert is_right_place(question, Locator("/x/home/lease.pdf", 3, None, (), None, (0, 9)))
    assert not is_right_place(question, Locator("/x/home/lease.pdf", 2, None, (), None, (0, 9)))


def written(folder: Path, *records: dict[str, Any]) -> Path:
    """A file of questions."""
    file = folder / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, records)) + "\n\n")
    return file


def test_questions_are_read_with_their_places(tmp_path: Path) -> None:
    one, other, third = read_questions(
        written(
            tmp_path,
            {"question": "Rent?", "answers": ["870"], "file": "lease.pdf", "page": 2},
            {"question": "End?", "answers": ["2027"], "file": "lease.pdf", "pages": [1, 4], "lines": [3, 5]},
            {"question": "Moon?", "answerable": False},
        )
    )
    assert (one.pages, one.lines, one.answerable) == (frozenset({2}), None, True)
    assert (other.pages, other.lines) == (frozenset({1, 4}), (3, 5))
    assert not third.answerable


def test_filters_in_a_question_become_its_selection(tmp_path: Path) -> None:
    (question,) = read_questions(written(tmp_path, {"question": "Rent? in:home"}))
    assert (question.question, question.selection) == ("Rent?", Selection(folders=("home",)))


@pytest.mark.parametrize("record", [{"answers": []}, {"question": "Rent? before:now"}])
def test_an_invalid_question_is_refused_with_its_line(tmp_path: Path, record: dict[str, Any]) -> None:
    with pytest.raises(AssistantError, match="Line 2 of") as refused:
        read_questions(written(tmp_path, {"question": "Rent?"}, record))
    assert refused.value.remedy


def test_a_missing_file_of_questions_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match=r"Cannot read the questions in .*none\.jsonl"):
        read_questions(tmp_path / "none.jsonl")
