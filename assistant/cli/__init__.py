"""The command line: `carrel COMMAND`. It parses arguments, calls the façade, and prints text or JSON.

Commands live in one module a subject, what they print in `render`. Both are light: a command imports its
libraries when it runs, so `--help` answers at once.
"""

import sys

import typer

from assistant.cli import ask, check, evaluate, history, library, models, service, summarize, terminal
from assistant.cli.exits import Exit
from assistant.cli.session import Runtime

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
        app(obj=Runtime.of_process())
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
