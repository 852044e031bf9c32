"""The command that measures: eval."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.ask import AnswerMode, Strict, asking
from assistant.cli.exits import UsageError
from assistant.cli.session import Session, command

if TYPE_CHECKING:
    from assistant.evaluating import Outcome


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app, "eval")(evaluate)


def evaluate(
    session: Session,
    questions: Annotated[
        Path, typer.Argument(metavar="QUESTIONS.jsonl", help="A question with its answers on every line.")
    ],
    search_only: Annotated[
        bool, typer.Option("--search-only", help="Measure what is found, and answer nothing.")
    ] = False,
    mode: AnswerMode = None,
    strict: Strict = False,
    compare: Annotated[
        Path | None,
        typer.Option("--compare", metavar="RUN", help="Another run's --json, to set beside."),
    ] = None,
) -> None:
    """Measure how good the library's answers are, on questions whose answers are known."""
    from assistant import evaluating

    asked = evaluating.read(questions)
    if not asked:
        raise UsageError(f"{questions} holds no questions.")
    before = _figures_of(compare) if compare else {}
    with session.open() as assistant, session.progress("questions") as watch:
        outcomes = list(
            evaluating.run(
                assistant,
                asked,
                answering=not search_only,
                asking=asking(mode, strict, False),
                watch=lambda done, total: watch(done, total, ""),
            )
        )
    measured = evaluating.figures(outcomes)
    for name, value in measured.items():
        beside = f"  {before[name]:10.3f}  {value - before[name]:+10.3f}" if name in before else ""
        session.print(f"{name:40} {value:10.3f}{beside}")
    session.print_json({"figures": measured, "questions": [_object(each) for each in outcomes]})


def _figures_of(run: Path) -> dict[str, float]:
    try:
        return dict(json.loads(run.read_text(encoding="utf-8"))["figures"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{run} is no run that could be compared: {error}.",
            remedy="Keep one with: carrel eval QUESTIONS.jsonl --json > RUN",
        ) from error


def _object(outcome: Outcome) -> dict[str, Any]:
    from assistant.evaluating import holds, is_backed

    answer = outcome.answer
    return {
        "question": outcome.question.question,
        "rank": outcome.rank,
        **(
            {
                "answer": answer.text,
                "right": holds(answer, outcome.question),
                "backed": is_backed(answer),
                "abstained": answer.abstained,
                "confidence": round(answer.confidence, 4),
            }
            if answer
            else {}
        ),
    }
