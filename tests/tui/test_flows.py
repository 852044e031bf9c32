"""What a person does, with the real owner over a library of its own and a scripted engine."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static, Tree

from assistant.config import Config
from assistant.engine import Engine
from assistant.engine.scripted import ScriptedEngine
from assistant.library.client import Client
from assistant.library.owner import Owner
from policies import endpoint
from tests.running import NOTES, Carrel, owning, require_starter_models
from tests.tui.piloting import answered, ask, chat, drive, text, until, until_shown
from tests.tui.still import RecordedOutside, app, start_values
from tui.app import CarrelApp
from tui.screens.chat import ChatScreen
from tui.screens.dialogs import ConfirmDialog
from tui.screens.library import LibraryScreen
from tui.screens.picker import DocumentPicker
from tui.screens.welcome import WelcomeScreen
from tui.widgets.conversation import ConversationView
from tui.widgets.question import QuestionInput
from tui.widgets.source import CitationList, SourcePane
from tui.widgets.table import Table

pytestmark = pytest.mark.model

QUESTION = "When does my lease end?"
ANSWER = "The lease ends on 30 September 2028 without notice being needed."


class SlowEngine(ScriptedEngine):
    """Writes slowly, because a pilot waits up to a second for a busy process."""

    def _tokens(self, prompt: list[int], generation: int) -> Iterator[int | None]:
        for token in super()._tokens(prompt, generation):
            time.sleep(0.05)
            yield token


def owned(
    library: Path,
    engine: Engine,
    *,
    outside: RecordedOutside | None = None,
    home: Path = NOTES,
) -> CarrelApp:
    """The UI over a library that it owns itself."""
    return app(
        lambda: Owner(library, Config(), watching=True, engine=engine),
        start_values(home=home),
        outside=outside,
    )


def test_a_folder_is_chosen_surveyed_indexed_and_asked_about(tmp_path: Path) -> None:
    require_starter_models()
    home = tmp_path / "home"
    notes = home / "notes"
    shutil.copytree(NOTES, notes)
    (notes / "film.mp4").write_bytes(b"\0")
    ui = owned(tmp_path / "library", ScriptedEngine(ANSWER), home=home)

    async def script(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: isinstance(ui.screen, WelcomeScreen))
        await until_shown(pilot, "▶ notes")
        await until(pilot, lambda: ui.screen.query_one(Tree).has_focus)
        await pilot.press("down")
        await until(pilot, lambda: ui.screen.query_one(Tree).cursor_line == 1)
        await until_shown(pilot, "13 documents", ".mp4")
        assert ui.status is not None
        assert not ui.status.counts.chunks, "nothing has been read"
        await pilot.press("a")
        await until_shown(pilot, "You can ask now")
        await pilot.press("escape")
        assert isinstance(ui.screen, ChatScreen)
        await until(pilot, lambda: ui.status and not ui.status.indexing.texts and ui.status.counts.chunks)
        await ask(pilot, QUESTION)
        await answered(pilot)
        assert "30 September 2028" in text(pilot)

    drive(ui, script, (200, 40))
    ui.calls.close(20)


def test_an_answer_is_written_cited_and_shown_in_its_document(filled: Carrel) -> None:
    outside = RecordedOutside()
    ui = owned(filled.library, ScriptedEngine(ANSWER), outside=outside)

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, QUESTION)
        await answered(pilot)
        await until_shown(pilot, "lease-agreement.pdf · page 2", "passages read")
        quoted = chat(pilot).query_one(SourcePane).query_one("#quoted", Static)
        assert "30 September 2028" in str(quoted.render())
        # Tab goes to the citations, a digit to one of them, `o` to the viewer.
        await pilot.press("tab")
        citations = chat(pilot).query_one(CitationList)
        assert citations.has_focus
        await pilot.press("escape", "escape", "1")
        assert (citations.has_focus, citations.highlighted) == (True, 0)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(ui.screen, ConfirmDialog))
        await pilot.click("#confirm")
        await until(pilot, lambda: outside.viewed)
        ((path, page, line),) = outside.viewed
        assert (Path(path).name, page, line) == ("lease-agreement.pdf", 2, None)

    drive(ui, script, (140, 40))
    ui.calls.close(20)


def test_only_the_chosen_document_is_read_for_an_answer(filled: Carrel) -> None:
    ui = owned(filled.library, ScriptedEngine(ANSWER))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press(*"@")
        await until(pilot, lambda: isinstance(ui.screen, DocumentPicker))
        await until_shown(pilot, "minutes")
        await pilot.press(*"lsagre", "enter")
        await until_shown(pilot, "Only lease-agreement.pdf")
        for key in QUESTION:
            await pilot.press("space" if key == " " else key)
        await pilot.press("enter")
        await answered(pilot)
        answer = chat(pilot).query_one(ConversationView).exchanges[-1].answer
        assert answer is not None
        assert {Path(passage.locator.path).name for passage in answer.passages} == {"lease-agreement.pdf"}
        await until_shown(pilot, f"{QUESTION} in:lease-agreement.pdf")

    drive(ui, script)
    ui.calls.close(20)


def test_a_stopped_answer_keeps_what_was_written_and_the_next_question_is_answered(filled: Carrel) -> None:
    longer = (
        f"{ANSWER} The rent is 936 euros. The deposit is three months' rent. The tenant may end it early."
    )
    ui = owned(filled.library, SlowEngine(longer))

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, QUESTION)
        exchanges = chat(pilot).query_one(ConversationView).exchanges
        await until(pilot, lambda: len(exchanges[-1].written) > 5)
        await pilot.press("escape")
        await answered(pilot)
        answer = exchanges[-1].answer
        assert answer is not None
        assert "stopped" in text(pilot)
        assert len(answer.text) < len(longer)
        assert answer.sentences, "the text that was written by then is checked"
        await ask(pilot, QUESTION)
        await answered(pilot, 2)

    drive(ui, script)
    ui.calls.close(20)


def test_questions_belong_to_one_conversation_until_a_new_one_is_started(filled: Carrel) -> None:
    ui = owned(filled.library, ScriptedEngine(ANSWER))

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, QUESTION)
        await answered(pilot)
        await ask(pilot, "And the rent?")
        await answered(pilot, 2)
        first = chat(pilot).conversation
        await pilot.press("ctrl+n")
        conversation = chat(pilot).query_one(ConversationView)
        await until(pilot, lambda: not conversation.exchanges)
        await pilot.press("ctrl+r")
        await until_shown(pilot, QUESTION)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: len(conversation.exchanges) == 2)
        assert chat(pilot).conversation == first
        # The up key recalls questions, the latest first.
        await pilot.press("up")
        question = chat(pilot).query_one(QuestionInput)
        await until(pilot, lambda: question.text == "And the rent?")
        await pilot.press("up")
        await until(pilot, lambda: question.text == QUESTION)

    drive(ui, script)
    ui.calls.close(20)


def test_a_document_is_removed_as_announced(filled: Carrel) -> None:
    ui = owned(filled.library, ScriptedEngine(ANSWER))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("f3")
        assert isinstance(ui.screen, LibraryScreen)
        table = ui.screen.query_one(Table)
        await until(pilot, lambda: table.counts == (13, 13))
        await pilot.press("slash", *"lisbon", "enter")
        await until(pilot, lambda: table.counts == (1, 13))
        await pilot.press("d")
        await until(pilot, lambda: isinstance(ui.screen, ConfirmDialog))
        assert "1 document with" in text(pilot)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: table.counts == (0, 12))

    drive(ui, script)
    ui.calls.close(20)


@pytest.mark.parametrize("idle_s", [6])
def test_connections_survive_idle_time_longer_than_a_servers_usual_timeout(
    filled: Carrel, idle_s: int
) -> None:
    with owning(filled):
        connections = [made for _ in range(3) if (made := endpoint.connect(filled.library))]
        with Client(connections) as client:
            stream = client.ask(QUESTION)
            next(stream)
            client.status()
            list(stream)
            # The default of uvicorn is 5 s.
            time.sleep(idle_s)
            stream = client.ask(QUESTION)
            next(stream)
            assert client.status().counts.chunks
            list(stream)
