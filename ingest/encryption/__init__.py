"""Encryption at rest: which folders are encrypted, and the keys that this process holds.

An encrypted library has a key file (`ingest.encryption.keyfile`) in its folder. Everything that Carrel writes
at or below that folder goes through a `Cipher`, and `cipher_of` is the one place that says which: databases
are opened, and files encrypted, with the cipher of the folder they lie in. So no other module asks whether a
library is encrypted, and nothing can be written in plain because somebody forgot to ask.

The process that unlocked a library holds its key, by the id in the key file, until `forget_keys` or its end.
A process without the key gets `LibraryLocked`. The owner holds the key, and its clients need none. Keys are
kept here rather than passed along, as `ssh-agent` keeps them: a folder inside a library, a copy of it for a
backup, and a process that was forked are then all served alike.
"""

from pathlib import Path

from ingest.encryption.ciphers import PLAIN, Cipher, KeyCipher
from ingest.encryption.keyfile import COPY, KEY, KeyFile, read_key_file
from ingest.errors import LibraryLocked

__all__ = [
    "CONVERTING",
    "COPY",
    "DECRYPTED",
    "ENCRYPTED",
    "KEY",
    "PLAIN",
    "Cipher",
    "KeyCipher",
    "KeyFile",
    "cipher_of",
    "forget_keys",
    "hold_key",
    "is_encrypted",
    "is_locked",
    "is_unsettled",
    "read_key_file",
]

CONVERTING = "conversion"
"""In the library's folder: the new files while the library is converted."""

ENCRYPTED, DECRYPTED = "conversion.encrypted", "conversion.decrypted"
"""The same once they are complete, by what the library becomes."""

_held: dict[str, KeyCipher] = {}
"""The ciphers of the keys that this process holds, by the id in the key file."""


def cipher_of(folder: Path) -> Cipher:
    """The cipher for the files in a folder, which is a library's or lies in one.

    Raises `LibraryLocked` when the library is encrypted and this process does not hold the key.
    """
    library = _encrypted_folder(folder)
    if library is None:
        return PLAIN
    cipher = _held.get(read_key_file(library).id)
    if cipher is None:
        raise LibraryLocked(
            f"The library {library} is encrypted and locked.",
            remedy="Run `carrel unlock`: it asks for the passphrase, once until `carrel lock`.",
        )
    return cipher


def is_unsettled(library: Path) -> bool:
    """Whether a conversion of the library is not finished (`assistant.library.encrypting`)."""
    return any((library / name).exists() for name in (CONVERTING, ENCRYPTED, DECRYPTED))


def hold_key(key_file: KeyFile, secret: bytes) -> None:
    """Keeps the data key of the libraries with this key file in memory. secret: the data key."""
    _held[key_file.id] = KeyCipher(secret)


def forget_keys() -> None:
    """Forgets all keys, in this process alone."""
    _held.clear()


def is_encrypted(folder: Path) -> bool:
    """Whether the folder is, or lies in, an encrypted library."""
    return _encrypted_folder(folder) is not None


def is_locked(folder: Path) -> bool:
    """Whether this process cannot read what is in the folder, because it does not hold the key."""
    library = _encrypted_folder(folder)
    return library is not None and read_key_file(library).id not in _held


def _encrypted_folder(folder: Path) -> Path | None:
    """The nearest folder with a key file, or a copy of one, from `folder` upwards."""
    folder = folder.absolute()
    for each in (folder, *folder.parents):
        if (each / KEY).exists() or (each / COPY).exists():
            return each
    return None
