"""The document picker: a list over the chat that narrows as one types, to ask about some documents only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Input

from assistant.answers.filters import narrowest_name
from tui import keys
from tui.matching import matching
from tui.screens.base import carrel
from tui.widgets.field import Field
from tui.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from ingest.catalogue import DocumentEntry

MOST_SHOWN = 200
"""Documents in the list, the best ones; more letters find the others."""


class PickerField(Field):
    """Where the letters are typed; it also moves the cursor of the list."""

    BINDINGS = keys.bindings("picker")


class DocumentPicker(ModalScreen[tuple[str, str] | None]):
    """Returns the path of the chosen document and its value for `in:`; None if the person leaves the list."""

    DEFAULT_CSS = """
    DocumentPicker { align: center middle; background: $background 60%; }
    DocumentPicker > Vertical {
        width: 90%; max-width: 110; height: 80%; border: round $accent; background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("dialog")

    def __init__(self, asked_about: Collection[str]) -> None:
        """asked_about: paths of the documents that questions are about already."""
        super().__init__()
        self._asked_about = asked_about
        self._paths: Sequence[str] = ()
        """Of the documents that a question can find."""

    def compose(self) -> ComposeResult:
        """The letters above the list."""
        with Vertical():
            yield PickerField(placeholder="Type letters of a name or folder", id="filter")
            yield Table(
                Column("", 1),
                Column("document", 0),
                Column("folder", 0, keep_end=True),
                empty="Looking for documents …",
                keeps_cursor=True,
            )
            yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Lists the documents."""
        self.query_one(Table).can_focus = False
        self.query_one(Field).focus()
        carrel(self).calls.call(lambda library: library.entries(), self._show)

    def _show(self, entries: Sequence[DocumentEntry]) -> None:
        if self not in self.app.screen_stack:
            return  # closed before the list came
        self._paths = [entry.path for entry in entries if entry.state.value in ("indexed", "pending")]
        self._match(self.query_one(Field).value)

    def _match(self, typed: str) -> None:
        table = self.query_one(Table)
        found = matching(typed, self._paths)[:MOST_SHOWN]
        table.show([self._row(path) for path in found], empty="No document of the library has these letters.")
        table.cursor = 0

    def _row(self, path: str) -> Row:
        mark = "✓" if path in self._asked_about else ""
        folder, _, name = path.rpartition("/")
        return Row(path, (mark, name, folder), "bold" if mark else "")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrows the list."""
        self._match(event.value)

    def on_input_submitted(self) -> None:
        """Chooses the document under the cursor."""
        self.query_one(Table).action_choose()

    def action_move(self, by: int) -> None:
        """Moves the cursor of the list."""
        self.query_one(Table).action_move(by)

    def on_table_chosen(self, event: Table.Chosen) -> None:
        """Closes the list with a document."""
        self.dismiss((event.key, narrowest_name(event.key, self._paths)))

    def action_close(self) -> None:
        """Closes the list."""
        self.dismiss(None)
