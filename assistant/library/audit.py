"""The audit log: what was done with a library, one JSON object per line in its `audit.jsonl`.

It records when the library was opened and under which seal, which models wrote answers, when sources were
added, and when documents were forgotten. It names no document, no folder and no word of a question, so it
retains nothing of what was forgotten. Only the owner writes it.
"""

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from policies.durable import replace_text

KEPT_ENTRIES = 1000
"""How many entries stay when the log is shortened; the oldest are dropped."""

MAX_BYTES = 1 << 18
"""A longer file is shortened when the log is opened."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the log."""

    at: float
    """When it was done, in seconds since 1970."""
    what: str
    """What was done: `opened`, `added`, `forgot` or `model`."""
    detail: str
    """Details in words, without names of documents."""


class AuditLog:
    """One library's log."""

    def __init__(self, path: Path) -> None:
        """Opens the log at `path`, which need not exist, and shortens or repairs it if necessary."""
        self._path = path
        if path.exists() and (path.stat().st_size > MAX_BYTES or self._is_torn()):
            replace_text(path, "".join(map(_line, list(self._read())[-KEPT_ENTRIES:])))

    def note(self, what: str, detail: str) -> None:
        """Adds an entry. If the file cannot be written, a warning goes to the program's log."""
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(_line(AuditEntry(time.time(), what, detail)))
        except OSError as error:
            log.warning("the audit log %s cannot be written: %s", self._path, error)

    def entries(self) -> list[AuditEntry]:
        """All entries, the most recent first."""
        return list(self._read())[::-1]

    def _is_torn(self) -> bool:
        """Whether the last line is incomplete. The next entry would be appended to it and lost."""
        with self._path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - 1, 0))
            return file.read() not in (b"", b"\n")

    def _read(self) -> Iterator[AuditEntry]:
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                yield AuditEntry(**json.loads(line))
            except (ValueError, TypeError):
                # Torn when the machine stopped, or edited by hand.
                log.warning("an invalid line of %s is skipped", self._path)


def _line(entry: AuditEntry) -> str:
    return json.dumps(asdict(entry)) + "\n"
