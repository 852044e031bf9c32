"""Judges a reply by rule: what it is worth to the person who asked.

The judgement needs the question's accepted answers (`assistant.evaluating`), the state of the reply, and what
it says and cites. docs/quality.md lists the rules. They are strict where a reader could be misled: a reply
that is given as an answer and does not hold an accepted one is *wrong and unmarked*, and so is one that has
the right words from a document that does not answer the question.
"""

import re
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from assistant.dialogue import Answer, State, Verdict
from assistant.evaluating import EvaluationQuestion, Outcome, contains_any, is_right_document, reply_text

SOON = 3
"""Sentences of a reply within which its answer should stand, and closest passages that a person will read."""

_YES = re.compile(r"\W*(yes|ja|oui|sí|si)\b(?! )", re.IGNORECASE)
_NO = re.compile(r"\W*(no|nein|non)\b(?! )", re.IGNORECASE)
"""How a reply begins that leads with yes or no: the word alone, before a stop or a comma."""


class ReplyJudgement(StrEnum):
    """What a reply is worth."""

    USEFUL = "useful"
    """Answered, and the whole answer is in it."""
    PARTLY = "partly"
    """Answered in part or late, or the answer is in the closest passages."""
    USELESS = "useless"
    """Closest passages without the answer."""
    WRONG_MARKED = "wrong and marked"
    """Given as an answer that is wrong, with no sentence that is said to be backed."""
    WRONG_UNMARKED = "wrong and unmarked"
    """Given as an answer that is wrong."""
    REFUSED_RIGHTLY = "refused rightly"
    """Not given as an answer, and there is none."""
    REFUSED_WRONGLY = "refused wrongly"
    """Said to be not found, and there is an answer."""


def judge(question: EvaluationQuestion, answer: Answer) -> ReplyJudgement:
    """The judgement of one reply to a question whose answers are known, or that has none."""
    if not question.answerable:
        return _wrong(answer) if answer.state is State.ANSWERED else ReplyJudgement.REFUSED_RIGHTLY
    if answer.state is State.NOT_FOUND:
        return ReplyJudgement.REFUSED_WRONGLY
    parts = question.parts or (question.answers,)
    if answer.state is State.CLOSEST:
        shown = _closest(question, answer)
        held = any(contains_any(shown, part) for part in parts)
        return ReplyJudgement.PARTLY if held else ReplyJudgement.USELESS
    if _contradicts(question.leads, answer.text):
        return _wrong(answer)
    places = [_place(question, answer, part) for part in parts]
    found = [place for place in places if place is not None]
    if not found:
        return _wrong(answer)
    late = not question.parts and found[0] >= SOON
    return ReplyJudgement.PARTLY if late or len(found) < len(parts) else ReplyJudgement.USEFUL


def judged_figures(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The share of each judgement by name; empty if nothing was answered.

    `useful` to `refused wrongly` are shares of the questions that have an answer, `refused rightly` of those
    that have none, and *wrong* of all of them.
    """
    judged = [
        (outcome.question, judge(outcome.question, outcome.answer))
        for outcome in outcomes
        if outcome.answer is not None
        and (outcome.question.answers or outcome.question.parts or not outcome.question.answerable)
    ]
    answerable = Counter(judgement for question, judgement in judged if question.answerable)
    others = Counter(judgement for question, judgement in judged if not question.answerable)
    measured: dict[str, float] = {}
    for judgement in ReplyJudgement:
        if judgement is ReplyJudgement.REFUSED_RIGHTLY:
            counted, total = others[judgement], others.total()
        elif judgement in (ReplyJudgement.WRONG_MARKED, ReplyJudgement.WRONG_UNMARKED):
            counted, total = answerable[judgement] + others[judgement], len(judged)
        else:
            counted, total = answerable[judgement], answerable.total()
        if total:
            measured[judgement] = counted / total
    return measured


def _wrong(answer: Answer) -> ReplyJudgement:
    """A wrong answer; it is marked if it has sentences and none of them is said to be backed."""
    marked = answer.sentences and all(sentence.verdict is not Verdict.BACKED for sentence in answer.sentences)
    return ReplyJudgement.WRONG_MARKED if marked else ReplyJudgement.WRONG_UNMARKED


def _contradicts(leads: str, text: str) -> bool:
    return bool((leads == "yes" and _NO.match(text)) or (leads == "no" and _YES.match(text)))


def _place(question: EvaluationQuestion, answer: Answer, accepted: Sequence[str]) -> int | None:
    """The number of the first sentence that holds an accepted answer, counted from 0; None if none does.

    A sentence that cites a document that does not answer the question does not hold it.
    """
    cited = {citation.marker: citation.locator for citation in answer.citations}
    elsewhere = False
    for number, sentence in enumerate(answer.sentences):
        if contains_any(sentence.text, accepted):
            locator = cited.get(sentence.marker) if sentence.marker is not None else None
            if locator is None or not question.file or is_right_document(question, locator):
                return number
            elsewhere = True
    # An answer can run over the end of a sentence.
    return 0 if not elsewhere and contains_any(reply_text(answer), accepted) else None


def _closest(question: EvaluationQuestion, answer: Answer) -> str:
    """What a person reads of the closest passages, from documents that answer the question."""
    places = [
        *((citation.quote, citation.locator) for citation in answer.citations[:SOON]),
        *((passage.text, passage.locator) for passage in answer.passages[:SOON]),
    ]
    return "\n".join(
        text for text, locator in places if not question.file or is_right_document(question, locator)
    )
