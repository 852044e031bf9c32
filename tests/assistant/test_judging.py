"""What a reply is worth to the person who asked."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from assistant.dialogue import Answer, Citation, Receipt, Sentence, State, Verdict
from assistant.evaluating import EvaluationQuestion, Outcome
from assistant.judging import ReplyJudgement, judge, judged_figures
from ingest.documents import Locator

RENT = EvaluationQuestion("What is the rent?", ("870 euros",), "lease.md", frozenset(), None, True)
ABSENT = replace(RENT, question="Who is the guarantor?", answers=(), file="", answerable=False)


def reply(
    text: str, *, state: State = State.ANSWERED, file: str = "lease.md", verdict: Verdict = Verdict.BACKED
) -> Answer:
    """A reply of one sentence that cites `file`."""
    locator = Locator(f"/notes/{file}", None, None, (), (1, 1), (0, len(text)))
    receipt = Receipt("", (), "", 0, 0.0)
    sentences: Sequence[Sentence] = [Sentence(text, verdict, "", 1)] if state is State.ANSWERED else []
    citations = (Citation(1, text, locator, "Lease"),)
    return Answer("", "", text, state, 0.9, (), receipt, tuple(sentences), citations)


@pytest.mark.parametrize(
    ("question", "answer", "judgement"),
    [
        (RENT, reply("The rent is 870 euros."), ReplyJudgement.USEFUL),
        (RENT, reply("The rent is 910 euros."), ReplyJudgement.WRONG_UNMARKED),
        (RENT, reply("The rent is 870 euros.", file="other.md"), ReplyJudgement.WRONG_UNMARKED),
        (RENT, reply("The rent is 910 euros.", verdict=Verdict.UNBACKED), ReplyJudgement.WRONG_MARKED),
        (RENT, reply("The rent is 870 euros.", state=State.CLOSEST), ReplyJudgement.PARTLY),
        (RENT, reply("The flat is bright.", state=State.CLOSEST), ReplyJudgement.USELESS),
        (RENT, reply("Nothing.", state=State.NOT_FOUND), ReplyJudgement.REFUSED_WRONGLY),
        (ABSENT, reply("Nothing.", state=State.CLOSEST), ReplyJudgement.REFUSED_RIGHTLY),
        (ABSENT, reply("Felix Osterby."), ReplyJudgement.WRONG_UNMARKED),
        (replace(RENT, parts=(("870 euros",), ("heating",))), reply("870 euros."), ReplyJudgement.PARTLY),
        (replace(RENT, leads="no"), reply("Yes, 870 euros."), ReplyJudgement.WRONG_UNMARKED),
    ],
)
def test_a_reply_is_judged_by_its_state_its_words_and_what_it_cites(
    question: EvaluationQuestion, answer: Answer, judgement: ReplyJudgement
) -> None:
    assert judge(question, answer) is judgement


def test_figures_are_shares_of_the_questions_that_they_are_about() -> None:
    outcomes = [
        Outcome(RENT, 1, 10.0, reply("The rent is 870 euros."), 1.0),
        Outcome(RENT, 1, 10.0, reply("The rent is 910 euros."), 1.0),
        Outcome(ABSENT, None, 10.0, reply("Nothing.", state=State.CLOSEST), 1.0),
        Outcome(ABSENT, None, 10.0, reply("Felix Osterby."), 1.0),
    ]
    figures = judged_figures(outcomes)
    assert figures[ReplyJudgement.USEFUL] == 0.5
    assert figures[ReplyJudgement.REFUSED_RIGHTLY] == 0.5
    assert figures[ReplyJudgement.WRONG_UNMARKED] == 0.5
