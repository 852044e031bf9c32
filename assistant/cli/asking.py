"""Commands that ask: ask, search, summarize."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.exits import UsageError
from assistant.cli.session import Session, command
from policies import network
from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.dialogue import Answer, Passage, Summary
    from assistant.engine import Stats
    from ingest.documents import Locator


GpuLayers = Annotated[
    int | None, typer.Option("--gpu-layers", min=-1, help="Layers on GPUs, over `models.gpu_layers`.")
]
Device = Annotated[str | None, typer.Option("--device", help="The GPU to use, over `models.device`.")]
CpuMoe = Annotated[bool | None, typer.Option("--cpu-moe", help="Over `models.cpu_moe`.")]


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    for function in (ask, search, summarize):
        command(app)(function)


def ask(
    session: Session,
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="In your own words; - reads it from stdin.")
    ],
    gpu_layers: GpuLayers = None,
    device: Device = None,
    cpu_moe: CpuMoe = None,
) -> None:
    """Answer a question from the library, with citations."""
    from assistant.dialogue import Answer, Found, Piece

    session = _computed_on(session, gpu_layers, device, cpu_moe)
    with session.open() as assistant:
        for event in assistant.ask(_given(question)):
            match event:
                case Found(search):
                    session.say(
                        f"reading {len(search.passages)} passages ({search.took_ms:.0f} ms)", style="dim"
                    )
                case Piece(text):
                    session.print(text, end="")
                case Answer():
                    _print_answer(session, event)
    if session.err.is_terminal:
        # 0.1 s, and only where somebody is looking.
        from assistant.models.tuning import offered

        if not offered():
            session.say("This machine may answer faster after: carrel models tune")


def _print_answer(session: Session, answer: Answer) -> None:
    session.print()
    session.print()
    if answer.abstained and answer.passages:
        session.print("The nearest passages:")
        for passage in answer.passages:
            session.print(f"  {place(passage.locator)}", style="dim")
    for citation in answer.citations:
        session.print(f"[{citation.marker}] {place(citation.locator)}", style="bold")
        session.print(f"    {_quoted(citation.quote)}")
    if answer.left_out:
        session.say(f"{answer.left_out} passages found did not fit the prompt", style="dim")
    if answer.stats:
        session.say(_figures(answer.stats), style="dim")
    session.print_json(
        {
            "question": answer.question,
            "answer": answer.text,
            "abstained": answer.abstained,
            "citations": [
                {"marker": citation.marker, **_place_object(citation.locator), "quote": citation.quote}
                for citation in answer.citations
            ],
            "passages": _passage_objects(answer.passages),
            "left_out": answer.left_out,
            "stats": _stats_object(answer.stats),
        }
    )


def search(
    session: Session,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words or a question.")],
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 5,
) -> None:
    """Show the passages that fit a query best."""
    with session.open() as assistant:
        found = assistant.search(_given(query), k)
    for passage in found.passages:
        session.print(f"{passage.rank}. {place(passage.locator)}  ({passage.score:.3f})", style="bold")
        session.print(f"   {_quoted(passage.text)}")
    if not found.passages:
        session.say("The library holds nothing to search yet: carrel add FOLDER")
    session.print_json(
        {
            "query": found.query,
            "passages": _passage_objects(found.passages),
            "took_ms": round(found.took_ms, 1),
        }
    )


def summarize(
    session: Session,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Any file, in the library or not; - reads stdin.")
    ],
    gpu_layers: GpuLayers = None,
    device: Device = None,
    cpu_moe: CpuMoe = None,
) -> None:
    """Summarize a whole document, section by section."""
    # 0.3 s: the parsers and numpy.
    from assistant.dialogue import Summary
    from assistant.oneshot import read_document, read_text, summarize

    session = _computed_on(session, gpu_layers, device, cpu_moe)
    if file == "-":
        document = read_text(sys.stdin.buffer.read())
    else:
        document = read_document(Path(file), session.config)
    with session.progress("sections") as watch:
        for event in summarize(document, session.config, library=session.library):
            if isinstance(event, Summary):
                summary = event
            else:
                watch(event.done, event.total, " › ".join(event.heading) or document.title)
    _print_summary(session, summary, "-" if file == "-" else document.path)


def _print_summary(session: Session, summary: Summary, path: str) -> None:
    session.print(summary.text)
    if len(summary.sections) > 1:
        for section in summary.sections:
            session.print()
            session.print(_section_place(section.heading, section.pages, section.lines), style="bold")
            session.print(section.summary)
    session.say(_figures(summary.stats), style="dim")
    session.print_json(
        {
            "path": path,
            "summary": summary.text,
            "sections": [
                {
                    "heading": list(section.heading),
                    **({"pages": list(section.pages)} if section.pages else {}),
                    **({"lines": list(section.lines)} if section.lines else {}),
                    "summary": section.summary,
                }
                for section in summary.sections
            ],
            "stats": _stats_object(summary.stats),
        }
    )


def place(locator: Locator) -> str:
    """Where a quote stands, in words."""
    parts = [locator.path]
    if locator.page is not None:
        parts.append(f"page {locator.label or locator.page}")
    elif locator.lines is not None:
        first, last = locator.lines
        parts.append(f"line {first}" if first == last else f"lines {first}-{last}")
    if locator.heading:
        parts.append(" › ".join(locator.heading))
    return one_line(", ".join(parts))


def _section_place(
    heading: Sequence[str], pages: tuple[int, int] | None, lines: tuple[int, int] | None
) -> str:
    spans = {"pages": pages, "lines": lines}
    where = ", ".join(f"{unit} {span[0]}-{span[1]}" for unit, span in spans.items() if span)
    return one_line(" · ".join(filter(None, (" › ".join(heading), where))))


def _quoted(text: str) -> str:
    """On one line, as a person would copy it."""
    return " ".join(text.split())


def _computed_on(
    session: Session, gpu_layers: int | None, device: str | None, cpu_moe: bool | None
) -> Session:
    """The session with what the command line sets over the configuration."""
    given = {"gpu_layers": gpu_layers, "device": device, "cpu_moe": cpu_moe}
    over = {key: value for key, value in given.items() if value is not None}
    if over and session.attached:
        raise UsageError(
            "Another process owns the library and has its own devices.",
            remedy="Set models.gpu_layers, models.device or models.cpu_moe, and start it again.",
        )
    models = session.config.models.model_copy(update=over)
    return dataclasses.replace(session, config=session.config.model_copy(update={"models": models}))


def _given(text: str) -> str:
    """A question as typed, or from stdin; raises `UsageError` when there is none."""
    given = sys.stdin.buffer.read() if text == "-" else os.fsencode(text)
    question = given.decode("utf-8", "replace")
    if not question.strip():
        raise UsageError(
            "The question is empty.", remedy='Ask something: carrel ask "When does my lease end?"'
        )
    return question.strip()


def _figures(stats: Stats) -> str:
    reused = f", {stats.reused_tokens} of them before" if stats.reused_tokens else ""
    drafted = f", {stats.accepted_tokens} of {stats.drafted_tokens} drafted" if stats.drafted_tokens else ""
    return (
        f"{stats.model}: {stats.prompt_tokens} tokens read{reused}, first word after"
        f" {stats.ttft_ms / 1000:.1f} s, {stats.answer_tokens} written at {stats.decode_tps:.0f}/s{drafted}"
    )


def _place_object(locator: Locator) -> dict[str, Any]:
    return {
        "path": locator.path,
        "page": locator.page,
        "label": locator.label,
        "lines": list(locator.lines) if locator.lines else None,
        "heading": list(locator.heading),
    }


def _passage_objects(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    return [
        {
            "rank": passage.rank,
            "score": round(passage.score, 4),
            "similarity": round(passage.similarity, 4),
            "title": passage.title,
            **_place_object(passage.locator),
            "text": passage.text,
        }
        for passage in passages
    ]


def _stats_object(stats: Stats | None) -> dict[str, Any]:
    """The figures; without an engine's, as when nothing was found, the seal alone."""
    figures = dataclasses.asdict(stats) if stats else {}
    return {key: round(value, 1) if isinstance(value, float) else value for key, value in figures.items()} | {
        "sealed": network.sealed()
    }
