"""The owner: the one process that holds a library, and the façade in it.

Holding an `Owner` means holding the library's lock. Models and the vector index are loaded when first
needed and kept: listing documents loads nothing, searching loads no language model. Any number of
threads may call it. Questions are answered one after the other on a thread of their own, sources are
indexed on another, and a question holds indexing up while it is answered.

The process is sealed before one is made; nothing here seals or checks the seal.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from assistant.answers import filters
from assistant.answers.answering import Answerer, AnswerLimits
from assistant.answers.reranking import LIKELIHOOD, CrossEncoderReranker, LikelihoodReranker, Reranker
from assistant.answers.retrieval import Retriever
from assistant.answers.sentences import CachingEmbedder
from assistant.config import Config, cache_folder
from assistant.dialogue import DEFAULT_ASKING, Answer, Asking, Conversation, Event, Search, Turn
from assistant.engine import Engine, Sampling, kvcache
from assistant.errors import NotKept
from assistant.library import summaries as keptsummaries
from assistant.library.audit import Audit, Deed
from assistant.library.facade import Indexing, Source, Status
from assistant.library.history import History
from assistant.library.threads import Line
from assistant.models.finding import VerifiedModel, find_embedder, find_reranker, find_target, open_target
from ingest.catalogue import Catalogue, DocumentEntry
from ingest.chunking import EMBEDDED_FORM
from ingest.documents import Locator, Picture, is_within
from ingest.embedding import Embedder, OnnxEmbedder
from ingest.errors import IngestError
from ingest.jail import Jail, open_jail
from ingest.keeper import Disks, Indexed, Keeper
from ingest.lock import Lock
from ingest.pipeline import Gate, Pipeline, Progress, Report
from ingest.sources import opened
from ingest.vectors import VectorIndex
from ingest.watching import Offline, Online, Watcher
from policies import network

T = TypeVar("T")

Notice = Indexed | Offline | Online
"""What becomes of a source."""

FINGERPRINT = "fingerprint"
"""Name of the catalogue's fact that says how its vectors were made."""

PROMPTS = Path("cache", "kv")
"""In the library: prompts kept between runs."""


class Owner:
    """One library, owned by this process until closed. Implements `Assistant`."""

    def __init__(
        self,
        library: Path,
        config: Config,
        *,
        lock: Lock | None = None,
        watching: bool = False,
        notify: Callable[[Notice], None] = lambda notice: None,
    ) -> None:
        """Opens the library in folder `library`, making it when it is new.

        lock: the library's, where the caller holds it already; it is released on closing.
        watching: whether changes in the sources are noticed by themselves.
        notify: told what becomes of the sources, on the indexing thread.
        Raises `LibraryBusy` when another process owns it, `LibraryDamaged` when its catalogue
        cannot be used.
        """
        self._folder = library
        self._config = config
        self._notify = notify
        self._lock = lock or Lock(library)
        try:
            self._catalogue = Catalogue(library / "catalogue.db")
            self._history = History(library / "history.db")
            self._audit = Audit(library / "audit.jsonl")
        except BaseException:
            self._lock.release()
            raise
        self._audit.note("opened", "under the seal" if network.sealed() else "without a seal")
        self._changing = threading.RLock()
        """Held while catalogue and vector index are changed together, or the index is opened."""
        self._answering = Line("answering")
        watcher = Watcher(self._catalogue.sources.paths, disks=Disks(self._catalogue)) if watching else None
        self._keeper = Keeper(self._catalogue, self._pipeline, watcher=watcher, notify=self._happened)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops what is going on and gives the library back."""
        self._answering.stop()
        self._keeper.close()
        self._answering.close()
        loaded = self.__dict__
        if "_engine" in loaded:
            self._engine.close()
        if "_loaded_jail" in loaded:
            self._loaded_jail.close()
        self._history.close()
        self._catalogue.close()
        self._lock.release()

    # What the library holds

    def add(self, path: Path) -> Iterator[Progress | Report]:
        root = path.resolve()
        if not root.exists():
            raise IngestError(
                f"There is no file or folder {path}.", remedy="Check the path; quote it if it holds spaces."
            )
        if self._folder.resolve().is_relative_to(root):
            raise IngestError(
                f"{path} holds the library itself ({self._folder}).",
                remedy="Add the folders with your documents, or keep the library elsewhere with --library.",
            )
        if str(root) not in self._catalogue.sources.paths():
            self._catalogue.sources.add(str(root))
            self._audit.note("added", "a source")
        return self._keeper.follow(str(root))

    def remove(self, path: Path) -> int:
        root = str(path.resolve())
        with self._changing:
            sources = self._catalogue.sources.paths()
            known = self._catalogue.documents.file_records([root])
            if not known and not any(is_within(source, root) for source in sources):
                raise IngestError(
                    f"{path} is not in the library.",
                    remedy="`carrel ls` lists what is, and `carrel status` the sources.",
                )
            if any(is_within(root, source) for source in sources if source != root):
                self._catalogue.sources.exclude(root)
            self._catalogue.sources.remove(root)
            self._catalogue.remove(known)
            gone = self._catalogue.chunks.delete_unused_vectors()
            self._catalogue.purge()
            if "_loaded_vectors" in self.__dict__:
                self._loaded_vectors.remove(gone)
        self._history.forget_documents(known)
        keptsummaries.forget(self._folder, known)
        self._forget_read()
        self._audit.note("forgot", f"documents on request: {len(known):,}")
        return len(known)

    def retry(self, path: Path | None) -> int:
        sources = self._catalogue.sources.paths()
        roots = sources if path is None else [str(path.resolve())]
        count = sum(self._catalogue.documents.retry_failed(root) for root in roots)
        self._keeper.look_again(
            source
            for source in sources
            if any(is_within(root, source) or is_within(source, root) for root in roots)
        )
        return count

    def pause(self) -> None:
        self._keeper.pause()

    def resume(self) -> None:
        self._keeper.resume()

    def holds(self, path: Path) -> bool:
        known = self._catalogue.documents.file_records([str(path.resolve())])
        return any(file.digest is not None for file in known.values())

    def entries(self) -> list[DocumentEntry]:
        return self._catalogue.documents.entries()

    def status(self) -> Status:
        activity = self._keeper.activity
        return Status(
            library=self._folder,
            sources=tuple(
                Source(path, activity.offline.get(path, "")) for path in self._catalogue.sources.paths()
            ),
            counts=self._catalogue.counts(),
            indexing=Indexing(
                watching=activity.watching,
                paused=activity.paused,
                files=activity.queue.files,
                texts=activity.queue.texts,
                reading=activity.queue.reading,
                files_per_second=activity.files_per_second,
                seconds_left=activity.seconds_left,
                problem=activity.problem,
            ),
        )

    def models(self) -> dict[str, VerifiedModel]:
        models = self._config.models
        found = {
            "embedder": find_embedder(models.embedder, library=self._folder),
            "target": find_target(models.target, library=self._folder),
        }
        return found | ({"draft": find_target(models.draft, library=self._folder)} if models.draft else {})

    # What can be asked of it

    def search(self, query: str, k: int, *, dense_weight: float | None = None) -> Search:
        words, selection = filters.parsed(query)

        def found() -> Search:
            retriever = self._retriever
            documents = [key for key, _ in retriever.select(selection)] if selection else None
            return retriever.search(words, k, documents=documents, dense_weight=dense_weight)

        if self._config.models.reranker == LIKELIHOOD:  # It computes on the answering thread.
            (search,) = self._first(lambda left: iter([found()]))
            return search
        with self._keeper.gate.held():
            return found()

    def ask(
        self,
        question: str,
        *,
        conversation: str = "",
        asking: Asking = DEFAULT_ASKING,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[Event]:
        def answer(left: Callable[[], bool]) -> Iterator[Event]:
            earlier = self._history.turns(conversation) if conversation else []
            for event in self._asked(question, earlier, asking, lambda: cancelled() or left()):
                if isinstance(event, Answer) and self._config.answers.history:
                    self._history.keep(conversation, asking, event)
                yield event

        return self._first(answer)

    def page(self, locator: Locator) -> str:
        text = self._catalogue.documents.page_text(locator)
        if text is None:
            raise _changed(locator)
        return text

    def picture(self, locator: Locator, width: int) -> Picture:
        source = next(
            (root for root in self._catalogue.sources.paths() if is_within(locator.path, root)), None
        )
        known = self._catalogue.documents.file_records([locator.path]).get(locator.path)
        if source is None or known is None:
            raise _changed(locator)
        with opened(source, locator.path, limit=self._config.index.max_file_mb << 20) as file:
            if file.digest() != known.digest:
                raise _changed(locator)
            return self._jail.draw(locator.path, file.descriptor, locator.page or 1, width)

    def vocabulary(self) -> dict[str, list[str]]:
        return self._catalogue.documents.filter_values(self._catalogue.sources.paths())

    def use(self, target: str, draft: str) -> None:
        models = self._config.models.model_copy(update={"target": target, "draft": draft})
        for name in filter(None, (target, draft)):
            find_target(name, library=self._folder)

        def switch(_: Callable[[], bool]) -> Iterator[None]:
            if "_engine" in self.__dict__:
                self.__dict__.pop("_engine").close()
            self._config = self._config.model_copy(update={"models": models})
            yield

        for _ in self._answering.stream(switch):
            pass

    def deeds(self) -> list[Deed]:
        return self._audit.deeds()

    def conversations(self) -> list[Conversation]:
        return self._history.conversations()

    def turns(self, conversation: str) -> list[Turn]:
        return self._history.turns(conversation)

    def turn(self, key: str) -> Turn:
        turn = self._history.turn(key)
        if turn is None:
            raise NotKept(f"No answer {key} is kept.", remedy="`carrel history` lists those that are.")
        return turn

    def replay(self, key: str, *, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        turn = self.turn(key)
        before = [each for each in self._history.turns(turn.conversation) if each.at < turn.at]

        def answer(left: Callable[[], bool]) -> Iterator[Event]:
            return self._asked(turn.answer.question, before, turn.asking, lambda: cancelled() or left())

        return self._first(answer)

    def _asked(
        self, question: str, earlier: Sequence[Turn], asking: Asking, cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        questions = [turn.answer.question for turn in earlier]
        return self._answerer.ask(question, earlier=questions, asking=asking, cancelled=cancelled)

    def forget_conversation(self, conversation: str) -> None:
        self._history.forget(conversation)
        self._forget_read()
        self._audit.note("forgot", "a conversation")

    def _first(self, work: Callable[[Callable[[], bool]], Iterator[T]]) -> Iterator[T]:
        """`work` on the answering thread, and indexing held up meanwhile."""

        def held(left: Callable[[], bool]) -> Iterator[T]:
            with self._keeper.gate.held():
                yield from work(left)

        return self._answering.stream(held)

    # What is loaded when first needed

    @property
    def _embedder(self) -> Embedder:
        """Raises `IngestError` when the library's vectors were made in another way than now configured."""
        with self._changing:
            return self._loaded_embedder

    @cached_property
    def _loaded_embedder(self) -> Embedder:
        embedder = open_embedder(self._config, self._folder)
        now = fingerprint(embedder, self._config)
        made = self._catalogue.fact(FINGERPRINT)
        if made is None:
            self._catalogue.set_fact(FINGERPRINT, now)
        elif made != now:
            raise IngestError(
                f"The library {self._folder} was indexed with another embedder or chunk size "
                f"({made}, now {now}).",
                remedy="`carrel reindex` makes it anew; or set models.embedder and index.chunk_tokens back.",
            )
        return embedder

    @cached_property
    def _reader(self) -> CachingEmbedder:
        """The embedder of questions and of what is read for them."""
        return CachingEmbedder(self._embedder)

    @property
    def _vectors(self) -> VectorIndex:
        with self._changing:
            return self._loaded_vectors

    @cached_property
    def _loaded_vectors(self) -> VectorIndex:
        return VectorIndex(self._catalogue.chunks.all_vectors())

    @cached_property
    def _engine(self) -> Engine:
        """Used on the answering thread alone."""
        engine = open_target(self._config.models, library=self._folder, prompts=self._folder / PROMPTS)
        self._audit.note("model", f"{engine.name}, sha256 {engine.digest}")
        return engine

    @property
    def _jail(self) -> Jail:
        with self._changing:
            return self._loaded_jail

    @cached_property
    def _loaded_jail(self) -> Jail:
        return open_jail(self._config.index.max_file_mb << 20)

    def _pipeline(self, gate: Gate) -> Pipeline:
        return Pipeline(
            self._catalogue,
            lambda: self._vectors,
            lambda: self._embedder,
            lambda path, descriptor, digest: self._jail.parse(path, descriptor, digest),
            disk=self._folder,
            chunk_tokens=self._config.index.chunk_tokens,
            largest_file=self._config.index.max_file_mb << 20,
            gate=gate,
            turn=self._changing,
        )

    @property
    def _answerer(self) -> Answerer:
        answers = self._config.answers
        return Answerer(
            self._retriever,
            self._reader,
            lambda: self._engine,
            limits=AnswerLimits(answers.passages, answers.prompt_tokens, answers.answer_tokens),
            sampling=_sampling(self._config),
        )

    @property
    def _retriever(self) -> Retriever:
        reader = self._reader
        reranker = self._reranker if self._config.models.reranker else None
        return Retriever(self._catalogue, self._vectors, reader, reranker)

    @cached_property
    def _reranker(self) -> Reranker:
        if self._config.models.reranker == LIKELIHOOD:
            return LikelihoodReranker(lambda: self._engine)
        found = find_reranker(self._config.models.reranker, library=self._folder)
        return CrossEncoderReranker(found.path)

    # What is to be forgotten

    def _happened(self, notice: Notice) -> None:
        if isinstance(notice, Indexed) and (notice.report.changed or notice.report.gone):
            self._history.forget_documents(notice.report.gone)
            keptsummaries.forget(self._folder, notice.report.gone)
            self._forget_read()
            if notice.report.gone:
                self._audit.note("forgot", f"documents whose files went: {len(notice.report.gone):,}")
        self._notify(notice)

    def _forget_read(self) -> None:
        """What the models made of documents goes with them, in memory and on disk."""

        def forget(_: Callable[[], bool]) -> Iterator[None]:
            if "_reader" in self.__dict__:
                self._reader.forget()
            if "_engine" in self.__dict__:
                self._engine.forget()
            kvcache.discard(self._folder / PROMPTS)
            yield

        for _ in self._answering.stream(forget):
            pass


def _changed(locator: Locator) -> IngestError:
    return IngestError(f"{locator.path} has changed or is no longer in the library.", remedy="Ask again.")


def fingerprint(embedder: Embedder, config: Config) -> str:
    """Names all that shapes a library's vectors."""
    return f"{embedder.fingerprint}/{config.index.chunk_tokens}/{EMBEDDED_FORM}"


def open_embedder(config: Config, library: Path | None) -> Embedder:
    """The configured embedder; `library` is the folder that holds the pins of the person's own models."""
    model = find_embedder(config.models.embedder, library=library)
    return OnnxEmbedder(model.path, cache_folder() / "embedders", digest=model.sha256)


def _sampling(config: Config) -> Sampling:
    return Sampling(temperature=config.answers.temperature)
