"""The thread that keeps a library up to date: requests and noticed changes in, indexing out.

It drives the `Pipeline`, which is one thread's alone, and listens to the `Watcher` where the library is
watched. Whoever adds a source follows its own progress; everybody else sees `Activity`. What stops
indexing for a while (a full disk, a source that is not there) is kept as a problem, told in the status,
and tried again; nothing is lost meanwhile. If the thread itself fails, it starts again from a fresh look.

Called by the owner. It never decides what a source is: the catalogue says.
"""

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass

from ingest.catalogue import Catalogue
from ingest.errors import IngestError
from ingest.pipeline import Gate, Job, Pipeline, Progress, Queue, Report
from ingest.watching import Offline, Online, Scope, Watcher
from policies.errors import CarrelError

log = logging.getLogger(__name__)

TICK_S = 0.25
"""Longest wait before a request is seen."""

AGAIN_S = 5.0
"""Wait before what failed for all files (a full disk) is tried again."""

PRUNE_S = 10.0
"""Time without work before the vectors of text that has gone are dropped."""

RATE_S = 30.0
"""Time over which the rate is told."""

PAUSED = "paused"
"""Name of the catalogue's fact that indexing is paused."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """Event: a look at a source is done with, and something was found."""

    source: str
    report: Report


@dataclass(frozen=True, slots=True)
class Activity:
    """What the thread is doing."""

    watching: bool
    paused: bool
    queue: Queue
    files_per_second: float
    seconds_left: float | None
    offline: dict[str, str]
    """Sources that cannot be reached, with the reason."""
    problem: str


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    """A source to look at, and who wants to know what comes of it."""

    source: str
    events: "queue.SimpleQueue[Progress | Report | Exception] | None"


class Disks(MutableMapping[str, str]):
    """The disk each source lay on when it was last there, as the catalogue keeps it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __getitem__(self, source: str) -> str:
        return self._catalogue.sources.disk(source)

    def __setitem__(self, source: str, disk: str) -> None:
        self._catalogue.sources.set_disk(source, disk)

    def __delitem__(self, source: str) -> None:
        self._catalogue.sources.set_disk(source, "")

    def __iter__(self) -> Iterator[str]:
        return iter(self._catalogue.sources.paths())

    def __len__(self) -> int:
        return len(self._catalogue.sources.paths())


class Keeper:
    """Keeps one library's catalogue and index at what its sources hold."""

    def __init__(
        self,
        catalogue: Catalogue,
        pipeline: Callable[[Gate], Pipeline],
        *,
        watcher: Watcher | None,
        notify: Callable[[Indexed | Offline | Online], None],
    ) -> None:
        """
        pipeline: makes the pipeline, which minds the gate; called when there is first something to do.
        watcher: notices changes; None to index on request only.
        notify: told what happens, on the indexing thread.
        """
        self.gate = Gate()
        """Held while a question is answered, so that it goes first, and while indexing is paused."""
        self._catalogue = catalogue
        self._make_pipeline = pipeline
        self._watcher = watcher
        self._notify = notify
        self._pipeline: Pipeline | None = None
        self._requests: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        self._followed: dict[Job, _Request] = {}
        self._offline: dict[str, str] = {}
        self._problem = ""
        self._rate: deque[tuple[float, int]] = deque()
        self._stopping = threading.Event()
        self._untidy = False
        """Whether there may be vectors of text that has gone."""
        self._pausing = threading.Lock()
        self._paused = False
        if catalogue.fact(PAUSED):
            self.pause()
        self._thread = threading.Thread(target=self._run, name="keeping", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops after what is being read and embedded now."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.stop()
        if self._pipeline is not None:
            self._pipeline.close()
        self._thread.join()

    def follow(self, source: str) -> Iterator[Progress | Report]:
        """Has a source looked at, and yields what comes of it; raises what prevents it."""
        if self._paused:
            self.look_again([source])
            raise IngestError(
                f"Indexing is paused: {source} is read when it goes on.",
                remedy="`carrel resume` ends the pause.",
            )
        events: queue.SimpleQueue[Progress | Report | Exception] = queue.SimpleQueue()
        self._requests.put(_Request(source, events))
        while True:
            event = events.get()
            if isinstance(event, Exception):
                raise event
            yield event
            if isinstance(event, Report):
                return

    def look_again(self, sources: Iterable[str]) -> None:
        """Has sources looked at, soon."""
        for source in sources:
            self._requests.put(_Request(source, None))

    def pause(self) -> None:
        """Stops indexing until `resume`, in this process and in those to come."""
        with self._pausing:
            if not self._paused:
                self._paused = True
                self.gate.hold()
                self._catalogue.set_fact(PAUSED, "yes")

    def resume(self) -> None:
        with self._pausing:
            if self._paused:
                self._paused = False
                self.gate.release()
                self._catalogue.set_fact(PAUSED, "")

    @property
    def activity(self) -> Activity:
        waiting = (
            self._pipeline.queue
            if self._pipeline
            else Queue(0, self._catalogue.chunks.count_without_vector(), ())
        )
        rate = self._files_per_second()
        left = waiting.files / rate if rate and waiting.files else None
        watcher = self._watcher
        return Activity(
            watching=watcher is not None,
            paused=self._paused,
            queue=waiting,
            files_per_second=rate,
            seconds_left=left,
            offline=dict(self._offline),
            problem=self._problem or (watcher.problem if watcher else ""),
        )

    # The thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._keep()
            except Exception as error:
                if self._stopping.is_set():
                    return  # Its pipeline was closed under it.
                # Not its text, which may be a document's.
                log.error("indexing failed (%s) and starts again", type(error).__name__)
                log.debug("where", exc_info=True)
                self._problem = f"indexing failed ({type(error).__name__}) and was started again"
                self._tell_followers(error)
                if self._pipeline is not None:
                    self._pipeline.close()
                    self._pipeline = None
                self._stopping.wait(AGAIN_S)
                self.look_again(self._catalogue.sources.paths() if self._watcher else ())

    def _keep(self) -> None:
        if self._watcher is not None:
            self._watcher.start()
        idle_since = time.monotonic()
        while not self._stopping.is_set():
            busy = self._pipeline is not None and not self._pipeline.idle
            self._listen(0.0 if busy else TICK_S)
            if self._pipeline is None:
                continue
            try:
                finished = self._pipeline.advance(TICK_S if busy else 0.0)
            except IngestError as error:
                self._suffer(error)
                continue
            if not self._pipeline.idle:
                self._untidy = True
                idle_since = time.monotonic()
            elif self._untidy and time.monotonic() - idle_since > PRUNE_S:
                self._untidy = False
                self._pipeline.prune()
            self._note_rate(self._pipeline.files_read)
            for job, request in self._followed.items():
                if request.events and not job.done:
                    request.events.put(job.progress)
            for job in finished:
                self._finish(job)
            if finished:
                self._problem = ""

    def _listen(self, timeout: float) -> None:
        """Takes up what is asked for and what is noticed, waiting up to `timeout` seconds for the first."""
        watcher = self._watcher
        try:
            request = self._requests.get(timeout=timeout if watcher is None else 0.0)
        except queue.Empty:
            pass
        else:
            self._look(request.source, None, request)
            return
        if watcher is None:
            return
        match watcher.next(timeout):
            case Scope(source, paths):
                self._look(source, paths, None)
            case Offline(source, reason) as event:
                self._offline[source] = reason
                self._notify(event)
            case Online(source) as event:
                self._offline.pop(source, None)
                self._notify(event)

    def _look(self, source: str, paths: Sequence[str] | None, request: _Request | None) -> None:
        try:
            if self._pipeline is None:
                self._pipeline = self._make_pipeline(self.gate)
            job = self._pipeline.look(source, paths)
        except CarrelError as error:
            if request is not None and request.events:
                request.events.put(error)
            else:
                log.warning("%s", error.message)
                self._problem = error.message
            return
        self._followed[job] = request or _Request(source, None)
        self._untidy = True
        if job.done:
            self._finish(job)

    def _finish(self, job: Job) -> None:
        report = job.report()
        request = self._followed.pop(job)
        if report.added or report.changed or report.moved or report.removed or report.failed:
            self._notify(Indexed(request.source, report))
        if request.events:
            request.events.put(report)

    def _suffer(self, error: IngestError) -> None:
        """A failure that is nobody's file: told, and after a while tried again."""
        if self._problem != error.message:
            log.warning("%s", error.message)
        self._problem = error.message
        self._tell_followers(error)
        self._stopping.wait(AGAIN_S)

    def _tell_followers(self, error: Exception) -> None:
        for job, request in self._followed.items():
            if request.events:
                request.events.put(error)
                self._followed[job] = _Request(request.source, None)

    # The rate

    def _note_rate(self, files: int) -> None:
        now = time.monotonic()
        if not self._rate or self._rate[-1][1] != files or now - self._rate[-1][0] > 1:
            self._rate.append((now, files))
        while self._rate[0][0] < now - RATE_S and len(self._rate) > 1:
            self._rate.popleft()

    def _files_per_second(self) -> float:
        rate = list(self._rate)
        if len(rate) < 2 or rate[-1][0] == rate[0][0]:
            return 0.0
        return (rate[-1][1] - rate[0][1]) / (rate[-1][0] - rate[0][0])
