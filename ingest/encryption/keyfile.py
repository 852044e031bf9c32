"""The key file of an encrypted library: the data key, encrypted with a key that a passphrase gives.

The data key is random, and never changes. The passphrase gives a key by Argon2id (RFC 9106), and that key
encrypts the data key with AES-256-GCM. A new passphrase encrypts the same data key again, so nothing else has
to be rewritten, and anyone who copied the old key file can still use the old passphrase with it.

Without the key file, the library is lost. So there are two of them, with the same content and a checksum: if
one is damaged, the other is used. A wrong passphrase is told apart from a damaged file by the checksum.
"""

import hashlib
import json
import os
import secrets
import unicodedata
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.encryption.ciphers import KEY_BYTES
from ingest.errors import LibraryDamaged, WrongPassphrase
from policies.durable import replace_text

KEY, COPY = "library.key", "library.key.copy"
"""In the folder of an encrypted library: the key file and its copy."""

FORMAT, VERSION = "carrel-key", 1
"""What a key file says that it is."""

SHORTEST_PASSPHRASE = 8
"""Characters."""

_MOST_MEMORY_KIB, _MOST_ITERATIONS, _MOST_LANES = 4 << 20, 64, 64
"""A key file that asks for more is refused: another program may have written it."""


@dataclass(frozen=True, slots=True)
class Hardness:
    """The parameters of Argon2id: the second recommendation of RFC 9106."""

    memory_kib: int = 65_536
    """Memory for one derivation."""
    iterations: int = 3
    """Passes over the memory."""
    lanes: int = 4
    """Threads."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The content of a key file."""

    id: str
    """Random; names the data key without telling it."""
    salt: str
    """Random, in hex: the salt of the passphrase."""
    nonce: str
    """Random, in hex: the nonce with which the data key is encrypted."""
    wrapped: str = ""
    """The encrypted data key, in hex."""
    hardness: Hardness = field(default_factory=Hardness)
    """How the key is derived from the passphrase."""

    def secret(self, passphrase: str) -> bytes:
        """The data key. Raises `WrongPassphrase`."""
        from cryptography.exceptions import InvalidTag

        try:
            return bytes(
                self._aead(passphrase).decrypt(
                    bytes.fromhex(self.nonce), bytes.fromhex(self.wrapped), self._bound
                )
            )
        except InvalidTag:
            raise WrongPassphrase(
                "The passphrase is wrong.",
                remedy="Check Caps Lock and the keyboard layout. Nothing was changed.",
            ) from None

    def rewrapped(self, secret: bytes, passphrase: str) -> "KeyFile":
        """The key file for the same data key with another passphrase."""
        fresh = replace(self, salt=secrets.token_hex(16), nonce=secrets.token_hex(12), wrapped="")
        encrypted = fresh._aead(passphrase).encrypt(bytes.fromhex(fresh.nonce), secret, fresh._bound)
        return replace(fresh, wrapped=encrypted.hex())

    def write(self, folder: Path) -> None:
        """Writes the key file and its copy into a folder, one after the other. Raises OSError."""
        for name in (KEY, COPY):
            replace_text(folder / name, self.text)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @property
    def text(self) -> str:
        """The content as text."""
        values = {"format": FORMAT, "version": VERSION, **asdict(self)}
        return json.dumps({**values, "sha256": _checksum(values)}, indent=1) + "\n"

    @property
    def _bound(self) -> bytes:
        """What the encryption of the data key covers besides it."""
        return json.dumps(asdict(replace(self, wrapped="")), sort_keys=True).encode("ascii")

    def _aead(self, passphrase: str) -> Any:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

        derivation = Argon2id(
            salt=bytes.fromhex(self.salt),
            length=KEY_BYTES,
            iterations=self.hardness.iterations,
            lanes=self.hardness.lanes,
            memory_cost=self.hardness.memory_kib,
        )
        # The same letters may be typed as different characters.
        return AESGCM(derivation.derive(unicodedata.normalize("NFKC", passphrase).encode("utf-8")))


def new_key_file(passphrase: str, *, hardness: Hardness | None = None) -> tuple[KeyFile, bytes]:
    """A key file for a new, random data key, and that key."""
    secret = secrets.token_bytes(KEY_BYTES)
    empty = KeyFile(secrets.token_hex(8), "", "", hardness=hardness or Hardness())
    return empty.rewrapped(secret, passphrase), secret


def read_key_file(folder: Path) -> KeyFile:
    """The key file in a folder, or its copy if it is damaged or missing.

    Raises `LibraryDamaged` when neither can be used.
    """
    problems = []
    for name in (KEY, COPY):
        try:
            return _parsed((folder / name).read_text(encoding="utf-8"))
        except OSError as error:
            problems.append(f"{name}: {(error.strerror or str(error)).lower()}")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            problems.append(f"{name}: {error}")
    raise LibraryDamaged(
        f"The key of the library {folder} cannot be read ({'; '.join(problems)}).",
        remedy=f"Put {KEY} back from a backup. Without it, nothing in the library can be read; your documents"
        " themselves are not affected.",
    )


def problems_of(folder: Path) -> list[str]:
    """Which of the two files in the folder of an encrypted library cannot be used, as parts of sentences."""
    found = []
    for name in (KEY, COPY):
        try:
            _parsed((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            found.append(f"{name} is missing or damaged")
    return found


def _parsed(text: str) -> KeyFile:
    """The key file in a text. Raises ValueError and the like."""
    values = json.loads(text)
    if values.pop("sha256") != _checksum(values):
        raise ValueError("it is damaged")
    if values.pop("format") != FORMAT:
        raise ValueError("it is not a key of Carrel")
    if values.pop("version") != VERSION:
        raise ValueError("a newer Carrel wrote it")
    hardness = Hardness(**values.pop("hardness"))
    if (
        not 8 <= hardness.memory_kib <= _MOST_MEMORY_KIB
        or not 1 <= hardness.iterations <= _MOST_ITERATIONS
        or not 1 <= hardness.lanes <= _MOST_LANES
    ):
        raise ValueError("it asks for too much work")
    return KeyFile(**values, hardness=hardness)


def _checksum(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode("ascii")).hexdigest()
