"""What is noticed in the sources, with real files and the real kernel; settling times are short here."""

import errno
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from watchdog.observers.inotify_c import InotifyFD

from ingest import events, settling, watching
from ingest.mounts import Mount, disk_of
from ingest.scopes import CROWD, STORM, Offline, Online, Scope, coalesce
from ingest.sweeping import Tree
from ingest.watching import Watcher

PATIENT_S = 20.0
"""How long a test waits for what must come."""

QUIET_S = 0.4
"""How long a test waits for what must not."""


class Watched:
    """A watcher of one or more sources, and what it has said."""

    def __init__(self, *sources: Path, **options: object) -> None:
        self.sources = [str(source) for source in sources]
        settings: dict[str, object] = {"settle_s": 0.05, "poll_s": 0.1} | options
        self.watcher = Watcher(lambda: list(self.sources), **settings)  # type: ignore[arg-type]
        self.watcher.start()

    def next(self) -> Scope | Offline | Online:
        """What is said next."""
        end = time.monotonic() + PATIENT_S
        while time.monotonic() < end:
            said = self.watcher.next(0.1)
            if said is not None:
                return said
        raise AssertionError("nothing was said")

    def began(self) -> "Watched":
        """Waits until every source has been told whole."""
        assert {self.next() for _ in self.sources} == {Scope(source, None) for source in self.sources}
        return self

    def told(self, source: Path) -> list[str] | None:
        """The paths of the next scope, relative to `source`; None for all of it."""
        scope = self.next()
        assert isinstance(scope, Scope)
        assert scope.source == str(source)
        return None if scope.paths is None else [os.path.relpath(path, source) for path in scope.paths]

    def collect(self, enough: Callable[[set[str]], bool]) -> None:
        """Takes scopes until the files in them are `enough`."""
        seen: set[str] = set()
        while not enough(seen):
            scope = self.next()
            assert isinstance(scope, Scope)
            for path in (scope.source,) if scope.paths is None else scope.paths:
                seen.update(os.path.join(at, name) for at, _, names in os.walk(path) for name in names)
                seen.add(path)

    def is_quiet(self) -> bool:
        return self.watcher.next(QUIET_S) is None


Watch = Callable[..., Watched]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    monkeypatch.setattr(watching, "CHECK_SOURCES_S", 0.05)
    monkeypatch.setattr(watching, "RESTART_S", 0.05)
    watched = []

    def begin(*sources: Path, **options: object) -> Watched:
        watched.append(Watched(*sources, **options))
        return watched[-1]

    yield begin
    for each in watched:
        each.watcher.stop()
        assert not each.watcher.alive


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A source with some files that never change, so that no change is all there is."""
    folder = tmp_path / "notes"
    for name in ("still/a.md", "still/b.md", "quiet/a.md", "a.md"):
        write(folder / name)
    return folder


def write(path: Path, text: str = "text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


ways = pytest.mark.parametrize("watched", [1000, 2, 0], ids=["told by events", "some by events", "by sweeps"])
"""However many folders may be watched, the same is noticed."""


@ways
def test_a_source_is_told_whole_and_then_by_what_changes(watch: Watch, notes: Path, watched: int) -> None:
    watch_ = watch(notes, watch_limit=watched).began()
    write(notes / "new.md")
    assert watch_.told(notes) == ["new.md"]
    write(notes / "still" / "a.md", "longer text")
    assert watch_.told(notes) == ["still/a.md"]
    (notes / "new.md").unlink()
    assert watch_.told(notes) == ["new.md"]
    (notes / "a.md").chmod(0o600)
    assert watch_.told(notes) == ["a.md"]
    assert watch_.is_quiet()


@pytest.mark.parametrize("watched", [1000, 0], ids=["told by events", "by sweeps"])
def test_both_places_of_a_moved_file_are_told_together(watch: Watch, notes: Path, watched: int) -> None:
    watch_ = watch(notes, watch_limit=watched).began()
    (notes / "still" / "a.md").rename(notes / "quiet" / "z.md")
    assert watch_.told(notes) == ["quiet/z.md", "still/a.md"]


@pytest.mark.parametrize("places", [("still", "quiet"), ("quiet", "still")])
def test_what_moves_between_a_watched_and_an_unwatched_folder_is_never_told_as_gone_first(
    watch: Watch, notes: Path, places: tuple[str, str]
) -> None:
    watch_ = watch(notes, watch_limit=2).began()
    old, new = (f"{place}/{name}.md" for place, name in zip(places, "az", strict=True))
    (notes / old).rename(notes / new)
    told = watch_.told(notes)
    assert told is not None and new in told
    if old not in told:
        assert watch_.told(notes) == [old]


@ways
def test_what_lies_in_a_new_folder_is_told(watch: Watch, notes: Path, watched: int) -> None:
    watch_ = watch(notes, watch_limit=watched).began()
    write(notes / "one" / "two" / "three" / "deep.md")
    deep = str(notes / "one/two/three/deep.md")
    watch_.collect(lambda seen: deep in seen)
    write(Path(deep), "longer text")
    watch_.collect(lambda seen: deep in seen)


@ways
def test_a_renamed_folder_is_told_at_both_places(watch: Watch, notes: Path, watched: int) -> None:
    for number in range(500):
        write(notes / "old" / f"{number % 7}" / f"{number}.md")
    watch_ = watch(notes, watch_limit=watched).began()
    (notes / "old").rename(notes / "new")
    assert watch_.told(notes) == ["new", "old"]
    write(notes / "new" / "3" / "later.md")
    assert watch_.told(notes) == ["new/3/later.md"]


@ways
def test_a_file_that_comes_and_goes_is_not_told(watch: Watch, notes: Path, watched: int) -> None:
    watch_ = watch(notes, watch_limit=watched).began()
    write(notes / "4913").unlink()
    for name in (".a.md.swp", "a.md~", "new.tmp", "~$a.docx", ".git/index"):
        write(notes / name)
    assert watch_.is_quiet()


def test_an_atomic_save_is_told_as_the_file(watch: Watch, notes: Path) -> None:
    watch_ = watch(notes).began()
    write(notes / "a.md.tmp", "saved").rename(notes / "a.md")
    assert watch_.told(notes) == ["a.md"]


def test_a_save_that_deletes_first_is_not_a_deletion(watch: Watch, notes: Path) -> None:
    watch_ = watch(notes, settle_s=0.3).began()
    (notes / "a.md").rename(notes / "a.md~")
    write(notes / "a.md", "saved")
    assert watch_.told(notes) == ["a.md"]
    assert watch_.is_quiet()


def test_a_file_that_is_being_written_is_not_told(watch: Watch, notes: Path) -> None:
    settle_s = 0.3
    watch_ = watch(notes, settle_s=settle_s).began()
    gaps = [0.0]
    done = threading.Event()

    def download() -> None:
        last = time.monotonic()
        with (notes / "large.md").open("w", encoding="utf-8", buffering=1) as file:
            while not done.wait(0.01):
                file.write("more\n")
                gaps.append(time.monotonic() - last)
                last += gaps[-1]

    writer = threading.Thread(target=download)
    writer.start()
    try:
        early = watch_.watcher.next(4 * settle_s)
    finally:
        done.set()
        writer.join()
    # On a machine that is so busy that the writer paused for long, what was told had settled.
    assert early is None or max(gaps) > settle_s / 2
    if early is None:
        assert watch_.told(notes) == ["large.md"]


def test_a_file_that_never_rests_is_told_now_and_then(
    watch: Watch, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "PATIENCE_S", 0.3)
    watch_ = watch(notes).began()
    done = threading.Event()

    def log() -> None:
        while not done.wait(0.005):
            with (notes / "busy.log").open("a", encoding="utf-8") as file:
                file.write("more\n")

    writer = threading.Thread(target=log)
    writer.start()
    try:
        assert watch_.told(notes) == ["busy.log"]
        assert watch_.told(notes) == ["busy.log"]
    finally:
        done.set()
        writer.join()


def test_what_moves_between_sources_is_told_first_where_it_is(watch: Watch, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        for name in ("still/a.md", "b.md"):
            write(folder / name)
    watch_ = watch(one, two).began()
    (one / "b.md").rename(two / "still" / "c.md")
    assert watch_.told(two) == ["still/c.md"]
    assert watch_.told(one) == ["b.md"]
    (two / "still" / "c.md").rename(one / "d.md")
    assert watch_.told(one) == ["d.md"]
    assert watch_.told(two) == ["still/c.md"]


def test_many_files_of_a_folder_are_told_as_the_folder(watch: Watch, notes: Path) -> None:
    watch_ = watch(notes, settle_s=0.5).began()
    for number in range(CROWD + 1):
        write(notes / "still" / f"{number}.md")
    assert watch_.told(notes) == ["still"]


def test_a_slow_reader_gets_few_scopes(watch: Watch, notes: Path) -> None:
    watch_ = watch(notes).began()
    for name in ("one.md", "two.md", "still/three.md"):
        write(notes / name)
        # Until it could be fetched.
        while str(notes / name) not in (watch_.watcher._reports.waiting(str(notes)) or ()):
            time.sleep(0.01)
    assert watch_.told(notes) == ["one.md", "still/three.md", "two.md"]


def test_a_flood_that_is_more_than_is_told_of_is_found(
    watch: Watch, notes: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(events, "MAX_QUEUED", 5)
    watch_ = watch(notes, sweep_s=3600.0).began()
    paths = {str(notes / f"flood{number % 10}" / f"{number}.md") for number in range(5000)}
    for path in sorted(paths):
        write(Path(path))
    watch_.collect(lambda seen: paths <= seen)
    assert "sweeping the sources" in caplog.text


def test_a_limit_of_the_system_is_said_and_everything_is_found_all_the_same(
    watch: Watch, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_system_limit", lambda: 4)
    watch_ = watch(notes).began()
    assert "allows only 2 watched folders" in watch_.watcher.problem
    for folder in ("still", "quiet", "."):
        write(notes / folder / "new.md")
        assert watch_.told(notes) == [os.path.normpath(f"{folder}/new.md")]


def test_a_limit_that_others_have_used_up_is_noticed(
    watch: Watch, notes: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = InotifyFD.add_callback

    def add_callback(self: InotifyFD, *arguments: Any) -> int:
        if len(self._watch_for_wd) == 2:
            raise OSError(errno.ENOSPC, "inotify watch limit reached")
        return real(self, *arguments)

    monkeypatch.setattr(InotifyFD, "add_callback", add_callback)
    watch_ = watch(notes).began()
    assert "inotify watches is reached at 2 folders" in caplog.text
    assert "allows only 2 watched folders" in watch_.watcher.problem
    for folder in ("still", "quiet", "."):
        write(notes / folder / "new.md")
        assert watch_.told(notes) == [os.path.normpath(f"{folder}/new.md")]


def test_without_inotify_changes_are_found_by_looking(
    watch: Watch, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: InotifyFD) -> None:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    monkeypatch.setattr(InotifyFD, "__init__", refused)
    watch_ = watch(notes).began()
    assert "allows only 0 watched folders" in watch_.watcher.problem
    write(notes / "still" / "new.md")
    assert watch_.told(notes) == ["still/new.md"]


def test_a_file_system_that_others_change_is_swept(
    watch: Watch, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "mount_of", lambda path: Mount("/", "nfs4"))
    watch_ = watch(notes, sweep_s=3600.0).began()
    assert not watch_.watcher._watches
    write(notes / "still" / "new.md")
    assert watch_.told(notes) == ["still/new.md"]


def test_the_periodic_sweep_finds_what_no_event_told_of(watch: Watch, notes: Path) -> None:
    watch_ = watch(notes, sweep_s=0.2).began()
    path = notes / "still" / "a.md"
    with path.open("r+b") as file:
        # Neither written nor closed as far as events go.
        os.truncate(file.fileno(), 2)
        assert watch_.told(notes) == ["still/a.md"]


def test_what_is_ignored_is_not_told_until_the_rules_change(watch: Watch, notes: Path) -> None:
    write(notes / "still" / ".carrelignore", "*.log\n")
    watch_ = watch(notes).began()
    write(notes / "still" / "a.log")
    assert watch_.is_quiet()
    write(notes / "still" / ".carrelignore", "*.txt\n")
    assert watch_.told(notes) == ["still"]
    write(notes / "still" / "a.log", "longer text")
    assert watch_.told(notes) == ["still/a.log"]


@ways
def test_a_file_can_be_a_source(watch: Watch, tmp_path: Path, watched: int) -> None:
    path = write(tmp_path / ".hidden" / "diary.md")
    watch_ = watch(path, watch_limit=watched).began()
    write(path.with_name("other.md"))
    assert watch_.is_quiet()
    write(path.with_name("diary.md.tmp"), "saved").rename(path)
    assert watch_.told(path) is None
    assert watch_.is_quiet()


@ways
def test_a_source_that_disappears_is_offline_and_not_deleted(
    watch: Watch, notes: Path, tmp_path: Path, watched: int
) -> None:
    watch_ = watch(notes, watch_limit=watched).began()
    notes.rename(tmp_path / "elsewhere")
    assert watch_.next() == Offline(str(notes), "no such file or folder")
    assert watch_.is_quiet()
    (tmp_path / "elsewhere").rename(notes)
    assert watch_.next() == Online(str(notes))
    assert watch_.told(notes) is None
    write(notes / "still" / "a.md", "longer text")
    assert watch_.told(notes) == ["still/a.md"]


@ways
def test_a_source_that_is_away_for_a_moment_is_still_watched(
    watch: Watch, notes: Path, tmp_path: Path, watched: int
) -> None:
    watch_ = watch(notes, watch_limit=watched).began()
    for _ in range(5):
        notes.rename(tmp_path / "elsewhere")
        time.sleep(0.02)  # Long enough to be seen, or not.
        (tmp_path / "elsewhere").rename(notes)
        time.sleep(0.02)
    path = str(write(notes / "still" / "new.md"))
    while not isinstance(said := watch_.next(), Scope) or not (
        said.paths is None or any(path.startswith(told) for told in said.paths)
    ):
        pass
    write(Path(path), "longer text")
    watch_.collect(lambda seen: path in seen)


def test_the_empty_place_of_a_disk_is_not_the_source(watch: Watch, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    disks = {str(place): str(place)}
    watch_ = watch(place, disks=disks)
    assert watch_.next() == Offline(str(place), f"the disk at {place} is not mounted")
    assert watch_.is_quiet()
    assert disks == {str(place): str(place)}


def test_the_disk_a_source_lies_on_is_remembered(watch: Watch, notes: Path) -> None:
    disks: dict[str, str] = {}
    watch(notes, disks=disks).began()
    assert disks == {str(notes): disk_of(str(notes))}


def test_another_folder_in_place_of_the_source_is_told_whole(
    watch: Watch, notes: Path, tmp_path: Path
) -> None:
    write(tmp_path / "other" / "b.md")
    watch_ = watch(notes).began()
    notes.rename(tmp_path / "before")
    (tmp_path / "other").rename(notes)
    while (said := watch_.next()) != Scope(str(notes), None):
        assert isinstance(said, Offline | Online)
    write(notes / "b.md", "longer text")
    watch_.collect(lambda seen: str(notes / "b.md") in seen)


def test_sources_come_and_go_while_watching(watch: Watch, notes: Path, tmp_path: Path) -> None:
    watch_ = watch(notes).began()
    other = write(tmp_path / "other" / "b.md").parent
    watch_.sources.append(str(other))
    assert watch_.next() == Scope(str(other), None)
    watch_.sources.remove(str(notes))
    while str(notes) in watch_.watcher._sources:
        time.sleep(0.01)
    write(notes / "a.md", "longer text")
    write(other / "sub" / "b.md")
    watch_.collect(lambda seen: str(other / "sub" / "b.md") in seen)


def test_a_source_within_another_is_told_too_and_still_when_that_one_goes(watch: Watch, notes: Path) -> None:
    inner = notes / "still"
    watch_ = watch(notes, inner, sweep_s=3600.0).began()
    write(inner / "a.md", "longer text")
    assert {watch_.next(), watch_.next()} == {
        Scope(str(source), (str(inner / "a.md"),)) for source in (notes, inner)
    }
    watch_.sources.remove(str(notes))
    while str(notes) in watch_.watcher._sources:
        time.sleep(0.01)
    write(inner / "new.md")
    assert watch_.told(inner) == ["new.md"]


def test_a_watcher_that_fails_is_started_again_and_says_so(notes: Path, watch: Watch) -> None:
    failing = threading.Event()

    def sources() -> Sequence[str]:
        if failing.is_set():
            failing.clear()
            raise RuntimeError("secret text")
        return [str(notes)]

    watch_ = watch(notes)
    watch_.watcher.stop()
    watch_.watcher = Watcher(sources, settle_s=0.05)
    watch_.watcher.start()
    watch_.began()
    failing.set()
    watch_.began()
    assert watch_.watcher.restarts == 1
    write(notes / "new.md")
    assert watch_.told(notes) == ["new.md"]
    assert watch_.watcher.problem == ""


def test_a_failure_is_told_until_the_sources_are_watched_again(notes: Path) -> None:
    def sources() -> Sequence[str]:
        raise RuntimeError("secret text")

    watcher = Watcher(sources)
    watcher.start()
    try:
        while not watcher.restarts:
            time.sleep(0.01)
        assert watcher.problem == "Watching failed (RuntimeError) and was restarted."
        assert watcher.alive
    finally:
        watcher.stop()


# Fewest paths


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    root = tmp_path / "tree"
    for name in ("a.md", "b.md", "sub/a.md", "sub/b.md", "sub/in/a.md", "sub/in/b.md", "one/a.md"):
        write(root / name)
    tree = Tree(str(root), None)
    list(tree.build())
    return tree


def fewest(tree: Tree, *names: str) -> list[str] | None:
    found = coalesce(tree, [os.path.join(tree.root, name) for name in names])
    return None if found is None else [os.path.relpath(path, tree.root) for path in found]


def test_all_files_of_a_folder_are_the_folder(tree: Tree) -> None:
    assert fewest(tree, "sub/in/a.md", "sub/in/b.md", "a.md") == ["a.md", "sub/in"]
    assert fewest(tree, "sub/in/a.md", "sub/in/b.md", "sub/a.md", "sub/b.md") == ["sub"]
    assert fewest(tree, "one/a.md", "sub/a.md") == ["one/a.md", "sub/a.md"]
    assert fewest(tree, "a.md", "b.md", "sub", "one") is None


def test_what_lies_below_a_named_folder_is_not_named(tree: Tree) -> None:
    assert fewest(tree, "sub", "sub/in/a.md", "sub/a.md", "a.md") == ["a.md", "sub"]


def test_a_storm_is_the_source(tree: Tree) -> None:
    scattered = [f"gone{number}/a.md" for number in range(STORM + 1)]
    assert fewest(tree, *scattered) is None
    assert fewest(tree, *scattered[:-1]) == sorted(scattered[:-1])


def test_a_tree_forgets_a_folder_with_all_below_it(tree: Tree) -> None:
    shutil.rmtree(os.path.join(tree.root, "sub"))
    assert tree.examine(tree.root) == [os.path.join(tree.root, "sub")]
    assert sorted(os.path.relpath(folder, tree.root) for folder in tree.folders) == [".", "one"]
