"""What a person does, with the real owner over a library of its own and a scripted engine."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from assistant.config import Config, load
from assistant.engine.scripted import ScriptedEngine
from assistant.library.client import Client
from assistant.library.facade import Assistant
from policies import endpoint
from policies.network import Seal
from tests.running import NOTES, Carrel, owning, require_starter_models
from tests.tui.piloting import answered, ask, chat, owned, text, until
from tests.tui.still import Beside
from tui.app import CarrelApp
from tui.handover import RESTART, Handover
from tui.screens.chat import ChatScreen
from tui.screens.dialogs import ConfirmDialog, InputDialog
from tui.screens.library import LibraryScreen
from tui.screens.welcome import WelcomeScreen
from tui.widgets.conversation import ConversationView
from tui.widgets.question import QuestionInput
from tui.widgets.source import CitationList, SourcePane
from tui.widgets.table import Table

QUESTION = "When does my lease end?"
ANSWER = "The lease ends on 30 September 2028 without notice being needed."


class SlowEngine(ScriptedEngine):
    """Writes slowly: a pilot waits up to a second for a busy process."""

    def _tokens(self, prompt: list[int], generation: int) -> Iterator[int | None]:
        for token in super()._tokens(prompt, generation):
            time.sleep(0.05)
            yield token


def close(app: CarrelApp) -> None:
    app.desk.close(20)


def test_a_folder_is_chosen_counted_read_and_asked_about(tmp_path: Path) -> None:
    require_starter_models()
    notes = tmp_path / "notes"
    shutil.copytree(NOTES, notes)
    (notes / "film.mp4").write_bytes(b"\0")
    app = owned(tmp_path / "library", ScriptedEngine(ANSWER))

    async def drive() -> None:
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
            welcome = app.screen
            assert isinstance(welcome, WelcomeScreen)
            welcome._root(str(notes))
            await until(pilot, lambda: "13 documents" in text(pilot))
            assert ".mp4" in text(pilot), "what will be skipped is told, with the reason"
            assert app.status is not None
            assert not app.status.counts.chunks, "nothing has been read"
            await pilot.press("a")
            await until(pilot, lambda: "You can ask now" in text(pilot))
            await pilot.press("escape")
            assert isinstance(app.screen, ChatScreen)
            await until(
                pilot, lambda: app.status and not app.status.indexing.texts and app.status.counts.chunks
            )
            await ask(pilot, QUESTION)
            await answered(pilot)
            assert "30 September 2028" in text(pilot)

    asyncio.run(drive())
    close(app)


def test_an_answer_is_written_cited_and_shown_in_its_document(filled: Carrel) -> None:
    beside = Beside()
    config = filled.home / "viewer.toml"
    app = owned(filled.library, ScriptedEngine(ANSWER), beside=beside, config_file=config)

    async def drive() -> None:
        async with app.run_test(size=(140, 40)) as pilot:
            await until(pilot, lambda: app.status)
            await ask(pilot, QUESTION)
            await answered(pilot)
            source = chat(pilot).query_one(SourcePane)
            await until(pilot, lambda: "lease-agreement.pdf · page 2" in text(pilot))
            quoted = source.query_one("#quoted", Static)
            assert "30 September 2028" in str(quoted.render())
            assert "tokens/s" in text(pilot)
            # Tab goes to the citations, a number to that one, `o` to the viewer.
            await pilot.press("tab")
            citations = chat(pilot).query_one(CitationList)
            assert citations.has_focus
            await pilot.press("escape", "escape", "1")
            assert (citations.has_focus, citations.highlighted) == (True, 0)
            await pilot.press("o")
            await until(pilot, lambda: isinstance(app.screen, InputDialog))
            app.screen.query_one(Input).value = "viewer --page {page} {path}"
            await pilot.press("enter")
            await until(pilot, lambda: beside.shown)
            ((path, page, line),) = beside.shown
            assert (Path(path).name, page, line) == ("lease-agreement.pdf", 2, None)
            assert load(config).tui.viewer == "viewer --page {page} {path}"
            await pilot.press("o")
            await until(pilot, lambda: len(beside.shown) == 2)

    asyncio.run(drive())
    close(app)


def test_escape_stops_an_answer_and_the_next_question_is_answered(filled: Carrel) -> None:
    longer = (
        f"{ANSWER} The rent is 936 euros. The deposit is three months' rent. The tenant may end it early."
    )
    app = owned(filled.library, SlowEngine(longer))

    async def drive() -> None:
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: app.status)
            await ask(pilot, QUESTION)
            exchanges = chat(pilot).query_one(ConversationView).exchanges
            await until(pilot, lambda: len(exchanges[-1].written) > 5)
            await pilot.press("escape")
            await answered(pilot)
            answer = exchanges[-1].answer
            assert answer is not None
            assert "stopped" in text(pilot)
            assert len(answer.text) < len(longer)
            assert answer.sentences, "what was written by then is checked"
            await ask(pilot, QUESTION)
            await answered(pilot, 2)

    asyncio.run(drive())
    close(app)


def test_questions_after_the_first_belong_to_one_conversation(filled: Carrel) -> None:
    app = owned(filled.library, ScriptedEngine(ANSWER))

    async def drive() -> None:
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: app.status)
            await ask(pilot, QUESTION)
            await answered(pilot)
            await ask(pilot, "And the rent?")
            await answered(pilot, 2)
            first = chat(pilot).conversation
            await pilot.press("ctrl+n")
            conversation = chat(pilot).query_one(ConversationView)
            await until(pilot, lambda: not conversation.exchanges)
            await pilot.press("ctrl+r")
            await until(pilot, lambda: QUESTION in text(pilot))
            await pilot.press("tab", "enter")
            await until(pilot, lambda: len(conversation.exchanges) == 2)
            assert chat(pilot).conversation == first
            # What was asked is recalled, the last first.
            await pilot.press("up")
            question = chat(pilot).query_one(QuestionInput)
            await until(pilot, lambda: question.text == "And the rent?")
            await pilot.press("up")
            await until(pilot, lambda: question.text == QUESTION)

    asyncio.run(drive())
    close(app)


def test_what_forgetting_removes_is_said_and_then_done(filled: Carrel) -> None:
    app = owned(filled.library, ScriptedEngine(ANSWER))

    async def drive() -> None:
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: app.status)
            await pilot.press("f3")
            assert isinstance(app.screen, LibraryScreen)
            table = app.screen.query_one(Table)
            await until(pilot, lambda: table.counts == (13, 13))
            await pilot.press("slash", *"lisbon", "enter")
            await until(pilot, lambda: table.counts == (1, 13))
            await pilot.press("d")
            await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
            assert "1 document with" in text(pilot)
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, LibraryScreen))
            assert table.counts == (1, 13), "closing the question forgets nothing"
            await pilot.press("d")
            await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
            await pilot.press("tab", "enter")
            await until(pilot, lambda: table.counts == (0, 12))

    asyncio.run(drive())
    close(app)


def test_a_lost_owner_leaves_the_question_to_the_next_start(filled: Carrel) -> None:
    beside = Beside()

    async def drive(app: CarrelApp, kill: object) -> None:
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: app.status)
            await ask(pilot, QUESTION)
            await answered(pilot)
            assert callable(kill)
            kill()
            screen = chat(pilot)
            screen.query_one(QuestionInput).put("And what is the rent?")
            await pilot.press("enter")
            await until(pilot, lambda: app._exit)
            assert beside.kept == Handover(screen.conversation, "And what is the rent?")
        assert app.return_code == RESTART

    with owning(filled) as owner:
        connections = [made for _ in range(8) if (made := endpoint.connect(filled.library))]

        def attached() -> Assistant:
            return Client(connections)

        app = CarrelApp(
            attached,
            library=filled.library,
            config=Config(),
            config_file=None,
            seal=Seal(enforced=True, detail=""),
            outside=beside,
            kept=Handover(),
        )

        def kill() -> None:
            owner.kill()
            owner.wait()

        asyncio.run(drive(app, kill))
        close(app)


@pytest.mark.parametrize("idle_s", [7])
def test_connections_outlive_a_while_without_questions(filled: Carrel, idle_s: int) -> None:
    with owning(filled):
        connections = [made for _ in range(3) if (made := endpoint.connect(filled.library))]
        with Client(connections) as client:
            stream = client.ask(QUESTION)
            next(stream)
            client.status()
            list(stream)
            time.sleep(idle_s)
            stream = client.ask(QUESTION)
            next(stream)
            assert client.status().counts.chunks
            list(stream)
