"""The key that proves what Carrel wrote itself.

Other programs can write to the library folder and to the cache. So whatever Carrel stores there and relies on
later has a code (HMAC-SHA256, cut to 128 bits) that only the holder of the key can compute: the text of
documents, the audit log, cached digests, pins, exported models and cached prompts. The key is made at the
first use and kept outside the library, in the state folder, readable by its owner only. All libraries of a
person share it, and it never leaves the machine.

It does not protect against a program that can read the key. To notice what such a program does, keep the head
of the audit log elsewhere (`assistant.library.audit`).
"""

import contextlib
import hashlib
import hmac
import secrets
from pathlib import Path

from policies.durable import make_once
from policies.errors import PolicyRefusal

KEY_BYTES = 32
"""Length of a key."""

CODE_BYTES = 16
"""Length of a code."""

Part = bytes | str | int | float | None
"""A value that a code covers."""


class IntegrityKey:
    """A secret, and the codes made with it."""

    def __init__(self, secret: bytes) -> None:
        """secret: `KEY_BYTES` random bytes."""
        self._secret = secret

    def code(self, purpose: str, *parts: Part) -> bytes:
        """The code of these values, in this order; `CODE_BYTES` long.

        purpose: keeps the codes of one kind of value from being taken for those of another.
        """
        message = b"".join(map(_encoded, (purpose, *parts)))
        return hmac.digest(self._secret, message, hashlib.sha256)[:CODE_BYTES]


def load_key(path: Path) -> IntegrityKey:
    """The key in the file at `path`, which is made when it is missing.

    Raises `PolicyRefusal` when the file cannot be read or made, or holds no key.
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            return _read(path)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        make_once(path, secrets.token_hex(KEY_BYTES))
        return _read(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise PolicyRefusal(
            f"The key {path}, which proves what Carrel wrote itself, cannot be used: {reason}.",
            remedy="Restore it from a backup. Without one, delete it and run `carrel reindex`.",
        ) from error


def _read(path: Path) -> IntegrityKey:
    secret = bytes.fromhex(path.read_text(encoding="ascii", errors="replace"))
    if len(secret) != KEY_BYTES:
        raise ValueError("it holds no key")
    return IntegrityKey(secret)


def _encoded(part: Part) -> bytes:
    """A value as bytes that say their kind and length, so that no two lists of values look the same."""
    if isinstance(part, bytes):
        kind, content = b"b", part
    elif isinstance(part, str):
        kind, content = b"s", part.encode("utf-8", "surrogatepass")
    else:
        kind, content = b"v", repr(part).encode("ascii")
    return kind + len(content).to_bytes(8, "big") + content
