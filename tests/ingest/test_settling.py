"""When a changed path has settled."""

import time
from pathlib import Path

import pytest

from ingest import settling
from ingest.settling import Debouncer
from ingest.sweeping import signature

SETTLE_S = 0.02


def settled(debouncer: Debouncer, *, swept: bool = True) -> list[tuple[str, str, int | None]]:
    """The paths that have settled at the next look."""
    assert debouncer.due is not None
    time.sleep(max(0.0, debouncer.due - time.monotonic()))
    return list(debouncer.settled(lambda moment: swept))


def test_a_path_that_looks_the_same_twice_has_settled(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("text")
    debouncer = Debouncer(SETTLE_S)
    debouncer.add("/source", str(path))
    assert settled(debouncer) == [("/source", str(path), signature(str(path)))]
    assert not debouncer
    assert debouncer.due is None


def test_a_path_that_has_changed_again_has_not_settled(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("text")
    debouncer = Debouncer(SETTLE_S)
    debouncer.add("/source", str(path))
    path.write_text("longer text")
    assert settled(debouncer) == []
    assert debouncer
    assert len(settled(debouncer)) == 1


def test_a_path_that_never_settles_is_reported_when_patience_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "PATIENCE_S", 0.0)
    path = tmp_path / "busy.pdf"
    path.write_text("text")
    debouncer = Debouncer(SETTLE_S)
    debouncer.add("/source", str(path))
    path.write_text("longer text")
    assert len(settled(debouncer)) == 1


def test_a_text_that_never_settles_is_reported_soon_and_then_at_a_pace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "GROWING_S", 0.0)
    path = tmp_path / "busy.log"
    path.write_text("text")
    debouncer = Debouncer(SETTLE_S)
    debouncer.add("/source", str(path))
    path.write_text("longer text")
    assert len(settled(debouncer)) == 1
    debouncer.add("/source", str(path))
    path.write_text("even longer text")
    assert settled(debouncer) == []
    monkeypatch.setattr(settling, "PACE_S", 0.0)
    path.write_text("the longest text of all")
    assert len(settled(debouncer)) == 1


def test_a_text_that_is_saved_again_and_again_is_not_reported_in_the_middle_of_a_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "GROWING_S", 0.0)
    path = tmp_path / "saved.md"
    path.write_text("the whole text")
    debouncer = Debouncer(SETTLE_S)
    debouncer.add("/source", str(path))
    for text in ("", "the whole", "the whole text"):
        path.write_text(text)
        assert settled(debouncer) == []
    assert len(settled(debouncer)) == 1


def test_a_long_text_that_settles_again_and_again_is_reported_at_a_pace(tmp_path: Path) -> None:
    path = tmp_path / "busy.log"
    path.write_text("text\n" * 100_000)
    debouncer = Debouncer(SETTLE_S)
    debouncer.add("/source", str(path))
    assert len(settled(debouncer)) == 1
    debouncer.add("/source", str(path))
    assert settled(debouncer) == []


def test_a_missing_file_settles_only_once_all_folders_were_swept(tmp_path: Path) -> None:
    debouncer = Debouncer(SETTLE_S)
    debouncer.add("/source", str(tmp_path / "gone.md"))
    assert settled(debouncer, swept=False) == []
    assert settled(debouncer) == [("/source", str(tmp_path / "gone.md"), None)]


def test_missing_files_are_waited_for_while_others_come_back(tmp_path: Path) -> None:
    first, second = str(tmp_path / "first.md"), str(tmp_path / "second.md")
    debouncer = Debouncer(0.3)
    debouncer.add("/source", second)  # Both are missing.
    debouncer.add("/source", first)
    Path(first).write_text("text")
    assert settled(debouncer) == []
    Path(second).write_text("text")
    found = settled(debouncer)
    while debouncer:
        found += settled(debouncer)
    assert {path: current is not None for _, path, current in found} == {first: True, second: True}


def test_a_file_that_does_not_come_back_is_gone_when_no_other_does(tmp_path: Path) -> None:
    first, second = str(tmp_path / "first.md"), str(tmp_path / "second.md")
    debouncer = Debouncer(SETTLE_S)
    debouncer.add("/source", second)
    debouncer.add("/source", first)
    Path(first).write_text("text")
    found = settled(debouncer)
    while debouncer:
        found += settled(debouncer)
    assert {path: current is not None for _, path, current in found} == {first: True, second: False}


def test_the_paths_of_a_forgotten_source_never_settle(tmp_path: Path) -> None:
    debouncer = Debouncer(SETTLE_S)
    for source in ("/one", "/two"):
        debouncer.add(source, str(tmp_path))
    debouncer.forget("/one")
    assert [source for source, _, _ in settled(debouncer)] == ["/two"]
