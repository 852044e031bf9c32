"""Measures the answers of a library on questions whose answers are known.

A question is a line of JSON with `question`, `answers` (any of which is right), `file` (the end of the
document's path), and `page` or `pages` or `lines` where the document has them. With `"answerable": false`,
the library does not contain the answer, and the right reply says so. The question can contain filters
(`assistant.answers.filters`). An answer that begins with `~` is a regular expression. Optional are `files`
(other documents that hold the answer), `parts` (lists of answers, one of each list is needed), `leads` (`yes`
or `no`, the word that a reply must not contradict), `kind`, and for conversations `id` and `after` (the id of
the question before).

A passage is right if it is in the right document, and on a right page or over a right line. A reply is right
if it contains one of the answers. Both are normalized as for SQuAD (Rajpurkar et al. 2016, section 6.1),
which also defines exact match and F1. nDCG is that of Järvelin and Kekäläinen 2002 with one right passage.
The area under the ROC curve is computed from ranks (Fawcett 2006, section 7).
"""

import json
import math
import re
import statistics
import time
import unicodedata
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.answers import filters
from assistant.answers.dates import CalendarDate, take_dates
from assistant.dialogue import DEFAULT_ASKING, Answer, Asking, Passage, Search, State, Verdict
from assistant.errors import AssistantError, BadFilter
from assistant.library.facade import Assistant
from ingest.documents import Locator
from ingest.selection import EVERYTHING, Selection

DEPTH = 10
"""Passages that are searched for each question."""


@dataclass(frozen=True, slots=True)
class EvaluationQuestion:
    """A question with its right answers and their place."""

    question: str
    """The question, without filters."""
    answers: tuple[str, ...]
    """The right answers; one of them is enough."""
    file: str
    """The end of the right document's path; empty if it is unknown."""
    pages: frozenset[int]
    """The right pages, one of which is enough; empty for the whole document."""
    lines: tuple[int, int] | None
    """The first and last right line; None for the whole document."""
    answerable: bool
    """Whether the library contains the answer."""
    selection: Selection = EVERYTHING
    """The documents to search: the filters that the question had in its file."""
    also: tuple[str, ...] = ()
    """The ends of the paths of other documents that hold the answer."""
    parts: tuple[tuple[str, ...], ...] = ()
    """What a whole reply contains: one answer of each list. Empty if one of `answers` is all of it."""
    leads: str = ""
    """`yes` or `no` for a question that one of them answers; empty for others."""
    kind: str = ""
    """The kind of question, a name of the person who wrote it."""
    name: str = ""
    """Identifies the question in its file; empty unless others refer to it."""
    after: str = ""
    """The name of the question that was asked before it in a conversation; empty for none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one question."""

    question: EvaluationQuestion
    """The question."""
    rank: int | None
    """Rank of the first right passage; None if it is not among the first `DEPTH`."""
    search_ms: float
    """Duration of the search, in milliseconds."""
    answer: Answer | None
    """The reply; None if the question was only searched for."""
    answer_s: float
    """Time until the whole answer, in seconds; 0 without an answer."""


def read_questions(path: Path) -> list[EvaluationQuestion]:
    """The questions in a file. Raises `AssistantError`, which names an invalid line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "the file is not UTF-8 text"
        raise AssistantError(f"Cannot read the questions in {path}: {reason}.") from error
    questions = []
    for number, line in enumerate(lines, start=1):
        try:
            questions += [_question(json.loads(line))] if line.strip() else []
        except (ValueError, KeyError, TypeError, AttributeError, BadFilter) as error:
            raise AssistantError(
                f"Line {number} of {path} is not a valid question: {error}.",
                remedy='An example: {"question": "…", "answers": ["…"], "file": "lease.pdf", "page": 2}.',
            ) from error
    return questions


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
        also=tuple(map(str, record.get("files", ()))),
        parts=tuple(tuple(map(str, part)) for part in record.get("parts", ())),
        leads=str(record.get("leads", "")),
        kind=str(record.get("kind", "")),
        name=str(record.get("id", "")),
        after=str(record.get("after", "")),
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

    A question that comes after another is asked in its conversation. The conversations are forgotten in the
    end.
    """
    followed = {question.after for question in questions if question.after}
    conversations: dict[str, str] = {}
    for done, question in enumerate(questions):
        watch(done, len(questions))
        search = assistant.search(question.question, DEPTH, selection=question.selection)
        outcome = search_outcome(question, search)
        if answering:
            began = time.perf_counter()
            options = replace(asking, selection=question.selection)
            conversation = conversations.get(question.after, "") if question.after else ""
            if not conversation and question.name in followed:
                conversation = uuid.uuid4().hex
            conversations[question.name] = conversation
            *_, answer = assistant.ask(question.question, conversation=conversation, asking=options)
            assert isinstance(answer, Answer), "the last event of an answer is the answer"
            outcome = replace(outcome, answer=answer, answer_s=time.perf_counter() - began)
        yield outcome
    for conversation in {*conversations.values()} - {""}:
        assistant.forget_conversation(conversation)
    watch(len(questions), len(questions))


def search_outcome(question: EvaluationQuestion, search: Search) -> Outcome:
    """The outcome of a question that was searched for and not answered."""
    rank = next(
        (passage.rank for passage in search.passages if is_right_place(question, passage.locator)), None
    )
    return Outcome(question, rank, search.took_ms, answer=None, answer_s=0.0)


def is_right_place(question: EvaluationQuestion, place: Locator) -> bool:
    """Whether the answer is at `place`."""
    return (
        is_right_document(question, place)
        and (not question.pages or place.page in question.pages)
        and (
            question.lines is None
            or place.lines is None
            or (place.lines[0] <= question.lines[1] and question.lines[0] <= place.lines[1])
        )
    )


def is_right_document(question: EvaluationQuestion, place: Locator) -> bool:
    """Whether `place` is in a document that holds the answer."""
    return any(name and f"/{place.path}".endswith(f"/{name}") for name in (question.file, *question.also))


def figures(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The measures by name, in the order of a table. A measure without questions is left out."""
    located = [outcome for outcome in outcomes if outcome.question.answerable and outcome.question.file]
    measured: dict[str, float] = {"questions": len(outcomes)}
    if located:
        ranks = [outcome.rank for outcome in located]
        for k in (1, 5, DEPTH):
            measured[f"recall@{k}"] = _mean(rank is not None and rank <= k for rank in ranks)
        measured["MRR"] = _mean(1 / rank if rank else 0.0 for rank in ranks)
        measured[f"nDCG@{DEPTH}"] = _mean(1 / math.log2(1 + rank) if rank else 0.0 for rank in ranks)
    if outcomes:
        measured["search, median ms"] = statistics.median(outcome.search_ms for outcome in outcomes)
    answered = [(outcome.question, outcome.answer) for outcome in outcomes if outcome.answer is not None]
    if not answered:
        return measured
    measured |= _answer_figures(answered)
    sentences = [sentence for _, answer in answered for sentence in answer.sentences]
    if sentences:
        measured["sentences backed"] = _mean(sentence.verdict is Verdict.BACKED for sentence in sentences)
    measured |= _abstention_figures(answered)
    measured["answer, median s"] = statistics.median(outcome.answer_s for outcome in outcomes)
    return measured


def _answer_figures(answered: Sequence[tuple[EvaluationQuestion, Answer]]) -> dict[str, float]:
    """The measures of replies to questions with known answers; empty if there are none."""
    known = [(question, answer) for question, answer in answered if question.answerable and question.answers]
    if not known:
        return {}
    right = [(question, answer) for question, answer in known if is_right_reply(question, answer)]
    measured = {
        "reply contains the answer": len(right) / len(known),
        "exact match": _mean(
            max(normalized(reply_text(answer)) == normalized(expected) for expected in question.answers)
            for question, answer in known
        ),
        "F1": _mean(
            max(_f1(normalized(reply_text(answer)), normalized(expected)) for expected in question.answers)
            for question, answer in known
        ),
    }
    cited = [_is_correctly_cited(question, answer) for question, answer in right if answer.citations]
    if cited:
        measured["citation precision, of right replies"] = _mean(cited)
        measured["citation recall, of right replies"] = _mean(
            bool(answer.citations) and _is_correctly_cited(question, answer) for question, answer in right
        )
    backed = [is_right_reply(question, answer) for question, answer in known if is_backed(answer)]
    others = [
        is_right_reply(question, answer)
        for question, answer in known
        if not is_backed(answer) and answer.state is State.ANSWERED
    ]
    if backed:
        measured["right, every sentence backed"] = _mean(backed)
    if others:
        measured["right, not every sentence backed"] = _mean(others)
    return measured


def _abstention_figures(answered: Sequence[tuple[EvaluationQuestion, Answer]]) -> dict[str, float]:
    """How well answerable and unanswerable questions are told apart."""
    measured = {}
    answerable = [answer for question, answer in answered if question.answerable]
    unanswerable = [answer for question, answer in answered if not question.answerable]
    if answerable:
        measured["answerable questions refused"] = _mean(
            answer.state is not State.ANSWERED for answer in answerable
        )
    if unanswerable:
        measured["abstention recall"] = _mean(answer.state is not State.ANSWERED for answer in unanswerable)
        abstentions = sum(answer.state is not State.ANSWERED for _, answer in answered)
        if abstentions:
            measured["abstention precision"] = (
                sum(answer.state is not State.ANSWERED for answer in unanswerable) / abstentions
            )
    if answerable and unanswerable:
        measured["abstention AUROC"] = auroc(
            [answer.confidence for answer in answerable], [answer.confidence for answer in unanswerable]
        )
    return measured


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The area under the ROC curve: the probability that a value of `positive` is above one of `negative`.

    Ties count half.
    """
    wins = sum((a > b) + 0.5 * (a == b) for a in positive for b in negative)
    return wins / (len(positive) * len(negative))


def reply_text(answer: Answer) -> str:
    """The text of an answer without its markers."""
    return re.sub(r" ?\[(?:\d+\??|\?)\]", "", answer.text)


def is_right_reply(question: EvaluationQuestion, answer: Answer) -> bool:
    """Whether the reply contains one of the right answers."""
    return answer.state is State.ANSWERED and contains_any(reply_text(answer), question.answers)


def is_backed(answer: Answer) -> bool:
    """Whether the reply has sentences and all of them are backed."""
    return bool(answer.sentences) and all(sentence.verdict is Verdict.BACKED for sentence in answer.sentences)


def _is_correctly_cited(question: EvaluationQuestion, answer: Answer) -> bool:
    """Whether a sentence that contains the answer cites a passage that contains it too."""
    citations = {citation.marker: citation for citation in answer.citations}
    markers = [
        sentence.marker for sentence in answer.sentences if contains_any(sentence.text, question.answers)
    ]
    return any(
        marker in citations
        and contains_any(_surrounding_text(citations[marker].locator, answer.passages), question.answers)
        for marker in markers
        if marker is not None
    )


def _surrounding_text(place: Locator, passages: Sequence[Passage]) -> str:
    """The text of the passages that `place` is in."""
    return " ".join(
        passage.text
        for passage in passages
        if passage.locator.path == place.path
        and passage.locator.page == place.page
        and passage.locator.chars[0] <= place.chars[0] < passage.locator.chars[1]
    )


def normalized(text: str) -> str:
    """`text` in lower case, without punctuation, articles and extra white space; 1,117.00 is 1,117."""
    whole = re.sub(r"(?<=\d)[.,]00(?!\d|[.,]\d)", "", text)
    letters = "".join(
        letter for letter in whole.casefold() if not unicodedata.category(letter).startswith(("P", "S"))
    )
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", letters).split())


def contains_any(text: str, answers: Sequence[str]) -> bool:
    """Whether `text` contains one of `answers` as whole words; in a script without spaces, anywhere.

    An answer that begins with `~` is a regular expression, whose case does not matter. An answer that is a
    date is also contained in another notation of it: `12 May` in `May 12, 2025`.
    """
    content = normalized(text)
    if any(_contains_date(text, answer) for answer in answers):
        return True
    if any(answer[:1] == "~" and re.search(answer[1:], text, re.IGNORECASE) for answer in answers):
        return True
    return any(
        expected and (f" {expected} " in f" {content} " or (not expected.isascii() and expected in content))
        for expected in map(normalized, (answer for answer in answers if answer[:1] != "~"))
    )


def _contains_date(text: str, answer: str) -> bool:
    """Whether `answer` is nothing but a date, and `text` contains it in any notation."""
    expected: list[CalendarDate] = []
    if take_dates(answer, expected).strip() or len(expected) != 1:
        return False
    found: list[CalendarDate] = []
    take_dates(text, found)
    return any(
        all(part in {None, other} for part, other in zip(asked, stated, strict=True))
        for date in found
        for stated in date.readings
        for asked in expected[0].readings
    )


def _f1(reply: str, expected: str) -> float:
    """The harmonic mean of precision and recall of the words of a reply."""
    reply_words, expected_words = reply.split(), expected.split()
    if not reply_words or not expected_words:
        return float(reply_words == expected_words)
    common = sum((Counter(reply_words) & Counter(expected_words)).values())
    return 2 * common / (len(reply_words) + len(expected_words))


def _mean(values: Iterable[float | bool]) -> float:
    numbers = [float(value) for value in values]
    return sum(numbers) / len(numbers) if numbers else 0.0
