"""The token that lets a program use `carrel serve`.

It is made at the first use and kept in a file that only the user can read. It is a secret of 256 random bits,
so it cannot be guessed, and it is compared in constant time. Deleting the file revokes it at the next start.
"""

import contextlib
import hmac
import os
import re
import secrets
from pathlib import Path

from policies.durable import make_once
from policies.errors import PolicyRefusal

_TOKEN = re.compile(r"carrel-[A-Za-z0-9_-]{43}")


def load_token(path: Path) -> str:
    """The token in the file at `path`, which is made when it is missing.

    Raises `PolicyRefusal` when the file cannot be read or made, holds no token, or can be read by others.
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            return _read(path)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        make_once(path, f"carrel-{secrets.token_urlsafe(32)}\n")
        return _read(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise PolicyRefusal(
            f"The token in {path} cannot be used: {reason}.",
            remedy="Delete the file; the next start makes a new token.",
        ) from error


def is_token(given: str, token: str) -> bool:
    """Whether a text is the token. Takes as long for a wrong one as for the right one."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), token.encode("ascii"))


def _read(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
        known = os.fstat(descriptor)
        if known.st_uid != os.geteuid() or known.st_mode & 0o077:
            raise ValueError("other users can read it, or it is another user's")
        token = file.read(200).strip()
    if not _TOKEN.fullmatch(token):
        raise ValueError("it holds no token")
    return token
