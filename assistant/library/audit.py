"""The audit log: what was done with a library, one JSON object per line in its `audit.jsonl`.

It records when the library was opened and under which seal, which models wrote answers, when documents were
read, and when they were forgotten. It names no folder and no word of a question. A document is named by a
digest made with a key of its own, which lies in the catalogue and goes when the document is forgotten. As
long as the document is in the library, its entries can be found; after that, nobody can tell which they were.

The log is a chain: each line has a code (`policies.integrity`) of its content and of the line before it, so
an edited, added, deleted or moved line does not fit. A log without its last lines still fits. So its *head*,
the number and code of the last line, is kept outside the library after every entry, and compared when the log
is opened. It can also be exported, to be kept where nobody can change it (`carrel audit head`, `carrel audit
verify --head`): that shows as well that a log was written anew by somebody who has the key.

In an encrypted library, lines are encrypted one by one (`ingest.encryption`). Only the owner writes the log.
"""

import contextlib
import hashlib
import json
import logging
import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO

from assistant.errors import BadAuditHead
from ingest.encryption import cipher_of
from policies.durable import replace_text
from policies.integrity import CODE_BYTES, IntegrityKey

KEPT_ENTRIES = 10_000
"""How many entries stay when the log is shortened; the oldest are dropped."""

MAX_BYTES = 1 << 22
"""A longer file is shortened when the log is opened."""

MOST_DOCUMENTS = 100
"""Documents that one entry names. More documents are named by further entries."""

DROPPED, ALTERED, MOVED = "dropped", "altered", "moved"
"""Entries about the log itself: old entries were dropped, tampering was found, or no head was kept."""

RESTORED = "restored"
"""The first entry of the log of a library that was restored from a backup."""

_TAIL_BYTES = 1 << 14
"""Longer than any line."""

_HEAD = re.compile(rf"([0-9]{{1,18}})-([0-9a-f]{{{2 * CODE_BYTES}}})")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the log."""

    number: int
    """Its position in the log, from 1."""
    at: float
    """When it was done, in seconds since 1970."""
    what: str
    """What was done: `opened`, `added`, `read`, `forgot`, `model`, `sent` (to an agent) or `restored`, or one
    of the entries about the log itself."""
    detail: str
    """Details in words, without names of documents."""
    documents: tuple[str, ...]
    """The documents it is about, by keyed digests in hex."""


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The end of the log at some moment."""

    number: int
    """The number of the last entry; 0 when the log is empty."""
    code: str
    """Its code, in hex."""

    def __str__(self) -> str:
        return f"{self.number}-{self.code}"

    @classmethod
    def parse(cls, text: str) -> "AuditHead":
        """The head that is written as `text`. Raises `BadAuditHead` when it is none."""
        match = _HEAD.fullmatch(text.strip())
        if match is None:
            raise BadAuditHead(
                f"{text.strip()[:80]!r} is not the head of an audit log.",
                remedy="Give a head as `carrel audit head` prints it: a number, a hyphen and 32 hex digits.",
            )
        return cls(int(match[1]), match[2])


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """Whether the log is what Carrel wrote."""

    entries: int
    """How many entries it has."""
    dropped: int
    """How many older entries Carrel dropped."""
    head: str
    """Its head."""
    problems: tuple[str, ...]
    """What is wrong, in sentences; empty when the log is intact."""


class AuditLog:
    """One library's log. Any thread may use it."""

    def __init__(self, path: Path, key: IntegrityKey, heads: Path, *, read_only: bool = False) -> None:
        """Opens the log at `path`, which need not exist, and shortens or repairs it if necessary.

        heads: the folder, outside the library, in which its head is kept after every entry.
        read_only: whether to change nothing; entries are then not made.
        """
        self._read_only = read_only
        self._path = path
        self._cipher = cipher_of(path.parent)
        self._key = key
        self._kept = _kept_at(path, heads)
        self._lock = threading.RLock()
        if not read_only:
            self._repair()
        self._end = self._read_end()
        if read_only:
            return
        kept = self._kept_head()
        if kept is None and self._end.number:
            self.note(MOVED, "no head is kept outside the library, perhaps because the library was moved")
        elif kept is None:
            self._adopt()
        elif kept != self._end and self.verify().problems:
            self.note(ALTERED, f"it ended with entry {self._end.number}, and the head kept was {kept.number}")
        if path.exists() and path.stat().st_size > MAX_BYTES:
            self._shorten(KEPT_ENTRIES)

    def note(self, what: str, detail: str, documents: Sequence[str] = (), *, at: float | None = None) -> bool:
        """Adds an entry, or several if it is about many documents. Returns whether it was made.

        If a file cannot be written, such as on a full disk, it is not, and a warning goes to the program's
        log. In a library that is only read, no entries are made.

        documents: keyed digests, in hex. at: seconds since 1970; None for now.
        """
        if self._read_only:
            return False
        with self._lock:
            try:
                end, lines = self._end, b""
                for start in range(0, max(len(documents), 1), MOST_DOCUMENTS):
                    named = tuple(documents[start : start + MOST_DOCUMENTS])
                    entry = AuditEntry(end.number + 1, at or time.time(), what, detail, named)
                    end = AuditHead(entry.number, self._code(end.code, entry))
                    lines += self._cipher.encrypt_line(_line(entry, end.code)) + b"\n"
                _append(self._path, lines)
                self._end = end
                self._keep_head()
            except OSError as error:
                log.warning("the audit log %s cannot be written: %s", self._path, error)
                return False
        return True

    def entries(self) -> list[AuditEntry]:
        """All entries, the most recent first."""
        entries = []
        for line in self._lines():
            match _parsed(line):
                case AuditEntry() as entry, _:
                    entries.append(entry)
                case None:
                    log.warning("an invalid line of %s is skipped", self._path)
        return entries[::-1]

    def count_before(self, at: float) -> int:
        """How many entries at the beginning are older than `at`, in seconds since 1970."""
        return sum(1 for _ in takewhile(lambda entry: entry.at < at, reversed(self.entries())))

    def drop_before(self, at: float) -> None:
        """Drops these entries. A log that was tampered with stays as it is, as evidence."""
        with self._lock:
            if (count := self.count_before(at)) and not self.verify().problems:
                self._shorten(len(self.entries()) - count)

    def head(self) -> AuditHead:
        """The end of the log."""
        with self._lock:
            return self._end

    def verify(self, head: AuditHead | None = None) -> AuditVerdict:
        """Checks every line against the one before it, and the end against the head that was kept.

        head: exported earlier; None to compare with none.
        """
        with self._lock:
            lines, kept = self._lines(), self._kept_head()
        problems: list[str] = []
        first = self._start()
        if lines and isinstance(parsed := _parsed(lines[0]), AuditHead):
            first = parsed
            lines = lines[1:]
        previous, codes, dropped = first, {first.number: first.code}, ""
        for line in lines:
            number = previous.number + 1
            parsed = _parsed(line)
            if parsed is None or isinstance(parsed, AuditHead):
                problems.append(f"Entry {number} is not as Carrel wrote it.")
                previous = AuditHead(number, "")
                continue
            entry, code = parsed
            if entry.number != number or code != self._code(previous.code, entry):
                problems.append(
                    f"Entry {number} is not as Carrel wrote it, or the entry before it was changed or"
                    " removed."
                )
            elif entry.what == DROPPED:
                dropped = entry.detail
            elif entry.what == ALTERED:
                problems.append(f"Entry {number} records that the log had been changed: {entry.detail}.")
            previous = AuditHead(entry.number, code)
            codes[entry.number] = code
        if first.number and dropped != _dropped(first):
            problems.append(f"The entries up to {first.number} are missing, and Carrel did not drop them.")
        problems += _compared(codes, first, previous, kept, "the head kept outside the library")
        problems += _compared(codes, first, previous, head, "the given head")
        return AuditVerdict(len(lines), first.number, str(previous), tuple(problems))

    # The chain

    def _start(self) -> AuditHead:
        """What the first entry follows."""
        return AuditHead(0, self._key.code("audit").hex())

    def _code(self, previous: str, entry: AuditEntry) -> str:
        """The code of an entry, in hex. previous: the code of the entry before it, in hex."""
        content = (entry.number, entry.at, entry.what, entry.detail)
        return self._key.code("audit", previous, *content, *entry.documents).hex()

    def _read_end(self) -> AuditHead:
        """The end of the log as the file says it."""
        lines = self._lines(last=True)
        match _parsed(lines[-1]) if lines else self._start():
            case AuditHead() as head:
                return head
            case AuditEntry(number=number), code:
                return AuditHead(number, code)
        return AuditHead(0, "")

    def _kept_head(self) -> AuditHead | None:
        """The head that is kept outside the library; None when there is none."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            text = self._kept.read_text(encoding="ascii")
            try:
                return AuditHead.parse(text)
            except BadAuditHead:
                return AuditHead(0, "")
        return None

    def _keep_head(self) -> None:
        self._kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_text(self._kept, str(self._end))

    # The file

    def _lines(self, *, last: bool = False) -> list[bytes]:
        """The lines of the file, without their ends. last: the last ones are enough."""
        with contextlib.suppress(FileNotFoundError), self._path.open("rb") as file:
            if last:
                _seek_tail(file)
            *lines, rest = file.read().split(b"\n")
            return [self._cipher.decrypt_line(line) for line in ([*lines, rest] if rest else lines)]
        return []

    def _repair(self) -> None:
        """Removes an entry that was not written to its end when the machine stopped."""
        with contextlib.suppress(FileNotFoundError), self._path.open("rb+") as file:
            size = _seek_tail(file)
            rest = file.read().rpartition(b"\n")[2]
            if rest and _parsed(self._cipher.decrypt_line(rest)) is None:
                file.truncate(size - len(rest))
            elif rest:
                file.write(b"\n")

    def _adopt(self) -> None:
        """Makes a chain of the entries that an older Carrel wrote without codes."""
        old = []
        for line in self._lines():
            with contextlib.suppress(ValueError, TypeError, KeyError):
                values = json.loads(line)
                old.append((float(values["at"]), str(values["what"]), str(values["detail"])))
        if old:
            replace_text(self._path, "")
            self._end = self._start()
            for at, what, detail in old:
                self.note(what, detail, at=at)

    def _shorten(self, kept: int) -> None:
        """Drops all but the last `kept` entries. The log then begins with the head of the dropped part."""
        lines = self._lines()
        start = max(len(lines) - kept, 0)
        match _parsed(lines[start - 1]) if start else None:
            case AuditEntry(number=number), code:
                first = AuditHead(number, code)
                anchor = json.dumps(asdict(first)).encode("ascii")
                rest = b"\n".join([*map(self._cipher.encrypt_line, (anchor, *lines[start:])), b""])
                replace_text(self._path, rest.decode("utf-8", "replace"))
                self.note(DROPPED, _dropped(first))


def _append(path: Path, lines: bytes) -> None:
    """Appends all of `lines` to a file, or none. Raises OSError."""
    with path.open("ab", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        try:
            written = 0
            while written < len(lines):
                written += file.write(lines[written:])
        except OSError:
            file.truncate(size)
            raise


def _seek_tail(file: BinaryIO) -> int:
    """Moves to the last `_TAIL_BYTES` of a file; returns its size."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _TAIL_BYTES, 0))
    return size


def _compared(
    codes: dict[int, str], first: AuditHead, end: AuditHead, head: AuditHead | None, called: str
) -> Iterator[str]:
    """How the log contradicts a head that was kept or exported, in sentences.

    codes: of the entries by number. first: what the first of them follows. called: the head in words.
    """
    if head is None or codes.get(head.number) == head.code:
        return
    if head.number > end.number:
        yield (
            f"The log ends with entry {end.number}, but {called} names entry {head.number}: the last entries "
            "were cut off."
        )
    elif head.number < first.number:
        yield f"Entry {head.number}, which {called} names, has since been dropped. Export a new head."
    else:
        yield f"Entry {head.number} is not the one that {called} names."


def _dropped(first: AuditHead) -> str:
    """The detail of the entry that records that the entries up to this one were dropped."""
    return f"entries up to {first}"


def _line(entry: AuditEntry, code: str) -> bytes:
    return json.dumps({**asdict(entry), "code": code}).encode("ascii")


def _parsed(line: bytes) -> tuple[AuditEntry, str] | AuditHead | None:
    """The entry in a line with its code, or the head that a shortened log begins with.

    None for anything that is not exactly what Carrel writes.
    """
    try:
        values = json.loads(line)
        code = values.pop("code")
        if values.keys() == {"number"}:
            head = AuditHead.parse(f"{values['number']}-{code}")
            return head if json.dumps(asdict(head)).encode("ascii") == line else None
        entry = AuditEntry(**{**values, "documents": tuple(values["documents"])})
        return (entry, code) if _line(entry, code) == line else None
    except (ValueError, TypeError, AttributeError, KeyError, BadAuditHead):
        return None


def forget_head(path: Path, heads: Path) -> None:
    """Deletes the head that was kept of a log at `path`, which is not there any more: a new log begins."""
    _kept_at(path, heads).unlink(missing_ok=True)


def _kept_at(path: Path, heads: Path) -> Path:
    """Where the head of the log at `path` is kept."""
    return heads / hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:32]
