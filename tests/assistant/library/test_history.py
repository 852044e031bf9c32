"""Kept conversations: read again as they were written, by later versions too, and erased with documents."""

import dataclasses
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from assistant.dialogue import (
    DEFAULT_ASKING,
    Answer,
    Asking,
    Citation,
    Coverage,
    Mode,
    Receipt,
    Sentence,
    State,
    Verdict,
)
from assistant.engine import Finish
from assistant.library.history import History
from ingest.documents import Locator
from ingest.errors import LibraryDamaged
from ingest.selection import Selection
from tests.migrating import load
from tests.passages import PASSAGES


def answer(question: str, text: str = "The rent is 870 euros. [1]", passages: int = 1) -> Answer:
    return Answer(
        question=question,
        query=question,
        text=text,
        state=State.ANSWERED,
        confidence=0.75,
        sentences=(Sentence("The rent is 870 euros.", Verdict.BACKED, "", 1),),
        citations=(Citation(1, "The monthly rent is 870 euros", PASSAGES[0].locator, "lease.md"),),
        passages=tuple(PASSAGES[:passages]),
        left_out=0,
        coverage=None,
        receipt=Receipt("", (("id.0", "ab"),), "", 0, 0.0),
        stats=None,
    )


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    history = History(tmp_path / "history.db")
    yield history
    history.close()


def test_turns_are_read_as_they_were_kept(history: History, tmp_path: Path) -> None:
    first = history.keep("home", DEFAULT_ASKING, answer("What is the rent?"), {})
    how = Asking(Mode.QUOTE, strict=True)
    second = history.keep("home", how, answer("And the deposit?"), {})
    history.close()
    again = History(tmp_path / "history.db")
    assert again.turns("home") == [first, second]
    assert again.turn(second.id) == second
    assert again.turn("nothing") is None
    assert second.asking == how


def test_the_selection_of_a_question_is_read_as_it_was_kept(history: History) -> None:
    day = date(2024, 6, 1)
    how = Asking(selection=Selection(('my "x" folder\n\udce9',), ("pdf",), since=day, until=day))
    turn = history.keep("home", how, answer("What is the rent?"), {})
    assert history.turn(turn.id) == turn


@pytest.fixture
def older(tmp_path: Path) -> Iterator[History]:
    """Conversations that were kept by the Carrel that wrote layout 1, before questions had selections."""
    load(tmp_path / "older.db", Path(__file__).parent / "fixtures" / "history-layout-1.sql")
    history = History(tmp_path / "older.db")
    yield history
    history.close()


def test_conversations_kept_by_an_earlier_version_are_read_in_full(older: History) -> None:
    assert [(listed.title, listed.turns) for listed in older.conversations()] == [
        ("What costs euros?", 1),
        ("What is the rent?", 2),
    ]
    first, second = older.turns("home")
    assert (first.id, first.at, first.asking) == ("f5dee4d7ff", 1764000000.5, Asking())
    lease = Locator("/notes/home/lease.pdf", 2, "ii", ("Lease", "Rent"), (11, 14), (200, 330))
    assert first.answer.passages[0].locator == lease
    assert first.answer.citations == (Citation(1, "The monthly rent is 870 euros", lease, "Lease"),)
    verdicts = [sentence.verdict for sentence in first.answer.sentences]
    assert verdicts == [Verdict.BACKED, Verdict.UNBACKED, Verdict.WEAK]
    assert first.answer.stats is not None
    assert (first.answer.stats.finish, first.answer.stats.accepted_tokens) == (Finish.STOP, 9)
    assert first.answer.passages[1].locator.path == "/notes/caf\udce9.md"
    assert (second.asking.mode, second.asking.strict, second.answer.state) == (
        Mode.QUOTE,
        True,
        State.NOT_FOUND,
    )
    (everywhere,) = older.turns("39193b47f3")
    assert everywhere.asking == Asking(Mode.FREE, every=True)
    unread = (("/notes/broken.pdf", "damaged: no page could be read"),)
    assert everywhere.answer.coverage == Coverage(3, 2, 12, 11, unread)


def test_filters_in_a_question_kept_by_an_earlier_version_become_its_selection(older: History) -> None:
    turn = older.turns("home")[1]
    assert turn.answer.question == "And the deposit?"
    assert turn.asking.selection == Selection(folders=("home",), types=("pdf",))


def test_a_filter_that_an_earlier_version_did_not_escape_stays_in_the_question(
    older: History, tmp_path: Path
) -> None:
    typed = 'What is the rent? in:"my "x" folder"'
    change(tmp_path / "older.db", "UPDATE turns SET answer = json_set(answer, '$.question', ?)", typed)
    turn = older.turns("home")[0]
    assert (turn.answer.question, turn.asking.selection) == (typed, Selection())


def test_an_earlier_versions_conversations_are_forgotten_with_their_documents(older: History) -> None:
    older.forget_documents(["/notes/home/lease.pdf"])
    assert [turn.id for turn in older.turns("home")] == ["d566b59876"]
    older.keep("home", DEFAULT_ASKING, answer("And now?"), {})
    assert len(older.turns("home")) == 2


def test_a_row_that_lacks_a_field_gets_its_default_and_unknown_fields_are_ignored(
    history: History, tmp_path: Path
) -> None:
    turn = history.keep("home", DEFAULT_ASKING, answer("What is the rent?"), {})
    change(
        tmp_path / "history.db",
        "UPDATE turns SET version = 9, answer = json_set(json_remove(answer, '$.left_out'), '$.new', ?)",
        "unknown",
    )
    assert history.turn(turn.id) == turn


def test_a_row_that_cannot_be_read_is_an_error_with_a_remedy(history: History, tmp_path: Path) -> None:
    history.keep("home", DEFAULT_ASKING, answer("What is the rent?"), {})
    change(tmp_path / "history.db", "UPDATE turns SET answer = ?", "{")
    with pytest.raises(LibraryDamaged, match=r"history\.db is damaged") as refused:
        history.turns("home")
    assert "Delete history.db" in refused.value.remedy
    with pytest.raises(LibraryDamaged):
        history.conversations()


def change(path: Path, sql: str, value: str) -> None:
    """Changes rows behind the back of whoever has the file open."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(sql, (value,))


def test_the_conversation_with_the_latest_question_is_listed_first(history: History) -> None:
    history.keep("home", DEFAULT_ASKING, answer("What is the rent?"), {})
    history.keep("trip", DEFAULT_ASKING, answer("Where is the hotel?"), {})
    history.keep("home", DEFAULT_ASKING, answer("And the deposit?"), {})
    listed = history.conversations()
    assert [(entry.id, entry.title, entry.turns) for entry in listed] == [
        ("home", "What is the rent?", 2),
        ("trip", "Where is the hotel?", 1),
    ]
    history.forget("home")
    assert [entry.id for entry in history.conversations()] == ["trip"]
    assert history.turns("home") == []


def test_a_question_without_a_conversation_starts_one(history: History) -> None:
    one, other = (history.keep("", DEFAULT_ASKING, answer("What is the rent?"), {}) for _ in range(2))
    assert one.conversation != other.conversation
    assert history.turns(one.conversation) == [one]


def test_turns_that_read_a_forgotten_document_are_erased_from_the_file(
    history: History, tmp_path: Path
) -> None:
    history.keep("home", DEFAULT_ASKING, answer("What is the rent?", "Xylophones cost 870 euros. [1]"), {})
    nothing = dataclasses.replace(answer("Anything?", passages=0), citations=())
    unrelated = history.keep("home", DEFAULT_ASKING, nothing, {})
    history.forget_documents(["/notes/other.md"])
    assert len(history.turns("home")) == 2
    history.forget_documents(["/notes/lease.md"])
    assert history.turns("home") == [unrelated]
    history.close()
    assert b"Xylophones" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_file_that_is_no_database_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "history.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(LibraryDamaged, match=r"history\.db") as refused:
        History(tmp_path / "history.db")
    assert refused.value.remedy
