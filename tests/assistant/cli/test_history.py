"""`carrel history` and `replay`."""

import dataclasses
from typing import Any

import pytest

from assistant.cli.render.history import describe_differences
from assistant.dialogue import Conversation, Turn
from tests.running import Carrel, write
from tests.still import ANSWERED, FOLDER, LEASE, StillLibrary, answer, passage


def test_conversations_are_listed_with_their_first_question(carrel: Carrel) -> None:
    outcome = carrel.here("history", library=StillLibrary())
    assert [line.split()[0] for line in outcome.text.splitlines()] == ["c0", "c1"]
    assert outcome.text.splitlines()[0].endswith("  1 answer    When does the lease end?")
    listed = carrel.here("history", "--json", library=StillLibrary()).object["conversations"]
    assert [set(conversation) for conversation in listed] == [{"id", "title", "at", "turns"}] * 2


def test_a_pasted_text_takes_one_line_of_the_list(carrel: Carrel) -> None:
    class Pasted(StillLibrary):
        def conversations(self) -> list[Conversation]:
            return [Conversation("c0", "lease " * 500, 1.0, 1)]

    line = carrel.here("history", library=Pasted()).text
    assert len(line) < 300
    assert line.endswith("…\n")


def test_a_search_in_conversations_wants_all_its_words(carrel: Carrel) -> None:
    library = StillLibrary()
    for words, count in (("LEASE september", 2), ("lease zeppelin", 0)):
        listed = carrel.here("history", "--find", words, "--json", library=library).object
        assert len(listed["conversations"]) == count
    outcome = carrel.here("history", "--find", "lease zeppelin", library=library)
    assert (outcome.text, "“lease zeppelin”" in outcome.narration) == ("", True)


def test_a_conversation_is_shown_with_its_answers_and_deleted(carrel: Carrel) -> None:
    library = StillLibrary()
    outcome = carrel.here("history", "c0", library=library)
    assert outcome.text.startswith("t0  ")
    assert ANSWERED.text in outcome.text
    assert "[1] /home/reader/notes/lease.md" in outcome.text
    value = carrel.here("history", "c0", "--json", library=library).object
    assert (value["conversation"], value["turns"][0]["answer"]) == ("c0", ANSWERED.text)
    assert {"id", "at", "question", "citations", "receipt"} <= set(value["turns"][0])
    assert carrel.here("history", "c0", "--forget", library=library).text == "c0: 1 answer deleted\n"
    assert len(library.conversations()) == 1


def test_an_unknown_conversation_is_named_with_those_spelt_alike(carrel: Carrel) -> None:
    class Unknown(StillLibrary):
        def turns(self, conversation: str) -> list[Turn]:
            return []

    for options in ((), ("--forget",)):
        outcome = carrel.here("history", "nothing", *options, library=Unknown())
        assert (outcome.code, outcome.out) == (2, b"")
        assert "no conversation nothing. `carrel history` lists the conversations." in outcome.narration
    assert "Did you mean c1?" in carrel.here("history", "c11", library=Unknown()).narration

    class Empty(Unknown):
        def conversations(self) -> list[Conversation]:
            return []

    empty = carrel.here("history", "nothing", library=Empty())
    assert "No conversation is saved yet." in empty.narration
    assert "Every `carrel ask` starts one." in carrel.here("history", library=Empty()).narration


def test_forgetting_needs_the_name_of_a_conversation(carrel: Carrel) -> None:
    library = StillLibrary()
    outcome = carrel.here("history", "--forget", library=library)
    assert outcome.code == 2
    assert "--forget needs the name of a conversation." in outcome.narration
    assert len(library.conversations()) == 2


def test_a_replay_of_an_unknown_answer_is_a_failure(carrel: Carrel) -> None:
    outcome = carrel.here("replay", "nothing", "--json", library=StillLibrary())
    assert outcome.code == outcome.error["exit"] == 1
    assert "nothing" in outcome.narration


def test_a_replay_says_whether_the_answer_is_the_same(carrel: Carrel) -> None:
    same = carrel.here("replay", "t0", library=StillLibrary(replayed=ANSWERED))
    assert same.code == 0
    assert same.text.endswith("The answer is the same.\n")
    other = answer("It ends in 2030.", passages=[passage("It ends in 2030.")])
    differs = carrel.here("replay", "t0", "--json", library=StillLibrary(replayed=other))
    assert differs.code == 1
    assert (differs.object["same"], differs.object["answer"]) == (False, "It ends in 2030.")
    assert differs.object["differences"] == [
        f"{FOLDER}/lease.md has changed, or other parts of it are nearer"
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model_digest": "1" * 64}, "another model answered"),
        ({"seed": 7}, "the seed or the temperature has changed"),
        ({"temperature": 0.5}, "the seed or the temperature has changed"),
        ({}, "computes differently"),
    ],
    ids=["model", "seed", "temperature", "nothing"],
)
def test_what_makes_answers_differ_is_named(changes: dict[str, object], words: str) -> None:
    receipt = dataclasses.replace(ANSWERED.receipt, **changes)  # type: ignore[arg-type]
    (difference,) = describe_differences(ANSWERED, dataclasses.replace(ANSWERED, receipt=receipt))
    assert words in difference


def test_files_that_come_and_go_are_named_as_differences() -> None:
    before = answer("A.", passages=[passage(LEASE, "/a.md"), passage(LEASE, "/b.md", rank=2)])
    after = answer("A.", passages=[passage(LEASE, "/b.md"), passage(LEASE, "/c.md", rank=2)])
    gone, new = describe_differences(before, after)
    assert gone.startswith("/a.md is no longer among the passages")
    assert new == "/c.md is now among the passages"


# Over the library itself


@pytest.mark.model
def test_a_conversation_is_saved_listed_found_and_forgotten(filled: Carrel, parts: dict[str, Any]) -> None:
    with filled.opened(**parts) as run:
        first = run("ask", "When does my lease end?", "--conversation", "home", "--json").object
        other = run("ask", "And how much is the deposit?", "--conversation", "home", "--json").object
        assert first["query"] == "When does my lease end?"
        assert other["query"] == "When does my lease end? And how much is the deposit?"
        listed = run("history", "--json").object["conversations"]
        (home,) = [conversation for conversation in listed if conversation["id"] == "home"]
        assert (home["title"], home["turns"]) == ("When does my lease end?", 2)
        assert run("history", "--find", "zeppelin", "--json").object["conversations"] == []
        mentioned = run("history", "--find", "the deposit", "--json").object["conversations"]
        assert "home" in {conversation["id"] for conversation in mentioned}
        turns = run("history", "home", "--json").object["turns"]
        assert [turn["answer"] for turn in turns] == [first["answer"], other["answer"]]
        assert run("history", "home", "--forget").code == 0
        left = run("history", "--json").object["conversations"]
        assert "home" not in {conversation["id"] for conversation in left}


@pytest.mark.model
def test_an_answer_is_replayed_and_goes_with_the_document_it_quotes(
    filled: Carrel, parts: dict[str, Any]
) -> None:
    note = write(filled.home / "mine" / "gate.md", "# Gate\n\nThe code of the garden gate is 4711.\n")
    with filled.opened(**parts) as run:
        assert run("add", note.parent).code == 0
        run("ask", "What is the code of the garden gate?", "--conversation", "gate")
        (turn,) = run("history", "gate", "--json").object["turns"]
        assert "4711" in turn["answer"]
        assert len(turn["receipt"]["model_digest"]) == 64
        again = run("replay", turn["id"], "--json")
        assert (again.code, again.object["same"]) == (0, True)
        write(note, "# Gate\n\nThe code of the garden gate is 1234.\n")
        run("add", note.parent)
        differs = run("replay", turn["id"], "--json")
        assert (differs.code, differs.object["same"]) == (1, False)
        assert any("gate.md" in difference for difference in differs.object["differences"])
        run("rm", note.parent)
        assert "There is no conversation gate." in run("history", "gate").narration
    # Not the number: a digest may contain it by chance.
    assert b"garden gate" not in (filled.library / "history.db").read_bytes()
    note.unlink()
