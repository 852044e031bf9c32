"""`carrel ask`, `search` and `compare`: what they ask of the library and what they print."""

import dataclasses
import json

import pytest

from assistant.answers.citing import as_unsure
from assistant.dialogue import Citation, Correction, Coverage, Mode, State
from tests.running import Carrel, write
from tests.still import ANSWERED, LEASE, StillLibrary, answer, passage

QUESTION = "When does the lease end?"


def test_an_answer_is_printed_with_its_sources_and_what_it_cost(carrel: Carrel) -> None:
    outcome = carrel.here("ask", QUESTION, library=StillLibrary())
    assert outcome.code == 0
    assert outcome.text.startswith(ANSWERED.text)
    assert "[1] /home/reader/notes/lease.md, lines 3-4, Term" in outcome.text
    assert " ".join(LEASE.split()) in outcome.text
    assert "[?] not supported: no passage names 1,400" in outcome.text
    assert "Found 1 passage in 12 ms." in outcome.narration
    assert "2 passages did not fit into the prompt" in outcome.narration
    assert "1.5 s · 1 passage read" in outcome.narration


def test_ask_gives_the_promised_object(carrel: Carrel) -> None:
    value = carrel.here("ask", QUESTION, "--json", library=StillLibrary()).object
    assert set(value) == {
        *("question", "query", "corrections", "answer", "state", "confidence", "sentences", "citations"),
        *("missing", "passages", "left_out", "coverage", "computed", "doubts", "receipt", "stats"),
        *("erased", "unkept", "unsure"),
    }
    assert value["question"] == QUESTION
    assert value["state"] == "answered"
    assert [sentence["verdict"] for sentence in value["sentences"]] == ["backed", "weak", "unbacked"]
    for citation in value["citations"]:
        assert set(citation) == {"marker", "path", "page", "label", "lines", "heading", "quote", "answer"}
        assert f"[{citation['marker']}]" in value["answer"]
    assert {"rank", "score", "similarity", "title", "path", "text"} <= set(value["passages"][0])
    assert {"model", "prompt_tokens", "answer_tokens", "ttft_ms", "prefill_tps"} <= set(value["stats"])
    assert {"decode_tps", "total_ms", "sealed"} <= set(value["stats"])


def test_what_was_put_right_in_a_question_is_said(carrel: Carrel) -> None:
    corrections = (Correction("dishwahser", "dishwasher"), Correction("waranty", "warranty"))
    corrected = dataclasses.replace(ANSWERED, corrections=corrections)
    outcome = carrel.here("ask", QUESTION, "--json", library=StillLibrary(answers=[corrected]))
    assert outcome.object["corrections"] == [
        {"typed": "dishwahser", "searched": "dishwasher"},
        {"typed": "waranty", "searched": "warranty"},
    ]


def test_an_abstention_shows_the_nearest_passages(carrel: Carrel) -> None:
    nearest = answer("The library does not say.", passages=[passage(LEASE)])
    abstained = dataclasses.replace(nearest, state=State.NOT_FOUND, citations=(), stats=None)
    outcome = carrel.here("ask", QUESTION, library=StillLibrary(answers=[abstained]))
    assert "The nearest passages:" in outcome.text
    assert "/home/reader/notes/lease.md" in outcome.text
    value = carrel.here("ask", QUESTION, "--json", library=StillLibrary(answers=[abstained])).object
    assert (value["state"], value["citations"], set(value["stats"])) == ("not_found", [], {"sealed"})


RENT = dataclasses.replace(
    answer("I found no sure answer.", passages=[passage("- **Rent**: 5200 EUR a year")]),
    state=State.CLOSEST,
    missing=("Bristol",),
)
"""The closest passage to the rent of something in Bristol."""


def test_the_closest_passages_are_framed_and_named_as_no_answer(carrel: Carrel) -> None:
    outcome = carrel.here("ask", QUESTION, library=StillLibrary(answers=[RENT]))
    assert outcome.text.splitlines() == [
        "I found no sure answer. None of the closest passages mentions “Bristol”.",
        "The closest passages:",
        "│ /home/reader/notes/lease.md, lines 3-4, Term",
        "│ Rent: 5200 EUR a year",
    ]
    assert "Try other words, or add a document that contains the answer." in outcome.narration
    assert carrel.here("ask", QUESTION, "--json", library=StillLibrary(answers=[RENT])).object["missing"] == [
        "Bristol"
    ]


def test_only_what_is_no_answer_is_yellow_on_a_terminal(carrel: Carrel) -> None:
    env = {"TERM": "xterm-256color", "COLUMNS": "100"}
    closest = carrel.here("ask", QUESTION, library=StillLibrary(answers=[RENT]), env=env, terminal=True)
    backed = dataclasses.replace(ANSWERED, sentences=ANSWERED.sentences[:1], stats=None)
    answered = carrel.here("ask", QUESTION, library=StillLibrary(answers=[backed]), env=env, terminal=True)
    assert "\x1b[1;33mI found no sure answer." in closest.text
    assert "\x1b[33m│ " in closest.text
    assert "\x1b[33m" not in answered.text
    assert "│" not in answered.text


def test_an_answer_that_may_not_be_what_was_asked_is_headed_as_a_possible_answer(carrel: Carrel) -> None:
    doubtful = tuple(map(as_unsure, ANSWERED.sentences[:1]))
    unsure = dataclasses.replace(ANSWERED, sentences=doubtful)
    asked = carrel.here("ask", QUESTION, library=StillLibrary(answers=[unsure]))
    assert asked.text.startswith(f"Possible answer\n{ANSWERED.text}")
    shown = carrel.here("history", "c1", library=StillLibrary(answers=[unsure]))
    assert f"Possible answer\n{ANSWERED.text}" in shown.text
    assert "Possible" not in carrel.here("ask", QUESTION, library=StillLibrary()).text
    wide = {"TERM": "xterm-256color", "COLUMNS": "100"}
    library = StillLibrary(answers=[unsure, ANSWERED])
    beside = carrel.here(
        "compare", "/lease.md", "/pond.md", QUESTION, library=library, env=wide, terminal=True
    )
    assert beside.text.count("Possible answer") == 1
    value = carrel.here("ask", QUESTION, "--json", library=StillLibrary(answers=[unsure])).object
    assert (value["unsure"], value["answer"]) == (True, ANSWERED.text)


def test_the_words_that_answer_are_bold_in_a_quote_without_marks(carrel: Carrel) -> None:
    text = "| Boat | Seats |\n|---|---|\n| **Heron** | 4 |\n"
    row = passage(text)
    start, end = text.index("| **Heron"), len(text) - 1
    locator = dataclasses.replace(row.locator, chars=(start, end))
    citation = Citation(1, text[start:end], locator, "Boats", answer=(14, 15))
    reply = dataclasses.replace(answer("It has 4.", passages=[row]), citations=(citation,), left_out=0)
    env = {"TERM": "xterm-256color", "COLUMNS": "100"}
    outcome = carrel.here("ask", QUESTION, library=StillLibrary(answers=[reply]), env=env, terminal=True)
    assert "    Boat: Heron; Seats: \x1b[1m4\x1b[0m" in outcome.text


def test_the_options_decide_how_a_question_is_answered(carrel: Carrel) -> None:
    library = StillLibrary()
    carrel.here("ask", QUESTION, library=library)
    carrel.here("ask", QUESTION, "--mode", "quote", "--strict", "--all", library=library)
    plain, careful = library.asking
    assert (plain.mode, plain.strict, plain.every) == (Mode.AUTO, False, False)
    assert (careful.mode, careful.strict, careful.every) == (Mode.QUOTE, True, True)


def test_files_that_were_not_read_are_named(carrel: Carrel) -> None:
    coverage = Coverage(3, 2, 9, 6, (("/b.pdf", "encrypted"),))
    partial = answer("A.", passages=[passage(LEASE)], coverage=coverage)
    outcome = carrel.here("ask", QUESTION, "--all", library=StillLibrary(answers=[partial]))
    assert "Not read: /b.pdf: encrypted" in outcome.narration


def test_a_question_that_several_documents_may_answer_suggests_to_read_them_all(carrel: Carrel) -> None:
    outcome = carrel.here("ask", "Which documents mention the lease?", library=StillLibrary())
    assert "--all" in outcome.narration
    assert "--all" not in carrel.here("ask", QUESTION, library=StillLibrary()).narration


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_question_comes_from_the_command_line_or_from_standard_input(carrel: Carrel, command: str) -> None:
    library = StillLibrary()
    carrel.here(command, "warranty of the dishwasher", library=library)
    carrel.here(command, "-", library=library, stdin=b"warranty of the dishwasher\n")
    carrel.here(command, "warranty", "of", "the", "dishwasher", library=library)
    assert library.asked == ["warranty of the dishwasher"] * 3


def test_questions_on_lines_of_their_own_are_answered_one_after_the_other(carrel: Carrel) -> None:
    library = StillLibrary(answers=[ANSWERED, ANSWERED])
    outcome = carrel.here("ask", "-", library=library, stdin=b"When does it end?\n\nWho signed it?\n")
    assert library.asked == ["When does it end?", "Who signed it?"]
    assert outcome.text.count(ANSWERED.text) == 2
    assert outcome.text.startswith("When does it end?\n")
    assert "\nWho signed it?\n" in outcome.text
    library = StillLibrary(answers=[ANSWERED, ANSWERED])
    printed = carrel.here("ask", "-", "--json", library=library, stdin=b"When?\nWho?\n").text
    assert len(list(map(json.loads, printed.splitlines()))) == 2


def test_a_question_over_several_lines_is_one(carrel: Carrel) -> None:
    library = StillLibrary()
    carrel.here("ask", "-", library=library, stdin=b"We want to move.\nWhen does it end?\n")
    carrel.here("ask", "When?\nWho?", library=library)
    assert library.asked == ["We want to move.\nWhen does it end?", "When?\nWho?"]


@pytest.mark.parametrize("stdin", [False, True])
def test_a_question_that_is_not_utf_8_is_asked_with_marks_in_place_of_its_bytes(
    carrel: Carrel, stdin: bool
) -> None:
    library = StillLibrary()
    question = b"the caf\xe9"
    if stdin:
        carrel.here("search", "-", library=library, stdin=question)
    else:
        carrel.here("search", question, library=library)
    assert library.asked == ["the caf\ufffd"]


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["search", " "], b"", "question is empty"),
        (["ask", ""], b"", "question is empty"),
        (["ask", "-"], b"", "question is empty"),
        (["ask", "-"], b" \n", "question is empty"),
        (["ask", "why", "--mode", "guess"], b"", "no mode guess"),
        (["ask", "why", "--since", "yesterday"], b"", "yesterday"),
        (["search", "why before:soon"], b"", "soon"),
    ],
    ids=["blank", "empty", "no input", "blank input", "mode", "date", "date in the question"],
)
def test_a_question_that_makes_no_sense_is_refused_before_the_library_is_opened(
    carrel: Carrel, arguments: list[str], stdin: bytes, words: str
) -> None:
    library = StillLibrary()
    outcome = carrel.here(*arguments, "--json", library=library, stdin=stdin)
    assert outcome.code == outcome.error["exit"] == 2
    assert words in outcome.narration
    assert library.asked == []


def test_search_prints_passages_and_gives_the_promised_object(carrel: Carrel) -> None:
    library = StillLibrary(passages=[passage(LEASE), passage("The pump.", "/pond.md", rank=2)])
    outcome = carrel.here("search", "lease", library=library)
    assert outcome.text.startswith("1. /home/reader/notes/lease.md, lines 3-4, Term  (0.900)\n   The lease")
    assert "2. /pond.md" in outcome.text
    found = carrel.here("search", "lease", "-k", "1", "--json", library=library).object
    assert set(found) == {"query", "corrections", "passages", "doubts", "took_ms"}
    (first,) = found["passages"]
    assert set(first) == {
        *("rank", "score", "similarity", "title", "path", "page", "label", "lines", "heading", "text"),
        *("also", "earlier"),
    }
    assert (first["rank"], first["page"], first["lines"], first["heading"]) == (1, None, [3, 4], ["Term"])


def test_an_empty_search_says_why(carrel: Carrel) -> None:
    unfiltered = carrel.here("search", "lease", library=StillLibrary())
    assert unfiltered.text == ""
    assert unfiltered.narration.startswith("No passage was found. Try other words.")
    assert "2 of 3 documents are searchable by meaning; 1 more only by its words." in unfiltered.narration
    empty = carrel.here("search", "lease", library=StillLibrary(documents=()))
    assert (empty.code, empty.text) == (0, "")
    assert "The library is empty. Add documents with: carrel add FOLDER" in empty.narration


def test_a_question_to_an_empty_library_says_how_to_add_documents(carrel: Carrel) -> None:
    nothing = answer("I found nothing about this in the documents I searched.")
    outcome = carrel.here("ask", QUESTION, library=StillLibrary(answers=[nothing], documents=()))
    assert "The library is empty. Add documents with: carrel add FOLDER" in outcome.narration


def test_compare_answers_from_each_document_and_gives_the_promised_object(carrel: Carrel) -> None:
    outcome = carrel.here("compare", "/lease.md", "/pond.md", QUESTION, library=StillLibrary())
    assert outcome.text.index("lease.md") < outcome.text.index("pond.md")
    assert outcome.text.count(ANSWERED.text) == 2
    value = carrel.here("compare", "/a.md", "/b.md", QUESTION, "--json", library=StillLibrary()).object
    assert value["question"] == QUESTION
    assert [reply["path"] for reply in value["answers"]] == ["/a.md", "/b.md"]
    assert [reply["answer"] for reply in value["answers"]] == [ANSWERED.text] * 2


def test_compare_refuses_a_path_that_is_not_in_the_library(carrel: Carrel) -> None:
    library = StillLibrary(documents=())
    outcome = carrel.here("compare", "a.md", "b.md", "why", "--json", library=library)
    assert outcome.code == 2
    assert outcome.error["message"] == "a.md is not in the library."
    assert "carrel ls" in outcome.error["remedy"]
    write(carrel.home / "a.md")
    existing = carrel.here("compare", "a.md", "b.md", "why", "--json", library=library)
    assert "carrel add a.md" in existing.error["remedy"]


def test_devices_cannot_be_chosen_where_another_process_owns_the_library(carrel: Carrel) -> None:
    library = StillLibrary()
    outcome = carrel.here("ask", QUESTION, "--gpu-layers", "2", library=library, attached=True)
    assert outcome.code == 2
    assert "Another process owns this library" in outcome.narration
    assert carrel.here("ask", QUESTION, "--gpu-layers", "2", library=library).code == 0


def test_an_answer_for_programs_survives_text_of_every_kind(carrel: Carrel) -> None:
    odd = answer("a\x00b\ud800\U0001f600", passages=[passage("x\u2028y")])
    outcome = carrel.here("ask", QUESTION, "--json", library=StillLibrary(answers=[odd]))
    assert json.loads(outcome.out)["answer"] == odd.text.replace("\ud800", "\ufffd")
