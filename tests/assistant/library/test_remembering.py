"""What a person does with answers that are kept, and with a library made anew, as they do it."""

import json
import os

from tests.running import Carrel


def test_a_conversation_is_kept_listed_found_and_forgotten(filled: Carrel) -> None:
    first = filled("ask", "When does my lease end?", "--conversation", "home", "--json").object
    other = filled("ask", "And how much is the deposit?", "--conversation", "home", "--json").object
    assert first["query"] == "When does my lease end?"
    assert other["query"] == "When does my lease end? And how much is the deposit?"
    listed = filled("history", "--json").object["conversations"]
    titles = {each["id"]: (each["title"], each["turns"]) for each in listed}
    assert titles["home"] == ("When does my lease end?", 2)
    assert filled("history", "--find", "zeppelin", "--json").object["conversations"] == []
    mentioned = filled("history", "--find", "the deposit", "--json").object["conversations"]
    assert "home" in {each["id"] for each in mentioned}
    kept = filled("history", "home", "--json").object["turns"]
    assert [turn["answer"] for turn in kept] == [first["answer"], other["answer"]]
    assert filled("history", "home", "--forget").code == 0
    left = filled("history", "--json").object["conversations"]
    assert "home" not in {each["id"] for each in left}


def test_an_answer_is_made_again_and_what_changed_is_named(filled: Carrel) -> None:
    notes = filled.home / "mine"
    notes.mkdir(exist_ok=True)
    note = notes / "gate.md"
    note.write_text("# Gate\n\nThe code of the garden gate is 4711.\n")
    assert filled("add", notes).code == 0
    filled("ask", "What is the code of the garden gate?", "--conversation", "gate")
    (turn,) = filled("history", "gate", "--json").object["turns"]
    assert "4711" in turn["answer"]
    assert len(turn["receipt"]["model_digest"]) == 64
    again = filled("replay", turn["id"], "--json")
    assert (again.code, again.object["same"]) == (0, True)
    note.write_text("# Gate\n\nThe code of the garden gate is 1234.\n")
    filled("add", notes)
    differs = filled("replay", turn["id"], "--json")
    assert (differs.code, differs.object["same"]) == (1, False)
    assert any("gate.md" in reason for reason in differs.object["differences"])
    # What read a document goes with it.
    filled("rm", notes)
    assert filled("history", "gate", "--json").object["turns"] == []
    kept = (filled.library / "history.db").read_bytes()
    assert b"garden gate" not in kept  # Not the number: a digest may hold it by chance.
    os.unlink(note)


def test_filters_narrow_a_question_as_options_and_as_words(filled: Carrel) -> None:
    everywhere = filled("search", "euros", "-k", "20", "--json").object["passages"]
    only = filled("search", "euros", "-k", "20", "--type", "pdf", "--json").object["passages"]
    assert only
    assert len(only) < len(everywhere)
    assert all(passage["path"].endswith(".pdf") for passage in only)
    assert filled("search", "type:pdf euros", "-k", "20", "--json").object["passages"] == only
    none = filled("search", "euros", "--before", "1990")
    assert none.text == ""
    assert "No document passes these filters" in none.narration


def test_every_document_is_read_and_the_coverage_said(filled: Carrel) -> None:
    answer = filled("ask", "Which documents speak of euros?", "--all", "--json").object
    coverage = answer["coverage"]
    assert coverage["files"] == coverage["files_read"] == 13
    assert coverage["chunks"] == coverage["chunks_read"] > 13
    assert "13 of 13 files" in answer["answer"]
    assert len({citation["path"] for citation in answer["citations"]}) >= 3


def test_two_documents_are_asked_the_same(filled: Carrel) -> None:
    notes = filled.home / "notes"
    one, other = notes / "home" / "lease-agreement.pdf", notes / "home" / "dishwasher-warranty.txt"
    asked = filled("compare", one, other, "How many euros?", "--json").object
    assert [answer["path"] for answer in asked["answers"]] == [str(one), str(other)]
    for answer in asked["answers"]:
        assert {citation["path"] for citation in answer["citations"]} <= {answer["path"]}


def test_a_library_is_measured_on_questions_of_ones_own(filled: Carrel) -> None:
    questions = filled.home / "questions.jsonl"
    lines = [
        {
            "question": "When does my lease end?",
            "answers": ["30 September 2028"],
            "file": "lease-agreement.pdf",
        },
        {"question": "Who painted Guernica?", "answerable": False},
    ]
    questions.write_text("\n".join(map(json.dumps, lines)))
    measured = filled("eval", questions, "--json").object
    assert measured["figures"]["recall@5"] == 1.0
    assert measured["figures"]["abstention recall"] == 1.0
    run = filled.home / "run.json"
    run.write_text(json.dumps(measured))
    beside = filled("eval", questions, "--search-only", "--compare", run)
    assert "recall@5" in beside.text
    assert "+0.000" in beside.text


def test_a_library_is_made_anew_with_other_chunks_and_is_whole_until_then(filled: Carrel) -> None:
    config = filled.home / "chunks.toml"
    config.write_text("[index]\nchunk_tokens = 64\n")
    refused = filled("search", "warranty", "--config", config)
    assert refused.code == 1
    assert "carrel reindex" in refused.narration
    before = filled("status", "--json").object["chunks"]
    assert filled("reindex", "--config", config).code == 0
    after = filled("status", "--json", "--config", config).object
    assert after["chunks"] > before
    assert after["documents"]["indexed"] == 13
    assert filled("search", "warranty", "--config", config, "--json").object["passages"]
    assert not (filled.library / "next").exists()


def test_a_folder_is_summarized_and_what_was_made_is_kept_until_it_is_removed(filled: Carrel) -> None:
    club = filled.home / "notes" / "club"
    first = filled("summarize", club, "--length", "short", "--json").object
    assert len(first["documents"]) == len(list(club.iterdir()))
    assert first["summary"]
    for document in first["documents"]:
        assert document["coverage"]["read"] == document["coverage"]["parts"]
        assert all(sentence["verdict"] == "backed" for sentence in document["sentences"])
    kept = filled.library / "cache" / "summaries"
    assert len(list(kept.iterdir())) == len(first["documents"])
    assert filled("summarize", club, "--length", "short", "--json").object == first
    bullets = filled(
        "summarize", club / "minutes-2026-03-12.md", "--format", "bullets", "--focus", "the boat"
    )
    assert bullets.text.startswith("- ")
    assert "boat" in bullets.text
    filled("rm", club)
    assert list(kept.iterdir()) == []
