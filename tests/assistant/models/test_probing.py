"""A file that ends llama.cpp ends a child, and nothing else."""

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
"""Reads well; llama.cpp asserts that nothing has so many layers."""


@pytest.fixture(autouse=True)
def nothing_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache folder that remembers no file."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def tried(path: Path) -> None:
    try_loading(path, digest(path))


def test_a_model_that_llama_cpp_loads_passes(tmp_path: Path) -> None:
    tried(write(tmp_path / "tiny.gguf"))


def test_a_file_that_aborts_llama_cpp_is_an_error_like_any_other(tmp_path: Path) -> None:
    path = write(tmp_path / "aborting.gguf", ABORTING)
    read_header(path)
    for _ in range(2):
        with pytest.raises(EngineError, match=r"aborting\.gguf makes llama.cpp fail \(SIGABRT"):
            tried(path)


def test_what_llama_cpp_refuses_is_refused_with_the_file_named(tmp_path: Path) -> None:
    path = write(tmp_path / "odd.gguf", gguf({"llama.embedding_length": 64}))
    with pytest.raises(EngineError, match=r"odd\.gguf is damaged or of a kind"):
        tried(path)


def test_a_file_that_passed_is_known_by_its_content_and_not_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "tiny.gguf")
    tried(path)
    # With nothing to start a child with, only what is known can pass.
    monkeypatch.setattr(sys, "executable", "/bin/false")
    tried(path.rename(tmp_path / "renamed.gguf"))
    with pytest.raises(EngineError):
        tried(write(tmp_path / "renamed.gguf", gguf({"general.name": "Another"})))


def test_the_child_is_sealed_when_it_opens_the_file() -> None:
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
        [sys.executable, "-c", program, "x.gguf"], cwd=ROOT, capture_output=True, text=True
    )
    assert json.loads(child.stdout)["message"] == "sealed: True"
