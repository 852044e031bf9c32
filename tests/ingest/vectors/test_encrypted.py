"""The vectors of an encrypted library are kept in an encrypted file, which is used only if it fits."""

import os
import signal
from multiprocessing import get_context
from pathlib import Path

import pytest

from ingest.encryption import KeyCipher
from ingest.encryption.ciphers import KEY_BYTES
from ingest.vectors.exact import ExactVectors, Stored
from tests.vectors import LATER, NAMES, STATE, VECTORS, found, never

CIPHER, OTHER = KeyCipher(bytes(KEY_BYTES)), KeyCipher(bytes([7] * KEY_BYTES))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The encrypted file of a store that was closed in order."""
    file = tmp_path / "vectors.codes"
    store = ExactVectors([(NAMES, VECTORS)], file=file, cipher=CIPHER)
    store.settle(STATE)
    store.close()
    return file


def first() -> Stored:
    """What a catalogue with the first ten vectors has."""
    return [(NAMES[:10], VECTORS[:10])]


def test_it_is_used_without_reading_the_catalogue_and_tells_nothing(file: Path) -> None:
    content = file.read_bytes()
    assert not any(bytes.fromhex(name) in content for name in NAMES)
    assert STATE.encode() not in content
    assert file.stat().st_mode & 0o077 == 0
    assert found(ExactVectors.opened(file, STATE, never, cipher=CIPHER)) == set(NAMES)


def test_changes_are_kept(file: Path) -> None:
    store = ExactVectors.opened(file, STATE, never, cipher=CIPHER)
    store.remove(NAMES[:5])
    store.settle(LATER)
    store.close()
    assert found(ExactVectors.opened(file, LATER, never, cipher=CIPHER)) == set(NAMES[5:])


def test_it_is_gone_before_a_vector_is_removed(file: Path) -> None:
    store = ExactVectors.opened(file, STATE, never, cipher=CIPHER)
    store.remove(NAMES[:1])
    assert not list(file.parent.iterdir())


@pytest.mark.parametrize("at", [0, 10, 60, 400, -1])
def test_a_damaged_file_is_made_again(file: Path, at: int) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 0x40
    file.write_bytes(content)
    assert found(ExactVectors.opened(file, STATE, first, cipher=CIPHER)) == set(NAMES[:10])


@pytest.mark.parametrize("size", [0, 10, 23, 60, 900])
def test_a_file_that_was_cut_is_made_again(file: Path, size: int) -> None:
    os.truncate(file, size)
    assert found(ExactVectors.opened(file, STATE, first, cipher=CIPHER)) == set(NAMES[:10])


@pytest.mark.parametrize(("state", "cipher"), [(LATER, CIPHER), ("", CIPHER), (STATE, OTHER)])
def test_a_file_of_another_state_or_key_is_made_again(file: Path, state: str, cipher: KeyCipher) -> None:
    assert found(ExactVectors.opened(file, state, first, cipher=cipher)) == set(NAMES[:10])


def test_a_file_of_another_state_goes_even_if_there_are_no_vectors(file: Path) -> None:
    ExactVectors.opened(file, LATER, list, cipher=CIPHER).close()
    assert not file.exists()


def _change_and_be_killed(file: Path) -> None:
    store = ExactVectors.opened(file, STATE, never, cipher=CIPHER)
    store.upsert(NAMES[:1], VECTORS[1:2])
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_store_whose_process_was_killed_is_made_again(file: Path) -> None:
    process = get_context("fork").Process(target=_change_and_be_killed, args=(file,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert found(ExactVectors.opened(file, STATE, first, cipher=CIPHER)) == set(NAMES[:10])


def test_a_library_that_is_only_read_leaves_the_file_as_it_is(file: Path) -> None:
    content = file.read_bytes()
    store = ExactVectors.opened(file, LATER, first, cipher=CIPHER, read_only=True)
    assert found(store) == set(NAMES[:10])
    store.close()
    assert file.read_bytes() == content
