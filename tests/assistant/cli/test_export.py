"""`--html` and `--markdown`: a confined command writes the one file that was named, whole or not at all."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from assistant.cli.exits import Exit
from tests.running import PATIENCE_S, Carrel, command

QUESTION = "How much is the deposit for the flat?"


@pytest.mark.model
def test_an_answer_and_its_conversation_are_written_with_the_quoted_page(
    filled: Carrel, tmp_path: Path
) -> None:
    asked = filled(
        "ask", QUESTION, "--conversation", "flat", "--html", "a.html", "--markdown", "a.md", cwd=tmp_path
    )
    assert asked.code == 0, asked.narration
    assert "Written to a.html" in asked.narration
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "2,226.00 euros" in page
    assert "lease-agreement.pdf, page 3" in page
    assert 'src="data:image/png;base64,' in page
    assert "<script" not in page
    assert "2,226.00 euros" in (tmp_path / "a.md").read_text(encoding="utf-8")
    assert (tmp_path / "a.html").stat().st_mode & 0o077 == 0, "what documents say is private"
    again = filled("history", "flat", "--html", "a.html", cwd=tmp_path)
    assert again.code == Exit.USAGE
    assert "There is already a file a.html. Add --force to replace it." in again.narration
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == page
    assert filled("history", "flat", "--html", "a.html", "--force", cwd=tmp_path).code == 0
    assert "2,226.00 euros" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert not list(tmp_path.glob(".a.*")), "no draft is left"


@pytest.mark.model
def test_a_summary_is_written(filled: Carrel, tmp_path: Path) -> None:
    file = next(filled.home.rglob("visits.md"))
    made = filled("summarize", file, "--html", "s.html", "--markdown", "s.md", cwd=tmp_path)
    assert made.code == 0, made.narration
    for name in ("s.html", "s.md"):
        assert "128 over 82" in (tmp_path / name).read_text(encoding="utf-8")
    refused = filled("summarize", file.parent, "--html", "folder.html", cwd=tmp_path)
    assert refused.code == Exit.USAGE


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("nowhere/a.html", "There is no folder"),
        (".", "is a folder"),
        ("taken.html", "There is already a file taken.html."),
        ("sealed/a.html", "You may not write to"),
    ],
)
def test_a_place_that_cannot_be_written_is_said_before_anything_is_done(
    carrel: Carrel, file: str, words: str
) -> None:
    (carrel.home / "taken.html").write_text("mine")
    (carrel.home / "sealed").mkdir(mode=0o500)
    if file.startswith("sealed") and os.access(carrel.home / "sealed", os.W_OK):
        pytest.skip("this user may write everywhere")
    outcome = carrel("ask", "What?", "--html", file)
    assert (outcome.code, outcome.out) == (Exit.USAGE, b"")
    assert words in outcome.narration
    assert not carrel.library.exists()
    assert (carrel.home / "taken.html").read_text() == "mine"


def test_a_link_in_place_of_the_file_is_not_followed_without_force(carrel: Carrel) -> None:
    target = carrel.home / "target"
    target.write_text("mine")
    (carrel.home / "link.html").symlink_to(target)
    assert carrel("history", "x", "--html", "link.html").code == Exit.USAGE
    assert target.read_text() == "mine"


def test_a_command_that_fails_or_is_interrupted_leaves_no_file(carrel: Carrel) -> None:
    assert carrel("history", "nothing", "--html", "a.html").code == Exit.USAGE
    process = subprocess.Popen(
        [*command(), "ask", "What?", "--html", "a.html"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=carrel.home,
        env=carrel.environment(),
        start_new_session=True,
    )
    time.sleep(1.0)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    left = [file for file in carrel.home.iterdir() if "a.html" in file.name]
    assert left == [] or process.returncode == 0
    assert all(isinstance(file, Path) and not file.name.startswith(".") for file in left)
