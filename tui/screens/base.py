"""The frame that the main screens share: the status bar, the footer with the keys, and the application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Input

from tui import keys
from tui.base import BaseApp
from tui.widgets.field import FilterField
from tui.widgets.footer import WholeKeys
from tui.widgets.status_bar import StatusBar
from tui.widgets.table import Table

if TYPE_CHECKING:
    from assistant.library.facade import Status


def carrel(screen: Screen[Any]) -> BaseApp:
    """The application that a screen belongs to."""
    return cast("BaseApp", screen.app)


class MainScreen(Screen[None]):
    """A screen with the status bar at the top and the keys at the bottom."""

    NAME: str
    """The name of its mode in the application."""

    def compose(self) -> ComposeResult:
        """The status bar, the body and the footer."""
        yield StatusBar(self.NAME, sealed=self.carrel.start_values.seal.enforced)
        yield from self.compose_body()
        yield WholeKeys()

    def compose_body(self) -> ComposeResult:
        """The widgets between status bar and footer."""
        return ()

    @property
    def carrel(self) -> BaseApp:
        """The application."""
        return carrel(self)

    def on_mount(self) -> None:
        """Follows the library's status."""
        self.watch(self.app, "status", self._on_status)

    def _on_status(self, status: Status | None) -> None:
        self.query_one(StatusBar).show(status)
        if status is not None:
            self.show_status(status)

    def show_status(self, status: Status) -> None:
        """Updates the body from a new status of the library."""


class TableScreen(MainScreen):
    """A main screen with one table, and above it a `FilterField` that is hidden until it is asked for."""

    BINDINGS = keys.bindings("screen")

    def show_selected(self) -> None:
        """Updates what the screen says about the row under the cursor."""

    def on_mount(self) -> None:
        """Hides the filter."""
        self.query_one(FilterField).display = False

    def on_table_filter_requested(self) -> None:
        """Shows the filter."""
        self.query_one(FilterField).display = True
        self.query_one(FilterField).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filters the rows as the person types."""
        self.query_one(Table).filter(event.value)
        self.show_selected()

    def on_filter_field_left(self) -> None:
        """Shows all rows again."""
        self.query_one(FilterField).display = False
        self.query_one(Table).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Goes back to the rows; hides the filter if it is empty."""
        self.query_one(FilterField).display = bool(event.value)
        self.query_one(Table).focus()

    def on_table_cursor_moved(self) -> None:
        """Says what the row under the cursor is about."""
        self.show_selected()
