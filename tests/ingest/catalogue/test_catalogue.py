"""Changes of several tables happen completely or not at all, and an unusable file is refused unchanged."""

import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.catalogue import Catalogue, DocumentState, FileMove
from ingest.chunking import chunks
from ingest.embedding import HashingEmbedder
from ingest.errors import IngestError, LibraryDamaged, UnsupportedLayout
from ingest.opening import Stamp
from ingest.selection import Selection
from tests.catalogues import paths_found, store_note
from tests.parsing import parse_bytes
from tests.running import KEY


def test_a_document_stored_again_replaces_its_chunks_words_and_vectors(catalogue: Catalogue) -> None:
    store_note(catalogue, "/notes/lease.md")
    before = {name for batch, _ in catalogue.chunks.all_vectors() for name in batch}
    document = parse_bytes("/notes/lease.md", b"A bicycle pump.\n")
    pieces = list(chunks(document, HashingEmbedder().count))
    catalogue.store(document, pieces, digest="d", stamp=Stamp(16, 2))
    assert set(catalogue.chunks.delete_unused_vectors()) == before
    assert paths_found(catalogue, "rent") == []
    assert paths_found(catalogue, "bicycle") == ["/notes/lease.md"]
    counts = catalogue.counts()
    assert (counts.chunks, counts.vectors) == (len(pieces), 0)


def test_a_removed_document_leaves_nothing_behind(catalogue: Catalogue, tmp_path: Path) -> None:
    removed = store_note(catalogue, "/notes/lease.md", "The word xylophonist occurs here once.\n")
    ((names, _),) = catalogue.chunks.all_vectors()
    store_note(catalogue, "/notes/other.md")
    catalogue.remove(["/notes/lease.md"])
    assert catalogue.chunks.delete_unused_vectors() == names
    assert catalogue.chunks.by_id([chunk.id for chunk in removed]) == {}
    assert catalogue.chunks.vectors([chunk.id for chunk in removed]) == {}
    assert paths_found(catalogue, "xylophonist") == []
    catalogue.clean()
    assert all(b"xylophon" not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_copy_shares_its_vectors_with_the_original_and_outlives_it(catalogue: Catalogue) -> None:
    original = store_note(catalogue, "/notes/lease.md")
    vectors = catalogue.counts().vectors
    assert catalogue.copy("/notes/lease.md", "/copies/lease.md", Stamp(80, 2))
    assert catalogue.chunks.texts_to_embed(10) == {}
    assert catalogue.documents.mark_indexed() == ["/copies/lease.md"]
    assert catalogue.counts().vectors == vectors
    catalogue.remove(["/notes/lease.md"])
    assert catalogue.chunks.delete_unused_vectors() == []
    assert paths_found(catalogue, "rent") == ["/copies/lease.md"]
    assert len(catalogue.documents.select(Selection())) == 1
    assert catalogue.counts().chunks == len(original)


def test_nothing_is_copied_from_a_document_that_is_gone(catalogue: Catalogue) -> None:
    store_note(catalogue, "/copies/lease.md")
    assert not catalogue.copy("/notes/lease.md", "/copies/lease.md", Stamp(80, 2))
    assert paths_found(catalogue, "rent") == ["/copies/lease.md"]


def test_a_moved_document_keeps_its_vectors_and_has_new_ids(catalogue: Catalogue) -> None:
    before = store_note(catalogue, "/notes/lease.md")
    catalogue.move([FileMove("/notes/lease.md", "/archive/lease.md", Stamp(80, 2))])
    (entry,) = catalogue.documents.entries()
    assert (entry.path, entry.state) == ("/archive/lease.md", DocumentState.INDEXED)
    assert catalogue.chunks.by_id([chunk.id for chunk in before]) == {}
    ((key, _),) = catalogue.documents.select(Selection())
    ids = catalogue.chunks.ids_by_vector(catalogue.chunks.vector_names([key]))
    moved = catalogue.chunks.by_id([chunk_id for (chunk_id,) in ids.values()])
    assert {chunk.text for chunk in moved.values()} == {chunk.text for chunk in before}
    assert {chunk.locator.path for chunk in moved.values()} == {"/archive/lease.md"}
    assert len(catalogue.chunks.vectors(list(moved))) == len(before)


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    first = Catalogue(path, KEY)
    first.sources.add("/notes")
    first.set_fact("fingerprint", "a")
    first.set_fact("fingerprint", "b")
    pieces = store_note(first, "/notes/lease.md")
    first.close()
    again = Catalogue(path, KEY)
    assert again.sources.paths() == ["/notes"]
    assert again.fact("fingerprint") == "b"
    assert again.fact("unknown") is None
    assert again.counts().documents[DocumentState.INDEXED] == 1
    assert list(again.chunks.vectors([pieces[0].id])) == [pieces[0].id]
    again.close()


def test_a_store_that_fails_halfway_changes_nothing(catalogue: Catalogue) -> None:
    before = store_note(catalogue, "/notes/lease.md")
    document = parse_bytes("/notes/lease.md", b"A bicycle pump.\n")
    piece = next(chunks(document, HashingEmbedder().count))
    with pytest.raises(LibraryDamaged):  # An id is given twice.
        catalogue.store(document, [piece, piece], digest="d", stamp=Stamp(16, 2))
    assert catalogue.chunks.by_id([chunk.id for chunk in before]) == {chunk.id: chunk for chunk in before}
    assert paths_found(catalogue, "rent") == ["/notes/lease.md"]
    assert paths_found(catalogue, "bicycle") == []


@pytest.mark.parametrize(
    "content", [b"these are my own notes\n" * 400, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_file_that_is_no_catalogue_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalogue.db"
    path.write_bytes(content)
    with pytest.raises(LibraryDamaged) as caught:
        Catalogue(path, KEY)
    assert str(path) in caught.value.message
    assert path.read_bytes() == content


def test_a_damaged_page_is_reported_as_damage(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    first = Catalogue(path, KEY)
    for number in range(40):
        store_note(first, f"/notes/{number}.md")
    first.close()
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xa5" * (len(data) - 8192)
    path.write_bytes(data)
    with pytest.raises(LibraryDamaged) as caught:
        again = Catalogue(path, KEY)
        again.documents.entries()
        paths_found(again, "rent")
    assert "damaged" in caught.value.message


def test_the_catalogue_of_a_newer_carrel_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    Catalogue(path, KEY).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(UnsupportedLayout, match="newer Carrel: it has layout 99") as refused:
        Catalogue(path, KEY)
    assert "Update Carrel" in refused.value.remedy
    assert path.read_bytes() == before


def test_a_path_that_cannot_be_written_is_reported_with_advice(tmp_path: Path) -> None:
    (tmp_path / "catalogue.db").mkdir()
    with pytest.raises(IngestError, match="cannot be used") as refused:
        Catalogue(tmp_path / "catalogue.db", KEY)
    assert "Check that its disk is not read-only" in refused.value.remedy


@pytest.fixture
def small_disk(mount_disk: Callable[[int], Path]) -> Path:
    """A disk of 1 MiB."""
    return mount_disk(1)


def test_a_full_disk_is_reported_and_nothing_is_lost(small_disk: Path) -> None:
    catalogue = Catalogue(small_disk / "catalogue.db", KEY)
    stored = 0
    with pytest.raises(IngestError, match="disk is full"):
        for number in range(100):
            text = f"Entry {number}.\n" + "".join(f"w{number}x{i} " for i in range(1500))
            store_note(catalogue, f"/notes/{number}.md", text, indexed=False)
            stored += 1
    assert stored
    # The error is the same whichever step the disk fills up in.
    with pytest.raises(IngestError, match="disk is full"):
        store_note(catalogue, "/notes/large.md", "".join(f"v{i} " for i in range(100_000)), indexed=False)
    assert len(catalogue.documents.entries()) == stored
    assert paths_found(catalogue, "w0x7") == ["/notes/0.md"]
    subprocess.run(["mount", "-o", "remount,size=16m", small_disk], check=True)
    store_note(catalogue, "/notes/more.md", "There is room again.\n")
    catalogue.close()
    again = Catalogue(small_disk / "catalogue.db", KEY)
    assert len(again.documents.entries()) == stored + 1
    again.close()
