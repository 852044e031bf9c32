"""The files that wait to be read, and which of them is next.

Files come most recently changed first. A file that takes too long must not hold others back, so what is known
of slow files changes the order: in a source where one was slow, small files come first, and types of which
none was slow come before the others. A file that was stopped because it took too long comes last. Sources
take turns by the time that reading their files has taken, so that one source cannot starve another.

A file that is read is found by its words at once, and embedding takes several times as long as reading. So
reading comes first, but not always: a note that was just saved should also be found by its meaning soon.

Called by the pipeline, on its driving thread; `mark_slow` may be called on any thread.
"""

import heapq
import os
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from ingest.catalogue import FileRecord
from ingest.progress import Job
from ingest.sources import Candidate

FIRST_S = 60.0
"""Time for which reading comes before embedding."""

ALONE_S = 3.0
"""Time for which, meanwhile, nothing is embedded at all. Then a few texts are, the newest first."""


@dataclass(frozen=True, slots=True)
class QueuedFile:
    """A file to read."""

    source: str
    candidate: Candidate
    known: FileRecord | None
    """The catalogue's record of its path when it was queued."""
    jobs: list[Job]
    """The jobs that wait for it."""


@dataclass(slots=True)
class FileInReading:
    """A file that is being read."""

    file: QueuedFile
    is_slow: bool = False
    """Whether it may take longer than others. Set on its reader's thread."""
    started: float = field(default_factory=time.perf_counter)
    """When, on the performance counter."""


class ReadingQueue:
    """The files that wait to be read. Each path waits once; a file that is queued again replaces itself."""

    def __init__(self) -> None:
        self._files: dict[str, QueuedFile] = {}
        self._newest: dict[tuple[str, str], list[tuple[int, str]]] = {}
        """For each source and type, a heap of paths, most recently changed first."""
        self._smallest: dict[tuple[str, str], list[tuple[int, str]]] = {}
        """The same, smallest first. An entry of a path that no longer waits is stale."""
        self._stopped: dict[str, None] = {}
        """Paths that come last, in order."""
        self._waiting: Counter[str] = Counter()
        """How many files of each source wait."""
        self._spent: dict[str, float] = {}
        """Seconds that reading files of each source has taken."""
        self._slow: set[tuple[str, str]] = set()
        """Sources and types of which a file was slow."""
        self._first_until: float | None = None
        """When reading no longer comes first, by `time.monotonic`; None while only stopped files wait."""

    def __len__(self) -> int:
        return len(self._files)

    @property
    def has_fresh(self) -> bool:
        """Whether a file waits that was not stopped."""
        return len(self._files) > len(self._stopped)

    def comes_first(self, embedded_at: float) -> bool:
        """Whether the files are to be read before texts are embedded. To be called again and again.

        embedded_at: when texts were embedded last, by `time.monotonic`.
        """
        if not self.has_fresh:
            self._first_until = None
            return False
        now = time.monotonic()
        if self._first_until is None:
            self._first_until = now + FIRST_S
        return now < self._first_until and now - embedded_at < ALONE_S

    def get(self, path: str) -> QueuedFile | None:
        """The file that waits at `path`."""
        return self._files.get(path)

    def push(self, file: QueuedFile) -> None:
        """Adds a file; it replaces the one with its path."""
        path, kind = file.candidate.path, _kind(file)
        self._take(path)
        self._stopped.pop(path, None)
        if not self._waiting[file.source]:
            # A source that had nothing to read has saved up no time.
            spent = [self._spent.get(source, 0.0) for source, count in self._waiting.items() if count]
            self._spent[file.source] = max(self._spent.get(file.source, 0.0), min(spent, default=0.0))
        self._add(path, file)
        heapq.heappush(self._newest.setdefault(kind, []), (-file.candidate.mtime_ns, path))
        heapq.heappush(self._smallest.setdefault(kind, []), (file.candidate.size, path))

    def push_stopped(self, file: QueuedFile) -> None:
        """Adds a file that was stopped because it took too long, unless a changed one waits at its path."""
        path = file.candidate.path
        if path not in self._files:
            self._add(path, file)
            self._stopped[path] = None

    def pop(self, busy: Collection[str]) -> QueuedFile | None:
        """Takes the next file that was not stopped; None if there is none.

        busy: paths of files that are being read; they wait until that is done.
        """
        kinds: dict[tuple[str, str], str] = {}
        for kind in list(self._newest):
            if path := self._first(kind, busy):
                kinds[kind] = path
        if not kinds:
            return None
        source = min({source for source, _ in kinds}, key=lambda each: self._spent.get(each, 0.0))
        offered = {kind: path for kind, path in kinds.items() if kind[0] == source}
        candidates = {kind: self._files[path].candidate for kind, path in offered.items()}
        if self._is_slow(source):
            best = min(offered, key=lambda kind: (kind in self._slow, candidates[kind].size))
        else:
            best = max(offered, key=lambda kind: candidates[kind].mtime_ns)
        return self._take(offered[best])

    def pop_stopped(self, busy: Collection[str]) -> QueuedFile | None:
        """Takes the file that has been stopped for longest; None if there is none."""
        path = next((path for path in self._stopped if path not in busy), "")
        self._stopped.pop(path, None)
        return self._take(path)

    def mark_slow(self, file: QueuedFile) -> None:
        """Remembers that a file takes long."""
        self._slow.add(_kind(file))

    def charge(self, source: str, seconds: float) -> None:
        """Adds to the time that reading files of a source has taken."""
        self._spent[source] = self._spent.get(source, 0.0) + seconds

    def clear(self) -> None:
        """Forgets all files, and which were slow."""
        for known in (self._files, self._newest, self._smallest, self._stopped, self._waiting, self._spent):
            known.clear()
        self._slow.clear()

    def _add(self, path: str, file: QueuedFile) -> None:
        self._files[path] = file
        self._waiting[file.source] += 1

    def _take(self, path: str) -> QueuedFile | None:
        file = self._files.pop(path, None)
        if file is not None:
            self._waiting[file.source] -= 1
        return file

    def _is_slow(self, source: str) -> bool:
        return any(slow == source for slow, _ in list(self._slow))

    def _first(self, kind: tuple[str, str], busy: Collection[str]) -> str:
        """The path of this source and type that is next; empty if there is none."""
        heaps = self._smallest if self._is_slow(kind[0]) else self._newest
        heap = heaps[kind]
        waiting = []
        found = ""
        while heap and not found:
            path = heap[0][1]
            file = self._files.get(path)
            if file is None or _kind(file) != kind or path in self._stopped:
                heapq.heappop(heap)
            elif path in busy:
                waiting.append(heapq.heappop(heap))
            else:
                found = path
        for entry in waiting:
            heapq.heappush(heap, entry)
        return found


def _kind(file: QueuedFile) -> tuple[str, str]:
    """The source of a file, and its type by name."""
    return file.source, os.path.splitext(file.candidate.path)[1].lower()
