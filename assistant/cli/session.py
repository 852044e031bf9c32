"""What every command shares: its options, its two streams, and the order in which it starts.

A command is a function of a `Session`. `command` gives it the options that all have (`--json`,
`--library`, `--config`, `--quiet`, `--verbose`), reads the configuration, connects to the library's
owner where there is one, seals the process, and only then lets it run; whatever goes wrong becomes a
message and an exit code here, once. What a command may have besides is its `Role`.

Data goes to stdout and narration to stderr. Both pass through `policies.hygiene`, so no text of a
document, file name or model reaches a terminal as more than text.
"""

import functools
import inspect
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec

import typer

from assistant.cli.exits import Exit, code
from policies import endpoint, network
from policies.errors import CarrelError, PolicyRefusal
from policies.hygiene import one_line, visible
from policies.process import harden

if TYPE_CHECKING:
    import socket

    from rich.console import Console
    from rich.progress import ProgressColumn

    from assistant.config import Config
    from assistant.library.facade import Assistant
    from ingest.lock import Lock

P = ParamSpec("P")

LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", envvar="CARREL_HOME", metavar="DIR", help="The library's folder."),
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="The configuration file.")
]

_OPTIONS = {
    "as_json": (
        Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else.")],
        False,
    ),
    "library": (LibraryOption, None),
    "config": (ConfigOption, None),
    "quiet": (Annotated[bool, typer.Option("--quiet", "-q", help="Only errors on stderr.")], False),
    "verbose": (Annotated[bool, typer.Option("--verbose", "-v", help="What is done, on stderr.")], False),
}


class Role(Enum):
    """What a command needs of the process it runs in."""

    READER = "reader"
    """A sealed process, and the library by way of its owner, or as its owner."""
    OWNER = "owner"
    """A sealed process that owns the library and answers others on a socket it was born with."""
    ONLINE = "online"
    """No seal until it seals itself, and no library."""


@dataclass(frozen=True, slots=True)
class Session:
    """One run of one command."""

    config: "Config"
    library: Path
    """Absolute."""
    config_file: Path | None
    """The one named on the command line; None for the default one."""
    role: Role
    lock: "Lock | None"
    """The library's, held by a command that owns it."""
    socket: "socket.socket | None"
    """An owner's listener, or the connection of a reader to the owner; None for a reader without one."""
    seal: network.Seal
    as_json: bool
    quiet: bool
    verbose: bool
    out: "Console"
    """stdout, for what is not JSON: plain when it is no terminal."""
    err: "Console"
    """stderr."""

    def open(self) -> "Assistant":
        """The library: its owner's where one answers, else owned by this process until closed.

        Raises `PolicyRefusal` for a command with a network, `LibraryBusy` when an owner does not answer.
        """
        if self.role is Role.ONLINE:
            raise PolicyRefusal("A process with a network opens no library.")
        if self.attached:
            from assistant.library.client import Client

            assert self.socket is not None
            return Client([self.socket])
        # Together 0.2 s to import: numpy, pydantic and markdown-it.
        from assistant.library.owner import Owner

        return Owner(self.library, self.config)

    @property
    def attached(self) -> bool:
        """Whether another process owns the library and answers."""
        return self.role is Role.READER and self.socket is not None

    def print(self, text: str = "", *, style: str | None = None, end: str = "\n") -> None:
        """Data for people; nothing when JSON was asked for."""
        if not self.as_json:
            self.out.print(visible(text), style=style, end=end, soft_wrap=True)

    @property
    def wide(self) -> bool:
        """Whether two columns fit what people look at."""
        return not self.as_json and self.out.is_terminal and self.out.width >= 80

    def print_beside(self, *columns: Sequence[tuple[str, str]]) -> None:
        """Columns of lines with their style, beside each other."""
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(expand=True, padding=(0, 2))
        for _ in columns:
            table.add_column(ratio=1)
        parts = ([Text(visible(line), style) for line, style in column] for column in columns)
        table.add_row(*(Text("\n").join(lines) for lines in parts))
        self.out.print(table)

    def print_json(self, value: dict[str, Any]) -> None:
        """The one object, when JSON was asked for. In ASCII: no terminal can be made to act on it."""
        if self.as_json:
            _write_json(value)

    def say(self, text: str, *, style: str | None = None) -> None:
        """Narration."""
        if not self.quiet:
            self.err.print(visible(text), style=style, soft_wrap=True)

    @contextmanager
    def progress(self, unit: str) -> Iterator[Callable[[int, int, str], None]]:
        """A bar on stderr with rate and time left, as a function of (done, total, what is at hand).

        Nothing is shown when nobody is watching.
        """
        if self.quiet or not self.err.is_terminal:
            yield lambda done, total, at_hand: None
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            _rate_column(unit),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
        )
        with Progress(*columns, console=self.err, transient=True) as bar:
            task = bar.add_task("", total=None)
            yield lambda done, total, at_hand: bar.update(
                task, completed=done, total=total, description=one_line(at_hand)[:40]
            )


def _rate_column(unit: str) -> "ProgressColumn":
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.1f} {unit}/s" if task.speed else "")

    return Rate()


def command(
    app: typer.Typer, name: str | None = None, *, role: Role = Role.READER
) -> Callable[
    [Callable[Concatenate[Session, P], Exit | None]], Callable[Concatenate[Session, P], Exit | None]
]:
    """Registers a function of a session as a command of `app`, with the shared options added."""

    def register(
        function: Callable[Concatenate[Session, P], Exit | None],
    ) -> Callable[Concatenate[Session, P], Exit | None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        shared = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
            for key, (annotation, default) in _OPTIONS.items()
        ]

        @functools.wraps(function)
        def run(**values: Any) -> None:
            options = {key: values.pop(key) for key in _OPTIONS}
            with reported(options["as_json"], options["verbose"]):
                outcome = function(_start(role=role, **options), **values)  # type: ignore[call-arg]
            raise typer.Exit(outcome or Exit.DONE)

        keyword = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        run.__signature__ = inspect.Signature([*keyword, *shared])  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *shared]}
        app.command(name)(run)
        return function

    return register


def _start(
    *, role: Role, as_json: bool, library: Path | None, config: Path | None, quiet: bool, verbose: bool
) -> Session:
    """Settings, then the sockets there will ever be, then the seal, then everything else."""
    # pydantic, 0.05 s.
    from assistant.config import default_library, load

    settings = load(config)
    folder = (library or default_library()).absolute()
    lock = socket = None
    if role is Role.ONLINE:
        harden()
        seal = network.Seal(enforced=False, detail="This command has a network, and opens no library.")
    elif role is Role.OWNER:
        from ingest.lock import Lock

        lock = Lock(folder)
        socket = endpoint.listen(folder)
        seal = network.seal(settings.network.seal, listener=socket.fileno())
    else:
        socket = endpoint.connect(folder)
        seal = network.seal(settings.network.seal, connections=[socket.fileno()] if socket else [])
    _log_to_stderr(logging.INFO if verbose else logging.ERROR if quiet else logging.WARNING)
    from rich.console import Console

    plain: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False}
    session = Session(
        config=settings,
        library=folder,
        config_file=config,
        role=role,
        lock=lock,
        socket=socket,
        seal=seal,
        as_json=as_json,
        quiet=quiet,
        verbose=verbose,
        out=Console(**plain),
        err=Console(stderr=True, **plain),
    )
    if not seal.enforced:
        session.say(seal.detail, style="bold red")
    return session


@contextmanager
def reported(as_json: bool, verbose: bool) -> Iterator[None]:
    """Turns what goes wrong into a message on stderr, the JSON object if one is due, and an exit code."""
    try:
        yield
    except CarrelError as error:
        _fail(error.message, error.remedy, code(error), as_json)
    except BrokenPipeError:
        # The reader of stdout has gone (`carrel ls | head`); nothing can be told to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(Exit.FAILED) from None
    except KeyboardInterrupt:
        _fail("Interrupted.", "", Exit.INTERRUPTED, as_json)
    except Exception as error:
        # Not the traceback: its lines may hold a document's text.
        if verbose:
            logging.getLogger("carrel").exception("unexpected")
        _fail(
            f"An unexpected error of Carrel's own: {type(error).__name__}.",
            "Run the command again with --verbose to see where, and report it.",
            Exit.FAILED,
            as_json,
        )


def _fail(message: str, remedy: str, exit_: Exit, as_json: bool) -> None:
    sys.stderr.write(visible(f"carrel: {message}{f' {remedy}' if remedy else ''}") + "\n")
    if as_json:
        failure = {"message": message, "remedy": remedy, "exit": int(exit_)}
        _write_json({"error": failure})
    raise typer.Exit(exit_)


def _write_json(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    # A reader that has gone is found out here, and not when the interpreter ends.
    sys.stdout.flush()


class _VisibleFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


def _log_to_stderr(level: int) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_VisibleFormatter("%(levelname)s %(name)s: %(message)s"))
    # Carrel's own loggers say more with --verbose; what its libraries say stays at warnings.
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
    for package in ("assistant", "ingest", "policies"):
        logging.getLogger(package).setLevel(level)
