"""The plain UI: what it says, line by line."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.dialogue import State, Verdict
from assistant.engine.scripted import ScriptedEngine
from assistant.errors import OwnerGone
from assistant.library.owner import Owner
from ingest.errors import IngestError
from ingest.selection import Selection
from tests.running import Carrel
from tests.still import ANSWERED, FOLDER, SURVEYS, StillLibrary
from tests.tui.still import RecordedOutside, start_values
from tui.handover import RESTART, Handover
from tui.plain import COMMANDS, PROMPT, PlainUi

FRAMES = "│╭╮╰╯─█▌✗≈✓\x1b"
"""What is drawn, or stands for a word."""


def said(
    library: StillLibrary | Owner,
    *lines: str,
    outside: RecordedOutside | None = None,
    handover: Handover | None = None,
    code: int = 0,
) -> list[str]:
    """What the UI says to a person who types these lines and then leaves."""
    typed: Iterator[str] = iter(lines)
    written: list[str] = []

    def read(prompt: str) -> str:
        assert prompt == PROMPT
        line = next(typed, None)
        if line is None:
            raise EOFError
        written.append(f"> {line}")
        return line

    values = start_values(handover=handover or Handover())
    assert PlainUi(library, values, outside or RecordedOutside(), read, written.append).run() == code
    assert not [line for line in written if set(line) & set(FRAMES)], "nothing is drawn"
    assert not [line for line in written if "\n" in line], "a line is one line"
    return written


def after(line: str, written: list[str]) -> list[str]:
    """What was said to a line."""
    start = written.index(f"> {line}") + 1
    return [said for said in written[start:] if not said.startswith("> ")]


def test_an_answer_is_said_in_order_with_its_state_and_sources_in_words() -> None:
    library = StillLibrary()
    reply = after("When does it end?", said(library, "When does it end?"))
    assert reply[:3] == ["Searching.", "Reading 1 passage.", "Answered."]
    assert reply[3].startswith("The lease ends on **30 September 2028**")
    source = next(line for line in reply if line.startswith("Source 1: "))
    assert source.startswith(f"Source 1: {FOLDER}/lease.md, lines 3-4, Term: “The lease begins")
    assert "Not supported: “The deposit is 1,400 euros.”: no passage names 1,400." in reply
    assert any(line.startswith("Weakly supported: “No notice is needed.”") for line in reply)
    assert library.asked == ["When does it end?"]


def test_an_answer_that_may_not_be_what_was_asked_says_so() -> None:
    sentence = replace(
        ANSWERED.sentences[0], verdict=Verdict.UNSURE, reason="it may not be what you asked for"
    )
    unsure = replace(ANSWERED, sentences=(sentence,))
    mixed = replace(ANSWERED, sentences=(sentence, replace(sentence, verdict=Verdict.BACKED)))
    reply = after("Who?", said(StillLibrary(answers=[unsure]), "Who?"))
    assert reply[2] == "Possible answer."
    assert "This may not be what you asked for. Check it at its source." in reply
    reply = after("Who?", said(StillLibrary(answers=[mixed]), "Who?"))
    assert reply[2] == "Answered."
    assert "Sentences marked “?” may not be what you asked for. Check them at their sources." in reply


def test_the_other_kinds_of_reply_say_that_they_are_no_answer() -> None:
    words = {State.CLOSEST: "Closest passages, not a sure answer.", State.NOT_FOUND: "Not found."}
    for state, word in words.items():
        reply = after(
            "Who?", said(StillLibrary(answers=[replace(ANSWERED, state=state, missing=())]), "Who?")
        )
        assert word in reply
        assert "Answered." not in reply


def test_questions_are_about_chosen_documents_until_all_are_asked_again() -> None:
    library = StillLibrary()
    written = said(library, "/only lsm", "When?", "/all", "When now?", "/only zzz")
    assert f"Questions are now only about: {FOLDER}/lease.md" in written
    assert library.selections == [Selection(folders=("lease.md",)), Selection()]
    assert "No document has these letters." in written


def test_a_source_is_read_out_and_opened_by_its_number() -> None:
    outside = RecordedOutside()
    written = said(StillLibrary(), "/source 1", "When?", "/source 1", "/open 1", "/open 7", outside=outside)
    assert "The last answer has 0 sources. Type the number of one." in written
    assert "It ends on 30 September 2028 without notice being needed." in written
    assert outside.viewed == [(f"{FOLDER}/lease.md", None, 3)]
    assert "The last answer has 1 source. Type the number of one." in written


def test_the_library_is_described_filled_and_listed_in_words() -> None:
    library = StillLibrary(documents=(), sources=(), surveys=SURVEYS)
    written = said(library, "/add ~/my notes", "/add", "/help", "/nonsense")
    assert "The library is empty. Type /add and the path of a folder." in written
    assert "Sealed: the kernel refuses every network connection." in written
    assert "Added: /home/reader/my notes. Carrel is reading it; /status says how far it is." in written
    assert "There is no command /nonsense. Type /help for the commands." in written
    assert all(f"{command}: {meaning}" in written for command, meaning in COMMANDS.items())
    listed = after("/documents pond", said(StillLibrary(), "/documents pond"))
    assert listed[0] == f"{FOLDER}/garden/pond.org"


def test_a_failure_is_said_and_the_next_question_is_answered() -> None:
    library = StillLibrary(failure=IngestError("The model is gone.", remedy="Install it."))
    assert after("When?", said(library, "When?"))[:2] == [
        "Searching.",
        "That failed: The model is gone. Install it.",
    ]


def test_no_question_is_lost_when_the_owner_ends() -> None:
    outside = RecordedOutside()
    said(StillLibrary(failure=OwnerGone("It ended.")), "When?", outside=outside, code=RESTART)
    assert outside.saved.question == "When?"
    again = said(StillLibrary(), handover=replace(outside.saved, reason="Carrel has connected again."))
    assert again[:2] == ["Carrel has connected again.", "Your question has no answer yet: When?"]


def test_foreign_text_cannot_command_the_terminal() -> None:
    hostile = replace(ANSWERED, text="\x1b]52;c;x\x07 done", sentences=())
    assert "␛]52;c;x␇ done" in said(StillLibrary(answers=[hostile]), "When?")


@pytest.mark.model
def test_a_real_library_answers_in_plain_lines(filled: Carrel, tmp_path: Path) -> None:
    engine = ScriptedEngine("The lease ends on 30 September 2028 without notice being needed.")
    with Owner(filled.library, Config(), watching=True, engine=engine) as owner:
        written = said(owner, "/only lsagre", "When does my lease end?", "/new", "/export")
    assert "Answered." in written
    assert any("30 September 2028" in line for line in written)
    sources = [line for line in written if line.startswith("Source 1: ")]
    assert len(sources) == 1
    assert "lease-agreement.pdf, page 2" in sources[0]
    assert "There is no answer to export yet." in written
