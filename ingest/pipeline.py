"""Brings a library up to date with its sources, in overlapping stages: look, read, store, embed.

*Looking* walks a source, or some paths of it, and compares it with the catalogue: documents of deleted files
are dropped, moved files keep their data, and new and changed files are queued (`ingest.queueing`).
*Reading* opens, hashes, parses and chunks files on a few threads, each of which waits for a parser process.
*Storing* makes a document findable by its words. *Embedding* computes the missing vectors, mostly after all
that, the newest first; a document is *indexed* once it has all of them.

Only the thread that drives it calls `look` and `advance` and changes the bookkeeping. A file that cannot be
read does not stop the run; its reason is kept. After an interruption at any point, the next run continues
where this one stopped, and no text is embedded twice.

Called by the keeper and by reindexing.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from pathlib import Path
from typing import Any, assert_never

from ingest.catalogue import Catalogue, DocumentState, FileRecord
from ingest.documents import is_within
from ingest.embedding import Embedder
from ingest.errors import LacksMeans, OwnFile, UnreadableDocument
from ingest.gate import Gate
from ingest.handling import NO_RULES, Handling
from ingest.hardlinks import with_names, with_names_noted
from ingest.lifetimes import NO_LIMITS, Lifetimes
from ingest.mounts import require_reachable
from ingest.moves import find_moves
from ingest.parsers import media_type
from ingest.priorities import background_threads
from ingest.progress import Backlog, Job, Progress, Report
from ingest.queueing import FileInReading, QueuedFile, ReadingQueue
from ingest.reading import (
    DuplicateFile,
    FileReader,
    GoneFile,
    Parse,
    ParsedFile,
    ReadResult,
    StoppedFile,
    UnchangedFile,
    UnreadableFile,
)
from ingest.sources import Candidate, plan, walk, without_excluded, without_telling_names
from ingest.space import require_space
from ingest.vectorfilling import VectorFiller
from ingest.vectors import VectorStore

READERS = 2
"""Number of files that are read and parsed at the same time, besides those that turned out to be slow."""

SLOW_READERS = 2
"""Number of files that may take longer than others at the same time (`ingest.jail.FIRST_SECONDS`)."""

MAX_READ_AHEAD = 6
"""Maximum number of files that are being read, or read and not yet stored. It limits their memory."""


class Pipeline:
    """Brings a library up to date with its sources."""

    def __init__(
        self,
        catalogue: Catalogue,
        vectors: Callable[[], VectorStore],
        embedder: Callable[[], Embedder],
        parse: Parse,
        *,
        disk: Path,
        chunk_tokens: int,
        largest_file: int,
        lifetimes: Lifetimes = NO_LIMITS,
        handling: Handling = NO_RULES,
        gate: Gate | None = None,
        turn: "threading.RLock | None" = None,
    ) -> None:
        """
        vectors, embedder: return the index and the embedder, which take a second to load. They are called
        when they are needed, on several threads, and never when nothing has changed.
        disk: any path on the disk that holds the library.
        chunk_tokens: the target size of a chunk, in the embedder's tokens.
        largest_file: bytes; larger ones are skipped.
        lifetimes, handling: which files are too old or never read, and what is masked.
        gate: holds indexing up. turn: held while catalogue and vector index are changed together.
        """
        self.files_read = 0
        """Files read since the pipeline was made, including those that failed."""
        self._gate = gate or Gate()
        self._turn = turn or threading.RLock()
        self._catalogue = catalogue
        self._vectors = vectors
        self._embedder = embedder
        self._reader = FileReader(
            catalogue,
            embedder,
            parse,
            chunk_tokens=chunk_tokens,
            largest_file=largest_file,
            handling=handling,
        )
        self._filler = VectorFiller(catalogue, vectors, embedder, gate=self._gate, turn=self._turn)
        self._disk = disk
        self._largest_file = largest_file
        self._lifetimes = lifetimes
        self._handling = handling
        # What one document says about another is masked by the rules for the other.
        catalogue.descriptions.mask = handling.masked_text
        self._jobs: list[Job] = []
        self._waiting = ReadingQueue()
        self._slow_readers = threading.Semaphore(SLOW_READERS)
        self._reading: dict[Future[ReadResult | StoppedFile], FileInReading] = {}
        self._embedding: Future[tuple[int, list[str]]] | None = None
        self._embedded_at = time.monotonic()
        self._unembedded = True
        """Whether texts may be without a vector; at first, those of an interrupted run."""
        self._readers = background_threads(READERS + SLOW_READERS, "reading")
        self._embedders = background_threads(1, "embedding")
        self._stopping = False

    def update(self, source: str) -> Iterator[Progress | Report]:
        """Indexes new and changed files of `source` and drops the documents of deleted ones.

        Yields `Progress`, and finally a `Report`. Raises `IngestError` as `look` and `advance` do.
        """
        job = self.look(source)
        while not job.done:
            yield job.progress
            self.advance(0.5)
        self.prune()
        yield job.report()

    def prune(self) -> None:
        """Drops the vectors of deleted text. To be called when no work is left.

        They are not dropped at once, because a file that vanished from one path may appear at another.
        """
        with self._turn:
            if self._catalogue.chunks.has_dropped:
                index = self._vectors()  # Opened while what it keeps on disk fits the catalogue.
                index.remove(self._catalogue.chunks.delete_unused_vectors())

    def close(self) -> None:
        """Stops after the files and texts that are being read and embedded now."""
        self._stopping = True
        self._filler.stop()
        self._waiting.clear()
        self._readers.shutdown(cancel_futures=True)
        self._embedders.shutdown(cancel_futures=True)

    # Looking

    def look(self, source: str, paths: Sequence[str] | None = None) -> Job:
        """Compares a source, or what is at or below `paths` in it, with the catalogue.

        Documents of deleted files are dropped, those of moved files are moved, and the files to read are
        queued. Raises `IngestError` when the source cannot be reached; nothing is dropped then.
        """
        started = time.perf_counter()
        require_reachable(source, self._catalogue.sources.disk(source))
        roots = [source] if paths is None else list(paths)
        if paths is None:
            self._catalogue.codes.report(self._catalogue.codes.incomplete())
        known = self._catalogue.documents.file_records(roots)
        never = self._handling.counting()
        entries = walk(source, limit=self._largest_file, within=paths, left_out=never)
        excluded: list[str] = []
        wanted = without_excluded(entries, self._catalogue.exclusions.matcher(), excluded)
        wanted = without_telling_names(self._lifetimes.applied(wanted), source, self._handling.shown_path)
        stamps = {path: file.stamp for path, file in known.items()}
        names: dict[int, set[str]] = {}
        is_foreign = self._catalogue.sources.inner(source)
        changes = plan(with_names_noted(wanted, names), stamps, is_foreign=is_foreign)
        # A disk that was unmounted during the walk looks like an emptied folder.
        require_reachable(source, self._catalogue.sources.disk(source))
        with self._turn:
            moves = find_moves(source, changes, known, limit=self._largest_file, handling=self._handling)
            new_paths = {move.new for move in moves}
            self._catalogue.remove(new_paths & known.keys())
            self._catalogue.move(moves)
            old_paths = {move.old for move in moves}
            gone = tuple(path for path in changes.gone if path not in old_paths)
            self._catalogue.remove(gone)
            self._catalogue.documents.set_skipped(
                roots, [(entry.path, entry.reason) for entry in changes.skipped]
            )
        to_read = [candidate for candidate in changes.to_read if candidate.path not in new_paths]
        to_read = with_names(source, to_read, names, self._catalogue.documents, limit=self._largest_file)
        unread = {candidate.path for candidate in to_read}
        # Documents of an interrupted run.
        pending = (path for path in changes.unchanged if known[path].state is DocumentState.PENDING)
        unsettled = {path: known[path].stamp.mtime_ns for path in pending}
        self._unembedded = self._unembedded or bool(unsettled)
        job = Job(
            plan=changes,
            gone=gone,
            moved=len(moves),
            started=started,
            total=len(to_read),
            unread=unread,
            first=min(unread, default=source),
            unsettled=unsettled,
            excluded=tuple(excluded),
            never=never.count,
        )
        for candidate in to_read:
            self._queue(source, candidate, known.get(candidate.path), job)
        if not job.done:
            self._jobs.append(job)
        return job

    def _queue(self, source: str, candidate: Candidate, known: FileRecord | None, job: Job) -> None:
        for reading in self._reading.values():
            if reading.file.candidate == candidate:
                reading.file.jobs.append(job)
                job.reading[candidate.path] = None
                return
        earlier = self._waiting.get(candidate.path)
        jobs = [*earlier.jobs, job] if earlier else [job]
        self._waiting.push(QueuedFile(source, candidate, known, jobs))

    # Driving the stages

    @property
    def idle(self) -> bool:
        """Whether no work is left."""
        return not (self._waiting or self._reading or self._embedding or self._unembedded)

    @property
    def backlog(self) -> Backlog:
        """The work that remains. May be read on any thread."""
        reading = tuple(sorted(reading.file.candidate.path for reading in list(self._reading.values())))
        texts = self._catalogue.chunks.count_without_vector()
        return Backlog(len(self._waiting) + len(reading), texts, reading)

    def advance(self, timeout: float) -> list[Job]:
        """Takes every stage as far as it can go now; returns the jobs that are done with it.

        Waits up to `timeout` seconds for work in progress. Raises `IngestError` when the disk is nearly full,
        a store refuses a write or no parser can be started: nothing is lost, and a later call continues.
        """
        self._start()
        running: set[Future[Any]] = {*self._reading}
        if self._embedding:
            running.add(self._embedding)
        if running:
            wait(running, timeout, FIRST_COMPLETED)
        elif self._waiting or self._unembedded:
            self._gate.wait(timeout)
        for future in [future for future in self._reading if future.done()]:
            reading = self._reading.pop(future)
            if reading.is_slow:
                self._slow_readers.release()
            self._waiting.charge(reading.file.source, time.perf_counter() - reading.started)
            try:
                self._store(reading.file, future.result())
            except BaseException:
                self._requeue(reading.file)
                raise
        if not self._waiting and not self._reading:
            self._waiting.clear()
        if self._embedding and self._embedding.done():
            embedding, self._embedding, self._embedded_at = self._embedding, None, time.monotonic()
            try:
                self._settle(*embedding.result())
            except BaseException:
                self._unembedded = True
                raise
        finished = [job for job in self._jobs if job.done]
        self._jobs = [job for job in self._jobs if not job.done]
        return finished

    def _start(self) -> None:
        """Starts reading and embedding as far as possible, unless the gate is held."""
        if self._stopping or not self._gate.wait(0):
            return
        if self._waiting and len(self._reading) < MAX_READ_AHEAD:
            require_space(self._disk)
        while len(self._reading) < MAX_READ_AHEAD and (reading := self._next()):
            queued = reading.file
            for job in queued.jobs:
                job.reading[queued.candidate.path] = None
            digest = queued.known.digest if queued.known and not queued.known.is_due else None
            go_on = partial(self._may_go_on, reading)
            future = self._readers.submit(self._reader.read, queued.source, queued.candidate, digest, go_on)
            self._reading[future] = reading
        if self._unembedded and self._embedding is None and not self._waiting.comes_first(self._embedded_at):
            require_space(self._disk)
            self._unembedded = False
            self._embedding = self._embedders.submit(self._filler.fill, len(self._waiting))

    def _next(self) -> FileInReading | None:
        """The next file to read; None while all readers are busy, or when no file can be read now."""
        running = [reading for future, reading in self._reading.items() if not future.done()]
        busy = {reading.file.candidate.path for reading in self._reading.values()}
        if self._waiting.has_fresh:
            is_free = sum(not reading.is_slow for reading in running) < READERS
            file = self._waiting.pop(busy) if is_free else None
            return FileInReading(file) if file else None
        # Files that were stopped are read while no other file waits.
        if not self._waiting or not self._slow_readers.acquire(blocking=False):
            return None
        if file := self._waiting.pop_stopped(busy):
            return FileInReading(file, is_slow=True)
        self._slow_readers.release()
        return None

    def _may_go_on(self, reading: FileInReading) -> bool:
        """Whether a file that takes long is read to its end. Called on its reader's thread."""
        self._waiting.mark_slow(reading.file)
        if not reading.is_slow:
            reading.is_slow = not self._stopping and self._slow_readers.acquire(blocking=False)
        return reading.is_slow

    # Storing

    def _store(self, queued: QueuedFile, result: ReadResult | StoppedFile) -> None:
        """Writes the result of reading a file to the catalogue and counts it in its jobs."""
        path = queued.candidate.path
        for job in queued.jobs:
            job.reading.pop(path, None)
        if isinstance(result, StoppedFile):
            self._waiting.push_stopped(queued)
            return
        with self._turn:
            if self._is_wanted(path) and not self._store_result(queued, result):
                self._requeue(queued)
                return
        self.files_read += 1
        for job in queued.jobs:
            job.unread.discard(path)

    def _store_result(self, queued: QueuedFile, result: ReadResult) -> bool:
        """Returns False when the file has to be read again."""
        path = queued.candidate.path
        match result:
            case UnchangedFile(stamp):
                self._catalogue.documents.set_stamp(path, stamp)
                for job in queued.jobs:
                    job.touched += 1
            case GoneFile():
                pass  # Looking drops the document of a known file: it may be moving, or its disk away.
            case UnreadableFile(stamp, error):
                self._store_failure(queued, error, result)
            case ParsedFile(stamp, digest, document, pieces):
                self._catalogue.store(document, pieces, digest=digest, stamp=stamp)
                self._count_stored(queued, len(pieces))
            case DuplicateFile(stamp, original):
                if not self._catalogue.copy(original, path, stamp):
                    return False  # The original was removed meanwhile.
                self._count_stored(queued, 0)
            case _:
                assert_never(result)
        return True

    def _store_failure(self, queued: QueuedFile, error: UnreadableDocument, result: UnreadableFile) -> None:
        path = queued.candidate.path
        is_skipped = isinstance(error, LacksMeans | OwnFile)
        self._catalogue.store_failure(
            path,
            error.message,
            stamp=result.stamp,
            media_type=media_type(path),
            state=DocumentState.SKIPPED if is_skipped else DocumentState.FAILED,
        )
        for job in queued.jobs:
            (job.skipped if is_skipped else job.failed).append((path, error.message))

    def _count_stored(self, queued: QueuedFile, pieces: int) -> None:
        self._unembedded = True
        for job in queued.jobs:
            job.unsettled[queued.candidate.path] = queued.candidate.mtime_ns
            job.chunks += pieces
            if queued.known is None:
                job.added += 1
            else:
                job.changed += 1

    def _is_wanted(self, path: str) -> bool:
        """Whether a path still belongs to the library: it may be removed while it is being read."""
        is_in_source = any(is_within(path, source) for source in self._catalogue.sources.paths())
        return is_in_source and not self._catalogue.exclusions.matcher()(path)

    def _requeue(self, queued: QueuedFile) -> None:
        if self._waiting.get(queued.candidate.path) is None:
            self._waiting.push(queued)

    def _settle(self, embedded: int, indexed: Sequence[str]) -> None:
        """Counts, on the driving thread, a batch of embedded texts and the documents indexed with it."""
        # When nothing is left to embed and nothing was stored since, the other documents were removed.
        is_all_done = embedded == 0 and not self._unembedded
        for job in self._jobs:
            for path in list(job.unsettled) if is_all_done else indexed:
                job.unsettled.pop(path, None)
            job.embedded += embedded
        self._unembedded = self._unembedded or embedded > 0
