"""A library that is indexed again stays usable until its new catalogue is complete."""

from pathlib import Path

import pytest

from assistant.config import Config, IndexSettings
from assistant.library.forgetting import NEXT
from assistant.library.owner import Owner
from assistant.library.reindexing import reindex
from ingest.embedding import HashingEmbedder
from ingest.errors import IngestError, LibraryBusy
from ingest.jail import Jail
from ingest.lock import Lock
from ingest.progress import Progress, Report

SMALLER = Config(index=IndexSettings(chunk_tokens=64))


@pytest.fixture
def library(tmp_path: Path, jail: Jail) -> Path:
    """Three notes in chunks of the default length, one of which was removed."""
    notes = tmp_path / "notes"
    notes.mkdir()
    for name in ("garden", "pond", "shed"):
        text = " ".join(f"The {name} is looked after in month {number}." for number in range(60))
        (notes / f"{name}.md").write_text(text, encoding="utf-8")
    folder = tmp_path / "library"
    with Owner(folder, Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        list(owner.add(notes))
        owner.remove(notes / "shed.md")
    return folder


def chunks(library: Path, config: Config, jail: Jail) -> int:
    with Owner(library, config, embedder=HashingEmbedder(), jail=jail) as owner:
        assert owner.search("garden", 1).passages
        assert [Path(entry.path).name for entry in owner.entries()] == ["garden.md", "pond.md"]
        return owner.status().counts.chunks


def test_it_has_the_new_chunks_and_the_same_documents(library: Path, jail: Jail) -> None:
    before = chunks(library, Config(), jail)
    *progress, report = reindex(library, SMALLER, embedder=HashingEmbedder(), jail=jail)
    assert all(isinstance(event, Progress) for event in progress)
    assert isinstance(report, Report)
    assert report.added == 2, "the excluded note stays excluded"
    assert chunks(library, SMALLER, jail) > before
    assert not (library / NEXT).exists()
    with (
        Owner(library, Config(), embedder=HashingEmbedder(), jail=jail) as owner,
        pytest.raises(IngestError, match="another embedder or chunk size") as refused,
    ):
        owner.search("garden", 1)
    assert "carrel reindex" in refused.value.remedy


def test_an_interrupted_run_leaves_the_old_library_usable_and_is_continued(library: Path, jail: Jail) -> None:
    before = chunks(library, Config(), jail)
    run = reindex(library, SMALLER, embedder=HashingEmbedder(), jail=jail)
    next(run)
    run.close()  # type: ignore[attr-defined]
    assert (library / NEXT).exists()
    assert chunks(library, Config(), jail) == before
    list(reindex(library, SMALLER, embedder=HashingEmbedder(), jail=jail))
    assert chunks(library, SMALLER, jail) > before


def test_a_source_that_is_gone_leaves_the_library_unchanged(
    library: Path, jail: Jail, tmp_path: Path
) -> None:
    (tmp_path / "notes").rename(tmp_path / "elsewhere")
    with pytest.raises(IngestError, match="notes"):
        list(reindex(library, SMALLER, embedder=HashingEmbedder(), jail=jail))
    assert chunks(library, Config(), jail)


def test_a_library_that_is_in_use_is_not_indexed_again(library: Path) -> None:
    lock = Lock(library)
    try:
        with pytest.raises(LibraryBusy):
            next(reindex(library, SMALLER, embedder=HashingEmbedder()))
    finally:
        lock.release()
