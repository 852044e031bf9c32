"""Summaries are kept per document, privately, and deleted with it."""

import stat
from pathlib import Path

import pytest

from assistant.library.summaries import FOLDER, SummaryFile, forget


def test_a_summary_is_found_again_for_its_document_alone(tmp_path: Path) -> None:
    SummaryFile(tmp_path, "/notes/lease.md").put("key", "The rent is 870 euros.")
    assert SummaryFile(tmp_path, "/notes/lease.md").get("key") == "The rent is 870 euros."
    assert SummaryFile(tmp_path, "/notes/lease.md").get("other") is None
    assert SummaryFile(tmp_path, "/notes/trip.md").get("key") is None


def test_the_file_is_the_users_alone_and_its_name_says_nothing(tmp_path: Path) -> None:
    SummaryFile(tmp_path, "/notes/caf\udce9.md").put("key", "text")
    (file,) = (tmp_path / FOLDER).iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "caf" not in file.name


def test_forgetting_a_document_deletes_its_summaries_and_no_others(tmp_path: Path) -> None:
    for path in ("/notes/lease.md", "/notes/trip.md"):
        SummaryFile(tmp_path, path).put("key", path)
    forget(tmp_path, ["/notes/lease.md", "/notes/never-summarized.md"])
    assert SummaryFile(tmp_path, "/notes/lease.md").get("key") is None
    assert SummaryFile(tmp_path, "/notes/trip.md").get("key") == "/notes/trip.md"


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"4", b"\xff"])
def test_a_damaged_file_is_ignored_and_replaced(content: bytes, tmp_path: Path) -> None:
    SummaryFile(tmp_path, "/notes/lease.md").put("key", "old")
    (file,) = (tmp_path / FOLDER).iterdir()
    file.write_bytes(content)
    damaged = SummaryFile(tmp_path, "/notes/lease.md")
    assert damaged.get("key") is None
    damaged.put("key", "new")
    assert SummaryFile(tmp_path, "/notes/lease.md").get("key") == "new"
