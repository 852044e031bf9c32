"""What is older than the configuration allows is deleted, with everything that was made from it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.config import Config, RetentionSettings
from assistant.dialogue import DEFAULT_ASKING, Answer
from assistant.engine.scripted import ScriptedEngine
from assistant.library.forgetting import PROMPTS
from assistant.library.opened import Library
from assistant.library.owner import Owner
from assistant.library.receipts import Swept
from assistant.library.summaries import FOLDER
from assistant.library.sweeping import DAY_S, sweep
from ingest import keeper
from ingest.embedding import HashingEmbedder
from ingest.jail import Jail
from ingest.lifetimes import EXPIRED, Lifetimes
from ingest.progress import Report
from tests.running import write

OLD = "The zeppelin Xanthippe lands behind the old brewery at noon.\n"
YOUNG = "The hedge behind the shed is cut in the first week of March.\n"


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A note of today and one that was last changed 40 days ago."""
    notes = tmp_path / "notes"
    write(notes / "young.md", YOUNG)
    age(write(notes / "old.md", OLD), 40)
    (tmp_path / "library").mkdir()
    return notes


def age(file: Path, days: float) -> None:
    """Makes a file look as if it was last changed so many days ago."""
    at = time.time() - days * DAY_S
    os.utime(file, (at, at))


@contextmanager
def opened(notes: Path, jail: Jail, **retention: object) -> Iterator[Library]:
    """The library of the notes, with these limits."""
    config = Config(retention=RetentionSettings.model_validate(retention))
    engine = ScriptedEngine("At noon. [1]")
    folder = notes.parent / "library"
    with Library(folder, config, embedder=HashingEmbedder(), engine=engine, jail=jail) as library:
        library.add_source(notes)
        yield library


def update(library: Library, notes: Path) -> Report:
    pipeline = library.pipeline()
    *_, report = pipeline.update(str(notes))
    pipeline.close()
    assert isinstance(report, Report)
    return report


def keep_answer(library: Library, conversation: str, question: str) -> None:
    *_, answer = library.answerer().ask(question)
    assert isinstance(answer, Answer)
    library.keep(conversation, DEFAULT_ASKING, answer)


def stored(library: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in library.rglob("*") if file.is_file()}


def test_without_limits_nothing_is_ever_too_old(notes: Path, jail: Jail) -> None:
    with opened(notes, jail) as library:
        update(library, notes)
        keep_answer(library, "trip", "When does the zeppelin land?")
        assert sweep(library, now=time.time() + 10_000 * DAY_S) == Swept()


def test_an_old_document_is_forgotten_with_what_was_made_from_it(notes: Path, jail: Jail) -> None:
    with opened(notes, jail) as library:
        update(library, notes)
        keep_answer(library, "trip", "When does the zeppelin land?")
    with opened(notes, jail, source_days={str(notes): 30}) as library:
        assert sweep(library).documents == (str(notes / "old.md"),)
        assert library.history.turns("trip") == []
        assert library.audit.entries()[0].detail == "by age, documents: 1, answers: 0"
        assert len(library.audit.entries()[0].documents) == 1
        found = [name for name, content in stored(library.folder).items() if b"anthippe" in content]
        assert found == []
        assert any(b"hedge behind" in content for content in stored(library.folder).values())


def test_an_old_file_is_left_out_with_the_reason_until_it_changes(notes: Path, jail: Jail) -> None:
    with opened(notes, jail, source_days={str(notes): 30}) as library:
        report = update(library, notes)
        assert report.skipped == ((str(notes / "old.md"), EXPIRED),)
        write(notes / "old.md", OLD)
        assert update(library, notes).added == 1
        age(notes / "old.md", 40)
        assert update(library, notes).gone == (str(notes / "old.md"),)


def test_old_answers_go_with_all_cached_prompts(notes: Path, jail: Jail) -> None:
    with opened(notes, jail, answer_days=7) as library:
        update(library, notes)
        keep_answer(library, "trip", "When does the zeppelin land?")
        prompt = write(library.folder / PROMPTS / "prompt.kv", "text")
        assert sweep(library, now=time.time() + 6 * DAY_S) == Swept()
        assert sweep(library, now=time.time() + 8 * DAY_S) == Swept(answers=1)
        assert library.history.conversations() == []
        assert not prompt.exists()


def test_caches_that_were_not_used_for_long_go(notes: Path, jail: Jail) -> None:
    with opened(notes, jail, cache_days=7) as library:
        for folder in (PROMPTS, FOLDER):
            age(write(library.folder / folder / "old", "text"), 8)
            write(library.folder / folder / "young", "text")
        age(write(library.folder / FOLDER / "lock", ""), 8)
        assert sweep(library) == Swept(prompts=1, summaries=1)
        left = {file.name for folder in (PROMPTS, FOLDER) for file in (library.folder / folder).iterdir()}
        assert left == {"young", "lock"}


def test_old_entries_of_the_audit_log_are_dropped_and_the_rest_is_whole(notes: Path, jail: Jail) -> None:
    with opened(notes, jail, log_days=365) as library:
        library.audit.note("model", "one", at=time.time() - 400 * DAY_S)
        library.audit.note("model", "two")
        # An entry that is older than the one before it stays with it.
        assert sweep(library).entries == 0
        assert sweep(library, now=time.time() + 366 * DAY_S).entries == 3
        assert [entry.what for entry in library.audit.entries()] == ["forgot", "dropped"]
        verdict = library.audit.verify()
        assert (verdict.dropped, verdict.problems) == (3, ())


def test_a_log_that_was_changed_stays_as_evidence(notes: Path, jail: Jail) -> None:
    with opened(notes, jail, log_days=365) as library:
        path = library.folder / "audit.jsonl"
        path.write_text(path.read_text().replace("a source", "another"))
        sweep(library, now=time.time() + 366 * DAY_S)
        assert "another" in path.read_text()
        assert library.audit.verify().problems


def test_a_dry_run_says_what_would_go_and_changes_nothing(notes: Path, jail: Jail) -> None:
    with opened(notes, jail) as library:
        update(library, notes)
        keep_answer(library, "trip", "When does the zeppelin land?")
    with opened(notes, jail, source_days={str(notes): 30}, answer_days=7, log_days=7) as library:
        before = stored(library.folder)
        soon = time.time() + 8 * DAY_S
        said = sweep(library, dry_run=True, now=soon)
        assert (said.documents, said.answers) == ((str(notes / "old.md"),), 1)
        assert stored(library.folder) == before
        assert sweep(library, now=soon) == said


def test_of_two_limits_the_inner_one_decides_and_home_is_written_with_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    lifetimes = Lifetimes({"~/notes": 30, "~/notes/contracts": 3650})
    forty_days_ago = int((time.time() - 40 * DAY_S) * 1e9)
    assert lifetimes.is_over(str(tmp_path / "notes" / "a.md"), forty_days_ago)
    assert not lifetimes.is_over(str(tmp_path / "notes" / "contracts" / "a.md"), forty_days_ago)
    assert not lifetimes.is_over(str(tmp_path / "notes-2" / "a.md"), forty_days_ago)
    assert not lifetimes.is_over(str(tmp_path / "notes" / "a.md"), -1), "its time is unknown"


def test_an_owner_that_watches_sweeps_by_itself(
    notes: Path, jail: Jail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "SWEEP_S", 0.1)
    with opened(notes, jail) as library:
        update(library, notes)
        keep_answer(library, "trip", "When does the zeppelin land?")
        library.history._db.execute("UPDATE turns SET at = at - 864000")
    config = Config(retention=RetentionSettings(answer_days=7))
    folder = notes.parent / "library"
    with Owner(folder, config, watching=True, embedder=HashingEmbedder(), jail=jail) as owner:
        deadline = time.monotonic() + 20
        while owner.conversations() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert owner.conversations() == []
