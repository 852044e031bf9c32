"""Mishaps while files are read, through the real owner: its keeper, watcher, jail and catalogue."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant.config import Config
from assistant.exporting import html, markdown
from assistant.exporting.gathering import gather
from assistant.library.owner import Owner
from ingest import settling
from ingest.catalogue import DocumentState
from ingest.documents import Document
from ingest.gate import Gate
from ingest.jail import Jail
from ingest.ownfiles import HTML_MARK
from ingest.parsers.paging import PAGE_CHARACTERS, TEXT_BYTES
from ingest.watching import Watcher
from tests.running import write
from tests.still import ANSWERED, AT, StillLibrary

if TYPE_CHECKING:
    from ingest.embedding import Embedder
    from policies.broker import Child

PATIENCE_S = 60.0
"""Maximum wait for what must come."""


class CountingJail(Jail):
    """A jail that counts the files that were parsed."""

    parsed = 0

    def parse(self, *arguments: Any, **options: Any) -> Document:
        self.parsed += 1
        return super().parse(*arguments, **options)


@contextlib.contextmanager
def held(gate: Gate) -> Iterator[None]:
    """Keeps indexing from reading files, as a pause does."""
    gate.hold()
    try:
        yield
    finally:
        gate.release()


def settled(owner: Owner, count: int) -> dict[str, tuple[DocumentState, str]]:
    """State and reason of the documents by name, once there are `count` and nothing is left to do."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        indexing = owner.status().indexing
        entries = owner.entries()
        # Status and entries are asked one after the other, so they do not show the same moment.
        is_read = all(entry.state is not DocumentState.PENDING for entry in entries)
        if len(entries) == count and is_read and not indexing.files and not indexing.texts:
            break
        time.sleep(0.05)
    return {Path(entry.path).name: (entry.state, entry.reason) for entry in entries}


def test_files_are_read_in_the_end_however_often_the_parsers_are_killed(
    tmp_path: Path, embedder: "Embedder"
) -> None:
    names = [f"{number}.md" for number in range(12)]
    for name in names:
        write(tmp_path / "notes" / name, f"The key of shed {name} is red.\n")
    jail = Jail(parser="tests.dawdling")
    killed: set[int] = set()
    with (
        contextlib.closing(jail),
        Owner(tmp_path / "library", Config(), watching=True, embedder=embedder, jail=jail) as owner,
    ):
        owner._library.add_source(tmp_path / "notes")
        end = time.monotonic() + PATIENCE_S
        while len(killed) < 4 and time.monotonic() < end:
            template: Child | None = jail._template
            if template is not None and template.pid not in killed and owner.status().indexing.reading:
                os.kill(template.pid, signal.SIGKILL)
                killed.add(template.pid)
                write(
                    tmp_path / "notes" / names[len(killed)], f"The key is blue, says version {len(killed)}.\n"
                )
            time.sleep(0.02)
        assert settled(owner, 12) == dict.fromkeys(names, (DocumentState.INDEXED, ""))
    assert len(killed) == 4


def test_files_that_are_deleted_while_they_wait_leave_nothing_behind(
    tmp_path: Path, embedder: "Embedder", jail: Jail
) -> None:
    notes = tmp_path / "notes"
    for number in range(40):
        write(notes / f"{number}.md", f"The key of shed {number} is red.\n")
    with Owner(tmp_path / "library", Config(), watching=True, embedder=embedder, jail=jail) as owner:
        with held(owner._keeper.gate):  # Files are queued and not read.
            owner._library.add_source(notes)
            end = time.monotonic() + PATIENCE_S
            while owner.status().indexing.files < 40 and time.monotonic() < end:
                time.sleep(0.05)
            for number in range(1, 40):
                (notes / f"{number}.md").unlink()
            time.sleep(3)  # The deletions are noticed before the files are read.
        assert settled(owner, 1) == {"0.md": (DocumentState.INDEXED, "")}


def test_a_file_with_another_content_and_the_same_size_and_time_is_read_again(
    tmp_path: Path, embedder: "Embedder", jail: Jail
) -> None:
    note = write(tmp_path / "notes" / "key.md", "The key of the shed is green.\n")
    with Owner(tmp_path / "library", Config(), watching=True, embedder=embedder, jail=jail) as owner:
        list(owner.add(tmp_path / "notes"))
        before = note.stat()
        write(note, "The key of the shed is black.\n")
        os.utime(note, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert note.stat().st_size == before.st_size
        end = time.monotonic() + PATIENCE_S
        found = ""
        while "black" not in found and time.monotonic() < end:
            found = "".join(passage.text for passage in owner.search("Which key opens the shed?", 3).passages)
            time.sleep(0.05)
        assert found == "The key of the shed is black."


def test_a_text_too_long_to_be_read_is_found_by_its_beginning_and_says_how_much_was_read(
    tmp_path: Path, embedder: "Embedder", jail: Jail
) -> None:
    blank = f"{' ' * 2000}\n" * (TEXT_BYTES // 2001 + 1000)
    write(tmp_path / "notes" / "long.txt", f"The key of the shed is green.\n\n{blank}The end.\n")
    with Owner(tmp_path / "library", Config(), embedder=embedder, jail=jail) as owner:
        list(owner.add(tmp_path / "notes"))
        (entry,) = owner.entries()
        assert entry.state is DocumentState.INDEXED
        assert entry.reason == "the first 67 of 70 MB were read"
        assert "green" in owner.search("Which key opens the shed?", 3).passages[0].text


def test_a_very_long_line_is_searchable_and_shown_by_its_line(
    tmp_path: Path, embedder: "Embedder", jail: Jail
) -> None:
    filling = "The hedge is cut in the first week of March. " * 25_000
    write(tmp_path / "notes" / "long.txt", f"{filling}The key of the shed is green. {filling}")
    with Owner(tmp_path / "library", Config(), embedder=embedder, jail=jail) as owner:
        list(owner.add(tmp_path / "notes"))
        passage = next(
            passage
            for passage in owner.search("Which key opens the shed?", 5).passages
            if "green" in passage.text
        )
        assert passage.locator.where == "line 1"
        page = owner.page(passage.locator).text
        assert page[slice(*passage.locator.chars)] == passage.text
        assert len(page) <= PAGE_CHARACTERS


def test_a_file_with_two_names_in_its_source_is_indexed_under_both(
    tmp_path: Path, embedder: "Embedder", jail: Jail
) -> None:
    note = write(tmp_path / "notes" / "key.md", "The key of the shed is green.\n")
    (tmp_path / "notes" / "garden").mkdir()
    os.link(note, tmp_path / "notes" / "garden" / "shed.md")
    with Owner(tmp_path / "library", Config(), watching=True, embedder=embedder, jail=jail) as owner:
        list(owner.add(tmp_path / "notes"))
        indexed = (DocumentState.INDEXED, "")
        assert settled(owner, 2) == {"key.md": indexed, "shed.md": indexed}
        search = owner.search("Which key opens the shed?", 3)
        assert search.passages[0].text == "The key of the shed is green."
        assert search.doubts == ()
        os.link(note, tmp_path / "notes" / "third.md")  # While it is watched.
        assert settled(owner, 3) == dict.fromkeys(["key.md", "shed.md", "third.md"], indexed)


def test_a_file_is_read_once_all_its_names_are_in_the_source(
    tmp_path: Path, embedder: "Embedder", jail: Jail
) -> None:
    outside = write(tmp_path / "outside.md", "The key of the shed is green.\n")
    notes = tmp_path / "notes"
    notes.mkdir()
    os.link(outside, notes / "key.md")
    with Owner(tmp_path / "library", Config(), watching=True, embedder=embedder, jail=jail) as owner:
        list(owner.add(notes))
        ((state, reason),) = settled(owner, 1).values()
        assert state is DocumentState.FAILED
        assert reason.startswith("hard link")
        outside.rename(notes / "shed.md")
        indexed = (DocumentState.INDEXED, "")
        assert settled(owner, 2) == {"key.md": indexed, "shed.md": indexed}


@pytest.mark.parametrize(
    "place", ["outside/a.md", "notes/.ssh/a.md", "notes/a.secret.md", "notes/removed/a.md"]
)
def test_a_file_with_a_further_name_where_nothing_is_read_is_refused(
    tmp_path: Path, embedder: "Embedder", jail: Jail, place: str
) -> None:
    secret = write(tmp_path / place, "The key of the safe is blue.\n")
    notes = tmp_path / "notes"
    write(notes / ".carrelignore", "*.secret.md\n")
    write(notes / "removed" / "other.md", "The fence is white.\n")
    with Owner(tmp_path / "library", Config(), embedder=embedder, jail=jail) as owner:
        list(owner.add(notes))
        owner.remove(notes / "removed")
        os.link(secret, notes / "key.md")
        os.link(secret, notes / "copy.md")
        list(owner.add(notes))
        states = {Path(entry.path).name: (entry.state, entry.reason) for entry in owner.entries()}
        assert set(states) >= {"key.md", "copy.md"}
        for state, reason in states.values():
            assert state is DocumentState.FAILED
            assert reason.startswith("hard link")
        assert not owner.search("Which key opens the safe?", 3).passages


def test_a_file_that_never_stops_growing_is_found_meanwhile_and_read_again(
    tmp_path: Path, embedder: "Embedder", jail: Jail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "PACE_S", 1.0)
    log = write(tmp_path / "notes" / "shed.log", "The shed was built.\n")
    done = threading.Event()

    def grow() -> None:
        number = 0
        while not done.wait(0.01):
            number += 1
            with log.open("a") as file:
                file.write(f"Visitor number {number} came to the shed.\n")

    growing = threading.Thread(target=grow)
    with Owner(tmp_path / "library", Config(), watching=True, embedder=embedder, jail=jail) as owner:
        list(owner.add(tmp_path / "notes"))
        growing.start()
        try:
            sizes: list[int] = []
            end = time.monotonic() + PATIENCE_S / 2
            while len(sizes) < 3 and time.monotonic() < end:
                (entry,) = owner.entries()
                assert entry.state is not DocumentState.FAILED, entry.reason
                if not sizes or entry.bytes > sizes[-1]:
                    sizes.append(entry.bytes)
                time.sleep(0.05)
            assert len(sizes) == 3
            assert "Visitor" in owner.search("Which visitor came?", 3).passages[0].text
        finally:
            done.set()
            growing.join()


def test_files_that_are_deleted_and_written_again_are_not_parsed_again(
    tmp_path: Path, embedder: "Embedder", monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough for the first files to be back, and not for the last ones.
    defaults = Watcher.__init__.__kwdefaults__
    assert defaults
    monkeypatch.setitem(defaults, "settle_s", 2.0)
    notes = [tmp_path / "notes" / f"{number}.md" for number in range(60)]
    texts = {note: f"The key of shed {note.stem} is red.\n" for note in notes}
    for note in notes:
        write(note, texts[note])
    jail = CountingJail()
    with (
        contextlib.closing(jail),
        Owner(tmp_path / "library", Config(), watching=True, embedder=embedder, jail=jail) as owner,
    ):
        list(owner.add(tmp_path / "notes"))
        before = settled(owner, 60)
        assert jail.parsed == 60
        for note in notes:
            note.unlink()
        for note in notes:
            write(note, texts[note])
            time.sleep(0.05)
        # A file that is new is found after them.
        write(tmp_path / "notes" / "new.md", "The key of the garage is blue.\n")
        assert settled(owner, 61) == {**before, "new.md": (DocumentState.INDEXED, "")}
        assert jail.parsed == 61


def test_files_that_move_before_they_are_embedded_are_not_parsed_again(
    tmp_path: Path, embedder: "Embedder"
) -> None:
    notes = tmp_path / "notes"
    for number in range(20):
        write(notes / f"{number}.md", f"The key of shed {number} is red.\n")
    jail = CountingJail()
    with contextlib.closing(jail):
        with Owner(tmp_path / "library", Config(), embedder=embedder, jail=jail) as owner:
            list(owner.add(notes))
            catalogue = owner._library.catalogue
            with catalogue._db.transaction():  # As if the process had been killed before.
                catalogue._db.execute("DELETE FROM vectors")
                catalogue._db.execute("UPDATE documents SET state = 'pending'")
        (notes / "sheds").mkdir()
        for number in range(20):
            (notes / f"{number}.md").rename(notes / "sheds" / f"{number}.md")
        with Owner(tmp_path / "library", Config(), embedder=embedder, jail=jail) as owner:
            list(owner.add(notes))
            assert set(settled(owner, 20).values()) == {(DocumentState.INDEXED, "")}
            assert "sheds" in owner.search("Which key is red?", 1).passages[0].locator.path
    assert jail.parsed == 20


def test_a_copy_of_a_mailbox_is_recognised_by_its_content(tmp_path: Path, embedder: "Embedder") -> None:
    sent = "Mon, 3 Mar 2025 10:00:00 +0100"
    mailbox = (
        "From ann@example.org Mon Mar  3 10:00:00 2025\n"
        f"From: ann@example.org\nTo: bob@example.org\nSubject: Key\nDate: {sent}\n\nIt is red.\n"
    )
    write(tmp_path / "notes" / "Inbox", mailbox)
    jail = CountingJail()
    with (
        contextlib.closing(jail),
        Owner(tmp_path / "library", Config(), embedder=embedder, jail=jail) as owner,
    ):
        list(owner.add(tmp_path / "notes"))
        assert [entry.state for entry in owner.entries()] == [DocumentState.INDEXED]
        write(tmp_path / "notes" / "Archive", mailbox)
        list(owner.add(tmp_path / "notes"))
        assert len(owner.entries()) == 2
    assert jail.parsed == 1


def test_files_that_carrel_wrote_are_not_read_whatever_they_are_called(
    tmp_path: Path, embedder: "Embedder", jail: Jail
) -> None:
    notes = tmp_path / "notes"
    replies = gather(StillLibrary(), [(AT, ANSWERED)], pictures=False)
    write(notes / "answer.html", html.conversation_page("My lease", replies))
    write(notes / "answer.md", markdown.conversation_text("My lease", replies))
    note = write(notes / "note.md", f"The generator is called Carrel, and writes {HTML_MARK}.\n")
    with Owner(tmp_path / "library", Config(), watching=True, embedder=embedder, jail=jail) as owner:
        list(owner.add(notes))
        own = (DocumentState.SKIPPED, "written by Carrel")
        indexed = (DocumentState.INDEXED, "")
        assert settled(owner, 3) == {"answer.html": own, "answer.md": own, "note.md": indexed}
        (notes / "answer.md").rename(notes / "lease.txt")
        (notes / "kept").mkdir()
        (notes / "answer.html").rename(notes / "kept" / "lease.htm")
        write(notes / "tagged.md", f"---\ntags: lease\n---\n{(notes / 'lease.txt').read_text()}")
        renamed = dict.fromkeys(["lease.htm", "lease.txt", "tagged.md"], own)
        assert settled(owner, 4) == {**renamed, "note.md": indexed}
        note.unlink()
        assert settled(owner, 3) == renamed
        assert not owner.search("When does the lease end?", 3).passages
        # A person makes it a note of their own.
        write(notes / "lease.txt", (notes / "lease.txt").read_text().partition("\n")[2])
        end = time.monotonic() + PATIENCE_S
        while settled(owner, 3)["lease.txt"] != indexed and time.monotonic() < end:
            time.sleep(0.05)
        assert "lease.txt" in owner.search("When does the lease end?", 1).passages[0].locator.path
