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
from ingest.vectors import SPARE, VectorStore, nearest
from ingest.vectors.chroma import ChromaVectors, is_installed
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

QUESTIONS = 100
"""Questions by which vector stores are compared."""


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
            library = grown(cache, size, texts)
            before = _measured(report, library, size, texts, before, Path(scratch))
            if size < MOST:  # Filling an index of Chroma with a million takes hours.
                _compared(report, f"{size:,}", library, Path(scratch))
        for name in ("wiki", "eips"):
            if (options.data / name).is_dir():
                _compared(report, name, indexed(cache, options.data / name), Path(scratch))
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
    add("disk per 100,000 chunks, MiB", _bytes_at(copy) / (1 << 20) / (size / 100_000))
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


def _compared(report: Report, name: str, library: Path, scratch: Path) -> None:
    """The stores side by side, with vectors of the library, some of them altered, as questions."""
    with closing(Catalogue(library / "catalogue.db", integrity_key())) as catalogue:
        chunks = catalogue.chunks
        batches = list(chunks.all_vectors())
        vectors = np.concatenate([batch for _, batch in batches])
        names = [each for batch, _ in batches for each in batch]
        report.add(f"{name}: vectors", len(names))
        chance = np.random.default_rng(3)
        rows = chance.choice(len(names), min(QUESTIONS, len(names)), replace=False)
        noise = chance.standard_normal((len(rows), vectors.shape[1]), np.float32)
        asked = vectors[rows] + 0.3 * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        asked /= np.linalg.norm(asked, axis=1, keepdims=True)
        true = [np.sort(vectors @ question)[::-1][:FIRST] for question in asked]
        stores: dict[str, Callable[[Path], VectorStore]] = {
            "exact": lambda place: ExactVectors.opened(place, "a" * 32, chunks.all_vectors),
            "chroma": lambda place: ChromaVectors(place, "a" * 32, chunks.all_vectors),
        }
        for kind, opening in stores.items():
            if kind == "chroma" and not is_installed():
                report.add(f"{name}: chroma", "extra chroma absent")
                continue
            place = scratch / f"{name} {kind}"
            began = time.perf_counter()
            opening(place).close()
            report.add(f"{name}: {kind}: filled, s", time.perf_counter() - began)
            began = time.perf_counter()
            store = opening(place)
            report.add(f"{name}: {kind}: opened, s", time.perf_counter() - began)
            times, missing = [], 0
            for question, best in zip(asked, true, strict=True):
                began = time.perf_counter()
                store.propose(question[None], FIRST + SPARE)
                times.append(time.perf_counter() - began)
                found = dict(nearest(store, catalogue, question[None], FIRST))
                missing += FIRST - sum(value >= best[-1] - 1e-6 for value in found.values())
            lost = sum(
                names[row] not in dict(nearest(store, catalogue, vectors[row][None], FIRST)) for row in rows
            )
            store.close()
            report.add(f"{name}: {kind}: a question, ms", 1000 * statistics.median(times))
            bound = "<= 0" if kind == "exact" else ""
            report.add(f"{name}: {kind}: of the true first ten of {len(rows)}, missing", missing, bound)
            report.add(
                f"{name}: {kind}: of {len(rows)}, not among the ten nearest to themselves", lost, bound
            )
            report.add(f"{name}: {kind}: on disk, MiB", _bytes_at(place) / (1 << 20))


def _bytes_at(place: Path) -> int:
    files = [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


if __name__ == "__main__":
    main()
