"""Answers, passages and the places they cite."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from assistant import formatting
from policies import network
from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from assistant.cli.output import Line, Output
    from assistant.dialogue import Answer, Citation, Doubt, Passage, Search
    from assistant.engine import Stats
    from ingest.documents import Locator


FRAME = "│ "
"""Stands before each line of a passage that is shown in place of an answer."""

NOT_AN_ANSWER = "yellow"
"""The colour of a reply that is not an answer."""


def reply_lines(answer: Answer) -> Iterator[Line]:
    """A full reply: an answer with its evidence, what was found instead, or why its text was erased."""
    from assistant.dialogue import State

    if answer.erased:
        yield [(formatting.describe_erased(answer.erased), NOT_AN_ANSWER)]
    elif answer.state is State.ANSWERED:
        if answer.is_unsure:
            yield unsure_heading()
        yield [(answer.text, None)]
        evidence = list(evidence_lines(answer))
        yield from [[("", None)], *evidence] if evidence else []
    else:
        yield from _lines_without_answer(answer)


def unsure_heading() -> Line:
    """The line above an answer that may not be what was asked."""
    from assistant.answers.wording import POSSIBLE

    return [(POSSIBLE, f"bold {NOT_AN_ANSWER}")]


def evidence_lines(answer: Answer) -> Iterator[Line]:
    """What supports an answer: citations with their quotes, then sentences that are not fully supported."""
    from assistant.answers.wording import VERDICTS, caution

    for citation in answer.citations:
        doubt = _doubt(citation.locator, answer.doubts)
        yield [(f"[{citation.marker}] {formatting.place(citation.locator)}", "bold"), (doubt, "bold yellow")]
        yield from ([("    ", None), *line] for line in _quote_lines(citation, answer.passages))
    if note := caution(answer):
        yield [(note, "yellow")]
    for sentence in answer.sentences:
        if sentence.verdict in VERDICTS:
            marker = "?" if sentence.marker is None else sentence.marker
            yield [(f"[{marker}] {VERDICTS[sentence.verdict].lower()}: {sentence.reason}", "yellow")]
            yield [(f"    {formatting.collapse_whitespace(sentence.text)}", "dim")]


def _lines_without_answer(answer: Answer) -> Iterator[Line]:
    """That there is no answer, then the passages that come closest, in a frame."""
    from assistant.answers.wording import CLOSEST, headline

    yield [(headline(answer.state, answer.missing), f"bold {NOT_AN_ANSWER}")]
    if answer.citations:
        yield [(CLOSEST, NOT_AN_ANSWER)]
    elif answer.passages:
        yield [("The nearest passages:", "dim")]
        yield from ([(f"  {formatting.place(passage.locator)}", "dim")] for passage in answer.passages)
    for number, citation in enumerate(answer.citations):
        if number:
            yield [(FRAME.rstrip(), NOT_AN_ANSWER)]
        doubt = _doubt(citation.locator, answer.doubts)
        yield [(FRAME, NOT_AN_ANSWER), (formatting.place(citation.locator), "dim"), (doubt, "bold yellow")]
        for line in _quote_lines(citation, answer.passages):
            yield [(FRAME, NOT_AN_ANSWER), *line]


def _doubt(locator: Locator, doubts: Sequence[Doubt]) -> str:
    """What is to be said beside a place in a document that should not be relied on; empty for any other."""
    return "".join(f" ({one_line(doubt.reason)})" for doubt in doubts if doubt.path == locator.path)


def _warn_of_documents_left_out(output: Output, doubts: Sequence[Doubt]) -> None:
    from assistant.dialogue import DoubtKind

    for doubt in doubts:
        if doubt.kind is DoubtKind.ALTERED:
            output.warn(f"Left out: {formatting.describe_doubt(doubt)}")


def _quote_lines(citation: Citation, passages: Sequence[Passage]) -> Iterator[Line]:
    """The lines of a quote as its document shows it, with the words that answer in bold."""
    from assistant.answers.showing import shown_citation

    line: list[tuple[str, str | None]] = []
    styles = (None, "bold", None)
    for part, style in zip(shown_citation(citation, passages), styles, strict=True):
        first, *others = part.split("\n")
        line.append((one_line(first), style))
        for other in others:
            yield line
            line = [(one_line(other), style)]
    yield line


def print_evidence(output: Output, answer: Answer) -> None:
    """Prints what supports an answer that was streamed, or a reply that is not an answer.

    On stderr: what can be done without an answer, what was not read, and what the answer cost.
    """
    from assistant.answers.wording import NEXT_STEP
    from assistant.dialogue import State

    is_answer = answer.state is State.ANSWERED
    lines = list(evidence_lines(answer) if is_answer else _lines_without_answer(answer))
    if lines and is_answer:
        output.print()
    for line in lines:
        output.print_line(line)
    if not is_answer and answer.passages:
        output.note(NEXT_STEP, style="dim")
    _warn_of_documents_left_out(output, answer.doubts)
    if answer.unkept:
        output.warn(formatting.describe_unkept(answer.unkept))
    if answer.coverage:
        for path, reason in answer.coverage.unread:
            output.warn(f"Not read: {one_line(path)}: {reason}")
    if answer.left_out:
        output.note(formatting.describe_left_out(answer.left_out), style="dim")
    if answer.stats:
        output.note(formatting.describe_cost(answer), style="dim")
        if output.verbose:
            output.note(formatting.describe_stats(answer.stats), style="dim")


def print_answer(output: Output, answer: Answer) -> None:
    """Prints an answer that was not streamed, with its evidence."""
    from assistant.dialogue import State

    if answer.erased:
        for line in reply_lines(answer):
            output.print_line(line)
        return
    if answer.is_unsure:
        output.print_line(unsure_heading())
    if answer.state is State.ANSWERED:
        output.print(answer.text)
    print_evidence(output, answer)


def print_side_by_side(output: Output, answers: Mapping[Path, Answer]) -> None:
    """Prints the answers from several documents in columns, headed by the documents' names."""
    output.print_columns(*(_column(path, answer) for path, answer in answers.items()))


def _column(path: Path, answer: Answer) -> list[Line]:
    """An answer with its evidence, below the name of its document."""
    return [[(one_line(path.name), "bold")], *reply_lines(answer)]


def print_passages(output: Output, search: Search) -> None:
    """Prints the passages of a search with rank, place and score."""
    from assistant.answers.showing import shown_passage

    for passage in search.passages:
        place = f"{formatting.place(passage.locator)}{_doubt(passage.locator, search.doubts)}"
        output.print(f"{passage.rank}. {place}  ({passage.score:.3f})", style="bold")
        for line in shown_passage(passage).split("\n"):
            output.print(f"   {one_line(line)}")
    _warn_of_documents_left_out(output, search.doubts)


def answer_object(answer: Answer) -> dict[str, Any]:
    """An answer for `--json`."""
    return {
        "question": answer.question,
        "query": answer.query,
        "corrections": [dataclasses.asdict(correction) for correction in answer.corrections],
        "answer": answer.text,
        "state": answer.state,
        "unsure": answer.is_unsure,
        "missing": list(answer.missing),
        "erased": list(answer.erased),
        "doubts": [dataclasses.asdict(doubt) for doubt in answer.doubts],
        "unkept": answer.unkept,
        "confidence": round(answer.confidence, 3),
        "sentences": [
            {
                "text": sentence.text,
                "verdict": sentence.verdict,
                "reason": sentence.reason,
                "marker": sentence.marker,
            }
            for sentence in answer.sentences
        ],
        "citations": [
            {
                "marker": citation.marker,
                **place_object(citation.locator),
                "quote": citation.quote,
                "answer": citation.answer,
            }
            for citation in answer.citations
        ],
        "passages": passage_objects(answer.passages),
        "left_out": answer.left_out,
        "coverage": dataclasses.asdict(answer.coverage) if answer.coverage else None,
        "computed": dataclasses.asdict(answer.computed) if answer.computed else None,
        "receipt": dataclasses.asdict(answer.receipt),
        "stats": stats_object(answer.stats),
    }


def search_object(search: Search) -> dict[str, Any]:
    """A search for `--json`."""
    return {
        "query": search.query,
        "corrections": [dataclasses.asdict(correction) for correction in search.corrections],
        "passages": passage_objects(search.passages),
        "doubts": [dataclasses.asdict(doubt) for doubt in search.doubts],
        "took_ms": round(search.took_ms, 1),
    }


def passage_objects(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    """Passages for `--json`, in the order given."""
    return [
        {
            "rank": passage.rank,
            "score": round(passage.score, 4),
            "similarity": round(passage.similarity, 4),
            "title": passage.title,
            **place_object(passage.locator),
            "text": passage.text,
            "also": list(passage.also),
            "earlier": list(passage.earlier),
        }
        for passage in passages
    ]


def place_object(locator: Locator) -> dict[str, Any]:
    """The keys that place a quote or passage in its document."""
    return {
        "path": locator.path,
        "page": locator.page,
        "label": locator.label,
        "lines": list(locator.lines) if locator.lines else None,
        "heading": list(locator.heading),
    }


def stats_object(stats: Stats | None) -> dict[str, Any]:
    """What an answer cost, for `--json`; without a model's figures, `sealed` is the only key."""
    values = dataclasses.asdict(stats) if stats else {}
    for key, value in values.items():
        if isinstance(value, float):
            # The share of a battery is a small part of 1.
            values[key] = round(value, 7 if key == "battery_share" else 1)
    return values | {"sealed": network.sealed()}
