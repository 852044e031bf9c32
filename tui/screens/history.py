"""Earlier conversations: found by their words, opened, or forgotten."""

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Input

from assistant.dialogue import Conversation
from tui import keys, shown
from tui.screens.dialogs import ConfirmDialog
from tui.screens.page import carrel
from tui.widgets.field import Field
from tui.widgets.table import Column, Row, Table


class HistoryScreen(ModalScreen[None]):
    """A list over the conversation."""

    DEFAULT_CSS = """
    HistoryScreen { align: center middle; background: $background 60%; }
    HistoryScreen > Vertical {
        width: 90%; max-width: 110; height: 80%; border: round $accent; background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("history"), *keys.bindings("dialog")]

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Field(placeholder="words of a question", id="filter")
            yield Table(
                Column("first question", 0),
                Column("questions", 9, right=True),
                Column("last", 16),
                empty="No conversations yet.",
            )
            yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._look()

    def _look(self) -> None:
        carrel(self).desk.call(lambda library: library.conversations(), self._show)

    def _show(self, conversations: Sequence[Conversation]) -> None:
        self.query_one(Table).show(
            [Row(each.id, (each.title, str(each.turns), shown.day(each.at))) for each in conversations]
        )

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one(Table).filter(event.value)

    def on_input_submitted(self) -> None:
        self.query_one(Table).focus()

    def on_table_filtering(self) -> None:
        self.query_one(Field).focus()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        self.dismiss()
        carrel(self).show_conversation(event.key)

    @work
    async def action_forget(self) -> None:
        key = self.query_one(Table).key
        if key is None:
            return
        said = Content("Forget this conversation: its questions, and the answers with what they quote?")
        if await self.app.push_screen_wait(ConfirmDialog(said, "Forget")):
            carrel(self).desk.call(lambda library: library.forget_conversation(key), lambda _: self._look())

    def action_close(self) -> None:
        self.dismiss()
