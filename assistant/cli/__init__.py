"""The command line: `carrel COMMAND`. Arguments in, the façade called, text or JSON out.

Kept light: a command's module and its libraries are imported when it runs, so `--help` answers at
once. It does no work of its own beyond printing.
"""

import sys

import typer

from assistant.cli import ask, check, evaluate, history, library, models, service, summarize, terminal
from assistant.cli.exits import Exit

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
terminal.register(app)
library.register(app)
service.register(app)
ask.register(app)
summarize.register(app)
history.register(app)
evaluate.register(app)
models.register(app)
check.register(app)


def main() -> None:
    """The console script."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
