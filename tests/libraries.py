"""A folder indexed by the real pipeline, parsed in this process and with vectors made from words."""

from pathlib import Path

from assistant.answers.retrieval import Retriever
from ingest.catalogue import Catalogue
from ingest.embedding import HashingEmbedder
from ingest.pipeline import Pipeline
from ingest.vectors.exact import ExactVectors
from tests.parsing import parse
from tests.running import KEY


class IndexedFolder:
    """The files in `source`, indexed into a catalogue in `folder`."""

    def __init__(self, folder: Path, source: Path) -> None:
        self.catalogue = Catalogue(folder / "catalogue.db", KEY)
        self.embedder = HashingEmbedder()
        index = ExactVectors()
        indexing = Pipeline(
            self.catalogue,
            lambda: index,
            lambda: self.embedder,
            parse,
            disk=folder,
            chunk_tokens=64,
            largest_file=1 << 20,
        )
        self.catalogue.sources.add(str(source))
        for _ in indexing.update(str(source)):
            pass
        indexing.close()
        self.retriever = Retriever(self.catalogue, index, self.embedder)
