"""Reads and summarizes single files without opening a library, so that it works next to a library's owner.

The files need not be in a library. They are parsed in the same jail as those of a source.
"""

import os
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from assistant.answers.summarizing import Summarizer
from assistant.config import Config
from assistant.engine import Engine, Sampling
from assistant.library.embedders import open_embedder
from assistant.library.lazy import Lazy
from assistant.library.opened import CATALOGUE
from assistant.library.summaries import SummaryFile
from assistant.models.finding import open_target
from assistant.summary import Length
from ingest.catalogue.unowned import digest_of, paths
from ingest.documents import Document, content_digest
from ingest.embedding import Embedder
from ingest.errors import UnreadableDocument
from ingest.jail import Jail, open_jail
from ingest.opening import open_file
from ingest.sources import Candidate, walk


def documents_of(library: Path) -> list[str]:
    """The paths of the documents of a library, beside its owner; none if there is no library to read."""
    return paths(library / CATALOGUE)


class OneShot:
    """Reads and summarizes files. Opens the parser and the models when they are first needed."""

    def __init__(
        self,
        config: Config,
        library: Path,
        *,
        embedder: Embedder | None = None,
        engine: Engine | None = None,
        jail: Jail | None = None,
    ) -> None:
        """
        library: the folder with the pins of the user's own models and with kept summaries. It need not exist.
        embedder, engine, jail: opened by the caller, who closes them; None to open the configured ones.
        """
        self._config = config
        self._handling = config.policies.handling
        self._library = library if library.is_dir() else None
        self._max_bytes = config.index.max_file_mb << 20
        self._embedder = Lazy(lambda: open_embedder(config, self._library), given=embedder)
        self._engine = Lazy(
            lambda: open_target(config.models, library=self._library),
            close=lambda engine: engine.close(),
            given=engine,
        )
        self._jail = Lazy(
            lambda: open_jail(self._max_bytes, config.models.speech_folder),
            close=lambda jail: jail.close(),
            given=jail,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes what has been opened."""
        for part in (self._engine, self._jail, self._embedder):
            part.close()

    def documents_in(self, folder: Path) -> list[Path]:
        """The files in `folder` that would be indexed, sorted by path."""
        entries = walk(str(folder.resolve()), limit=self._max_bytes, left_out=self._handling.is_never)
        return sorted(Path(entry.path) for entry in entries if isinstance(entry, Candidate))

    def read(self, path: Path) -> Document:
        """The document in the file at `path`. Raises `UnreadableDocument` with the path and the reason."""
        absolute = str(path.resolve())
        try:
            self._handling.require_readable(absolute)
            with open_file(absolute, absolute, limit=self._max_bytes) as file:
                digest = self._handling.digest(absolute, file.digest())
                return self._handling.masked(self._jail.get().parse(absolute, file.descriptor, digest))
        except UnreadableDocument as error:
            reason = self._handling.masked_text(absolute, error.message)
            raise UnreadableDocument(f"{path} cannot be read: {reason}.", remedy=error.remedy) from error

    def read_bytes(self, data: bytes) -> Document:
        """The document in `data`, which has no name: a PDF, or else text that is read as Markdown.

        Raises `UnreadableDocument`.
        """
        name = "-.pdf" if data.startswith(b"%PDF-") else "-.md"
        descriptor = os.memfd_create("standard input")
        try:
            os.write(descriptor, data)
            # A jail of its own, because `index.max_file_mb` is not a limit for standard input.
            with closing(open_jail(len(data))) as jail:
                return self._handling.masked(jail.parse(name, descriptor, content_digest(descriptor)))
        except UnreadableDocument as error:
            raise UnreadableDocument(
                f"Standard input cannot be read: {error.message}.", remedy=error.remedy
            ) from error
        finally:
            os.close(descriptor)

    def summarizer(
        self, document: Document, *, length: Length, focus: str = "", language: str = ""
    ) -> Summarizer:
        """Summarizes `document`. The summaries of its stretches are kept if it is a document of the library.

        focus: a topic to summarize; empty for everything.
        language: the language to write in; empty for the document's.
        Raises `ModelMissing`, `ModelNotAsPinned` and `EngineError` when a model cannot be opened.
        """
        return Summarizer(
            self._engine.get(),
            self._embedder.get(),
            Sampling(temperature=self._config.answers.temperature),
            length=length,
            focus=focus,
            language=language,
            cache=self._summaries(document),
        )

    def _summaries(self, document: Document) -> SummaryFile | None:
        if self._library is None:
            return None
        catalogue = self._library / CATALOGUE
        return SummaryFile(self._library, lambda: digest_of(catalogue, document.id))
