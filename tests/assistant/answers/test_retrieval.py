"""Search by words and by meaning, and the joining of neighbouring chunks."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.answers import retrieval
from assistant.answers.joining import PASSAGE_CHUNKS
from assistant.answers.reader import open_reader
from assistant.answers.retrieval import Retriever
from ingest.catalogue import Catalogue, fulltext
from ingest.chunking import chunks
from ingest.documents import Chunk, Document
from ingest.embedding import HashingEmbedder, Vectors
from ingest.opening import Stamp
from ingest.selection import Selection
from ingest.vectors.exact import ExactVectors
from tests.parsing import parse_bytes
from tests.running import KEY

HALF = 1e-4
"""What half precision, in which vectors are stored, may change in a score."""

SYNONYMS = {"automobile": "car", "vehicle": "car", "physician": "doctor", "fix": "repair", "mend": "repair"}


class SynonymEmbedder(HashingEmbedder):
    """Gives synonyms the same vector."""

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        return super().embed([" ".join(SYNONYMS.get(word, word) for word in text.split()) for text in texts])


class SearchLibrary:
    """A library to which tests add documents."""

    def __init__(self, folder: Path) -> None:
        self.catalogue = Catalogue(folder / "catalogue.db", KEY)
        self.index = ExactVectors()
        self.embedder = SynonymEmbedder()
        self.retriever = Retriever(self.catalogue, self.index, self.embedder)
        self.documents: dict[str, Document] = {}

    def add(self, path: str, text: str, *, budget: int = 24, vectors: bool = True) -> list[Chunk]:
        """Adds a document and returns its chunks. `budget` is their largest number of tokens."""
        document = parse_bytes(path, text.encode())
        pieces = list(chunks(document, self.embedder.count, budget))
        self.catalogue.store(document, pieces, digest=document.id, stamp=Stamp(len(text), 1))
        self.documents[path] = document
        if vectors:
            texts = self.catalogue.chunks.texts_to_embed(100)
            vectors_of_texts = self.embedder.embed(list(texts.values()))
            self.catalogue.chunks.store_vectors(list(texts), vectors_of_texts)
            self.index.upsert(list(texts), vectors_of_texts)
            self.catalogue.documents.mark_indexed()
        return pieces

    def paths(self, query: str, k: int = 3) -> list[str]:
        """The paths of the search results."""
        return [passage.locator.path for passage in self.retriever.search(query, k).passages]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[SearchLibrary]:
    library = SearchLibrary(tmp_path)
    yield library
    library.catalogue.close()


def filled(library: SearchLibrary) -> SearchLibrary:
    """The library with 32 short notes."""
    for number in range(30):
        library.add(f"/notes/day{number}.txt", f"On day {number} we walked and talked about the weather.\n")
    library.add("/notes/garage.txt", "The car needs a new clutch before winter.\n")
    library.add("/notes/meter.txt", "The number of the meter in the cellar is QX-4711-Z.\n")
    return library


def test_a_rare_name_is_found_by_its_words(library: SearchLibrary) -> None:
    assert filled(library).paths("QX-4711-Z")[0] == "/notes/meter.txt"


def test_a_paraphrase_is_found_by_its_meaning(library: SearchLibrary) -> None:
    filled(library)
    assert library.catalogue.full_text.scores(["automobile"], 5) == {}
    assert library.paths("automobile")[0] == "/notes/garage.txt"


def test_with_one_weight_alone_only_words_or_only_meaning_decide(library: SearchLibrary) -> None:
    filled(library)
    library.add("/notes/clinic.txt", "The automobile club moved.\n", vectors=False)
    words_only = library.retriever.search("automobile", 1, dense_weight=0.0)
    meaning_only = library.retriever.search("automobile", 1, dense_weight=1.0)
    assert words_only.passages[0].locator.path == "/notes/clinic.txt"
    assert meaning_only.passages[0].locator.path == "/notes/garage.txt"


def test_a_passage_found_by_its_words_has_a_cosine_similarity_too(library: SearchLibrary) -> None:
    question = "automobile weather"
    vector = library.embedder.embed([question])[0]
    passages = filled(library).retriever.search(question, 10, dense_weight=0.0).passages
    assert all("weather" in passage.text for passage in passages)
    for passage in passages:
        held = library.catalogue.chunks.vectors(passage.chunk_ids)[passage.chunk_ids[0]]
        assert passage.similarity == pytest.approx(float(held @ vector), abs=HALF)


def test_words_in_one_sentence_rank_above_scattered_words(library: SearchLibrary) -> None:
    filled(library)
    scattered = "The deposit was paid. We met him twice. The bank is on the square. Nobody came. "
    together = "The bank holds the deposit. We met him twice. The house is on the square. Nobody was late. "
    library.add("/notes/scattered.txt", scattered, budget=60)
    library.add("/notes/together.txt", together, budget=60)
    question = "Which bank has the deposit?"
    plain = library.retriever.search(question, 2, dense_weight=0.75).passages
    default = library.retriever.search(question, 2).passages
    assert plain[0].score - plain[1].score == pytest.approx(0.0, abs=0.05)
    assert default[0].locator.path == "/notes/together.txt"
    assert default[0].score - default[1].score > 0.05


def test_ranks_begin_at_one_and_scores_decrease(library: SearchLibrary) -> None:
    passages = filled(library).retriever.search("weather on day 7", 5).passages
    assert [passage.rank for passage in passages] == [1, 2, 3, 4, 5]
    assert [passage.score for passage in passages] == sorted((p.score for p in passages), reverse=True)
    assert all(0.0 < passage.score <= 1.0 + 1e-6 for passage in passages)


@pytest.mark.parametrize("k", [1, 2, 7])
def test_there_are_no_more_results_than_asked_for(library: SearchLibrary, k: int) -> None:
    assert len(filled(library).retriever.search("weather", k).passages) == k


def test_a_small_library_gives_fewer_results(library: SearchLibrary) -> None:
    library.add("/notes/a.txt", "The bicycle is red.\n")
    library.add("/notes/b.txt", "The water meter reads 4711.\n")
    assert len(library.retriever.search("bicycle", 50).passages) == 2


def test_an_empty_library_gives_no_results(library: SearchLibrary) -> None:
    search = library.retriever.search("anything at all", 5)
    assert (search.query, search.passages) == ("anything at all", ())


@pytest.mark.parametrize("query", ["?!", "the of and", "\x00", '"', "🚲", "a" * 5000])
def test_a_query_without_a_word_in_the_library_is_harmless(library: SearchLibrary, query: str) -> None:
    assert len(filled(library).retriever.search(query, 3).passages) == 3


SECTION = "# Kyoto\n\n" + "\n\n".join(
    f"On the {day} morning the ryokan served {dish} before the walk to the temple gate."
    for day, dish in [("first", "tofu"), ("second", "eel"), ("third", "rice"), ("fourth", "miso")]
)


def test_neighbouring_chunks_are_joined_verbatim(library: SearchLibrary) -> None:
    filled(library)
    pieces = library.add("/notes/kyoto.md", SECTION)
    assert len(pieces) == 4
    (passage,) = library.retriever.search("ryokan morning temple", 1).passages
    assert passage.chunk_ids == tuple(chunk.id for chunk in pieces)
    page = library.documents["/notes/kyoto.md"].pages[0]
    start, end = passage.locator.chars
    assert passage.text == page[start:end]
    assert passage.text.count("morning") == 4
    assert passage.locator.lines == (3, 9)
    assert page.split("\n")[2:9] == passage.text.split("\n")


def test_a_joined_passage_has_the_similarity_of_its_best_chunk(library: SearchLibrary) -> None:
    library.add("/notes/kyoto.md", SECTION)
    (passage,) = library.retriever.search("ryokan eel second", 5).passages
    assert len(passage.chunk_ids) == 4
    held = library.catalogue.chunks.vectors(passage.chunk_ids)
    best = max(float(vector @ library.embedder.embed(["ryokan eel second"])[0]) for vector in held.values())
    assert passage.similarity == pytest.approx(best, abs=HALF)


def test_a_passage_has_a_largest_size(library: SearchLibrary) -> None:
    text = "\n\n".join(f"The ryokan served dish number {i} to its guests in the morning." for i in range(40))
    library.add("/notes/kyoto.txt", text, budget=16)
    passages = library.retriever.search("ryokan dish morning", 3).passages
    assert len(passages) == 3
    assert max(len(passage.chunk_ids) for passage in passages) == PASSAGE_CHUNKS
    chunk_ids = [chunk_id for passage in passages for chunk_id in passage.chunk_ids]
    assert len(chunk_ids) == len(set(chunk_ids))


def test_chunks_under_different_headings_are_not_joined(library: SearchLibrary) -> None:
    library.add(
        "/notes/lease.md", "# Lease\n\nThe rent is 870 euros.\n\n# Parking\n\nThe rent is 60 euros.\n"
    )
    passages = library.retriever.search("rent euros", 5).passages
    assert sorted(passage.locator.heading for passage in passages) == [("Lease",), ("Parking",)]


def test_the_same_text_in_two_documents_is_one_result(library: SearchLibrary) -> None:
    library.add("/notes/a.txt", "The rent is 870 euros.\n")
    library.add("/notes/b.txt", "The rent is  870 euros.\n")
    library.add("/notes/c.txt", "The rent is 60 euros.\n")
    paths = library.paths("rent euros", 5)
    assert len(paths) == 2
    assert "/notes/c.txt" in paths


def test_spread_results_begin_with_the_best_of_each_document(library: SearchLibrary) -> None:
    library.add("/notes/a.txt", "\n\n".join(f"Rent of flat {n}: {n}00 euros a month." for n in range(1, 30)))
    library.add("/notes/b.txt", "The parking space costs rent too.\n")
    assert "/notes/b.txt" not in library.paths("rent of flat euros a month", 3)
    spread = library.retriever.search("rent of flat euros a month", 3, spread=True).passages
    assert [passage.locator.path for passage in spread[:2]] == ["/notes/a.txt", "/notes/b.txt"]


def test_only_selected_documents_are_searched(library: SearchLibrary) -> None:
    filled(library)
    (key,) = (key for key, path in library.retriever.select(Selection()) if path == "/notes/garage.txt")
    search = library.retriever.search("car clutch winter", 5, documents=[key])
    assert {passage.locator.path for passage in search.passages} == {"/notes/garage.txt"}
    assert library.retriever.search("car clutch winter", 5, documents=[]).passages == ()


def test_a_document_is_found_by_its_name_tags_date_and_title(library: SearchLibrary) -> None:
    filled(library)
    library.add(
        "/notes/quince jelly.md", "---\ntags: [larder]\ndate: 2024-11-03\n---\n# Autumn\n\nBoil it.\n"
    )
    for query in ("quince", "larder", "2024-11-03", "autumn"):
        assert library.paths(query, 1) == ["/notes/quince jelly.md"], query


def test_a_copy_outside_the_selection_is_not_found(library: SearchLibrary) -> None:
    library.add("/notes/a.txt", "The rent is 870 euros.\n")
    library.catalogue.copy("/notes/a.txt", "/old/a.txt", Stamp(24, 1))
    library.catalogue.documents.mark_indexed()
    (key,) = (key for key, path in library.retriever.select(Selection()) if path == "/old/a.txt")
    search = library.retriever.search("rent", 5, documents=[key])
    assert [passage.locator.path for passage in search.passages] == ["/old/a.txt"]


def test_the_vector_of_a_removed_document_is_ignored(library: SearchLibrary) -> None:
    filled(library)
    library.catalogue.remove(["/notes/garage.txt"])
    assert "/notes/garage.txt" not in library.paths("car clutch winter", 5)
    assert len(library.paths("car clutch winter", 5)) == 5


def test_a_document_without_vectors_is_found_by_its_words(library: SearchLibrary) -> None:
    filled(library)
    library.add("/notes/new.txt", "The xylophone is in the attic.\n", vectors=False)
    assert "/notes/new.txt" in library.paths("xylophone")


def test_a_document_removed_during_a_search_is_no_failure(
    library: SearchLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("/notes/hedge.md", "The hedge is cut with the electric shears.")
    removing = threading.Thread(target=lambda: library.catalogue.remove(["/notes/hedge.md"]))
    chunks_by_id = library.catalogue.chunks.by_id

    def remove_after_reading(ids: Sequence[str]) -> dict[str, Chunk]:
        chunks = chunks_by_id(ids)
        if not removing.ident:
            removing.start()
            removing.join(0.2)  # It has to wait until the passages are complete.
        return chunks

    monkeypatch.setattr(library.catalogue.chunks, "by_id", remove_after_reading)
    library.retriever.search("electric shears", 1)
    removing.join()
    assert library.paths("electric shears") == []


@pytest.mark.model
def test_with_the_reader_a_search_embeds_no_sentence_and_ranks_by_what_was_read(
    library: SearchLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "What does the car need before winter?"
    library.retriever = Retriever(
        library.catalogue, library.index, library.embedder, reader=open_reader(None)
    )
    filled(library)
    embedded: list[str] = []
    embed = library.embedder.embed

    def embed_and_note(texts: Sequence[str]) -> Vectors:
        embedded.extend(texts)
        return embed(texts)

    monkeypatch.setattr(library.embedder, "embed", embed_and_note)
    first, *_ = library.retriever.search(question, 3).passages
    assert embedded == [question]
    assert first.locator.path == "/notes/garage.txt"
    assert first.reading is not None
    assert first.reading.answers > 0.5


# Embedders whose vectors lie on one side


class OneSidedEmbedder(SynonymEmbedder):
    """The same meanings with similarities of 0.4 to 1."""

    least_similarity = 0.4

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        vectors = super().embed(texts, between=between)
        vectors = np.concatenate([vectors * np.sqrt(0.3), np.zeros_like(vectors)], axis=1).astype(np.float32)
        vectors[:, -1] = np.sqrt(0.7)
        return vectors


def test_similarities_in_a_narrow_range_count_as_much_as_those_in_a_wide_one(tmp_path: Path) -> None:
    scores = []
    for embedder in (SynonymEmbedder(), OneSidedEmbedder()):
        folder = tmp_path / str(embedder.least_similarity)
        folder.mkdir()
        library = SearchLibrary(folder)
        library.embedder = embedder
        library.retriever = Retriever(library.catalogue, library.index, embedder)
        found = filled(library).retriever.search("automobile of the cellar", 3, dense_weight=0.75)
        scores.append([(passage.locator.path, passage.score) for passage in found.passages])
        library.catalogue.close()
    assert [path for path, _ in scores[0]] == [path for path, _ in scores[1]]
    assert [score for _, score in scores[0]] == pytest.approx([score for _, score in scores[1]], abs=HALF)


@pytest.mark.parametrize("every", [1, 2, 5])
def test_a_selection_of_many_documents_finds_what_a_comparison_with_each_of_them_finds(
    library: SearchLibrary, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    keys = [key for key, _ in filled(library).retriever.select(Selection())][::every]
    questions = ("the weather on day 7", "What does the car need?", "QX-4711-Z", "walked")
    widened = [library.retriever.search(question, 8, documents=keys).passages for question in questions]
    for module in (retrieval, fulltext):
        monkeypatch.setattr(module, "WIDE", 2.0)
    compared = [library.retriever.search(question, 8, documents=keys).passages for question in questions]
    assert widened == compared
    assert all(compared)
