"""How good the answers of a library are, measured on questions whose answers are known.

A question is a line of JSON: `question`, `answers` (any of which is right), `file` (the end of the
document's path), and `page` (one or several) or `lines` where the document has them. With `"answerable":
false` nothing in the library answers it, and the right reply is to say so.

*Found* means a passage of the right document, on a right page or over a right line. *Right* means that
an answer stands in the reply, both normalized as for SQuAD (Rajpurkar et al. 2016, section 6.1); exact
match and F1 are that paper's. nDCG is that of Järvelin and Kekäläinen 2002 with one right passage, the
area under the ROC curve that of ranks (Fawcett 2006, section 7).
"""

import json
import math
import re
import statistics
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.answers import filters
from assistant.dialogue import DEFAULT_ASKING, Answer, Asking, Passage, Search, Verdict
from assistant.errors import AssistantError, BadFilter
from assistant.library.facade import Assistant
from ingest.documents import Locator
from ingest.selection import EVERYTHING, Selection

DEPTH = 10
"""Passages looked at for each question."""


@dataclass(frozen=True, slots=True)
class EvaluationQuestion:
    """A question with what is right."""

    question: str
    answers: tuple[str, ...]
    file: str
    """The end of the right document's path; empty when that is not known."""
    pages: frozenset[int]
    """Any of which is right; empty for the whole document."""
    lines: tuple[int, int] | None
    """First and last line that are right; None for the whole document."""
    answerable: bool
    selection: Selection = EVERYTHING
    """The documents that are searched: the filters of a question in a file are parsed when it is read."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question."""

    question: EvaluationQuestion
    rank: int | None
    """Of the first right passage, from 1; None when none was among the first `DEPTH`."""
    search_ms: float
    answer: Answer | None
    """None when only the search was measured."""
    answer_s: float


def read(path: Path) -> list[EvaluationQuestion]:
    """The questions in a file. Raises `AssistantError` naming the line that cannot be understood."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AssistantError(f"The questions {path} cannot be read: {error}.") from error
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found += [_question(json.loads(line))] if line.strip() else []
        except (ValueError, KeyError, TypeError, AttributeError, BadFilter) as error:
            raise AssistantError(
                f"Line {number} of {path} is no question: {error}.",
                remedy='A line is like {"question": "…", "answers": ["…"], "file": "lease.pdf", "page": 2}.',
            ) from error
    return found


def _question(record: dict[str, Any]) -> EvaluationQuestion:
    page = record.get("page", record.get("pages", ()))
    lines = record.get("lines")
    question, selection = filters.parse(str(record["question"]))
    return EvaluationQuestion(
        question=question,
        answers=tuple(map(str, record.get("answers", ()))),
        file=str(record.get("file", "")),
        pages=frozenset([page] if isinstance(page, int) else page),
        lines=(int(lines[0]), int(lines[1])) if lines else None,
        answerable=bool(record.get("answerable", True)),
        selection=selection,
    )


def run(
    assistant: Assistant,
    questions: Sequence[EvaluationQuestion],
    *,
    answering: bool,
    asking: Asking = DEFAULT_ASKING,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Outcome]:
    """Searches the library for every question, and asks it.

    answering: False only searches; an answer takes a second or more.
    asking: how to answer; each question brings its own selection.
    watch: called with the number of questions done and their total.
    """
    for done, question in enumerate(questions):
        watch(done, len(questions))
        search = assistant.search(question.question, DEPTH, selection=question.selection)
        outcome = search_outcome(question, search)
        if answering:
            began = time.perf_counter()
            how = replace(asking, selection=question.selection)
            *_, answer = assistant.ask(question.question, asking=how)
            assert isinstance(answer, Answer), "the last event of an answer is the answer"
            outcome = replace(outcome, answer=answer, answer_s=time.perf_counter() - began)
        yield outcome
    watch(len(questions), len(questions))


def search_outcome(question: EvaluationQuestion, search: Search) -> Outcome:
    """The outcome of a question that was searched for and not answered."""
    rank = next((passage.rank for passage in search.passages if is_right(question, passage.locator)), None)
    return Outcome(question, rank, search.took_ms, answer=None, answer_s=0.0)


def is_right(question: EvaluationQuestion, place: Locator) -> bool:
    """Whether `place` lies where the answer is."""
    return (
        bool(question.file)
        and f"/{place.path}".endswith(f"/{question.file}")
        and (not question.pages or place.page in question.pages)
        and (
            question.lines is None
            or place.lines is None
            or (place.lines[0] <= question.lines[1] and question.lines[0] <= place.lines[1])
        )
    )


def figures(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The measures, by name, in the order of a table; those that the questions do not allow are left out."""
    placed = [each for each in outcomes if each.question.answerable and each.question.file]
    measured: dict[str, float] = {"questions": len(outcomes)}
    if placed:
        ranks = [each.rank for each in placed]
        for k in (1, 5, DEPTH):
            measured[f"recall@{k}"] = _mean(rank is not None and rank <= k for rank in ranks)
        measured["MRR"] = _mean(1 / rank if rank else 0.0 for rank in ranks)
        measured[f"nDCG@{DEPTH}"] = _mean(1 / math.log2(1 + rank) if rank else 0.0 for rank in ranks)
    if outcomes:
        measured["search, median ms"] = statistics.median(each.search_ms for each in outcomes)
    answered = [(each.question, each.answer) for each in outcomes if each.answer is not None]
    if not answered:
        return measured
    known = [(question, answer) for question, answer in answered if question.answerable and question.answers]
    if known:
        right = [(question, answer) for question, answer in known if holds(answer, question)]
        measured["answer stands in the reply"] = len(right) / len(known)
        measured["exact match"] = _mean(
            max(normalized(said(answer)) == normalized(each) for each in question.answers)
            for question, answer in known
        )
        measured["F1"] = _mean(
            max(_f1(normalized(said(answer)), normalized(each)) for each in question.answers)
            for question, answer in known
        )
        cited = [_cited(question, answer) for question, answer in right if answer.citations]
        if cited:
            measured["citation precision, of right replies"] = _mean(cited)
            measured["citation recall, of right replies"] = _mean(
                bool(answer.citations) and _cited(question, answer) for question, answer in right
            )
        backed = [holds(answer, question) for question, answer in known if is_backed(answer)]
        others = [
            holds(answer, question)
            for question, answer in known
            if not is_backed(answer) and not answer.abstained
        ]
        if backed:
            measured["right, every sentence backed"] = _mean(backed)
        if others:
            measured["right, not every sentence backed"] = _mean(others)
    sentences = [sentence for _, answer in answered for sentence in answer.sentences]
    if sentences:
        measured["sentences backed"] = _mean(each.verdict is Verdict.BACKED for each in sentences)
    measured |= _abstention(answered)
    measured["answer, median s"] = statistics.median(each.answer_s for each in outcomes)
    return measured


def _abstention(answered: Sequence[tuple[EvaluationQuestion, Answer]]) -> dict[str, float]:
    refused = [(question, answer.abstained) for question, answer in answered]
    rightly = sum(abstained and not question.answerable for question, abstained in refused)
    measured = {}
    answerable = [abstained for question, abstained in refused if question.answerable]
    unanswerable = [abstained for question, abstained in refused if not question.answerable]
    if answerable:
        measured["answerable questions refused"] = _mean(answerable)
    if unanswerable:
        measured["abstention recall"] = _mean(unanswerable)
        if any(abstained for _, abstained in refused):
            measured["abstention precision"] = rightly / sum(abstained for _, abstained in refused)
    if answerable and unanswerable:
        measured["abstention AUROC"] = auroc(
            [answer.confidence for question, answer in answered if question.answerable],
            [answer.confidence for question, answer in answered if not question.answerable],
        )
    return measured


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The chance that one of `positive` is above one of `negative`; ties count half."""
    wins = sum((a > b) + 0.5 * (a == b) for a in positive for b in negative)
    return wins / (len(positive) * len(negative))


def said(answer: Answer) -> str:
    """A reply without its markers."""
    return re.sub(r" ?\[(?:\d+|\?)\]", "", answer.text)


def holds(answer: Answer, question: EvaluationQuestion) -> bool:
    """Whether one of the right answers stands in the reply."""
    return not answer.abstained and _stands_in(question.answers, said(answer))


def is_backed(answer: Answer) -> bool:
    """Whether every sentence of a reply is backed."""
    return bool(answer.sentences) and all(each.verdict is Verdict.BACKED for each in answer.sentences)


def _cited(question: EvaluationQuestion, answer: Answer) -> bool:
    """Whether what the reply cites for the sentence with the answer holds the answer."""
    quotes = {citation.marker: citation for citation in answer.citations}
    bearing = [each.marker for each in answer.sentences if _stands_in(question.answers, each.text)]
    return any(
        marker in quotes and _stands_in(question.answers, _around(quotes[marker].locator, answer.passages))
        for marker in bearing
        if marker is not None
    )


def _around(place: Locator, passages: Sequence[Passage]) -> str:
    """The text of the passage that a quote's place lies in."""
    return " ".join(
        passage.text
        for passage in passages
        if passage.locator.path == place.path
        and passage.locator.page == place.page
        and passage.locator.chars[0] <= place.chars[0] < passage.locator.chars[1]
    )


def normalized(text: str) -> str:
    """Lower case, without punctuation, articles and extra white space."""
    lowered = "".join(
        letter for letter in text.casefold() if not unicodedata.category(letter).startswith(("P", "S"))
    )
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", lowered).split())


def _stands_in(answers: Sequence[str], text: str) -> bool:
    """Whether an answer stands in `text` as whole words, or anywhere in a script without spaces."""
    held = normalized(text)
    return any(
        wanted and (f" {wanted} " in f" {held} " or (not wanted.isascii() and wanted in held))
        for wanted in map(normalized, answers)
    )


def _f1(said: str, right: str) -> float:
    given, wanted = said.split(), right.split()
    common = sum((Counter(given) & Counter(wanted)).values())
    return 2 * common / (len(given) + len(wanted)) if given and wanted else float(given == wanted)


def _mean(values: Iterable[float | bool]) -> float:
    listed = [float(value) for value in values]
    return sum(listed) / len(listed) if listed else 0.0
