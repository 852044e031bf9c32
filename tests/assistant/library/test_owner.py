"""What a user does over one open library of the example notes, and what its threads owe each other."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.config import Config
from assistant.dialogue import Answer, SearchFinished
from assistant.engine.scripted import ScriptedEngine
from assistant.library.owner import Owner
from ingest.embedding import HashingEmbedder
from ingest.jail import Jail
from tests.running import NOTES, Carrel, Outcome

Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory, cache_home: Path) -> Carrel:
    """A user with a home folder and the example notes in it."""
    home = tmp_path_factory.mktemp("person")
    shutil.copytree(NOTES, home / "notes")
    return Carrel(library=home / "library", home=home, cache=cache_home)


@pytest.fixture(scope="module")
def run(person: Carrel, parts: dict[str, Any]) -> Iterator[Run]:
    """Runs commands over one open library of the example notes, which tests leave as they found it."""
    with person.opened(**parts) as run:
        assert run("add", person.home / "notes").code == 0
        yield run


@pytest.mark.model
def test_filters_narrow_a_search_as_options_and_as_typed(run: Run) -> None:
    everywhere = run("search", "euros", "-k", "20", "--json").object["passages"]
    pdfs = run("search", "euros", "-k", "20", "--type", "pdf", "--json").object["passages"]
    assert pdfs
    assert len(pdfs) < len(everywhere)
    assert all(passage["path"].endswith(".pdf") for passage in pdfs)
    assert run("search", "type:pdf euros", "-k", "20", "--json").object["passages"] == pdfs
    none = run("search", "euros", "--before", "1990")
    assert none.text == ""
    assert "No document" in none.narration


@pytest.mark.model
def test_an_answer_over_every_document_says_what_it_covers(run: Run) -> None:
    answer = run("ask", "Which documents speak of euros?", "--all", "--json").object
    coverage = answer["coverage"]
    assert coverage["files"] == coverage["files_read"] == 13
    assert coverage["chunks"] == coverage["chunks_read"] > 13
    assert "13 of 13 files" in answer["answer"]
    assert len({citation["path"] for citation in answer["citations"]}) >= 3


@pytest.mark.model
def test_two_documents_are_asked_the_same_question(run: Run, person: Carrel) -> None:
    folder = person.home / "notes" / "home"
    one, other = folder / "lease-agreement.pdf", folder / "dishwasher-warranty.txt"
    compared = run("compare", one, other, "How many euros?", "--json").object
    assert [answer["path"] for answer in compared["answers"]] == [str(one), str(other)]
    for answer in compared["answers"]:
        assert {citation["path"] for citation in answer["citations"]} <= {answer["path"]}


@pytest.mark.model
def test_a_library_is_evaluated_with_the_users_own_questions(run: Run, person: Carrel) -> None:
    questions = person.home / "questions.jsonl"
    lines = [
        {
            "question": "When does my lease end?",
            "answers": ["30 September 2028"],
            "file": "lease-agreement.pdf",
        },
        {"question": "Who painted Guernica?", "answerable": False},
    ]
    questions.write_text("\n".join(map(json.dumps, lines)))
    measured = run("eval", questions, "--json").object
    assert measured["figures"]["recall@5"] == 1.0
    assert measured["figures"]["abstention recall"] == 1.0
    earlier = person.home / "run.json"
    earlier.write_text(json.dumps(measured))
    compared = run("eval", questions, "--search-only", "--compare", earlier)
    assert "recall@5" in compared.text
    assert "+0.000" in compared.text


# Threads


class WaitingEngine(ScriptedEngine):
    """Writes its answer when it is let."""

    def __init__(self) -> None:
        super().__init__(self._wait)
        self.started = threading.Event()
        self.allowed = threading.Event()

    def _wait(self, prompt: str) -> str:
        self.started.set()
        assert self.allowed.wait(60)
        return "The code is 4711. [1]"


def test_an_answer_that_reads_a_document_while_it_is_forgotten_is_not_kept(
    tmp_path: Path, jail: Jail
) -> None:
    note = tmp_path / "notes" / "gate.md"
    note.parent.mkdir()
    note.write_text("The code of the garden gate is 4711.\n")
    engine = WaitingEngine()
    library = tmp_path / "library"
    with Owner(library, Config(), embedder=HashingEmbedder(), engine=engine, jail=jail) as owner:
        for _ in owner.add(note.parent):
            pass
        events = owner.ask("What is the code of the garden gate?", conversation="gate")
        assert isinstance(next(events), SearchFinished)
        answers: list[Answer] = []
        reading = threading.Thread(
            target=lambda: answers.extend(event for event in events if isinstance(event, Answer))
        )
        reading.start()
        assert engine.started.wait(60)
        removing = threading.Thread(target=lambda: owner.remove(note))
        removing.start()
        # No later question finds the document, although the answer is still being written.
        while owner.holds(note):
            pass
        engine.allowed.set()
        reading.join()
        removing.join()
        assert "4711" in answers[0].text
        assert owner.turns("gate") == []
    assert all(b"4711" not in path.read_bytes() for path in library.rglob("*") if path.is_file())
