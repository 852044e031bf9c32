"""The thread that keeps a library up to date: it takes requests and reported changes, and drives indexing.

It drives the `Pipeline`, which belongs to one thread, and listens to the `Watcher` if the library is watched.
The caller that adds a source follows its own progress; all others see `Activity`. A condition that stops
indexing for a while (a full disk, a source that cannot be reached) is kept as a problem, shown in the status,
and retried; nothing is lost meanwhile. If the thread itself fails, it restarts with a fresh look.

Called by the owner. The catalogue alone decides what is a source.
"""

import logging
import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass

from ingest.catalogue import Catalogue
from ingest.errors import IngestError
from ingest.gate import Gate
from ingest.pipeline import Pipeline
from ingest.progress import Backlog, Job, Progress, Report
from ingest.scopes import Offline, Online, PostponedScopes, Scope
from ingest.watching import Watcher
from policies.errors import CarrelError

log = logging.getLogger(__name__)

TICK_S = 0.25
"""Maximum time before a request is noticed."""

RETRY_S = 5.0
"""Wait before a failure that concerns all files (a full disk) is retried."""

CLEAN_S = 10.0
"""Time without work before the remains of deleted text are erased. Twenty times the duration of the last
cleaning if that is longer, so that cleaning a large library after every change takes little of the time."""

SWEEP_S = 3600.0
"""Time between two sweeps of old data."""

RATE_WINDOW_S = 30.0
"""Time over which the rate of files per second is measured."""

PAUSED = "paused"
"""Name of the catalogue's fact that indexing is paused."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """Event: a job is done, and it changed the library."""

    source: str
    report: Report


@dataclass(frozen=True, slots=True)
class Activity:
    """The state of indexing."""

    watching: bool
    """Whether changes are noticed automatically."""
    paused: bool
    backlog: Backlog
    files_per_second: float
    """0 when nothing was read recently."""
    seconds_left: float | None
    """Estimated time until all files are read; None when it cannot be estimated."""
    offline: dict[str, str]
    """Sources that cannot be reached, with the reason."""
    problem: str
    """The condition that stops or delays indexing; empty when there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    """A source to look at."""

    source: str
    paths: Sequence[str] | None
    """What of it; None for all."""
    events: "queue.SimpleQueue[Progress | Report | Exception] | None"
    """Where a caller follows the job; None without one."""


class Disks(MutableMapping[str, str]):
    """The disk of each source when it was last reached, stored in the catalogue."""

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
    """Keeps the catalogue and the index of one library in line with its sources."""

    def __init__(
        self,
        catalogue: Catalogue,
        pipeline: Callable[[Gate], Pipeline],
        *,
        watcher: Watcher | None,
        notify: Callable[[Indexed | Offline | Online], None],
        clean: Callable[[], None] = lambda: None,
        sweep: Callable[[], object] = lambda: None,
    ) -> None:
        """Starts the thread.

        pipeline: makes a pipeline that uses the given gate; called when there is work for the first time.
        watcher: notices changes; None to index on request only.
        notify: receives events, on the indexing thread.
        clean: erases what is left of deleted text; called on the indexing thread when there is no other work.
        sweep: deletes what is too old; called there every `SWEEP_S` seconds if there is a watcher.
        """
        self.gate = Gate()
        """Held while a question is answered, which has priority, and while indexing is paused."""
        self._catalogue = catalogue
        self._make_pipeline = pipeline
        self._watcher = watcher
        self._notify = notify
        self._clean = clean
        self._sweep = sweep
        self._next_sweep = time.monotonic() if watcher else math.inf
        self._pipeline: Pipeline | None = None
        self._requests: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        self._jobs: dict[Job, _Request] = {}
        self._finished: deque[Job] = deque()
        """Jobs that are done and not yet reported."""
        self._postponed = PostponedScopes()
        """Scopes that could not be examined, and are tried again."""
        self._next_attempt = 0.0
        """When they are tried again, by `time.monotonic`."""
        self._offline: dict[str, str] = {}
        self._problem = ""
        self._rate: deque[tuple[float, int]] = deque()
        """Moments, and the number of files read by then."""
        self._stopping = threading.Event()
        self._needs_cleaning = False
        """Whether there may be vectors and words of deleted text."""
        self._idle_since, self._clean_after_s = time.monotonic(), CLEAN_S
        """Since when there is no work, and how long there must be none before they are erased."""
        self._pausing = threading.Lock()
        self._paused = False
        if catalogue.fact(PAUSED):
            self._hold()
        self._thread = threading.Thread(target=self._run, name="keeping", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops after the files and texts that are being read and embedded now."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.stop()
        if self._pipeline is not None:
            self._pipeline.close()
        self._thread.join()

    def follow(self, source: str, paths: Sequence[str] | None = None) -> Iterator[Progress | Report]:
        """Requests a look at a source, or at `paths` in it; yields progress and finally the report.

        Raises `IngestError` when indexing is paused (the source is then read after the pause), and every
        error that prevents the look.
        """
        if self._paused:
            self.look_again([source])
            raise IngestError(
                f"Indexing is paused. {source} will be read when it is resumed.",
                remedy="`carrel resume` ends the pause.",
            )
        events: queue.SimpleQueue[Progress | Report | Exception] = queue.SimpleQueue()
        self._requests.put(_Request(source, paths, events))
        while True:
            event = events.get()
            if isinstance(event, Exception):
                raise event
            yield event
            if isinstance(event, Report):
                return

    def look_again(self, sources: Iterable[str]) -> None:
        """Requests looks at sources, and returns at once."""
        for source in sources:
            self._requests.put(_Request(source, None, None))

    def clean_later(self) -> None:
        """Requests that deleted text is erased when there is no other work."""
        self._idle_since, self._needs_cleaning = time.monotonic(), True

    def pause(self) -> None:
        """Pauses indexing until `resume`, also in later processes. Raises `IngestError` if it cannot."""
        with self._pausing:
            if not self._paused:
                self._catalogue.set_fact(PAUSED, "yes")
                self._hold()

    def resume(self) -> None:
        """Ends a pause. Has no effect when indexing is not paused."""
        with self._pausing:
            if self._paused:
                self._catalogue.set_fact(PAUSED, "")
                self._paused = False
                self.gate.release()

    def _hold(self) -> None:
        self._paused = True
        self.gate.hold()

    @property
    def activity(self) -> Activity:
        """The state of indexing now."""
        pipeline, watcher = self._pipeline, self._watcher
        texts = 0 if pipeline else self._catalogue.chunks.count_without_vector()
        backlog = pipeline.backlog if pipeline else Backlog(0, texts, ())
        rate = self._files_per_second()
        return Activity(
            watching=watcher is not None,
            paused=self._paused,
            backlog=backlog,
            files_per_second=rate,
            seconds_left=backlog.files / rate if rate and backlog.files else None,
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
                    return  # `close` closed the pipeline meanwhile.
                # The message is left out, because it may quote a document.
                log.error("indexing failed (%s); restarting", type(error).__name__)
                log.debug("traceback", exc_info=True)
                self._problem = f"Indexing failed ({type(error).__name__}) and was restarted."
                self._tell_followers(error)
                if self._pipeline is not None:
                    self._pipeline.close()
                    self._pipeline = None
                self._jobs.clear()
                self._finished.clear()
                self._stopping.wait(RETRY_S)
                self.look_again(self._catalogue.sources.paths() if self._watcher else ())

    def _keep(self) -> None:
        if self._watcher is not None:
            self._watcher.start()
        self._idle_since = time.monotonic()
        while not self._stopping.is_set():
            busy = self._pipeline is not None and not self._pipeline.idle
            self._take_request(0.0 if busy else TICK_S)
            self._try_postponed()
            try:
                if time.monotonic() >= self._next_sweep:
                    self._next_sweep = time.monotonic() + SWEEP_S
                    self._sweep()
                if self._pipeline is not None:
                    self._finished += self._pipeline.advance(TICK_S if busy else 0.0)
                    self._report_finished()
                if self._pipeline is not None and not self._pipeline.idle:
                    self._needs_cleaning = True
                    self._idle_since = time.monotonic()
                is_due = self._needs_cleaning and time.monotonic() - self._idle_since > self._clean_after_s
                if is_due and self.gate.wait(0):  # A question would wait for it.
                    self._clean_up(self._pipeline)
                    self._idle_since = time.monotonic()
            except IngestError as error:
                self._wait_out(error)
                continue
            if self._pipeline is not None:
                self._note_rate(self._pipeline.files_read)
            for job, request in self._jobs.items():
                if request.events and not job.done:
                    request.events.put(job.progress)

    def _clean_up(self, pipeline: Pipeline | None) -> None:
        began = time.monotonic()
        if pipeline is not None:
            pipeline.prune()
        self._clean()
        self._needs_cleaning = False
        self._clean_after_s = max(CLEAN_S, 20 * (time.monotonic() - began))
        self._forget_problem()

    def _take_request(self, timeout: float) -> None:
        """Handles one request or one report of the watcher, waited for up to `timeout` seconds."""
        watcher = self._watcher
        try:
            request = self._requests.get(timeout=timeout if watcher is None else 0.0)
        except queue.Empty:
            pass
        else:
            self._look(request.source, request.paths, request)
            return
        if watcher is None:
            return
        match watcher.next(timeout):
            case Scope(source, paths):
                self._look(source, paths, None)
            case Offline(source, reason) as event:
                self._postponed.drop(source)  # The whole source is examined when it is back.
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
        except Exception as error:
            if request is not None and request.events:
                request.events.put(error)
            if not isinstance(error, CarrelError):
                raise
            if request is None or not request.events:
                self._postponed.put(source, paths)
                self._next_attempt = time.monotonic() + RETRY_S
                self._set_problem(error)
            return
        self._jobs[job] = request or _Request(source, None, None)
        self._needs_cleaning = True
        if job.done:
            self._finished.append(job)

    def _try_postponed(self) -> None:
        """Examines postponed scopes again when it is time."""
        if self._postponed and time.monotonic() >= self._next_attempt:
            known = self._catalogue.sources.paths()
            for scope in self._postponed.take():
                if scope.source in known:
                    self._look(scope.source, scope.paths, None)

    def _report_finished(self) -> None:
        """Reports the jobs that are done. One whose report fails is reported later."""
        while self._finished:
            job = self._finished[0]
            report, request = job.report(), self._jobs[job]
            if report.added or report.changed or report.moved or report.removed or report.failed:
                self._notify(Indexed(request.source, report))
            if request.events:
                request.events.put(report)
            del self._jobs[self._finished.popleft()]
            self._forget_problem()

    def _wait_out(self, error: IngestError) -> None:
        """Reports a failure that concerns no single file, and waits before the next attempt."""
        self._set_problem(error)
        self._tell_followers(error)
        self._stopping.wait(RETRY_S)

    def _set_problem(self, error: CarrelError) -> None:
        if self._problem != error.message:
            log.warning("%s", error.message)
        self._problem = error.message

    def _forget_problem(self) -> None:
        if not self._postponed:
            self._problem = ""

    def _tell_followers(self, error: Exception) -> None:
        for job, request in self._jobs.items():
            if request.events:
                request.events.put(error)
                self._jobs[job] = _Request(request.source, None, None)

    # The rate

    def _note_rate(self, files: int) -> None:
        now = time.monotonic()
        if not self._rate or self._rate[-1][1] != files or now - self._rate[-1][0] > 1:
            self._rate.append((now, files))
        while self._rate[0][0] < now - RATE_WINDOW_S and len(self._rate) > 1:
            self._rate.popleft()

    def _files_per_second(self) -> float:
        rate = list(self._rate)
        if len(rate) < 2 or rate[-1][0] == rate[0][0]:
            return 0.0
        return (rate[-1][1] - rate[0][1]) / (rate[-1][0] - rate[0][0])
