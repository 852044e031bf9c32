"""Every cipher returns what was encrypted with it; one with a key shows nothing, and notices every change."""

import random
from contextlib import closing
from pathlib import Path

import pytest

from ingest.encryption.ciphers import KEY_BYTES, PLAIN, Cipher, KeyCipher

SECRET = bytes(range(KEY_BYTES))
NAME = "minutes.json"
TEXT = b"The hedge behind the shed is cut in the first week of March."


@pytest.fixture(params=["plain", "key"])
def cipher(request: pytest.FixtureRequest) -> Cipher:
    return PLAIN if request.param == "plain" else KeyCipher(SECRET)


@pytest.fixture
def keyed() -> KeyCipher:
    return KeyCipher(SECRET)


@pytest.mark.parametrize("size", [0, 1, len(TEXT), (1 << 24) - 1, 1 << 24, (1 << 24) + 1])
def test_what_was_encrypted_is_decrypted(cipher: Cipher, size: int) -> None:
    content = (TEXT * (size // len(TEXT) + 1))[:size]
    assert cipher.decrypt(NAME, cipher.encrypt(NAME, content)) == content


def test_a_line_is_one_line_and_is_decrypted(cipher: Cipher) -> None:
    encrypted = cipher.encrypt_line(TEXT)
    assert b"\n" not in encrypted
    assert cipher.decrypt_line(encrypted) == TEXT
    assert cipher.decrypt_line(b"no line") == b"no line"


def test_a_hidden_name_is_always_the_same_and_can_be_shown(cipher: Cipher) -> None:
    assert cipher.hidden(NAME) == cipher.hidden(NAME)
    assert cipher.shown(cipher.hidden(NAME)) == NAME


def test_a_database_keeps_its_rows_and_finds_words(cipher: Cipher, tmp_path: Path) -> None:
    file = tmp_path / "words.db"
    with closing(cipher.connect(str(file))) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE VIRTUAL TABLE words USING fts5 (body)")
        database.execute("INSERT INTO words VALUES (?)", (TEXT.decode(),))
    with closing(cipher.connect(f"{file.as_uri()}?mode=ro")) as database:
        rows = database.execute("SELECT body FROM words WHERE words MATCH 'hedge'").fetchall()
    assert rows == [(TEXT.decode(),)]


def test_nothing_that_a_key_encrypted_can_be_read_without_it(keyed: KeyCipher, tmp_path: Path) -> None:
    assert TEXT not in keyed.encrypt(NAME, TEXT)
    assert keyed.encrypt(NAME, TEXT) != keyed.encrypt(NAME, TEXT)
    assert "minutes" not in keyed.hidden(NAME)
    file = tmp_path / "words.db"
    with closing(keyed.connect(str(file))) as database:
        database.execute("CREATE TABLE words (body)")
        database.execute("INSERT INTO words VALUES (?)", (TEXT,))
    assert TEXT[:9] not in file.read_bytes()


def test_another_key_and_another_name_decrypt_nothing(keyed: KeyCipher) -> None:
    encrypted = keyed.encrypt(NAME, TEXT)
    for other, name in ((KeyCipher(bytes(KEY_BYTES)), NAME), (keyed, "another.json")):
        with pytest.raises(ValueError, match="damaged"):
            other.decrypt(name, encrypted)
    with pytest.raises(ValueError):
        KeyCipher(bytes(KEY_BYTES)).shown(keyed.hidden(NAME))


def test_every_flipped_bit_and_every_cut_is_noticed(keyed: KeyCipher) -> None:
    encrypted = keyed.encrypt(NAME, TEXT)
    for place in range(len(encrypted)):
        changed = bytearray(encrypted)
        changed[place] ^= 1 << random.Random(place).randrange(8)
        for damaged in (bytes(changed), encrypted[:place]):
            with pytest.raises(ValueError, match="damaged"):
                keyed.decrypt(NAME, damaged)


def test_segments_cannot_be_cut_off_or_exchanged(keyed: KeyCipher) -> None:
    segment = 1 << 24
    encrypted = keyed.encrypt(NAME, b"a" * segment + b"b" * segment)
    begin, size = len(encrypted) - 2 * (segment + 16), segment + 16
    first, second = encrypted[begin : begin + size], encrypted[begin + size :]
    for damaged in (first, second, second + first, first + first):
        with pytest.raises(ValueError, match="damaged"):
            keyed.decrypt(NAME, encrypted[:begin] + damaged)
