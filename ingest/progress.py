"""Figures about indexing: events while a source is indexed, its final report, and the remaining work."""

import time
from dataclasses import dataclass, field

from ingest.sources import Plan


@dataclass(frozen=True, slots=True)
class Progress:
    """Event: how far indexing has come."""

    files_done: int
    """Files that were read, or failed."""
    files_total: int
    """Files to read in this run. Unchanged files are not among them."""
    path: str
    """The file that is being read; of several, the one that was started last. If none is being read, the file
    that is being embedded."""
    files_indexed: int = 0
    """Those of `files_done` that are found by their meaning, or failed: this is what takes the time."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of indexing a source. Counts are of files unless a field says otherwise."""

    added: int
    """New files that were stored."""
    changed: int
    """Known files whose content was stored again."""
    moved: int
    """Files that were found at another path with the same content."""
    unchanged: int
    """Known files with the same content."""
    gone: tuple[str, ...]
    """Paths whose document was dropped, because the file no longer exists or is excluded."""
    failed: tuple[tuple[str, str], ...]
    """Files that could not be read in this run: path and reason."""
    skipped: tuple[tuple[str, str], ...]
    """Files that were skipped by rule: path and reason."""
    chunks: int
    """Chunks stored in this run."""
    embedded: int
    """Texts embedded during the run: fewer than chunks when some texts had a vector already."""
    seconds: float
    """Duration of the run."""
    excluded: tuple[str, ...] = ()
    """Paths of files that are not read because they were removed from the library."""

    never: int = 0
    """Files and folders that are never indexed; a folder counts as one, whatever is in it."""

    @property
    def removed(self) -> int:
        """Number of documents that were dropped."""
        return len(self.gone)


@dataclass(frozen=True, slots=True)
class Backlog:
    """The work that remains, for all sources together."""

    files: int
    """Files to read."""
    texts: int
    """Chunks without a vector."""
    reading: tuple[str, ...]
    """Paths of the files that are being read now."""


@dataclass(slots=True, eq=False)
class Job:
    """One comparison of a source with the catalogue, and the work that follows from it."""

    plan: Plan
    gone: tuple[str, ...]
    """Paths whose document was dropped. Moved files are not among them."""
    moved: int
    """Number of files that moved."""
    started: float
    """Reading of `time.perf_counter` at the start."""
    total: int
    """Number of files to read."""
    unread: set[str]
    """Paths still to read."""
    first: str
    """The file that is named before any has been started."""
    unsettled: dict[str, int]
    """Paths whose document is stored, but not indexed yet, with the times of their last changes: those that
    changed last are embedded first."""
    reading: dict[str, None] = field(default_factory=dict)
    """Paths of the files that are being read, in the order in which they were started."""
    excluded: tuple[str, ...] = ()
    """See `Report`."""
    never: int = 0
    """See `Report`."""
    added: int = 0
    """See `Report`."""
    changed: int = 0
    """See `Report`."""
    touched: int = 0
    """Files with a new time and the same content."""
    failed: list[tuple[str, str]] = field(default_factory=list)
    """See `Report`."""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Files that had to be opened to find out that they are skipped: path and reason."""
    chunks: int = 0
    """See `Report`."""
    embedded: int = 0
    """See `Report`."""

    @property
    def done(self) -> bool:
        """Whether every file has been read and every document indexed."""
        return not self.unread and not self.unsettled

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        done = self.total - len(self.unread)
        current = next(reversed(self.reading), "") or max(
            self.unsettled, key=lambda path: self.unsettled[path], default=self.first
        )
        return Progress(done, self.total, current, max(done - len(self.unsettled), 0))

    def report(self) -> Report:
        """The result so far; final when the job is done."""
        return Report(
            added=self.added,
            changed=self.changed,
            moved=self.moved,
            unchanged=len(self.plan.unchanged) + self.touched,
            gone=self.gone,
            failed=tuple(sorted(self.failed)),
            skipped=(*((entry.path, entry.reason) for entry in self.plan.skipped), *self.skipped),
            chunks=self.chunks,
            embedded=self.embedded,
            seconds=time.perf_counter() - self.started,
            excluded=self.excluded,
            never=self.never,
        )
