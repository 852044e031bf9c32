"""Carrel in a real terminal: sealed, with the real models, over the example notes."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import Carrel, command, owning
from tests.tui.terminal import Terminal

pytestmark = pytest.mark.model

QUESTION = "When does my lease end?"


class Tmux:
    """A tmux server with one window."""

    def __init__(self, carrel: Carrel, folder: Path) -> None:
        self._socket = folder / "tmux"
        self._env = carrel.environment({"TERM": "xterm-256color"})
        self("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", *command())

    def __call__(self, *arguments: str) -> str:
        outcome = subprocess.run(
            ["tmux", "-S", str(self._socket), *arguments],
            env=self._env,
            capture_output=True,
            text=True,
            timeout=30,
        )
        return outcome.stdout

    @property
    def screen(self) -> str:
        return self("capture-pane", "-p")

    def until(self, *texts: str, patience_s: float = 90) -> None:
        """Waits until all of these are on the screen."""
        deadline = time.monotonic() + patience_s
        while not all(text in self.screen for text in texts):
            assert time.monotonic() < deadline, f"{texts} did not appear:\n{self.screen}"
            time.sleep(0.2)


@pytest.fixture
def tmux(filled: Carrel, tmp_path: Path) -> Iterator[Tmux]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    server = Tmux(filled, tmp_path)
    yield server
    server("kill-server")


def test_a_question_in_tmux_is_answered_by_the_real_models_in_a_sealed_process(tmux: Tmux) -> None:
    tmux.until("13 documents", "SEALED")
    tmux("send-keys", QUESTION, "Enter")
    tmux.until("[1]", "passages read", "lease-agreement.pdf", "30 September 2028")
    tmux("send-keys", "Tab")
    tmux("resize-window", "-x", "80", "-y", "24")
    tmux.until("lease-agreement.pdf · page 2")
    tmux("send-keys", "F5")
    tmux.until("SEALED", "Just checked with the kernel", "sha256")
    tmux("send-keys", "p")
    tmux("resize-window", "-x", "200", "-y", "160")
    tmux.until("The library's owner:", "This screen's process:")
    counts = re.findall(r"(\d+) of (\d+) attempts refused", tmux.screen)
    assert len(counts) == 2
    assert all(refused == total for refused, total in counts)
    tmux("send-keys", "C-q")
    deadline = time.monotonic() + 20
    while tmux("list-sessions"):
        assert time.monotonic() < deadline, tmux.screen
        time.sleep(0.1)


def processes(of: int) -> list[int]:
    """The children of a process."""
    text = Path(f"/proc/{of}/task/{of}/children").read_text(encoding="ascii")
    return [int(word) for word in text.split()]


def opened(carrel: Carrel, kind: str = "xterm-256color") -> Terminal:
    env = carrel.environment({"TERM": kind})
    first, *rest = command()
    return Terminal([first, *rest], env, (120, 40))


def test_two_uis_that_start_together_on_one_library_both_open(filled: Carrel) -> None:
    environment = filled.environment({"TERM": "xterm-256color"})
    with (
        Terminal(command(), environment, (120, 40)) as one,
        Terminal(command(), environment, (120, 40)) as other,
    ):
        for terminal in (one, other):
            terminal.until("13 documents")
            terminal.quiet()
        assert (one.code, other.code) == (None, None)


@pytest.mark.parametrize("which", ["owner", "own owner", "itself"])
def test_a_killed_process_is_replaced_and_no_question_is_lost(filled: Carrel, which: str) -> None:
    def asked(terminal: Terminal, kill: Callable[[], None]) -> None:
        terminal.until("13 documents")
        terminal.quiet()
        terminal.press(*QUESTION, "enter")
        terminal.until("passages read", patience=120)
        terminal.quiet()
        terminal.press(*"What is the rent?")
        terminal.quiet()
        before = processes(terminal.pid)
        terminal.bytes = b""
        kill()
        if which == "itself":
            terminal.until("has been restarted")
        else:
            # The UI polls the owner twice a second.
            terminal.until("Press Enter to ask your question again.")
            assert b"What is the rent?" in terminal.bytes
        # The conversation is shown again once the new owner has opened the library.
        terminal.until(QUESTION)
        terminal.quiet()
        assert before[-1] not in processes(terminal.pid), "another process has taken its place"
        terminal.press("ctrl+q")
        terminal.read(20)
        assert terminal.code == 0

    if which == "owner":
        with owning(filled) as owner, opened(filled) as terminal:

            def kill() -> None:
                owner.kill()
                owner.wait()

            asked(terminal, kill)
    else:
        with opened(filled) as terminal:
            time.sleep(3.5)
            # The owner is the first child, and the UI the last.
            place = -1 if which == "itself" else 0
            asked(terminal, lambda: os.kill(processes(terminal.pid)[place], signal.SIGKILL))


def test_a_terminal_with_sixels_shows_the_page_as_a_picture(filled: Carrel) -> None:
    with opened(filled, "foot") as terminal:
        for question, answer in ((b"\x1b[c", b"\x1b[?62;4c"), (b"\x1b[16t", b"\x1b[6;20;10t")):
            while question not in terminal.bytes:
                terminal.read(10, once=True)
            terminal.send(answer)
        terminal.until("13 documents")
        terminal.quiet()
        terminal.press(*QUESTION, "enter")
        terminal.until("passages read", patience=120)
        terminal.quiet()
        terminal.press("tab", "p")
        terminal.until("\x1bP")
        terminal.quiet()
        assert terminal.bytes.count(b"\x1b\\") >= 1, "the sixel picture is complete"
        terminal.press("ctrl+q")
        terminal.read(20)
        assert terminal.code == 0


def test_a_viewer_is_started_outside_the_seal_with_the_command_of_the_configuration(filled: Carrel) -> None:
    seen = filled.home / "seen"
    viewer = filled.home / "viewer"
    viewer.write_text(
        f'#!/bin/sh\ngrep Seccomp: /proc/self/status > "{seen}"\necho "$DISPLAY $@" >> "{seen}"\n'
    )
    viewer.chmod(0o700)
    config = filled.home / "config" / "carrel" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(f'[tui]\nviewer = "{viewer} {{page}} {{path}}"\n', encoding="utf-8")
    env = filled.environment({"TERM": "xterm-256color", "DISPLAY": ":7"})
    first, *rest = command()
    try:
        with Terminal([first, *rest], env, (120, 40)) as terminal:
            terminal.until("13 documents")
            terminal.quiet()
            terminal.press("f3")
            terminal.until("lease-agreement")
            terminal.press("o")
            deadline = time.monotonic() + 30
            while not (seen.exists() and len(seen.read_text().splitlines()) == 2):
                assert time.monotonic() < deadline
                terminal.read(0.2)
            filtered, words = seen.read_text().splitlines()
            assert filtered.split()[1] == "0", "no filter: the process that starts it is not sealed"
            display, page, path = words.split(" ", 2)
            assert (display, page) == (":7", "1")
            assert Path(path).is_file()
            terminal.press("ctrl+q")
            terminal.read(20)
            assert terminal.code == 0
    finally:
        config.unlink()


def test_plain_lines_are_read_by_a_screen_reader_and_interrupts_end_nothing(filled: Carrel) -> None:
    first, *rest = command()
    env = filled.environment({"TERM": "xterm-256color"})
    with Terminal([first, *rest, "--plain-ui"], env, (120, 40)) as terminal:
        terminal.until("13 documents that questions can find.")
        terminal.until("Question or command: ")
        terminal.send(b"\x03")
        terminal.until("Type /quit to leave.")
        terminal.press("When does my lease end?", "enter")
        terminal.until("Answered.", patience=120)
        terminal.until("Source 1: ")
        terminal.until("passages read.")
        answer = terminal.bytes.decode()
        assert "30 September 2028" in answer
        assert "\x1b" not in answer, "nothing but text is written"
        assert not set(answer) & set("│╭╮╰╯─")
        terminal.press("/quit", "enter")
        terminal.until("Carrel has ended.")
        terminal.read(20)
        assert terminal.code == 0
