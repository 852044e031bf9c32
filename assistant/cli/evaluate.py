"""The command that measures the quality of answers: eval."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.ask import ModeOption, StrictOption, make_asking
from assistant.cli.command import command
from assistant.cli.exits import UsageError
from assistant.cli.render.evaluation import outcome_object, print_figures
from assistant.cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app, "eval")(evaluate)


def evaluate(
    session: Session,
    questions: Annotated[
        Path,
        typer.Argument(
            metavar="QUESTIONS.jsonl",
            help="A file with one JSON object per line: a question and its answers.",
        ),
    ],
    search_only: Annotated[
        bool, typer.Option("--search-only", help="Measure retrieval only, without generating answers.")
    ] = False,
    mode: ModeOption = None,
    strict: StrictOption = False,
    compare: Annotated[
        Path | None,
        typer.Option("--compare", metavar="RUN.json", help="Compare with the saved --json output of a run."),
    ] = None,
) -> None:
    """Measure the answers to questions that you know the answers to.

    Examples:
        carrel eval questions.jsonl
        carrel eval questions.jsonl --json > RUN.json
        carrel eval questions.jsonl --compare RUN.json
    """
    from assistant import evaluating

    cases = evaluating.read_questions(questions)
    if not cases:
        raise UsageError(f"{questions} contains no questions.")
    before = _figures_in(compare) if compare else {}
    with session.open() as assistant, session.output.progress("questions") as show_progress:
        outcomes = list(
            evaluating.run(
                assistant,
                cases,
                answering=not search_only,
                asking=make_asking(mode, strict, False),
                watch=lambda done, total: show_progress(done, total, ""),
            )
        )
    figures = evaluating.figures(outcomes)
    print_figures(session.output, figures, before)
    session.output.print_json(
        {"figures": figures, "questions": [outcome_object(outcome) for outcome in outcomes]}
    )


def _figures_in(run: Path) -> dict[str, float]:
    """The figures of a saved run. Raises `UsageError` if the file is not one."""
    try:
        return dict(json.loads(run.read_text(encoding="utf-8"))["figures"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{run} is not a saved run: {error}.",
            remedy="Save a run with: carrel eval QUESTIONS.jsonl --json > RUN.json",
        ) from error
