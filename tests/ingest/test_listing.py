"""Which names of a folder are excluded: junk, hidden names, and what ignore files name."""

import os
from pathlib import Path

import pytest

from ingest.sources import walk
from tests.walking import listed, skipped, within, write


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


def test_hidden_names_and_junk_are_excluded_silently(notes: Path) -> None:
    for name in (
        ".git/a.md",
        ".secret.md",
        "node_modules/a.md",
        "venv/pyvenv.cfg",
        "venv/lib/a.py",
        "~$a.docx",
    ):
        write(notes / name)
    for name in ("a.tmp", "a.md~", "__pycache__/a.py", ".DS_Store", "Thumbs.db", "note.md"):
        write(notes / name)
    assert listed(notes) == ["note.md"]
    assert skipped(notes) == {}


def test_what_zotero_runs_beside_its_database_is_left_out(notes: Path) -> None:
    for name in (
        "zotero.sqlite",
        "storage/A/a.md",
        "translators/a.js",
        "styles/a.xml",
        "in/translators/a.js",
    ):
        write(notes / name)
    assert sorted(listed(notes)) == ["in/translators/a.js", "storage/A/a.md", "zotero.sqlite"]
    assert within(notes, "translators/a.js", "in/translators/a.js") == ["in/translators/a.js"]


def test_a_limited_walk_obeys_the_rules_of_all_folders_above(notes: Path) -> None:
    write(notes / ".carrelignore", "*.txt\n/private/\n")
    write(notes / "in" / ".carrelignore", "!*.txt\n/b.md\n")
    write(notes / "venv" / "pyvenv.cfg")
    for name in ("a.txt", "in/a.txt", "in/b.md", "in/deep/b.md", "private/a.md", "venv/a.md", ".git/a.md"):
        write(notes / name)
    (notes / "link").symlink_to(notes / "in")
    everything = [os.path.relpath(path, notes) for path in notes.rglob("*")]
    assert sorted(within(notes, *everything)) == sorted(
        os.path.relpath(entry.path, notes) for entry in walk(str(notes))
    )
    for name in everything:
        assert set(within(notes, name)) <= {"in/a.txt", "in/deep/b.md", "link"}
    assert within(notes, "link/b.md", "venv/a.md", "private/a.md", ".git/a.md", "in/b.md") == []


def test_an_ignore_file_has_the_syntax_of_gitignore(notes: Path) -> None:
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


def test_a_folder_whose_ignore_file_cannot_be_read_is_skipped(notes: Path, tmp_path: Path) -> None:
    write(notes / "private" / "a.md")
    (notes / "private" / ".carrelignore").symlink_to(write(tmp_path / "rules"))
    assert listed(notes) == []
    assert skipped(notes) == {"private": "folder not read: symbolic link: not followed"}
