"""An open library: documents are forgotten with everything that was made from them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.config import Config, IndexSettings
from assistant.dialogue import DEFAULT_ASKING, Answer
from assistant.engine.scripted import ScriptedEngine
from assistant.library import forgetting
from assistant.library.forgetting import PROMPTS
from assistant.library.opened import Library
from assistant.library.summaries import FOLDER, SummaryFile
from assistant.library.vectorstores import CODES
from ingest.embedding import HashingEmbedder
from ingest.encryption import forget_keys, hold_key
from ingest.encryption.keyfile import Hardness, new_key_file
from ingest.errors import IngestError, LibraryDamaged
from ingest.jail import Jail, open_jail
from ingest.progress import Report
from ingest.selection import Selection

SECRET = "The zeppelin lands behind the old brewery."
OTHER = "The hedge is cut in the first week of March."


@pytest.fixture(scope="module")
def jail() -> Iterator[Jail]:
    jail = open_jail(1 << 20)
    yield jail
    jail.close()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "secret.md").write_text(SECRET, encoding="utf-8")
    (folder / "garden.md").write_text(OTHER, encoding="utf-8")
    return folder


@pytest.fixture
def library(tmp_path: Path, notes: Path, jail: Jail) -> Iterator[Library]:
    """The two notes, indexed with vectors made from words; every prompt is answered with its last line."""
    (tmp_path / "library").mkdir()
    engine = ScriptedEngine("It lands behind the old brewery [1].")
    with Library(
        tmp_path / "library", Config(), embedder=HashingEmbedder(), engine=engine, jail=jail
    ) as library:
        library.add_source(notes)
        update(library, notes)
        yield library


def update(library: Library, notes: Path) -> Report:
    pipeline = library.pipeline()
    try:
        *_, report = pipeline.update(str(notes))
    finally:
        pipeline.close()
    assert isinstance(report, Report)
    return report


def ask(library: Library, question: str) -> Answer:
    *_, answer = library.answerer().ask(question)
    assert isinstance(answer, Answer)
    return answer


def make_traces(library: Library, notes: Path) -> None:
    """Leaves every kind of thing that is made from a document."""
    answer = ask(library, "Where does the zeppelin land?")
    assert SECRET in answer.passages[0].text
    library.keep("trip", DEFAULT_ASKING, answer)
    secret = str(notes / "secret.md")
    SummaryFile(library.folder, lambda: library.catalogue.contents.digests([secret])[secret]).put(
        "key", SECRET
    )
    (library.folder / PROMPTS).mkdir(parents=True)
    (library.folder / PROMPTS / "prompt.kv").write_text(SECRET, encoding="utf-8")


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_removed_document_is_forgotten_with_everything_made_from_it(library: Library, notes: Path) -> None:
    make_traces(library, notes)
    vectors = len(library.vectors.get())
    assert len(library.remove(notes / "secret.md", copies=False).documents) == 1
    assert len(library.vectors.get()) == vectors - 1
    assert library.history.turns("trip") == []
    assert [file.name for file in (library.folder / FOLDER).iterdir()] == ["lock"]
    assert not (library.folder / PROMPTS).exists()
    assert all("zeppelin" not in passage.text for passage in ask(library, "zeppelin").passages)
    library.close()
    assert b"zeppelin" not in bytes_in(library.folder)
    assert b"hedge" in bytes_in(library.folder), "the other document stays"


def test_a_large_catalogue_is_rewritten_after_the_removal_has_returned(
    library: Library, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_traces(library, notes)
    monkeypatch.setattr(forgetting, "QUICK_BYTES", 0)
    asked: list[bool] = []
    library.eraser.clean_later = lambda: asked.append(True)
    library.remove(notes / "secret.md", copies=False)
    assert asked and library.catalogue.has_remains
    assert all("zeppelin" not in passage.text for passage in ask(library, "zeppelin").passages)
    library.close()
    assert b"zeppelin" not in bytes_in(library.folder)


def test_a_vector_that_a_killed_process_left_in_the_file_is_overwritten(
    library: Library, notes: Path, tmp_path: Path
) -> None:
    library.retriever()
    library.clean()
    stored = (library.folder / CODES).read_bytes()
    (name,) = {name for names, _ in library.catalogue.chunks.all_vectors() for name in names} - {
        name
        for key, path in library.retriever().select(Selection())
        if path != str(notes / "secret.md")
        for name in library.catalogue.chunks.vector_names([key])
    }
    assert bytes.fromhex(name) in stored
    library.remove(notes / "secret.md", copies=False)
    library.close()
    (library.folder / CODES).write_bytes(stored)  # As if the removal had not reached the file.
    with Library(library.folder, Config(), embedder=HashingEmbedder()) as again:
        assert all("zeppelin" not in passage.text for passage in ask(again, "zeppelin").passages)
    assert bytes.fromhex(name) not in (library.folder / CODES).read_bytes()


def test_vectors_of_the_time_before_a_library_was_encrypted_are_removed(tmp_path: Path) -> None:
    (tmp_path / CODES).write_bytes(b"of the time before it was encrypted")
    key_file, secret = new_key_file("hedge and shears", hardness=Hardness(64, 1, 1))
    key_file.write(tmp_path)
    hold_key(key_file, secret)
    try:
        with Library(tmp_path, Config(), embedder=HashingEmbedder()) as library:
            assert len(library.vectors.get()) == 0
        assert not (tmp_path / CODES).exists()
    finally:
        forget_keys()


def test_a_document_whose_file_disappeared_leaves_nothing_after_closing(
    library: Library, notes: Path
) -> None:
    make_traces(library, notes)
    (notes / "secret.md").unlink()
    report = update(library, notes)
    library.forget(report.gone)
    assert library.history.turns("trip") == []
    assert not (library.folder / PROMPTS).exists()
    library.close()
    assert b"zeppelin" not in bytes_in(library.folder)


def test_a_file_that_came_back_is_not_forgotten_with_the_one_that_disappeared(
    library: Library, notes: Path
) -> None:
    (notes / "secret.md").unlink()
    report = update(library, notes)
    (notes / "secret.md").write_text("The zeppelin lands at noon.", encoding="utf-8")
    update(library, notes)
    library.forget(report.gone)
    assert "noon" in ask(library, "When does the zeppelin land?").passages[0].text


def test_prompts_of_a_changed_document_are_forgotten_and_conversations_stay(
    library: Library, notes: Path
) -> None:
    make_traces(library, notes)
    (notes / "secret.md").write_text("The airship lands at noon.", encoding="utf-8")
    report = update(library, notes)
    assert (report.changed, report.gone) == (1, ())
    library.forget(report.gone)
    assert not (library.folder / PROMPTS).exists()
    assert len(library.history.turns("trip")) == 1


def test_forgetting_a_conversation_forgets_the_prompts_it_left(library: Library, notes: Path) -> None:
    make_traces(library, notes)
    library.forget_conversation("trip")
    assert library.history.turns("trip") == []
    assert not (library.folder / PROMPTS).exists()
    assert library.audit.entries()[0].detail == "a conversation"


def test_the_engine_forgets_on_its_own_thread(tmp_path: Path) -> None:
    calls = []

    def run(work: object) -> None:
        calls.append(work)

    with Library(tmp_path, Config(), embedder=HashingEmbedder(), run_on_engine_thread=run) as library:
        library.forget(["/notes/secret.md"])
    assert len(calls) == 1


def test_listing_and_searching_load_no_language_model(
    library: Library, tmp_path: Path, notes: Path, jail: Jail
) -> None:
    library.close()
    with Library(library.folder, Config(), embedder=HashingEmbedder(), jail=jail) as again:
        assert len(again.catalogue.documents.entries()) == 2
        assert (again.embedder.peek(), again.vectors.peek(), again.engine.peek()) == (None, None, None)
        assert again.retriever().search("zeppelin", 1).passages
        assert again.engine.peek() is None


def test_vectors_made_in_another_way_are_refused_with_the_way_out(library: Library) -> None:
    library.close()
    other = Config(index=IndexSettings(chunk_tokens=64))
    with (
        Library(library.folder, other, embedder=HashingEmbedder()) as again,
        pytest.raises(IngestError, match="another embedder or chunk size") as refused,
    ):
        again.retriever()
    assert "carrel reindex" in refused.value.remedy


def test_damaged_conversations_leave_no_file_open(tmp_path: Path) -> None:
    (tmp_path / "history.db").write_bytes(b"not a database" * 100)
    with Library(tmp_path, Config()) as library, pytest.raises(LibraryDamaged):
        library.history.conversations()
    assert not (tmp_path / "catalogue.db-wal").exists()
    assert (tmp_path / "history.db").read_bytes() == b"not a database" * 100, "it is left alone"
