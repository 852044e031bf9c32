"""Sources brought up to date, by stages that overlap: look, read, store, embed.

*Looking* walks a source, or named paths of it, and compares with what the catalogue knows: files that
went are dropped, files that moved keep all they had, what is new or changed is queued, last changed
first. *Reading* (opening, hashing, parsing, chunking) runs on a few threads, each of which waits for a
parser in a process of its own. *Storing* makes a document findable by its words. *Embedding* gives the
texts that have no vector theirs, again those last changed first, and only then is a document *indexed*.

One thread drives: `look` and `advance` are called by it alone, and all bookkeeping is its own. A file that
cannot be read costs itself only: it is kept with its reason and the run goes on. Interrupted anywhere,
the next run goes on where this one stopped, and no text is embedded twice.

Called by the façade; it decides nothing about locks, seals or screens.
"""

import heapq
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ingest.catalogue import Catalogue, DocumentState, FileMove, FileRecord
from ingest.chunking import chunks
from ingest.documents import Chunk, Document, is_within
from ingest.embedding import Embedder
from ingest.errors import IngestError, NeedsOCR, UnreadableDocument
from ingest.mounts import away
from ingest.parsers import media_type
from ingest.sources import Candidate, Plan, Stamp, opened, plan, walk
from ingest.vectors import VectorIndex
from policies.hygiene import one_line

READERS = 2
"""Files read and parsed at the same time."""

AHEAD = 6
"""Files that are being read, or are read and not yet stored: what bounds the memory they take."""

EMBED_AT_ONCE = 128
"""Texts embedded between two commits: what a file that was just saved may have to wait for."""

TEXTS_A_FILE = 5
"""Texts that a file is expected to have at least, on average."""

FREE_BYTES = 64 << 20
"""Space (64 MiB) that must stay free on the library's disk; indexing stops before it is used up."""

Parse = Callable[[str, int, str], Document]
"""The document of the file at a path, read from an open descriptor, whose content has a SHA-256 digest.

Raises `UnreadableDocument`."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Event: how far indexing has come."""

    files_done: int
    files_total: int
    """Files to read in this run; those that have not changed are not among them."""
    path: str
    """The file last taken up."""


@dataclass(frozen=True, slots=True)
class Report:
    """What indexing a source did, in files where nothing else is said."""

    added: int
    changed: int
    moved: int
    unchanged: int
    gone: tuple[str, ...]
    """Paths whose document was dropped because the file is not there any more."""
    failed: tuple[tuple[str, str], ...]
    """Those that could not be read in this run: path and reason."""
    skipped: tuple[tuple[str, str], ...]
    """Those left out by rule: path and reason."""
    chunks: int
    """Chunks stored in this run."""
    embedded: int
    """Texts that were embedded while it ran: fewer than chunks where texts are known already."""
    seconds: float

    @property
    def removed(self) -> int:
        return len(self.gone)


@dataclass(frozen=True, slots=True)
class Queue:
    """What is still to do, for all sources together."""

    files: int
    """Waiting to be read."""
    texts: int
    """Chunks waiting for their vector."""
    reading: tuple[str, ...]
    """Files being read now."""


@dataclass(slots=True, eq=False)
class Job:
    """One look at a source, and what follows from it."""

    plan: Plan
    gone: tuple[str, ...]
    """Paths that held a document, moved ones not counted."""
    moved: int
    began: float
    total: int
    """Files it has queued."""
    unread: set[str]
    at: str
    """The file last taken up."""
    unsettled: set[str]
    """Stored, and not yet indexed."""
    added: int = 0
    changed: int = 0
    touched: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Those that had to be opened to know."""
    chunks: int = 0
    embedded: int = 0

    @property
    def done(self) -> bool:
        return not self.unread and not self.unsettled

    @property
    def progress(self) -> Progress:
        return Progress(self.total - len(self.unread), self.total, self.at)

    def report(self) -> Report:
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
            seconds=time.perf_counter() - self.began,
        )


@dataclass(frozen=True, slots=True)
class _Queued:
    """A file to read, for whom."""

    source: str
    candidate: Candidate
    before: FileRecord | None
    jobs: list[Job]


@dataclass(frozen=True, slots=True)
class _Read:
    """What reading a file gave: one of the last four says which way it went."""

    stamp: Stamp
    digest: str = ""
    touched: bool = False
    """Its content is as before."""
    same_as: str = ""
    """The path of a document with the same content."""
    failure: UnreadableDocument | None = None
    document: Document | None = None
    chunks: tuple[Chunk, ...] = ()


class Gate:
    """Lets background work through, unless somebody holds it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holders = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Work that has begun goes on to its next look; nothing else begins until this ends."""
        self.hold()
        try:
            yield
        finally:
            self.release()

    def hold(self) -> None:
        with self._changed:
            self._holders += 1

    def release(self) -> None:
        with self._changed:
            self._holders -= 1
            self._changed.notify_all()

    def wait(self, timeout: float) -> bool:
        """Waits until nobody holds it, `timeout` seconds at most; whether it is open."""
        with self._changed:
            return self._changed.wait_for(lambda: self._holders == 0, timeout)


class _Stopped(Exception):
    """Indexing ends while it waits."""


class Pipeline:
    """Brings a library up to date with its sources."""

    def __init__(
        self,
        catalogue: Catalogue,
        vectors: Callable[[], VectorIndex],
        embedder: Callable[[], Embedder],
        parse: Parse,
        *,
        disk: Path,
        chunk_tokens: int,
        largest_file: int,
        gate: Gate | None = None,
        turn: "threading.RLock | None" = None,
    ) -> None:
        """
        vectors, embedder: give the index and the embedder, which take a second to load; called whenever
        they are needed, on several threads, and never when nothing has changed.
        disk: any path on the disk the library lies on.
        chunk_tokens: what a chunk aims at, in the embedder's tokens.
        largest_file: bytes; larger files are skipped.
        gate: where others can hold indexing up.
        turn: held while catalogue and vector index are changed together.
        """
        self.files_read = 0
        """Since it was made, those that failed included."""
        self._gate = gate or Gate()
        self._turn = turn or threading.RLock()
        self._catalogue = catalogue
        self._vectors = vectors
        self._embedder = embedder
        self._parse = parse
        self._disk = disk
        self._chunk_tokens = chunk_tokens
        self._largest_file = largest_file
        self._jobs: list[Job] = []
        self._queued: dict[str, _Queued] = {}
        self._order: list[tuple[int, str]] = []
        """A heap of the queued: newest first; an entry whose path is no longer queued is stale."""
        self._reading: dict[Future[_Read], _Queued] = {}
        self._embedding: Future[tuple[int, list[str]]] | None = None
        self._unembedded = True
        """Whether texts may be waiting for their vector: at first, those of an interrupted run."""
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reading")
        self._embedders = ThreadPoolExecutor(1, thread_name_prefix="embedding")
        self._stopping = False

    def update(self, source: str) -> Iterator[Progress | Report]:
        """Indexes what is new or changed in `source` and drops what is gone.

        Yields `Progress` as it goes and one `Report` at the end. Raises `IngestError` when the source
        cannot be reached or the disk is nearly full.
        """
        job = self.look(source)
        while not job.done:
            yield job.progress
            self.advance(0.5)
        self.prune()
        yield job.report()

    def prune(self) -> None:
        """Drops the vectors of text that has gone; to be called when nothing is left to do.

        Not at once: a file that is gone from one place may be about to be found in another.
        """
        with self._turn:
            if gone := self._catalogue.chunks.delete_unused_vectors():
                self._vectors().remove(gone)

    def close(self) -> None:
        """Stops after what is being read and embedded now."""
        self._stopping = True
        self._queued.clear()
        self._readers.shutdown(cancel_futures=True)
        self._embedders.shutdown(cancel_futures=True)

    # Looking

    def look(self, source: str, paths: Sequence[str] | None = None) -> Job:
        """Compares a source, or what lies at or below `paths` in it, with the catalogue.

        What went is dropped, what moved is moved, and the files to read are queued. Raises
        `IngestError` when the source cannot be reached: then nothing is dropped.
        """
        began = time.perf_counter()
        self._require_there(source)
        roots = [source] if paths is None else list(paths)
        excluded = self._catalogue.sources.excluded()
        known = self._catalogue.documents.file_records(roots)
        found = [
            entry
            for entry in walk(source, limit=self._largest_file, within=paths)
            if not _is_within_any(entry.path, excluded)
        ]
        changes = plan(found, {path: file.stamp for path, file in known.items()})
        # A disk that went while it was walked looks like a folder that was emptied.
        self._require_there(source)
        with self._turn:
            moves = self._moves(source, changes, known)
            arrived = {move.new for move in moves}
            self._catalogue.remove(arrived & known.keys())
            self._catalogue.move(moves)
            left = {move.old for move in moves}
            gone = tuple(path for path in changes.gone if path not in left)
            self._catalogue.remove(gone)
            self._catalogue.documents.set_skipped(
                roots, [(entry.path, entry.reason) for entry in changes.skipped]
            )
        waiting = [candidate for candidate in changes.to_read if candidate.path not in arrived]
        unread = {candidate.path for candidate in waiting}
        # Those of an interrupted run.
        unsettled = {path for path in changes.unchanged if known[path].state is DocumentState.PENDING}
        self._unembedded = self._unembedded or bool(unsettled)
        job = Job(
            changes, gone, len(moves), began, len(waiting), unread, min(unread, default=source), unsettled
        )
        for candidate in waiting:
            self._queue(source, candidate, known.get(candidate.path), job)
        if not job.done:
            self._jobs.append(job)
        return job

    def _require_there(self, source: str) -> None:
        reason = away(os.path.realpath(source), self._catalogue.sources.disk(source))
        if reason:
            raise IngestError(
                f"cannot reach {one_line(source)}: {reason}",
                remedy="Check the path, and that its disk is there.",
            )

    def _moves(self, source: str, changes: Plan, known: dict[str, FileRecord]) -> list[FileMove]:
        """The files that went and are found again, with the same content, at a path that is to be read."""
        went: dict[int, list[str]] = {}
        for path in changes.gone:
            if known[path].state is DocumentState.INDEXED:
                went.setdefault(known[path].stamp.size, []).append(path)
        moves = []
        for candidate in changes.to_read:
            if not went.get(candidate.size):
                continue
            try:
                with opened(source, candidate.path, limit=self._largest_file) as file:
                    digest, stamp = file.digest(), file.stamp
            except UnreadableDocument:
                continue  # Reading it will say why.
            kind = media_type(candidate.path)
            for old in went[candidate.size]:
                if known[old].digest == digest and media_type(old) == kind:
                    went[candidate.size].remove(old)
                    moves.append(FileMove(old, candidate.path, stamp))
                    break
        return moves

    def _queue(self, source: str, candidate: Candidate, before: FileRecord | None, job: Job) -> None:
        for reading in self._reading.values():
            if reading.candidate == candidate:
                reading.jobs.append(job)
                return
        earlier = self._queued.get(candidate.path)
        jobs = [*earlier.jobs, job] if earlier else [job]
        self._queued[candidate.path] = _Queued(source, candidate, before, jobs)
        heapq.heappush(self._order, (-candidate.mtime_ns, candidate.path))

    # Going on

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do."""
        return not (self._queued or self._reading or self._embedding or self._unembedded)

    @property
    def queue(self) -> Queue:
        reading = tuple(sorted(queued.candidate.path for queued in list(self._reading.values())))
        return Queue(len(self._queued) + len(reading), self._catalogue.chunks.count_without_vector(), reading)

    def advance(self, timeout: float) -> list[Job]:
        """Takes every stage as far as it can go now; returns the jobs that were thereby finished.

        Waits up to `timeout` seconds when there is nothing to do before something else is finished.
        Raises `IngestError` when the disk is nearly full or a store refuses: nothing is lost, and a
        later call goes on.
        """
        self._start()
        running: set[Future[object]] = {*self._reading}  # type: ignore[arg-type]
        if self._embedding:
            running.add(self._embedding)  # type: ignore[arg-type]
        if running:
            wait(running, timeout, FIRST_COMPLETED)
        elif self._queued or self._unembedded:
            self._gate.wait(timeout)
        for future in [future for future in self._reading if future.done()]:
            queued = self._reading.pop(future)
            try:
                self._store(queued, future.result())
            except BaseException:
                self._requeue(queued)
                raise
        if self._embedding and self._embedding.done():
            embedding, self._embedding = self._embedding, None
            try:
                self._settled(*embedding.result())
            except BaseException:
                self._unembedded = True
                raise
        finished = [job for job in self._jobs if job.done]
        self._jobs = [job for job in self._jobs if not job.done]
        return finished

    def _start(self) -> None:
        """Starts what can be started, unless somebody holds the gate."""
        if self._stopping or not self._gate.wait(0):
            return
        if self._order and len(self._reading) < AHEAD:
            self._require_space()
        held = []
        while self._order and len(self._reading) < AHEAD:
            item = heapq.heappop(self._order)
            path = item[1]
            if any(queued.candidate.path == path for queued in self._reading.values()):
                held.append(item)
            elif queued := self._queued.pop(path, None):
                for job in queued.jobs:
                    job.at = path
                self._reading[self._readers.submit(self._read, queued)] = queued
        for item in held:
            heapq.heappush(self._order, item)
        if self._unembedded and self._embedding is None:
            self._require_space()
            self._unembedded = False
            self._embedding = self._embedders.submit(self._embed)

    # Reading, on a reader's thread

    def _read(self, queued: _Queued) -> _Read:
        candidate = queued.candidate
        path = candidate.path
        # A stamp no file has: one that cannot be opened is tried on every run, because what opens it
        # (a permission, a hard link that goes) changes neither its size nor its time.
        stamp = Stamp(candidate.size, 0)
        try:
            with opened(queued.source, path, limit=self._largest_file) as file:
                digest = file.digest()
                stamp = file.stamp
                if queued.before is not None and queued.before.digest == digest:
                    return _Read(stamp, digest, touched=True)
                same = self._catalogue.documents.path_of_content(digest, media_type(path), preferred=path)
                if same == path:  # Another look had it read meanwhile.
                    return _Read(stamp, digest, touched=True)
                if same:
                    return _Read(stamp, digest, same_as=same)
                document = self._parse(path, file.descriptor, digest)
                file.check()
        except UnreadableDocument as error:
            return _Read(stamp, failure=error)
        pieces = tuple(chunks(document, self._embedder().count, self._chunk_tokens))
        return _Read(stamp, digest, document=document, chunks=pieces)

    # Storing

    def _store(self, queued: _Queued, read: _Read) -> None:
        """One file into the catalogue, as a pending document or with the reason why not."""
        path = queued.candidate.path
        with self._turn:
            if not self._is_wanted(path):
                pass  # Removed while it was being read.
            elif read.touched:
                self._catalogue.documents.set_stamp(path, read.stamp)
                for job in queued.jobs:
                    job.touched += 1
            elif read.failure:
                needs_ocr = isinstance(read.failure, NeedsOCR)
                state = DocumentState.SKIPPED if needs_ocr else DocumentState.FAILED
                reason = read.failure.message
                kind = media_type(path)
                self._catalogue.documents.set_failed(
                    path, reason, stamp=read.stamp, media_type=kind, state=state
                )
                for job in queued.jobs:
                    (job.skipped if needs_ocr else job.failed).append((path, reason))
            elif read.document:
                self._catalogue.store(read.document, read.chunks, digest=read.digest, stamp=read.stamp)
                self._stored(queued, len(read.chunks))
            elif self._catalogue.copy(read.same_as, path, read.stamp):
                self._stored(queued, 0)
            else:  # The other went meanwhile, so this one is read.
                self._requeue(queued)
                return
        self.files_read += 1
        for job in queued.jobs:
            job.unread.discard(path)

    def _is_wanted(self, path: str) -> bool:
        return _is_within_any(path, self._catalogue.sources.paths()) and not _is_within_any(
            path, self._catalogue.sources.excluded()
        )

    def _stored(self, queued: _Queued, pieces: int) -> None:
        self._unembedded = True
        for job in queued.jobs:
            job.unsettled.add(queued.candidate.path)
            job.chunks += pieces
            if queued.before is None:
                job.added += 1
            else:
                job.changed += 1

    def _requeue(self, queued: _Queued) -> None:
        self._queued.setdefault(queued.candidate.path, queued)
        heapq.heappush(self._order, (-queued.candidate.mtime_ns, queued.candidate.path))

    # Embedding, on its own thread

    def _embed(self) -> tuple[int, list[str]]:
        """Gives some waiting texts their vectors; returns how many, and the documents now indexed."""
        waiting = self._catalogue.chunks.texts_to_embed(EMBED_AT_ONCE)
        if not waiting:
            return 0, self._catalogue.documents.mark_indexed()
        embedder = self._embedder()
        embedder.expect(self._catalogue.chunks.count_without_vector() + TEXTS_A_FILE * len(self._queued))
        try:
            vectors = embedder.embed(list(waiting.values()), between=self._give_way)
        except _Stopped:
            return 0, []
        names = list(waiting)
        with self._turn:
            wanted = self._catalogue.chunks.ids_by_vector(names)
            kept = [place for place, name in enumerate(names) if name in wanted]
            # In this order: what the catalogue holds is never embedded again, so the index has it first.
            self._vectors().upsert([names[place] for place in kept], vectors[kept])
            self._catalogue.chunks.store_vectors([names[place] for place in kept], vectors[kept])
        return len(names), self._catalogue.documents.mark_indexed()

    def _give_way(self) -> None:
        """Waits while a question is answered."""
        while not self._gate.wait(0.1):
            if self._stopping:
                raise _Stopped

    def _settled(self, embedded: int, paths: Iterable[str]) -> None:
        indexed = set(paths)
        # With nothing left to embed and nothing stored since, what is not indexed by now has been removed.
        all_done = embedded == 0 and not self._unembedded
        for job in self._jobs:
            job.unsettled = set() if all_done else job.unsettled - indexed
            job.embedded += embedded
        self._unembedded = self._unembedded or embedded > 0

    def _require_space(self) -> None:
        free = shutil.disk_usage(self._disk).free
        if free < FREE_BYTES:
            raise IngestError(
                f"The disk is nearly full: {free >> 20} MiB are left beside {self._disk}. Nothing is lost.",
                remedy="Free some space and run the command again; it goes on where it stopped.",
            )


def _is_within_any(path: str, roots: Sequence[str]) -> bool:
    return any(is_within(path, root) for root in roots)
