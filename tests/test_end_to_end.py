"""The first path as a whole, with the real models: the example notes answer their questions.

The questions and where their answers stand are examples/questions.jsonl. One sealed process asks
them all. How an answer is worded is not tested here, only what it rests on.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.running import NOTES, QUESTIONS, Carrel

FOUND_FIRST = 18
"""Of the 21 questions with an answer: those whose file holds the very first passage."""

HOLDS_THE_ANSWER = 17
"""Of them: those where a citation, or the passage it is from, holds a right answer verbatim."""

FAR_OFF = (
    "Which enzyme unwinds the double helix of DNA?",
    "Who won the chess world championship in 1972?",
    "How do I cross-compile the Linux kernel for RISC-V?",
)
"""Questions about nothing that is in the notes."""

ASK_ALL = """
import dataclasses, json, sys
from pathlib import Path
from policies import network
seal = network.seal()
from assistant.library.owner import Owner
from assistant.config import Config
from assistant.dialogue import Answer
with Owner(Path(sys.argv[1]), Config()) as assistant:
    for question in json.load(sys.stdin):
        for event in assistant.ask(question):
            if isinstance(event, Answer):
                line = {**dataclasses.asdict(event), "sealed": seal.enforced and network.sealed()}
                print(json.dumps(line), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A line of questions.jsonl."""

    question: str
    answers: tuple[str, ...]
    file: str = ""
    page: int | None = None
    lines: tuple[int, int] | None = None
    answerable: bool = True


def questions() -> list[Question]:
    with QUESTIONS.open(encoding="utf-8") as lines:
        return [Question(**json.loads(line)) for line in lines]


ANSWERABLE = [question for question in questions() if question.answerable]


@pytest.fixture(scope="session")
def answers(indexed: Carrel) -> dict[str, dict[str, Any]]:
    """Every question's answer, by question."""
    asked = [each.question for each in questions()] + list(FAR_OFF)
    process = subprocess.run(
        [sys.executable, "-P", "-c", ASK_ALL, str(indexed.library)],
        input=json.dumps(asked).encode(),
        capture_output=True,
        cwd=indexed.home,
        env=indexed.environment(),
    )
    assert process.returncode == 0, process.stderr.decode()
    lines = [json.loads(line) for line in process.stdout.splitlines()]
    assert [line["question"] for line in lines] == asked
    return {line["question"]: line for line in lines}


def place(indexed: Carrel, locator: dict[str, Any]) -> str:
    """A locator's path below the notes."""
    return str(Path(locator["path"]).relative_to(indexed.home / "notes"))


def test_the_process_that_answers_is_sealed(answers: dict[str, dict[str, Any]]) -> None:
    assert all(answer["sealed"] for answer in answers.values())


def test_the_file_with_the_answer_is_among_the_first_five_passages(
    indexed: Carrel, answers: dict[str, dict[str, Any]]
) -> None:
    missed = [
        each.question
        for each in ANSWERABLE
        if each.file not in {place(indexed, p["locator"]) for p in answers[each.question]["passages"]}
    ]
    assert not missed


def test_the_first_passage_is_usually_the_right_one(
    indexed: Carrel, answers: dict[str, dict[str, Any]]
) -> None:
    first = [
        place(indexed, answers[each.question]["passages"][0]["locator"]) == each.file for each in ANSWERABLE
    ]
    assert sum(first) >= FOUND_FIRST


def test_what_is_cited_or_read_holds_a_right_answer(answers: dict[str, dict[str, Any]]) -> None:
    held = {
        each.question: any(
            right in " ".join(passage["text"].split())
            for right in each.answers
            for passage in answers[each.question]["passages"]
        )
        for each in ANSWERABLE
    }
    assert sum(held.values()) >= HOLDS_THE_ANSWER, held


def test_every_answer_from_the_notes_cites_what_it_rests_on(answers: dict[str, dict[str, Any]]) -> None:
    for each in ANSWERABLE:
        answer = answers[each.question]
        assert not answer["abstained"], each.question
        assert answer["citations"], each.question
        markers = [citation["marker"] for citation in answer["citations"]]
        assert markers == list(range(1, len(markers) + 1))
        assert all(f"[{marker}]" in answer["text"] for marker in markers)


def test_every_quote_stands_verbatim_where_its_citation_says(answers: dict[str, dict[str, Any]]) -> None:
    from pypdf import PdfReader

    pages = {
        number: " ".join(page.extract_text().split())
        for number, page in enumerate(PdfReader(NOTES / "home" / "lease-agreement.pdf").pages, start=1)
    }
    checked = {".pdf": 0, ".md": 0, ".csv": 0}
    for answer in answers.values():
        for citation in answer["citations"]:
            path, quote = Path(citation["locator"]["path"]), citation["quote"]
            checked[path.suffix] = checked.get(path.suffix, 0) + 1
            if path.suffix == ".pdf":
                assert " ".join(quote.split()) in pages[citation["locator"]["page"]]
            elif path.suffix in {".md", ".txt", ".org", ".csv"}:
                first, last = citation["locator"]["lines"]
                named = "\n".join(path.read_text(encoding="utf-8").splitlines()[first - 1 : last])
                assert quote in named, citation
    assert all(checked.values()), "each kind of document was cited"


@pytest.mark.parametrize("question", FAR_OFF)
def test_a_question_about_nothing_in_the_notes_is_not_answered(
    question: str, answers: dict[str, dict[str, Any]]
) -> None:
    answer = answers[question]
    assert answer["abstained"] is True
    assert answer["citations"] == []
    assert answer["passages"], "the nearest passages are shown"


def test_what_is_asked_twice_is_answered_the_same_way(
    indexed: Carrel, answers: dict[str, dict[str, Any]]
) -> None:
    question = ANSWERABLE[0].question
    again = indexed("ask", question, "--json").object
    assert again["answer"] == answers[question]["text"]
    assert [c["quote"] for c in again["citations"]] == [c["quote"] for c in answers[question]["citations"]]


def test_a_library_follows_its_source(carrel: Carrel, indexed: Carrel) -> None:
    """Unchanged files are left as they are, changed ones are read again, and those gone go."""
    source = carrel.home / "notes"
    shutil.copytree(indexed.home / "notes" / "club", source / "club")
    shutil.copytree(indexed.home / "notes" / "kitchen", source / "kitchen")

    def add() -> dict[str, Any]:
        (report,) = carrel("add", source, "--json").object["sources"]
        assert isinstance(report, dict)
        return report

    def best(query: str) -> str:
        return str(carrel("search", query, "-k", "1", "--json").object["passages"][0]["text"])

    first = add()
    assert (first["added"], first["unchanged"]) == (2, 0)
    assert first["chunks"] > 2
    again = add()
    assert (again["unchanged"], again["chunks"]) == (2, 0), "nothing is embedded twice"

    minutes = source / "club" / "minutes-2026-03-12.md"
    (source / "club" / "moved.md").write_bytes(minutes.read_bytes())
    minutes.write_text("# Minutes\n\nThe treasurer is Halvard Brekke.\n", encoding="utf-8")
    (source / "kitchen" / "kartoffelsuppe.md").unlink()
    last = add()
    assert (last["added"], last["changed"], last["removed"], last["unchanged"]) == (1, 1, 1, 0)
    assert "Halvard Brekke" in best("Who is the treasurer?")
    assert "Kartoffel" not in best("Kartoffelsuppe mit Lauch")
    documents = carrel("ls", "--json").object["documents"]
    assert {Path(each["path"]).name for each in documents} == {minutes.name, "moved.md"}


def test_a_summary_covers_the_whole_document_from_a_file_not_in_the_library(
    carrel: Carrel, indexed: Carrel
) -> None:
    lease = indexed.home / "notes" / "home" / "lease-agreement.pdf"
    summary = carrel("summarize", lease, "--json").object
    assert summary["path"] == str(lease)
    assert summary["summary"]
    covered = sorted({page for s in summary["sections"] for page in range(s["pages"][0], s["pages"][1] + 1)})
    assert covered == [1, 2, 3, 4]
    assert summary["stats"]["sealed"] is True
