"""What the four screens have in common: the bar, the keys, and the application behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer

from tui.widgets.bar import StatusBar

if TYPE_CHECKING:
    from assistant.library.facade import Status
    from tui.app import CarrelApp


def carrel(screen: Screen[Any]) -> CarrelApp:
    """The application a screen is part of."""
    return cast("CarrelApp", screen.app)


class Page(Screen[None]):
    """A screen with the bar above and the keys below."""

    NAME: str
    """Its name in the app."""

    def compose(self) -> ComposeResult:
        yield StatusBar(self.NAME)
        yield from self.body()
        yield Footer(show_command_palette=False)

    def body(self) -> ComposeResult:
        """What stands between them."""
        return ()

    @property
    def carrel(self) -> CarrelApp:
        return carrel(self)

    def on_mount(self) -> None:
        self.watch(self.app, "status", self._told)

    def _told(self, status: Status | None) -> None:
        self.query_one(StatusBar).show(status, sealed=self.carrel.sealed)
        if status is not None:
            self.told(status)

    def told(self, status: Status) -> None:
        """The library is as `status` says."""
