"""The façade: everything a front end can ask of one library, and the only place that owns it.

Holding an `Assistant` means holding the library's lock. Models and the vector index are loaded
when first needed and kept: listing documents loads nothing, searching loads no language model.
Front ends (the command line now) call this and do no work of their own. The process is sealed
before one is made; nothing here seals or checks the seal.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from assistant.answering import Answerer
from assistant.config import Config, cache_folder
from assistant.dialogue import Event, Search, Summarizing, Summary
from assistant.engine import Engine, Sampling, kvcache
from assistant.models.finding import Model, find_embedder, find_target, open_target
from assistant.retrieval import DENSE_WEIGHT, Retriever
from assistant.summarizing import Summarizer
from ingest import parsers, sources
from ingest.catalogue import Catalogue, Counts, Entry
from ingest.chunking import EMBEDDED_FORM
from ingest.documents import Document
from ingest.embedding import Embedder, OnnxEmbedder
from ingest.errors import IngestError, UnreadableDocument
from ingest.lock import Lock
from ingest.pipeline import Pipeline, Progress, Report
from ingest.vectors import BATCH, ChromaIndex, VectorIndex, discard

FINGERPRINT = "fingerprint"
"""Name of the catalogue's fact that says how its vectors were made."""

VECTORS = "vectors"
"""The vector index's folder in the library."""

PROMPTS = Path("cache", "kv")
"""In the library: prompts kept between runs."""


@dataclass(frozen=True, slots=True)
class Status:
    """A library at a glance."""

    library: Path
    sources: tuple[str, ...]
    counts: Counts


class Assistant:
    """One library, owned by this process until closed."""

    def __init__(self, library: Path, config: Config) -> None:
        """Opens the library in folder `library`, making it when it is new.

        Raises `LibraryBusy` when another process owns it, `LibraryDamaged` when its catalogue
        cannot be used.
        """
        self._folder = library
        self._config = config
        self._lock = Lock(library)
        try:
            self._catalogue = Catalogue(library / "catalogue.db")
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Makes the vector index durable, frees the models and gives the library back."""
        loaded = self.__dict__
        if "_engine" in loaded:
            self._engine.close()
        if "_vectors" in loaded:
            self._vectors.close()
        self._catalogue.close()
        self._lock.release()

    # What the library holds

    def add(self, path: Path) -> Iterator[Progress | Report]:
        """Makes `path` a source and indexes what is new or changed in it.

        Raises `IngestError` when there is no such file or folder.
        """
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
        self._catalogue.add_source(str(root))
        embedder = self._embedder
        pipeline = Pipeline(
            self._catalogue,
            self._vectors,
            embedder,
            disk=self._folder,
            chunk_tokens=self._config.index.chunk_tokens,
            largest_file=self._config.index.max_file_mb << 20,
        )
        for event in pipeline.update(str(root)):
            if isinstance(event, Report) and (event.removed or event.changed):
                self._forget_prompts()
            yield event

    def remove(self, path: Path) -> int:
        """Takes the documents at or below `path` out of the library; returns how many.

        The files stay where they are. A path inside a source stays out when the source is next
        indexed, until it is added by name. Raises `IngestError` when nothing there is in the library.
        """
        root = str(path.resolve())
        sources = self._catalogue.sources()
        known = self._catalogue.known(root)
        if not known and not any(_is_within(source, root) for source in sources):
            raise IngestError(
                f"{path} is not in the library.",
                remedy="`carrel ls` lists what is, and `carrel status` the sources.",
            )
        gone = self._catalogue.remove(known)
        self._catalogue.remove_sources(root)
        if any(_is_within(root, source) for source in sources if source != root):
            self._catalogue.exclude(root)
        self._catalogue.purge()
        if gone:
            self._refill_vectors()
            self._forget_prompts()
        return len(known)

    def holds(self, path: Path) -> bool:
        """Whether a document that can be asked about lies at or below `path`."""
        known = self._catalogue.known(str(path.resolve()))
        return any(file.digest is not None for file in known.values())

    def entries(self) -> list[Entry]:
        """Every document, by path."""
        return self._catalogue.entries()

    def status(self) -> Status:
        return Status(self._folder, tuple(self._catalogue.sources()), self._catalogue.counts())

    def models(self) -> dict[str, Model]:
        """The configured models by role, `embedder`, `target` and `draft`, checked against their pins.

        Raises `ModelMissing` and `ModelNotAsPinned`.
        """
        models = self._config.models
        found = {
            "embedder": find_embedder(models.embedder, library=self._folder),
            "target": find_target(models.target, library=self._folder),
        }
        return found | ({"draft": find_target(models.draft, library=self._folder)} if models.draft else {})

    # What can be asked of it

    def search(self, query: str, k: int, *, dense_weight: float = DENSE_WEIGHT) -> Search:
        """The `k` best passages for `query`; `dense_weight` as in `assistant.retrieval`."""
        return self._retriever.search(query, k, dense_weight=dense_weight)

    def ask(self, question: str, *, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        """Answers `question` from the library, as `assistant.answering` describes."""
        answers = self._config.answers
        answerer = Answerer(
            self._retriever,
            self._embedder,
            lambda: self._engine,
            passages=answers.passages,
            prompt_tokens=answers.prompt_tokens,
            answer_tokens=answers.answer_tokens,
            sampling=_sampling(self._config),
        )
        return answerer.ask(question, cancelled=cancelled)

    # What is loaded when first needed

    @cached_property
    def _embedder(self) -> Embedder:
        """Raises `IngestError` when the library's vectors were made in another way than now configured."""
        embedder = open_embedder(self._config, self._folder)
        fingerprint = f"{embedder.fingerprint}/{self._config.index.chunk_tokens}/{EMBEDDED_FORM}"
        made = self._catalogue.fact(FINGERPRINT)
        if made is None:
            self._catalogue.keep_fact(FINGERPRINT, fingerprint)
        elif made != fingerprint:
            raise IngestError(
                f"The library {self._folder} was indexed with another embedder or chunk size "
                f"({made}, now {fingerprint}).",
                remedy="Set models.embedder and index.chunk_tokens back, or start a new library.",
            )
        return embedder

    @cached_property
    def _vectors(self) -> VectorIndex:
        return self._open_vectors()

    def _open_vectors(self) -> VectorIndex:
        return ChromaIndex(
            self._folder / VECTORS,
            fingerprint=self._catalogue.fact(FINGERPRINT) or "",
            expected=self._catalogue.counts().vectors,
            stored=self._catalogue.all_vectors(BATCH),
        )

    def _refill_vectors(self) -> None:
        """Makes the vector index anew: Chroma keeps a deleted vector in its log."""
        if "_vectors" in self.__dict__:
            self._vectors.close()
            del self._vectors
        discard(self._folder / VECTORS)
        # Filled here, while the person waits for the removal, and not at their next question.
        self.__dict__["_vectors"] = self._open_vectors()

    def _forget_prompts(self) -> None:
        """What the model made of documents goes with them, in memory and on disk."""
        if "_engine" in self.__dict__:
            self._engine.close()
            del self._engine
        kvcache.discard(self._folder / PROMPTS)

    @cached_property
    def _engine(self) -> Engine:
        return open_target(self._config.models, library=self._folder, prompts=self._folder / PROMPTS)

    @property
    def _retriever(self) -> Retriever:
        embedder = self._embedder
        return Retriever(self._catalogue, self._vectors, embedder)


def summarize(
    document: Document, config: Config, *, library: Path, cancelled: Callable[[], bool] = lambda: False
) -> Iterator[Summarizing | Summary]:
    """Summarizes a document, in a library or not, as `assistant.summarizing` describes.

    `library` is only asked for the pins of the person's own models, and need not exist.
    """
    pins = library if library.is_dir() else None
    embedder = open_embedder(config, pins)
    engine = open_target(config.models, library=pins)
    try:
        summarizer = Summarizer(engine, embedder, _sampling(config))
        yield from summarizer.summarize(document, cancelled=cancelled)
    finally:
        engine.close()


def read_document(path: Path, config: Config) -> Document:
    """The document in the file at `path`.

    Raises `UnreadableDocument` with the file's name and the reason.
    """
    absolute = str(path.resolve())
    try:
        return parsers.parse(absolute, sources.read(absolute, limit=config.index.max_file_mb << 20)[0])
    except UnreadableDocument as error:
        raise UnreadableDocument(f"{path} cannot be read: {error.message}.", remedy=error.remedy) from error


def read_text(data: bytes) -> Document:
    """The document in `data`, which came without a name: a PDF, else text read as Markdown.

    Raises `UnreadableDocument`.
    """
    try:
        return parsers.parse("-.pdf" if data.startswith(b"%PDF-") else "-.md", data)
    except UnreadableDocument as error:
        message = f"Standard input cannot be read: {error.message}."
        raise UnreadableDocument(message, remedy=error.remedy) from error


def open_embedder(config: Config, library: Path | None) -> Embedder:
    """The configured embedder; `library` is the folder that holds the pins of the person's own models."""
    model = find_embedder(config.models.embedder, library=library)
    return OnnxEmbedder(model.path, cache_folder() / "embedders", digest=model.sha256)


def _sampling(config: Config) -> Sampling:
    return Sampling(temperature=config.answers.temperature)


def _is_within(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")
