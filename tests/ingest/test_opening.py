"""How safely one file is opened and read."""

import errno
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from ingest.errors import UnreadableDocument
from ingest.opening import Stamp, open_file, read_file
from ingest.sources import Skipped, walk
from policies import syscalls
from tests.walking import listed, skipped, write

ANOTHER_MOUNT = "/proc/version"
"""A file on another file system than the root's."""


@pytest.fixture(params=["in one step", "stepwise"])
def reached(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opens files with openat2, and again as on a kernel without that system call."""
    if request.param == "stepwise":
        real = syscalls.system_call

        def system_call(call: str | int, *arguments: int) -> int:
            return -errno.ENOSYS if call == 437 else real(call, *arguments)

        monkeypatch.setattr(syscalls, "system_call", system_call)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


def reason(path: Path, limit: int = 1000, root: Path | None = None) -> str:
    """The reason why a file is not opened."""
    with (
        pytest.raises(UnreadableDocument) as refused,
        open_file(str(root or path.parent), str(path), limit=limit),
    ):
        raise AssertionError("the file was opened")
    return refused.value.message


@pytest.mark.usefixtures("reached")
def test_a_symlink_out_of_the_source_is_not_read(notes: Path, tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.md")
    (notes / "link.md").symlink_to(secret)
    (notes / "folder").symlink_to(tmp_path)
    assert listed(notes) == []
    assert skipped(notes) == dict.fromkeys(["link.md", "folder"], "symbolic link: not followed")
    assert reason(notes / "link.md") == "symbolic link: not followed"


@pytest.mark.usefixtures("reached")
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


@pytest.mark.usefixtures("reached")
def test_a_hard_link_to_a_secret_is_refused(notes: Path, tmp_path: Path) -> None:
    os.link(write(tmp_path / "secret.md"), notes / "a.md")
    assert "hard link" in reason(notes / "a.md")


@pytest.mark.usefixtures("reached")
def test_a_file_over_the_limit_is_skipped_and_not_read(notes: Path) -> None:
    with (notes / "sparse.md").open("wb") as file:
        file.truncate(1 << 32)
    assert skipped(notes)["sparse.md"].startswith("larger than")
    assert reason(notes / "sparse.md").startswith("larger than")
    write(notes / "ten.md", "0123456789")
    assert "ten.md" not in skipped(notes, limit=10)
    assert "ten.md" in skipped(notes, limit=9)
    assert read_file(str(notes / "ten.md"), limit=10)[0] == b"0123456789"


@pytest.mark.usefixtures("reached")
def test_a_file_that_does_not_exist_is_reported_as_such(notes: Path) -> None:
    assert reason(notes / "gone.md") == "no such file or folder"


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_text("longer text"),
        lambda path: path.write_text("tex"),
        lambda path: os.utime(path, ns=(1, 1)),
    ],
)
def test_a_file_that_changes_while_it_is_read_is_noticed(
    notes: Path, change: Callable[[Path], object]
) -> None:
    path = write(notes / "a.md")
    with open_file(str(notes), str(path)) as file:
        file.check_unchanged()
        assert file.read() == b"text"
        change(path)
        with pytest.raises(UnreadableDocument, match="changed while it was being read"):
            file.check_unchanged()
        with pytest.raises(UnreadableDocument, match="changed while it was being read"):
            file.read()


@pytest.mark.parametrize(
    ("before", "after", "is_read"),
    [("one\n", "one\ntwo\n", True), ("one\n", "two\nthree\n", False), ("", "one\n", False)],
)
def test_a_text_that_grows_is_read_as_far_as_it_went_unless_it_is_being_saved_anew(
    notes: Path, before: str, after: str, is_read: bool
) -> None:
    path = write(notes / "a.log", before)
    with open_file(str(notes), str(path)) as file:
        digest = file.digest(may_grow=True)
        path.write_text(after)
        if is_read:
            file.check_unchanged(digest)
        else:
            with pytest.raises(UnreadableDocument, match="changed while it was being read"):
                file.check_unchanged(digest)


@pytest.mark.usefixtures("reached")
def test_a_link_in_the_middle_of_a_path_is_not_followed(notes: Path, tmp_path: Path) -> None:
    write(tmp_path / "secrets" / "a.md")
    (notes / "folder").symlink_to(tmp_path / "secrets")
    assert reason(notes / "folder" / "a.md", root=notes) in (
        "symbolic link: not followed",
        "no such file or folder",
    )
    assert reason(notes / ".." / "secrets" / "a.md", root=notes)
    assert reason(tmp_path / "secrets" / "a.md", root=notes)


@pytest.mark.usefixtures("reached")
def test_a_magic_link_of_the_kernel_is_not_followed(notes: Path) -> None:
    here = os.open(notes, os.O_RDONLY)
    write(notes / "a.md")
    try:
        assert reason(Path(f"/proc/self/fd/{here}/a.md"), root=Path(f"/proc/{os.getpid()}"))
        assert reason(Path(f"/proc/{os.getpid()}/exe"), limit=1 << 30) == "symbolic link: not followed"
    finally:
        os.close(here)


@pytest.mark.usefixtures("reached")
def test_a_file_system_mounted_inside_a_source_is_not_entered() -> None:
    why = "on another file system, which you can add as a source of its own"
    assert reason(Path(ANOTHER_MOUNT), root=Path("/")) == why
    (entry,) = walk("/", within=[ANOTHER_MOUNT])
    # Unlisted, so that its documents stay: it may be listed again when the other disk is unmounted.
    assert entry == Skipped(ANOTHER_MOUNT, f"folder not read: {why}", unlisted=True)


@pytest.mark.usefixtures("reached")
def test_a_device_is_not_read() -> None:
    assert reason(Path("/dev/null")) == "not a regular file"
    assert reason(Path("/dev/zero")) == "not a regular file"


@pytest.mark.usefixtures("reached")
def test_a_file_that_is_swapped_for_a_link_never_yields_the_target_of_the_link(
    notes: Path, tmp_path: Path
) -> None:
    secret = write(tmp_path / "secrets" / "a.md", "secret")
    write(notes / "sub" / "a.md", "public")
    stopping = threading.Event()

    def swap() -> None:
        while not stopping.is_set():
            write(notes / "next", "public").rename(notes / "race.md")
            (notes / "next").symlink_to(secret)
            (notes / "next").rename(notes / "race.md")
            (notes / "sub").rename(notes / "race")
            (notes / "race").rename(notes / "sub")
            (notes / "race").symlink_to(secret.parent)
            (notes / "race").unlink()

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen: dict[str, set[bytes]] = {"race.md": set(), "race/a.md": set()}
    try:
        end = time.monotonic() + 1.5
        while time.monotonic() < end or not all(seen.values()):
            for name, contents in seen.items():
                with suppress(UnreadableDocument), open_file(str(notes), str(notes / name)) as file:
                    contents.add(os.read(file.descriptor, 100))
    finally:
        stopping.set()
        swapping.join()
    assert seen == {"race.md": {b"public"}, "race/a.md": {b"public"}}


def test_a_source_that_is_a_file_is_opened_as_itself(notes: Path) -> None:
    path = write(notes / ".hidden.md", "mine")
    (notes / "link.md").symlink_to(path)
    for root in (path, notes / "link.md"):
        with open_file(str(root), str(path.resolve())) as file:
            assert os.read(file.descriptor, 10) == b"mine"


def test_a_path_that_is_too_long_is_refused_with_the_reason(notes: Path) -> None:
    assert (
        reason(notes / ("d" * 200 + "/") / ("/".join(["d" * 200] * 25)), root=notes) == "its path is too long"
    )
    assert reason(notes / ("n" * 300), root=notes) == "its path is too long"
    assert reason(notes / "nul\0.md", root=notes) == "embedded null byte"


def test_reading_a_file_returns_its_content_and_its_stamp(notes: Path) -> None:
    path = write(notes / "a.md", "héllo")
    data, stamp = read_file(str(path), limit=1000)
    assert data == "héllo".encode()
    info = path.stat()
    assert stamp == Stamp(6, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)
