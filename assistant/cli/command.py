"""How a function becomes a command: the shared options, the start of a session, and errors as exit codes.

`command` adds the options that every command has (`--json`, `--library`, `--config`, `--quiet`,
`--verbose`), starts a `Session` and runs the function. `report_errors` turns every exception into one
message and one exit code, so commands only raise.
"""

import functools
import inspect
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec, TextIO

import typer

from assistant.cli.exits import Exit, exit_code
from assistant.cli.helping import PlainCommand, help_text
from assistant.cli.output import Output, OutputFailed
from assistant.cli.session import Role, Runtime, Session, discard_stdout
from policies.errors import CarrelError
from policies.hygiene import visible

P = ParamSpec("P")

PassphraseOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="Read the passphrase from the first line of this file; - is stdin.",
    ),
]
LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", envvar="CARREL_HOME", metavar="DIR", help="Use the library in this folder."),
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Read this configuration file.")
]

_PACKAGES = ("assistant", "ingest", "policies")
"""Packages whose loggers follow `--quiet` and `--verbose`."""


@dataclass(frozen=True, slots=True)
class Options:
    """The values of the options that every command has."""

    as_json: bool
    library: Path | None
    config: Path | None
    passphrase_file: Path | None
    quiet: bool
    verbose: bool

    @property
    def log_level(self) -> int:
        """The level from which Carrel's own log messages are shown."""
        return logging.INFO if self.verbose else logging.ERROR if self.quiet else logging.WARNING


_OPTIONS = {
    "as_json": (
        Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")],
        False,
    ),
    "library": (LibraryOption, None),
    "config": (ConfigOption, None),
    "passphrase_file": (PassphraseOption, None),
    "quiet": (Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors on stderr.")], False),
    "verbose": (Annotated[bool, typer.Option("--verbose", "-v", help="Log every step on stderr.")], False),
}


def command(
    app: typer.Typer,
    name: str | None = None,
    *,
    role: Role = Role.READER,
    library_named: Callable[[Mapping[str, Any]], Path | None] = lambda values: None,
) -> Callable[
    [Callable[Concatenate[Session, P], Exit | None]], Callable[Concatenate[Session, P], Exit | None]
]:
    """Registers a function of a session as a command of `app`, with the shared options added.

    name: the command's name; None for the function's name.
    library_named: the library that the command's own arguments name, if they do.
    """

    def register(
        function: Callable[Concatenate[Session, P], Exit | None],
    ) -> Callable[Concatenate[Session, P], Exit | None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        shared = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
            for key, (annotation, default) in _OPTIONS.items()
        ]

        @functools.wraps(function)
        def run(context: typer.Context, **values: Any) -> None:
            options = _options(context, values, library_named(values))
            runtime: Runtime = context.obj
            output = Output(runtime.stdout, runtime.stderr, options.as_json, options.quiet, options.verbose)
            with _log_to(runtime.stderr, options.log_level), report_errors(output, verbose=options.verbose):
                session = start(options, role, runtime, output)
                with session.ending:
                    outcome = function(session, **values)  # type: ignore[call-arg]
            raise typer.Exit(outcome or Exit.DONE)

        context_parameter = inspect.Parameter(
            "context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context
        )
        keyword = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        parameters = [context_parameter, *keyword, *shared]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        app.command(name, cls=PlainCommand, help=help_text(function))(run)
        return function

    return register


def _options(context: typer.Context, values: dict[str, Any], library: Path | None) -> Options:
    """The shared options, taken out of a command's values. One typed before the command counts for it.

    library: takes precedence over the option; None if nothing else names a library.
    """
    root = context.find_root()
    for key in ("library", "config"):
        if not _is_typed(context, key) and _is_typed(root, key):
            values[key] = root.params[key]
    shared = {key: values.pop(key) for key in _OPTIONS}
    return Options(**(shared | ({"library": library} if library else {})))


def _is_typed(context: Any, key: str) -> bool:
    """Whether the person typed this option, at this level of the command line."""
    source = context.get_parameter_source(key)
    return source is not None and source.name == "COMMANDLINE"


def start(options: Options, role: Role, runtime: Runtime, output: Output) -> Session:
    """Reads the configuration, unlocks an encrypted library if the command will own it, connects and seals.

    Says so if the kernel does not enforce the seal. Raises `NoLibrary` if the folder holds other things.
    """
    # pydantic, 0.05 s.
    from assistant.config import default_library, load
    from assistant.library.unlocking import Passphrases, is_owned, prepare
    from ingest.lock import require_library

    config = load(options.config)
    library = (options.library or default_library()).absolute()
    require_library(library)
    passphrases = Passphrases(options.passphrase_file, runtime.stdin)
    opens = role not in (Role.ALONE, Role.ONLINE) and library.is_dir()
    if opens and not is_owned(library, join_commands=role is Role.READER):
        prepare(library, passphrases, keyring=True)
    connection = runtime.connect(role, library, config, output.note)
    if not connection.seal.enforced:
        output.note(connection.seal.detail, style="bold red")
    return Session(config, library, options.config, connection, output, runtime.stdin, passphrases)


@contextmanager
def report_errors(output: Output, *, verbose: bool = False) -> Iterator[None]:
    """Turns an exception into a message on stderr, the JSON object if one is due, and an exit code.

    verbose: whether the traceback of an unexpected exception is logged. Raises `typer.Exit`.
    """
    try:
        yield
    except CarrelError as error:
        code, message, remedy = exit_code(error), error.message, error.remedy
        if isinstance(error, OutputFailed):
            discard_stdout()
    except BrokenPipeError:
        # The reader of stdout has exited, so no message can reach it.
        discard_stdout()
        raise typer.Exit(Exit.FAILED) from None
    except KeyboardInterrupt:
        code, message, remedy = Exit.INTERRUPTED, "Interrupted.", ""
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        # Without --verbose no traceback: its lines may contain text of a document.
        if verbose:
            logging.getLogger("carrel").exception("unexpected error")
        code, message = Exit.FAILED, f"Carrel failed unexpectedly ({type(error).__name__})."
        remedy = "This is a bug. Run the command again with --verbose and report what it prints."
    else:
        return
    output.report_error(message, remedy, int(code))
    raise typer.Exit(code)


class _VisibleFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


@contextmanager
def _log_to(stream: TextIO, level: int) -> Iterator[None]:
    """Logs to `stream` while a command runs: Carrel's packages from `level`, libraries from warnings."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_VisibleFormatter("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    before = {logger: logger.level for logger in (root, *map(logging.getLogger, _PACKAGES))}
    root.addHandler(handler)
    root.setLevel(max(level, logging.WARNING))
    for package in _PACKAGES:
        logging.getLogger(package).setLevel(level)
    try:
        yield
    finally:
        root.removeHandler(handler)
        for logger, level_before in before.items():
            logger.setLevel(level_before)
