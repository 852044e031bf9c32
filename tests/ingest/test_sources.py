"""What a source lists, what it leaves out and says so, and how safely one file is read."""

import os
import socket
from pathlib import Path

import pytest

from ingest.errors import IngestError, UnreadableDocument
from ingest.sources import Candidate, Skipped, Stamp, plan, read, walk


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


def write(path: Path, text: str = "text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def listed(root: Path) -> list[str]:
    """Paths of the candidates, relative to the source."""
    return [os.path.relpath(entry.path, root) for entry in walk(str(root)) if isinstance(entry, Candidate)]


def skipped(root: Path, **limits: int) -> dict[str, str]:
    return {
        os.path.relpath(entry.path, root): entry.reason
        for entry in walk(str(root), **limits)
        if isinstance(entry, Skipped)
    }


def reason(path: Path, limit: int = 1000) -> str:
    with pytest.raises(UnreadableDocument) as refused:
        read(str(path), limit=limit)
    return refused.value.message


def test_files_come_before_folders_both_by_name(notes: Path) -> None:
    for name in ("b.md", "a.md", "z/c.md", "d/e/f.md", "d/a.md"):
        write(notes / name)
    assert listed(notes) == ["a.md", "b.md", "d/a.md", "d/e/f.md", "z/c.md"]


def test_a_single_file_is_a_source(notes: Path) -> None:
    path = write(notes / ".hidden" / "a.md")
    (entry,) = walk(str(path))
    assert entry == Candidate(str(path), 4, path.stat().st_mtime_ns)


def test_a_missing_source_is_an_error_not_an_empty_source(notes: Path) -> None:
    with pytest.raises(IngestError, match="no longer there"):
        list(walk(str(notes / "missing")))


def test_hidden_names_and_junk_are_left_out_without_a_word(notes: Path) -> None:
    for name in (
        ".git/a.md",
        ".secret.md",
        "node_modules/a.md",
        "venv/pyvenv.cfg",
        "venv/lib/a.py",
        "~$a.docx",
    ):
        write(notes / name)
    for name in ("a.tmp", "a.md~", "__pycache__/a.py", ".DS_Store", "Thumbs.db", "kept.md"):
        write(notes / name)
    assert listed(notes) == ["kept.md"]
    assert skipped(notes) == {}


def test_an_unknown_type_is_named(notes: Path) -> None:
    write(notes / "film.mkv")
    write(notes / "noise")
    write(notes / "README")
    assert skipped(notes) == {"film.mkv": "unknown type .mkv", "noise": "unknown type (no suffix)"}
    assert listed(notes) == ["README"]


def test_a_symlink_out_of_the_source_is_not_read(notes: Path, tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.md")
    (notes / "link.md").symlink_to(secret)
    (notes / "folder").symlink_to(tmp_path)
    assert listed(notes) == []
    assert skipped(notes) == dict.fromkeys(["link.md", "folder"], "symbolic link: not followed")
    assert reason(notes / "link.md") == "symbolic link: not followed"


def test_a_source_reached_through_a_symlink_is_walked(notes: Path, tmp_path: Path) -> None:
    path = write(notes / "a.md")
    (tmp_path / "link").symlink_to(notes)
    assert [entry.path for entry in walk(str(tmp_path / "link"))] == [str(path)]


def test_a_pipe_and_a_socket_are_never_opened(notes: Path) -> None:
    os.mkfifo(notes / "pipe.md")
    with socket.socket(socket.AF_UNIX) as server:
        # A relative path, because a socket's path may hold 107 bytes only.
        here = Path.cwd()
        os.chdir(notes)
        try:
            server.bind("socket.md")
        finally:
            os.chdir(here)
        assert skipped(notes) == dict.fromkeys(["pipe.md", "socket.md"], "not a regular file")
        assert reason(notes / "pipe.md") == "not a regular file"
        assert reason(notes / "socket.md") == "not a regular file"


def test_a_hard_link_to_a_secret_is_refused(notes: Path, tmp_path: Path) -> None:
    os.link(write(tmp_path / "secret.md"), notes / "a.md")
    assert "hard link" in reason(notes / "a.md")


def test_a_file_over_the_limit_is_left_out_and_not_read(notes: Path) -> None:
    with (notes / "sparse.md").open("wb") as file:
        file.truncate(1 << 32)
    assert skipped(notes)["sparse.md"].startswith("larger than")
    assert reason(notes / "sparse.md").startswith("larger than")
    write(notes / "ten.md", "0123456789")
    assert "ten.md" not in skipped(notes, limit=10)
    assert "ten.md" in skipped(notes, limit=9)
    assert read(str(notes / "ten.md"), limit=10)[0] == b"0123456789"


def test_a_file_that_vanished_says_so(notes: Path) -> None:
    assert reason(notes / "gone.md") == "no longer there"


def test_a_file_that_grows_while_it_is_read_is_refused(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(notes / "a.md")
    real = os.fstat
    calls: list[int] = []

    def fstat(fd: int) -> os.stat_result:
        calls.append(fd)
        if len(calls) == 1:
            before = real(fd)
            with path.open("a", encoding="utf-8") as file:
                file.write("more")
            return before
        return real(fd)

    monkeypatch.setattr(os, "fstat", fstat)
    assert reason(path) == "changed while it was read"


def test_what_is_read_comes_with_its_stamp(notes: Path) -> None:
    path = write(notes / "a.md", "héllo")
    data, stamp = read(str(path), limit=1000)
    assert data == "héllo".encode()
    assert stamp == Stamp(6, path.stat().st_mtime_ns)


def test_names_with_newlines_and_invalid_utf8_work(notes: Path) -> None:
    names = [b"line\nbreak.md", b"bad\xff\xfe.md", "naïve ☂.md".encode()]
    for name in names:
        (notes / os.fsdecode(name)).write_bytes(b"x")
    found = [entry.path for entry in walk(str(notes))]
    assert sorted(os.fsencode(path).rpartition(b"/")[2] for path in found) == sorted(names)
    assert [read(path, limit=10)[0] for path in found] == [b"x"] * 3


def test_a_folder_beyond_the_longest_path_is_listed_as_skipped(notes: Path) -> None:
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


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_listed_is_reported(notes: Path) -> None:
    write(notes / "closed" / "a.md")
    (notes / "closed").chmod(0)
    try:
        assert skipped(notes) == {"closed": "folder not read: permission denied"}
    finally:
        (notes / "closed").chmod(0o700)


def test_an_ignore_file_speaks_as_gitignore_does(notes: Path) -> None:
    write(notes / ".carrelignore", "*.log\n/drafts/\n!keep.log\nprivate/*\n!private/open.md\n")
    for name in (
        "a.md",
        "a.log",
        "keep.log",
        "drafts/a.md",
        "sub/drafts/a.md",
        "private/a.md",
        "private/open.md",
    ):
        write(notes / name)
    assert listed(notes) == ["a.md", "keep.log", "private/open.md", "sub/drafts/a.md"]


def test_an_inner_ignore_file_outweighs_an_outer_one(notes: Path) -> None:
    write(notes / ".carrelignore", "*.txt\n")
    write(notes / "in" / ".carrelignore", "!*.txt\n/a.md\n")
    for name in ("a.md", "a.txt", "in/a.md", "in/a.txt", "in/deep/a.md"):
        write(notes / name)
    assert listed(notes) == ["a.md", "in/a.txt", "in/deep/a.md"]


def test_a_folder_whose_ignore_file_cannot_be_read_is_left_out(notes: Path, tmp_path: Path) -> None:
    write(notes / "private" / "a.md")
    (notes / "private" / ".carrelignore").symlink_to(write(tmp_path / "rules"))
    assert listed(notes) == []
    assert skipped(notes) == {"private": "folder not read: symbolic link: not followed"}


def test_a_plan_tells_new_changed_unchanged_and_gone() -> None:
    found = [
        Candidate("/n/new", 1, 1),
        Candidate("/n/same", 1, 1),
        Candidate("/n/size", 2, 1),
        Candidate("/n/time", 1, 2),
    ]
    known = dict.fromkeys(["/n/same", "/n/size", "/n/time", "/n/lost"], Stamp(1, 1))
    planned = plan(found, known)
    assert [entry.path for entry in planned.to_read] == ["/n/new", "/n/size", "/n/time"]
    assert planned.unchanged == ("/n/same",)
    assert planned.gone == ("/n/lost",)


def test_documents_in_a_folder_that_could_not_be_listed_are_not_gone() -> None:
    found = [
        Skipped("/n/closed", "folder not read: permission denied", unlisted=True),
        Skipped("/n/b.md", "-", unlisted=False),
    ]
    planned = plan(found, dict.fromkeys(["/n/closed/a.md", "/n/closed2/a.md", "/n/b.md"], Stamp(1, 1)))
    assert planned.unchanged == ("/n/closed/a.md",)
    assert planned.gone == ("/n/closed2/a.md", "/n/b.md")
    assert planned.skipped == tuple(found)
