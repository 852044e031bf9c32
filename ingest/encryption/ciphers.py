"""Ciphers: how the databases and files of a library are opened, encrypted and decrypted.

With a key, databases are SQLCipher's: each page is encrypted with AES-256 and authenticated. A file is
encrypted with AES-256-GCM, in segments. Each nonce holds the place of its segment and whether it is the last,
so segments can be neither reordered nor cut off. Each content has a key of its own, derived from the data key
and a random salt, so no nonce is used twice. A file's name is authenticated too, so one file cannot be
exchanged for another.

All keys are derived from the data key with HKDF-SHA256, one for each purpose.
"""

import base64
import secrets
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, cast

MAGIC = b"carrel\x01"
"""How encrypted content begins; the last byte is the version of this format."""

KEY_BYTES = 32
"""Length of a data key."""

PAGE_BYTES = 16_384
"""Size of a page of an encrypted database. Large, because each page has an authentication of its own."""

_LINE = "line"
_SALT_BYTES = 16
_SEGMENT = 1 << 24
_TAG_BYTES = 16

UNREADABLE = "it is damaged, or was not written with this library's key"
"""Why content cannot be decrypted."""


class Cipher(Protocol):
    """Opens databases, and encrypts what is kept in files. The cipher of an unencrypted library leaves both
    as they are."""

    def connect(self, place: str) -> sqlite3.Connection:
        """A connection to a database, given by path or URI. The errors are those of `driver_errors`."""

    def encrypt(self, name: str, content: bytes) -> bytes:
        """The content of the file of this name, as it is kept."""

    def decrypt(self, name: str, encrypted: bytes) -> bytes:
        """What was written under this name. Raises ValueError when it is damaged, cut off, or another's."""

    def encrypt_line(self, line: bytes) -> bytes:
        """A line of a log as it is kept; it contains no line break."""

    def decrypt_line(self, encrypted: bytes) -> bytes:
        """The line that was written. One that cannot be decrypted is returned as it is."""

    def hidden(self, name: str) -> str:
        """A name for a file, always the same, which tells nothing about `name` without the key."""

    def shown(self, hidden: str) -> str:
        """The name that was hidden. Raises ValueError when it is none."""


class _PlainCipher:
    """Writes everything as it is."""

    def connect(self, place: str) -> sqlite3.Connection:
        """A connection of Python's own SQLite."""
        return sqlite3.connect(place, uri=True, isolation_level=None, check_same_thread=False)

    def encrypt(self, name: str, content: bytes) -> bytes:
        """The content as it is."""
        return content

    def decrypt(self, name: str, encrypted: bytes) -> bytes:
        """The content as it is."""
        return encrypted

    def encrypt_line(self, line: bytes) -> bytes:
        """The line as it is."""
        return line

    def decrypt_line(self, encrypted: bytes) -> bytes:
        """The line as it is."""
        return encrypted

    def hidden(self, name: str) -> str:
        """The name as it is."""
        return name

    def shown(self, hidden: str) -> str:
        """The name as it is."""
        return hidden


PLAIN: Cipher = _PlainCipher()
"""The cipher of a library that is not encrypted."""


class KeyCipher:
    """Encrypts with a data key."""

    def __init__(self, secret: bytes) -> None:
        """secret: `KEY_BYTES` random bytes, the data key."""
        self._secret = secret

    def connect(self, place: str) -> sqlite3.Connection:
        """A connection of SQLCipher."""
        # 0.02 s to import, and needed for encrypted libraries only.
        from sqlcipher3 import dbapi2

        connection = dbapi2.connect(place, uri=True, isolation_level=None, check_same_thread=False)
        try:
            # Without the first, SQLCipher writes to stderr; errors are raised all the same.
            connection.execute("PRAGMA cipher_log_level = NONE").close()
            connection.execute(f"PRAGMA key = {self.database_key}").close()
            for setting in self.database_settings:
                connection.execute(f"PRAGMA {setting}").close()
        except BaseException:
            connection.close()
            raise
        # The module follows the interface of Python's own, and has other classes.
        return cast(sqlite3.Connection, connection)

    @property
    def database_key(self) -> str:
        """The key of databases, as SQL. No passphrase, so SQLCipher derives nothing from it."""
        return f"\"x'{self._derived(b'database').hex()}'\""

    database_settings = (f"cipher_page_size = {PAGE_BYTES}", "cipher_hmac_algorithm = HMAC_SHA256")
    """Settings that every connection to an encrypted database needs, as SQL."""

    def copy_database(self, source: Path, target: Path, *, encrypting: bool) -> None:
        """Copies a database to a new file.

        encrypting: whether the copy is encrypted and the source is not; otherwise it is the other way round.
        Raises the errors of `driver_errors`.
        """
        from sqlcipher3 import dbapi2

        opened = (
            dbapi2.connect(str(source), isolation_level=None) if encrypting else self.connect(str(source))
        )
        with closing(opened) as database:
            key = self.database_key if encrypting else "''"
            ((layout,),) = database.execute("PRAGMA user_version").fetchall()
            database.execute(f"ATTACH ? AS copy KEY {key}", (str(target),))
            for setting in self.database_settings if encrypting else ():
                database.execute(f"PRAGMA copy.{setting}").close()
            # The copy is worth nothing until it is complete.
            database.execute("PRAGMA copy.journal_mode = OFF").close()
            database.execute("SELECT sqlcipher_export('copy')").close()
            database.execute(f"PRAGMA copy.user_version = {layout}").close()
            database.execute("DETACH copy").close()

    def encrypt(self, name: str, content: bytes) -> bytes:
        """The content, encrypted and authenticated."""
        salt = secrets.token_bytes(_SALT_BYTES)
        aead = self._aead(salt)
        view, encrypted = memoryview(content), [MAGIC, salt]
        for start in range(0, max(len(content), 1), _SEGMENT):
            nonce = _nonce(start, is_last=start + _SEGMENT >= len(content))
            encrypted.append(aead.encrypt(nonce, view[start : start + _SEGMENT], _bound(name)))
        return b"".join(encrypted)

    def decrypt(self, name: str, encrypted: bytes) -> bytes:
        """The content. Raises ValueError."""
        from cryptography.exceptions import InvalidTag

        begin = len(MAGIC) + _SALT_BYTES
        if not encrypted.startswith(MAGIC) or len(encrypted) < begin + _TAG_BYTES:
            raise ValueError(UNREADABLE)
        aead = self._aead(encrypted[len(MAGIC) : begin])
        pieces = _pieces(memoryview(encrypted)[begin:])
        try:
            return b"".join(aead.decrypt(nonce, piece, _bound(name)) for nonce, piece in pieces)
        except InvalidTag:
            raise ValueError(UNREADABLE) from None

    def encrypt_line(self, line: bytes) -> bytes:
        """The line, encrypted by itself."""
        return base64.b64encode(self.encrypt(_LINE, line))

    def decrypt_line(self, encrypted: bytes) -> bytes:
        """The line, or what is there instead of one."""
        try:
            return self.decrypt(_LINE, base64.b64decode(encrypted, validate=True))
        except ValueError:
            return encrypted

    def hidden(self, name: str) -> str:
        """The name, encrypted."""
        return str(self._names.encrypt(name.encode("utf-8"), None).hex())

    def shown(self, hidden: str) -> str:
        """The name. Raises ValueError."""
        from cryptography.exceptions import InvalidTag

        try:
            return bytes(self._names.decrypt(bytes.fromhex(hidden), None)).decode("utf-8")
        except InvalidTag:
            raise ValueError("it is not a hidden name") from None

    @cached_property
    def _names(self) -> Any:
        """Encrypts names. The same name gives the same result, as a file must be found again."""
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        return AESSIV(self._derived(b"names", length=64))

    @cached_property
    def _files(self) -> bytes:
        return self._derived(b"files")

    def _aead(self, salt: bytes) -> Any:
        """The cipher of one content."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(derived(self._files, b"content", salt=salt))

    def _derived(self, purpose: bytes, *, length: int = KEY_BYTES) -> bytes:
        return derived(self._secret, purpose, length=length)


def derived(secret: bytes, purpose: bytes, *, salt: bytes | None = None, length: int = KEY_BYTES) -> bytes:
    """A key for one purpose, by HKDF-SHA256 (RFC 5869)."""
    # 0.05 s to import with the others here, and needed for encrypted libraries only.
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=b"carrel " + purpose).derive(secret)


def driver_errors(*others: type[Exception]) -> tuple[Any, ...]:
    """The classes of errors that connections raise, for `except`: those of SQLCipher only if it is in use.

    others: further classes to catch with them.
    """
    return (*_of_drivers("DatabaseError"), *others)


def operational_errors(*others: type[Exception]) -> tuple[Any, ...]:
    """Of these, the classes of errors that say nothing about the content of a file."""
    return (*_of_drivers("OperationalError"), *others)


def _of_drivers(name: str) -> Iterator[Any]:
    for driver in (sqlite3, sys.modules.get("sqlcipher3.dbapi2")):
        if driver is not None:
            yield getattr(driver, name)


def _pieces(content: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The segments of encrypted content, each with its nonce."""
    size = _SEGMENT + _TAG_BYTES
    for number, start in enumerate(range(0, len(content), size)):
        nonce = _nonce(number * _SEGMENT, is_last=start + size >= len(content))
        yield nonce, content[start : start + size]


def _nonce(start: int, *, is_last: bool) -> bytes:
    """The nonce of the segment that begins at `start`; unique, because each content has a key of its own."""
    return start.to_bytes(11, "big") + bytes([is_last])


def _bound(name: str) -> bytes:
    return MAGIC + name.encode("utf-8", "surrogateescape")
