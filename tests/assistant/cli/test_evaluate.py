"""`carrel eval`."""

import json
from pathlib import Path

import pytest

from tests.running import Carrel, write
from tests.still import ANSWERED, LEASE, StillLibrary, passage

CASES = [
    {"question": "When does the lease end?", "answers": ["30 September 2028"], "file": "lease.md"},
    {"question": "How high is the deposit?", "answers": ["1,400 euros"], "file": "lease.md"},
]


@pytest.fixture
def questions(carrel: Carrel) -> Path:
    """A file of questions with their answers."""
    return write(carrel.home / "questions.jsonl", "\n".join(map(json.dumps, CASES)))


def test_figures_are_printed_and_given_as_an_object(carrel: Carrel, questions: Path) -> None:
    library = StillLibrary(passages=[passage(LEASE)])
    assert "recall@5" in carrel.here("eval", questions, library=library).text
    value = carrel.here("eval", questions, "--json", library=library).object
    assert value["figures"]["recall@5"] == 1.0
    first, _ = value["questions"]
    assert set(first) == {"question", "rank", "answer", "right", "backed", "state", "confidence"}
    assert (first["rank"], first["answer"], first["right"]) == (1, ANSWERED.text, True)


def test_a_search_only_run_asks_no_question(carrel: Carrel, questions: Path) -> None:
    library = StillLibrary(passages=[passage(LEASE)])
    value = carrel.here("eval", questions, "--search-only", "--json", library=library).object
    assert all(set(case) == {"question", "rank"} for case in value["questions"])
    assert library.asking == []


def test_a_run_is_compared_with_a_saved_one(carrel: Carrel, questions: Path) -> None:
    library = StillLibrary(passages=[passage(LEASE)])
    saved = write(carrel.home / "run.json", json.dumps({"figures": {"recall@5": 0.5}}))
    outcome = carrel.here("eval", questions, "--search-only", "--compare", saved, library=library)
    (line,) = [line for line in outcome.text.splitlines() if line.startswith("recall@5")]
    assert line.split() == ["recall@5", "1.000", "0.500", "+0.500"]


@pytest.mark.parametrize(
    ("content", "options", "code", "words"),
    [
        (None, [], 1, "questions.jsonl"),
        ("", [], 2, "contains no questions"),
        ("nonsense\n", [], 1, "Line 1"),
        (json.dumps(CASES[0]), ["--compare", "nowhere.json"], 2, "nowhere.json is not a saved run"),
        (json.dumps(CASES[0]), ["--mode", "guess"], 2, "no mode guess"),
    ],
    ids=["missing", "empty", "no question", "no run", "mode"],
)
def test_a_file_that_is_no_set_of_questions_is_refused(
    carrel: Carrel, content: str | None, options: list[str], code: int, words: str
) -> None:
    if content is not None:
        write(carrel.home / "questions.jsonl", content)
    outcome = carrel.here("eval", "questions.jsonl", *options, "--json", library=StillLibrary())
    assert outcome.code == outcome.error["exit"] == code
    assert words in outcome.narration
