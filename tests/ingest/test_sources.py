"""Which files of a source a walk yields or skips, and the plan that is made of them."""

import os
from pathlib import Path

import pytest

from ingest import sources
from ingest.errors import IngestError
from ingest.listing import Listing, Rules, list_folder
from ingest.opening import Root, Stamp, read_file
from ingest.sources import Candidate, Skipped, outermost, plan, walk
from tests.walking import listed, skipped, within, write


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


def test_files_come_before_folders_both_by_name(notes: Path) -> None:
    for name in ("b.md", "a.md", "z/c.md", "d/e/f.md", "d/a.md"):
        write(notes / name)
    assert listed(notes) == ["a.md", "b.md", "d/a.md", "d/e/f.md", "z/c.md"]


def test_a_single_file_is_a_source(notes: Path) -> None:
    path = write(notes / ".hidden" / "a.md")
    (entry,) = walk(str(path))
    info = path.stat()
    assert entry == Candidate(str(path), 4, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)


def test_a_missing_source_is_an_error_and_not_an_empty_source(notes: Path) -> None:
    with pytest.raises(IngestError, match="no such file or folder"):
        list(walk(str(notes / "missing")))


def test_a_file_of_an_unknown_type_is_skipped_with_the_reason(notes: Path) -> None:
    write(notes / "film.mkv")
    write(notes / "noise")
    write(notes / "README")
    assert skipped(notes) == {"film.mkv": "unknown type .mkv", "noise": "unknown type (no suffix)"}
    assert listed(notes) == ["README"]


def test_a_source_reached_through_a_symlink_is_walked(notes: Path, tmp_path: Path) -> None:
    path = write(notes / "a.md")
    (tmp_path / "link").symlink_to(notes)
    assert [entry.path for entry in walk(str(tmp_path / "link"))] == [str(path)]


def test_a_walk_visits_only_the_paths_it_is_limited_to(notes: Path) -> None:
    for name in ("a.md", "b.md", "sub/a.md", "sub/in/a.md", "sub/in/b.md", "other/a.md"):
        write(notes / name)
    assert within(notes, "b.md") == ["b.md"]
    assert within(notes, "sub/in", "a.md") == ["a.md", "sub/in/a.md", "sub/in/b.md"]
    assert within(notes, "sub", "sub/in", "sub/a.md") == ["sub/a.md", "sub/in/a.md", "sub/in/b.md"]
    assert within(notes, "gone.md", "gone/too.md", "a.md/below", "sub/gone") == []
    assert within(notes) == []
    assert within(notes, "") == listed(notes)


def test_a_limited_walk_does_not_list_the_folders_above(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(notes / "sub" / "in" / "a.md")
    seen: list[str] = []

    def recording(root: Root, folder: str, rules: Rules) -> Listing:
        seen.append(os.path.relpath(folder, notes))
        return list_folder(root, folder, rules)

    monkeypatch.setattr(sources, "list_folder", recording)
    assert within(notes, "sub/in/a.md") == ["sub/in/a.md"]
    assert seen == []
    within(notes, "sub/in")
    assert seen == ["sub/in"]


def test_known_files_stay_when_the_rules_of_a_folder_above_cannot_be_read(
    notes: Path, tmp_path: Path
) -> None:
    path = write(notes / "private" / "sub" / "a.md")
    (notes / "private" / ".carrelignore").symlink_to(write(tmp_path / "rules"))
    entries = list(walk(str(notes), within=[str(path.parent)]))
    assert plan(entries, {str(path): Stamp(1, 1)}).unchanged == (str(path),)


def test_paths_below_another_path_are_dropped() -> None:
    paths = ["/n/a b/c", "/n/a", "/n/a-b", "/n/a/", "/n/a/b/c", "/n/a b"]
    assert list(outermost(paths)) == ["/n/a", "/n/a b", "/n/a-b"]


def test_names_with_newlines_and_invalid_utf_8_are_listed_and_read(notes: Path) -> None:
    names = [b"line\nbreak.md", b"bad\xff\xfe.md", "naïve ☂.md".encode()]
    for name in names:
        (notes / os.fsdecode(name)).write_bytes(b"x")
    paths = [entry.path for entry in walk(str(notes))]
    assert sorted(os.fsencode(path).rpartition(b"/")[2] for path in paths) == sorted(names)
    assert [read_file(path, limit=10)[0] for path in paths] == [b"x"] * 3


def test_a_folder_whose_path_is_too_long_is_skipped_with_the_reason(notes: Path) -> None:
    write(notes / "a.md")
    here = os.open(".", os.O_RDONLY)
    os.chdir(notes)
    try:
        for _ in range(25):
            Path("d" * 200).mkdir()
            os.chdir("d" * 200)
    finally:
        os.fchdir(here)
        os.close(here)
    assert listed(notes) == ["a.md"]
    (entry,) = (entry for entry in walk(str(notes)) if isinstance(entry, Skipped))
    assert entry.reason == "folder not read: its path is too long"
    assert entry.unlisted


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_without_permission_is_skipped_with_the_reason(notes: Path) -> None:
    write(notes / "closed" / "a.md")
    (notes / "closed").chmod(0)
    try:
        assert skipped(notes) == {"closed": "folder not read: permission denied"}
    finally:
        (notes / "closed").chmod(0o700)


def test_a_plan_separates_new_changed_unchanged_and_deleted_files() -> None:
    entries = [
        Candidate("/n/new", 1, 1),
        Candidate("/n/same", 1, 1),
        Candidate("/n/size", 2, 1),
        Candidate("/n/time", 1, 2),
        Candidate("/n/change", 1, 1, ctime_ns=2),
        Candidate("/n/inode", 1, 1, inode=2),
    ]
    names = ("same", "size", "time", "change", "inode", "lost")
    known = {f"/n/{name}": Stamp(1, 1) for name in names}
    planned = plan(entries, known)
    assert [entry.path for entry in planned.to_read] == [
        "/n/new",
        "/n/size",
        "/n/time",
        "/n/change",
        "/n/inode",
    ]
    assert planned.unchanged == ("/n/same",)
    assert planned.gone == ("/n/lost",)


def test_documents_in_a_folder_that_could_not_be_listed_are_not_gone() -> None:
    entries = [
        Skipped("/n/closed", "folder not read: permission denied", unlisted=True),
        Skipped("/n/b.md", "-", unlisted=False),
    ]
    planned = plan(entries, dict.fromkeys(["/n/closed/a.md", "/n/closed2/a.md", "/n/b.md"], Stamp(1, 1)))
    assert planned.unchanged == ("/n/closed/a.md",)
    assert planned.gone == ("/n/closed2/a.md", "/n/b.md")
    assert planned.skipped == tuple(entries)
