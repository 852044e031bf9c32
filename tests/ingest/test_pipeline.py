"""A source through all stages: which files are read, which are not, and what an interruption costs."""

import hashlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from ingest import moves, opening, parsers, reading, revisions
from ingest.catalogue import Catalogue, DocumentEntry, DocumentState
from ingest.documents import Document
from ingest.embedding import HashingEmbedder, Vectors
from ingest.errors import IngestError, StoppedParsing
from ingest.jail import Jail
from ingest.keywords import terms
from ingest.pipeline import Pipeline
from ingest.progress import Progress, Report
from ingest.reading import GoOn, Parse
from ingest.vectors.exact import ExactVectors
from tests.parsing import parse
from tests.running import KEY

LEASE = "# Lease\n\nThe lease ends on 30 June 2027.\n\n## Rent\n\nThe rent is 870 euros.\n"


class CountingEmbedder(HashingEmbedder):
    """Remembers the texts it embedded, and raises an error at call number `breaks_at`, counted from 1."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.breaks_at = 0
        self.calls = 0

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        self.calls += 1
        if self.calls == self.breaks_at:
            raise RuntimeError("the embedder broke")
        self.texts += texts
        return super().embed(texts)


class BreakingIndex(ExactVectors):
    """Refuses as many changes as `refusals` says."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals = 0

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        if self.refusals:
            self.refusals -= 1
            raise IngestError("the index broke")
        super().upsert(ids, vectors)


class Library:
    """A catalogue, an index and an embedder, with a folder of notes."""

    def __init__(self, folder: Path) -> None:
        self.notes = folder / "notes"
        self.notes.mkdir()
        self.catalogue = Catalogue(folder / "catalogue.db", KEY)
        self.catalogue.sources.add(str(self.notes))
        self.index = BreakingIndex()
        self.embedder = CountingEmbedder()
        self.parse: Parse = parse
        self.disk = folder

    def write(self, name: str, text: str | bytes) -> Path:
        """Writes a file to the folder of notes."""
        path = self.notes / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def events(self, root: Path | None = None, *, largest_file: int = 1 << 20) -> Iterator[Progress | Report]:
        pipeline = self.pipeline(largest_file=largest_file)
        try:
            yield from pipeline.update(str(root or self.notes))
        finally:
            pipeline.close()

    def pipeline(self, *, largest_file: int = 1 << 20) -> Pipeline:
        return Pipeline(
            self.catalogue,
            lambda: self.index,
            lambda: self.embedder,
            self.parse,
            disk=self.disk,
            chunk_tokens=32,
            largest_file=largest_file,
        )

    def update(self, root: Path | None = None, *, largest_file: int = 1 << 20) -> Report:
        """Runs the pipeline over the notes, or another source; returns its report."""
        *progress, report = self.events(root, largest_file=largest_file)
        assert all(isinstance(event, Progress) for event in progress)
        assert isinstance(report, Report)
        return report

    def entry(self, name: str) -> DocumentEntry:
        """The catalogue's entry of a note."""
        path = str(self.notes / name)
        return next(entry for entry in self.catalogue.documents.entries() if entry.path == path)

    def search(self, question: str) -> set[str]:
        """The names of the files that a full-text search finds."""
        scores = self.catalogue.full_text.scores(terms(question), 10)
        return {
            os.path.basename(chunk.locator.path)
            for chunk in self.catalogue.chunks.by_id(list(scores)).values()
        }

    def check(self) -> None:
        """Asserts that the index has exactly the vectors of the chunks, and no document is pending."""
        vectors = self.index.propose(HashingEmbedder().embed(["x"]), 1_000_000)
        counts = self.catalogue.counts()
        chunks = self.catalogue.chunks.ids_by_vector(vectors)
        assert len(vectors) == counts.vectors
        assert chunks.keys() == set(vectors)
        assert sum(map(len, chunks.values())) == counts.chunks
        assert counts.documents[DocumentState.PENDING] == 0


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path)
    yield library
    library.catalogue.close()


def long_note(number: int, lines: int = 200) -> str:
    return "\n\n".join(
        f"Line {line} of note {number} is about matter {line}x{number}." for line in range(lines)
    )


# Changes


def test_a_new_folder_is_found_by_words_and_by_meaning(library: Library) -> None:
    library.write("lease.md", LEASE)
    library.write("sub/meter.txt", "The water meter reads 4711.\n")
    report = library.update()
    assert (report.added, report.changed, report.unchanged, report.removed) == (2, 0, 0, 0)
    assert report.chunks == len(library.embedder.texts) == library.catalogue.counts().chunks
    assert library.search("rent") == {"lease.md"}
    library.check()


def test_an_unchanged_folder_embeds_nothing(library: Library) -> None:
    library.write("lease.md", LEASE)
    library.update()
    library.embedder.texts.clear()
    report = library.update()
    assert (report.added, report.changed, report.unchanged, report.chunks) == (0, 0, 1, 0)
    assert library.embedder.texts == []


def test_documents_of_a_format_that_is_read_in_another_way_by_now_are_read_again(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.write("lease.md", LEASE)
    library.write("copy.md", LEASE)
    library.write("meter.txt", "The water meter reads 4711.\n")
    library.update()
    library.catalogue.close()
    monkeypatch.setattr(revisions, "REVISIONS", {"text/markdown": 7})

    def rewritten(
        path: str, descriptor: int, digest: str, go_on: GoOn = lambda: True, size: int = 0
    ) -> Document:
        return parsers.parse(path, os.pread(descriptor, 1 << 20, 0).replace(b"euros", b"crowns"), digest)

    library.parse = rewritten
    for expected in (2, 0):
        library.catalogue = Catalogue(tmp_path / "catalogue.db", KEY)
        assert library.update().changed == expected
        assert library.search("crowns") == {"lease.md", "copy.md"}
        assert library.search("euros") == set()
        if expected:
            library.catalogue.close()


def test_a_file_with_a_new_time_and_the_same_content_is_not_embedded_again(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = library.write("lease.md", LEASE)
    library.update()
    library.embedder.texts.clear()
    os.utime(path, ns=(1, 1))
    report = library.update()
    assert (report.added, report.changed, report.unchanged) == (0, 0, 1)
    assert library.embedder.texts == []
    monkeypatch.setattr(moves, "open_file", None)
    monkeypatch.setattr(reading, "open_file", None)
    assert library.update().unchanged == 1
    library.check()


def test_the_content_of_a_new_file_is_hashed_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.write("lease.md", LEASE)
    sha256 = hashlib.sha256
    hashed: list[bytes] = []

    class CountingHash:
        """A SHA-256 that remembers its input."""

        def __init__(self, data: bytes = b"") -> None:
            self._hash = sha256(data)
            hashed.append(data)

        def update(self, data: bytes) -> None:
            self._hash.update(data)
            hashed.append(data)

        def digest(self) -> bytes:
            return self._hash.digest()

        def hexdigest(self) -> str:
            return self._hash.hexdigest()

    monkeypatch.setattr(hashlib, "sha256", CountingHash)
    assert library.update().added == 1
    assert hashed.count(LEASE.encode()) == 1


def test_a_changed_file_replaces_its_chunks(library: Library) -> None:
    library.write("lease.md", LEASE)
    library.write("meter.txt", "The water meter reads 4711.\n")
    library.update()
    library.embedder.texts.clear()
    library.write("lease.md", "# Lease\n\nThe bicycle is in the yard.\n")
    report = library.update()
    assert (report.added, report.changed, report.unchanged, report.chunks) == (0, 1, 1, 1)
    assert len(library.embedder.texts) == 1
    assert library.search("rent") == set()
    assert library.search("bicycle") == {"lease.md"}
    library.check()


def test_a_deleted_file_leaves_the_library(library: Library) -> None:
    path = library.write("lease.md", LEASE)
    library.write("meter.txt", "The water meter reads 4711.\n")
    library.update()
    path.unlink()
    report = library.update()
    assert (report.removed, report.unchanged) == (1, 1)
    assert library.search("rent") == set()
    library.check()


def test_a_moved_file_is_found_at_its_new_path_only(library: Library) -> None:
    path = library.write("lease.md", LEASE)
    library.update()
    path.rename(library.notes / "contract.md")
    report = library.update()
    assert (report.added, report.removed, report.moved) == (0, 0, 1)
    assert library.search("rent") == {"contract.md"}
    library.check()


def test_a_moved_folder_is_neither_parsed_nor_embedded_again(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        library.write(f"2025/{number}.txt", long_note(number, lines=3))
    library.update()
    library.embedder.texts.clear()
    (library.notes / "2025").rename(library.notes / "archive")
    monkeypatch.setattr(parsers, "parse", None)
    report = library.update()
    assert (report.moved, report.added, report.removed) == (20, 0, 0)
    assert library.embedder.texts == []
    assert {os.path.dirname(entry.path) for entry in library.catalogue.documents.entries()} == {
        str(library.notes / "archive")
    }
    library.check()


def test_a_moved_note_without_a_title_is_found_by_its_new_name(library: Library) -> None:
    path = library.write("scan0001.txt", "The water meter reads 4711.\n")
    library.update()
    path.rename(library.notes / "basement.txt")
    library.update()
    assert library.search("basement") == {"basement.txt"}
    assert library.search("scan0001") == set()


def test_a_file_that_is_moved_over_another_replaces_it(library: Library) -> None:
    library.write("lease.md", LEASE)
    library.write("new.md", "# Lease\n\nThe bicycle is in the yard.\n")
    library.update()
    (library.notes / "new.md").rename(library.notes / "lease.md")
    assert library.update().moved == 1
    assert library.search("bicycle") == {"lease.md"}
    assert library.search("rent") == set()
    library.check()


def test_a_copy_shares_the_vectors_of_the_original_and_outlives_it(library: Library) -> None:
    library.write("lease.md", LEASE)
    library.update()
    library.embedder.texts.clear()
    library.write("copies/lease.md", LEASE)
    report = library.update()
    assert (report.added, report.embedded) == (1, 0)
    assert library.embedder.texts == []
    library.check()
    (library.notes / "lease.md").unlink()
    assert library.update().removed == 1
    assert library.catalogue.documents.entries()[0].path == str(library.notes / "copies" / "lease.md")
    assert library.search("rent") == {"lease.md"}
    library.check()


def test_a_file_that_is_requested_again_while_it_is_read_stays_in_the_library(library: Library) -> None:
    library.write("lease.md", LEASE)
    pipeline = library.pipeline()
    first = pipeline.look(str(library.notes))
    while not first.done:
        # As a watcher does that sees the file change again and again.
        pipeline.look(str(library.notes), [str(library.notes / "lease.md")])
        pipeline.advance(0.001)
    while not pipeline.idle:
        pipeline.advance(0.1)
    pipeline.close()
    (entry,) = library.catalogue.documents.entries()
    assert (entry.state, entry.chunks) == (DocumentState.INDEXED, 2)
    assert library.search("rent") == {"lease.md"}
    library.check()


def test_a_file_that_gets_another_type_is_parsed_again(library: Library) -> None:
    path = library.write("lease.txt", LEASE)
    library.update()
    path.rename(library.notes / "lease.md")
    assert library.update().moved == 0
    assert library.catalogue.chunks.by_id(list(library.catalogue.full_text.scores(["rent"], 1))).popitem()[
        1
    ].locator.heading == ("Lease", "Rent")
    library.check()


def test_an_edit_embeds_only_the_changed_text(library: Library) -> None:
    path = library.write("long.txt", long_note(1))
    library.update()
    whole = len(library.embedder.texts)
    library.embedder.texts.clear()
    path.write_text(path.read_text(encoding="utf-8") + "\n\nThe gate is green.\n", encoding="utf-8")
    library.update()
    assert 0 < len(library.embedder.texts) < whole / 4
    library.check()


def test_a_source_removed_while_it_is_read_stays_out(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.write("lease.md", LEASE)
    change_before_opening(monkeypatch, lambda _: library.catalogue.sources.remove(str(library.notes)))
    library.update()
    assert library.catalogue.documents.entries() == []
    library.check()


def test_a_source_that_cannot_be_reached_removes_nothing(library: Library) -> None:
    library.write("lease.md", LEASE)
    library.update()
    library.notes.rename(library.notes.with_name("elsewhere"))
    with pytest.raises(IngestError, match="Cannot reach"):
        library.update()
    assert library.search("rent") == {"lease.md"}


def test_updating_one_folder_leaves_the_others_alone(library: Library) -> None:
    library.write("a/lease.md", LEASE)
    other = library.write("ab/meter.txt", "The water meter reads 4711.\n")
    library.update()
    other.unlink()
    assert library.update(library.notes / "a").removed == 0
    assert library.search("meter") == {"meter.txt"}


def test_an_excluded_path_stays_out_until_it_is_added(library: Library) -> None:
    library.write("keep.md", LEASE)
    library.write("private/diary.md", "The diary is private.\n")
    library.write("private-not/list.md", "The list is not.\n")
    library.catalogue.exclusions.add(str(library.notes / "private"))
    assert library.update().added == 2
    assert library.search("diary") == set()
    assert library.search("list") == {"list.md"}
    library.catalogue.sources.add(str(library.notes / "private"))
    library.update()
    assert library.search("diary") == {"diary.md"}


# Files that cannot be read


def test_a_file_that_fails_is_listed_with_the_reason_and_does_not_stop_the_run(library: Library) -> None:
    library.write("a-broken.pdf", b"%PDF-1.7 nothing more")
    library.write("b-empty.txt", b"")
    library.write("c-binary.txt", bytes(range(256)) * 40)
    library.write("d-lease.md", LEASE)
    report = library.update()
    names = [os.path.basename(path) for path, _ in report.failed]
    assert names == ["a-broken.pdf", "b-empty.txt", "c-binary.txt"]
    assert report.added == 1
    for path, reason in report.failed:
        entry = library.entry(os.path.basename(path))
        assert (entry.state, entry.reason) == (DocumentState.FAILED, reason)
        assert reason
    assert library.search("rent") == {"d-lease.md"}
    library.check()


def test_a_failed_file_is_tried_again_only_when_it_changes(library: Library) -> None:
    library.write("note.txt", b"")
    assert len(library.update().failed) == 1
    report = library.update()
    assert (report.failed, report.unchanged) == ((), 1)
    assert library.entry("note.txt").state is DocumentState.FAILED
    library.write("note.txt", "The water meter reads 4711.\n")
    library.update()
    assert library.entry("note.txt").state is DocumentState.INDEXED
    library.check()


def test_a_file_that_could_not_be_opened_is_tried_again_on_every_run(library: Library) -> None:
    path = library.write("note.txt", "The water meter reads 4711.\n")
    os.link(path, library.disk / "outside.txt")
    ((_, reason),) = library.update().failed
    assert "hard link" in reason
    assert len(library.update().failed) == 1
    # This changes neither the size nor the time of the file.
    (library.disk / "outside.txt").unlink()
    report = library.update()
    assert report.failed == ()
    assert library.search("meter") == {"note.txt"}
    library.check()


def test_a_file_that_becomes_unreadable_loses_its_chunks(library: Library) -> None:
    library.write("lease.md", LEASE)
    library.update()
    library.write("lease.md", b"")
    library.update()
    assert library.search("rent") == set()
    assert library.catalogue.counts().chunks == 0
    library.check()


def test_a_file_that_is_skipped_by_rule_is_listed_with_the_reason(library: Library) -> None:
    library.write("lease.md", LEASE)
    library.write("photo.jpeg", b"\xff\xd8")
    library.write("large.txt", "x" * 2000)
    (library.notes / "link.md").symlink_to(library.notes / "lease.md")
    report = library.update(largest_file=1000)
    reasons = {os.path.basename(path): reason for path, reason in report.skipped}
    assert reasons.keys() == {"photo.jpeg", "large.txt", "link.md"}
    assert library.entry("link.md").reason == reasons["link.md"]
    assert report.added == 1


def test_a_skipped_file_is_read_when_the_rule_changes(library: Library) -> None:
    library.write("large.txt", "The water meter reads 4711.\n" + "x" * 2000)
    assert library.update(largest_file=1000).added == 0
    assert library.update().added == 1
    assert library.entry("large.txt").state is DocumentState.INDEXED
    assert library.update(largest_file=1000).removed == 1
    assert library.entry("large.txt").state is DocumentState.SKIPPED
    library.check()


def test_names_with_newlines_and_invalid_utf_8_are_indexed(library: Library) -> None:
    names = [b"two\nlines.md", b"caf\xe9.txt", b"tab\there.org", b"\xff\xfe.md", b"photo.\xff\xfe"]
    for name in names:
        library.write(os.fsdecode(name), "The water meter reads 4711.\n")
    report = library.update()
    assert (report.added, len(report.skipped)) == (4, 1)
    assert library.search("meter") == {os.fsdecode(name) for name in names[:4]}
    assert library.update().unchanged == 4
    (library.notes / os.fsdecode(names[1])).unlink()
    assert library.update().removed == 1
    library.check()


def change_before_opening(monkeypatch: pytest.MonkeyPatch, change: Callable[[str], object]) -> None:
    """Calls `change` with the path of each file, after the walk has seen it and before it is opened."""

    def open_file(root: str, path: str, **options: Any) -> AbstractContextManager[opening.OpenedFile]:
        change(path)
        return opening.open_file(root, path, **options)

    monkeypatch.setattr(moves, "open_file", open_file)
    monkeypatch.setattr(reading, "open_file", open_file)


def test_a_file_that_vanishes_before_it_is_read_does_not_stop_the_run(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.write("a-gone.md", LEASE)
    library.write("b-lease.md", LEASE)
    change_before_opening(monkeypatch, lambda path: os.unlink(path) if "gone" in path else None)
    report = library.update()
    assert report.failed == ()
    assert report.added == 1
    assert [os.path.basename(entry.path) for entry in library.catalogue.documents.entries()] == ["b-lease.md"]


def test_a_file_that_becomes_a_link_before_it_is_read_is_not_followed(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = library.disk / "secret.txt"
    secret.write_text("The key is under the mat.\n", encoding="utf-8")
    library.write("note.txt", "The water meter reads 4711.\n")

    def swap(path: str) -> None:
        os.unlink(path)
        os.symlink(secret, path)

    change_before_opening(monkeypatch, swap)
    assert len(library.update().failed) == 1
    assert library.search("key mat") == set()


def test_a_file_that_changes_between_walk_and_read_is_stored_with_its_new_content(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = library.write("note.txt", "The water meter reads 4711.\n")
    change_before_opening(monkeypatch, lambda _: path.write_text("The bicycle is red.\n", encoding="utf-8"))
    library.update()
    assert library.search("bicycle") == {"note.txt"}
    monkeypatch.undo()
    assert library.update().unchanged == 1


def test_a_file_that_changes_while_it_is_parsed_fails_and_is_read_by_the_next_run(library: Library) -> None:
    path = library.write("note.txt", "The water meter reads 4711.\n")

    def parse_slowly(name: str, descriptor: int, digest: str, go_on: GoOn, size: int) -> Document:
        document = parse(name, descriptor, digest)
        path.write_text("The bicycle is red.\n", encoding="utf-8")
        return document

    library.parse = parse_slowly
    ((_, reason),) = library.update().failed
    assert reason == "changed while it was being read"
    assert library.search("meter") == set()
    library.parse = parse
    library.update()
    assert library.search("bicycle") == {"note.txt"}
    library.check()


# Interruptions


def test_an_abandoned_run_is_continued_where_it_stopped(library: Library) -> None:
    for number in range(12):
        library.write(f"{number:02}.txt", long_note(number))
    events = library.events()
    for event in events:
        assert isinstance(event, Progress)
        if event.files_done >= 4:
            break
    events.close()  # type: ignore[attr-defined]
    stored = len(library.catalogue.documents.entries())
    assert 4 <= stored < 12
    report = library.update()
    assert report.added == 12 - stored
    assert len(library.catalogue.documents.entries()) == 12
    assert len(library.embedder.texts) == len(set(library.embedder.texts))
    library.check()


@pytest.mark.parametrize("call", [1, 2, 3])
def test_an_embedder_that_fails_loses_no_vectors(library: Library, call: int) -> None:
    for number in range(12):
        library.write(f"{number:02}.txt", long_note(number))
    library.embedder.breaks_at = call
    with pytest.raises(RuntimeError, match="the embedder broke"):
        library.update()
    library.update()
    assert len(library.embedder.texts) == len(set(library.embedder.texts))
    assert len(library.embedder.texts) == library.catalogue.counts().chunks
    library.check()


def test_vectors_that_the_index_refused_are_stored_by_the_next_run(library: Library) -> None:
    library.write("lease.md", LEASE)
    library.index.refusals = 1
    with pytest.raises(IngestError, match="the index broke"):
        library.update()
    assert library.entry("lease.md").state is DocumentState.PENDING
    library.update()
    assert library.entry("lease.md").state is DocumentState.INDEXED
    library.check()


def test_progress_counts_the_files_to_read(library: Library) -> None:
    for name in ("a.txt", "b.txt"):
        library.write(name, "The water meter reads 4711.\n")
    library.update()
    library.write("c.txt", "The bicycle is red.\n")
    events = list(library.events())
    progress = [event for event in events if isinstance(event, Progress)]
    assert {event.files_total for event in progress} == {1}
    assert progress[0] == Progress(0, 1, str(library.notes / "c.txt"))
    assert progress[-1].files_done == 1


def test_progress_names_the_file_that_is_being_read_and_not_one_that_is_finished(library: Library) -> None:
    library.write("long.txt", "The water meter reads 4711.\n")
    library.write("short.txt", "The bicycle is red.\n")
    os.utime(library.notes / "short.txt", (1, 1))
    is_shown = threading.Event()

    def parse_slowly(path: str, descriptor: int, digest: str, go_on: GoOn, size: int) -> Document:
        if path.endswith("long.txt"):
            assert is_shown.wait(60)
        return parse(path, descriptor, digest)

    library.parse = parse_slowly
    shown = []
    for event in library.events():
        if isinstance(event, Progress) and event.files_done == 1:
            shown.append(Path(event.path).name)
            if event.files_indexed == 1:
                is_shown.set()
    assert set(shown) == {"long.txt"}


def test_progress_names_the_file_whose_texts_are_embedded_once_all_are_read(library: Library) -> None:
    for number in range(3):
        library.write(f"{number}.txt", long_note(number))
    waiting = 0
    for event in library.events():
        if isinstance(event, Progress) and event.files_done == 3:
            waiting += 1
            assert library.entry(Path(event.path).name).state is DocumentState.PENDING
    assert waiting


# The disk


@pytest.fixture
def small_disk(mount_disk: Callable[[int], Path]) -> Path:
    """A disk of 8 MiB."""
    return mount_disk(8)


def test_indexing_stops_before_the_disk_is_full_and_continues_when_there_is_space(small_disk: Path) -> None:
    library = Library(small_disk)
    library.write("lease.md", LEASE)
    with pytest.raises(IngestError, match="disk is nearly full") as caught:
        library.update()
    assert str(small_disk) in caught.value.message
    assert library.catalogue.documents.entries() == []
    subprocess.run(["mount", "-o", "remount,size=80m", small_disk], check=True)
    assert library.update().added == 1
    library.check()
    library.catalogue.close()


# Files that take long


def test_a_note_is_found_soon_although_eighty_files_never_end(library: Library) -> None:
    suffixes = ("md", "txt", "html", "csv", "org", "rst", "py", "json")
    library.write("note.md", "The hedge is cut in March.")
    os.utime(library.notes / "note.md", (1, 1))
    for number in range(80):
        library.write(
            f"slow-{number}.{suffixes[number % len(suffixes)]}", "Wait for ever, and longer than that."
        )
    jail = Jail(parser="tests.dawdling")
    library.parse = jail.parse
    with (library.notes / "note.md").open("rb") as file:
        jail.parse("/note.md", file.fileno(), "0" * 64)  # Loads the parsers.
    pipeline = library.pipeline()
    began = time.monotonic()
    try:
        pipeline.look(str(library.notes))
        while "note.md" not in library.search("hedge") and time.monotonic() - began < 30:
            pipeline.advance(0.2)
        assert time.monotonic() - began < 10
        assert pipeline.backlog.files >= 80, "no file is given up"
    finally:
        jail.close()
        pipeline.close()


def test_a_file_that_was_stopped_is_read_when_no_other_waits(library: Library) -> None:
    allowed: list[str] = []

    def parse_slowly(path: str, descriptor: int, digest: str, go_on: GoOn, size: int) -> Document:
        if not go_on():
            raise StoppedParsing("it took long")
        allowed.append(path)
        return parse(path, descriptor, digest)

    library.parse = parse_slowly
    for number in range(6):
        library.write(f"{number}.md", f"Note number {number}.")
    report = library.update()
    assert (report.added, report.failed) == (6, ())
    assert len(allowed) == 6
