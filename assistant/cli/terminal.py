"""`carrel` without a command: the terminal UI. The one arrow of this package that runs up."""

from __future__ import annotations

import sys

import typer

from assistant.cli.exits import Exit, UsageError
from assistant.cli.session import ConfigOption, LibraryOption, reported


def register(app: typer.Typer) -> None:
    """Has `app` open the terminal UI when no command is given."""
    app.callback(invoke_without_command=True)(open_ui)


def open_ui(
    context: typer.Context,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Answers questions about your own notes and PDFs, with citations. Nothing leaves this machine.

    Without a command, the terminal UI opens.
    """
    if context.invoked_subcommand is not None:
        with reported(as_json=False, verbose=False):
            _refuse_early(context)
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        typer.echo(context.get_help())
        raise typer.Exit(Exit.USAGE)
    with reported(as_json=False, verbose=False):
        # pydantic, 0.05 s; textual is imported once the process is sealed.
        from assistant.config import default_library, load
        from tui.starting import start

        code = start((library or default_library()).absolute(), load(config), config)
    raise typer.Exit(code)


def _refuse_early(context: typer.Context) -> None:
    """An option before the command would be for the UI, and silently change nothing."""
    for name in ("library", "config"):
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UsageError(f"--{name} stands after the command: carrel COMMAND --{name} …")
