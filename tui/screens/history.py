"""Earlier conversations: search them, open one, or delete one."""

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from assistant.dialogue import Conversation
from assistant.formatting import date_and_time
from tui import keys
from tui.screens.base import carrel
from tui.screens.dialogs import ConfirmDialog
from tui.screens.overlay import Dialog
from tui.widgets.field import Field, PickerField
from tui.widgets.footer import WholeKeys
from tui.widgets.table import Column, Row, Table


class HistoryScreen(Dialog[str]):
    """A list over the chat. Returns the id of the chosen conversation, or an empty string."""

    DEFAULT_CSS = """
    HistoryScreen { align: center middle; background: $background 60%; }
    HistoryScreen > Vertical {
        width: 90%; max-width: 110; height: 80%; border: round $accent; background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("history"), *keys.bindings("dialog")]

    def compose(self) -> ComposeResult:
        """The filter above the list."""
        with Vertical():
            yield PickerField(placeholder="Filter by words of the first question", id="filter")
            yield Table(
                Column("first question", 0),
                Column("questions", 9, align_right=True),
                Column("last used", 16),
                empty="No conversations yet.",
            )
            yield WholeKeys()

    def on_mount(self) -> None:
        """Lists the conversations."""
        self._refresh()

    def _refresh(self) -> None:
        carrel(self).calls.call(lambda library: library.conversations(), self._show)

    def _show(self, conversations: Sequence[Conversation]) -> None:
        if self not in self.app.screen_stack:
            return  # closed before the list came
        self.query_one(Table).show(
            [
                Row(
                    conversation.id,
                    (conversation.title, f"{conversation.turns:,}", date_and_time(conversation.at)),
                )
                for conversation in conversations
            ]
        )

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filters the list."""
        self.query_one(Table).filter(event.value)

    def on_input_submitted(self) -> None:
        """Chooses the conversation under the cursor."""
        self.query_one(Table).action_choose()

    def action_move(self, by: int) -> None:
        """Moves the cursor of the list."""
        self.query_one(Table).action_move(by)

    def on_table_filter_requested(self) -> None:
        """Goes to the filter."""
        self.query_one(Field).focus()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        """Closes the list with a conversation."""
        self.dismiss(event.key)

    @work
    async def action_forget(self) -> None:
        """Deletes a conversation after a confirmation."""
        key = self.query_one(Table).key
        if key is None:
            return
        message = Content(
            "Delete this conversation? Its questions, its answers and the passages they quote will be"
            " deleted."
        )
        if await self.app.push_screen_wait(ConfirmDialog(message, "Delete")):
            carrel(self).calls.call(
                lambda library: library.forget_conversation(key), lambda _: self._refresh()
            )

    def action_close(self) -> None:
        """Closes the list."""
        self.dismiss("")
