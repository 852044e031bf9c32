"""What the exact store keeps on disk is used only if it fits, and holds nothing that was removed."""

import errno
import os
import signal
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from ingest.embedding import Vectors
from ingest.vectors.exact import ExactVectors
from ingest.vectors.rows import HEADER_BYTES
from tests.vectors import LATER, NAMES, STATE, VECTORS, found, never


def catalogue(count: int = 40) -> Callable[[], list[tuple[list[str], Vectors]]]:
    """What a catalogue with the first vectors has."""
    return lambda: [(NAMES[:count], VECTORS[:count])]


def kept(file: Path, count: int = 40) -> None:
    """A store that was closed in order."""
    store = ExactVectors([(NAMES[:count], VECTORS[:count])], file=file)
    store.settle(STATE)
    store.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "vectors.codes"


def test_a_store_that_was_closed_in_order_is_used_without_reading_the_catalogue(file: Path) -> None:
    kept(file)
    assert found(ExactVectors.opened(file, STATE, never)) == set(NAMES)


def test_changes_are_kept(file: Path) -> None:
    kept(file, 30)
    store = ExactVectors.opened(file, STATE, never)
    store.upsert(NAMES[30:], VECTORS[30:])
    store.remove(NAMES[:5])
    store.settle(LATER)
    store.close()
    assert found(ExactVectors.opened(file, LATER, never)) == set(NAMES[5:])


@pytest.mark.parametrize("state", [LATER, ""])
def test_a_store_of_another_state_is_made_again(file: Path, state: str) -> None:
    kept(file)
    assert found(ExactVectors.opened(file, state, catalogue(10))) == set(NAMES[:10])


@pytest.mark.parametrize("at", [0, 20, 70, HEADER_BYTES, HEADER_BYTES + 333, -1])
def test_a_damaged_file_is_made_again(file: Path, at: int) -> None:
    kept(file)
    content = bytearray(file.read_bytes())
    content[at] ^= 0x40
    file.write_bytes(content)
    assert found(ExactVectors.opened(file, STATE, catalogue(10))) == set(NAMES[:10])


@pytest.mark.parametrize("size", [0, 10, HEADER_BYTES, HEADER_BYTES + 500])
def test_a_file_that_was_cut_is_made_again(file: Path, size: int) -> None:
    kept(file)
    os.truncate(file, size)
    assert found(ExactVectors.opened(file, STATE, catalogue(10))) == set(NAMES[:10])


def _change_and_be_killed(file: Path, change: str) -> None:
    store = ExactVectors.opened(file, STATE, never)
    if change == "remove":
        store.remove(NAMES[:1])
    else:
        store.upsert(NAMES[30:], VECTORS[30:])
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("change", ["remove", "upsert"])
def test_a_store_whose_process_was_killed_is_not_believed(file: Path, change: str) -> None:
    kept(file, 30)
    process = get_context("fork").Process(target=_change_and_be_killed, args=(file, change))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert found(ExactVectors.opened(file, STATE, catalogue(20))) == set(NAMES[:20])


def _traces(name: str, file: Path) -> bool:
    """Whether the file has the name, or a part of the codes, of a vector."""
    vector = VECTORS[NAMES.index(name)]
    codes = np.rint(vector / (np.abs(vector).max() / 127)).astype(np.int8).tobytes()
    content = file.read_bytes()
    return bytes.fromhex(name) in content or codes[:8] in content or codes[-8:] in content


def test_removed_vectors_are_nowhere_in_the_file(file: Path) -> None:
    kept(file)
    removed = [NAMES[0], NAMES[17], NAMES[39]]
    assert all(_traces(name, file) for name in removed)
    store = ExactVectors.opened(file, STATE, never)
    store.remove(removed)
    assert not any(_traces(name, file) for name in removed), "at once, before the file is complete again"
    store.settle(LATER)
    store.close()
    assert not any(_traces(name, file) for name in removed)
    assert found(ExactVectors.opened(file, LATER, never)) == set(NAMES) - set(removed)


def test_what_is_made_again_has_no_traces_of_what_was_there(file: Path) -> None:
    kept(file)
    ExactVectors.opened(file, LATER, catalogue(10)).close()
    assert not any(_traces(name, file) for name in NAMES[10:])


def test_on_a_full_disk_vectors_are_kept_in_memory(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(file, 30)
    store = ExactVectors.opened(file, STATE, never)

    def full(descriptor: int, offset: int, length: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    store.upsert(NAMES[30:], VECTORS[30:])
    assert found(store) == set(NAMES)
    assert not file.exists()
    store.settle(LATER)
    store.close()
    monkeypatch.undo()
    assert found(ExactVectors.opened(file, LATER, catalogue())) == set(NAMES)


def test_a_library_that_is_only_read_gets_no_file(file: Path) -> None:
    store = ExactVectors.opened(file, STATE, catalogue(), read_only=True)
    assert found(store) == set(NAMES)
    assert not file.exists()


def test_a_file_that_can_only_be_read_is_used_and_stays(file: Path) -> None:
    kept(file)
    content = file.read_bytes()
    file.chmod(0o400)
    store = ExactVectors.opened(file, STATE, never, read_only=True)
    assert found(store) == set(NAMES)
    store.settle(STATE)
    store.close()
    assert file.read_bytes() == content


def test_codes_lose_none_of_the_first_ten(file: Path) -> None:
    rng = np.random.default_rng(11)
    vectors = rng.normal(size=(3_000, 384)).astype(np.float32)
    vectors[1_000:] = vectors[:1_000].repeat(2, axis=0) + 0.2 * vectors[1_000:]  # Near-duplicates.
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = [f"{number:08x}" * 4 for number in range(3_000)]
    store = ExactVectors([(names, vectors)], file=file)
    for question in vectors[::30]:
        true = np.argsort(-(vectors @ question))[:10]
        assert {names[row] for row in true} <= set(store.propose(question[None], 110))
    store.close()
