"""Commands on the audit log: audit head, audit verify."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.command import command
from assistant.cli.exits import Exit
from assistant.cli.helping import WholeSentences
from assistant.cli.render.checks import print_verdict, verdict_object
from assistant.cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    audit = typer.Typer(
        cls=WholeSentences, help="Print the head of the audit log, or verify the log.", no_args_is_help=True
    )
    command(audit)(head)
    command(audit)(verify)
    app.add_typer(audit, name="audit")


def head(session: Session) -> Exit:
    """Print the head of the audit log: the number and code of its last entry.

    Keep it outside this computer. `carrel audit verify --head` then finds every later change to the entries
    up to it.

    Examples:
        carrel audit head
    """
    with session.open() as assistant:
        verdict = assistant.verify_audit("")
    if verdict.problems:
        print_verdict(session.output, verdict)
    else:
        session.output.print(verdict.head)
    session.output.print_json(verdict_object(verdict))
    return Exit.FAILED if verdict.problems else Exit.DONE


def verify(
    session: Session,
    earlier: Annotated[
        str,
        typer.Option(
            "--head", metavar="HEAD", help="Compare with this head, which `carrel audit head` printed."
        ),
    ] = "",
) -> Exit:
    """Check the audit log for tampering.

    It finds entries that were changed, added, removed or moved.

    Examples:
        carrel audit verify
        carrel audit verify --head "$(cat head.txt)"
    """
    with session.open() as assistant:
        verdict = assistant.verify_audit(earlier)
    print_verdict(session.output, verdict)
    session.output.print_json(verdict_object(verdict))
    return Exit.FAILED if verdict.problems else Exit.DONE
