"""An open library: its files, the models that work on them, and the erasure of removed documents.

`Library` opens the catalogue, the conversations and the audit log at once, because a damaged file must be
reported before anything is done. The vector index, the models and the parser are opened when first needed:
listing documents loads nothing, and searching loads no language model. Callers that have an engine, an
embedder or a jail already pass it in.

Documents are erased with everything that was made from them, by `assistant.library.forgetting`.

Nothing here starts a thread or seals the process. `assistant.library.owner` adds the threads and the façade;
`assistant.library.reindexing` fills a second library next to the first.
"""

import logging
import threading
from collections.abc import Callable, Collection
from pathlib import Path
from types import TracebackType
from typing import Self

from assistant.answers.answering import Answerer, AnswerLimits
from assistant.answers.reader import Reader, open_reader
from assistant.answers.reranking import LIKELIHOOD, CrossEncoderReranker, LikelihoodReranker, Reranker
from assistant.answers.retrieval import Retriever
from assistant.answers.sentences import CachingEmbedder
from assistant.config import Config, integrity_key, state_folder
from assistant.dialogue import Answer, Asking
from assistant.engine import Engine, Sampling
from assistant.library.audit import AuditLog
from assistant.library.checking import T, checked
from assistant.library.embedders import embedder_of
from assistant.library.enforcing import enforce, require_enforced
from assistant.library.forgetting import PROMPTS, Eraser, digests_read
from assistant.library.history import open_history
from assistant.library.lazy import Lazy
from assistant.library.receipts import Forgotten
from assistant.library.reserve import Reserve
from assistant.library.sourcing import Sourced, add_source
from assistant.library.vectorstores import close_store, is_kept, open_store
from assistant.models.finding import VerifiedModel, find_embedder, find_reranker, find_target, open_target
from ingest.catalogue import Catalogue
from ingest.documents import is_within
from ingest.embedding import Embedder
from ingest.errors import NotInLibrary
from ingest.gate import Gate
from ingest.handling import Handling
from ingest.jail import Jail, open_jail
from ingest.lifetimes import Lifetimes
from ingest.pipeline import Pipeline
from policies.errors import CarrelError

log = logging.getLogger(__name__)

CATALOGUE = Path("catalogue.db")
"""In the library's folder: documents, chunks, words and vectors."""

HISTORY = Path("history.db")
"""In the library's folder: kept conversations."""

AUDIT = Path("audit.jsonl")
"""In the library's folder: the audit log."""


class Library:
    """One library, open until `close`. Any thread may use it, except for the engine, which has its own."""

    def __init__(
        self,
        folder: Path,
        config: Config,
        *,
        embedder: Embedder | None = None,
        engine: Engine | None = None,
        jail: Jail | None = None,
        run_on_engine_thread: Callable[[Callable[[], None]], None] = lambda work: work(),
        read_only: bool = False,
    ) -> None:
        """Opens the library in `folder`, whose lock the caller holds, and creates missing files.

        read_only: whether to change nothing in the folder; needs no lock.
        embedder, engine, jail: opened by the caller, who closes them; None to open the configured ones when
            they are first needed.
        run_on_engine_thread: calls a function on the thread that the engine belongs to and waits for it.
        Raises `LibraryDamaged` and `IngestError` when the catalogue or the conversations cannot be used.
        """
        self.folder = folder
        """The library's folder."""
        self.config = config
        """The configuration, with the models chosen by `use`."""
        self.read_only = read_only
        """Whether nothing in the folder is changed."""
        self.changing = threading.RLock()
        """Held while the catalogue and the vector index change together, and while the index is loaded."""
        self._reserve = Reserve(folder)
        self.catalogue = self._reserve.lent_to(
            lambda: Catalogue(folder / CATALOGUE, integrity_key(), read_only=read_only)
        )
        """Documents, chunks, words and vectors."""
        try:
            self.history = self._reserve.lent_to(lambda: open_history(folder / HISTORY, read_only=read_only))
            """Kept conversations."""
        except BaseException:
            self.catalogue.close()
            raise
        self.audit = AuditLog(folder / AUDIT, integrity_key(), state_folder() / "audit", read_only=read_only)
        """What was done with the library."""
        self.vectors = Lazy(
            lambda: open_store(folder, self.catalogue, config.index.store, read_only=read_only),
            close=lambda store: close_store(store, self.catalogue),
            lock=self.changing,
        )
        """The vector store."""
        self.embedder = Lazy(lambda: embedder_of(self.catalogue, folder, self.config, given=embedder))
        """The embedder that made the vectors. Opening it raises `IngestError` when the vectors were made by
        another one, or with another chunk size."""
        self.sentence_embedder = Lazy(lambda: CachingEmbedder(self.embedder.get()))
        """The embedder of questions and of the sentences that are read for them, with its cache."""
        self.engine = Lazy(self._open_engine, close=lambda engine: engine.close(), given=engine)
        """The language model. To be used on its own thread alone."""
        self.reader: Lazy[Reader | None] = Lazy(lambda: open_reader(self.folder))
        """The reader; None where the bundled embedder, which it shares weights with, is not installed."""
        self.reranker: Lazy[Reranker] = Lazy(self._open_reranker)
        """The configured reranker; to be opened only when one is configured."""
        self.jail = Lazy(
            lambda: open_jail(self.largest_file, config.models.speech_folder),
            close=lambda jail: jail.close(),
            given=jail,
        )
        """The parser, in processes of its own."""
        self.run_on_engine_thread = run_on_engine_thread
        """Calls a function on the thread that the engine belongs to and waits for it."""
        self.eraser = Eraser(
            folder,
            self.catalogue,
            self.history,
            changing=self.changing,
            prune_vectors=self._prune_vectors,
            forget_in_memory=self._forget_in_memory,
            run_on_engine_thread=run_on_engine_thread,
        )
        """Erases documents and what was made from them."""
        self._match()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes everything that is open. No other thread may use the library any more."""
        try:
            self.clean()
        except CarrelError as error:
            log.warning("the catalogue could not be cleaned: %s", error.message)
        finally:
            for part in (
                self.engine,
                self.jail,
                self.reranker,
                self.reader,
                self.sentence_embedder,
                self.embedder,
                self.vectors,
            ):
                part.close()
            self.history.close()
            self.catalogue.close()

    # Sources

    def add_source(self, path: Path) -> Sourced:
        """Makes the file or folder at `path` a source, or part of one (`assistant.library.sourcing`)."""
        never = self.handling.is_never
        sourced = add_source(
            self.catalogue, self.folder, path, is_never=lambda path, folder: never(path, is_folder=folder)
        )
        if sourced.is_new:
            self.audit.note("added", "a source")
        return sourced

    def remove(self, path: Path, *, copies: bool) -> Forgotten:
        """Forgets the documents at or below `path`, with everything that was made from them.

        Sources at or below `path` are removed too. A path inside a source stays excluded until it is added
        by name.

        copies: whether other documents with the same content are forgotten too. If nothing at `path` is in
            the library, the receipt says so.
        Raises `NotInLibrary` when nothing at `path` is in the library, unless `copies`.
        """
        root = str(path.resolve())
        is_source = any(is_within(source, root) for source in self.catalogue.sources.paths())
        if not copies and not is_source and not self.catalogue.documents.file_records([root]):
            self.eraser.discard_reindex()  # It may have read a file that the library does not have.
            raise NotInLibrary(
                f"{path} is not in the library.",
                remedy="`carrel ls` lists the documents, and `carrel status` the sources.",
            )
        receipt = self.eraser.remove(root, copies=copies, reserve=self._reserve)
        names = self.catalogue.codes.names_forgotten()
        self.audit.note("forgot", f"documents on request: {len(receipt.documents):,}", names)
        return receipt

    def retry(self, roots: Collection[str]) -> int:
        """Makes files at or below `roots` look changed if they could not be read, or if their text is not
        what was stored. Returns how many there are."""
        self.catalogue.codes.report(self.catalogue.codes.unlike(roots))
        return sum(self.catalogue.documents.retry_failed(root) for root in roots)

    # Erasure

    def forget(self, disappeared: Collection[str]) -> None:
        """Erases what was made from documents that disappeared, changed or moved, outside the catalogue.

        The pipeline has dropped or replaced them in the catalogue already. Their bytes are erased by `clean`.

        disappeared: paths of files that no longer exist. Documents that are there again stay.
        """
        self.eraser.erase_derived(disappeared)
        if names := self.catalogue.codes.names_forgotten():
            self.audit.note("forgot", f"documents whose files disappeared or changed: {len(names):,}", names)

    def forget_conversation(self, conversation: str) -> None:
        """Erases a conversation, with every prompt and sentence vector. No error if there is none."""

        def forget() -> None:
            self.history.forget(conversation)
            self.eraser.forget_prompts()

        self.run_on_engine_thread(forget)
        self.audit.note("forgot", "a conversation")

    def clean(self) -> None:
        """Rewrites the catalogue if it may hold bytes of deleted text: 4 s for 70,000 chunks."""
        if self.read_only:
            return
        with self.changing:
            if self.catalogue.has_remains and is_kept(self.folder):
                self.vectors.get()  # What a killed process left in the file is overwritten.
            if (store := self.vectors.peek()) is not None:
                store.settle(self.catalogue.chunks.vectors_state())
        if problem := self.eraser.clean():
            log.warning("deleted text is not overwritten yet: %s", problem)

    def keep(self, conversation: str, asking: Asking, answer: Answer) -> None:
        """Keeps an answer in the conversation with this id; see `History.keep`. For the engine's thread."""
        self.history.keep(conversation, asking, answer, digests_read(self.catalogue, answer))
        self.eraser.match()  # A document may have changed while the answer was written.

    def _match(self) -> None:
        """Erases what an earlier process left of documents that are no longer in the catalogue, and what the
        policies no longer allow."""
        try:
            if self.read_only:
                require_enforced(self.handling, self.catalogue)
                return
            if self.catalogue.has_remains:
                self.forget(())
            else:
                self.eraser.match()
            enforce(self.handling, self.catalogue, self.eraser, self.audit)
        except BaseException:
            self.history.close()
            self.catalogue.close()
            raise

    def _prune_vectors(self) -> None:
        """Deletes unused vectors from the catalogue and the vector store."""
        with self.changing:
            if not self.catalogue.chunks.has_dropped:
                return
            # Opened before the catalogue changes, while what it keeps on disk fits.
            index = self.vectors.get() if is_kept(self.folder) else self.vectors.peek()
            names = self.catalogue.chunks.delete_unused_vectors()
            if index is not None:
                index.remove(names)

    def _forget_in_memory(self) -> None:
        """Makes the models forget prompts and sentences. Must be called on the engine's thread."""
        if (embedder := self.sentence_embedder.peek()) is not None:
            embedder.forget()
        if (engine := self.engine.peek()) is not None:
            engine.forget()

    # Models and the work they do

    def models(self) -> dict[str, VerifiedModel]:
        """The configured models by role, `embedder`, `target` and `draft`, checked against their pins.

        Raises `ModelMissing` and `ModelNotAsPinned`.
        """
        chosen = self.config.models
        models = {
            "embedder": find_embedder(chosen.embedder, library=self.folder),
            "target": find_target(chosen.target, library=self.folder),
        }
        return models | ({"draft": find_target(chosen.draft, library=self.folder)} if chosen.draft else {})

    def use(self, target: str, draft: str) -> None:
        """Answers with these language models from now on.

        Raises `ModelMissing` and `ModelNotAsPinned`; the models in use then stay as they were.

        draft: empty for none.
        """
        for name in filter(None, (target, draft)):
            find_target(name, library=self.folder)
        models = self.config.models.model_copy(update={"target": target, "draft": draft})

        def switch() -> None:
            self.engine.close()
            self.config = self.config.model_copy(update={"models": models})

        self.run_on_engine_thread(switch)

    def pipeline(self, gate: Gate | None = None) -> Pipeline:
        """A pipeline that indexes into this library.

        gate: makes indexing wait while something urgent runs; None to never wait.
        """
        self._reserve.fill()
        return Pipeline(
            self.catalogue,
            self.vectors.get,
            self.embedder.get,
            lambda *file: self.jail.get().parse(*file),
            disk=self.folder,
            chunk_tokens=self.config.index.chunk_tokens,
            largest_file=self.largest_file,
            lifetimes=Lifetimes(self.config.retention.source_days),
            handling=self.handling,
            gate=gate,
            turn=self.changing,
        )

    def retriever(self) -> Retriever:
        """Searches this library. Loads the embedder and the vector index."""
        reranker = self.reranker.get() if self.config.models.reranker else None
        return Retriever(
            self.catalogue,
            self.vectors.get(),
            self.sentence_embedder.get(),
            reranker=reranker,
            reader=self.reader.get(),
        )

    def answerer(self) -> Answerer:
        """Answers questions from this library. For the engine's thread."""
        answers = self.config.answers
        return Answerer(
            self.retriever(),
            self.sentence_embedder.get(),
            self.engine.get,
            limits=AnswerLimits(answers.passages, answers.prompt_tokens, answers.answer_tokens),
            sampling=Sampling(temperature=answers.temperature),
        )

    def checked(self, shown: T) -> T:
        """An answer or a search with its doubts (`assistant.library.checking`)."""
        return checked(self.catalogue, shown, largest_file=self.largest_file, handling=self.handling)

    @property
    def handling(self) -> Handling:
        """Which documents are masked, and which are never read."""
        return self.config.policies.handling

    @property
    def largest_file(self) -> int:
        """The size of the largest file that is read, in bytes."""
        return self.config.index.max_file_mb << 20

    # Opened on first use

    def _open_engine(self) -> Engine:
        prompts = None if self.read_only else self.folder / PROMPTS
        engine = open_target(self.config.models, library=self.folder, prompts=prompts)
        self.audit.note("model", f"{engine.name}, sha256 {engine.digest}")
        return engine

    def _open_reranker(self) -> Reranker:
        name = self.config.models.reranker
        if name == LIKELIHOOD:
            return LikelihoodReranker(self.engine.get)
        return CrossEncoderReranker(find_reranker(name, library=self.folder).path)
