"""The manual pages."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli.manual import escaped
from tests.running import ROOT
from tests.test_docs import command_names


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages, as the build of the documentation makes them."""
    folder = tmp_path_factory.mktemp("manual")
    subprocess.run([sys.executable, "-m", "assistant.cli.manual", folder], cwd=ROOT, check=True, timeout=120)
    return folder


def test_every_command_has_a_page_with_its_options_and_examples(folder: Path) -> None:
    for name in command_names():
        text = (folder / f"carrel-{name.replace(' ', '-')}.1").read_text(encoding="utf-8")
        for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES"):
            assert f".SH {heading}\n" in text, name
        assert "\\-\\-library DIR" in text
    assert ".B summarize" in (folder / "carrel.1").read_text(encoding="utf-8")


def test_no_text_is_taken_for_a_request_of_roff(folder: Path) -> None:
    assert escaped(".SH evil") == "\\&.SH evil"
    assert escaped("a\\b -c") == "a\\eb \\-c"
    known = re.compile(r"\.(TH|nh|ad l|SH|B|TP|PP|nf|fi)\b|$")
    for page in folder.iterdir():
        for line in page.read_text(encoding="utf-8").splitlines():
            assert not line.startswith((".", "'")) or known.match(line), line


def test_man_shows_a_page_without_a_warning(folder: Path) -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    run = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", folder / "carrel-ask.1"], capture_output=True, timeout=60
    )
    assert run.stderr == b""
    assert b"Continue the last conversation" in run.stdout
    assert b'title:"Annual report"' in b" ".join(run.stdout.split()), "no filter is hyphenated"
