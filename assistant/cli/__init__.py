"""The command line: `carrel COMMAND`. Arguments in, the façade called, text or JSON out.

Kept light: a command's module and its libraries are imported when it runs, so `--help` answers at
once. It does no work of its own beyond printing.
"""

import sys

import typer

from assistant.cli import (
    asking,
    checking,
    choosing,
    evaluating,
    keeping,
    opening,
    owning,
    remembering,
    summarizing,
)
from assistant.cli.exits import Exit

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
opening.register(app)
keeping.register(app)
owning.register(app)
asking.register(app)
summarizing.register(app)
remembering.register(app)
evaluating.register(app)
choosing.register(app)
checking.register(app)


def main() -> None:
    """The console script."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
