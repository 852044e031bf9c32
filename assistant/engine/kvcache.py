"""Stores prompts on disk together with their keys and values, so that they need not be computed again.

The keys and values of a token depend only on the tokens before it. A stored prompt therefore serves every
prompt with the same beginning, cut to their common prefix. Only true prefixes are reused: a passage that
appears at another position is computed again.

Storing a prompt writes tens to hundreds of megabytes. A prompt is therefore stored when its beginning
is seen for the second time, which means that a document is being asked about; a single question stores
nothing. An empty marker file records that a beginning has been seen. When the files exceed their limit, the
least recently used ones are deleted.

The files are document content in another form. They are in the library folder, readable by its owner only,
and `discard` deletes them all whenever something is removed from the library. A file has two parts, which are
encrypted in an encrypted library (`ingest.encryption`): a head with one line of JSON and the tokens, and the
state. The line says what produced the state, and has a code (`policies.integrity`) that is verified when it
is read.
llama.cpp is never given a state that another program wrote.
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
from ingest.encryption import cipher_of
from policies.integrity import IntegrityKey

log = logging.getLogger(__name__)

LEAST_TOKENS = 256
"""Shorter prompts are not stored. Longer ones are told apart by this many tokens from their beginning."""

_LONGEST_LINE = 4096
_LENGTH_BYTES = 8
_STATE, _SEEN = ".kv", ".met"
"""Suffixes of stored prompts and of marker files."""


@dataclass(frozen=True, slots=True)
class StoredPrompt:
    """A prompt on disk, as `KVCache.find` returns it."""

    path: Path
    """Its file."""
    tokens: Sequence[int]
    """All of its tokens."""
    shared: int
    """Length of its common prefix with the prompt that was looked up, in tokens."""


@dataclass(frozen=True, slots=True)
class _StoredHeader:
    """The first line of a head."""

    fingerprint: str
    """The model and the settings that produced it."""
    tokens: int
    """How many tokens follow; the other part of the file has their keys and values."""
    code: str
    """The code of the other two, of the tokens, and of their keys and values, in hex."""


class KVCache:
    """The stored prompts of one model with one set of settings, in a folder shared by all models."""

    def __init__(self, folder: Path, *, fingerprint: str, most_bytes: int, key: IntegrityKey) -> None:
        """
        fingerprint: identifies the weights and every setting that affects keys and values.
        most_bytes: the limit for all files in the folder together; 0 stores nothing.
        key: tells files that Carrel wrote from others.
        """
        self._folder = folder
        self._fingerprint = fingerprint
        self._most_bytes = most_bytes
        self._key = key
        self._cipher = cipher_of(folder)

    def find(self, tokens: Sequence[int]) -> StoredPrompt | None:
        """Returns the stored prompt with the longest common prefix with `tokens`.

        Returns None if there is none of at least `LEAST_TOKENS`. A file with a damaged header is deleted.
        """
        candidates = (
            StoredPrompt(path, stored, common_prefix(stored, tokens))
            for path in self._folder.glob(f"{self._prefix(tokens)}*{_STATE}")
            if (stored := self._stored_tokens(path)) is not None
        )
        best = max(candidates, key=lambda candidate: candidate.shared, default=None)
        return best if best is not None and best.shared >= LEAST_TOKENS else None

    def read(self, stored: StoredPrompt) -> bytes | None:
        """Returns the keys and values of a stored prompt. A damaged file is deleted; then returns None."""
        try:
            with stored.path.open("rb") as file:
                header, tokens = self._read_head(file)
                state = self._cipher.decrypt(f"{stored.path.name}/state", file.read())
                if header.code != self._code(tokens, state):
                    raise ValueError("it is damaged, or was not written by Carrel")
                # By descriptor, because a confined process may not set times by name.
                os.utime(file.fileno())
        except (OSError, ValueError) as error:
            _delete(stored.path, error)
            return None
        return state

    def wants(self, tokens: Sequence[int]) -> bool:
        """Returns whether `tokens` should be stored, and records that their beginning has been seen."""
        if len(tokens) < LEAST_TOKENS or self._most_bytes == 0:
            return False
        marker = self._folder / f"{self._prefix(tokens)}{_SEEN}"
        stored = self.find(tokens)
        if marker.exists():
            # Not if a stored prompt covers nearly all of it already.
            return stored is None or stored.shared < 0.9 * len(tokens)
        with self._logging_failures():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            marker.touch(mode=0o600)
        return False

    def store(self, tokens: Sequence[int], state: bytes) -> None:
        """Stores `tokens` with their keys and values; logs a warning if the disk is full."""
        stored = array("i", tokens)
        if len(tokens) * stored.itemsize + len(state) > self._most_bytes:
            return
        code = self._code(stored, state)
        header = _StoredHeader(self._fingerprint, len(tokens), code)
        path = self._folder / f"{self._prefix(tokens)}-{self._cipher.hidden(code[:16])}{_STATE}"
        line = json.dumps(asdict(header)).encode() + b"\n"
        head = self._cipher.encrypt(f"{path.name}/head", line + stored.tobytes())
        with self._logging_failures():
            descriptor, part = tempfile.mkstemp(dir=self._folder, suffix=".part")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(len(head).to_bytes(_LENGTH_BYTES, "big"))
                    file.write(head)
                    file.write(self._cipher.encrypt(f"{path.name}/state", state))
                Path(part).replace(path)
            except BaseException:
                Path(part).unlink(missing_ok=True)
                raise
            self._evict()

    def _code(self, tokens: "array[int]", state: bytes) -> str:
        digests = (hashlib.sha256(content).digest() for content in (tokens.tobytes(), state))
        return self._key.code("prompt", self._fingerprint, len(tokens), *digests).hex()

    def _evict(self) -> None:
        """Deletes the least recently used files until the rest is within the limit."""
        files = [(path.stat(), path) for path in self._folder.iterdir()]
        total = sum(status.st_size for status, _ in files)
        for status, path in sorted(files, key=lambda file: file[0].st_mtime_ns):
            if total <= self._most_bytes:
                break
            path.unlink(missing_ok=True)
            total -= status.st_size

    def _prefix(self, tokens: Sequence[int]) -> str:
        """Returns the file name prefix for prompts with this beginning, model and settings."""
        beginning = array("i", tokens[:LEAST_TOKENS]).tobytes()
        digest = hashlib.sha256(self._fingerprint.encode() + b"\0" + beginning).hexdigest()
        return self._cipher.hidden(digest[:24])

    def _stored_tokens(self, path: Path) -> Sequence[int] | None:
        """Returns the tokens of a stored prompt; None if another model made it, or it is damaged."""
        try:
            with path.open("rb") as file:
                header, tokens = self._read_head(file)
        except (OSError, ValueError) as error:
            _delete(path, error)
            return None
        return tokens if header.fingerprint == self._fingerprint else None

    def _read_head(self, file: BinaryIO) -> "tuple[_StoredHeader, array[int]]":
        """Reads the first part of a file; raises `ValueError` if it is damaged or longer than the file."""
        length = int.from_bytes(file.read(_LENGTH_BYTES), "big")
        if length > os.fstat(file.fileno()).st_size:
            raise ValueError("its head claims more than the file holds")
        head = self._cipher.decrypt(f"{Path(file.name).name}/head", file.read(length))
        line, _, rest = head.partition(b"\n")
        try:
            header = _StoredHeader(**json.loads(line[:_LONGEST_LINE]))
        except TypeError as error:
            raise ValueError("its head is damaged") from error
        tokens = array("i", rest)
        if header.tokens != len(tokens) or not tokens:
            raise ValueError("its head has other tokens than it says")
        return header, tokens

    @contextlib.contextmanager
    def _logging_failures(self) -> Iterator[None]:
        """Logs an `OSError`: a cache that cannot be written costs time and nothing else."""
        try:
            yield
        except OSError as error:
            log.warning("cannot store the prompt cache in %s: %s", self._folder, error.strerror)


def discard(folder: Path) -> None:
    """Deletes every stored prompt."""
    if folder.exists():
        shutil.rmtree(folder)


def _delete(path: Path, why: Exception) -> None:
    log.warning("deleting %s from the prompt cache, because it is unusable: %s", path, why)
    path.unlink(missing_ok=True)
