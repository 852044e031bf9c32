"""Commands in several terminals: one owns the library while it works, and serves the others meanwhile."""

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.cli.session import PATIENCE_S
from policies import endpoint
from tests.running import Carrel, Outcome, owning, write

if TYPE_CHECKING:
    from ingest.embedding import Embedder

pytestmark = pytest.mark.model

WAIT_S = 60.0
"""Maximum wait for what must come."""


def write_notes(folder: Path) -> Path:
    """Notes that take minutes to index, even on a fast machine."""
    for number in range(2400):
        lines = [f"The key of shed {number} hangs behind door {line} of house {number}." for line in range(8)]
        write(folder / f"{number}.md", "\n\n".join(lines))
    return folder


@contextmanager
def adding(carrel: Carrel, *paths: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`carrel add PATHS`, from the moment it has indexed something. It is interrupted at the end."""
    process = carrel.start("add", *paths)
    try:
        end = time.monotonic() + WAIT_S
        indexed = 0
        while not indexed and time.monotonic() < end:
            assert process.poll() is None, process.communicate()
            time.sleep(0.5)
            outcome = carrel("status", "--json")
            assert outcome.code == 0, outcome.narration
            indexed = outcome.object["documents"].get("indexed", 0)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate()


def ended(process: "subprocess.Popen[bytes]") -> Outcome:
    """The outcome of a process that was started."""
    out, err = process.communicate(timeout=WAIT_S)
    return Outcome(process.returncode, out, err)


def test_other_commands_work_while_a_command_adds_documents(carrel: Carrel, embedder: "Embedder") -> None:
    notes = write_notes(carrel.home / "notes")
    with adding(carrel, notes, write(carrel.home / "letter.md")) as process:
        status = carrel("status", "--json").object
        assert status["indexing"]["attached"]
        assert status["indexing"]["files"] > 0
        assert [Path(source["path"]).name for source in status["sources"]] == ["notes", "letter.md"]
        documents = carrel("ls", "--json").object["documents"]
        first = next(Path(each["path"]) for each in documents if each["state"] == "indexed")
        found = carrel("search", f"key of shed {first.stem}", "--json").object["passages"]
        assert first.name in {Path(passage["path"]).name for passage in found}
        assert carrel("rm", first).code == 0
        answer = carrel("ask", f"Where does the key of shed {documents[1]['path']} hang?", "--json")
        assert answer.code == 0, answer.narration
        assert first.name not in {
            Path(each["path"]).name for each in carrel("ls", "--json").object["documents"]
        }
        assert process.poll() is None, "it still adds documents"

        process.send_signal(signal.SIGINT)
        outcome = ended(process)
    assert outcome.code == 130
    assert "stay in the library" in outcome.narration
    assert "carrel watch" in outcome.narration
    assert "Traceback" not in outcome.narration
    status = carrel("status", "--json").object
    assert [Path(source["path"]).name for source in status["sources"]] == ["notes", "letter.md"]


def test_a_command_ends_when_its_clients_have_their_answers(indexed: Carrel) -> None:
    first = indexed.start("ask", "When does my lease end?", "--json")
    end = time.monotonic() + WAIT_S
    while not (connection := endpoint.connect(indexed.library)) and time.monotonic() < end:
        time.sleep(0.01)
    assert connection is not None
    connection.close()
    outcomes: list[Outcome] = []
    others = [
        threading.Thread(target=lambda question=question: outcomes.append(indexed("ask", question, "--json")))
        for question in ("What did the club decide?", "When is the hedge cut?", "Who repairs the boiler?")
    ]
    for other in others:
        other.start()
    assert ended(first).object["state"] == "answered"
    for other in others:
        other.join(WAIT_S)
    assert [outcome.code for outcome in outcomes] == [0, 0, 0], [each.narration for each in outcomes]
    assert all(outcome.object["answer"] for outcome in outcomes)


def test_a_second_add_waits_for_the_first(carrel: Carrel, embedder: "Embedder") -> None:
    letter = write(carrel.home / "letter.md")
    with adding(carrel, write_notes(carrel.home / "notes")) as first:
        second = carrel.start("add", letter, "--json")
        assert second.stderr is not None
        assert (
            f"Waiting until the command of process {first.pid} has ended" in second.stderr.readline().decode()
        )
        first.send_signal(signal.SIGINT)
        assert ended(first).code == 130
        assert [source["path"] for source in ended(second).object["sources"]] == [str(letter)]


def test_a_path_that_cannot_be_added_does_not_keep_the_others_out(
    carrel: Carrel, embedder: "Embedder"
) -> None:
    letter = write(carrel.home / "letter.md")
    outcome = carrel.here("add", carrel.home / "nowhere", letter, "--json")
    assert outcome.code == 1
    assert [source["added"] for source in outcome.object["sources"]] == [1]
    assert outcome.object["refused"][0]["path"] == str(carrel.home / "nowhere")
    assert "There is no file or folder" in outcome.narration
    alone = carrel.here("add", carrel.home / "nowhere", "--json")
    assert (alone.code, alone.error["exit"]) == (1, 1)


def test_adding_again_says_which_files_stay_excluded(carrel: Carrel, embedder: "Embedder") -> None:
    notes = carrel.home / "notes"
    for name in ("garden", "pond", "shed"):
        write(notes / f"{name}.md", f"The {name} is swept on Mondays.\n")
    assert carrel.here("add", notes).code == 0
    assert carrel.here("rm", notes / "pond.md").code == 0
    again = carrel.here("add", notes, "--json")
    assert again.object["sources"][0]["excluded"] == [str(notes / "pond.md")]
    assert "1 file stays excluded" in again.narration
    assert f"carrel add {notes / 'pond.md'}" in again.narration
    assert carrel.here("add", notes / "pond.md").code == 0
    assert carrel.here("add", notes, "--json").object["sources"][0]["excluded"] == []


@pytest.mark.parametrize("arguments", [["doctor"], ["policy", "prove"], ["policy", "sbom"], ["models", "ls"]])
def test_a_command_that_needs_no_library_makes_none(carrel: Carrel, arguments: list[str]) -> None:
    assert carrel(*arguments, "--json").out
    assert not carrel.library.exists()


def test_an_owner_that_does_not_answer_is_given_a_moment(carrel: Carrel) -> None:
    began = time.monotonic()
    program = "import sys; from pathlib import Path; from ingest.lock import Lock; "
    program += "lock = Lock(Path(sys.argv[1])); print(flush=True); sys.stdin.read(1)"
    with subprocess.Popen(
        ["python3", "-P", "-c", program, str(carrel.library)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=carrel.environment(),
    ) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        timer = threading.Timer(PATIENCE_S / 4, owner.kill)
        timer.start()
        assert carrel("ls").code == 0
    assert time.monotonic() - began < WAIT_S


def test_searches_are_answered_while_the_library_is_rebuilt(filled: Carrel) -> None:
    config = write(filled.home / "smaller.toml", "[index]\nchunk_tokens = 64\n")
    before = filled("status", "--json").object["chunks"]
    rebuilding = filled.start("reindex", "--config", config, "--json")
    end = time.monotonic() + WAIT_S
    while not (filled.library / "next" / "catalogue.db").exists() and time.monotonic() < end:
        time.sleep(0.05)
    found = filled("search", "When does the lease end?", "--json")
    assert found.code == 0, found.narration
    assert found.object["passages"]
    assert filled("status", "--json").object["chunks"] == before, "the old library answers"
    assert rebuilding.poll() is None, "it is still being rebuilt"
    assert ended(rebuilding).object["chunks"] > before
    assert filled("search", "lease", "--config", config).code == 0


def test_a_client_says_that_the_owner_was_stopped(indexed: Carrel) -> None:
    with owning(indexed) as owner:
        owner.send_signal(signal.SIGSTOP)
        waiting = indexed.start("ls", "--json")
        try:
            assert waiting.stderr is not None
            assert f"kill -CONT {owner.pid}" in waiting.stderr.readline().decode()
        finally:
            owner.send_signal(signal.SIGCONT)
        assert ended(waiting).object["documents"]


def test_file_systems_that_show_the_state_of_the_system_are_no_sources(carrel: Carrel) -> None:
    for folder in ("/proc", "/proc/self", "/sys"):
        outcome = carrel.here("add", folder)
        assert outcome.code == 1
        assert "shows the state of the system" in outcome.narration
    assert carrel.here("status", "--json").object["sources"] == []


def test_a_file_lies_in_one_source_only(carrel: Carrel, embedder: "Embedder") -> None:
    inner = carrel.home / "notes" / "garden"
    write(inner / "pond.md", "The pond is cleaned in October.\n")
    write(carrel.home / "notes" / ".private" / "diary.md", "The diary lies below the roof.\n")
    write(carrel.home / "notes" / "shed.md", "The shed is painted in May.\n")
    assert carrel.here("add", inner, carrel.home / "notes" / ".private").code == 0
    outer = carrel.here("add", carrel.home / "notes")
    assert f"The source {inner} is part of {carrel.home / 'notes'} now" in outer.narration
    assert carrel.here("rm", inner / "pond.md").code == 0
    again = carrel.here("add", inner / "pond.md", "--json")
    assert "is part of the source" in again.narration
    assert again.object["sources"][0]["added"] == 1
    status = carrel.here("status", "--json").object
    assert [Path(source["path"]).name for source in status["sources"]] == [".private", "notes"]
    documents = carrel.here("ls", "--json").object["documents"]
    assert {Path(each["path"]).name for each in documents} == {"diary.md", "pond.md", "shed.md"}
