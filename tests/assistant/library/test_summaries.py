"""Summaries are kept per content, privately, as long as the library holds a document that has it."""

import stat
from pathlib import Path

import pytest

from assistant.library.summaries import FOLDER, SummaryFile, keep_only

LEASE, TRIP = "1" * 64, "2" * 64
"""Digests of two contents."""


def summaries(library: Path, digest: str | None = LEASE) -> SummaryFile:
    return SummaryFile(library, lambda: digest)


def files(library: Path) -> list[Path]:
    return [file for file in (library / FOLDER).iterdir() if file.name != "lock"]


def test_a_summary_is_found_again_for_its_content_alone(tmp_path: Path) -> None:
    summaries(tmp_path).put("key", "The rent is 870 euros.")
    assert summaries(tmp_path).get("key") == "The rent is 870 euros."
    assert summaries(tmp_path).get("other") is None
    assert summaries(tmp_path, TRIP).get("key") is None


def test_the_file_is_the_users_alone(tmp_path: Path) -> None:
    summaries(tmp_path).put("key", "text")
    for file in (tmp_path / FOLDER).iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_contents_that_the_library_no_longer_holds_lose_their_summaries_and_no_others(tmp_path: Path) -> None:
    for digest in (LEASE, TRIP):
        summaries(tmp_path, digest).put("key", digest)
    # As an earlier version named them, and as a killed process leaves them.
    for leftover in (f"{'3' * 32}.json", f"{TRIP}.jsonabc"):
        (tmp_path / FOLDER / leftover).write_text("text", encoding="utf-8")
    assert keep_only(tmp_path, lambda digests: {TRIP} & set(digests)) == 3
    assert summaries(tmp_path, LEASE).get("key") is None
    assert summaries(tmp_path, TRIP).get("key") == TRIP
    assert keep_only(tmp_path / "nowhere", lambda digests: set()) == 0


def test_a_document_outside_the_library_has_no_file(tmp_path: Path) -> None:
    outside = summaries(tmp_path, None)
    outside.put("key", "text")
    assert outside.get("key") == "text"
    assert not (tmp_path / FOLDER).exists()


def test_a_document_that_is_forgotten_while_it_is_summarized_leaves_nothing(tmp_path: Path) -> None:
    held: list[str | None] = [LEASE]
    running = SummaryFile(tmp_path, lambda: held[0])
    running.put("first", "text")
    held[0] = None
    assert keep_only(tmp_path, lambda digests: set()) == 1
    running.put("second", "text")
    assert files(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"4", b"\xff"])
def test_a_damaged_file_is_ignored_and_replaced(content: bytes, tmp_path: Path) -> None:
    summaries(tmp_path).put("key", "old")
    (file,) = files(tmp_path)
    file.write_bytes(content)
    damaged = summaries(tmp_path)
    assert damaged.get("key") is None
    damaged.put("key", "new")
    assert summaries(tmp_path).get("key") == "new"
