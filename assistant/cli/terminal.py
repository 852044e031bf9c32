"""`carrel` without a command opens the terminal UI. This is the only import from a lower layer to `tui`."""

from __future__ import annotations

import typer

from assistant.cli.command import ConfigOption, LibraryOption, report_errors
from assistant.cli.exits import Exit, UsageError
from assistant.cli.output import Output
from assistant.cli.session import Runtime


def register(app: typer.Typer) -> None:
    """Makes `app` open the terminal UI when it is called without a command."""
    app.callback(invoke_without_command=True)(open_ui)


def open_ui(
    context: typer.Context,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Answers questions about your own notes and PDFs, with citations. Nothing leaves this machine.

    Without a command, Carrel opens its terminal UI.
    """
    runtime: Runtime = context.obj
    output = Output(runtime.stdout, runtime.stderr)
    if context.invoked_subcommand is not None:
        with report_errors(output):
            _refuse_misplaced_options(context)
        return
    if not (runtime.stdin.isatty() and runtime.stdout.isatty()):
        typer.echo(context.get_help())
        raise typer.Exit(Exit.USAGE)
    with report_errors(output):
        # pydantic, 0.05 s; textual is imported once the process is sealed.
        from assistant.config import default_library, load
        from tui.starting import start

        code = start((library or default_library()).absolute(), load(config), config)
    raise typer.Exit(code)


def _refuse_misplaced_options(context: typer.Context) -> None:
    """Raises `UsageError` for an option before the command: it would apply to the UI and have no effect."""
    for name in ("library", "config"):
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UsageError(
                f"The option --{name} must come after the command.",
                remedy=f"For example: carrel {context.invoked_subcommand} --{name} …",
            )
