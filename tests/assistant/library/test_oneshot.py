"""Files are read and summarized without opening a library, next to its owner."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.config import Config, IndexSettings
from assistant.engine.scripted import ScriptedEngine
from assistant.library.oneshot import OneShot
from assistant.library.owner import Owner
from assistant.summary import Length, Summary
from ingest.documents import Document
from ingest.embedding import HashingEmbedder
from ingest.errors import UnreadableDocument
from ingest.jail import Jail
from ingest.lock import Lock

NOTE = "# Garden\n\nThe hedge is cut in the first week of March.\n"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    return folder


@pytest.fixture
def engine() -> ScriptedEngine:
    """Counts its prompts in the text that it writes."""
    calls = iter(range(100))
    return ScriptedEngine(lambda prompt: f"The hedge is cut, {next(calls)}.")


@pytest.fixture
def files(library: Path, engine: ScriptedEngine, jail: Jail) -> Iterator[OneShot]:
    with OneShot(Config(), library, embedder=HashingEmbedder(), engine=engine, jail=jail) as files:
        yield files


def summary_of(files: OneShot, document: Document) -> str:
    *_, summary = files.summarizer(document, length=Length.SHORT).summarize(document)
    assert isinstance(summary, Summary)
    return summary.text


def test_a_file_is_read_while_an_owner_holds_the_library(
    files: OneShot, library: Path, tmp_path: Path
) -> None:
    (tmp_path / "garden.md").write_text(NOTE, encoding="utf-8")
    lock = Lock(library)
    try:
        document = files.read(tmp_path / "garden.md")
        assert summary_of(files, document)
    finally:
        lock.release()
    assert document.path == str(tmp_path / "garden.md")
    assert document.title == "Garden"
    assert not (library / "catalogue.db").exists()


def test_bytes_without_a_name_are_read_as_markdown(files: OneShot) -> None:
    document = files.read_bytes(NOTE.encode())
    assert (document.path, document.title) == ("-.md", "Garden")
    with pytest.raises(UnreadableDocument, match="Standard input cannot be read"):
        files.read_bytes(b"")


def test_standard_input_may_be_larger_than_files_may(library: Path, jail: Jail) -> None:
    config = Config(index=IndexSettings(max_file_mb=1))
    with OneShot(config, library, jail=jail) as files:
        assert files.read_bytes(NOTE.encode() + b"word " * 220_000).title == "Garden"


def test_a_file_that_cannot_be_read_is_named_with_the_reason(files: OneShot, tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match=r"nowhere\.md cannot be read: "):
        files.read(tmp_path / "nowhere.md")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    with pytest.raises(UnreadableDocument, match=r"broken\.pdf cannot be read: "):
        files.read(tmp_path / "broken.pdf")


def test_the_documents_of_a_folder_are_those_that_would_be_indexed(files: OneShot, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    (notes / "deep").mkdir(parents=True)
    for name in ("b.md", "a.txt", "deep/c.md", "video.mp4"):
        (notes / name).write_text(NOTE, encoding="utf-8")
    assert files.documents_in(notes) == [notes / "a.txt", notes / "b.md", notes / "deep" / "c.md"]


def test_a_summary_of_a_document_of_the_library_is_not_made_again_until_it_changes(
    files: OneShot, tmp_path: Path, library: Path, jail: Jail
) -> None:
    note = tmp_path / "notes" / "garden.md"
    note.parent.mkdir()
    note.write_text(NOTE, encoding="utf-8")
    outside = summary_of(files, files.read(note))
    assert summary_of(files, files.read(note)) != outside, "it is not in the library yet"
    with Owner(library, Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        list(owner.add(note.parent))
        first = summary_of(files, files.read(note))
        moved = note.rename(note.with_name("hedge.md"))
        list(owner.add(note.parent))
        assert summary_of(files, files.read(moved)) == first
        moved.write_text(NOTE + "It is cut again in June.\n", encoding="utf-8")
        list(owner.add(note.parent))
        assert summary_of(files, files.read(moved)) != first


def test_without_a_library_no_summary_is_kept(engine: ScriptedEngine, jail: Jail, tmp_path: Path) -> None:
    (tmp_path / "garden.md").write_text(NOTE, encoding="utf-8")
    nowhere = tmp_path / "nowhere"
    with OneShot(Config(), nowhere, embedder=HashingEmbedder(), engine=engine, jail=jail) as files:
        assert summary_of(files, files.read(tmp_path / "garden.md"))
    assert not nowhere.exists()
