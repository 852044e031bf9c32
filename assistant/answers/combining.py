"""Asks the parts of a question, joins the replies into one answer, and says which part was not answered.

Citations are numbered anew. Two parts that rest on the same place of a document share a citation.
"""

import hashlib
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace

from assistant.answers.questions import is_follow_up, joined
from assistant.answers.stating import describe_reading
from assistant.answers.wording import not_answered
from assistant.dialogue import (
    Answer,
    AnswerText,
    Citation,
    Computed,
    Event,
    Passage,
    Receipt,
    SearchFinished,
    State,
)
from assistant.engine import Stats, energy

SEPARATOR = "\n\n"
"""Stands between the replies to two parts."""

_MARKER = re.compile(r"(?<=\[)\d+(?=\??\])")


def ask_in_parts(
    question: str, query: str, parts: Sequence[str], ask: Callable[[str, str], Iterator[Event]]
) -> Generator[Event, None, bool]:
    """Asks the parts of a question one after the other; returns whether one of them was answered.

    The first part with a sure answer is streamed. Later parts are sent one by one when they are complete,
    because their markers are not known earlier. A part without a sure answer waits for one with a sure
    answer, or for the end: only then is the kind of the whole reply known. No event is sent before.

    question, query: as asked, and with its typing errors put right. The reply says that `query` was searched
    for.
    ask: the events of the reply to a part, given as it is worded and as it is to be searched for.
    """
    answers: list[Answer] = []
    shown = ""
    for part in parts:
        text = joined(parts[0], part) if answers and is_follow_up(part) else part
        lead = "".join(f"{not_answered(answer.question)}{SEPARATOR}" for answer in answers)
        searched: SearchFinished | None = None
        for event in ask(part, text):
            match event:
                case SearchFinished(search):
                    searched = SearchFinished(replace(search, query=query))
                case AnswerText() if not any(map(is_answer, answers)):
                    if searched is not None:
                        yield searched
                        searched = None
                    if not event.is_unsure:
                        yield AnswerText(lead + event.text)
                        shown += lead + event.text
                        lead = ""
                case Answer():
                    answers.append(event)
        if any(map(is_answer, answers)):
            whole = combined(question, query, answers)
            is_known = not whole.is_unsure or len(answers) == len(parts)
            if is_known and len(whole.text) > len(shown):
                yield AnswerText(whole.text[len(shown) :], whole.is_unsure)
                shown = whole.text
    if shown:
        yield combined(question, query, answers)
    return bool(shown)


def is_answer(reply: Answer) -> bool:
    """Whether `reply` answers its question."""
    return reply.state is State.ANSWERED


def combined(question: str, query: str, answers: Sequence[Answer]) -> Answer:
    """One answer to `question` from the replies to its parts, of which one at least is an answer.

    question, query: as asked, and with its typing errors put right.
    answers: in the order of the parts. The question of each is its part.
    """
    citations: list[Citation] = []
    replies = [_renumbered(answer, citations) if is_answer(answer) else answer for answer in answers]
    given = list(filter(is_answer, replies))
    texts: list[str] = []
    said: set[str] = set()
    considered = ""
    for reply in replies:
        sentences = {sentence.text for sentence in reply.sentences}
        # One sentence often answers two parts; it is said once.
        if not sentences or not sentences <= said:
            text = reply.text if is_answer(reply) else not_answered(reply.question)
            # Two computed parts usually considered the same documents: said once.
            texts.append(text.removesuffix(considered).rstrip() if considered else text)
            if reply.computed and reply.coverage:
                considered = describe_reading(reply.coverage)
        said |= sentences
    computed = [answer.computed for answer in given if answer.computed]
    return replace(
        given[0],
        question=question,
        query=query,
        text=SEPARATOR.join(texts),
        confidence=min(answer.confidence for answer in given),
        passages=_distinct(passage for answer in given for passage in answer.passages),
        receipt=_receipt([answer.receipt for answer in given]),
        sentences=tuple(dict.fromkeys(sentence for answer in given for sentence in answer.sentences)),
        citations=tuple(citations),
        left_out=sum(answer.left_out for answer in given),
        coverage=next((answer.coverage for answer in given if answer.coverage), None),
        computed=_computed(computed) if computed else None,
        stats=_stats([answer.stats for answer in given if answer.stats]),
    )


def _renumbered(answer: Answer, citations: list[Citation]) -> Answer:
    """`answer` with markers that continue those of `citations`, to which its own are added."""
    numbers: dict[int, int] = {}
    for citation in answer.citations:
        known = next(
            (each for each in citations if (each.locator, each.quote) == (citation.locator, citation.quote)),
            None,
        )
        if known is None:
            known = replace(citation, marker=len(citations) + 1)
            citations.append(known)
        numbers[citation.marker] = known.marker
    text = _MARKER.sub(lambda match: str(numbers.get(int(match[0]), match[0])), answer.text)
    sentences = tuple(
        replace(each, marker=each.marker and numbers.get(each.marker, each.marker))
        for each in answer.sentences
    )
    return replace(answer, text=text, sentences=sentences)


def _distinct(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """The passages, each once, ranked in their order."""
    found = {(passage.chunk_ids, passage.locator): passage for passage in passages}
    return tuple(replace(passage, rank=rank) for rank, passage in enumerate(found.values(), start=1))


def _receipt(receipts: Sequence[Receipt]) -> Receipt:
    """What all parts depend on. The prompt of several is the digest of theirs."""
    prompts = [receipt.prompt for receipt in receipts if receipt.prompt]
    return replace(
        receipts[0],
        model_digest=next((receipt.model_digest for receipt in receipts if receipt.model_digest), ""),
        chunks=tuple(dict.fromkeys(chunk for receipt in receipts for chunk in receipt.chunks)),
        prompt=hashlib.sha256("".join(prompts).encode()).hexdigest()
        if len(prompts) > 1
        else "".join(prompts),
    )


def _computed(computed: Sequence[Computed]) -> Computed:
    return Computed(
        tuple(value for each in computed for value in each.values),
        " ".join(each.how for each in computed),
        "; ".join(each.over for each in computed),
    )


def _stats(stats: Sequence[Stats]) -> Stats | None:
    """The cost of all parts: sums of tokens and times, the time to the first token of the first."""
    if not stats:
        return None
    total = sum(each.total_ms for each in stats)
    decoding = sum(each.total_ms - each.ttft_ms for each in stats)
    decoded = sum(max(0, each.answer_tokens - 1) for each in stats)
    return replace(
        stats[0],
        prompt_tokens=sum(each.prompt_tokens for each in stats),
        answer_tokens=sum(each.answer_tokens for each in stats),
        decode_tps=1000 * decoded / decoding if decoding else 0.0,
        total_ms=total,
        finish=stats[-1].finish,
        reused_tokens=sum(each.reused_tokens for each in stats),
        drafted_tokens=sum(each.drafted_tokens for each in stats),
        accepted_tokens=sum(each.accepted_tokens for each in stats),
        joules=energy.total(each.joules for each in stats),
        battery_share=energy.total(each.battery_share for each in stats),
    )
