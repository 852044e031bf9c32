"""A survey of a folder before it becomes a source."""

from pathlib import Path

import pytest

from ingest import survey
from ingest.errors import IngestError


def test_files_are_counted_by_type_and_skipped_ones_by_reason(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("one", encoding="utf-8")
    (tmp_path / "b.MD").write_text("four", encoding="utf-8")
    (tmp_path / "big.txt").write_text("x" * 200, encoding="utf-8")
    (tmp_path / "film.mp4").write_bytes(b"\0")
    (tmp_path / ".hidden.md").write_text("hidden", encoding="utf-8")
    (last,) = survey.survey(tmp_path, max_file_bytes=100)
    assert (last.files, last.bytes, last.types, last.done) == (2, 7, {".md": (2, 7)}, True)
    assert sum(last.skipped.values()) == 2
    assert any("mp4" in reason for reason in last.skipped)


def test_reports_come_every_few_hundred_files_and_are_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey, "REPORT_EVERY", 2)
    for number in range(5):
        (tmp_path / f"{number}.md").write_text("x", encoding="utf-8")
    reports = list(survey.survey(tmp_path, max_file_bytes=100))
    assert [(report.files, report.done) for report in reports] == [(2, False), (4, False), (5, True)]


def test_a_cancelled_survey_ends_without_a_last_report(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("x", encoding="utf-8")
    assert not list(survey.survey(tmp_path, max_file_bytes=100, cancelled=lambda: True))


def test_a_folder_that_is_not_there_cannot_be_surveyed(tmp_path: Path) -> None:
    with pytest.raises(IngestError):
        list(survey.survey(tmp_path / "nowhere", max_file_bytes=100))


def test_subfolders_are_visible_folders_by_name_without_links(tmp_path: Path) -> None:
    for name in ("b", "A", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "b")
    assert survey.subfolders(tmp_path) == [tmp_path / "A", tmp_path / "b"]
    assert survey.subfolders(tmp_path / "nowhere") == []
