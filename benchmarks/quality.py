"""How good the answers are with the bundled models: what is found, what is right, what is refused.

`python -m benchmarks.quality --data DIR --json FILE --markdown docs/quality.md`. Of DIR, `wiki` holds notes
with questions about their paragraphs, `reports` PDFs and `multilingual` pages, whose questions stand in
`benchmarks/questions`, and `meetings` transcripts with summaries.

Abstention is scored where the fourth group of articles (`benchmarks.wiki`) is taken out of the library, on
questions about the third and the fourth: it was fitted on the two others (`benchmarks.calibration`).
"""

import json
import random
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from assistant.answers.grounding import content_words, quotable
from assistant.answers.reranking import LIKELIHOOD
from assistant.answers.retrieval import DENSE_WEIGHT
from assistant.config import Config, ModelSettings
from assistant.dialogue import Asking, Length, Mode, Summary
from assistant.evaluating import EvaluationQuestion, Outcome, figures, read, run
from assistant.library.oneshot import read_document, summarizer
from assistant.library.opened import open_embedder
from assistant.library.owner import Owner
from benchmarks.report import Report, arguments
from benchmarks.wiki import grouped, unanswerable, unanswered, wiki_questions, without
from ingest.embedding import Embedder

QUESTIONS = Path(__file__).with_name("questions")

ANSWERED = 500
"""Questions about `wiki` that are answered, each a second or more."""
WRITTEN = 100
"""Those that are answered freely as well."""
WEIGHED = 50
"""Those for which the model orders what was found, each some seconds."""
SAMPLED = 1000
"""Questions that other ways of searching are tried with."""
SUMMARY_WORDS = 200


def main() -> None:
    options = arguments(__doc__ or "")
    report = Report(options.json, options.markdown)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for part in (_wiki, _reports, _multilingual, _meetings):
            part(report, options.data, scratch)
    report.finish()


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
        _found(report, "wiki, all answerable", list(run(owner, asked, answering=False)), 0.98, 0.84)
        sample = chance.sample(asked, SAMPLED)
        for name, weight in (
            ("meaning alone", 1.0),
            ("words alone", 0.0),
            ("equal shares", 0.5),
            ("fused alone", DENSE_WEIGHT),
        ):
            outcomes = list(run(owner, sample, answering=False, dense_weight=weight))
            _found(report, f"wiki, {name}, {SAMPLED} questions", outcomes)
    _weighed(report, f"wiki, {WEIGHED} questions", scratch / "wiki", sample[:WEIGHED])
    groups = grouped(folder)
    with _library(scratch, "without the fourth group", without(folder, 3, scratch)) as owner:
        answerable = chance.sample([each for each in asked if groups[each.file] == 2], ANSWERED)
        gone = [unanswerable(each) for each in asked if groups[each.file] == 3]
        outcomes = list(run(owner, answerable, answering=True))
        outcomes += run(owner, chance.sample(gone, ANSWERED), answering=True)
        _answered(report, outcomes)
        free = list(run(owner, answerable[:WRITTEN], answering=True, asking=Asking(Mode.FREE)))
        _written(report, outcomes[:WRITTEN], free)
        there = [each for each in unanswered(folder) if groups[each.file] != 3]
        measured = figures(list(run(owner, chance.sample(there, WRITTEN), answering=True)))
        name = f"wiki, {WRITTEN} questions that articles which are there do not answer: refused"
        report.add(name, measured["abstention recall"])


def _weighed(report: Report, name: str, library: Path, asked: Sequence[EvaluationQuestion]) -> None:
    """What the language model's own judgement adds to a search, and what it takes."""
    for way, reranker in (("as it is", ""), ("by likelihood", LIKELIHOOD)):
        with Owner(library, Config(models=ModelSettings(reranker=reranker))) as owner:
            outcomes = list(run(owner, asked, answering=False))
        _found(report, f"{name}, {way}", outcomes)
        report.add(f"{name}, {way}: search, median ms", figures(outcomes)["search, median ms"])


def _found(
    report: Report,
    name: str,
    outcomes: Sequence[Outcome],
    fifth: float | None = None,
    first: float | None = None,
) -> None:
    measured = figures(outcomes)
    for key, bound in (("recall@1", first), ("recall@5", fifth), ("MRR", None), ("nDCG@10", None)):
        report.add(f"{name}: {key}", measured[key], f">= {bound}" if bound else "")


def _answered(report: Report, outcomes: Sequence[Outcome]) -> None:
    measured = figures(outcomes)
    bounds = {
        "answer stands in the reply": ">= 0.65",
        "citation precision, of right replies": ">= 0.85",
        "abstention AUROC": ">= 0.8",
        "answerable questions refused": "<= 0.05",
    }
    for name, value in measured.items():
        if not name.startswith(("recall", "MRR", "nDCG", "right,", "search")):
            report.add(f"wiki, answered: {name}", value, bounds.get(name, ""))


def _written(report: Report, quoted: Sequence[Outcome], free: Sequence[Outcome]) -> None:
    """Whether the check tells right from wrong, where the model writes what it likes."""
    right = figures(quoted)["answer stands in the reply"]
    report.add(f"wiki, {WRITTEN} questions, quoting: answer stands in the reply", right)
    measured = figures(free)
    report.add(
        f"wiki, {WRITTEN} questions, freely: answer stands in the reply",
        measured["answer stands in the reply"],
    )
    backed = measured.get("right, every sentence backed")
    others = measured.get("right, not every sentence backed")
    report.add("wiki, freely: right, every sentence backed", "none" if backed is None else backed)
    report.add("wiki, freely: right, not every sentence backed", "none" if others is None else others)
    if backed is not None and others:
        report.add("wiki, freely: backed over others", backed / others, ">= 1.5")


# PDFs, and other languages


def _reports(report: Report, data: Path, scratch: Path) -> None:
    folder = data / "reports"
    if not folder.is_dir():
        report.add("reports", "absent")
        return
    with _library(scratch, "reports", folder) as owner:
        asked = read(QUESTIONS / "reports.jsonl")
        _found(report, "reports, the right page", list(run(owner, asked, answering=False)), 0.85)
    _weighed(report, "reports", scratch / "reports", asked)


def _multilingual(report: Report, data: Path, scratch: Path) -> None:
    folder = data / "multilingual"
    if not folder.is_dir():
        report.add("multilingual", "absent")
        return
    asked = read(QUESTIONS / "multilingual.jsonl")
    with _library(scratch, "multilingual", folder) as owner:
        outcomes = list(run(owner, asked, answering=True))
    for language in ("ko", "zh"):
        of_it = [each for each in outcomes if f"-{language}/" in each.question.file]
        _found(report, f"multilingual, {language}, the right document", of_it, 0.8)
        refused = "answerable questions refused"
        report.add(f"multilingual, {language}: {refused}", figures(of_it)[refused])


# Summaries


def _meetings(report: Report, data: Path, scratch: Path) -> None:
    folder = data / "meetings"
    if not folder.is_dir():
        report.add("meetings", "absent")
        return
    config = Config()
    embedder = open_embedder(config, None)
    lengths: dict[str, list[tuple[float, float]]] = {}
    with summarizer(config, library=scratch / "none", length=Length.LONG) as made_for:
        for line in (folder / "summaries.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            path = folder / record["file"]
            document = read_document(path, config)
            *_, summary = made_for(document).summarize(document)
            assert isinstance(summary, Summary)
            text = path.read_text(encoding="utf-8")
            ways = {
                "ours": summary.text,
                "the first words": text,
                "centrality alone": _central(text, embedder),
            }
            for name, way in ways.items():
                cut = way.split()[:SUMMARY_WORDS]
                scores = [_scored(cut, each) for each in record["summaries"]]
                best = max(scores)
                lengths.setdefault(name, []).append(best)
    means = {
        name: [statistics.mean(each) for each in zip(*scores, strict=True)]
        for name, scores in lengths.items()
    }
    for place, measure in enumerate(("ROUGE-L", "coverage")):
        others = max(means[name][place] for name in means if name != "ours")
        for name, mean in means.items():
            bound = f">= {others:.4f}" if name == "ours" else ""
            report.add(f"meetings, {SUMMARY_WORDS} words, {name}: {measure}", mean[place], bound)


def _central(text: str, embedder: Embedder) -> str:
    """The sentences nearest to the mean of all, in reading order."""
    found = list(dict.fromkeys(" ".join(text[a:b].split()) for a, b in quotable(text)))
    vectors = embedder.embed(found)
    order = np.argsort(-(vectors @ vectors.mean(axis=0)))
    taken: list[int] = []
    for place in order:
        if sum(len(found[each].split()) for each in taken) >= SUMMARY_WORDS:
            break
        taken.append(int(place))
    return " ".join(found[place] for place in sorted(taken))


def _scored(words: Sequence[str], reference: str) -> tuple[float, float]:
    """ROUGE-L (Lin 2004, section 3, F with equal weights), and the share of the reference's content words
    that are there."""
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


if __name__ == "__main__":
    main()
