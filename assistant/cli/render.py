"""How answers, passages and places look: lines for people, objects for programs."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

from assistant.cli.session import Session
from policies import network
from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.dialogue import Answer, Passage
    from assistant.engine import Stats
    from ingest.documents import Locator


def day(at: float) -> str:
    """A moment, in seconds since 1970, as people here write it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def place(locator: Locator) -> str:
    """Where a quote stands, in words."""
    return one_line(", ".join(filter(None, (locator.path, locator.where))))


def quoted(text: str) -> str:
    """On one line, as a person would copy it."""
    return " ".join(text.split())


def answer_notes(answer: Answer) -> Iterator[tuple[str, str]]:
    """What stands below an answer's text, in lines with their style: its sources, and what is not backed."""
    if answer.abstained and answer.passages:
        yield "The nearest passages:", ""
        for passage in answer.passages:
            yield f"  {place(passage.locator)}", "dim"
    for citation in answer.citations:
        yield f"[{citation.marker}] {place(citation.locator)}", "bold"
        yield f"    {quoted(citation.quote)}", ""
    for sentence in answer.sentences:
        if sentence.reason:
            mark = "?" if sentence.marker is None else sentence.marker
            yield f"[{mark}] {sentence.verdict}: {sentence.reason}", "yellow"
            yield f"    {quoted(sentence.text)}", "dim"


def print_answer(session: Session, answer: Answer) -> None:
    """What stands below an answer's text, and what it cost."""
    session.print()
    for line, style in answer_notes(answer):
        session.print(line, style=style)
    if answer.coverage:
        for path, reason in answer.coverage.unread:
            session.say(f"not read: {one_line(path)}: {reason}", style="yellow")
    if answer.left_out:
        session.say(f"{answer.left_out} passages found did not fit the prompt", style="dim")
    if answer.stats:
        session.say(figures(answer.stats), style="dim")


def answer_object(answer: Answer) -> dict[str, Any]:
    return {
        "question": answer.question,
        "query": answer.query,
        "answer": answer.text,
        "abstained": answer.abstained,
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
            {"marker": citation.marker, **place_object(citation.locator), "quote": citation.quote}
            for citation in answer.citations
        ],
        "passages": passage_objects(answer.passages),
        "left_out": answer.left_out,
        "coverage": dataclasses.asdict(answer.coverage) if answer.coverage else None,
        "receipt": dataclasses.asdict(answer.receipt),
        "stats": stats_object(answer.stats),
    }


def figures(stats: Stats) -> str:
    reused = f", {stats.reused_tokens} of them before" if stats.reused_tokens else ""
    drafted = f", {stats.accepted_tokens} of {stats.drafted_tokens} drafted" if stats.drafted_tokens else ""
    return (
        f"{stats.model}: {stats.prompt_tokens} tokens read{reused}, first word after"
        f" {stats.ttft_ms / 1000:.1f} s, {stats.answer_tokens} written at {stats.decode_tps:.0f}/s{drafted}"
    )


def place_object(locator: Locator) -> dict[str, Any]:
    return {
        "path": locator.path,
        "page": locator.page,
        "label": locator.label,
        "lines": list(locator.lines) if locator.lines else None,
        "heading": list(locator.heading),
    }


def passage_objects(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    return [
        {
            "rank": passage.rank,
            "score": round(passage.score, 4),
            "similarity": round(passage.similarity, 4),
            "title": passage.title,
            **place_object(passage.locator),
            "text": passage.text,
        }
        for passage in passages
    ]


def stats_object(stats: Stats | None) -> dict[str, Any]:
    """The figures; without an engine's, as when nothing was found, the seal alone."""
    figures = dataclasses.asdict(stats) if stats else {}
    return {key: round(value, 1) if isinstance(value, float) else value for key, value in figures.items()} | {
        "sealed": network.sealed()
    }
