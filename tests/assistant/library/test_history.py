"""Conversations that are kept, found again, and gone with what they were about."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from assistant.dialogue import DEFAULT_ASKING, Answer, Asking, Citation, Mode, Receipt, Sentence, Verdict
from assistant.library.history import History
from ingest.errors import LibraryDamaged
from ingest.selection import Selection
from tests.passages import PASSAGES


def answer(question: str, text: str = "The rent is 870 euros. [1]", passages: int = 1) -> Answer:
    return Answer(
        question=question,
        query=question,
        text=text,
        abstained=False,
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
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history.db")


def test_what_was_said_comes_back_as_it_was(history: History, tmp_path: Path) -> None:
    first = history.keep("home", DEFAULT_ASKING, answer("What is the rent?"))
    how = Asking(Mode.QUOTE, strict=True)
    second = history.keep("home", how, answer("And the deposit?"))
    history.close()
    again = History(tmp_path / "history.db")
    assert again.turns("home") == [first, second]
    assert again.turn(second.id) == second
    assert again.turn("nothing") is None
    assert second.asking == how


def test_the_selection_of_a_question_comes_back_as_it_was(history: History) -> None:
    day = date(2024, 6, 1)
    how = Asking(selection=Selection(('my "x" folder\n\udce9',), ("pdf",), since=day, until=day))
    turn = history.keep("home", how, answer("What is the rent?"))
    assert history.turn(turn.id) == turn


@pytest.mark.parametrize(
    ("typed", "question", "selection"),
    [
        ('What is the rent? in:"Tax 2024"', "What is the rent?", Selection(folders=("Tax 2024",))),
        ('What is the rent? in:"my "x" folder"', 'What is the rent? in:"my "x" folder"', Selection()),
    ],
)
def test_filters_in_the_question_of_an_older_row_become_its_selection(
    history: History, typed: str, question: str, selection: Selection, tmp_path: Path
) -> None:
    turn = history.keep("home", Asking(), answer(typed))
    with closing(sqlite3.connect(tmp_path / "history.db")) as database, database:
        database.execute("UPDATE turns SET asking = json_remove(asking, '$.selection')")
    older = history.turn(turn.id)
    assert older is not None
    assert (older.answer.question, older.asking.selection) == (question, selection)


def test_conversations_are_listed_by_their_last_question(history: History) -> None:
    history.keep("home", DEFAULT_ASKING, answer("What is the rent?"))
    history.keep("trip", DEFAULT_ASKING, answer("Where is the hotel?"))
    history.keep("home", DEFAULT_ASKING, answer("And the deposit?"))
    listed = history.conversations()
    assert [(each.id, each.title, each.turns) for each in listed] == [
        ("home", "What is the rent?", 2),
        ("trip", "Where is the hotel?", 1),
    ]
    history.forget("home")
    assert [each.id for each in history.conversations()] == ["trip"]
    assert history.turns("home") == []


def test_a_question_by_itself_is_a_conversation_of_its_own(history: History) -> None:
    one, other = (history.keep("", DEFAULT_ASKING, answer("What is the rent?")) for _ in range(2))
    assert one.conversation != other.conversation
    assert history.turns(one.conversation) == [one]


def test_what_read_a_document_goes_with_it_and_leaves_no_byte(history: History, tmp_path: Path) -> None:
    history.keep("home", DEFAULT_ASKING, answer("What is the rent?", "Xylophones cost 870 euros. [1]"))
    kept = history.keep("home", DEFAULT_ASKING, answer("Anything?", passages=0))
    history.forget_documents(["/notes/other.md"])
    assert len(history.turns("home")) == 2
    history.forget_documents(["/notes/lease.md"])
    assert history.turns("home") == [kept]
    history.close()
    assert b"Xylophones" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_file_that_is_no_database_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "history.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(LibraryDamaged, match=r"history\.db") as refused:
        History(tmp_path / "history.db")
    assert refused.value.remedy
