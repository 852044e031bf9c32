"""The frame that the main screens share: the status bar, the footer with the keys, and the application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer

from tui.base import BaseApp
from tui.widgets.status_bar import StatusBar

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
        yield Footer(show_command_palette=False)

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
