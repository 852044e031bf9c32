"""The command that answers a question from two documents: compare."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.ask import (
    ModeOption,
    StrictOption,
    make_asking,
    parse_filters,
    question_text,
    stream_answer,
)
from assistant.cli.command import command
from assistant.cli.naming import located
from assistant.cli.render.answers import answer_object, print_evidence, print_side_by_side
from assistant.cli.session import Session
from ingest.errors import NotInLibrary
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.dialogue import Answer


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app)(compare)


def compare(
    session: Session,
    first: Annotated[str, typer.Argument(metavar="A", help="A document or folder: its path or name.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another document or folder.")],
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="The question for both; - reads it from stdin.")
    ],
    mode: ModeOption = None,
    strict: StrictOption = False,
) -> None:
    """Answer a question from two documents, side by side.

    Examples:
        carrel compare lease-2023.pdf lease-2026.pdf "What is the rent?"
    """
    output = session.output
    text, selection = parse_filters(question_text(session, question))
    answers: dict[Path, Answer] = {}
    with session.open() as assistant:
        paths = [located(assistant, name) for name in (first, second)]
        for path, name in zip(paths, (first, second), strict=True):
            if not assistant.holds(path):
                raise NotInLibrary(
                    f"{name} is not in the library.",
                    remedy=f"Add it first with: carrel add {shlex.quote(name)}"
                    if path.exists()
                    else "`carrel ls` lists the documents.",
                )
        for path in paths:
            in_path = dataclasses.replace(selection, folders=(str(path.resolve()),))
            asking = make_asking(mode, strict, False, in_path)
            if output.fits_columns:
                answers[path] = stream_answer(session, assistant, text, asking, text=False)
                continue
            output.print(one_line(path.name), style="bold")
            answers[path] = stream_answer(session, assistant, text, asking)
            print_evidence(output, answers[path])
            output.print()
    if output.fits_columns:
        print_side_by_side(output, answers)
    objects = [{"path": str(path), **answer_object(answer)} for path, answer in answers.items()]
    output.print_json({"question": text, "answers": objects})
