"""The audit log: what was done with a library, a line each, in its `audit.jsonl`.

It says when the library was opened and under what seal, which models wrote, what was added and what was
forgotten. It names no document, no folder and no word of a question, so that what was forgotten leaves
nothing here either. Written by the owner alone.
"""

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from policies.durable import replace_text

MOST = 1000
"""Deeds that are left when the log is shortened; the oldest go."""

LONGEST = 1 << 18
"""Bytes above which it is shortened."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something that was done."""

    at: float
    """Seconds since 1970."""
    what: str
    """`opened`, `added`, `forgot` or `model`."""
    detail: str
    """In words."""


class AuditLog:
    """One library's log."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.exists() and (path.stat().st_size > LONGEST or self._torn()):
            replace_text(path, "".join(map(_line, list(self._read())[-MOST:])))

    def _torn(self) -> bool:
        """Whether the last line was cut off: it would swallow the next one too."""
        with self._path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - 1, 0))
            return file.read() not in (b"", b"\n")

    def note(self, what: str, detail: str) -> None:
        """Adds a deed; on a full or read-only disk, tells the program's log instead and goes on."""
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(_line(AuditEntry(time.time(), what, detail)))
        except OSError as error:
            log.warning("the audit log %s cannot be written: %s", self._path, error)

    def entries(self) -> list[AuditEntry]:
        """All that are kept, the last one first."""
        return list(self._read())[::-1]

    def _read(self) -> Iterator[AuditEntry]:
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                yield AuditEntry(**json.loads(line))
            except (ValueError, TypeError):
                # A line that was cut off when the machine stopped, or written into by hand.
                log.warning("a line of %s cannot be read and is left out", self._path)


def _line(deed: AuditEntry) -> str:
    return json.dumps(asdict(deed)) + "\n"
