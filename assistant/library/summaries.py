"""Summaries of a document's stretches, kept in the library so that none is made twice.

They contain document content, so each document has a file of its own that only the user can read, and that is
deleted with the document. A file that cannot be read is ignored, and its summaries are made again.
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
"""Where the files are, in the library's folder."""


class SummaryFile:
    """The summaries of one document's stretches. Implements `assistant.answers.summarizing.SummaryCache`."""

    def __init__(self, library: Path, path: str) -> None:
        """Reads the file, if there is one.

        library: the library's folder. path: the document's.
        """
        self._file = _file(library, path)
        self._summaries: dict[str, str] = {}
        try:
            self._summaries = dict(json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError) as error:
            log.warning("the summaries in %s cannot be read and are made again: %s", self._file, error)

    def get(self, key: str) -> str | None:
        """The summary under `key`; None when there is none."""
        return self._summaries.get(key)

    def put(self, key: str, summary: str) -> None:
        """Stores a summary under `key`, and writes the file. Raises `OSError` when it cannot be written."""
        self._summaries[key] = summary
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_text(self._file, json.dumps(self._summaries))


def forget(library: Path, paths: Iterable[str]) -> None:
    """Deletes the summaries of the documents at `paths` from the library in folder `library`."""
    for path in paths:
        _file(library, path).unlink(missing_ok=True)


def _file(library: Path, path: str) -> Path:
    """The file of the document at `path`, named by a hash so that the name reveals nothing."""
    return library / FOLDER / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:32]}.json"
