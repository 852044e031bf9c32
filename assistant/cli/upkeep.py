"""Commands that keep a library whole: check."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from assistant.cli.command import command
from assistant.cli.exits import Exit
from assistant.cli.render.checks import print_checks
from assistant.cli.session import Role, Session


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    command(app, role=Role.ALONE)(check)


def check(
    session: Session,
    read_data: Annotated[
        bool,
        typer.Option("--read-data", help="Also read all texts, words, vectors, answers and your files."),
    ] = False,
) -> Exit:
    """Check that the library is whole, and say what to do about what is not.

    Nothing is changed, and the library may be in use. With --read-data, every text is compared with the code
    that it was stored with, the index with its words, and your files with what was read from them.

    Examples:
        carrel check
        carrel check --read-data
    """
    # 0.3 s: numpy and pydantic.
    from assistant.doctor import Severity
    from assistant.verifying import verify

    session.confine()
    results = []
    for result in verify(session.config, session.library, read_data=read_data):
        print_checks(session.output, [result])
        results.append(result)
    damaged = any(result.severity is Severity.BROKEN for result in results)
    session.output.print_json(
        {"checks": [dataclasses.asdict(result) for result in results], "damaged": damaged}
    )
    return Exit.FAILED if damaged else Exit.DONE
