"""The thread that keeps a library up to date: requests, reported changes, pauses and failures."""

import queue
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest import keeper, watching
from ingest.catalogue import Catalogue
from ingest.embedding import HashingEmbedder
from ingest.errors import IngestError
from ingest.gate import Gate
from ingest.keeper import Disks, Indexed, Keeper
from ingest.pipeline import Pipeline
from ingest.progress import Report
from ingest.scopes import Offline, Online
from ingest.vectors.exact import ExactVectors
from ingest.watching import Watcher
from tests.parsing import parse
from tests.running import KEY

PATIENCE_S = 20.0
"""Maximum wait for an event that must come."""


class KeptLibrary:
    """A catalogue with one source, and the events of the keepers that are started for it."""

    def __init__(self, folder: Path) -> None:
        self.notes = folder / "notes"
        self.notes.mkdir()
        (self.notes / "lease.md").write_text("The lease ends on 30 June 2027.\n", encoding="utf-8")
        self.catalogue = Catalogue(folder / "catalogue.db", KEY)
        self.catalogue.sources.add(str(self.notes))
        self.events: queue.SimpleQueue[Indexed | Offline | Online] = queue.SimpleQueue()
        self.embedder: Callable[[], HashingEmbedder] = HashingEmbedder
        self._index = ExactVectors()
        self._disk = folder
        self._keepers: list[Keeper] = []

    def keeper(self, *, watching: bool = False) -> Keeper:
        """Starts a keeper."""
        watcher = None
        if watching:
            watcher = Watcher(self.catalogue.sources.paths, disks=Disks(self.catalogue), settle_s=0.05)
        started = Keeper(self.catalogue, self._pipeline, watcher=watcher, notify=self.events.put)
        self._keepers.append(started)
        return started

    def event(self) -> Indexed | Offline | Online:
        """The next event."""
        return self.events.get(timeout=PATIENCE_S)

    def close(self) -> None:
        """Closes the keepers and the catalogue."""
        for started in self._keepers:
            started.close()
        self.catalogue.close()

    def _pipeline(self, gate: Gate) -> Pipeline:
        return Pipeline(
            self.catalogue,
            lambda: self._index,
            lambda: self.embedder(),
            parse,
            disk=self._disk,
            chunk_tokens=32,
            largest_file=1 << 20,
            gate=gate,
        )


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeptLibrary]:
    monkeypatch.setattr(keeper, "RETRY_S", 0.05)
    monkeypatch.setattr(watching, "CHECK_SOURCES_S", 0.05)
    library = KeptLibrary(tmp_path)
    yield library
    library.close()


def test_the_caller_that_adds_a_source_follows_it_to_the_report(library: KeptLibrary) -> None:
    *_, report = library.keeper().follow(str(library.notes))
    assert isinstance(report, Report)
    assert report.added == 1
    event = library.event()
    assert event == Indexed(str(library.notes), report)


def test_a_source_that_cannot_be_reached_is_an_error_for_its_caller(library: KeptLibrary) -> None:
    started = library.keeper()
    with pytest.raises(IngestError, match="Cannot reach"):
        list(started.follow(str(library.notes / "gone")))
    assert list(started.follow(str(library.notes)))


def test_a_changed_file_is_indexed_without_a_request_when_the_library_is_watched(
    library: KeptLibrary,
) -> None:
    library.keeper(watching=True)
    event = library.event()
    assert isinstance(event, Indexed)
    assert event.report.added == 1
    (library.notes / "meter.md").write_text("The water meter reads 4711.\n", encoding="utf-8")
    event = library.event()
    assert isinstance(event, Indexed)
    assert event.report.added == 1


def test_a_source_that_goes_offline_is_listed_until_it_is_back(library: KeptLibrary) -> None:
    started = library.keeper(watching=True)
    assert isinstance(library.event(), Indexed)
    library.notes.rename(library.notes.with_name("elsewhere"))
    assert library.event() == Offline(str(library.notes), "no such file or folder")
    assert started.activity.offline == {str(library.notes): "no such file or folder"}
    library.notes.with_name("elsewhere").rename(library.notes)
    assert library.event() == Online(str(library.notes))
    assert started.activity.offline == {}


def test_a_pause_lasts_beyond_the_process_and_its_requests_run_when_it_ends(library: KeptLibrary) -> None:
    first = library.keeper()
    first.pause()
    first.close()
    second = library.keeper()
    assert second.activity.paused
    with pytest.raises(IngestError, match="Indexing is paused") as refused:
        list(second.follow(str(library.notes)))
    assert "carrel resume" in refused.value.remedy
    second.resume()
    assert isinstance(library.event(), Indexed)
    assert not second.activity.paused


def test_a_failure_of_the_pipeline_reaches_the_caller_and_indexing_restarts(library: KeptLibrary) -> None:
    def broken() -> HashingEmbedder:
        raise RuntimeError("secret text")

    started = library.keeper()
    library.embedder = broken
    with pytest.raises(RuntimeError):
        list(started.follow(str(library.notes)))
    assert started.activity.problem == "Indexing failed (RuntimeError) and was restarted."
    library.embedder = HashingEmbedder
    *_, report = started.follow(str(library.notes))
    assert isinstance(report, Report)
    assert library.catalogue.counts().chunks == 1
