"""The command line: `carrel COMMAND`. Arguments in, the façade called, text or JSON out.

Kept light: a command's module and its libraries are imported when it runs, so `--help` answers at
once. It does no work of its own beyond printing.
"""

import sys

import typer

from assistant.cli import asking, checking, choosing, evaluating, keeping, owning, remembering, summarizing
from assistant.cli.exits import Exit

app = typer.Typer(
    help="Answers questions about your own notes and PDFs, with citations. Nothing leaves this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
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
