"""A file that crashes llama.cpp crashes a child process and nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.engine.gguf import read_header
from assistant.errors import EngineError
from assistant.models.probing import try_loading
from policies.provenance import digest
from tests.ggufs import gguf, write
from tests.running import ROOT

ABORTING = gguf({"llama.block_count": 4_000_000_000})
"""Its header is valid, but llama.cpp asserts that no model has so many layers."""


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache folder without a file that passed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def probe(path: Path) -> None:
    try_loading(path, digest(path))


def test_a_valid_model_passes(tmp_path: Path) -> None:
    probe(write(tmp_path / "tiny.gguf"))


def test_a_file_that_aborts_llama_cpp_is_reported_as_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "aborting.gguf", ABORTING)
    read_header(path)
    for _ in range(2):
        with pytest.raises(EngineError, match=r"aborting\.gguf crashes llama.cpp \(SIGABRT"):
            probe(path)


def test_a_file_that_llama_cpp_rejects_is_named_in_the_error(tmp_path: Path) -> None:
    path = write(tmp_path / "odd.gguf", gguf({"llama.embedding_length": 64}))
    with pytest.raises(EngineError, match=r"llama.cpp cannot load .*odd\.gguf"):
        probe(path)


def test_a_file_that_passed_is_recognised_by_its_content_and_not_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "tiny.gguf")
    probe(path)
    # No child can be started any more, so only a remembered file passes.
    monkeypatch.setattr(sys, "executable", "/bin/false")
    probe(path.rename(tmp_path / "renamed.gguf"))
    with pytest.raises(EngineError):
        probe(write(tmp_path / "renamed.gguf", gguf({"general.name": "Another"})))


def test_the_child_is_sealed_when_it_opens_the_file(tmp_path: Path) -> None:
    file = write(tmp_path / "x.gguf", b"GGUF")
    program = (
        "from assistant.engine import native\n"
        "from assistant.errors import EngineError\n"
        "from assistant.models import probing\n"
        "from policies import network\n"
        "def opened(path, *, name):\n"
        "    raise EngineError(f'sealed: {network.sealed()}')\n"
        "native.LlamaModel = opened\n"
        "probing._child()\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", program, str(file)], cwd=ROOT, capture_output=True, text=True
    )
    assert json.loads(child.stdout)["message"] == "sealed: True"
