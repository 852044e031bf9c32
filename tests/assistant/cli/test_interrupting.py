"""Ctrl-C at any moment: no traceback of the command or of its children, and the exit code for it."""

import os
import signal
import subprocess
import time

import pytest

from tests.running import PATIENCE_S, Carrel, command, write

START_S = 0.08
"""Before this, the interpreter itself is starting, and none of Carrel's code has run."""


def interrupted(carrel: Carrel, *arguments: str, after_s: float) -> subprocess.CompletedProcess[bytes]:
    """A command in a process group of its own, all of which gets SIGINT, as from a terminal."""
    process = subprocess.Popen(
        [*command(), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=carrel.home,
        env=carrel.environment(),
        start_new_session=True,
    )
    time.sleep(after_s)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@pytest.mark.parametrize(
    "arguments", [("--help",), ("ls",), ("add", "notes"), ("policy", "prove")], ids=lambda words: words[0]
)
def test_an_interrupted_command_shows_no_traceback(carrel: Carrel, arguments: tuple[str, ...]) -> None:
    for number in range(40):
        write(carrel.home / "notes" / f"{number}.md", f"# Note {number}\n\n" + "The hedge is cut. " * 200)
    codes = set()
    for step in range(8):
        run = interrupted(carrel, *arguments, after_s=START_S * 1.6**step)
        assert b"Traceback" not in run.stderr, run.stderr.decode()
        assert b"Exception" not in run.stderr, run.stderr.decode()
        said = run.stderr.splitlines()[-1:]
        # At its start and its end the signal ends the process, which then has nothing to say about it.
        assert run.returncode <= 0 or not said or said[0].startswith(b"carrel: Interrupted."), (
            run.stderr.decode()
        )
        codes.add(run.returncode)
    assert codes <= {0, 130, -signal.SIGINT}
    assert codes - {0}, "at least one of them was interrupted"


def test_a_background_job_that_ignores_ctrl_c_goes_on_ignoring_it(carrel: Carrel) -> None:
    shell = f"trap '' INT; exec {' '.join(map(_quoted, command()))} ls"
    process = subprocess.Popen(
        ["sh", "-c", shell],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=carrel.home,
        env=carrel.environment(),
        start_new_session=True,
    )
    for _ in range(4):
        time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"
