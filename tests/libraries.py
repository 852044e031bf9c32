"""A folder indexed by the real pipeline, parsed in this process and with vectors made from words.

`indexed` writes the files and indexes them. The folder that it returns answers questions without a model: by
what is computed of all documents, and by what the tables say that a search found.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from assistant.answers.computing import compute
from assistant.answers.retrieval import Retriever
from assistant.answers.stating import ComputedAnswer
from assistant.answers.tablereading import TableReading, read_tables
from ingest.catalogue import Catalogue
from ingest.embedding import HashingEmbedder
from ingest.pipeline import Pipeline
from ingest.selection import EVERYTHING, Selection
from ingest.vectors.exact import ExactVectors
from tests.parsing import parse
from tests.running import KEY


class IndexedFolder:
    """The files in `source`, indexed into a catalogue in `folder`, which is closed when the `with` ends."""

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.catalogue.close()

    def compute(self, question: str, selection: Selection = EVERYTHING) -> ComputedAnswer | None:
        """The computed answer to `question`; None if nothing is computed."""
        return compute(question, selection, self.retriever)

    def computed(self, question: str, selection: Selection = EVERYTHING) -> ComputedAnswer:
        """The computed answer to `question`; the test fails when there is none."""
        answer = self.compute(question, selection)
        assert answer is not None, question
        return answer

    def read_tables(self, question: str, file: str = "") -> TableReading | None:
        """What the tables of all documents answer, or of the one file; None if they say nothing."""
        keys = [key for key, path in self.retriever.select(EVERYTHING) if not file or Path(path).name == file]
        return read_tables(question, self.retriever.contents(keys), None)

    def replies(self, question: str) -> tuple[str, str]:
        """What is computed, and the headline of what the tables say; each is empty for nothing."""
        answer = self.compute(question)
        assert answer is None or answer.text, question
        reading = self.read_tables(question)
        return answer.text if answer else "", reading.result.headline if reading else ""

    def reply(self, question: str) -> str:
        """What is computed, else the headline of what the tables say; empty if there is neither."""
        computed, read = self.replies(question)
        return computed or read


def indexed(folder: Path, files: Mapping[str, str | bytes]) -> IndexedFolder:
    """Files with these names and contents, written below `folder` and indexed."""
    source = folder / "files"
    for name, content in files.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return IndexedFolder(folder, source)


def replies(folder: Path, files: Mapping[str, str], question: str) -> tuple[str, str]:
    """What is computed of some files, and what their tables say; each is empty for nothing."""
    with indexed(folder, files) as library:
        return library.replies(question)


def values(answer: ComputedAnswer) -> list[str]:
    """The values of an answer with their labels and units."""
    return [
        " ".join(filter(None, (value.label, value.value, value.unit))) for value in answer.computed.values
    ]
