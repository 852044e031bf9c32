"""`carrel models`: each command as a person runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from assistant.models.finding import LOCK
from tests.ggufs import TOKENS, gguf, write
from tests.publishing import published
from tests.running import PATIENCE_S, Carrel, Outcome, require_starter_models

COMMANDS = ("ls", "add", "use", "verify", "rm", "pull", "recommend")

OTHER_WORDS = gguf({"tokenizer.ggml.tokens": ["<none>", *TOKENS[1:]]})
ABORTING = gguf({"llama.block_count": 4_000_000_000})

PULL = """
import functools, ssl, sys
from assistant.models import pulling
from policies import network

trusted = ssl.create_default_context(cafile=sys.argv.pop(1))
pulling.fetch = functools.partial(pulling.fetch, trusted=trusted)
keep = pulling.keep

def sealed_keep(*arguments, **options):
    assert network.sealed()
    return keep(*arguments, **options)

pulling.keep = sealed_keep
sys.argv[0] = "carrel"
from assistant.cli import main
main()
"""
"""The command, told to trust one more authority; it must be sealed once it looks at what came."""


def folder(carrel: Carrel) -> Path:
    return carrel.home / "data" / "carrel" / "models"


def configuration(carrel: Carrel) -> Path:
    return carrel.home / "config" / "carrel" / "config.toml"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_the_shared_options(carrel: Carrel, command: str) -> None:
    outcome = carrel("models", command, "--help")
    assert outcome.code == 0
    for option in ("--json", "--library", "--config", "--quiet", "--verbose"):
        assert option in outcome.text


def test_an_added_model_is_listed_chosen_and_kept_while_it_is_in_use(carrel: Carrel) -> None:
    assert carrel("models", "add", write(carrel.home / "mine.gguf")).code == 0
    write(configuration(carrel), b"# My own.\n[index] # short\nchunk_tokens = 100\n")
    chosen = carrel("models", "use", "mine", "--json")
    assert chosen.object == {"target": "mine", "draft": "", "config": str(configuration(carrel))}
    text = configuration(carrel).read_text()
    assert text.startswith("# My own.\n[index] # short\nchunk_tokens = 100\n")
    listed = {model["name"]: model for model in carrel("models", "ls", "--json").object["models"]}
    assert listed["mine"]["in_use"] == "target"
    assert listed["mine"]["chat_template"] is True
    assert listed["mine"]["quantization"] == "F32"
    refused = carrel("models", "rm", "mine")
    assert refused.code == 2
    assert "in use" in refused.narration
    assert (folder(carrel) / "mine.gguf").exists()


def test_a_file_is_chosen_by_its_path_and_found_from_anywhere(carrel: Carrel) -> None:
    path = write(carrel.home / "mine.gguf")
    assert carrel("models", "use", "mine.gguf").code == 0
    assert f'target = "{path}"' in configuration(carrel).read_text()
    assert carrel("models", "use", "nothing-here").code == 5


def test_a_configuration_behind_a_link_stays_behind_it(carrel: Carrel) -> None:
    write(folder(carrel) / "mine.gguf")
    kept = write(carrel.home / "dotfiles" / "carrel.toml", b"")
    configuration(carrel).parent.mkdir(parents=True)
    configuration(carrel).symlink_to(kept)
    assert carrel("models", "use", "mine").code == 0
    assert configuration(carrel).is_symlink()
    assert 'target = "mine"' in kept.read_text()


def test_a_draft_with_the_targets_vocabulary_is_taken_and_any_other_refused(carrel: Carrel) -> None:
    for name, data in (("big", gguf()), ("small", gguf({"general.name": "S"})), ("other", OTHER_WORDS)):
        write(folder(carrel) / f"{name}.gguf", data)
    assert carrel("models", "use", "big", "--draft", "small").code == 0
    before = configuration(carrel).read_text()
    assert 'draft = "small"' in before
    refused = carrel("models", "use", "big", "--draft", "other")
    assert refused.code == 1
    assert "other cannot draft for big" in refused.narration
    assert configuration(carrel).read_text() == before
    assert carrel("models", "use", "big").code == 0
    assert 'draft = ""' in configuration(carrel).read_text()


@pytest.mark.parametrize("data", [ABORTING, gguf()[:-1], b"text"], ids=["aborting", "cut off", "text"])
def test_a_file_that_cannot_be_used_is_not_chosen(carrel: Carrel, data: bytes) -> None:
    write(folder(carrel) / "bad.gguf", data)
    refused = carrel("models", "use", "bad")
    assert refused.code == 1
    assert "bad.gguf" in refused.narration
    assert not configuration(carrel).exists()
    assert carrel("models", "ls").code == 0


def test_a_model_that_changed_since_it_was_pinned_is_found_out(carrel: Carrel) -> None:
    require_starter_models()
    path = write(folder(carrel) / "mine.gguf")
    carrel("models", "use", "mine")
    assert carrel("status").code == 0
    whole = carrel("models", "verify", "--json")
    assert whole.code == 0
    assert {model["state"] for model in whole.object["models"]} == {"as pinned"}
    write(path, gguf({"general.name": "Another"}))
    for arguments in (["verify"], ["verify", "mine"], ["use", "mine"]):
        outcome = carrel("models", *arguments)
        assert outcome.code == 5
        assert str(path) in outcome.narration + " ".join(outcome.text.split())
    assert carrel("models", "verify", "nothing-here").code == 2


def test_a_removed_model_takes_its_pin_along(carrel: Carrel) -> None:
    write(folder(carrel) / "mine.gguf")
    carrel("models", "use", "mine")
    carrel("status")
    assert "mine.gguf" in (carrel.library / LOCK).read_text()
    carrel("models", "use", "smollm2-135m-instruct")
    assert carrel("models", "rm", "mine").code == 0
    assert "mine.gguf" not in (carrel.library / LOCK).read_text()
    assert list(folder(carrel).iterdir()) == []
    assert carrel("models", "rm", "mine").code == 1


def test_the_best_for_this_machine_is_recommended_with_the_command_that_fetches_it(carrel: Carrel) -> None:
    advice = carrel("models", "recommend", "--json").object
    assert len(advice["models"]) >= 12
    if advice["recommended"] is not None:
        shown = carrel("models", "recommend").text
        assert f"carrel models pull {advice['recommended']}" in shown


def test_a_models_words_about_itself_cannot_act_on_the_terminal(carrel: Carrel) -> None:
    write(folder(carrel) / "mine.gguf", gguf({"general.license": "\x1b]52;c;ZXZpbA==\x07\nfree"}))
    outcome = carrel("models", "ls")
    assert b"\x1b" not in outcome.out
    assert "mine" in outcome.text


# Fetching


def pull(carrel: Carrel, authority: trustme.CA, *arguments: str, stdin: bytes = b"") -> Outcome:
    certificate = carrel.home / "authority.pem"
    authority.cert_pem.write_to_path(str(certificate))
    outcome = subprocess.run(
        [sys.executable, "-P", "-c", PULL, str(certificate), "models", "pull", *arguments],
        input=stdin,
        capture_output=True,
        cwd=carrel.home,
        env=carrel.environment({"HTTPS_PROXY": "http://127.0.0.1:9"}),
        timeout=PATIENCE_S,
    )
    return Outcome(outcome.returncode, outcome.stdout, outcome.stderr)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def test_a_pulled_model_is_kept_and_the_network_said_to_be_there_and_no_library_opened(
    carrel: Carrel, authority: trustme.CA
) -> None:
    with published(authority, gguf()) as site:
        outcome = pull(carrel, authority, site.address, "--yes", "--json")
    assert outcome.code == 0, outcome.narration
    assert "can use the network" in outcome.narration
    assert outcome.object["name"] == "m"
    assert (folder(carrel) / "m.gguf").read_bytes() == gguf()
    assert os.listdir(folder(carrel)) == ["m.gguf"]
    assert not carrel.library.exists()


def test_a_pulled_file_with_another_digest_is_refused(carrel: Carrel, authority: trustme.CA) -> None:
    with published(authority, gguf()) as site:
        outcome = pull(carrel, authority, site.address, "--sha256", "0" * 64, "--json")
    assert outcome.code == 5
    assert set(json.loads(outcome.out)) == {"error"}
    assert os.listdir(folder(carrel)) == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nothing-like-it", "--yes"], 2),
        (["http://127.0.0.1/m.gguf", "--yes"], 4),
        (["https://127.0.0.1:1/m.gguf"], 2),
        (["https://127.0.0.1:1/m.gguf", "--sha256", "abc"], 2),
        (["https://127.0.0.1:1/m.gguf", "--yes"], 1),
        (["https://127.0.0.1:1/", "--yes"], 1),
    ],
    ids=["unknown", "not https", "nobody to ask", "no digest", "nobody there", "no name"],
)
def test_what_cannot_be_pulled_has_its_exit_code(carrel: Carrel, arguments: list[str], code: int) -> None:
    outcome = carrel("models", "pull", *arguments)
    assert outcome.code == code, outcome.narration
    assert outcome.narration
