"""Earlier conversations."""

import threading

from textual.pilot import Pilot

from assistant.dialogue import Conversation
from assistant.formatting import date_and_time
from tests.still import StillLibrary
from tests.tui.piloting import chat, drive, text, until, until_shown
from tests.tui.still import app
from tui.screens.dialogs import ConfirmDialog
from tui.screens.history import HistoryScreen
from tui.widgets.conversation import ConversationView
from tui.widgets.table import Table


async def listed(pilot: Pilot[None]) -> Table:
    """Opens the list; its table, once it is filled."""
    await pilot.press("ctrl+r")
    await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
    table = pilot.app.screen.query_one(Table)
    await until(pilot, lambda: table.counts == (2, 2))
    return table


def test_a_conversation_is_searched_and_opened() -> None:
    async def script(pilot: Pilot[None]) -> None:
        table = await listed(pilot)
        await pilot.press(*"club")
        await until(pilot, lambda: table.counts == (1, 2))
        await pilot.press("enter")
        conversation = chat(pilot).query_one(ConversationView)
        await until(pilot, lambda: conversation.exchanges)
        assert chat(pilot).conversation == "c1"

    drive(app(StillLibrary()), script)


def test_a_conversation_is_deleted_after_a_confirmation() -> None:
    library = StillLibrary()
    ui = app(library)

    async def script(pilot: Pilot[None]) -> None:
        table = await listed(pilot)
        await pilot.press("tab", "d")
        await until(pilot, lambda: isinstance(ui.screen, ConfirmDialog))
        await until_shown(pilot, "Delete this conversation?")
        await pilot.press("escape")
        assert len(library.titles) == 2
        await pilot.press("d")
        await until(pilot, lambda: isinstance(ui.screen, ConfirmDialog))
        await pilot.press("right", "enter")
        await until(pilot, lambda: table.counts == (1, 1))
        await pilot.press("escape")
        assert chat(pilot)

    drive(ui, script)


def test_a_long_list_shows_its_last_column_whole_beside_the_scrollbar() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+r")
        await until_shown(pilot, "Question 0?")
        assert f"{date_and_time(1e9)} " in text(pilot)

    drive(app(StillLibrary(titles=[f"Question {n}?" for n in range(60)])), script, (80, 24))


def test_a_list_that_comes_after_it_was_closed_does_no_harm() -> None:
    come = threading.Event()

    class SlowLibrary(StillLibrary):
        def conversations(self) -> list[Conversation]:
            come.wait(30)
            return super().conversations()

    ui = app(SlowLibrary())

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(ui.screen, HistoryScreen))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(ui.screen, HistoryScreen))
        come.set()
        await listed(pilot)

    drive(ui, script)
