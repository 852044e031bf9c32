"""Measures the answers of the bundled models: retrieval, correctness, citations, abstention and summaries.

`python -m benchmarks.quality --data DIR --json FILE --markdown docs/quality.md`. In DIR, `wiki` holds notes
with questions about their paragraphs, `reports` PDFs, `multilingual` web pages, and `meetings` transcripts
with summaries; `eips` holds technical proposals. Questions of ours are in `benchmarks/questions`. `--only
office,technical` measures the parts that are named; those of `benchmarks.judged` and
`benchmarks.papers` judge every reply.

Abstention was fitted on the first two groups of articles (`benchmarks.calibration`). It is scored on
questions about the third and fourth group, over a library without the fourth.
"""

import argparse
import json
import random
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from assistant.answers.grounding import content_words, quotable_spans
from assistant.answers.reranking import LIKELIHOOD
from assistant.answers.retrieval import DENSE_WEIGHT
from assistant.config import Config, ModelSettings
from assistant.dialogue import Asking, Mode
from assistant.evaluating import EvaluationQuestion, Outcome, figures, read_questions, run
from assistant.library.embedders import open_embedder
from assistant.library.oneshot import OneShot
from assistant.library.owner import Owner
from assistant.summary import Length, Summary
from benchmarks.judged import QUESTIONS, SETS, Judging, measure_set
from benchmarks.papers import PAPERS, measure_papers
from benchmarks.report import Report, common_arguments
from benchmarks.retrieving import open_retriever, weighted_outcomes
from benchmarks.wiki import grouped, unanswerable, unanswered, wiki_questions, without
from ingest.embedding import Embedder

ANSWERED = 500
"""Answerable `wiki` questions to answer, and as many that are not answerable; a second or more each."""
FREELY_ANSWERED = 100
"""Questions to answer in free mode too."""
RERANKED = 50
"""Questions to rerank by the model's likelihood; several seconds each."""
SAMPLED = 1000
"""Questions to try other ways of searching with."""
SUMMARY_WORDS = 200


def main() -> None:
    options = _options()
    report = Report(options.json, options.markdown)
    chosen = options.only.split(",") if options.only else [*PARTS, *SETS, PAPERS]
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        libraries = options.libraries or scratch / "judged"
        libraries.mkdir(parents=True, exist_ok=True)
        model = str(options.model.resolve()) if options.model else ""
        for name in chosen:
            judging = Judging(options.data, libraries, model, options.half, options.answers)
            if name in SETS:
                measure_set(report, judging, name)
            elif name == PAPERS:
                measure_papers(report, judging)
            elif options.data is None:
                report.add(name, "absent")
            else:
                PARTS[name](report, options.data, scratch)
    report.finish()


def _options() -> argparse.Namespace:
    """Parses the command line."""
    parser = common_arguments(__doc__ or "", data_required=False)
    names = ", ".join([*PARTS, *SETS, PAPERS])
    parser.add_argument("--only", default="", help=f"the parts to measure, separated by commas: {names}")
    parser.add_argument("--model", type=Path, help="GGUF file that answers in the judged parts")
    parser.add_argument(
        "--half", choices=("choose", "report"), default="", help="half of the judged documents"
    )
    parser.add_argument(
        "--answers", type=Path, help="file that every judged reply is added to, as JSON lines"
    )
    parser.add_argument("--libraries", type=Path, help="folder that keeps the judged libraries between runs")
    options = parser.parse_args()
    unknown = set(filter(None, options.only.split(","))) - {*PARTS, *SETS, PAPERS}
    if unknown:
        parser.error(f"unknown parts: {', '.join(sorted(unknown))}; there are {names}")
    return options


@contextmanager
def _library(scratch: Path, name: str, documents: Path) -> Iterator[Owner]:
    with Owner(scratch / name, Config()) as owner:
        for _ in owner.add(documents):
            pass
        yield owner


# Notes, and questions about their paragraphs


def _wiki(report: Report, data: Path, scratch: Path) -> None:
    folder = data / "wiki"
    if not folder.is_dir():
        report.add("wiki", "absent")
        return
    asked = wiki_questions(folder)
    chance = random.Random(1)
    with _library(scratch, "wiki", folder / "notes") as owner:
        _report_search(report, "wiki, all answerable", list(run(owner, asked, answering=False)), 0.98, 0.84)
    sample = chance.sample(asked, SAMPLED)
    with open_retriever(scratch / "wiki") as retriever:
        for name, weight in (
            ("meaning alone", 1.0),
            ("words alone", 0.0),
            ("equal shares", 0.5),
            ("fused alone", DENSE_WEIGHT),
        ):
            outcomes = weighted_outcomes(retriever, sample, weight)
            _report_search(report, f"wiki, {name}, {SAMPLED} questions", outcomes)
    _report_reranking(report, f"wiki, {RERANKED} questions", scratch / "wiki", sample[:RERANKED])
    groups = grouped(folder)
    with _library(scratch, "without the fourth group", without(folder, 3, scratch)) as owner:
        answerable = chance.sample([question for question in asked if groups[question.file] == 2], ANSWERED)
        absent = [unanswerable(question) for question in asked if groups[question.file] == 3]
        outcomes = list(run(owner, answerable, answering=True))
        outcomes += run(owner, chance.sample(absent, ANSWERED), answering=True)
        _report_answers(report, outcomes)
        free = list(run(owner, answerable[:FREELY_ANSWERED], answering=True, asking=Asking(Mode.FREE)))
        _report_free_mode(report, outcomes[:FREELY_ANSWERED], free)
        present = [question for question in unanswered(folder) if groups[question.file] != 3]
        measured = figures(list(run(owner, chance.sample(present, FREELY_ANSWERED), answering=True)))
        name = f"wiki, {FREELY_ANSWERED} questions that their article does not answer: refused"
        report.add(name, measured["abstention recall"])


def _report_reranking(report: Report, name: str, library: Path, asked: Sequence[EvaluationQuestion]) -> None:
    """Compares search with and without reranking by the language model, and the time of each."""
    for way, reranker in (("default", ""), ("by likelihood", LIKELIHOOD)):
        with Owner(library, Config(models=ModelSettings(reranker=reranker))) as owner:
            outcomes = list(run(owner, asked, answering=False))
        _report_search(report, f"{name}, {way}", outcomes)
        report.add(f"{name}, {way}: search, median ms", figures(outcomes)["search, median ms"])


def _report_search(
    report: Report,
    name: str,
    outcomes: Sequence[Outcome],
    fifth: float | None = None,
    first: float | None = None,
) -> None:
    measured = figures(outcomes)
    for key, bound in (("recall@1", first), ("recall@5", fifth), ("MRR", None), ("nDCG@10", None)):
        report.add(f"{name}: {key}", measured[key], f">= {bound}" if bound else "")


def _report_answers(report: Report, outcomes: Sequence[Outcome]) -> None:
    measured = figures(outcomes)
    bounds = {
        "reply contains the answer": ">= 0.65",
        "citation precision, of right replies": ">= 0.85",
        "abstention AUROC": ">= 0.8",
        "answerable questions refused": "<= 0.05",
    }
    for name, value in measured.items():
        if not name.startswith(("recall", "MRR", "nDCG", "right,", "search")):
            report.add(f"wiki, answered: {name}", value, bounds.get(name, ""))


def _report_free_mode(report: Report, quoted: Sequence[Outcome], free: Sequence[Outcome]) -> None:
    """Whether the check separates right from wrong answers in free mode."""
    right = figures(quoted)["reply contains the answer"]
    report.add(f"wiki, {FREELY_ANSWERED} questions, quote mode: reply contains the answer", right)
    measured = figures(free)
    report.add(
        f"wiki, {FREELY_ANSWERED} questions, free mode: reply contains the answer",
        measured["reply contains the answer"],
    )
    backed = measured.get("right, every sentence backed")
    others = measured.get("right, not every sentence backed")
    report.add("wiki, free mode: right, every sentence backed", "none" if backed is None else backed)
    report.add("wiki, free mode: right, not every sentence backed", "none" if others is None else others)
    if backed is not None and others:
        report.add("wiki, free mode: right if backed over right if not", backed / others, ">= 1.5")


# PDFs, and other languages


def _reports(report: Report, data: Path, scratch: Path) -> None:
    folder = data / "reports"
    if not folder.is_dir():
        report.add("reports", "absent")
        return
    with _library(scratch, "reports", folder) as owner:
        asked = read_questions(QUESTIONS / "reports.jsonl")
        _report_search(report, "reports, the right page", list(run(owner, asked, answering=False)), 0.85)
    _report_reranking(report, "reports", scratch / "reports", asked)


def _multilingual(report: Report, data: Path, scratch: Path) -> None:
    folder = data / "multilingual"
    if not folder.is_dir():
        report.add("multilingual", "absent")
        return
    asked = read_questions(QUESTIONS / "multilingual.jsonl")
    with _library(scratch, "multilingual", folder) as owner:
        outcomes = list(run(owner, asked, answering=True))
    for language in ("ko", "zh"):
        selected = [outcome for outcome in outcomes if f"-{language}/" in outcome.question.file]
        _report_search(report, f"multilingual, {language}, the right document", selected, 0.8)
        refused = "answerable questions refused"
        report.add(f"multilingual, {language}: {refused}", figures(selected)[refused])


# Summaries


def _meetings(report: Report, data: Path, scratch: Path) -> None:
    folder = data / "meetings"
    if not folder.is_dir():
        report.add("meetings", "absent")
        return
    config = Config()
    embedder = open_embedder(config, None)
    lengths: dict[str, list[tuple[float, float]]] = {}
    with OneShot(config, scratch / "none") as files:
        for line in (folder / "summaries.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            path = folder / record["file"]
            document = files.read(path)
            *_, summary = files.summarizer(document, length=Length.LONG).summarize(document)
            assert isinstance(summary, Summary)
            text = path.read_text(encoding="utf-8")
            ways = {
                "ours": summary.text,
                "the first words": text,
                "centrality alone": _central(text, embedder),
            }
            for name, way in ways.items():
                cut = way.split()[:SUMMARY_WORDS]
                scores = [_scores(cut, reference) for reference in record["summaries"]]
                best = max(scores)
                lengths.setdefault(name, []).append(best)
    means = {
        name: [statistics.mean(values) for values in zip(*scores, strict=True)]
        for name, scores in lengths.items()
    }
    for place, measure in enumerate(("ROUGE-L", "coverage")):
        others = max(means[name][place] for name in means if name != "ours")
        for name, mean in means.items():
            bound = f">= {others:.4f}" if name == "ours" else ""
            report.add(f"meetings, {SUMMARY_WORDS} words, {name}: {measure}", mean[place], bound)


def _central(text: str, embedder: Embedder) -> str:
    """The sentences nearest to the mean of all, in reading order, up to the length of a summary."""
    sentences = list(dict.fromkeys(" ".join(text[a:b].split()) for a, b in quotable_spans(text)))
    vectors = embedder.embed(sentences)
    order = np.argsort(-(vectors @ vectors.mean(axis=0)))
    taken: list[int] = []
    for candidate in order:
        if sum(len(sentences[place].split()) for place in taken) >= SUMMARY_WORDS:
            break
        taken.append(int(candidate))
    return " ".join(sentences[place] for place in sorted(taken))


def _scores(words: Sequence[str], reference: str) -> tuple[float, float]:
    """ROUGE-L (Lin 2004, section 3, F with equal weights), and the share of the reference's content words
    that the summary contains."""
    ours, theirs = " ".join(words).casefold().split(), reference.casefold().split()
    row = [0] * (len(theirs) + 1)
    for word in ours:
        before = 0
        for place, other in enumerate(theirs, start=1):
            before, row[place] = (
                row[place],
                before + 1 if word == other else max(row[place], row[place - 1]),
            )
    common = row[-1]
    rouge = 2 * common / (len(ours) + len(theirs)) if common else 0.0
    wanted = content_words(reference)
    covered = len(wanted & content_words(" ".join(words))) / len(wanted)
    return rouge, covered


PARTS = {"wiki": _wiki, "reports": _reports, "multilingual": _multilingual, "meetings": _meetings}
"""The parts with public data, by name."""


if __name__ == "__main__":
    main()
