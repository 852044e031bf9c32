"""Which changes in sources are reported, with real files, the real kernel, and short settling times."""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from watchdog.observers.inotify_c import InotifyFD

from ingest import events, settling, watching
from ingest.mounts import Mount, disk_of
from ingest.scopes import CROWD, Offline, Online, Scope
from ingest.sweeping import Tree
from ingest.watching import Watcher

PATIENT_S = 20.0
"""Maximum wait for a report that must come."""

QUIET_S = 0.4
"""Wait for a report that must not come."""


class Reports:
    """The reports of a new watcher of one or more sources."""

    def __init__(self, *sources: Path, **options: object) -> None:
        self.sources = [str(source) for source in sources]
        settings: dict[str, object] = {"settle_s": 0.05, "poll_s": 0.1} | options
        self.watcher = Watcher(lambda: list(self.sources), **settings)  # type: ignore[arg-type]
        self.watcher.start()

    def next(self) -> Scope | Offline | Online:
        """The next report."""
        end = time.monotonic() + PATIENT_S
        while time.monotonic() < end:
            report = self.watcher.next(0.1)
            if report is not None:
                return report
        raise AssertionError("no report came")

    def once_started(self) -> "Reports":
        """Waits until every source has been reported whole."""
        assert {self.next() for _ in self.sources} == {Scope(source, None) for source in self.sources}
        return self

    def paths(self, source: Path) -> list[str] | None:
        """The paths of the next scope, relative to `source`; None for the whole source."""
        scope = self.next()
        assert isinstance(scope, Scope)
        assert scope.source == str(source)
        return None if scope.paths is None else [os.path.relpath(path, source) for path in scope.paths]

    def collect(self, enough: Callable[[set[str]], bool]) -> None:
        """Takes scopes until `enough` returns True for the files in them."""
        seen: set[str] = set()
        while not enough(seen):
            scope = self.next()
            assert isinstance(scope, Scope)
            for path in (scope.source,) if scope.paths is None else scope.paths:
                seen.update(os.path.join(at, name) for at, _, names in os.walk(path) for name in names)
                seen.add(path)

    def is_quiet(self) -> bool:
        """Whether no report comes for a while."""
        return self.watcher.next(QUIET_S) is None


Watch = Callable[..., Reports]
"""Starts a watcher; takes the sources and the options of `Watcher`."""


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    monkeypatch.setattr(watching, "CHECK_SOURCES_S", 0.05)
    monkeypatch.setattr(watching, "RESTART_S", 0.05)
    all_reports = []

    def start(*sources: Path, **options: object) -> Reports:
        all_reports.append(Reports(*sources, **options))
        return all_reports[-1]

    yield start
    for reports in all_reports:
        reports.watcher.stop()
        assert not reports.watcher.alive


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A source with some files that no test changes, so that no change is the whole source."""
    folder = tmp_path / "notes"
    for name in ("still/a.md", "still/b.md", "quiet/a.md", "a.md"):
        write(folder / name)
    return folder


def write(path: Path, text: str = "text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


ways = pytest.mark.parametrize("watched", [1000, 2, 0], ids=["events", "some events", "sweeps"])
"""The same changes are noticed with all, some or no folders watched."""


@ways
def test_a_source_is_reported_whole_and_then_by_its_changes(watch: Watch, notes: Path, watched: int) -> None:
    reports = watch(notes, watch_limit=watched).once_started()
    write(notes / "new.md")
    assert reports.paths(notes) == ["new.md"]
    write(notes / "still" / "a.md", "longer text")
    assert reports.paths(notes) == ["still/a.md"]
    (notes / "new.md").unlink()
    assert reports.paths(notes) == ["new.md"]
    (notes / "a.md").chmod(0o600)
    assert reports.paths(notes) == ["a.md"]
    assert reports.is_quiet()


@pytest.mark.parametrize("watched", [1000, 0], ids=["events", "sweeps"])
def test_both_paths_of_a_moved_file_are_reported_together(watch: Watch, notes: Path, watched: int) -> None:
    reports = watch(notes, watch_limit=watched).once_started()
    (notes / "still" / "a.md").rename(notes / "quiet" / "z.md")
    assert reports.paths(notes) == ["quiet/z.md", "still/a.md"]


@pytest.mark.parametrize("places", [("still", "quiet"), ("quiet", "still")])
def test_a_file_that_moves_to_or_from_an_unwatched_folder_is_never_reported_as_deleted_first(
    watch: Watch, notes: Path, places: tuple[str, str]
) -> None:
    reports = watch(notes, watch_limit=2).once_started()
    old, new = (f"{place}/{name}.md" for place, name in zip(places, "az", strict=True))
    (notes / old).rename(notes / new)
    paths = reports.paths(notes)
    assert paths is not None and new in paths
    if old not in paths:
        assert reports.paths(notes) == [old]


@ways
def test_files_in_a_new_folder_are_reported(watch: Watch, notes: Path, watched: int) -> None:
    reports = watch(notes, watch_limit=watched).once_started()
    write(notes / "one" / "two" / "three" / "deep.md")
    deep = str(notes / "one/two/three/deep.md")
    reports.collect(lambda seen: deep in seen)
    write(Path(deep), "longer text")
    reports.collect(lambda seen: deep in seen)


@ways
def test_a_renamed_folder_is_reported_at_both_paths(watch: Watch, notes: Path, watched: int) -> None:
    for number in range(500):
        write(notes / "old" / f"{number % 7}" / f"{number}.md")
    reports = watch(notes, watch_limit=watched).once_started()
    (notes / "old").rename(notes / "new")
    assert reports.paths(notes) == ["new", "old"]
    write(notes / "new" / "3" / "later.md")
    assert reports.paths(notes) == ["new/3/later.md"]


@ways
def test_temporary_files_are_not_reported(watch: Watch, notes: Path, watched: int) -> None:
    reports = watch(notes, watch_limit=watched).once_started()
    write(notes / "4913").unlink()
    for name in (".a.md.swp", "a.md~", "new.tmp", "~$a.docx", ".git/index"):
        write(notes / name)
    assert reports.is_quiet()


def test_an_atomic_save_is_reported_as_the_file(watch: Watch, notes: Path) -> None:
    reports = watch(notes).once_started()
    write(notes / "a.md.tmp", "saved").rename(notes / "a.md")
    assert reports.paths(notes) == ["a.md"]


def test_a_save_that_deletes_the_file_first_is_not_a_deletion(watch: Watch, notes: Path) -> None:
    reports = watch(notes, settle_s=0.3).once_started()
    (notes / "a.md").rename(notes / "a.md~")
    write(notes / "a.md", "saved")
    assert reports.paths(notes) == ["a.md"]
    assert reports.is_quiet()


def test_a_file_that_is_being_written_is_not_reported(watch: Watch, notes: Path) -> None:
    settle_s = 0.3
    reports = watch(notes, settle_s=settle_s).once_started()
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
        early = reports.watcher.next(4 * settle_s)
    finally:
        done.set()
        writer.join()
    # On a busy machine the writer may pause for so long that the file settles.
    assert early is None or max(gaps) > settle_s / 2
    if early is None:
        assert reports.paths(notes) == ["large.md"]


def test_a_file_that_never_settles_is_reported_now_and_then(
    watch: Watch, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "PATIENCE_S", 0.3)
    reports = watch(notes).once_started()
    done = threading.Event()

    def log() -> None:
        while not done.wait(0.005):
            with (notes / "busy.log").open("a", encoding="utf-8") as file:
                file.write("more\n")

    writer = threading.Thread(target=log)
    writer.start()
    try:
        assert reports.paths(notes) == ["busy.log"]
        assert reports.paths(notes) == ["busy.log"]
    finally:
        done.set()
        writer.join()


def test_a_file_that_moves_between_sources_is_reported_first_at_its_new_path(
    watch: Watch, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        for name in ("still/a.md", "b.md"):
            write(folder / name)
    reports = watch(one, two).once_started()
    (one / "b.md").rename(two / "still" / "c.md")
    assert reports.paths(two) == ["still/c.md"]
    assert reports.paths(one) == ["b.md"]
    (two / "still" / "c.md").rename(one / "d.md")
    assert reports.paths(one) == ["d.md"]
    assert reports.paths(two) == ["still/c.md"]


def test_many_files_of_a_folder_are_reported_as_the_folder(watch: Watch, notes: Path) -> None:
    reports = watch(notes, settle_s=0.5).once_started()
    for number in range(CROWD + 1):
        write(notes / "still" / f"{number}.md")
    assert reports.paths(notes) == ["still"]


def test_a_slow_reader_gets_few_scopes(watch: Watch, notes: Path) -> None:
    reports = watch(notes).once_started()
    for name in ("one.md", "two.md", "still/three.md"):
        write(notes / name)
        # Until the report is ready.
        while str(notes / name) not in (reports.watcher._reports.waiting(str(notes)) or ()):
            time.sleep(0.01)
    assert reports.paths(notes) == ["one.md", "still/three.md", "two.md"]


def test_changes_whose_events_were_lost_are_found(
    watch: Watch, notes: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(events, "MAX_QUEUED", 5)
    reports = watch(notes, sweep_s=3600.0).once_started()
    paths = {str(notes / f"flood{number % 10}" / f"{number}.md") for number in range(5000)}
    for path in sorted(paths):
        write(Path(path))
    reports.collect(lambda seen: paths <= seen)
    assert "sweeping the sources" in caplog.text


def test_the_limit_of_the_system_is_reported_and_all_changes_are_found(
    watch: Watch, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_system_limit", lambda: 4)
    reports = watch(notes).once_started()
    assert "allows only 2 watched folders" in reports.watcher.problem
    for folder in ("still", "quiet", "."):
        write(notes / folder / "new.md")
        assert reports.paths(notes) == [os.path.normpath(f"{folder}/new.md")]


def test_a_limit_that_other_programs_have_used_up_is_noticed(
    watch: Watch, notes: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = InotifyFD.add_callback

    def add_callback(self: InotifyFD, *arguments: Any) -> int:
        if len(self._watch_for_wd) == 2:
            raise OSError(errno.ENOSPC, "inotify watch limit reached")
        return real(self, *arguments)

    monkeypatch.setattr(InotifyFD, "add_callback", add_callback)
    reports = watch(notes).once_started()
    assert "inotify watches is reached at 2 folders" in caplog.text
    assert "allows only 2 watched folders" in reports.watcher.problem
    for folder in ("still", "quiet", "."):
        write(notes / folder / "new.md")
        assert reports.paths(notes) == [os.path.normpath(f"{folder}/new.md")]


def test_without_inotify_changes_are_found_by_sweeps(
    watch: Watch, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: InotifyFD) -> None:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    monkeypatch.setattr(InotifyFD, "__init__", refuse)
    reports = watch(notes).once_started()
    assert "allows only 0 watched folders" in reports.watcher.problem
    write(notes / "still" / "new.md")
    assert reports.paths(notes) == ["still/new.md"]


def test_a_file_system_that_other_machines_change_is_swept(
    watch: Watch, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "mount_of", lambda path: Mount("/", "nfs4"))
    reports = watch(notes, sweep_s=3600.0).once_started()
    assert not reports.watcher._watches
    write(notes / "still" / "new.md")
    assert reports.paths(notes) == ["still/new.md"]


def test_the_periodic_sweep_finds_a_change_without_an_event(watch: Watch, notes: Path) -> None:
    reports = watch(notes, sweep_s=0.2).once_started()
    path = notes / "still" / "a.md"
    with path.open("r+b") as file:
        # Truncated through an open descriptor: inotify reports no event that is watched.
        os.truncate(file.fileno(), 2)
        assert reports.paths(notes) == ["still/a.md"]


def test_ignored_files_are_not_reported_until_the_rules_change(watch: Watch, notes: Path) -> None:
    write(notes / "still" / ".carrelignore", "*.log\n")
    reports = watch(notes).once_started()
    write(notes / "still" / "a.log")
    assert reports.is_quiet()
    write(notes / "still" / ".carrelignore", "*.txt\n")
    assert reports.paths(notes) == ["still"]
    write(notes / "still" / "a.log", "longer text")
    assert reports.paths(notes) == ["still/a.log"]


@ways
def test_a_file_can_be_a_source(watch: Watch, tmp_path: Path, watched: int) -> None:
    path = write(tmp_path / ".hidden" / "diary.md")
    reports = watch(path, watch_limit=watched).once_started()
    write(path.with_name("other.md"))
    assert reports.is_quiet()
    write(path.with_name("diary.md.tmp"), "saved").rename(path)
    assert reports.paths(path) is None
    assert reports.is_quiet()


@ways
def test_a_source_that_disappears_is_reported_as_offline(
    watch: Watch, notes: Path, tmp_path: Path, watched: int
) -> None:
    reports = watch(notes, watch_limit=watched).once_started()
    notes.rename(tmp_path / "elsewhere")
    assert reports.next() == Offline(str(notes), "no such file or folder")
    assert reports.is_quiet()
    (tmp_path / "elsewhere").rename(notes)
    assert reports.next() == Online(str(notes))
    assert reports.paths(notes) is None
    write(notes / "still" / "a.md", "longer text")
    assert reports.paths(notes) == ["still/a.md"]


@ways
def test_a_source_that_is_away_for_a_moment_is_still_watched(
    watch: Watch, notes: Path, tmp_path: Path, watched: int
) -> None:
    reports = watch(notes, watch_limit=watched).once_started()
    for _ in range(5):
        notes.rename(tmp_path / "elsewhere")
        time.sleep(0.02)  # The watcher may or may not notice it.
        (tmp_path / "elsewhere").rename(notes)
        time.sleep(0.02)
    path = str(write(notes / "still" / "new.md"))
    while not isinstance(report := reports.next(), Scope) or not (
        report.paths is None or any(path.startswith(reported) for reported in report.paths)
    ):
        pass
    write(Path(path), "longer text")
    reports.collect(lambda seen: path in seen)


def test_the_empty_mount_point_of_a_disk_is_not_taken_for_the_source(watch: Watch, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    disks = {str(place): str(place)}
    reports = watch(place, disks=disks)
    assert reports.next() == Offline(str(place), f"the disk at {place} is not mounted")
    assert reports.is_quiet()
    assert disks == {str(place): str(place)}


def test_the_disk_of_a_source_is_remembered(watch: Watch, notes: Path) -> None:
    disks: dict[str, str] = {}
    watch(notes, disks=disks).once_started()
    assert disks == {str(notes): disk_of(str(notes))}


def test_another_folder_in_place_of_the_source_is_reported_whole(
    watch: Watch, notes: Path, tmp_path: Path
) -> None:
    write(tmp_path / "other" / "b.md")
    reports = watch(notes).once_started()
    notes.rename(tmp_path / "before")
    (tmp_path / "other").rename(notes)
    while (report := reports.next()) != Scope(str(notes), None):
        assert isinstance(report, Offline | Online)
    write(notes / "b.md", "longer text")
    reports.collect(lambda seen: str(notes / "b.md") in seen)


def test_sources_can_be_added_and_removed_while_watching(watch: Watch, notes: Path, tmp_path: Path) -> None:
    reports = watch(notes).once_started()
    other = write(tmp_path / "other" / "b.md").parent
    reports.sources.append(str(other))
    assert reports.next() == Scope(str(other), None)
    reports.sources.remove(str(notes))
    while str(notes) in reports.watcher._sources:
        time.sleep(0.01)
    write(notes / "a.md", "longer text")
    write(other / "sub" / "b.md")
    reports.collect(lambda seen: str(other / "sub" / "b.md") in seen)


def test_a_source_within_another_is_reported_even_after_the_outer_one_is_removed(
    watch: Watch, notes: Path
) -> None:
    inner = notes / "still"
    reports = watch(notes, inner, sweep_s=3600.0).once_started()
    write(inner / "a.md", "longer text")
    assert {reports.next(), reports.next()} == {
        Scope(str(source), (str(inner / "a.md"),)) for source in (notes, inner)
    }
    reports.sources.remove(str(notes))
    while str(notes) in reports.watcher._sources:
        time.sleep(0.01)
    write(inner / "new.md")
    assert reports.paths(inner) == ["new.md"]


def test_a_file_that_appears_while_an_outer_source_is_removed_is_reported(
    watch: Watch, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = notes / "still"
    watch_again = Tree.watch_again

    def after_a_change(tree: Tree, folders: Iterable[str]) -> list[str]:
        write(inner / "new.md")  # The kernel watches the folder for neither source.
        return watch_again(tree, folders)

    monkeypatch.setattr(Tree, "watch_again", after_a_change)
    reports = watch(notes, inner, sweep_s=3600.0).once_started()
    reports.sources.remove(str(notes))
    assert reports.paths(inner) == ["new.md"]


def test_a_watcher_that_fails_is_restarted_and_reports_the_sources_again(notes: Path, watch: Watch) -> None:
    failing = threading.Event()

    def sources() -> Sequence[str]:
        if failing.is_set():
            failing.clear()
            raise RuntimeError("secret text")
        return [str(notes)]

    reports = watch(notes)
    reports.watcher.stop()
    reports.watcher = Watcher(sources, settle_s=0.05)
    reports.watcher.start()
    reports.once_started()
    failing.set()
    reports.once_started()
    assert reports.watcher.restarts == 1
    write(notes / "new.md")
    assert reports.paths(notes) == ["new.md"]
    assert reports.watcher.problem == ""


def test_a_failure_is_shown_until_the_sources_are_watched_again(notes: Path) -> None:
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
