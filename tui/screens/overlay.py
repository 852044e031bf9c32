"""Screens above other screens, and how they are closed."""

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen

Result = TypeVar("Result")
"""What a screen returns when it is closed."""


class Overlay(Screen[Result]):
    """A screen that is shown above another one until it is closed."""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Closes it, if it is on top.

        Textual closes whatever screen is on top: two keys that come faster than the screens react would close
        the one below too, and the last one ends the program.
        """
        return super().dismiss(result) if self.is_active else AwaitComplete()


class Dialog(Overlay[Result], ModalScreen[Result]):
    """A window above a screen, which stays visible around it."""
