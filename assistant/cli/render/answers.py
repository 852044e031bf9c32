"""Answers, passages and the places they cite."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from assistant import formatting
from assistant.cli.render.library import print_empty_library
from policies import network
from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from assistant.cli.output import Line, Output
    from assistant.dialogue import Answer, Citation, Passage, Search
    from assistant.engine import Stats
    from ingest.documents import Locator


def evidence_lines(answer: Answer) -> Iterator[Line]:
    """What supports an answer: citations with their quotes, then sentences that are not fully supported.

    If nothing was found, the nearest passages are listed instead.
    """
    from assistant.dialogue import State

    if not answer.citations and answer.state is not State.ANSWERED and answer.passages:
        yield [("The nearest passages:", None)]
        for passage in answer.passages:
            yield [(f"  {formatting.place(passage.locator)}", "dim")]
    for citation in answer.citations:
        yield [(f"[{citation.marker}] {formatting.place(citation.locator)}", "bold")]
        yield [("    ", None), *_with_answer_bold(citation)]
    for sentence in answer.sentences:
        if sentence.reason:
            marker = "?" if sentence.marker is None else sentence.marker
            yield [(f"[{marker}] {sentence.verdict}: {sentence.reason}", "yellow")]
            yield [(f"    {formatting.collapse_whitespace(sentence.text)}", "dim")]


def _with_answer_bold(citation: Citation) -> Line:
    """The quote on one line, with the words that answer in bold."""
    quote, (start, end) = citation.quote, citation.answer or (0, 0)
    before, answer, after = (
        re.sub(r"\s+", " ", part) for part in (quote[:start], quote[start:end], quote[end:])
    )
    return [(one_line(before.lstrip()), None), (one_line(answer), "bold"), (one_line(after.rstrip()), None)]


def print_evidence(output: Output, answer: Answer) -> None:
    """Prints what supports an answer, and on stderr what was not read and what the answer cost."""
    lines = list(evidence_lines(answer))
    if lines:
        output.print()
    for line in lines:
        output.print_line(line)
    if answer.coverage:
        for path, reason in answer.coverage.unread:
            output.warn(f"Not read: {one_line(path)}: {reason}")
    if answer.left_out:
        output.note(formatting.describe_left_out(answer.left_out), style="dim")
    if answer.stats:
        output.note(formatting.describe_stats(answer.stats), style="dim")


def print_answer(output: Output, answer: Answer) -> None:
    """Prints an answer that was not streamed, with its evidence."""
    output.print(answer.text)
    print_evidence(output, answer)


def print_side_by_side(output: Output, answers: Mapping[Path, Answer]) -> None:
    """Prints the answers from several documents in columns, headed by the documents' names."""
    output.print_columns(*(_column(path, answer) for path, answer in answers.items()))


def _column(path: Path, answer: Answer) -> list[Line]:
    """An answer with its evidence, below the name of its document."""
    return [[(one_line(path.name), "bold")], [(answer.text, None)], [("", None)], *evidence_lines(answer)]


def print_passages(output: Output, search: Search) -> None:
    """Prints the passages of a search with rank, place and score."""
    for passage in search.passages:
        output.print(
            f"{passage.rank}. {formatting.place(passage.locator)}  ({passage.score:.3f})", style="bold"
        )
        output.print(f"   {formatting.collapse_whitespace(passage.text)}")


def print_nothing_found(output: Output, *, empty: bool) -> None:
    """Says on stderr why there are no passages: the library is empty, or the filters exclude everything."""
    if empty:
        print_empty_library(output)
    else:
        output.note("No document matches these filters. `carrel ls` lists all documents.")


def answer_object(answer: Answer) -> dict[str, Any]:
    """An answer for `--json`."""
    return {
        "question": answer.question,
        "query": answer.query,
        "corrections": [dataclasses.asdict(correction) for correction in answer.corrections],
        "answer": answer.text,
        "state": answer.state,
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
    return {key: round(value, 1) if isinstance(value, float) else value for key, value in values.items()} | {
        "sealed": network.sealed()
    }
