"""Measures libraries of 10,000, 100,000 and 1,000,000 chunks: searches, removing, memory and disk.

`python -m benchmarks.scale --data DIR --json FILE`. DIR holds `wiki` and `eips`, whose sentences the
libraries are made of (`benchmarks.grown`); without them nothing is measured. `--sizes 10000,100000` leaves
the largest one out: it takes about 20 minutes to build and 4 GB. `--cache FOLDER` keeps the libraries for the
next run.

Each figure is measured through a running owner. Its law is what it adds for each 100,000 chunks, between one
size and the next.
"""

import random
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from assistant.config import integrity_key
from assistant.library.client import Client
from benchmarks.grown import grown, indexed, path_of, sentences
from benchmarks.report import Report, common_arguments
from benchmarks.running import connected, owning
from ingest.catalogue import Catalogue
from ingest.selection import EVERYTHING, Selection
from ingest.vectors import nearest
from ingest.vectors.exact import ExactVectors

SEARCHES = 10
"""Searches of each kind."""

WORDS = 7
"""Words of a question, taken from a sentence."""

REMOVED = (11, 13, 17)
"""Numbers of the documents that are removed."""

MOST = 1_000_000
"""Chunks of the library that the bounds are for."""

BOUNDS = {
    "first search after start, s": "<= 1.5",
    "search, median, s": "<= 0.4",
    "search, 95th percentile, s": "<= 0.8",
    "filter that matches all, median, s": "<= 0.4",
    "filter that matches half, median, s": "<= 0.4",
    "filter that matches 1%, median, s": "<= 0.4",
    "a word that stands nowhere, median, s": "<= 0.4",
    "rm of one document, s": "<= 0.5",
    "longest wait of a search beside rm, s": "<= 0.05",
    "memory of the owner, MB": "<= 1000",
    "peak memory of the owner, MB": "<= 1500",
    "disk per 100,000 chunks, MiB": "<= 250",
}
"""What each figure must meet at `MOST` chunks."""

FILTERS = {
    "filter that matches all": Selection(types=("md",)),
    "filter that matches half": Selection(folders=("even",)),
    "filter that matches 1%": Selection(folders=("07",)),
}

FIRST = 10
"""The true nearest vectors that must be found."""

RECALL_QUESTIONS = 100


@dataclass
class _Law:
    """What figures were at the size before, to tell what they add."""

    size: int
    values: dict[str, float]


def main() -> None:
    parser = common_arguments(__doc__ or "", data_required=False)
    parser.add_argument("--sizes", default="10000,100000,1000000", help="chunks of the libraries")
    parser.add_argument("--cache", type=Path, help="folder in which the libraries are kept")
    options = parser.parse_args()
    report = Report(options.json, options.markdown)
    texts = sentences(options.data) if options.data and options.data.is_dir() else []
    if not texts:
        report.add("libraries", "--data with wiki or eips is absent: skipped")
        report.finish()
        return
    with tempfile.TemporaryDirectory() as scratch:
        cache = options.cache or Path(scratch)
        before: _Law | None = None
        for size in map(int, options.sizes.split(",")):
            before = _measured(report, grown(cache, size, texts), size, texts, before, Path(scratch))
        for name in ("wiki", "eips"):
            if (options.data / name).is_dir():
                _recall(report, name, indexed(cache, options.data / name))
    report.finish()


def _measured(
    report: Report, library: Path, size: int, texts: list[str], before: _Law | None, scratch: Path
) -> _Law:
    values: dict[str, float] = {}

    def add(name: str, value: float) -> None:
        values[name] = value
        report.add(f"{size:,}: {name}", value, BOUNDS.get(name, "") if size == MOST else "")
        if before is not None:
            law = (value - before.values[name]) / ((size - before.size) / 100_000)
            report.add(f"{size:,}: {name}: for each 100,000 more", law)

    copy = scratch / "copy"
    shutil.copytree(library, copy)
    with owning(copy) as owner:
        owner.client.search(_question(texts, 0), 5)  # Makes what is derived, once.
    with owning(copy) as owner:
        busy = owner.processor_seconds()
        add("first search after start, s", _timed(lambda: owner.client.search(_question(texts, 1), 5)))
        add("first search after start, processor s", owner.processor_seconds() - busy)
        usual = _searches(owner.client, texts)
        add("search, median, s", statistics.median(usual))
        add("search, 95th percentile, s", _percentile(usual))
        for name, selection in FILTERS.items():
            times = _searches(owner.client, texts, selection=selection)
            add(f"{name}, median, s", statistics.median(times))
            add(f"{name}, 95th percentile, s", _percentile(times))
        times = _searches(owner.client, texts, typo=True)
        add("a word that stands nowhere, median, s", statistics.median(times))
        add("a word that stands nowhere, 95th percentile, s", _percentile(times))
        add("memory of the owner, MB", owner.memory_bytes() / 1e6)
        removing, waiting = _removed(copy, owner.client, texts)
        add("rm of one document, s", statistics.median(removing))
        add("longest search beside rm, s", max(waiting))
        add("longest wait of a search beside rm, s", max(0.0, max(waiting) - _percentile(usual)))
        add("peak memory of the owner, MB", owner.peak_bytes() / 1e6)
    disk = sum(file.stat().st_size for file in copy.rglob("*") if file.is_file())
    add("disk per 100,000 chunks, MiB", disk / (1 << 20) / (size / 100_000))
    shutil.rmtree(copy)
    return _Law(size, values)


def _removed(library: Path, client: Client, texts: list[str]) -> tuple[list[float], list[float]]:
    """How long removing takes, and how long searches take meanwhile."""
    done = threading.Event()
    waiting: list[float] = []

    def keep_searching() -> None:
        with connected(library) as other:
            for number in range(1_000_000):
                if done.is_set():
                    return
                question = _question(texts, 1_000 + number)
                waiting.append(_timed(partial(other.search, question, 5)))

    thread = threading.Thread(target=keep_searching)
    thread.start()
    removing = []
    for number in REMOVED:
        time.sleep(1)
        removing.append(_timed(partial(client.remove, Path(path_of(number)))))
    time.sleep(1)
    done.set()
    thread.join()
    return removing, waiting


def _searches(
    client: Client, texts: list[str], *, selection: Selection = EVERYTHING, typo: bool = False
) -> list[float]:
    times = []
    for number in range(SEARCHES):
        question = _question(texts, 100 + number)
        if typo:
            question = f"{question} {_nonsense(number)}"
        times.append(_timed(partial(client.search, question, 5, selection=selection)))
    return times


def _question(texts: list[str], number: int) -> str:
    chance = random.Random(f"question {number}")
    words = chance.choice(texts).rstrip(".!?").split()
    start = chance.randrange(max(1, len(words) - WORDS))
    return " ".join(words[start : start + WORDS])


def _nonsense(number: int) -> str:
    chance = random.Random(f"nonsense {number}")
    return "".join(chance.choice("bcdfghjklmnpqrstvwxz") + chance.choice("aeiou") for _ in range(5))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _percentile(times: Sequence[float]) -> float:
    return float(np.percentile(times, 95))


def _recall(report: Report, name: str, library: Path) -> None:
    """How many of the true first ten are missing, with vectors of the library as questions."""
    with closing(Catalogue(library / "catalogue.db", integrity_key())) as catalogue:
        index = ExactVectors(catalogue.chunks.all_vectors())
        batches = list(catalogue.chunks.all_vectors())
        names = [each for names, _ in batches for each in names]
        vectors = np.concatenate([batch for _, batch in batches])
        chance = np.random.default_rng(3)
        missing = 0
        for row in chance.choice(len(names), min(RECALL_QUESTIONS, len(names)), replace=False):
            noise = chance.standard_normal(vectors.shape[1], np.float32)
            question = vectors[row] + 0.3 * noise / np.linalg.norm(noise)
            question /= np.linalg.norm(question)
            similarities = vectors @ question
            true = np.sort(similarities)[::-1][:FIRST]
            found = dict(nearest(index, catalogue, question[None], FIRST))
            missing += sum(value < true[-1] - 1e-6 for value in found.values()) + FIRST - len(found)
        report.add(f"{name}: vectors", len(names))
        report.add(f"{name}: of the true first ten of {RECALL_QUESTIONS} questions, missing", missing, "<= 0")


if __name__ == "__main__":
    main()
