"""The notes of `wiki`, the questions about their paragraphs, and their articles in four groups.

Parameters are fitted on some groups and scored on others, so that no question and no article is in both.
"""

import json
import shutil
from pathlib import Path

from assistant.evaluating import EvaluationQuestion


def wiki_questions(folder: Path) -> list[EvaluationQuestion]:
    """The questions of `wiki` that have an answer, each with the lines of its paragraph."""
    paragraphs = {path.name: _paragraphs(path) for path in (folder / "notes").glob("*.md")}
    questions = []
    for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["answerable"]:
            lines = paragraphs[record["note"]][record["paragraph"] - 1]
            questions.append(
                EvaluationQuestion(
                    record["question"], tuple(record["answers"]), record["note"], frozenset(), lines, True
                )
            )
    return questions


def unanswered(folder: Path) -> list[EvaluationQuestion]:
    """The questions of `wiki` that their article does not answer."""
    records = map(json.loads, (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines())
    return [
        EvaluationQuestion(record["question"], (), record["note"], frozenset(), None, False)
        for record in records
        if not record["answerable"]
    ]


def grouped(folder: Path) -> dict[str, int]:
    """The group, 0 to 3, of each article by its file name."""
    return {path.name: place % 4 for place, path in enumerate(sorted((folder / "notes").glob("*.md")))}


def without(folder: Path, group: int, scratch: Path) -> Path:
    """Makes a folder with the notes of all groups but `group`."""
    notes = scratch / f"without {group}"
    notes.mkdir()
    for name, other in grouped(folder).items():
        if other != group:
            shutil.copy(folder / "notes" / name, notes)
    return notes


def unanswerable(question: EvaluationQuestion) -> EvaluationQuestion:
    """The same question for a library without its article."""
    return EvaluationQuestion(question.question, question.answers, "", frozenset(), None, False)


def _paragraphs(path: Path) -> list[tuple[int, int]]:
    """First and last line of each paragraph, headings excluded."""
    paragraphs: list[tuple[int, int]] = []
    start = None
    lines = [*path.read_text(encoding="utf-8").split("\n"), ""]
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            paragraphs += [(start, number - 1)] if start else []
            start = None
        elif start is None:
            start = number
    return paragraphs
