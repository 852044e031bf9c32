"""The key file opens with its passphrase only, survives damage, and says which libraries are locked."""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from ingest.encryption import (
    COPY,
    KEY,
    PLAIN,
    cipher_of,
    forget_keys,
    hold_key,
    is_encrypted,
    is_locked,
    read_key_file,
)
from ingest.encryption.keyfile import Hardness, new_key_file, problems_of
from ingest.errors import LibraryDamaged, LibraryLocked, WrongPassphrase

EASY = Hardness(memory_kib=64, iterations=1, lanes=1)
"""Takes no time."""

PASSPHRASE = "hedge and shears"


@pytest.fixture(autouse=True)
def no_keys() -> Iterator[None]:
    yield
    forget_keys()


@pytest.fixture
def secret(tmp_path: Path) -> bytes:
    """The data key of a library in `tmp_path`."""
    key_file, secret = new_key_file(PASSPHRASE, hardness=EASY)
    key_file.write(tmp_path)
    return secret


def test_only_the_passphrase_gives_the_key(tmp_path: Path, secret: bytes) -> None:
    key_file = read_key_file(tmp_path)
    assert key_file.secret(PASSPHRASE) == secret
    for wrong in ("", "Hedge and shears", PASSPHRASE + " "):
        with pytest.raises(WrongPassphrase):
            key_file.secret(wrong)
    assert secret.hex() not in (tmp_path / KEY).read_text(encoding="utf-8")


def test_letters_that_look_the_same_are_the_same_passphrase(tmp_path: Path) -> None:
    key_file, secret = new_key_file("caf\N{LATIN SMALL LETTER E WITH ACUTE}", hardness=EASY)
    assert key_file.secret("cafe\N{COMBINING ACUTE ACCENT}") == secret


def test_another_passphrase_opens_the_same_key(tmp_path: Path, secret: bytes) -> None:
    changed = read_key_file(tmp_path).rewrapped(secret, "fence and paint")
    changed.write(tmp_path)
    assert read_key_file(tmp_path).secret("fence and paint") == secret
    with pytest.raises(WrongPassphrase):
        read_key_file(tmp_path).secret(PASSPHRASE)


@pytest.mark.parametrize("name", [KEY, COPY])
def test_one_damaged_key_file_does_no_harm(tmp_path: Path, secret: bytes, name: str) -> None:
    content = bytearray((tmp_path / name).read_bytes())
    content[random.Random(name).randrange(len(content))] ^= 1
    (tmp_path / name).write_bytes(content)
    assert read_key_file(tmp_path).secret(PASSPHRASE) == secret
    assert problems_of(tmp_path) == [f"{name} is missing or damaged"]
    (tmp_path / name).unlink()
    assert is_encrypted(tmp_path)
    assert read_key_file(tmp_path).secret(PASSPHRASE) == secret


def test_every_flipped_bit_of_both_is_noticed(tmp_path: Path, secret: bytes) -> None:
    whole = (tmp_path / KEY).read_bytes()
    for place in range(len(whole)):
        content = bytearray(whole)
        content[place] ^= 1 << random.Random(place).randrange(8)
        for name in (KEY, COPY):
            (tmp_path / name).write_bytes(content)
        try:
            key_file = read_key_file(tmp_path)
        except LibraryDamaged as error:
            assert KEY in error.message
        else:  # Only how the text is laid out has changed.
            assert key_file.secret(PASSPHRASE) == secret


def test_a_key_file_that_asks_for_endless_work_is_refused(tmp_path: Path) -> None:
    greedy, _ = new_key_file(PASSPHRASE, hardness=EASY)
    values = json.loads(greedy.text) | {"hardness": asdict(Hardness(memory_kib=1 << 40))}
    values.pop("sha256")
    from ingest.encryption.keyfile import _checksum

    (tmp_path / KEY).write_text(json.dumps({**values, "sha256": _checksum(values)}), encoding="utf-8")
    with pytest.raises(LibraryDamaged, match="too much work"):
        read_key_file(tmp_path)


def test_a_folder_in_an_encrypted_library_is_locked_until_its_key_is_held(
    tmp_path: Path, secret: bytes
) -> None:
    inner = tmp_path / "cache" / "summaries"
    assert is_locked(inner)
    with pytest.raises(LibraryLocked, match="locked"):
        cipher_of(inner)
    hold_key(read_key_file(tmp_path), secret)
    assert cipher_of(inner) is cipher_of(tmp_path)
    assert not is_locked(inner)
    forget_keys()
    assert is_locked(tmp_path)
    assert cipher_of(tmp_path.parent) is PLAIN
