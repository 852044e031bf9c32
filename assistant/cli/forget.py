"""The command that erases documents and prints the receipt."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.command import command
from assistant.cli.exits import Exit
from assistant.cli.naming import located
from assistant.cli.render.receipts import forgotten_object, print_forgotten
from assistant.cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app)(forget)


def forget(
    session: Session,
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH|NAME", help="Documents, folders, or sources: their paths or names."),
    ],
) -> Exit:
    """Erase documents, their copies and what was made from them.

    The printed receipt lists what was erased and what is kept on purpose. The files themselves stay.

    Examples:
        carrel forget ~/Notes/diary.md
        carrel forget ~/Notes/old --json
    """
    with session.open() as assistant:
        places = [located(assistant, path) for path in paths]
        receipts = [assistant.forget(place) for place in places]
    for receipt in receipts:
        print_forgotten(session.output, receipt)
    session.output.print_json({"receipts": [forgotten_object(receipt) for receipt in receipts]})
    failed = any(receipt.unfinished or receipt.erased_nothing for receipt in receipts)
    return Exit.FAILED if failed else Exit.DONE
