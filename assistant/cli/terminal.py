"""`carrel` without a command opens the terminal UI. This is the only import from a lower layer to `tui`.

Its options also count for the command that follows them (`assistant.cli.command`).
"""

from __future__ import annotations

from importlib import metadata
from typing import Annotated

import typer

from assistant.cli.command import ConfigOption, LibraryOption, report_errors
from assistant.cli.exits import Exit
from assistant.cli.helping import help_text
from assistant.cli.output import Output
from assistant.cli.session import Runtime


def register(app: typer.Typer) -> None:
    """Makes `app` open the terminal UI when it is called without a command."""
    app.callback(invoke_without_command=True, help=help_text(open_ui))(open_ui)


def print_version(wanted: bool) -> None:
    """Prints the version and ends the program, if the option was given."""
    if wanted:
        typer.echo(f"carrel {metadata.version('carrel')}")
        raise typer.Exit(Exit.DONE)


def open_ui(
    context: typer.Context,
    library: LibraryOption = None,
    config: ConfigOption = None,
    plain_ui: Annotated[
        bool,
        typer.Option("--plain-ui", help="Write plain lines instead of drawing screens, for screen readers."),
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Answers questions about your own notes and PDFs, with citations, on your own machine.

    Without a command, Carrel opens its terminal UI.

    Examples:
        carrel
        carrel --plain-ui
        carrel add ~/Notes
        carrel ask "When does my lease end?"
        carrel ask --help
    """
    if context.invoked_subcommand is not None:
        return
    runtime: Runtime = context.obj
    if not (runtime.stdin.isatty() and runtime.stdout.isatty()):
        typer.echo(context.get_help())
        raise typer.Exit(Exit.USAGE)
    with report_errors(Output(runtime.stdout, runtime.stderr)):
        # pydantic, 0.05 s; textual is imported once the process is sealed.
        from assistant.config import default_library, load
        from tui.starting import start

        settings = load(config)
        plain = plain_ui or settings.tui.plain
        code = start((library or default_library()).absolute(), settings, config, plain=plain)
    raise typer.Exit(code)
