"""Prompts that were read before, kept on disk so that they need not be read again.

What a model makes of a prompt (its keys and values) depends on the tokens before and on nothing after:
a stored prompt serves every prompt that begins the same way, cut to what they share. Only true
prefixes are used; a passage in another place is read anew.

Writing costs tens to hundreds of megabytes, so a prompt is stored when its beginning is met for the
second time: a document being asked about, not every question. An empty file marks a beginning as met.
The least recently used files go when all together are larger than allowed.

The files hold document text in another form. They lie in the library folder, readable by its owner
alone, and `discard` removes them all whenever anything leaves the library. Each begins with one line
of JSON: what made it, and the digest that is checked when it is read.
"""

import contextlib
import hashlib
import json
import logging
import os
import shutil
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from assistant.engine.native import common_prefix

log = logging.getLogger(__name__)

LEAST_TOKENS = 256
"""Shorter prompts are read again; longer ones are told apart by this many tokens from their start."""

_LONGEST_HEADER = 4096
_STATE, _MET = ".kv", ".met"


@dataclass(frozen=True, slots=True)
class Stored:
    """A prompt on disk."""

    path: Path
    tokens: Sequence[int]
    shared: int
    """How many of them the prompt that was looked up begins with."""


@dataclass(frozen=True, slots=True)
class _StoredHeader:
    """A file's first line."""

    fingerprint: str
    """What made it."""
    tokens: int
    """How many; they follow, then their keys and values."""
    sha256: str
    """Of all that follows."""


class KVCache:
    """Stored prompts of one model with one set of settings, in a folder shared with others."""

    def __init__(self, folder: Path, *, fingerprint: str, most_bytes: int) -> None:
        """
        fingerprint: names the weights and all settings that change keys and values.
        most_bytes: how large all files together may be.
        """
        self._folder = folder
        self._fingerprint = fingerprint
        self._most_bytes = most_bytes

    def find(self, tokens: Sequence[int]) -> Stored | None:
        """The stored prompt that shares the longest beginning with `tokens`, if that is worth reading."""
        found = (
            Stored(path, held, common_prefix(held, tokens))
            for path in self._folder.glob(f"{self._begins(tokens)}*{_STATE}")
            if (held := self._tokens(path)) is not None
        )
        best = max(found, key=lambda stored: stored.shared, default=None)
        return best if best is not None and best.shared >= LEAST_TOKENS else None

    def read(self, stored: Stored) -> bytes | None:
        """The keys and values of a stored prompt; None when the file is damaged, which is then deleted."""
        try:
            with stored.path.open("rb") as file:
                header = _header(file)
                content = file.read()
            if hashlib.sha256(content).hexdigest() != header.sha256:
                raise ValueError("its digest is another")
            os.utime(stored.path)
        except (OSError, ValueError) as error:
            _delete(stored.path, error)
            return None
        return content[4 * len(stored.tokens) :]

    def wants(self, tokens: Sequence[int]) -> bool:
        """Whether `tokens`, whose beginning is now met, should be stored."""
        if len(tokens) < LEAST_TOKENS or self._most_bytes == 0:
            return False
        met = self._folder / f"{self._begins(tokens)}{_MET}"
        stored = self.find(tokens)
        if met.exists():
            # What is on disk may hold nearly all of it already.
            return stored is None or stored.shared < 0.9 * len(tokens)
        with self._told():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            met.touch(mode=0o600)
        return False

    def store(self, tokens: Sequence[int], state: bytes) -> None:
        """Keeps what a model made of `tokens`; a disk that is full is said so in the log."""
        content = array("i", tokens).tobytes() + state
        if len(content) > self._most_bytes:
            return
        digest = hashlib.sha256(content).hexdigest()
        header = _StoredHeader(self._fingerprint, len(tokens), digest)
        path = self._folder / f"{self._begins(tokens)}-{digest[:16]}{_STATE}"
        with self._told():
            descriptor, draft = tempfile.mkstemp(dir=self._folder, suffix=".part")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(json.dumps(asdict(header)).encode() + b"\n")
                    file.write(content)
                Path(draft).replace(path)
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise
            self._make_room()

    def _make_room(self) -> None:
        files = [(path.stat(), path) for path in self._folder.iterdir()]
        total = sum(status.st_size for status, _ in files)
        for status, path in sorted(files, key=lambda each: each[0].st_mtime_ns):
            if total <= self._most_bytes:
                break
            path.unlink(missing_ok=True)
            total -= status.st_size

    def _begins(self, tokens: Sequence[int]) -> str:
        """Names the beginning of `tokens`, for this model and these settings."""
        beginning = array("i", tokens[:LEAST_TOKENS]).tobytes()
        return hashlib.sha256(self._fingerprint.encode() + b"\0" + beginning).hexdigest()[:24]

    def _tokens(self, path: Path) -> Sequence[int] | None:
        """The tokens of a stored prompt."""
        tokens = array("i")
        try:
            with path.open("rb") as file:
                header = _header(file)
                if header.fingerprint != self._fingerprint:
                    return None
                tokens.fromfile(file, header.tokens)
        except (OSError, ValueError) as error:
            _delete(path, error)
            return None
        return tokens

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """A cache that cannot be written costs time and nothing else: it is logged."""
        try:
            yield
        except OSError as error:
            log.warning("what was read could not be kept in %s: %s", self._folder, error.strerror)


def discard(folder: Path) -> None:
    """Deletes every stored prompt."""
    if folder.exists():
        shutil.rmtree(folder)


def _header(file: BinaryIO) -> _StoredHeader:
    """The first line; raises `ValueError` when it is none, or promises more than the file holds."""
    try:
        header = _StoredHeader(**json.loads(file.readline(_LONGEST_HEADER)))
    except TypeError as error:
        raise ValueError("its header is damaged") from error
    if not isinstance(header.tokens, int) or not 0 < 4 * header.tokens <= os.fstat(file.fileno()).st_size:
        raise ValueError("it is shorter than it says")
    return header


def _delete(path: Path, why: Exception) -> None:
    log.warning("%s cannot be used and is deleted: %s", path, why)
    path.unlink(missing_ok=True)
