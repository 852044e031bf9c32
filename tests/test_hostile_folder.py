"""Carrel in a hostile folder: an attacker chose the files in it and the environment variables.

No file in the current folder, and no variable that could name code, may change which code is loaded. The
traps below write a marker when any of their code runs. PYTHONPATH belongs to the user, so here it never
names the hostile folder.
"""

from pathlib import Path

import pytest

from tests.running import Carrel

pytestmark = pytest.mark.model

TRAPS = (
    *("sitecustomize", "usercustomize", "json", "socket", "typing", "sqlite3", "numpy", "torch"),
    *("llama_cpp", "onnxruntime", "tokenizers", "pydantic", "rich", "typer", "pypdf"),
    *("assistant", "ingest", "policies", "llm", "trap"),
)
"""Names of modules that Carrel or its dependencies import, or that a setting below names."""

DOTENV = """\
HF_ENDPOINT=http://192.0.2.1
LLAMA_CPP_LIB_PATH=.
CARREL_TARGET=trap
PYTHONSTARTUP=trap.py
"""


@pytest.fixture
def trapped(tmp_path: Path) -> Path:
    """A folder full of traps. `marker` appears in it when one of them runs."""
    mark = f"open({str(tmp_path / 'marker')!r}, 'a').write(__name__ + '\\n')\n"
    for name in TRAPS:
        (tmp_path / f"{name}.py").write_text(mark)
    (tmp_path / ".env").write_text(DOTENV)
    (tmp_path / "config.toml").write_text("[models]\ntarget = '/nowhere'\n")
    (tmp_path / "pyvenv.cfg").write_text("include-system-site-packages = false\n")
    (tmp_path / "libggml-trap.so").write_bytes(b"not a library")
    (tmp_path / "note.md").write_text("# Garden\n\nThe hedge is cut in the first week of March.\n")
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    """Variables that make libraries load code or contact a server, unless they are ignored."""
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://192.0.2.1:4317",
        "OTEL_PYTHON_CONFIGURATOR": "trap",
        "LLAMA_CPP_LIB_PATH": str(folder),
        "GGML_BACKEND_PATH": str(folder / "libggml-trap.so"),
        "HF_ENDPOINT": "http://192.0.2.1",
        "HF_HUB_OFFLINE": "0",
        "TRANSFORMERS_CACHE": str(folder),
        "SENTENCE_TRANSFORMERS_HOME": str(folder),
        "https_proxy": "http://192.0.2.1:3128",
        "SQLITE_TMPDIR": str(folder),
        "MAGIC": str(folder),
    }


def test_nothing_in_the_current_folder_is_run_or_read_as_configuration(filled: Carrel, trapped: Path) -> None:
    for arguments in (
        ["add", trapped / "note.md"],
        ["search", "When is the hedge cut?", "--json"],
        ["ask", "When is the hedge cut?", "--json"],
        ["status", "--json"],
        ["policy", "prove", "--json"],
    ):
        outcome = filled(*arguments, cwd=trapped, env=environment(trapped))
        assert outcome.code == 0, outcome.narration
        assert not (trapped / "marker").exists(), (arguments, (trapped / "marker").read_text())
        if arguments[0] == "search":
            assert outcome.object["passages"][0]["path"] == str(trapped / "note.md")
        if arguments[0] == "status":
            assert outcome.object["models"]["target"]["name"] == "smollm2-135m-instruct"
            assert outcome.object["sealed"] is True


def test_the_embedder_is_exported_in_a_hostile_folder_without_running_its_code(
    carrel: Carrel, indexed: Carrel, trapped: Path
) -> None:
    # With an empty cache, so that the embedder is exported: that imports torch, transformers and onnxscript.
    fresh = Carrel(library=carrel.library, home=carrel.home, cache=carrel.home / "cache")
    outcome = fresh("add", trapped / "note.md", cwd=trapped, env=environment(trapped))
    assert outcome.code == 0, outcome.narration
    assert not (trapped / "marker").exists(), (trapped / "marker").read_text()


def test_a_trap_runs_when_its_folder_is_on_the_import_path(carrel: Carrel, trapped: Path) -> None:
    carrel("ls", cwd=trapped, env={"PYTHONPATH": str(trapped)})
    assert (trapped / "marker").exists()
