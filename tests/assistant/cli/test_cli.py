"""The command line's contract: options, streams, JSON, exit codes, and what reaches a terminal.

Every test runs Carrel as a process of its own. What it answers is tested in tests/test_end_to_end.py.
"""

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
from tests.running import AS_THE_SCRIPT, Carrel, Outcome, require_starter_models, write

COMMANDS = ("add", "ls", "status", "rm", "ask", "search", "summarize", "doctor", "policy prove")

ESCAPES = "\x1b]52;c;ZXZpbA==\x07 \x1b[2J \x9b31m \u202etoorts\u202c \u200bhidden"
"""Writes the clipboard, clears the screen, colours, turns text around, and hides a break."""


def configure(carrel: Carrel, text: str) -> Path:
    """A configuration file with this text."""
    file = carrel.home / "carrel.toml"
    file.write_text(text, encoding="utf-8")
    return file


# Options


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_the_shared_options(carrel: Carrel, command: str) -> None:
    outcome = carrel(*command.split(), "--help")
    assert outcome.code == 0
    for option in ("--json", "--library", "--config", "--quiet", "-q", "--verbose", "-v", "CARREL_HOME"):
        assert option in outcome.text
    assert not carrel.library.exists()


def test_the_help_names_every_command(carrel: Carrel) -> None:
    listed = carrel("--help").text
    for command in COMMANDS:
        assert f"\n  {command.split()[0]} " in listed
    assert "\n  prove " in carrel("policy", "--help").text


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["add"],
        ["search"],
        ["search", "hedge", "-k", "0"],
        ["search", "hedge", "-k", "many"],
        ["ls", "--colour"],
        ["summarize", "one.md", "two.md"],
        ["policy", "nonsense"],
    ],
    ids=" ".join,
)
def test_a_command_line_that_means_nothing_is_a_usage_error(carrel: Carrel, arguments: list[str]) -> None:
    outcome = carrel(*arguments)
    assert (outcome.code, outcome.out) == (2, b"")
    assert "Error: " in outcome.narration


def test_the_option_names_the_library_and_goes_before_the_environment(carrel: Carrel) -> None:
    elsewhere = carrel.home / "elsewhere"
    assert carrel("status", "--library", elsewhere, "--json").object["library"] == str(elsewhere)
    assert elsewhere.is_dir()
    assert not carrel.library.exists()
    assert carrel("status", "--json").object["library"] == str(carrel.library)


def test_a_library_named_by_a_relative_path_lies_below_the_current_folder(carrel: Carrel) -> None:
    assert carrel("status", "--library", "mine", "--json").object["library"] == str(carrel.home / "mine")


# What scripts read


def test_search_gives_the_promised_object(indexed: Carrel) -> None:
    outcome = indexed("search", "When does the lease end?", "-k", "3", "--json")
    assert outcome.code == 0
    found = outcome.object
    assert found["query"] == "When does the lease end?"
    assert found["took_ms"] > 0
    assert [passage["rank"] for passage in found["passages"]] == [1, 2, 3]
    for passage in found["passages"]:
        assert {"rank", "score", "path", "page", "lines", "heading", "text"} <= set(passage)
        assert Path(passage["path"]).is_file()
        assert passage["text"]
        assert 0 <= passage["score"] <= 1
        assert (passage["page"] is None) == (not passage["path"].endswith(".pdf"))
        assert isinstance(passage["heading"], list)
    scores = [passage["score"] for passage in found["passages"]]
    assert scores == sorted(scores, reverse=True)


def test_ask_gives_the_promised_object(indexed: Carrel) -> None:
    outcome = indexed("ask", "When does my lease end?", "--json")
    assert outcome.code == 0
    answer = outcome.object
    assert answer["question"] == "When does my lease end?"
    assert answer["abstained"] is False
    assert answer["answer"]
    for citation in answer["citations"]:
        assert {"marker", "path", "page", "lines", "heading", "quote"} <= set(citation)
        assert f"[{citation['marker']}]" in answer["answer"]
    assert answer["passages"]
    stats = answer["stats"]
    assert {"model", "prompt_tokens", "answer_tokens", "ttft_ms", "prefill_tps"} <= set(stats)
    assert {"decode_tps", "total_ms"} <= set(stats)
    assert stats["model"] == "smollm2-135m-instruct"
    assert stats["prompt_tokens"] > 0
    assert stats["sealed"] is True


def test_an_answer_that_was_not_found_says_so_without_asking_the_model(indexed: Carrel) -> None:
    answer = indexed("ask", "Which enzyme unwinds the double helix of DNA?", "--json").object
    assert answer["abstained"] is True
    assert answer["citations"] == []
    assert answer["passages"], "the nearest passages are shown"
    assert answer["stats"] == {"sealed": True}


def test_summarize_gives_the_promised_object_and_reads_standard_input(carrel: Carrel) -> None:
    require_starter_models()
    note = b"The hall is painted on Thursday, so the meeting moves to Friday."
    outcome = carrel("summarize", "-", "--json", stdin=note)
    assert outcome.code == 0, outcome.narration
    summary = outcome.object
    assert summary["path"] == "-"
    assert summary["summary"]
    assert [set(section) for section in summary["sections"]] == [{"heading", "lines", "summary"}]
    assert summary["sections"][0]["lines"] == [1, 1]
    assert summary["stats"]["sealed"] is True
    assert not carrel.library.exists(), "a summary needs no library"


def test_status_and_ls_give_the_promised_objects(indexed: Carrel) -> None:
    status = indexed("status", "--json").object
    assert status["library"] == str(indexed.library)
    assert status["sources"] == [{"path": str(indexed.home / "notes"), "offline": ""}]
    assert status["indexing"]["problem"] == ""
    assert status["documents"] == {"indexed": 13, "failed": 0, "skipped": 0, "pending": 0}
    assert status["models"]["target"]["name"] == "smollm2-135m-instruct"
    assert status["models"]["embedder"]["name"] == "all-minilm-l6-v2"
    assert status["sealed"] is True

    documents = indexed("ls", "--json").object["documents"]
    assert len(documents) == 13
    assert sum(document["chunks"] for document in documents) == status["chunks"]
    for document in documents:
        assert set(document) == {"path", "state", "reason", "chunks", "bytes", "media_type", "indexed_at"}
        assert document["indexed_at"] > 1.7e9
        assert (document["state"], document["reason"]) == ("indexed", "")
        assert document["bytes"] == Path(document["path"]).stat().st_size


def test_add_and_rm_report_what_they_did(filled: Carrel) -> None:
    notes = filled.home / "notes"
    (source,) = filled("add", notes, "--json").object["sources"]
    assert source["path"] == str(notes)
    assert (source["unchanged"], source["added"], source["chunks"]) == (13, 0, 0)
    removed = filled("rm", notes / "home", "--json").object
    assert removed == {"path": str(notes / "home"), "removed": 4}


def test_doctor_and_the_proof_give_one_object_each(indexed: Carrel) -> None:
    report = indexed("doctor", "--json").object
    assert {check["severity"] for check in report["checks"]} <= {"ok", "warning"}
    assert report["broken"] is False
    proof = indexed("policy", "prove", "--json")
    assert proof.code == 0
    assert proof.object["sealed"] is True
    assert proof.object["refused"] == len(proof.object["attempts"]) > 20
    assert all(attempt["refused"] for attempt in proof.object["attempts"])


# Streams


def test_data_goes_to_stdout_and_narration_to_stderr(indexed: Carrel) -> None:
    loud = indexed("ask", "How long is the warranty on the dishwasher?")
    assert "first word after" in loud.narration
    assert "first word after" not in loud.text
    assert "dishwasher-warranty.txt" in loud.text
    quiet = indexed("search", "warranty", "-q")
    assert quiet.err == b""
    assert "dishwasher-warranty.txt" in quiet.text


def test_the_same_question_comes_as_argument_or_from_standard_input(indexed: Carrel) -> None:
    given = indexed("search", "warranty of the dishwasher", "--json").object
    read = indexed("search", "-", "--json", stdin=b"warranty of the dishwasher\n").object
    assert read["passages"] == given["passages"]
    assert read["query"] == "warranty of the dishwasher"


@pytest.mark.parametrize("arguments", [["ls"], ["ls", "--json"], ["doctor"]], ids=" ".join)
def test_it_ends_quietly_when_the_reader_of_its_output_has_gone(
    indexed: Carrel, arguments: list[str]
) -> None:
    process = indexed.start(*arguments)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process:
        assert process.stderr.read() == b""
    assert process.returncode in (0, 1)


def on_a_terminal(carrel: Carrel, *arguments: str | Path, **env: str) -> str:
    """What `carrel ARGUMENTS` writes when all its streams are a terminal."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [*AS_THE_SCRIPT, *arguments],
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=carrel.home,
        env=carrel.environment({"TERM": "xterm-256color", **env}),
    )
    os.close(its)
    written = b""
    try:
        while part := os.read(ours, 1 << 16):
            written += part
    except OSError as error:
        # A terminal whose programs have all gone.
        assert error.errno == errno.EIO
    process.wait()
    os.close(ours)
    return written.decode()


COLOUR = re.compile(r"\x1b\[[\d;]*[34]\d[\d;]*m")


def test_a_terminal_gets_colours_unless_no_color_is_set(carrel: Carrel) -> None:
    config = configure(carrel, '[models]\ntarget = "/nowhere/model.gguf"\n')
    assert COLOUR.search(on_a_terminal(carrel, "doctor", "--config", config))
    assert not COLOUR.search(on_a_terminal(carrel, "doctor", "--config", config, NO_COLOR="1"))


def test_output_is_plain_when_it_is_no_terminal(carrel: Carrel) -> None:
    config = configure(carrel, '[models]\ntarget = "/nowhere/model.gguf"\n')
    outcome = carrel("doctor", "--config", config, env={"TERM": "xterm-256color"})
    assert "broken" in outcome.text
    assert b"\x1b" not in outcome.out + outcome.err


# Exit codes


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["add", "nowhere"], 1, "no file or folder"),
        (["rm", "nowhere"], 1, "not in the library"),
        (["summarize", "nowhere.md"], 1, "nowhere.md cannot be read"),
        (["summarize", "nowhere.pdf"], 1, "nowhere.pdf cannot be read"),
        (["ask", "why", "--mode", "guess"], 2, "no mode guess"),
        (["ask", "why", "--since", "yesterday"], 2, "names no date"),
        (["replay", "nothing"], 1, "No answer nothing is kept"),
        (["compare", "a.md", "b.md", "why"], 2, "a.md is not in the library"),
        (["eval", "nowhere.jsonl"], 1, "nowhere.jsonl cannot be read"),
        (["summarize", "-", "--length", "huge"], 2, "no length huge"),
        (["summarize", "-"], 1, "Standard input cannot be read"),
        (["search", " "], 2, "question is empty"),
        (["ask", ""], 2, "question is empty"),
        (["ask", "-"], 2, "question is empty"),
        (["ask", "why " * 5000], 2, "characters long"),
        (["ls", "--config", "nowhere.toml"], 2, "nowhere.toml cannot be read"),
    ],
    ids=lambda value: " ".join(value)[:20] if isinstance(value, list) else None,
)
def test_a_failure_is_one_message_and_one_exit_code(
    carrel: Carrel, arguments: list[str], code: int, words: str
) -> None:
    outcome = carrel(*arguments, "--json")
    assert outcome.code == code
    assert outcome.error["exit"] == code
    assert words in str(outcome.error["message"])
    assert words in outcome.narration
    assert "Traceback" not in outcome.narration


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[models]\ntraget = 'x'\n", "Did you mean models.target?"),
        ("[nonsense]\n", "nonsense, but there is no such setting"),
        ("[index]\nchunk_tokens = 9000\n", "invalid value for index.chunk_tokens"),
        ("[network]\nseal = 'off'\n", "invalid value for network.seal"),
        ("models = [\n", "cannot be read"),
    ],
    ids=["misspelt key", "unknown section", "out of bounds", "unknown mode", "no TOML"],
)
def test_a_configuration_that_cannot_be_meant_is_refused(carrel: Carrel, text: str, words: str) -> None:
    outcome = carrel("ls", "--config", configure(carrel, text))
    assert outcome.code == 2
    assert words in outcome.narration
    assert "carrel.toml" in outcome.narration


def test_the_configuration_in_its_usual_place_is_read(carrel: Carrel) -> None:
    write(carrel.home / "config" / "carrel" / "config.toml", "[answers]\npasages = 3\n")
    outcome = carrel("ls")
    assert outcome.code == 2
    assert "Did you mean answers.passages?" in outcome.narration


@pytest.fixture
def owner(carrel: Carrel) -> Iterator["subprocess.Popen[bytes]"]:
    """Another process that owns the library."""
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
        outcome = carrel(*arguments, "--json")
        assert outcome.code == outcome.error["exit"] == 3
        assert f"process {owner.pid}" in outcome.narration
    assert carrel("doctor").code == 0, "doctor looks without owning"


def test_a_library_is_free_again_however_its_owner_ended(
    carrel: Carrel, owner: "subprocess.Popen[bytes]"
) -> None:
    owner.kill()
    owner.wait()
    assert carrel("ls").code == 0


@pytest.mark.parametrize("role", ["target", "embedder"])
def test_a_model_that_is_not_here_has_an_exit_code_of_its_own(carrel: Carrel, role: str) -> None:
    config = configure(carrel, f'[models]\n{role} = "/nowhere/model"\n')
    outcome = carrel("status", "--config", config, "--json")
    assert outcome.code == outcome.error["exit"] == 5
    assert "/nowhere/model" in outcome.narration


def test_a_model_of_ones_own_must_stay_what_it_was_at_first_use(carrel: Carrel) -> None:
    model = carrel.home / "own.gguf"
    model.write_bytes(gguf())
    config = configure(carrel, f'[models]\ntarget = "{model}"\n')
    first = carrel("status", "--config", config, "--json")
    assert first.object["models"]["target"]["name"] == str(model)
    assert str(model) in (carrel.library / LOCK).read_text()
    model.write_bytes(gguf()[:-1] + b"\x01")
    for arguments in (["status"], ["summarize", write(carrel.home / "garden.md")]):
        outcome = carrel(*arguments, "--config", config)
        assert outcome.code == 5
        assert "not the file that was pinned" in outcome.narration


def test_an_embedder_that_could_run_code_is_refused(carrel: Carrel) -> None:
    folder = carrel.home / "embedder"
    write(folder / "modules.json", "[]")
    write(folder / "pytorch_model.bin", "a pickle")
    config = configure(carrel, f'[models]\nembedder = "{folder}"\n')
    outcome = carrel("add", write(carrel.home / "garden.md"), "--config", config, "--json")
    assert outcome.code == outcome.error["exit"] == 4
    assert "could run code" in outcome.narration


def without_seccomp(carrel: Carrel, *arguments: str | Path) -> Outcome:
    """Runs Carrel where the kernel answers seccomp(2) as one that has no filters does."""
    program = f"""
import errno, os, struct, sys
from policies import bpf, syscalls
answers = [(0x20, 0, 0, 0), (0x15, 0, 1, syscalls.number("seccomp")), (0x06, 0, 0, 0x50000 | errno.ENOSYS)]
answers.append((0x06, 0, 0, 0x7FFF0000))
assert bpf.install(b"".join(struct.pack("=HBBI", *each) for each in answers)) == 0
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
def test_without_a_seal_nothing_runs_unless_the_person_chose_so(carrel: Carrel) -> None:
    refused = without_seccomp(carrel, "ls", "--json")
    assert refused.code == refused.error["exit"] == 4
    assert 'network.seal = "best-effort"' in refused.narration
    assert not carrel.library.exists()

    config = configure(carrel, '[network]\nseal = "best-effort"\n')
    allowed = without_seccomp(carrel, "ls", "--config", config)
    assert allowed.code == 0
    assert "Not kernel-enforced" in allowed.narration
    proof = without_seccomp(carrel, "policy", "prove", "--config", config, "--json")
    assert proof.code == 4
    assert proof.object["sealed"] is False
    assert not all(attempt["refused"] for attempt in proof.object["attempts"])


def test_an_interrupt_ends_the_answer_and_leaves_the_library_whole(indexed: Carrel) -> None:
    process = indexed.start("ask", "When does my lease end?", "--json")
    assert process.stderr is not None
    # Said when the passages are found, before the model is loaded.
    assert b"passages" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130
    assert json.loads(out)["error"]["exit"] == 130
    assert b"Traceback" not in err
    assert indexed("search", "lease", "--json").object["passages"]


# Bad input


def test_an_empty_folder_is_said_to_be_empty(carrel: Carrel) -> None:
    folder = carrel.home / "empty"
    folder.mkdir()
    outcome = carrel("add", folder)
    assert outcome.code == 1
    assert "no file of a type that Carrel reads" in outcome.narration


def test_files_that_cannot_be_read_are_named_with_their_reasons(carrel: Carrel, examples: Path) -> None:
    from pypdf import PdfWriter

    folder = carrel.home / "bad"
    folder.mkdir()
    lease = examples / "home" / "lease-agreement.pdf"
    locked = PdfWriter(clone_from=lease)
    locked.encrypt("secret")
    locked.write(folder / "locked.pdf")
    (folder / "torn.pdf").write_bytes(lease.read_bytes()[:2000])
    (folder / "nothing.txt").touch()
    (folder / "picture.txt").write_bytes(bytes(range(256)) * 40)

    first = carrel("add", folder)
    assert first.code == 1
    for name in (
        "locked.pdf: encrypted",
        "torn.pdf: damaged",
        "nothing.txt: empty file",
        "picture.txt: ",
    ):
        assert name in first.narration
    again = carrel("add", folder, "--json")
    assert again.code == 1, "nothing there can be asked about the second time either"
    states = {each["state"] for each in carrel("ls", "--json").object["documents"]}
    assert states == {"failed"}

    write(folder / "garden.md")
    mixed = carrel("add", folder, "--json")
    assert mixed.code == 0, "one file that can be read is enough"
    assert mixed.object["sources"][0]["added"] == 1
    for name in ("locked.pdf", "torn.pdf", "nothing.txt", "picture.txt"):
        outcome = carrel("summarize", folder / name)
        assert outcome.code == 1
        assert name in outcome.narration


UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")


def test_no_text_of_a_document_or_name_steers_the_terminal(carrel: Carrel) -> None:
    folder = os.fsencode(carrel.home) + b"/notes"
    name = folder + b"/a\x1b]52;c;ZXZpbA==\x07\nb\xff\xe2\x80\xae.md"
    os.mkdir(folder)
    with open(name, "wb") as file:
        file.write(f"# The zebra {ESCAPES}\n\nThe zebra crosses at {ESCAPES} noon.\n".encode())
    with open(folder + b"/empty\x1b[2J.md", "wb"):
        pass
    outcomes = [
        carrel("add", folder),
        carrel("ls"),
        carrel("search", "zebra", "-v"),
        carrel("search", "zebra", "--json"),
        carrel("ask", "Where does the zebra cross?"),
        carrel("status"),
        carrel("summarize", folder + b"/empty\x1b[2J.md"),
        carrel("summarize", folder + b"/gone\x1b[2J.md", "--json"),
        carrel("summarize", name, folder + b"/empty\x1b[2J.md"),
        carrel("--no\x1b[2Jsuch"),
        carrel("ls", "--config", folder + b"/empty\x1b[2J.md/x"),
        carrel("rm", name),
    ]
    assert [outcome.code for outcome in outcomes] == [0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 0]
    for outcome in outcomes:
        for written in (outcome.out, outcome.err):
            assert not UNSAFE.search(written.decode("utf-8"))
    assert "zebra" in outcomes[2].text
    assert json.loads(outcomes[3].out)["passages"][0]["path"] == os.fsdecode(name), "JSON names it exactly"


def test_a_question_that_is_no_utf_8_is_a_question(filled: Carrel) -> None:
    outcome = filled("search", b"warranty of the dishwasher caf\xe9", "--json")
    assert outcome.code == 0, outcome.narration


def test_the_command_line_goes_before_the_configuration_about_devices(filled: Carrel) -> None:
    outcome = filled("ask", "When does my lease end?", "--device", "CUDA9")
    assert outcome.code == 1
    assert "no device CUDA9" in outcome.narration
