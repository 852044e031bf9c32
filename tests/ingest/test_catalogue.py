"""The catalogue: what it keeps, finds, forgets, and survives."""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.catalogue import Catalogue, DocumentState
from ingest.chunking import chunks, embedded_text
from ingest.documents import Chunk
from ingest.embedding import HashingEmbedder
from ingest.errors import IngestError, LibraryDamaged, UnsupportedLayout
from ingest.keywords import terms
from ingest.sources import Stamp
from tests.parsing import parse_bytes

NOTE = "# Lease\n\nThe lease ends on 30 June 2027.\n\n## Rent\n\nThe rent is 870 euros.\n"


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue(tmp_path / "catalogue.db")
    yield opened
    opened.close()


def kept(catalogue: Catalogue, path: str, text: str = NOTE, *, vectors: bool = True) -> list[Chunk]:
    """The chunks of a document stored at `path`, indexed when they get vectors."""
    document = parse_bytes(path, text.encode())
    embedder = HashingEmbedder()
    pieces = list(chunks(document, embedder.count))
    catalogue.store(document, pieces, digest=document.id, stamp=Stamp(len(text), 1))
    if vectors:
        waiting = catalogue.chunks.texts_to_embed(100)
        catalogue.chunks.store_vectors(list(waiting), embedder.embed(list(waiting.values())))
        catalogue.documents.mark_indexed()
    return pieces


def found(catalogue: Catalogue, question: str) -> list[str]:
    return [
        chunk.locator.path
        for chunk in catalogue.chunks.by_id(list(catalogue.full_text.scores(terms(question), 10))).values()
    ]


def state(catalogue: Catalogue, path: str) -> DocumentState:
    return next(entry.state for entry in catalogue.documents.entries() if entry.path == path)


def test_a_chunk_comes_back_as_it_was_stored(catalogue: Catalogue) -> None:
    pieces = kept(catalogue, "/notes/lease.md")
    assert len(pieces) > 1
    assert catalogue.chunks.by_id([chunk.id for chunk in pieces]) == {chunk.id: chunk for chunk in pieces}
    document = pieces[0].document_id
    assert catalogue.documents.title(document) == "Lease"
    assert [catalogue.documents.text(document, chunk.locator) for chunk in pieces] == [
        chunk.text for chunk in pieces
    ]


def test_a_document_is_found_by_its_words_before_it_has_vectors(catalogue: Catalogue) -> None:
    kept(catalogue, "/notes/lease.md", vectors=False)
    assert state(catalogue, "/notes/lease.md") is DocumentState.PENDING
    assert found(catalogue, "rent") == ["/notes/lease.md"]


def test_a_document_is_indexed_only_once_every_chunk_has_a_vector(catalogue: Catalogue) -> None:
    pieces = kept(catalogue, "/notes/lease.md", vectors=False)
    names = list(catalogue.chunks.texts_to_embed(10))
    assert len(names) == len(pieces) == catalogue.chunks.count_without_vector()
    catalogue.chunks.store_vectors(names[:1], np.ones((1, 4), dtype=np.float32))
    assert catalogue.documents.mark_indexed() == []
    assert state(catalogue, "/notes/lease.md") is DocumentState.PENDING
    assert list(catalogue.chunks.texts_to_embed(10)) == names[1:]
    catalogue.chunks.store_vectors(names[1:], np.ones((len(names) - 1, 4), dtype=np.float32))
    assert catalogue.documents.mark_indexed() == ["/notes/lease.md"]
    assert state(catalogue, "/notes/lease.md") is DocumentState.INDEXED
    assert catalogue.chunks.texts_to_embed(10) == {}


def test_vectors_come_back_bit_for_bit(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.catalogue.chunks.VECTORS_AT_ONCE", 2)
    pieces = kept(catalogue, "/notes/lease.md") + kept(catalogue, "/notes/other.md", "Water meter 4711.\n")
    ids = [chunk.id for chunk in pieces]
    titles = {"/notes/lease.md": "Lease", "/notes/other.md": "other"}
    texts = [embedded_text(titles[chunk.locator.path], chunk) for chunk in pieces]
    expected = HashingEmbedder().embed(texts)
    single = catalogue.chunks.vectors(ids)
    assert all(np.array_equal(single[chunk_id], row) for chunk_id, row in zip(ids, expected, strict=True))
    batches = list(catalogue.chunks.all_vectors())
    names = [name for batch, _ in batches for name in batch]
    stored = np.concatenate([vectors for _, vectors in batches])
    bearers = catalogue.chunks.ids_by_vector(names)
    assert {bearers[name][0]: row.tobytes() for name, row in zip(names, stored, strict=True)} == {
        chunk_id: row.tobytes() for chunk_id, row in zip(ids, expected, strict=True)
    }


def test_a_document_stored_again_replaces_its_chunks_words_and_vectors(catalogue: Catalogue) -> None:
    kept(catalogue, "/notes/lease.md")
    before = {name for batch, _ in catalogue.chunks.all_vectors() for name in batch}
    document = parse_bytes("/notes/lease.md", b"A bicycle pump.\n")
    pieces = list(chunks(document, HashingEmbedder().count))
    catalogue.store(document, pieces, digest="d", stamp=Stamp(16, 2))
    assert set(catalogue.chunks.delete_unused_vectors()) == before
    assert found(catalogue, "rent") == []
    assert found(catalogue, "bicycle") == ["/notes/lease.md"]
    counts = catalogue.counts()
    assert (counts.chunks, counts.vectors) == (len(pieces), 0)


def test_a_removed_document_leaves_nothing_behind(catalogue: Catalogue, tmp_path: Path) -> None:
    gone = kept(catalogue, "/notes/lease.md", "The word xylophonist stands here once.\n")
    ((names, _),) = catalogue.chunks.all_vectors()
    kept(catalogue, "/notes/other.md")
    catalogue.remove(["/notes/lease.md"])
    assert catalogue.chunks.delete_unused_vectors() == names
    assert catalogue.chunks.by_id([chunk.id for chunk in gone]) == {}
    assert catalogue.chunks.vectors([chunk.id for chunk in gone]) == {}
    assert found(catalogue, "xylophonist") == []
    catalogue.purge()
    assert all(b"xylophon" not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_path_that_is_no_text_is_kept_byte_for_byte(catalogue: Catalogue) -> None:
    path = os.fsdecode(b"/notes/caf\xe9 \nnew.md")
    pieces = kept(catalogue, path)
    assert [entry.path for entry in catalogue.documents.entries()] == [path]
    assert list(catalogue.documents.file_records(["/notes"])) == [path]
    assert catalogue.chunks.by_id([pieces[0].id])[pieces[0].id].locator.path == path


def test_below_a_folder_means_below_it_and_not_beside_it(catalogue: Catalogue) -> None:
    inside = ["/notes", "/notes/a.md", "/notes/sub/b.md", "/notes/\U0010ffff.md"]
    beside = ["/notes-old/a.md", "/notes.md", "/notes0", "/note/a.md", "/Notes/a.md", "/notes_/%.md"]
    for path in inside + beside:
        catalogue.documents.set_failed(path, "broken", stamp=Stamp(1, 1), media_type=None)
    assert sorted(catalogue.documents.file_records(["/notes"])) == sorted(inside)
    assert sorted(catalogue.documents.file_records(["/"])) == sorted(inside + beside)


def test_a_failed_file_keeps_its_reason_until_it_is_read(catalogue: Catalogue) -> None:
    catalogue.documents.set_failed(
        "/notes/lease.md", "encrypted", stamp=Stamp(9, 9), media_type="text/markdown"
    )
    (entry,) = catalogue.documents.entries()
    assert (entry.state, entry.reason, entry.chunks) == (DocumentState.FAILED, "encrypted", 0)
    assert catalogue.documents.file_records(["/notes"])["/notes/lease.md"].digest is None
    kept(catalogue, "/notes/lease.md")
    (entry,) = catalogue.documents.entries()
    assert (entry.state, entry.reason) == (DocumentState.INDEXED, "")


def test_skipped_files_are_listed_with_their_reason_and_never_known(catalogue: Catalogue) -> None:
    kept(catalogue, "/notes/lease.md")
    catalogue.documents.set_skipped(
        ["/notes"], [("/notes/a.bin", "unknown type"), ("/notes/b.bin", "unknown type")]
    )
    catalogue.documents.set_skipped(["/notes"], [("/notes/b.bin", "symbolic link")])
    assert [(entry.path, entry.reason) for entry in catalogue.documents.entries()] == [
        ("/notes/b.bin", "symbolic link"),
        ("/notes/lease.md", ""),
    ]
    assert list(catalogue.documents.file_records(["/notes"])) == ["/notes/lease.md"]


def test_skipping_in_one_source_leaves_another_alone(catalogue: Catalogue) -> None:
    catalogue.documents.set_skipped(["/a"], [("/a/x.bin", "unknown type")])
    catalogue.documents.set_skipped(["/b"], [("/b/x.bin", "unknown type")])
    catalogue.documents.set_skipped(["/b"], [])
    assert [entry.path for entry in catalogue.documents.entries()] == ["/a/x.bin"]


def test_adding_a_path_by_name_lets_in_what_was_kept_out(catalogue: Catalogue) -> None:
    catalogue.sources.add("/notes")
    for path in ("/notes/a", "/notes/a/b.md", "/notes/ab"):
        catalogue.sources.exclude(path)
    catalogue.sources.add("/notes/a")
    assert catalogue.sources.excluded() == ["/notes/ab"]
    assert catalogue.sources.paths() == ["/notes", "/notes/a"]
    catalogue.sources.remove("/notes/a")
    assert catalogue.sources.paths() == ["/notes"]


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    first = Catalogue(path)
    first.sources.add("/notes")
    first.set_fact("fingerprint", "a")
    first.set_fact("fingerprint", "b")
    pieces = kept(first, "/notes/lease.md")
    first.close()
    again = Catalogue(path)
    assert again.sources.paths() == ["/notes"]
    assert again.fact("fingerprint") == "b"
    assert again.fact("unknown") is None
    assert again.counts().documents[DocumentState.INDEXED] == 1
    assert list(again.chunks.vectors([pieces[0].id])) == [pieces[0].id]
    again.close()


def test_a_store_that_fails_half_way_changes_nothing(catalogue: Catalogue) -> None:
    before = kept(catalogue, "/notes/lease.md")
    document = parse_bytes("/notes/lease.md", b"A bicycle pump.\n")
    piece = next(chunks(document, HashingEmbedder().count))
    with pytest.raises(LibraryDamaged):  # The same id twice breaks the table's rule.
        catalogue.store(document, [piece, piece], digest="d", stamp=Stamp(16, 2))
    assert catalogue.chunks.by_id([chunk.id for chunk in before]) == {chunk.id: chunk for chunk in before}
    assert found(catalogue, "rent") == ["/notes/lease.md"]
    assert found(catalogue, "bicycle") == []


@pytest.mark.parametrize(
    "content", [b"these are my own notes\n" * 400, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_file_that_is_no_catalogue_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalogue.db"
    path.write_bytes(content)
    with pytest.raises(LibraryDamaged) as caught:
        Catalogue(path)
    assert str(path) in caught.value.message
    assert path.read_bytes() == content


def test_a_damaged_page_is_reported_as_damage(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    first = Catalogue(path)
    for number in range(40):
        kept(first, f"/notes/{number}.md")
    first.close()
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xa5" * (len(data) - 8192)
    path.write_bytes(data)
    with pytest.raises(LibraryDamaged) as caught:
        again = Catalogue(path)
        again.documents.entries()
        found(again, "rent")
    assert "damaged" in caught.value.message


def test_the_catalogue_of_a_newer_carrel_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    Catalogue(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(UnsupportedLayout, match="newer Carrel: it has layout 99") as refused:
        Catalogue(path)
    assert "Update Carrel" in refused.value.remedy
    assert path.read_bytes() == before


def test_a_place_where_nothing_can_be_written_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "catalogue.db").mkdir()
    with pytest.raises(IngestError, match="cannot be used"):
        Catalogue(tmp_path / "catalogue.db")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the right to mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_full_disk_is_said_so_and_loses_nothing(small_disk: Path) -> None:
    catalogue = Catalogue(small_disk / "catalogue.db")
    stored = 0
    with pytest.raises(IngestError, match="disk is full"):
        for number in range(100):
            text = f"Entry {number}.\n" + "".join(f"w{number}x{i} " for i in range(1500))
            kept(catalogue, f"/notes/{number}.md", text, vectors=False)
            stored += 1
    assert stored
    # What filled it fails again in the same way, whatever step met the end of the disk.
    with pytest.raises(IngestError, match="disk is full"):
        kept(catalogue, "/notes/large.md", "".join(f"v{i} " for i in range(100_000)), vectors=False)
    assert len(catalogue.documents.entries()) == stored
    assert found(catalogue, "w0x7") == ["/notes/0.md"]
    subprocess.run(["mount", "-o", "remount,size=16m", small_disk], check=True)
    kept(catalogue, "/notes/more.md", "There is room again.\n")
    catalogue.close()
    again = Catalogue(small_disk / "catalogue.db")
    assert len(again.documents.entries()) == stored + 1
    again.close()
