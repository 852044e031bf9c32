"""Keeps an owner busy for hours, and checks that its library matches the folder and its memory does not grow.

`python -m benchmarks.soak --hours 8` changes a folder of notes at random: saves, atomic saves, copies, moves,
renamed folders, deletions, damaged files. Every half minute it waits until the owner has caught up, compares
the library with the folder, and searches for some notes by a word that only they contain. It prints each
check, and exits with 1 if one failed.
"""

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.running import Owning, carrel, owning

NOTES = 300
"""Approximate number of notes in the folder."""
CHURN_S = 30.0
PAUSE_S = 0.05
"""Mean time between two changes."""
SETTLE_S = 60.0
"""Longest wait for the owner to catch up."""


@dataclass(frozen=True, slots=True)
class Check:
    """The state of the library at one check."""

    changes: int
    """Number of changes so far."""
    wrong: int
    """Documents that are listed and absent, or present and not listed, or not found by their word."""
    memory_bytes: int
    descriptors: int


def soak(folder: Path, library: Path, seconds: float, *, seed: int = 1) -> Iterator[Check]:
    """Yields checks of a new `library`'s owner while `folder` is changed for so many `seconds`."""
    churn = _Churn(folder, random.Random(seed))
    carrel(library, "add", str(folder))
    with owning(library) as owner:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            until = min(deadline, time.monotonic() + CHURN_S)
            while time.monotonic() < until:
                churn.change()
                time.sleep(churn.random.expovariate(1 / PAUSE_S))
            yield Check(churn.changes, churn.wrong(owner), owner.memory_bytes(), owner.descriptors())


class _Churn:
    """A folder that is changed at random, and its expected content."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.random = chance
        self.changes = 0
        self._folder = folder
        self._words: dict[Path, str] = {}
        """The word that only this file contains."""
        for number in range(10):
            (folder / f"part {number}").mkdir(parents=True)
        for _ in range(NOTES):
            self._save()

    def change(self) -> None:
        """Makes one random change of a kind that people and programs make."""
        self.changes += 1
        acts = [self._save] * 4 + [self._edit] * 6 + [self._replace] * 4 + [self._move] * 3
        acts += [self._copy] * 2 + [self._delete] * 5 + [self._rename_folder, self._damage]
        self.random.choice(acts)()

    def wrong(self, owner: Owning) -> int:
        """The number of wrong documents in the library, once the owner has caught up."""
        expected = {str(path) for path in self._words}
        listed: set[str] = set()
        deadline = time.monotonic() + SETTLE_S
        while time.monotonic() < deadline:
            entries = owner.client.entries()
            listed = {entry.path for entry in entries if entry.state == "indexed"}
            if listed == expected and owner.settled():
                break
            time.sleep(0.5)
        hits = 0
        asked = self.random.sample(sorted(self._words), min(10, len(self._words)))
        for path in asked:
            search = owner.client.search(self._words[path], 1)
            hits += bool(search.passages) and search.passages[0].locator.path == str(path)
        return len(listed ^ expected) + len(asked) - hits

    def _word(self) -> str:
        return "".join(self.random.choices("bcdfghjklmnpqrstvwz", k=12))

    def _text(self, word: str) -> str:
        plain = " ".join(
            self.random.choices("the lease ends rent is paid garden hedge train meeting".split(), k=60)
        )
        return f"# A note\n\n{plain} {word}.\n"

    def _any(self) -> Path:
        return self.random.choice(sorted(self._words))

    def _free(self) -> Path:
        part = self.random.choice(sorted(path for path in self._folder.iterdir() if path.is_dir()))
        return part / f"{self._word()}.md"

    def _save(self) -> None:
        path = self._free()
        self._words[path] = word = self._word()
        path.write_text(self._text(word), encoding="utf-8")

    def _edit(self) -> None:
        path = self._any()
        self._words[path] = word = self._word()
        path.write_text(self._text(word), encoding="utf-8")

    def _replace(self) -> None:
        path = self._any()
        self._words[path] = word = self._word()
        partial = path.with_name(f".{path.name}.swp")
        partial.write_text(self._text(word), encoding="utf-8")
        partial.replace(path)

    def _move(self) -> None:
        path, target = self._any(), self._free()
        path.rename(target)
        self._words[target] = self._words.pop(path)

    def _copy(self) -> None:
        path, target = self._any(), self._free()
        shutil.copy(path, target)
        # Two files contain the word now. The copy gets its own word here, the original with its next edit.
        self._words[target] = word = self._word()
        target.write_text(self._text(word), encoding="utf-8")

    def _delete(self) -> None:
        if len(self._words) > NOTES // 2:
            path = self._any()
            path.unlink()
            del self._words[path]

    def _rename_folder(self) -> None:
        part = self.random.choice(sorted(path for path in self._folder.iterdir() if path.is_dir()))
        target = self._folder / f"part {self._word()}"
        part.rename(target)
        for path in [path for path in self._words if path.parent == part]:
            self._words[target / path.name] = self._words.pop(path)

    def _damage(self) -> None:
        (self._folder / "damaged.pdf").write_bytes(b"%PDF-1.7\n" + self.random.randbytes(1000))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=8.0)
    options = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        for check in soak(Path(scratch) / "notes", Path(scratch) / "library", 3600 * options.hours):
            wrong += check.wrong
            memory = check.memory_bytes >> 20
            print(
                f"{check.changes:8,} changes, {check.wrong} wrong, {memory} MiB, {check.descriptors} open",
                flush=True,
            )
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
