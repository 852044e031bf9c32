"""All commands, put together, and one run of the program with its streams and its exit code."""

import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout

import typer

from assistant.cli import (
    ask,
    audit,
    check,
    collection,
    compare,
    completion,
    contents,
    encryption,
    evaluate,
    forget,
    get,
    history,
    library,
    mcp,
    models,
    serve,
    service,
    summarize,
    terminal,
    upkeep,
)
from assistant.cli.exits import Exit
from assistant.cli.helping import HELP_OPTIONS, WholeSentences
from assistant.cli.output import VisibleStream
from assistant.cli.session import Runtime, discard_stdout

app = typer.Typer(
    cls=WholeSentences,
    context_settings=HELP_OPTIONS,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
terminal.register(app)
library.register(app)
forget.register(app)
collection.register(app)
get.register(app)
service.register(app)
mcp.register(app)
serve.register(app)
ask.register(app)
compare.register(app)
summarize.register(app)
history.register(app)
contents.register(app)
evaluate.register(app)
models.register(app)
check.register(app)
upkeep.register(app)
encryption.register(app)
audit.register(app)
completion.register(app)


def run(arguments: Sequence[str], runtime: Runtime) -> int:
    """Runs one command line, without the name of the program, and returns its exit code."""
    with redirect_stdout(runtime.stdout), redirect_stderr(VisibleStream(runtime.stderr)):
        try:
            app(list(arguments), prog_name="carrel", obj=runtime)
        except SystemExit as end:
            return int(end.code or Exit.DONE)
        except KeyboardInterrupt:
            return int(Exit.INTERRUPTED)
    return int(Exit.DONE)


def main() -> int:
    """Runs the command line of this process and returns its exit code."""
    try:
        code = run(sys.argv[1:], Runtime.of_process())
        sys.stdout.flush()
    except BrokenPipeError:
        # Else the interpreter reports it when it exits.
        discard_stdout()
        return int(Exit.FAILED)
    except OSError as error:
        discard_stdout()
        sys.stderr.write(f"carrel: The output cannot be written: {error.strerror}.\n")
        return int(Exit.FAILED)
    return code
