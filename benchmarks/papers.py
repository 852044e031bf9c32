"""The set `papers` of `benchmarks.quality`: private papers from which neither rules nor reader were made.

`training/documents` holds invented papers with questions that they answer and, as many, questions that they
almost answer. A tenth is held out of training; some of these make a library. The questions are harder than
those that people ask: they are short, avoid the words of the paper, and do not say which one they are about.
Questions of yes or no are left out, because the papers do not give their answers.
"""

import re

from assistant.evaluating import EvaluationQuestion
from benchmarks.judged import Judging, ask
from benchmarks.report import Report
from training.papers import Paper, Papers

PAPERS = "papers"
"""The name of the set."""

COUNT = 24
"""Papers of the library."""

_UNSAFE = re.compile(r"[^\w .,()-]")
_SUFFIX = re.compile(r"\.\w{2,4}$")


def measure_papers(report: Report, judging: Judging) -> None:
    """Writes the papers, adds them to a library, and reports how their questions are answered."""
    folder = judging.libraries / f"{PAPERS} documents"
    folder.mkdir(parents=True, exist_ok=True)
    questions: list[EvaluationQuestion] = []
    for paper in _chosen():
        name = f"{_UNSAFE.sub('_', _SUFFIX.sub('', paper.title))[:80]}.md"
        (folder / name).write_text(_markdown(paper), encoding="utf-8")
        questions += _questions(paper, name)
    ask(report, judging, PAPERS, folder, questions)


def _chosen() -> list[Paper]:
    """English papers that are held out, from all over the files, always the same ones."""
    held_out = [paper for paper in Papers(held_out=True).papers if paper.language == "en"]
    return held_out[:: len(held_out) // COUNT][:COUNT]


def _markdown(paper: Paper) -> str:
    heading = paper.context.partition(" > ")[2]
    return f"# {paper.title}\n\n" + (f"## {heading}\n\n" if heading else "") + f"{paper.text}\n"


def _questions(paper: Paper, file: str) -> list[EvaluationQuestion]:
    return [
        EvaluationQuestion(
            question=item.text,
            answers=(item.answer,) if item.answer else (),
            file=file,
            pages=frozenset(),
            lines=None,
            answerable=item.mark == "?",
            kind="answered" if item.mark == "?" else "near-miss",
            name=f"{file} {number}",
        )
        for number, item in enumerate(paper.questions)
        if item.mark in "?-"
    ]
