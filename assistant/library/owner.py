"""The owner: the one process that holds a library, and the façade in it.

`Owner` adds threads to an opened library (`assistant.library.opened`). Questions are answered one at a time
on a thread of their own, sources are indexed on another, and indexing waits while a question is answered.
Holding an `Owner` means holding the library's lock. Any number of threads may call it.

The process is sealed before an `Owner` is made; nothing here seals or checks the seal.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from assistant.answers.answering import require_short
from assistant.answers.reranking import LIKELIHOOD
from assistant.config import Config
from assistant.dialogue import DEFAULT_ASKING, Answer, Asking, Event, Queued, Search, Turn
from assistant.engine import Engine
from assistant.library import rereading
from assistant.library.facade import AddedPath, Indexing, SourceStatus, Status
from assistant.library.host import HostFacts
from assistant.library.opened import Library
from assistant.library.receipts import Forgotten, Swept
from assistant.library.records import LibraryRecords
from assistant.library.sourcing import added
from assistant.library.sweeping import sweep
from assistant.library.texts import LibraryTexts, require
from assistant.library.threads import ConfiningThread
from assistant.models.finding import VerifiedModel
from assistant.summary import Length, Summary, SummaryProgress
from ingest.documents import is_within
from ingest.embedding import Embedder
from ingest.errors import IngestError
from ingest.gate import Gate
from ingest.jail import Jail
from ingest.keeper import Disks, Indexed, Keeper
from ingest.lock import Lock
from ingest.mounts import unreachable_reason
from ingest.progress import Progress, Report
from ingest.scopes import Offline, Online
from ingest.selection import EVERYTHING, Selection
from ingest.watching import Watcher
from policies import network

MOST_PASSAGES = 100
"""Passages of one search."""

MOST_TEXTS = 64
"""Texts that are embedded by one call."""

LONGEST_TEXT = 32_768
"""Characters of a text that is embedded."""

LONGEST_NAME = 200
"""Characters of the id of a conversation, and of the topic of a summary."""

T = TypeVar("T")

Notice = Indexed | Offline | Online
"""An event about a source."""


class Owner(HostFacts, LibraryTexts, LibraryRecords):
    """One library, owned by this process until `close`. Implements `Assistant`."""

    def __init__(
        self,
        folder: Path,
        config: Config,
        *,
        lock: Lock | None = None,
        watching: bool = False,
        notify: Callable[[Notice], None] = lambda notice: None,
        embedder: Embedder | None = None,
        engine: Engine | None = None,
        jail: Jail | None = None,
        read_only: bool = False,
    ) -> None:
        """Opens the library in `folder`, and creates it when it is new.

        lock: the library's, if the caller holds it already. Released by `close`.
        watching: whether to notice changes in the sources.
        notify: called with events about the sources, on the indexing thread.
        embedder, engine, jail, read_only: as in `Library`.
        Raises `LibraryBusy` when another process owns the library, `LibraryDamaged` when its catalogue
        cannot be used.
        """
        super().__init__(
            folder, max_file_bytes=config.index.max_file_mb << 20, handling=config.policies.handling
        )
        self._notify = notify
        self._lock = None if read_only else lock or Lock(folder)
        self._answering = ConfiningThread("answering")
        try:
            self._library = Library(
                folder,
                config,
                embedder=embedder,
                engine=engine,
                jail=jail,
                run_on_engine_thread=self._answering.run,
                read_only=read_only,
            )
        except BaseException:
            self._release()
            raise
        self._catalogue = self._library.catalogue
        self._library.audit.note("opened", "under the seal" if network.sealed() else "without a seal")
        watcher = Watcher(self._catalogue.sources.paths, disks=Disks(self._catalogue)) if watching else None
        self._keeper = Keeper(
            self._catalogue,
            self._library.pipeline,
            watcher=watcher,
            notify=self._handle_notice,
            clean=self._library.clean,
            sweep=lambda: self.sweep(dry_run=False),
        )
        self._library.eraser.clean_later = self._keeper.clean_later

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops all work, closes the library and releases its lock."""
        self._answering.stop()
        self._keeper.close()
        self._answering.close()
        self._library.close()
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()

    # Sources and documents

    def add(self, path: Path) -> Iterator[Progress | Report]:
        """Adds a source, and follows its indexing on the background thread."""
        sourced = self._library.add_source(path)
        return self._keeper.follow(sourced.source, sourced.scope)

    def add_sources(self, paths: list[Path]) -> list[AddedPath]:
        """Makes each of `paths` a source, without indexing them."""
        return [added(self._library.add_source, path) for path in paths]

    def remove(self, path: Path) -> Forgotten:
        """Forgets the documents at or below `path`."""
        return self._library.remove(path, copies=False)

    def forget(self, path: Path) -> Forgotten:
        """Forgets the documents at or below `path` and all copies of them."""
        return self._library.remove(path, copies=True)

    def sweep(self, *, dry_run: bool) -> Swept:
        """Deletes what is older than the configuration allows."""
        return sweep(self._library, dry_run=dry_run)

    def retry(self, path: Path | None) -> int:
        """Schedules another attempt at files that could not be read, or whose text was altered."""
        sources = self._catalogue.sources.paths()
        roots = sources if path is None else [str(path.resolve())]
        count = self._library.retry(roots)
        self._keeper.look_again(
            source
            for source in sources
            if any(is_within(root, source) or is_within(source, root) for root in roots)
        )
        return count

    @property
    def gate(self) -> Gate | None:
        """Where other work on this machine waits for the questions; None while indexing is paused."""
        return None if self._keeper.activity.paused else self._keeper.gate

    @property
    def opened(self) -> Library:
        """The open library."""
        return self._library

    def pause(self) -> None:
        """Stops indexing until `resume`."""
        self._keeper.pause()

    def resume(self) -> None:
        """Continues indexing."""
        self._keeper.resume()

    def status(self) -> Status:
        """The library at a glance."""
        activity = self._keeper.activity
        stored = self._catalogue.sources
        return Status(
            library=self._library.folder,
            # Where nothing is watched, nobody has noticed yet.
            sources=tuple(
                SourceStatus(path, activity.offline.get(path) or unreachable_reason(path, stored.disk(path)))
                for path in stored.paths()
            ),
            counts=self._catalogue.counts(),
            indexing=Indexing(
                watching=activity.watching,
                paused=activity.paused,
                files=activity.backlog.files,
                texts=activity.backlog.texts,
                reading=activity.backlog.reading,
                files_per_second=activity.files_per_second,
                seconds_left=activity.seconds_left,
                problem=activity.problem,
            ),
        )

    # Models

    def models(self) -> dict[str, VerifiedModel]:
        """The configured models by role, checked against their pins."""
        return self._library.models()

    def use(self, target: str, draft: str) -> None:
        """Answers with these language models from the next question on."""
        self._library.use(target, draft)

    # Questions

    def search(self, query: str, k: int, *, selection: Selection = EVERYTHING) -> Search:
        """The `k` best passages for `query`. Uses the answering thread if the reranker needs the engine."""

        require_short(query)
        query = self._library.handling.masked_question(query)
        require("number of passages", k, MOST_PASSAGES)

        def run() -> Search:
            retriever = self._library.retriever()
            with self._catalogue.unchanged():  # So it does not wait for changes either.
                search = retriever.search(query, k, documents=retriever.document_keys(selection))
                return self._library.checked(search)

        if self._library.config.models.reranker == LIKELIHOOD:
            # The reranker uses the engine.
            (search,) = self._stream(lambda stopped: iter([run()]))
            return search
        with self._keeper.gate.searching():
            return run()

    def ask(
        self,
        question: str,
        *,
        conversation: str = "",
        asking: Asking = DEFAULT_ASKING,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[Event]:
        """Answers `question` on the answering thread, and keeps the answer if the configuration says so."""
        require("length of the conversation's id", len(conversation) or 1, LONGEST_NAME)
        question = self._library.handling.masked_question(question)

        def answer(stopped: Callable[[], bool]) -> Iterator[Event]:
            history = self._library.history
            earlier = history.turns(conversation) if conversation else []
            for event in self._answer(question, earlier, asking, lambda: cancelled() or stopped()):
                if isinstance(event, Answer) and self._library.config.answers.history:
                    event = self._kept(conversation, asking, event)
                yield event

        return self._stream(answer, told=Queued)

    def _kept(self, conversation: str, asking: Asking, answer: Answer) -> Answer:
        """Saves the answer. If that fails, the returned answer says so and is otherwise the same."""
        try:
            self._library.keep(conversation, asking, answer)
        except IngestError as error:
            return replace(answer, unkept=error.message)
        return answer

    def summarize(
        self,
        path: Path,
        *,
        length: Length = Length.MEDIUM,
        focus: str = "",
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[SummaryProgress | Summary]:
        """Summarizes a document on the answering thread."""
        require("length of the topic", len(focus) or 1, LONGEST_NAME)
        focus = self._library.handling.masked_question(focus)
        read = rereading.document(self._library, str(path))

        def summarize(stopped: Callable[[], bool]) -> Iterator[SummaryProgress | Summary]:
            summarizer = rereading.summarizer(self._library, read, length=length, focus=focus)
            return summarizer.summarize(read, cancelled=lambda: cancelled() or stopped())

        return self._stream(summarize)

    def embed(self, texts: list[str]) -> list[list[float]]:
        """One unit vector per text. The cache of vectors is left as it is."""
        require("number of texts", len(texts), MOST_TEXTS)
        require("length of a text", max(map(len, texts)) or 1, LONGEST_TEXT)
        with self._keeper.gate.searching():
            vectors = self._library.embedder.get().embed(texts)
        return [[float(value) for value in vector] for vector in vectors]

    def replay(self, key: str, *, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        """Asks the question of a kept turn again."""
        turn = self.turn(key)
        earlier = [other for other in self.turns(turn.conversation) if other.at < turn.at]
        question = turn.answer.question
        return self._stream(
            lambda stopped: self._answer(question, earlier, turn.asking, lambda: cancelled() or stopped()),
            told=Queued,
        )

    def _answer(
        self, question: str, earlier: Sequence[Turn], asking: Asking, cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        answers = [turn.answer for turn in earlier]
        answerer = self._library.answerer()
        for event in answerer.ask(question, earlier=answers, asking=asking, cancelled=cancelled):
            if isinstance(event, Answer):
                yield self._library.checked(event)
            else:
                yield event

    def _stream(
        self,
        work: Callable[[Callable[[], bool]], Iterator[T]],
        *,
        told: Callable[[int], T] | None = None,
    ) -> Iterator[T]:
        """Does `work` on the answering thread while indexing waits, except for its turns.

        told: makes the event that says how many questions are answered before.
        """
        gate = self._keeper.gate

        def run(stopped: Callable[[], bool]) -> Iterator[T]:
            with gate.held():
                for event in work(stopped):
                    yield event
                    gate.give_way()

        return self._answering.stream(run, told=told)

    # Events

    def _handle_notice(self, notice: Notice) -> None:
        """Forgets documents that disappeared or changed, then passes the event on. On the indexing thread."""
        if isinstance(notice, Indexed) and (names := self._catalogue.codes.names_read()):
            self._library.audit.note("read", f"documents: {len(names):,}", names)
        if isinstance(notice, Indexed) and self._catalogue.has_remains:
            self._library.forget(notice.report.gone)
        self._notify(notice)
