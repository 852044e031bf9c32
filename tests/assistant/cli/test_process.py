"""What only a process of its own shows: the seal, pipes, signals, a terminal, two processes on a library."""

import errno
import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.models.finding import LOCK
from policies import syscalls
from tests.ggufs import gguf
from tests.running import AS_THE_SCRIPT, Carrel, Outcome, write

pytestmark = pytest.mark.model

COLOUR = re.compile(r"\x1b\[[\d;]*[34]\d[\d;]*m")

UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")


def configure(carrel: Carrel, text: str) -> Path:
    """A configuration file with this text."""
    return write(carrel.home / "carrel.toml", text)


# The seal, and the promised objects of sealed commands


def test_a_sealed_process_answers_with_the_bundled_model(indexed: Carrel) -> None:
    outcome = indexed("ask", "When does my lease end?", "--json")
    assert outcome.code == 0
    answer = outcome.object
    assert answer["question"] == "When does my lease end?"
    assert answer["state"] == "answered"
    assert answer["passages"]
    for citation in answer["citations"]:
        assert f"[{citation['marker']}]" in answer["answer"]
    assert answer["stats"]["model"] == "smollm2-135m-instruct"
    assert answer["stats"]["prompt_tokens"] > 0
    assert answer["stats"]["sealed"] is True


def test_a_sealed_process_searches_for_a_question_from_standard_input(indexed: Carrel) -> None:
    outcome = indexed("search", "-", "-k", "3", "--json", stdin=b"When does the lease end, caf\xe9?\n")
    assert outcome.code == 0
    found = outcome.object
    assert found["query"] == "When does the lease end, caf\ufffd?"
    assert found["took_ms"] > 0
    assert [passage["rank"] for passage in found["passages"]] == [1, 2, 3]
    for passage in found["passages"]:
        assert Path(passage["path"]).is_file()
        assert 0 <= passage["score"] <= 1
        assert (passage["page"] is None) == (not passage["path"].endswith(".pdf"))
    scores = [passage["score"] for passage in found["passages"]]
    assert scores == sorted(scores, reverse=True)


def test_a_sealed_process_gives_the_status_of_the_library(indexed: Carrel) -> None:
    status = indexed("status", "--json").object
    assert status["library"] == str(indexed.library)
    assert status["sources"] == [{"path": str(indexed.home / "notes"), "offline": ""}]
    assert status["documents"] == {"indexed": 13, "failed": 0, "skipped": 0, "pending": 0}
    assert status["models"]["target"]["name"] == "smollm2-135m-instruct"
    assert status["models"]["embedder"]["name"] == "all-minilm-l6-v2"
    assert status["sealed"] is True


def test_the_kernel_refuses_every_attempt_of_the_proof(carrel: Carrel) -> None:
    proof = carrel("policy", "prove", "--json")
    assert proof.code == 0
    assert proof.object["sealed"] is True
    assert proof.object["refused"] == len(proof.object["attempts"]) > 20
    assert all(attempt["refused"] for attempt in proof.object["attempts"])


def without_seccomp(carrel: Carrel, *arguments: str | Path) -> Outcome:
    """Runs Carrel where seccomp(2) fails as in a kernel without filters."""
    program = f"""
import errno, os, struct, sys
from policies import bpf, syscalls
answers = [(0x20, 0, 0, 0), (0x15, 0, 1, syscalls.number("seccomp")), (0x06, 0, 0, 0x50000 | errno.ENOSYS)]
answers.append((0x06, 0, 0, 0x7FFF0000))
assert bpf.install(b"".join(struct.pack("=HBBI", *step) for step in answers)) == 0
os.execv(sys.executable, [*{AS_THE_SCRIPT!r}, *sys.argv[1:]])
"""
    outcome = subprocess.run(
        [sys.executable, "-P", "-c", program, *arguments],
        capture_output=True,
        cwd=carrel.home,
        env=carrel.environment(),
    )
    return Outcome(outcome.returncode, outcome.stdout, outcome.stderr)


@pytest.mark.skipif(syscalls.machine() is None, reason="no seccomp filter for this machine")
def test_without_a_seal_no_command_runs_unless_the_configuration_allows_it(carrel: Carrel) -> None:
    refused = without_seccomp(carrel, "ls", "--json")
    assert refused.code == refused.error["exit"] == 4
    assert 'network.seal = "best-effort"' in refused.narration
    assert not carrel.library.exists()

    config = configure(carrel, '[network]\nseal = "best-effort"\n')
    proof = without_seccomp(carrel, "policy", "prove", "--config", config, "--json")
    assert proof.code == 4
    assert "Not kernel-enforced" in proof.narration
    assert proof.object["sealed"] is False
    assert not all(attempt["refused"] for attempt in proof.object["attempts"])


# Streams and signals


@pytest.mark.parametrize("arguments", [["ls", "--json"], ["--help"]], ids=" ".join)
def test_a_command_ends_quietly_when_the_reader_of_its_output_has_gone(
    indexed: Carrel, arguments: list[str]
) -> None:
    process = indexed.start(*arguments)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process:
        assert process.stderr.read() == b""
    assert process.returncode in (0, 1)


def test_an_interrupt_ends_the_answer_and_leaves_the_library_intact(indexed: Carrel) -> None:
    process = indexed.start("ask", "When does my lease end?", "--json")
    assert process.stderr is not None
    # Written when the passages are found, before the model is loaded.
    assert b"passages" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130
    assert json.loads(out)["error"]["exit"] == 130
    assert b"Traceback" not in err
    assert indexed.here("search", "lease", "--json").object["passages"]


def test_a_terminal_gets_colours(carrel: Carrel) -> None:
    config = configure(carrel, '[models]\ntarget = "/nowhere/model.gguf"\n')
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [*AS_THE_SCRIPT, "doctor", "--config", config],
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=carrel.home,
        env=carrel.environment({"TERM": "xterm-256color"}),
    )
    os.close(its)
    written = b""
    try:
        while part := os.read(ours, 1 << 16):
            written += part
    except OSError as error:
        # The error of a terminal whose programs have all ended.
        assert error.errno == errno.EIO
    process.wait()
    os.close(ours)
    assert COLOUR.search(written.decode())


def test_the_name_and_text_of_a_hostile_file_cannot_control_the_terminal(carrel: Carrel) -> None:
    escapes = "\x1b]52;c;ZXZpbA==\x07 \x1b[2J \x9b31m \u202etoorts\u202c \u200bhidden"
    folder = os.fsencode(carrel.home) + b"/notes"
    name = folder + b"/a\x1b]52;c;ZXZpbA==\x07\nb\xff\xe2\x80\xae.md"
    os.mkdir(folder)
    with open(name, "wb") as file:
        file.write(f"# The zebra {escapes}\n\nThe zebra crosses at {escapes} noon.\n".encode())
    with open(folder + b"/empty\x1b[2J.md", "wb"):
        pass
    outcomes = [
        carrel("add", folder),
        carrel("search", "zebra", "-v"),
        carrel("summarize", folder + b"/empty\x1b[2J.md", "--json"),
        carrel.here("ls"),
        carrel.here("ask", "Where does the zebra cross?"),
        carrel.here("rm", name),
    ]
    assert [outcome.code for outcome in outcomes] == [0, 0, 1, 0, 0, 0]
    for outcome in outcomes:
        for written in (outcome.out, outcome.err):
            assert not UNSAFE.search(written.decode("utf-8"))
    assert "zebra" in outcomes[1].text


# Two processes on one library


@pytest.fixture
def owner(carrel: Carrel) -> Iterator["subprocess.Popen[bytes]"]:
    """Another process that holds the lock of the library and does not answer."""
    program = "import sys; from pathlib import Path; from ingest.lock import Lock; "
    program += "lock = Lock(Path(sys.argv[1])); print('owned', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", program, str(carrel.library)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=carrel.environment(),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"owned\n"
    yield process
    process.kill()
    process.communicate()


def test_a_library_in_use_is_refused_and_its_owner_named(
    carrel: Carrel, owner: "subprocess.Popen[bytes]"
) -> None:
    for arguments in (["ls"], ["search", "hedge"], ["add", str(carrel.home)]):
        outcome = carrel.here(*arguments, "--json")
        assert outcome.code == outcome.error["exit"] == 3
        assert f"process {owner.pid}" in outcome.narration
    refused = carrel("ls", "--json")
    assert refused.code == refused.error["exit"] == 3
    assert carrel("doctor").code == 0, "doctor works without the library"


def test_a_library_is_free_again_however_its_owner_ended(
    carrel: Carrel, owner: "subprocess.Popen[bytes]"
) -> None:
    owner.kill()
    owner.wait()
    assert carrel("ls").code == 0


# Models


def test_a_model_file_must_not_change_after_its_first_use(carrel: Carrel) -> None:
    model = carrel.home / "own.gguf"
    model.write_bytes(gguf())
    config = configure(carrel, f'[models]\ntarget = "{model}"\n')
    first = carrel("status", "--config", config, "--json")
    assert first.object["models"]["target"]["name"] == str(model)
    assert str(model) in (carrel.library / LOCK).read_text()
    model.write_bytes(gguf()[:-1] + b"\x01")
    for arguments in (["status"], ["summarize", write(carrel.home / "garden.md")]):
        outcome = carrel.here(*arguments, "--config", config)
        assert outcome.code == 5
        assert "not the file that was pinned" in outcome.narration


def test_a_device_on_the_command_line_goes_before_the_configured_one(filled: Carrel) -> None:
    outcome = filled.here("ask", "When does my lease end?", "--device", "CUDA9")
    assert outcome.code == 1
    assert "no GPU named CUDA9" in outcome.narration
