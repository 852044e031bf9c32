"""A library that an older Carrel wrote holds the same after it is opened by this one.

`tests/ingest/fixtures/layout-N.sql` is a library of layout N, written by a Carrel of that layout. A new
layout adds a fixture of the one before it; all fixtures stay.
"""

import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.catalogue import Catalogue, DocumentState
from ingest.catalogue.layout import layout
from ingest.chunking import embedded_text
from ingest.embedding import HashingEmbedder
from ingest.selection import Selection
from tests.catalogues import paths_found
from tests.migrating import load
from tests.running import KEY

FIXTURES = sorted(Path(__file__).parents[1].joinpath("fixtures").glob("layout-*.sql"))
NOTES = "/home/person/notes"
LETTERS = "/home/person/letters"


@pytest.fixture(scope="module", params=FIXTURES, ids=lambda path: path.stem)
def old_library(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Catalogue]:
    """The library of each fixture, opened and so migrated."""
    path = tmp_path_factory.mktemp("old") / "catalogue.db"
    load(path, request.param)
    catalogue = Catalogue(path, KEY)
    yield catalogue
    catalogue.close()


def test_there_is_a_fixture_for_every_layout_that_can_be_migrated() -> None:
    numbers = {int(path.stem.removeprefix("layout-")) for path in FIXTURES}
    assert numbers >= {3, *range(layout(KEY).oldest, layout(KEY).version)}


def test_all_documents_are_listed_with_their_states_and_reasons(old_library: Catalogue) -> None:
    entries = {entry.path: entry for entry in old_library.documents.entries()}
    assert {path: (entry.state.value, entry.reason, entry.chunks) for path, entry in entries.items()} == {
        f"{NOTES}/lease.md": ("indexed", "", 3),
        f"{NOTES}/deposit.md": ("indexed", "", 1),
        f"{NOTES}/copies/deposit.md": ("indexed", "", 1),
        f"{NOTES}/garden/pond.org": ("indexed", "", 2),
        f"{NOTES}/spare key.md": ("indexed", "", 1),
        f"{NOTES}/manual.pdf": ("indexed", "page 3 needs OCR", 2),
        f"{NOTES}/today.md": ("pending", "", 1),
        f"{NOTES}/scan.pdf": ("failed", "damaged: no page could be read", 0),
        f"{NOTES}/photo.png": ("skipped", "needs OCR", 0),
        f"{NOTES}/video.mp4": ("skipped", "unknown type .mp4", 0),
        f"{LETTERS}/合同.txt": ("indexed", "", 1),
        os.fsdecode(b"/home/person/letters/caf\xe9.txt"): ("indexed", "", 1),
    }
    assert entries[f"{NOTES}/lease.md"].indexed_at is not None
    assert entries[f"{NOTES}/lease.md"].media_type == "text/markdown"


def test_what_this_version_reads_otherwise_is_read_again_at_the_next_update(old_library: Catalogue) -> None:
    records = old_library.documents.file_records([NOTES, LETTERS])
    again = {os.path.basename(path) for path, record in records.items() if record.stamp.mtime_ns < 0}
    notes = {"lease.md", "deposit.md", "pond.org", "spare key.md", "today.md"}
    assert again == {*notes, "manual.pdf", "scan.pdf", "合同.txt", os.fsdecode(b"caf\xe9.txt")}


def test_sources_exclusions_and_facts_are_kept(old_library: Catalogue) -> None:
    assert old_library.sources.paths() == [NOTES, LETTERS]
    assert old_library.exclusions.matcher()(f"{NOTES}/private")
    assert old_library.sources.disk(NOTES) == "6b0c1f0e-2a51-4d5e-9f0a-000000000000"
    assert old_library.fact("fingerprint") == HashingEmbedder.fingerprint


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("When does the lease end?", f"{NOTES}/lease.md"),
        ("spare key", f"{NOTES}/spare key.md"),
        ("F28", f"{NOTES}/manual.pdf"),
        ("租金", f"{LETTERS}/合同.txt"),
        ("hooks", f"{NOTES}/today.md"),
    ],
)
def test_documents_are_found_by_their_words(old_library: Catalogue, question: str, path: str) -> None:
    assert paths_found(old_library, question)[0] == path


def test_the_index_has_exactly_the_words_of_the_chunks(old_library: Catalogue) -> None:
    assert old_library.full_text.rows_apart() == (0, 0)
    assert old_library.full_text.is_consistent()


def test_chunks_have_their_text_place_and_vector(old_library: Catalogue) -> None:
    documents = old_library.documents.select(Selection())
    names = old_library.chunks.vector_names([key for key, _ in documents])
    ids = [chunk_id for ids in old_library.chunks.ids_by_vector(names).values() for chunk_id in ids]
    chunks = old_library.chunks.by_id(ids)
    vectors = old_library.chunks.vectors(ids)
    assert len(chunks) == 13
    assert len(vectors) == 12, "all but the pending document's"
    embedder = HashingEmbedder()
    for chunk in chunks.values():
        # This file was moved after it was embedded under its old name.
        moved = chunk.locator.path == f"{NOTES}/spare key.md"
        title = "old name" if moved else old_library.documents.title(chunk.document_id)
        assert old_library.documents.text(chunk.document_id, chunk.locator) == chunk.text
        if chunk.id in vectors:
            (expected,) = embedder.embed([embedded_text(title, chunk)])
            assert np.abs(vectors[chunk.id] - expected).max() <= 2**-12, "as half precision is"
    (gas,) = (chunk for chunk in chunks.values() if "F28" in chunk.text)
    assert gas.text == "Error F28 means that there is no gas."
    assert (gas.locator.page, gas.locator.label) == (2, "1")


def test_documents_are_selected_by_tag_folder_and_date(old_library: Catalogue) -> None:
    def paths(selection: Selection) -> set[str]:
        return {path.removeprefix(f"{NOTES}/") for _, path in old_library.documents.select(selection)}

    assert paths(Selection(tags=("contracts",))) == {"lease.md"}
    assert paths(Selection(tags=("home",))) == {"lease.md", "deposit.md", "copies/deposit.md"}
    assert paths(Selection(folders=("garden",))) == {"garden/pond.org"}


def test_the_pending_document_is_indexed_without_reading_it_again(
    old_library: Catalogue, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    load(tmp_path / "catalogue.db", request.node.callspec.params["old_library"])
    catalogue = Catalogue(tmp_path / "catalogue.db", KEY)
    texts = catalogue.chunks.texts_to_embed(10)
    assert len(texts) == 1
    catalogue.chunks.store_vectors(list(texts), HashingEmbedder().embed(list(texts.values())))
    assert catalogue.documents.mark_indexed() == [f"{NOTES}/today.md"]
    assert catalogue.counts().documents[DocumentState.PENDING] == 0
    catalogue.close()


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_a_migrated_library_has_the_tables_of_a_new_one(fixture: Path, tmp_path: Path) -> None:
    load(tmp_path / "old.db", fixture)
    Catalogue(tmp_path / "old.db", KEY).close()
    Catalogue(tmp_path / "new.db", KEY).close()
    assert schema(tmp_path / "old.db") == schema(tmp_path / "new.db")


def schema(path: Path) -> dict[str, str]:
    """Tables, indexes and triggers of a file with their SQL, white space normalised."""
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        return {name: re.sub(r"\s*([(),])\s*", r"\1", " ".join(sql.split())) for name, sql in rows}
    finally:
        connection.close()
