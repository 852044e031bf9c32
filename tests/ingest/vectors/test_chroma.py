"""Chroma's files are believed only after an orderly close, and nothing around it changes it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.embedding import Vectors
from ingest.vectors.chroma import STATE, ChromaVectors, is_installed
from ingest.vectors.exact import Stored
from tests.running import ROOT
from tests.vectors import LATER, NAMES, VECTORS, never
from tests.vectors import STATE as FIRST

pytestmark = pytest.mark.skipif(not is_installed(), reason="the extra chroma is not installed")


def catalogue(count: int = 40) -> Callable[[], list[tuple[list[str], Vectors]]]:
    """What a catalogue with the first vectors has."""
    return lambda: [(NAMES[:count], VECTORS[:count])]


def found(store: ChromaVectors) -> set[str]:
    """The names that are proposed for a vector of theirs."""
    return {
        name for name, vector in zip(NAMES, VECTORS, strict=True) if store.propose(vector[None], 1) == [name]
    }


def kept(folder: Path, count: int = 40) -> None:
    """An index that was closed in order."""
    ChromaVectors(folder, FIRST, catalogue(count)).close()


def test_an_index_that_was_closed_in_order_is_used_without_reading_the_catalogue(tmp_path: Path) -> None:
    kept(tmp_path / "chroma")
    store = ChromaVectors(tmp_path / "chroma", FIRST, never)
    assert found(store) == set(NAMES)
    store.close()


def test_changes_are_kept(tmp_path: Path) -> None:
    kept(tmp_path / "chroma", 30)
    store = ChromaVectors(tmp_path / "chroma", FIRST, never)
    store.upsert(NAMES[30:], VECTORS[30:])
    store.settle(LATER)
    store.close()
    again = ChromaVectors(tmp_path / "chroma", LATER, never)
    assert found(again) == set(NAMES)
    again.close()


@pytest.mark.parametrize("state", [LATER, ""])
def test_an_index_of_another_state_is_filled_again(tmp_path: Path, state: str) -> None:
    kept(tmp_path / "chroma")
    store = ChromaVectors(tmp_path / "chroma", state, catalogue(10))
    assert found(store) == set(NAMES[:10])
    store.close()


def test_an_unreadable_index_is_filled_again(tmp_path: Path) -> None:
    kept(tmp_path / "chroma")
    for file in (tmp_path / "chroma").rglob("*.sqlite3"):
        file.write_bytes(b"no database")
    store = ChromaVectors(tmp_path / "chroma", FIRST, catalogue(10))
    assert found(store) == set(NAMES[:10])
    store.close()


def test_an_index_whose_process_was_killed_is_not_believed(tmp_path: Path) -> None:
    kept(tmp_path / "chroma", 30)
    changing = (
        "import os, signal, sys; from pathlib import Path; "
        "from tests.ingest.vectors.test_chroma import *; "
        "store = ChromaVectors(Path(sys.argv[1]), FIRST, never); "
        "store.upsert(NAMES[30:], VECTORS[30:]); store.settle(LATER); os.kill(os.getpid(), signal.SIGKILL)"
    )
    run = subprocess.run(
        [sys.executable, "-c", changing, tmp_path / "chroma"], cwd=ROOT, check=False, capture_output=True
    )
    assert run.returncode == -signal.SIGKILL, run.stderr
    for state in (FIRST, LATER):
        store = ChromaVectors(tmp_path / "chroma", state, catalogue(20))
        assert found(store) == set(NAMES[:20])
        store.close()


def _traces(name: str, folder: Path) -> bool:
    vector = VECTORS[NAMES.index(name)].tobytes()
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return name.encode() in content or vector[:16] in content


def test_a_removed_vector_is_not_proposed_at_once_and_is_in_no_file_once_settled(tmp_path: Path) -> None:
    kept(tmp_path / "chroma")
    assert _traces(NAMES[7], tmp_path / "chroma")
    rest = [name for name in NAMES if name != NAMES[7]]
    vectors = VECTORS[[number for number in range(40) if number != 7]]

    def without() -> Stored:
        return [(rest, vectors)]

    store = ChromaVectors(tmp_path / "chroma", FIRST, without)
    store.remove([NAMES[7]])
    assert NAMES[7] not in store.propose(VECTORS[7:8], 40)
    assert not (tmp_path / "chroma" / STATE).exists()
    store.settle(LATER)
    assert not _traces(NAMES[7], tmp_path / "chroma")
    store.close()
    again = ChromaVectors(tmp_path / "chroma", LATER, never)
    assert found(again) == set(rest)
    again.close()


def test_neither_the_environment_nor_a_file_changes_chroma_and_it_sends_nothing(tmp_path: Path) -> None:
    settings = {
        "ANONYMIZED_TELEMETRY": "true",
        "CHROMA_API_IMPL": "evil.module.Class",
        "CHROMA_PRODUCT_TELEMETRY_IMPL": "evil.module.Class",
        "CHROMA_OTEL_COLLECTION_ENDPOINT": "https://example.invalid",
        "CHROMA_SERVER_NOFILE": "no number",
        "ALLOW_RESET": "true",
    }
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    code = (
        "import json, sys; from pathlib import Path; from tests.ingest.vectors.test_chroma import *; "
        "store = ChromaVectors(Path('chroma'), FIRST, catalogue()); given = store._client._system.settings; "
        "print(json.dumps([given.anonymized_telemetry, given.chroma_api_impl, given.allow_reset, "
        "given.chroma_otel_collection_endpoint, "
        "[name for name in sys.modules if name.startswith(('posthog', 'onnxruntime', 'evil'))]])); "
        "store.close()"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | settings | {"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )
    assert json.loads(run.stdout) == [False, "chromadb.api.rust.RustBindingsAPI", False, "", []]
