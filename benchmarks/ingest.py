"""Measures indexing: compared with a peer, under load, after many moves, and over time.

`python -m benchmarks.ingest --data DIR --json FILE`, in an environment with Carrel, its starter models and
the extra `benchmarks`. DIR may hold `eips` and `reports`; the table says which are absent. The peer is
LangChain's indexing with the same model and Chroma (`benchmarks.peer`), run on the same files in the same
run. Starting either side and loading libraries and models is not counted. The last ten minutes are a soak
(`benchmarks.soak`).
"""

import itertools
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from assistant.config import Config
from assistant.dialogue import AnswerText
from assistant.library.client import Client
from assistant.models.finding import find_embedder
from benchmarks.report import Report, arguments
from benchmarks.running import Owning, carrel, connected, owning, run
from benchmarks.soak import soak
from ingest.progress import Report as IndexingReport

FILES_MOVED = 10_000
FILES_LOADED = 1_000
"""Files to index while notes are saved and questions asked."""
SAVES = 25
QUESTIONS = (
    "When is the hedge cut?",
    "Who repairs the boiler?",
    "What does the train to the coast cost?",
    "Where is the spare key kept?",
    "Which colour was the fence painted?",
)
SEARCHING, ASKING = 15, 5
"""Clients beside which notes are indexed."""
NOTES_BESIDE = 100
"""Notes that are indexed alone and beside them."""
SOAK_S = 600.0
PATIENCE_S = 120.0


def main() -> None:
    options = arguments(__doc__ or "")
    report = Report(options.json, options.markdown)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        _prepare(scratch / "prepared")
        for name, bound in (("eips", ">= 5"), ("reports", ">= 4")):
            _beside_the_peer(report, name, options.data / name, scratch / name, bound)
        _moved(report, scratch / "moved")
        _under_load(report, scratch / "load")
        _beside_clients(report, scratch / "clients")
        _soaked(report, scratch / "soak")
    report.finish()


def _prepare(folder: Path) -> None:
    """Indexes one note, so that the embedder is exported, which happens once a machine, before anything is
    measured."""
    (folder / "notes").mkdir(parents=True)
    (folder / "notes" / "note.md").write_text("The hedge is cut in March.\n", encoding="utf-8")
    carrel(folder / "library", "add", str(folder / "notes"))


def _beside_the_peer(report: Report, name: str, data: Path, scratch: Path, bound: str) -> None:
    if not data.is_dir():
        report.add(name, "absent")
        return
    library = scratch / "library"
    first = carrel(library, "add", str(data))
    (ours,) = first.object["sources"]
    files = ours["added"] + len(ours["failed"])
    report.add(f"{name}: files", files)
    report.add(f"{name}: chunks", ours["chunks"])
    report.add(f"{name}: files/s", files / ours["seconds"])
    report.add(f"{name}: chunks/s", ours["chunks"] / ours["seconds"])
    report.add(f"{name}: peak memory, MiB", first.peak_bytes / (1 << 20), "<= 1024")
    again = carrel(library, "add", str(data))
    report.add(f"{name}: added again, nothing changed, whole command, s", again.seconds, "<= 1")
    model = str(find_embedder(Config().models.embedder, library=None).path)
    command = [sys.executable, "-m", "benchmarks.peer", str(data), str(scratch / "peer"), model]
    try:
        peer = run(command).object
        seconds = run(command).object["seconds"]
    except SystemExit:
        report.add(f"{name}: LangChain", "extra benchmarks absent")
        return
    report.add(f"{name}: LangChain, files/s", peer["files"] / peer["seconds"])
    report.add(f"{name}: LangChain, chunks", peer["chunks"])
    report.add(f"{name}: LangChain, again, nothing changed, s", seconds)
    ratio = (files / ours["seconds"]) / (peer["files"] / peer["seconds"])
    report.add(f"{name}: files/s over LangChain's", ratio, bound)


def _moved(report: Report, scratch: Path) -> None:
    source = scratch / "source"
    (source / "before").mkdir(parents=True)
    for number in range(FILES_MOVED):
        (source / "before" / f"{number}.md").write_text(f"Item {number}.\n", encoding="utf-8")
    carrel(scratch / "library", "add", str(source))
    (source / "before").rename(source / "after")
    moved = carrel(scratch / "library", "add", str(source))
    (result,) = moved.object["sources"]
    report.add(f"{FILES_MOVED:,} files moved: moves seen", result["moved"], f">= {FILES_MOVED}")
    report.add(f"{FILES_MOVED:,} files moved: texts embedded", result["embedded"], "<= 0")
    report.add(f"{FILES_MOVED:,} files moved: s", moved.seconds)


def _under_load(report: Report, scratch: Path) -> None:
    """Saves notes and asks questions while a thousand files are indexed, and asks the questions again
    afterwards.

    The library is the same both times, so the same passages are found and read.
    """
    chance = random.Random(7)
    words = [_nonsense(chance) for _ in range(3_000)]
    notes, load = scratch / "notes", scratch / "notes" / "load"
    notes.mkdir(parents=True)
    for question in QUESTIONS:
        subject = question.split(maxsplit=2)[2].rstrip("?")
        (notes / f"{subject}.md").write_text(
            f"# {subject}\n\nThat is told here at length.\n", encoding="utf-8"
        )
    with owning(scratch / "library") as owner:
        for _ in owner.client.add(notes):
            pass
        for question in QUESTIONS:
            _first_token(owner, question)
        load.mkdir()
        for number in range(FILES_LOADED):
            text = "\n\n".join(" ".join(chance.choices(words, k=120)) for _ in range(5))
            (load / f"{number}.md").write_text(text, encoding="utf-8")
        _until(lambda: owner.client.status().indexing.files > 0)
        busy, by_word, by_meaning = [], [], []
        for number in range(SAVES):
            if owner.settled():
                break
            worded, meant = _save(owner, notes / f"probe {number}.md", _nonsense(chance))
            by_word.append(worded)
            by_meaning.append(meant)
            busy.append(_first_token(owner, QUESTIONS[number % len(QUESTIONS)]))
        report.add("saves while 1,000 files are indexed", len(by_word))
        report.add("save to found by a word, 95th percentile, s", _percentile(by_word), "<= 2")
        report.add("save to found by its vector, 95th percentile, s", _percentile(by_meaning), "<= 5")
        report.add("owner's peak memory, model loaded, MiB", owner.peak_bytes() / (1 << 20))
        _until(owner.settled, patience=600)
        idle = [_first_token(owner, question) for _ in range(3) for question in QUESTIONS]
        ratio = statistics.median(busy) / statistics.median(idle)
        report.add("question while indexing: first token over idle", ratio, "<= 2")
        time.sleep(15)
        began, spent = time.monotonic(), owner.processor_seconds()
        time.sleep(10)
        busy_share = (owner.processor_seconds() - spent) / (time.monotonic() - began)
        report.add("owner idle: share of a core", busy_share, "<= 0.03")


def _beside_clients(report: Report, scratch: Path) -> None:
    """Indexes notes alone, and beside clients that search and ask without a pause."""
    library = scratch / "library"
    ended = threading.Event()

    def search(client: Client) -> None:
        while not ended.is_set():
            client.search(QUESTIONS[0], 5)

    def ask(client: Client) -> None:
        while not ended.is_set():
            for _ in client.ask(QUESTIONS[0]):
                pass

    with owning(library) as owner, ExitStack() as stack:
        alone = _indexing_s(owner, scratch / "alone")
        for _ in owner.client.ask(QUESTIONS[0]):
            pass  # Loads the models.
        threads = [
            threading.Thread(target=work, args=(stack.enter_context(connected(library)),))
            for work, count in ((search, SEARCHING), (ask, ASKING))
            for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        time.sleep(2)
        beside = _indexing_s(owner, scratch / "beside")
        ended.set()
        for thread in threads:
            thread.join()
    name = f"beside {SEARCHING} searching and {ASKING} asking clients: share of the pace of indexing alone"
    report.add(name, alone / beside, ">= 0.2")


def _indexing_s(owner: Owning, folder: Path) -> float:
    """Adds a new folder of notes; returns the seconds until they are indexed."""
    folder.mkdir(parents=True)
    for number in range(NOTES_BESIDE):
        text = f"The key of shed {number} in {folder.name} hangs behind door {number}.\n"
        (folder / f"{number}.md").write_text(text, encoding="utf-8")
    *_, result = owner.client.add(folder)
    assert isinstance(result, IndexingReport)
    return result.seconds


def _save(owner: Owning, probe: Path, word: str) -> tuple[float, float]:
    """Seconds from saving a note to finding it by its `word`, and to finding it by its vector."""
    saved = time.monotonic()
    probe.write_text(f"# {word}\n\nThe {word} is kept in the cellar.\n", encoding="utf-8")
    by_word = _until(lambda: _similarity(owner, word, probe) is not None) - saved
    # Without its vector, a chunk is found with a similarity of zero.
    return by_word, _until(lambda: bool(_similarity(owner, word, probe))) - saved


def _first_token(owner: Owning, question: str) -> float:
    """Seconds until the first words of an answer."""
    began = time.monotonic()
    first = 0.0
    for event in owner.client.ask(question):
        if isinstance(event, AnswerText) and not first:
            first = time.monotonic() - began
    return first or time.monotonic() - began


def _similarity(owner: Owning, word: str, path: Path) -> float | None:
    """The similarity of the document at `path` to `word`; None unless it is the first search result."""
    passages = owner.client.search(word, 1).passages
    return passages[0].similarity if passages and passages[0].locator.path == str(path) else None


def _until(fact: Callable[[], bool], *, patience: float = PATIENCE_S) -> float:
    """Waits until `fact` holds, and returns the time; ends the benchmark after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not fact():
        if time.monotonic() > deadline:
            raise SystemExit(f"the owner did not get there in {patience:.0f} s")
        time.sleep(0.1)
    return time.monotonic()


def _percentile(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, round(0.95 * (len(values) - 1)))]


def _nonsense(chance: random.Random) -> str:
    pairs = ["".join(pair) for pair in itertools.product("bdfgklmnprstvz", "aeiou")]
    return "".join(chance.choices(pairs, k=4))


def _soaked(report: Report, scratch: Path) -> None:
    checks = list(soak(scratch / "notes", scratch / "library", SOAK_S))
    shutil.rmtree(scratch)
    settled = checks[len(checks) // 4]
    grown = (checks[-1].memory_bytes - settled.memory_bytes) / (1 << 20)
    report.add(f"soak of {SOAK_S:.0f} s: changes", checks[-1].changes)
    report.add("soak: wrong documents, over all checks", sum(check.wrong for check in checks), "<= 0")
    report.add("soak: memory growth after the first quarter, MiB", grown, "<= 50")
    report.add("soak: growth of open descriptors", checks[-1].descriptors - settled.descriptors, "<= 0")


if __name__ == "__main__":
    main()
