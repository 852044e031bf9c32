"""The sets of `benchmarks.quality` whose replies are judged by rule (`assistant.judging`).

Each set is a folder of documents and a file of questions. Most documents are rendered from
`benchmarks/documents`, those of `technical` come with `--data`. Questions are split in two halves by their
document, so that what is chosen on one half can be reported on the other. Questions of one conversation stay
in one half.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.config import Config, ModelSettings
from assistant.evaluating import EvaluationQuestion, Outcome, figures, read_questions, run
from assistant.judging import judge, judged_figures
from assistant.library.owner import Owner
from benchmarks.rendering import BUNDLES, render
from benchmarks.report import Report

QUESTIONS = Path(__file__).with_name("questions")


@dataclass(frozen=True, slots=True)
class Judging:
    """How the sets are measured."""

    data: Path | None
    """The folder of downloaded documents; None leaves the sets that need one out."""
    libraries: Path
    """Folder of the libraries; kept between runs if it is kept."""
    model: str
    """The target: a name or a file; empty for the default."""
    half: str
    """`choose` or `report`, one half of the documents; empty for all."""
    answers: Path | None
    """File that gets a line of JSON for every question; None writes none."""


SETS = {
    "office": "",
    "practice": "",
    "tables": "",
    "ledgers": "",
    "correspondence": "",
    "technical": "eips",
}
"""The sets by name, each with its folder in `--data`; empty if its documents are rendered."""


def measure_set(report: Report, judging: Judging, name: str) -> None:
    """Measures one set. Says that it is absent if its documents are not there."""
    folder = SETS[name]
    if not folder:
        documents = judging.libraries / f"{name} documents"
        render(BUNDLES / name, documents)
    elif judging.data is not None and (judging.data / folder).is_dir():
        documents = judging.data / folder
    else:
        report.add(name, "absent")
        return
    ask(report, judging, name, documents, read_questions(QUESTIONS / f"{name}.jsonl"))


def in_half(questions: Sequence[EvaluationQuestion], half: str) -> list[EvaluationQuestion]:
    """The questions of one half; all of them if `half` is empty."""
    firsts: dict[str, str] = {}
    selected = []
    for question in questions:
        document = firsts.get(question.after, question.file)
        firsts[question.name] = document
        if not half or (zlib.crc32(document.encode()) % 2 == 0) == (half == "choose"):
            selected.append(question)
    return selected


def ask(
    report: Report, judging: Judging, name: str, documents: Path, questions: Sequence[EvaluationQuestion]
) -> None:
    """Asks the questions of a set, and reports the judgements of all and of each kind."""
    asked = in_half(questions, judging.half)
    config = Config(models=ModelSettings(target=judging.model)) if judging.model else Config()
    with Owner(judging.libraries / name, config) as owner:
        for _ in owner.add(documents):
            pass
        outcomes = list(run(owner, asked, answering=True, watch=_progress))
    if judging.answers is not None:
        with judging.answers.open("a", encoding="utf-8") as lines:
            for outcome in outcomes:
                lines.write(json.dumps(_line(name, outcome), ensure_ascii=False) + "\n")
    title = ", ".join(
        filter(None, (name, judging.half and f"half to {judging.half}", Path(judging.model).stem))
    )
    measured = figures(outcomes)
    report.add(f"{title}: questions", len(outcomes))
    for key, value in judged_figures(outcomes).items():
        report.add(f"{title}: {key}", value)
    for key in ("recall@1", "recall@5", "answer, median s"):
        if key in measured:
            report.add(f"{title}: {key}", measured[key])
    for kind in dict.fromkeys(question.kind for question in asked if question.kind):
        selected = [outcome for outcome in outcomes if outcome.question.kind == kind]
        report.add(f"{title}, {kind} ({len(selected)})", _counts(selected))


def _counts(outcomes: Sequence[Outcome]) -> str:
    """How often each judgement occurs, the most frequent first."""
    judgements = [judge(outcome.question, outcome.answer) for outcome in outcomes if outcome.answer]
    counted = sorted({(-judgements.count(judgement), judgement.value) for judgement in judgements})
    return ", ".join(f"{judgement} {-count}" for count, judgement in counted)


def _line(name: str, outcome: Outcome) -> dict[str, object]:
    """A question and its reply, to be read by eye."""
    question, answer = outcome.question, outcome.answer
    assert answer is not None, "every question of a judged set is answered"
    return {
        "set": name,
        "id": question.name,
        "kind": question.kind,
        "question": question.question,
        "state": answer.state,
        "judgement": judge(question, answer),
        "accepted": question.parts or question.answers,
        "file": question.file,
        "answer": answer.text,
        "cited": [Path(citation.locator.path).name for citation in answer.citations],
        "confidence": round(answer.confidence, 3),
        "rank": outcome.rank,
        "passages": [f"{Path(p.locator.path).name}: {p.text[:300]}" for p in answer.passages[:3]],
        "seconds": round(outcome.answer_s, 2),
    }


def _progress(done: int, total: int) -> None:
    if done % 25 == 0:
        print(f"{done} of {total} questions", end="\r", flush=True)
