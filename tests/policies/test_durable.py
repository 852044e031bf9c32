"""Drafts of large files: several processes make them in one folder, and killed ones leave them there."""

import tempfile
from pathlib import Path
from typing import Any

import pytest

from policies.durable import drafting


def test_a_draft_that_another_process_removes_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = tempfile.mkdtemp
    made: list[str] = []

    def overtaken(**arguments: Any) -> str:
        """Makes a folder; others look for abandoned drafts at the moment at which the first one is made."""
        made.append(folder := str(make(**arguments)))
        if len(made) == 1:
            with drafting(tmp_path):
                pass
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", overtaken)
    with drafting(tmp_path) as folder:
        (folder / "text").write_text("whole")
        assert (folder / "text").read_text() == "whole"
    assert len(made) == 3
    assert not list(tmp_path.iterdir())
