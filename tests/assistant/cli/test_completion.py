"""`carrel completion`: what a shell is told, and that no name of a document is ever run."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.running import PATIENCE_S, Carrel, command, write
from tests.still import StillLibrary


def candidates(carrel: Carrel, *words: str) -> list[str]:
    outcome = carrel.here("completion", "bash", "--json", "--", *words, library=StillLibrary(), attached=True)
    assert outcome.code == 0
    found: list[str] = outcome.object["candidates"]
    return found


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["summ"], ["summarize"]),
        (["models", "rec"], ["recommend"]),
        (["--library", "elsewhere", "comp"], ["compare", "completion"]),
        (["ask", "--st"], ["--strict"]),
        (["ask", "What?", "--mode", "q"], ["quote"]),
        (["summarize", "a.md", "--length", ""], ["short", "medium", "long"]),
        (["history", "c"], ["c0", "c1"]),
        (["ask", "--conversation", "c1"], ["c1"]),
        (["get", "lea"], ["lease.md"]),
        (["get", '"/home/reader/notes/le'], ["/home/reader/notes/lease.md"]),
        (["forget", "x.md", "lisb"], ["lisbon.md"]),
        (["get", "lease.md", "lea"], []),
        (["add", "no"], []),
        (["ask", "How"], []),
        (["nonsense", "x"], []),
    ],
    ids=" ".join,
)
def test_what_can_follow_is_offered(carrel: Carrel, words: list[str], expected: list[str]) -> None:
    assert candidates(carrel, *words) == expected


def test_the_words_may_name_another_library(carrel: Carrel) -> None:
    write(carrel.home / "notes" / "garden.md")
    assert carrel.here("add", "notes", "--library", "other").code == 0
    words = ("--library", str(carrel.home / "other"), "get", "gar")
    assert carrel.here("completion", "bash", "--", *words).text == "garden.md\n"


def test_completion_is_silent_without_a_library_and_creates_none(carrel: Carrel) -> None:
    for words in (("get", ""), ("--library", str(carrel.home / "empty"), "get", "")):
        outcome = carrel.here("completion", "zsh", "--", *words)
        assert (outcome.code, outcome.out, outcome.err) == (0, b"", b"")
    assert not carrel.library.exists()


def test_an_unknown_shell_is_refused(carrel: Carrel) -> None:
    outcome = carrel.here("completion", "tcsh", library=StillLibrary())
    assert outcome.code == 2
    assert "The shells are bash, zsh and fish." in outcome.narration


HOSTILE = ("two words.md", "$(touch ran).md", "`touch ran`.md", "'; touch ran; '.md", "it's.md")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_inserts_names_as_text_and_runs_nothing(carrel: Carrel, shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    for name in HOSTILE:
        write(carrel.home / "notes" / name, f"# {name}\n\nText of {name} about hedges.\n")
    assert carrel.here("add", "notes").code == 0
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "carrel"
    script.write_text("#!/bin/sh\nexec " + " ".join(map(_quoted, command())) + ' "$@"\n')
    script.chmod(0o755)
    environment = carrel.environment()
    environment["PATH"] = f"{folder}:{environment['PATH']}"
    run = subprocess.run(
        [shell, "-c", _ATTEMPTS[shell]],
        cwd=carrel.home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert set(run.stdout.rstrip("\n").split("\x1f")) >= {
        str(carrel.home / "notes" / name) for name in HOSTILE
    }, run.stderr
    assert not list(carrel.home.rglob("ran"))


_ATTEMPTS = {
    # What bash inserts is read as a command line by eval, as if the person had pressed Enter.
    "bash": 'eval "$(carrel completion bash)"; COMP_WORDS=(carrel get /); COMP_CWORD=2; _carrel; '
    'for each in "${COMPREPLY[@]}"; do eval "set -- $each"; printf "%s\\037" "$@"; done',
    "zsh": "compdef() { }; compadd() { printf '%s\\037' $values; }; eval \"$(carrel completion zsh)\"; "
    "words=(carrel get /); CURRENT=3; _carrel",
    "fish": "carrel completion fish | source; complete -C 'carrel get /' | string join \\x1f",
}


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


@pytest.mark.model
def test_completion_is_fast_enough_to_wait_for(indexed: Carrel) -> None:
    start = time.monotonic()
    assert indexed("completion", "bash", "--", "get", "lea").text == "lease-agreement.pdf\n"
    assert time.monotonic() - start < 30, "a hanging completion would hang the shell"
