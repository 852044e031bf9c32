"""Killed at any moment, full, or not to be written to: a library loses nothing it said it had."""

import multiprocessing
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from ingest.documents import content_digest
from tests import crashing

LONGEST_LIFE_S = 0.35
"""Seconds after which an owner is killed at the latest."""

NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]
"""Runs what follows where it may mount disks of its own."""


class Folder:
    """Notes that are changed at random. A note's name ends with a word that stands in its text."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: set[str] = set()
        """Paths at which there was a note since this was last emptied."""
        self._random = random.Random(11)
        self._count = 0
        for _ in range(12):
            self._add()

    def change(self) -> None:
        """Adds, changes, moves or deletes a note."""
        acts = [self._add] * 4 + [self._edit] * 3 + [self._move] * 3 + [self._delete] * 3
        self._random.choice(acts)()

    def digests(self) -> dict[str, str]:
        """What lies there now."""
        found = {}
        for path in self._notes():
            with path.open("rb") as file:
                found[str(path)] = content_digest(file.fileno())
        return found

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
def owned(folder: Path, library: Path, *, once: bool) -> Iterator[Connection]:
    """A process that owns the library; killed on leaving unless it was to end by itself."""
    # Forked from a process that has everything imported, so that it starts in no time.
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


def rest(said: Connection) -> Iterator[tuple[crashing.Held, list[str]]]:
    """What was said and not heard yet, until the owner is gone."""
    while True:
        try:
            yield said.recv()
        except EOFError:
            return


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.long)])
def test_killed_at_any_moment_a_library_keeps_what_is_indexed_and_nothing_that_is_gone(
    tmp_path: Path, kills: int
) -> None:
    folder = Folder(tmp_path / "notes")
    library = tmp_path / "library"
    chance = random.Random(5)
    said: crashing.Held = {}
    for kill in range(kills):
        lying = folder.digests()
        with owned(folder.path, library, once=False) as owner:
            held, wrong = owner.recv()
            assert not wrong, (kill, wrong)
            for path, digest in said.items():
                if lying.get(path) == digest:
                    assert held.get(path) == digest, (kill, path, "was indexed before the kill")
            assert held.keys() <= said.keys() | folder.seen, (kill, "what was dropped came back")
            folder.seen = set(lying)
            said = held
            dies = time.monotonic() + chance.random() * LONGEST_LIFE_S
            while time.monotonic() < dies:
                folder.change()
                time.sleep(0.01)
                while owner.poll():
                    said, _ = owner.recv()
        # What it said in the moment before it died is lost with the pipe, which can only ask for less.
    with owned(folder.path, library, once=True) as owner:
        (_, wrong), *_, (held, wrong_at_last) = rest(owner)
    assert not wrong
    assert not wrong_at_last
    assert held == folder.digests()


def may_mount() -> bool:
    try:
        return subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not may_mount(), reason="this system gives no namespace to mount a small disk in")
def test_a_full_or_read_only_disk_loses_nothing_and_is_recovered_from(tmp_path: Path) -> None:
    done = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.full", tmp_path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = [line.replace(str(tmp_path), "") for line in done.stdout.splitlines()]
    assert said[0] == "room:  4"
    assert said[1].startswith("nearly full: The disk is nearly full: 31 MiB are left")
    assert said[1].endswith(" where it stopped. 4")
    assert said[2] == "room again:  8"
    assert said[3].startswith(
        "full: The disk is full: /disk/catalogue.db cannot grow. Everything stored so far is"
    )
    assert said[3].endswith(" True")
    assert said[4] == "room at last:  40"
    assert said[5].startswith("read-only: /disk/catalogue.db cannot be used")
    assert "not read-only" in said[5]
    assert said[6] == "writable:  41"
