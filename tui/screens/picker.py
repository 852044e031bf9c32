"""The document picker: a list over the chat that narrows as one types, to ask about some documents only.

Collections come first in it. A chosen one is named `collection:NAME`, documents are named by their paths.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input

from assistant.answers.filters import COLLECTION, narrowest_name
from tui import keys
from tui.matching import findable, matching
from tui.screens.base import carrel
from tui.screens.overlay import Dialog
from tui.widgets.field import Field, PickerField
from tui.widgets.footer import WholeKeys
from tui.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from ingest.catalogue import DocumentEntry
    from ingest.selection import Collection

MOST_SHOWN = 200
"""Documents in the list, the best ones; more letters find the others."""


class DocumentPicker(Dialog[tuple[str, str] | None]):
    """Returns what was chosen, and its value for `in:` or `collection:`; None if nothing was chosen."""

    DEFAULT_CSS = """
    DocumentPicker { align: center middle; background: $background 60%; }
    DocumentPicker > Vertical {
        width: 90%; max-width: 110; height: 80%; border: round $accent; background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("dialog")

    def __init__(self, asked_about: Container[str]) -> None:
        """asked_about: the documents and collections that questions are about already."""
        super().__init__()
        self._asked_about = asked_about
        self._names: dict[str, tuple[str, ...]] = {}
        """The other names of the documents that a question can find, by path."""
        self._collections: dict[str, str] = {}
        """The collections by what they are called in the list, with their contexts."""

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
            yield WholeKeys()

    def on_mount(self) -> None:
        """Lists the documents."""
        self.query_one(Table).can_focus = False
        self.query_one(Field).focus()
        carrel(self).calls.call(lambda library: (library.entries(), library.collections()), self._show)

    def _show(self, found: tuple[Sequence[DocumentEntry], Sequence[Collection]]) -> None:
        if self not in self.app.screen_stack:
            return  # closed before the list came
        entries, collections = found
        self._collections = {f"{COLLECTION}{each.name}": each.context for each in collections}
        self._names = findable(entries)
        self._match(self.query_one(Field).value)

    def _match(self, typed: str) -> None:
        table = self.query_one(Table)
        words = typed.casefold().split()
        named = [name for name in self._collections if all(word in name for word in words)]
        found = [*named, *matching(typed, self._names)][:MOST_SHOWN]
        table.show([self._row(name) for name in found], empty="No document or collection has these letters.")
        table.cursor = 0

    def _row(self, key: str) -> Row:
        mark = "✓" if key in self._asked_about else ""
        folder, _, name = key.rpartition("/")
        folder = self._collections.get(key, folder)
        name = ", ".join([name, *self._names.get(key, ())])
        return Row(key, (mark, name, folder), "bold" if mark else "")

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
        """Closes the list with a document or a collection."""
        if event.key in self._collections:
            self.dismiss((event.key, event.key.removeprefix(COLLECTION)))
        else:
            self.dismiss((event.key, narrowest_name(event.key, list(self._names))))

    def action_close(self) -> None:
        """Closes the list."""
        self.dismiss(None)
