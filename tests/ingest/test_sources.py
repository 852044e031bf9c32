"""Which files of a source are listed, skipped or excluded, and how safely one file is opened."""

import errno
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from ingest import sources
from ingest.errors import IngestError, UnreadableDocument
from ingest.listing import Listing, Rules, list_folder
from ingest.opening import MAX_FILE_BYTES, Root, Stamp, open_file, read_file
from ingest.sources import Candidate, Skipped, outermost, plan, walk
from policies import syscalls

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


def write(path: Path, text: str = "text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def listed(root: Path) -> list[str]:
    """Paths of the candidates, relative to the source."""
    return [os.path.relpath(entry.path, root) for entry in walk(str(root)) if isinstance(entry, Candidate)]


def skipped(root: Path, limit: int = MAX_FILE_BYTES) -> dict[str, str]:
    return {
        os.path.relpath(entry.path, root): entry.reason
        for entry in walk(str(root), limit=limit)
        if isinstance(entry, Skipped)
    }


def reason(path: Path, limit: int = 1000, root: Path | None = None) -> str:
    """The reason why a file is not opened."""
    with (
        pytest.raises(UnreadableDocument) as refused,
        open_file(str(root or path.parent), str(path), limit=limit),
    ):
        raise AssertionError("the file was opened")
    return refused.value.message


def within(root: Path, *names: str) -> list[str]:
    """The paths of a walk that visits only `names`, relative to the source."""
    entries = walk(str(root), within=[os.path.join(root, name) for name in names])
    return [os.path.relpath(entry.path, root) for entry in entries]


def test_files_come_before_folders_both_by_name(notes: Path) -> None:
    for name in ("b.md", "a.md", "z/c.md", "d/e/f.md", "d/a.md"):
        write(notes / name)
    assert listed(notes) == ["a.md", "b.md", "d/a.md", "d/e/f.md", "z/c.md"]


def test_a_single_file_is_a_source(notes: Path) -> None:
    path = write(notes / ".hidden" / "a.md")
    (entry,) = walk(str(path))
    assert entry == Candidate(str(path), 4, path.stat().st_mtime_ns)


def test_a_missing_source_is_an_error_and_not_an_empty_source(notes: Path) -> None:
    with pytest.raises(IngestError, match="no such file or folder"):
        list(walk(str(notes / "missing")))


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


def test_a_file_of_an_unknown_type_is_skipped_with_the_reason(notes: Path) -> None:
    write(notes / "film.mkv")
    write(notes / "noise")
    write(notes / "README")
    assert skipped(notes) == {"film.mkv": "unknown type .mkv", "noise": "unknown type (no suffix)"}
    assert listed(notes) == ["README"]


@pytest.mark.usefixtures("reached")
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


def test_reading_a_file_returns_its_content_and_its_stamp(notes: Path) -> None:
    path = write(notes / "a.md", "héllo")
    data, stamp = read_file(str(path), limit=1000)
    assert data == "héllo".encode()
    assert stamp == Stamp(6, path.stat().st_mtime_ns)


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


def test_a_plan_separates_new_changed_unchanged_and_deleted_files() -> None:
    entries = [
        Candidate("/n/new", 1, 1),
        Candidate("/n/same", 1, 1),
        Candidate("/n/size", 2, 1),
        Candidate("/n/time", 1, 2),
    ]
    known = dict.fromkeys(["/n/same", "/n/size", "/n/time", "/n/lost"], Stamp(1, 1))
    planned = plan(entries, known)
    assert [entry.path for entry in planned.to_read] == ["/n/new", "/n/size", "/n/time"]
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
