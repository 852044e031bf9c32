"""An owner kept busy for hours: does it stay true to its folder, and does it stay small?

`python -m benchmarks.soak --hours 8` churns a folder of notes: saves, atomic saves, copies, moves, renamed
folders, deletions, damaged files, all at random. Every half minute the churn pauses until the owner has
settled; then what it lists is held against what lies there, and some notes are searched by a word that only
they hold. It prints each check, and ends with 1 when anything was amiss.
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
"""About as many notes as the folder holds."""
CHURN_S = 30.0
PAUSE_S = 0.05
"""Between two changes, on average."""
SETTLE_S = 60.0
"""Most time until the owner has caught up."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was found when the churn paused."""

    changes: int
    """Made so far."""
    amiss: int
    """Documents listed that are not there, or there and not listed, or not found by their word."""
    memory_bytes: int
    descriptors: int


def soak(folder: Path, library: Path, seconds: float, *, seed: int = 1) -> Iterator[Check]:
    """Checks of an owner of `library`, made anew, while `folder` is churned."""
    churn = _Churn(folder, random.Random(seed))
    carrel(library, "add", str(folder))
    with owning(library) as owner:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            until = min(deadline, time.monotonic() + CHURN_S)
            while time.monotonic() < until:
                churn.change()
                time.sleep(churn.random.expovariate(1 / PAUSE_S))
            yield Check(churn.changes, churn.amiss(owner), owner.memory_bytes(), owner.descriptors())


class _Churn:
    """A folder that is changed at random, and what should be found in it."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.random = chance
        self.changes = 0
        self._folder = folder
        self._words: dict[Path, str] = {}
        """The word that only this file holds."""
        for number in range(10):
            (folder / f"part {number}").mkdir(parents=True)
        for _ in range(NOTES):
            self._save()

    def change(self) -> None:
        """Does one thing that people and programs do."""
        self.changes += 1
        acts = [self._save] * 4 + [self._edit] * 6 + [self._replace] * 4 + [self._move] * 3
        acts += [self._copy] * 2 + [self._delete] * 5 + [self._rename_folder, self._damage]
        self.random.choice(acts)()

    def amiss(self, owner: Owning) -> int:
        """How much of the folder the owner has wrong, once it has settled."""
        wanted = {str(path) for path in self._words}
        held: set[str] = set()
        deadline = time.monotonic() + SETTLE_S
        while time.monotonic() < deadline:
            entries = owner.client.entries()
            held = {entry.path for entry in entries if entry.state == "indexed"}
            if held == wanted and owner.settled():
                break
            time.sleep(0.5)
        found = 0
        asked = self.random.sample(sorted(self._words), min(10, len(self._words)))
        for path in asked:
            search = owner.client.search(self._words[path], 1, dense_weight=0.0)
            found += bool(search.passages) and search.passages[0].locator.path == str(path)
        return len(held ^ wanted) + len(asked) - found

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
        # Two hold the word now, so both get words of their own: the copy at once, the other by its next edit.
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
    amiss = 0
    with tempfile.TemporaryDirectory() as scratch:
        for check in soak(Path(scratch) / "notes", Path(scratch) / "library", 3600 * options.hours):
            amiss += check.amiss
            memory = check.memory_bytes >> 20
            print(
                f"{check.changes:8,} changes, {check.amiss} amiss, {memory} MiB, {check.descriptors} open",
                flush=True,
            )
    raise SystemExit(bool(amiss))


if __name__ == "__main__":
    main()
