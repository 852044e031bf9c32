"""How long documents stay in the library, for folders with an age limit.

The age of a document is that of its file: the time since the file was last changed. Indexing leaves out files
that are older (`ingest.pipeline`), and `assistant.library.sweeping` forgets those that were indexed before.
"""

import os
import time
from collections.abc import Iterable, Iterator, Mapping

from ingest.documents import is_within
from ingest.sources import Candidate, Skipped

EXPIRED = "older than the limit for its folder"
"""The reason given for a file that is left out."""

_DAY_NS = 86_400 * 10**9


class Lifetimes:
    """The limits of one library."""

    def __init__(self, days: Mapping[str, int]) -> None:
        """days: the limit for the documents at or below a path; ~ stands for the home folder. If several
        paths contain a document, the innermost one counts."""
        limits = {os.path.realpath(os.path.expanduser(path)): limit for path, limit in days.items()}
        self._limits = sorted(limits.items(), key=lambda item: len(item[0]), reverse=True)

    @property
    def folders(self) -> list[str]:
        """The paths that have a limit, resolved."""
        return [folder for folder, _ in self._limits]

    def is_over(self, path: str, mtime_ns: int, *, now: float | None = None) -> bool:
        """Whether the document at `path` is too old.

        mtime_ns: when its file was last changed, in nanoseconds since 1970; negative if that is unknown.
        now: seconds since 1970; None for the time of the call.
        """
        limit = next((days for folder, days in self._limits if is_within(path, folder)), None)
        if limit is None or mtime_ns < 0:
            return False
        return mtime_ns < (time.time() if now is None else now) * 1e9 - limit * _DAY_NS

    def applied(self, entries: Iterable[Candidate | Skipped]) -> Iterator[Candidate | Skipped]:
        """The entries of a walk, in which files that are too old are skipped."""
        for entry in entries:
            if isinstance(entry, Candidate) and self.is_over(entry.path, entry.mtime_ns):
                yield Skipped(entry.path, EXPIRED, unlisted=False)
            else:
                yield entry


NO_LIMITS = Lifetimes({})
"""Documents stay until their files disappear or they are removed."""
