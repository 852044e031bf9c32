"""Measures the main path: whether the right paragraph is found, and how fast indexing, commands and decoding
are.

`python -m benchmarks.first_path --data DIR --json FILE`, in an environment with Carrel and its starter
models. DIR may hold `wiki` (notes and `questions.jsonl`), `eips` and `reports`; the table says which are
absent. Commands run as a person would run them, each in a process of its own.

500 answerable questions of `wiki` are taken at even distances over all articles; `benchmarks.quality` asks
them all. The weight of the fusion was chosen on half of the articles; see docs/decisions.md.
"""

import statistics
import tempfile
from pathlib import Path

from assistant.config import Config
from assistant.evaluating import figures, run
from assistant.library.owner import Owner
from assistant.models.finding import find_target
from benchmarks.decoding import decode_ratio
from benchmarks.report import Report, arguments
from benchmarks.retrieving import open_retriever, weighted_outcomes
from benchmarks.running import carrel
from benchmarks.wiki import wiki_questions
from policies.errors import CarrelError

QUESTIONS = 500
DEPTH = 512
"""Length of the prompt in tokens, about that of an answer's prompt."""
REPEATS = 5


def main() -> None:
    options = arguments(__doc__ or "")
    report = Report(options.json, options.markdown)
    with tempfile.TemporaryDirectory() as scratch:
        _retrieval(report, options.data / "wiki", Path(scratch) / "wiki")
        for name in ("eips", "reports"):
            _indexing(report, name, options.data / name, Path(scratch) / name)
        _commands(report, Path(scratch) / "eips")
    _decoding(report)
    report.finish()


def _retrieval(report: Report, data: Path, library: Path) -> None:
    if not data.is_dir():
        report.add("wiki", "absent")
        return
    answerable = wiki_questions(data)
    asked = answerable[:: max(1, len(answerable) // QUESTIONS)][:QUESTIONS]
    bounds = {"default": (">= 0.78", ">= 0.96"), "dense alone": ("", ""), "BM25 alone": ("", "")}
    with Owner(library, Config()) as assistant:
        for _ in assistant.add(data / "notes"):
            pass
        outcomes = {"default": list(run(assistant, asked, answering=False))}
    with open_retriever(library) as retriever:
        for name, weight in (("dense alone", 1.0), ("BM25 alone", 0.0)):
            outcomes[name] = weighted_outcomes(retriever, asked, weight)
    for name, (first, fifth) in bounds.items():
        measured = figures(outcomes[name])
        report.add(f"wiki, {name}: right paragraph first", measured["recall@1"], first)
        report.add(f"wiki, {name}: within the first 5", measured["recall@5"], fifth)


def _indexing(report: Report, name: str, data: Path, library: Path) -> None:
    if not data.is_dir():
        report.add(name, "absent")
        return
    first = carrel(library, "add", str(data))
    result = first.object["sources"][0]
    files = result["added"] + len(result["failed"])
    report.add(f"{name}: files", files)
    report.add(f"{name}: files/s", files / first.seconds)
    report.add(f"{name}: chunks/s", result["chunks"] / first.seconds)
    report.add(f"{name}: peak memory, MiB", first.peak_bytes / (1 << 20))
    report.add(f"{name}: added again, nothing changed, s", carrel(library, "add", str(data)).seconds, "<= 2")


def _commands(report: Report, library: Path) -> None:
    helped = statistics.median(carrel(library, "--help").seconds for _ in range(REPEATS))
    report.add("carrel --help, s", helped, "< 0.3")
    if not library.is_dir():
        report.add("carrel search, cold process", "needs eips")
        return
    searched = [carrel(library, "search", "gas cost of storage").seconds for _ in range(REPEATS + 1)]
    report.add("carrel search, cold process and warm file cache, s", statistics.median(searched[1:]), "< 1.5")


def _decoding(report: Report) -> None:
    try:
        model = find_target(Config().models.target, library=None)
    except CarrelError as error:
        report.add("decoding", error.message)
        return
    ratio = decode_ratio(model.path, DEPTH)
    report.add(f"decode tokens/s over llama.cpp's own, at depth {DEPTH}", ratio, ">= 0.95")


if __name__ == "__main__":
    main()
