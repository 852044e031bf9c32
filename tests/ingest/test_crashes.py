"""A library loses nothing that was stored when its owner is killed or its disk is full or read-only."""

import json
import multiprocessing
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from ingest.documents import content_digest
from ingest.embedding import Embedder
from tests import crashing

LONGEST_LIFE_S = 0.35
"""Seconds after which an owner is killed at the latest."""

NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]
"""Runs a command where it may mount disks of its own."""


class Folder:
    """Notes that change at random. The last word of a note's name also occurs in its text."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: set[str] = set()
        """Paths at which there was a note since this set was last replaced."""
        self._random = random.Random(11)
        self._count = 0
        for _ in range(12):
            self._add()

    def change(self) -> None:
        """Adds, changes, moves or deletes a note."""
        actions = [self._add] * 4 + [self._edit] * 3 + [self._move] * 3 + [self._delete] * 3
        self._random.choice(actions)()

    def digests(self) -> dict[str, str]:
        """The digests of the present notes, by path."""
        digests = {}
        for path in self._notes():
            with path.open("rb") as file:
                digests[str(path)] = content_digest(file.fileno())
        return digests

    def _add(self) -> None:
        self._count += 1
        word = f"wort{self._count}x"
        self._write(self._part() / f"note {word}.md", word)

    def _edit(self) -> None:
        path = self._random.choice(self._notes())
        self._write(path, path.stem.split()[-1])

    def _move(self) -> None:
        path = self._random.choice(self._notes())
        self.seen.add(str(path.rename(self._part() / path.name)))

    def _delete(self) -> None:
        notes = self._notes()
        if len(notes) > 8:
            self._random.choice(notes).unlink()

    def _notes(self) -> list[Path]:
        return sorted(self.path.rglob("*.md"))

    def _part(self) -> Path:
        part = self.path / f"part {self._random.randrange(4)}"
        part.mkdir(exist_ok=True, parents=True)
        return part

    def _write(self, path: Path, word: str) -> None:
        pieces = [f"Paragraph {self._random.randrange(10**9)} says {word} once more." for _ in range(6)]
        partial = path.with_suffix(".part")
        partial.write_text("\n\n".join(pieces), encoding="utf-8")
        partial.replace(path)
        self.seen.add(str(path))


@contextmanager
def owner_process(folder: Path, library: Path, *, once: bool) -> Iterator[Connection]:
    """The reports of a process that owns the library. It is killed on exit, unless it runs `once`."""
    # Forked from a process that has imported everything, so that a start takes milliseconds.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crashing", "tests.migrating"])
    ours, theirs = context.Pipe(duplex=False)
    owner = context.Process(target=crashing.own, args=(folder, library, theirs), kwargs={"once": once})
    owner.start()
    theirs.close()
    with ours:
        try:
            yield ours
        finally:
            if not once:
                owner.kill()
            owner.join()
    assert not once or owner.exitcode == 0
    owner.close()


def remaining(reports: Connection) -> Iterator[tuple[crashing.IndexedFiles, list[str]]]:
    """The reports until the process has ended."""
    while True:
        try:
            yield reports.recv()
        except EOFError:
            return


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.long)])
def test_killed_at_any_moment_a_library_keeps_what_is_indexed_and_nothing_that_is_gone(
    tmp_path: Path, kills: int
) -> None:
    folder = Folder(tmp_path / "notes")
    library = tmp_path / "library"
    lifetimes = random.Random(5)
    reported: crashing.IndexedFiles = {}
    for kill in range(kills):
        present = folder.digests()
        with owner_process(folder.path, library, once=False) as reports:
            indexed, inconsistencies = reports.recv()
            assert not inconsistencies, (kill, inconsistencies)
            for path, digest in reported.items():
                if present.get(path) == digest:
                    assert indexed.get(path) == digest, (kill, path, "was indexed before the kill")
            assert indexed.keys() <= reported.keys() | folder.seen, (kill, "a removed file came back")
            folder.seen = set(present)
            reported = indexed
            dies_at = time.monotonic() + lifetimes.random() * LONGEST_LIFE_S
            while time.monotonic() < dies_at:
                folder.change()
                time.sleep(0.01)
                while reports.poll():
                    reported, _ = reports.recv()
        # Reports still in the pipe are lost, so the next process may have stored more than is expected of it.
    with owner_process(folder.path, library, once=True) as reports:
        (_, inconsistencies), *_, (indexed, inconsistencies_at_the_end) = remaining(reports)
    assert not inconsistencies
    assert not inconsistencies_at_the_end
    assert indexed == folder.digests()


def may_mount() -> bool:
    """Whether this system provides namespaces in which disks can be mounted."""
    try:
        return subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


needs_a_small_disk = pytest.mark.skipif(
    not may_mount(), reason="this system has no namespace in which to mount a small disk"
)


@needs_a_small_disk
def test_changes_made_while_the_disk_is_full_are_taken_in_as_soon_as_there_is_room(
    tmp_path: Path, cache_home: Path, embedder: Embedder
) -> None:
    run = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.brimful", tmp_path, cache_home],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    facts = json.loads(run.stdout)
    assert facts["noticed"]
    assert "disk is full" in facts["problem"]
    assert "asked.md" in facts["asked"], "an answer comes with its citations"
    assert "not saved: The disk is full" in facts["said"]
    assert "disk is full" in facts["pause"]
    assert not facts["paused"], "a pause that failed is none"
    assert facts["remove"] == ""
    assert "unwanted.md" not in facts["listed"], "a removal succeeds on a full disk"
    assert facts["caught up"], "deleted, changed and new files"
    assert facts["forgotten"], "a problem that is over is no longer shown"
    assert facts["audit"] == [], "entries that could not be written leave a sound log"


@needs_a_small_disk
def test_a_library_recovers_from_a_full_and_from_a_read_only_disk_without_loss(tmp_path: Path) -> None:
    run = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.full", tmp_path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    lines = [line.replace(str(tmp_path), "") for line in run.stdout.splitlines()]
    assert lines[0] == "room:  4"
    assert lines[1].startswith("nearly full: The disk is nearly full: 31 MiB are free")
    assert re.search(r"where it stopped\. 4$", lines[1])
    assert lines[2] == "room again:  8"
    assert lines[3].startswith("full: The disk is full: /disk/catalogue.db cannot grow. Everything stored so")
    assert lines[3].endswith(" True")
    assert lines[4] == "room at last:  40"
    assert lines[5].startswith("read-only: /disk/catalogue.db cannot be used")
    assert "not read-only" in lines[5]
    assert lines[6] == "writable:  41"


@needs_a_small_disk
@pytest.mark.parametrize("how", [(), ("killed",)], ids=["closed", "killed"])
def test_a_library_on_a_read_only_disk_is_searched_and_nothing_is_written(
    tmp_path: Path, cache_home: Path, embedder: Embedder, how: tuple[str, ...]
) -> None:
    run = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.protected", tmp_path, cache_home, *how],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    facts = json.loads(run.stdout)
    assert "green key" in facts["search"]
    assert facts["said"][0] == 0
    assert "cannot be changed: Read-only file system" in facts["said"][1]
    assert ("pond is cleaned" in facts["pond"]) == bool(how), "what was stored last is found"
    assert {Path(each["path"]).name for each in facts["ls"]} >= {"boiler.md", "shed.md"}
    assert facts["status"]["indexed"] == 2 + bool(how)
    assert "4 March 2025" in facts["ask"]["answer"]
    assert "cannot be changed" in facts["ask"]["unkept"]
    for code, text in facts["writing"].values():
        assert code == 1, text
        assert "cannot be changed" in text
        assert "unexpected" not in text
    assert facts["untouched"]
    assert facts["removed at last"] == 0


@needs_a_small_disk
def test_a_removal_that_needs_more_than_the_reserve_succeeds_on_a_full_disk(tmp_path: Path) -> None:
    run = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.removing", tmp_path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    facts = json.loads(run.stdout)
    assert facts["problem"] == ""
    assert facts["left"] == ["kept.md"]
    assert facts["size"] < 1 << 20, "the text is overwritten and its space is free"


@needs_a_small_disk
def test_another_disk_in_the_place_of_a_source_drops_neither_documents_nor_conversations(
    tmp_path: Path, cache_home: Path, embedder: Embedder
) -> None:
    run = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.swapping", tmp_path, cache_home],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    facts = json.loads(run.stdout)
    assert facts["added"][0] == 1
    assert "another disk is mounted" in facts["added"][1]
    assert "red.md" in facts["listed"]
    assert "another disk is mounted" in facts["offline"]
    assert facts["watched"] == ["red.md"]
    assert facts["back"] == ""
    assert facts["at last"] == ["red.md"]
    assert facts["conversations"] == 1
