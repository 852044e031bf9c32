"""Chroma's index when things go wrong: not closed, killed, damaged, misled, running away."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.catalogue import Catalogue
from ingest.embedding import HashingEmbedder, Vectors
from ingest.vectors import LARGEST_FILE, ChromaIndex, ExactIndex

COUNT = 1500
"""More than Chroma keeps in its log before it writes index files."""

IDS = [f"c{i}" for i in range(COUNT)]


def unit(count: int, seed: int = 0) -> Vectors:
    drawn = np.random.default_rng(seed).normal(size=(count, 16)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


VECTORS = unit(COUNT)


class Stored:
    """The catalogue's vectors, and how often they were read."""

    def __init__(self) -> None:
        self.reads = 0

    def __iter__(self) -> Iterator[tuple[Sequence[str], Vectors]]:
        self.reads += 1
        yield IDS[:1000], VECTORS[:1000]
        yield IDS[1000:], VECTORS[1000:]


def opened(folder: Path, stored: Stored, *, fingerprint: str = "test", expected: int = COUNT) -> ChromaIndex:
    return ChromaIndex(folder, fingerprint=fingerprint, expected=expected, stored=stored)


def answers(index: ChromaIndex | ExactIndex) -> list[tuple[str, float]]:
    """The nearest few to some questions, cosines rounded."""
    return [
        (chunk_id, round(similarity, 4))
        for row in unit(5, seed=1)
        for chunk_id, similarity in index.nearest(row[None, :], 3)
    ]


def right_answers() -> list[tuple[str, float]]:
    index = ExactIndex()
    index.upsert(IDS, VECTORS)
    return answers(index)


@pytest.fixture(scope="module")
def closed_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index that was filled and closed in order; to be copied."""
    folder = tmp_path_factory.mktemp("index") / "vectors"
    opened(folder, Stored()).close()
    return folder


@pytest.fixture
def folder(closed_index: Path, tmp_path: Path) -> Path:
    """A closed index of one's own."""
    return Path(shutil.copytree(closed_index, tmp_path / "vectors"))


def test_an_index_closed_in_order_is_not_filled_again(folder: Path) -> None:
    stored = Stored()
    index = opened(folder, stored)
    assert stored.reads == 0
    assert answers(index) == right_answers()
    index.close()


def test_looking_things_up_leaves_an_index_sound(folder: Path) -> None:
    stored = Stored()
    for _ in range(2):
        index = opened(folder, stored)
        assert index.nearest(VECTORS[:1], 1)[0][0] == "c0"
        index.close()
    assert stored.reads == 0


def test_an_index_changed_and_not_closed_is_filled_again_and_answers_the_same(folder: Path) -> None:
    script = """
import os, sys
from pathlib import Path
import numpy as np
from ingest.vectors import ChromaIndex
index = ChromaIndex(Path(sys.argv[1]), fingerprint="test", expected=1500, stored=[])
index.upsert(["c0", "foreign"], np.eye(2, 16, dtype=np.float32))
index.remove(["c1"])
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", script, folder], check=True, env=child_environment())
    stored = Stored()
    index = opened(folder, stored)
    assert stored.reads == 1
    assert len(index) == COUNT
    assert answers(index) == right_answers()
    index.close()


def test_an_index_that_only_answered_when_it_was_killed_is_still_sound(folder: Path) -> None:
    script = """
import os, sys
from pathlib import Path
import numpy as np
from ingest.vectors import ChromaIndex
index = ChromaIndex(Path(sys.argv[1]), fingerprint="test", expected=1500, stored=[])
index.nearest(np.eye(1, 16, dtype=np.float32), 3)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", script, folder], env=child_environment(), check=False)
    assert done.returncode == -signal.SIGKILL
    stored = Stored()
    index = opened(folder, stored)
    assert stored.reads == 0
    assert answers(index) == right_answers()
    index.close()


@pytest.mark.parametrize(
    ("fingerprint", "expected"), [("another embedder", COUNT), ("test", COUNT - 1), ("test", COUNT + 1)]
)
def test_an_index_of_other_vectors_is_not_believed(folder: Path, fingerprint: str, expected: int) -> None:
    stored = Stored()
    opened(folder, stored, fingerprint=fingerprint, expected=expected).close()
    assert stored.reads == 1


@pytest.mark.parametrize("state", ["", "{", "null", "[]", '{"count": "1500"}', "\xff"])
def test_an_unreadable_state_means_filling_again(folder: Path, state: str) -> None:
    (folder / "state.json").write_text(state, encoding="latin-1")
    stored = Stored()
    index = opened(folder, stored)
    assert stored.reads == 1
    assert answers(index) == right_answers()
    index.close()


def each(folder: Path, change: Callable[[Path], object]) -> None:
    binaries = list((folder / "chroma").rglob("*.bin"))
    assert binaries
    for path in binaries:
        change(path)


def _database_is_garbage(folder: Path) -> None:
    (folder / "chroma/chroma.sqlite3").write_bytes(b"garbage" * 1000)


def _database_is_empty(folder: Path) -> None:
    (folder / "chroma/chroma.sqlite3").write_bytes(b"")


def _everything_is_gone(folder: Path) -> None:
    shutil.rmtree(folder / "chroma")


def _vectors_are_cut_short(folder: Path) -> None:
    each(folder, lambda path: os.truncate(path, 100))


def _vectors_are_gone(folder: Path) -> None:
    each(folder, Path.unlink)


def _vectors_grew(folder: Path) -> None:
    each(folder, lambda path: os.truncate(path, path.stat().st_size + (1 << 30)))


@pytest.mark.parametrize(
    "damage",
    [
        _database_is_garbage,
        _database_is_empty,
        _everything_is_gone,
        _vectors_are_cut_short,
        _vectors_are_gone,
        _vectors_grew,
    ],
)
def test_an_index_with_damaged_files_is_filled_again(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(folder)
    stored = Stored()
    index = opened(folder, stored)
    assert stored.reads == 1
    assert answers(index) == right_answers()
    index.close()


def test_damage_that_leaves_the_sizes_is_an_error_for_people(folder: Path) -> None:
    (header,) = (folder / "chroma").rglob("header.bin")
    header.write_bytes(b"\xff" * header.stat().st_size)
    # In a process of its own: what Chroma does with damaged files is not foreseeable.
    script = """
import sys
from pathlib import Path
import numpy as np
from ingest.errors import IngestError
from ingest.vectors import ChromaIndex
try:
    index = ChromaIndex(Path(sys.argv[1]), fingerprint="test", expected=1500, stored=[])
    index.nearest(np.eye(1, 16, dtype=np.float32), 3)
except IngestError as error:
    print(error.message, error.remedy)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, folder],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"The vector index in {folder} cannot be used" in done.stdout, done.stderr
    assert "delete that folder" in done.stdout


# Killed


KILLED = """
import os, sys, threading, time
from pathlib import Path
from ingest.catalogue import Catalogue
from ingest.vectors import ChromaIndex
from ingest.embedding import HashingEmbedder
from ingest import parsers
from ingest.pipeline import Pipeline

def parse(path, descriptor):
    return parsers.parse(path, os.pread(descriptor, 1 << 24, 0))

library, source, die_at = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
catalogue = Catalogue(library / "catalogue.db")
index = ChromaIndex(library / "vectors", fingerprint="test", expected=catalogue.counts().vectors,
                    stored=catalogue.all_vectors(1000))
upsert = index.upsert
def aimed(ids, vectors):
    # The kill falls somewhere inside this call, which takes about 0.1 s.
    def die():
        time.sleep(die_at)
        os.kill(os.getpid(), 9)
    threading.Thread(target=die).start()
    upsert(ids, vectors)
    time.sleep(1)
calls = []
def counted(ids, vectors):
    calls.append(ids)
    (aimed if len(calls) == int(sys.argv[4]) else upsert)(ids, vectors)
index.upsert = counted
catalogue.add_source(source)
pipeline = Pipeline(catalogue, lambda: index, lambda: HashingEmbedder(16), parse, disk=library,
                    chunk_tokens=32, largest_file=1 << 20)
for _ in pipeline.update(source):
    pass
"""


def child_environment() -> dict[str, str]:
    root = Path(__file__).resolve().parents[2]
    return os.environ | {"PYTHONPATH": str(root)}


@pytest.mark.parametrize("die_at", [0.0, 0.01, 0.03, 0.06])
def test_a_process_killed_while_it_adds_vectors_costs_no_vector(tmp_path: Path, die_at: float) -> None:
    source = tmp_path / "notes"
    source.mkdir()
    for number in range(6):
        lines = [f"Line {i} of note {number} speaks of matter {i * number % 91}." for i in range(1400)]
        (source / f"{number}.txt").write_text("\n\n".join(lines), encoding="utf-8")
    library = tmp_path / "library"
    library.mkdir()
    # This call takes the index past the size where Chroma first writes its files.
    done = subprocess.run(
        [sys.executable, "-c", KILLED, library, source, str(die_at), "36"],
        env=child_environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    catalogue = Catalogue(library / "catalogue.db")
    held = catalogue.counts().vectors
    assert held > 900
    index = ChromaIndex(
        library / "vectors", fingerprint="test", expected=held, stored=catalogue.all_vectors(1000)
    )
    exact = ExactIndex()
    for ids, vectors in catalogue.all_vectors(1000):
        exact.upsert(ids, vectors)
    assert len(index) == len(exact) == held
    question = HashingEmbedder(16).embed(["note 3 speaks of matter 12"])
    assert [round(score, 4) for _, score in index.nearest(question, 5)] == [
        round(score, 4) for _, score in exact.nearest(question, 5)
    ]
    index.close()
    catalogue.close()


# Misled


def test_a_hostile_env_file_in_the_current_folder_changes_nothing(tmp_path: Path) -> None:
    hostile = tmp_path / "downloads"
    hostile.mkdir()
    (hostile / ".env").write_text(
        "CHROMA_API_IMPL=chromadb.api.fastapi.FastAPI\n"
        "chroma_api_impl=chromadb.api.fastapi.FastAPI\n"
        "CHROMA_SERVER_HOST=198.51.100.7\nCHROMA_SERVER_HTTP_PORT=80\n"
        "CHROMA_SYSDB_IMPL=evil.module.Class\nCHROMA_PRODUCT_TELEMETRY_IMPL=evil.module.Class\n"
        "ANONYMIZED_TELEMETRY=True\nPERSIST_DIRECTORY=/nowhere\nIS_PERSISTENT=False\nALLOW_RESET=True\n",
        encoding="utf-8",
    )
    script = """
import sys
from pathlib import Path
import numpy as np
from ingest.vectors import ChromaIndex
index = ChromaIndex(Path(sys.argv[1]), fingerprint="test", expected=0, stored=[])
index.upsert(["a"], np.eye(1, 4, dtype=np.float32))
print(type(index._client._server).__module__, index.nearest(np.eye(1, 4, dtype=np.float32), 1)[0][0])
index.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "vectors"],
        cwd=hostile,
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["chromadb.api.rust", "a"]
    assert [path.name for path in hostile.iterdir()] == [".env"]
    assert (tmp_path / "vectors/chroma/chroma.sqlite3").is_file()


def test_chroma_is_given_no_text(folder: Path) -> None:
    index = opened(folder, Stored())
    held: Any = index._collection.get(ids=["c7"])
    assert (held["ids"], held["documents"], held["metadatas"]) == (["c7"], [None], [None])
    index.close()


# Running away


def test_no_file_can_grow_past_the_limit_once_an_index_is_open(tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from ingest.vectors import LARGEST_FILE, ChromaIndex
folder = Path(sys.argv[1])
ChromaIndex(folder / "vectors", fingerprint="test", expected=0, stored=[]).close()
with open(folder / "runaway", "wb") as file:
    os.truncate(file.fileno(), LARGEST_FILE)
    try:
        os.truncate(file.fileno(), LARGEST_FILE + 1)
    except OSError as error:
        print(error.errno)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == 27  # EFBIG
    assert (tmp_path / "runaway").stat().st_size == LARGEST_FILE


def test_the_state_is_written_whole_and_last(folder: Path) -> None:
    before = (folder / "state.json").read_bytes()
    index = opened(folder, Stored())
    index.remove(IDS[:1])
    assert not (folder / "state.json").exists()
    index.close()
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    assert state["count"] == COUNT - 1
    assert json.loads(before)["count"] == COUNT
    assert not list(folder.glob("*.part"))
