"""The application: its modes, keys and commands.

A screen is a row in `MODES`. The chat is imported at once, because it is the first screen to be drawn; the
others are imported when they are first shown. `tui.base` has everything that does not depend on the screens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual.app import SystemCommand
from textual.screen import Screen

from tui import keys
from tui.base import BaseApp, StartValues
from tui.handover import Handover, OutsideProcess
from tui.screens.base import MainScreen
from tui.screens.chat import ChatScreen
from tui.themes import THEMES

if TYPE_CHECKING:
    from assistant.library.facade import Assistant, Status


def _lazy(module: str, name: str) -> Callable[[], Screen[Any]]:
    """Makes a screen whose module is imported at that moment, so that the first drawing need not wait."""
    return lambda: getattr(import_module(f"tui.screens.{module}"), name)()


class CarrelApp(BaseApp):
    """The terminal UI of one library."""

    TITLE = "carrel"
    CSS_PATH = "carrel.tcss"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "chat": ChatScreen,
        "library": _lazy("library", "LibraryScreen"),
        "models": _lazy("models", "ModelsScreen"),
        "privacy": _lazy("privacy", "PrivacyScreen"),
        "settings": _lazy("settings", "SettingsScreen"),
    }
    DEFAULT_MODE = "chat"
    BINDINGS = keys.bindings("app")

    def __init__(
        self, open_library: Callable[[], Assistant], start: StartValues, outside: OutsideProcess
    ) -> None:
        """Arguments are those of `BaseApp`. Raises `ConfigError` if the settings name an unknown key id."""
        super().__init__(open_library, start, outside)
        self._welcomed = False
        self.set_keymap(self._keys)

    def on_mount(self) -> None:
        """Applies the configured theme; `BaseApp.on_mount` opens the library."""
        for theme in THEMES.values():
            self.register_theme(theme)
        self._show_theme()

    def _show_theme(self) -> None:
        self.theme = THEMES[str(self.settings["tui.theme"])].name

    def watch_status(self, status: Status | None) -> None:
        """Offers to add a folder when the library turns out to have no sources."""
        if status is not None and not self._welcomed:
            self._welcomed = True
            if not status.sources:
                self.action_add()

    def open_failed(self, message: str) -> None:
        """Shows why the library could not be opened, where the conversation would be."""
        self._chat.greet(message)

    def current_state(self) -> Handover:
        """The conversation on the screen and the question that has no answer yet."""
        return Handover(self._chat.conversation, self._chat.unanswered)

    @property
    def _chat(self) -> ChatScreen:
        screens = (screen for screen in self._screen_stacks["chat"] if isinstance(screen, ChatScreen))
        return next(screens)

    @property
    def _is_adding(self) -> bool:
        """Whether the screen that adds a folder is on top."""
        return isinstance(self.screen, MainScreen) and self.screen.NAME == "welcome"

    # Actions of keys and commands

    async def action_go(self, mode: str) -> None:
        """Shows the screen of a mode. The screen that adds a folder makes way for the conversation."""
        self.switch_mode(mode)
        if mode == "chat" and self._is_adding:
            await self.run_action("screen.close")

    def action_help(self) -> None:
        """Shows the help with all keys."""
        from tui.screens.dialogs import HelpDialog

        self.push_screen(HelpDialog(self._keys))

    def action_new(self) -> None:
        """Starts a new conversation."""
        self.switch_mode("chat")
        self._chat.new()

    def action_history(self) -> None:
        """Lists earlier conversations, and opens the one that is chosen."""

        def on_chosen(conversation: str | None) -> None:
            if conversation:
                self._chat.show_conversation(conversation)

        self.switch_mode("chat")
        self.push_screen(_lazy("history", "HistoryScreen")(), on_chosen)

    def action_add(self) -> None:
        """Shows the screen that adds a folder."""
        if not self._is_adding:
            self.push_screen(_lazy("welcome", "WelcomeScreen")())

    async def action_quit(self) -> None:
        """Leaves at once."""
        self._chat.stop()
        self.exit()

    def action_help_quit(self) -> None:
        """Says how to quit, after Ctrl+C."""
        key = next(key for key in keys.KEYS if key.id == "app.quit")
        pressed = keys.shown(self.pressed_for(key)).partition(",")[0].title()
        self.show_message(f"Press {pressed} to quit. Esc stops an answer.")

    def action_next_theme(self) -> None:
        """Switches to the next theme and saves it in the configuration."""
        names = [str(name) for name in THEMES]
        following = names[(names.index(str(self.settings["tui.theme"])) + 1) % len(names)]
        self.change_settings({"tui.theme": following})

    def change_settings(
        self, values: dict[str, str | int], on_saved: Callable[[], object] = lambda: None
    ) -> None:
        """Shows another theme at once, even if it cannot be saved."""
        if "tui.theme" in values:
            self.settings["tui.theme"] = values["tui.theme"]
            self._show_theme()
        super().change_settings(values, on_saved)

    def action_toggle_option(self, option: Literal["strict", "every"]) -> None:
        """Turns an option of answering on or off for the questions to come."""
        asking = self._chat.asking
        if option == "strict":
            self._chat.asking = replace(asking, strict=not asking.strict)
        else:
            self._chat.asking = replace(asking, every=not asking.every)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The commands of the palette."""
        yield from self._key_commands()
        asking = self._chat.asking
        yield SystemCommand(
            f"Turn strict answers {'off' if asking.strict else 'on'}",
            "Leave out sentences that no passage supports.",
            lambda: self.action_toggle_option("strict"),
        )
        yield SystemCommand(
            f"Turn reading every document {'off' if asking.every else 'on'}",
            "Answer from all documents that match the filters, not only from the nearest passages.",
            lambda: self.action_toggle_option("every"),
        )

    def _key_commands(self) -> Iterator[SystemCommand]:
        for key in keys.KEYS:
            if key.place == "app" and key.action != "command_palette":

                async def run(action: str = key.action) -> None:
                    await self.run_action(f"app.{action}")

                yield SystemCommand(key.label, key.meaning, run)
