"""Summaries of stretches of documents, kept in the library so that none is made twice.

They are document content: a file of its own for each document, private, and removed with the document.
What cannot be read is made again.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path

from policies.durable import replace_text

log = logging.getLogger(__name__)

FOLDER = Path("cache", "summaries")
"""In the library."""


class SummaryFile:
    """The summaries of one document's stretches. Implements `assistant.answers.summarizing.SummaryCache`."""

    def __init__(self, library: Path, path: str) -> None:
        """path: the document's."""
        self._file = _file(library, path)
        self._held: dict[str, str] = {}
        try:
            self._held = dict(json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError) as error:
            log.warning("the summaries kept in %s cannot be read and are made again: %s", self._file, error)

    def get(self, key: str) -> str | None:
        return self._held.get(key)

    def put(self, key: str, summary: str) -> None:
        self._held[key] = summary
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_text(self._file, json.dumps(self._held))


def forget(library: Path, paths: Iterable[str]) -> None:
    """Removes what is kept of these documents."""
    for path in paths:
        _file(library, path).unlink(missing_ok=True)


def _file(library: Path, path: str) -> Path:
    return library / FOLDER / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:32]}.json"
