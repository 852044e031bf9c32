"""A library has one owner: the lock is taken at once or not at all, and is free however its owner ends."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.errors import IngestError, LibraryBusy
from ingest.lock import Lock

ROOT = Path(__file__).resolve().parents[2]

OWNER = """
import sys
from pathlib import Path
from ingest.lock import Lock
lock = Lock(Path(sys.argv[1]))
print("locked", flush=True)
sys.stdin.readline()
lock.release()
print("released", flush=True)
sys.stdin.readline()
"""
"""Takes the lock of the library it is given, releases it after a line of input, and ends after another."""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library's folder that does not exist yet."""
    return tmp_path / "notes" / "library"


@pytest.fixture
def owner(library: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that owns the library."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(library)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    yield process
    process.kill()
    process.communicate()


def mode(path: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_library_in_use_is_refused_and_its_owner_is_named(
    library: Path, owner: "subprocess.Popen[str]"
) -> None:
    with pytest.raises(LibraryBusy) as busy:
        Lock(library)
    assert busy.value.pid == owner.pid
    assert str(library) in busy.value.message
    assert f"process {owner.pid}" in busy.value.message
    assert busy.value.remedy


def test_a_refused_process_takes_nothing_from_the_owner(
    library: Path, owner: "subprocess.Popen[str]"
) -> None:
    for _ in range(3):
        with pytest.raises(LibraryBusy) as busy:
            Lock(library)
        assert busy.value.pid == owner.pid


def test_a_library_is_free_once_its_owner_releases_it(library: Path, owner: "subprocess.Popen[str]") -> None:
    assert owner.stdin is not None
    assert owner.stdout is not None
    owner.stdin.write("\n")
    owner.stdin.flush()
    assert owner.stdout.readline() == "released\n"
    assert owner.poll() is None, "the process continues without the library"
    Lock(library).release()


def test_a_library_is_free_once_its_owner_was_killed(library: Path, owner: "subprocess.Popen[str]") -> None:
    owner.kill()
    owner.wait()
    lock = Lock(library)
    with pytest.raises(LibraryBusy) as busy:
        Lock(library)
    assert busy.value.pid == os.getpid(), "the next owner is named, not the dead one"
    lock.release()


def test_one_process_does_not_own_a_library_twice(library: Path) -> None:
    lock = Lock(library)
    with pytest.raises(LibraryBusy):
        Lock(library)
    lock.release()
    Lock(library).release()


def test_an_owner_that_runs_until_it_is_stopped_is_not_worth_waiting_for(library: Path) -> None:
    lock = Lock(library)
    with pytest.raises(LibraryBusy) as lasting:
        Lock(library)
    lock.mark_as_command()
    with pytest.raises(LibraryBusy) as ending:
        Lock(library)
    lock.release()
    assert "carrel watch" in (lasting.value.remedy or "")
    assert "Wait until that process has finished" in (ending.value.remedy or "")


def test_two_libraries_have_two_owners(tmp_path: Path, library: Path, owner: "subprocess.Popen[str]") -> None:
    Lock(tmp_path / "other").release()


def test_a_library_whose_owner_is_unknown_is_in_use_all_the_same(library: Path) -> None:
    lock = Lock(library)
    (library / "lock").write_text("")
    with pytest.raises(LibraryBusy, match="in use by another process") as busy:
        Lock(library)
    assert busy.value.pid is None
    lock.release()


def test_a_new_library_is_closed_to_other_users(library: Path) -> None:
    mask = os.umask(0)
    try:
        Lock(library).release()
    finally:
        os.umask(mask)
    assert mode(library) == 0o700
    assert mode(library / "lock") == 0o600


def test_a_folder_that_other_users_could_read_is_closed_to_them(library: Path) -> None:
    library.mkdir(parents=True)
    library.chmod(0o755)
    Lock(library).release()
    assert mode(library) == 0o700


def test_a_folder_of_another_user_is_refused_and_left_as_it_was(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.mkdir(parents=True)
    library.chmod(0o755)
    another_user = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: another_user)
    with pytest.raises(IngestError, match="belongs to another user") as refused:
        Lock(library)
    assert "--library" in refused.value.remedy
    assert mode(library) == 0o755
    assert list(library.iterdir()) == []


def test_a_file_in_place_of_the_library_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "library"
    file.write_text("A note.")
    with pytest.raises(IngestError, match="cannot be used") as refused:
        Lock(file)
    assert str(file) in refused.value.message
    assert "--library" in refused.value.remedy
    assert file.read_text() == "A note."
