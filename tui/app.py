"""The application: one façade, the screens over it, and what all of them share.

A screen is a row in `MODES`. The app owns the desk, through which every call of the façade runs, the last
status of the library, which it asks for twice a second, and the way out of everything that goes wrong: an
error becomes a message, the loss of the owner a new start, and an error of Carrel's own the end, with nothing
of a document on the screen.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import events, work
from textual.app import App, SystemCommand
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen

from assistant.config import ColourTheme, Config, change
from assistant.dialogue import Asking
from assistant.engine import Stats
from ingest.documents import is_within
from policies import network
from policies.errors import CarrelError
from policies.hygiene import visible
from tui import keys, shown
from tui.desk import Desk
from tui.handover import RESTART, Handover, OutsideProcess, ViewerFailed
from tui.screens.chat import ChatScreen
from tui.screens.page import Page
from tui.themes import THEMES

if TYPE_CHECKING:
    from assistant.library.facade import Assistant, Status
    from tui.pictures import Shower

log = logging.getLogger(__name__)

PULSE_S = 0.5
"""Seconds between two looks at the library's status."""

VIEWERS = {"darwin": "open {path}"}
"""What is proposed to open a document with; elsewhere `xdg-open {path}`."""


def _later(module: str, name: str) -> Callable[[], Screen[Any]]:
    """A screen that is imported when it is first shown: the first picture does not wait for it."""
    return lambda: getattr(import_module(f"tui.screens.{module}"), name)()


class CarrelApp(App[None]):
    """The terminal UI of one library."""

    TITLE = "carrel"
    CSS_PATH = "carrel.tcss"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "chat": ChatScreen,
        "library": _later("library", "LibraryScreen"),
        "models": _later("models", "ModelsScreen"),
        "privacy": _later("privacy", "PrivacyScreen"),
    }
    DEFAULT_MODE = "chat"
    BINDINGS = keys.bindings("app")

    status: reactive[Status | None] = reactive(None)
    """The library as it was last; None until it is open."""

    def __init__(
        self,
        open_library: Callable[[], Assistant],
        *,
        library: Path,
        config: Config,
        config_file: Path | None,
        seal: network.Seal,
        outside: OutsideProcess,
        kept: Handover,
        pictures: Shower | None = None,
    ) -> None:
        """
        open_library: called on a thread when the first picture is there.
        library, config_file: as in `tui.starting.start`.
        kept: what was left by the one before.
        pictures: shows pages as they look; None in a terminal that cannot.
        Raises `ConfigError` for keys that do not exist.
        """
        self._keys = keys.checked(config.tui.keys)
        # Textual alone would turn colours into greys.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self._open_library = open_library
        self.library = library
        self.config = config
        self.config_file = config_file
        self.seal = seal
        self.sealed = seal.enforced
        self.outside = outside
        self.kept = kept
        self.pictures = pictures
        self.speeds: dict[str, Stats] = {}
        """Of each model, what its last answer cost."""
        self.desk = Desk(self.call_later, self.fail)
        self._viewer = config.tui.viewer
        self._asked_status = False
        self._welcomed = False
        self.set_keymap(self._keys)

    def on_mount(self) -> None:
        for theme in THEMES.values():
            self.register_theme(theme)
        self._wear(self.config.tui.theme)
        self.call_after_refresh(self.desk.open, self._open_library, self._opened, self._not_opened)

    def _opened(self) -> None:
        self._ask_status()
        self.set_interval(PULSE_S, self._ask_status)

    def _not_opened(self, error: Exception) -> None:
        if not self.lost(error):
            self._chat.greet(self.words(error))

    def _ask_status(self) -> None:
        if self._asked_status:
            return
        self._asked_status = True

        def told(status: Status) -> None:
            self._asked_status = False
            self.status = status
            if not status.sources and not self._welcomed:
                self.action_add()
            self._welcomed = True

        def failed(error: Exception) -> None:
            self._asked_status = False
            self.fail(error)

        self.desk.call(lambda library: library.status(), told, failed)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Paste):
            # What is pasted is foreign, whichever field it goes to.
            event.text = visible(event.text.replace("\r\n", "\n").replace("\r", "\n"))
        await super().on_event(event)

    # What goes wrong

    def words(self, error: Exception) -> str:
        """An error as a person is told of it."""
        if isinstance(error, CarrelError):
            return visible(f"{error.message} {error.remedy}".strip())
        return f"An unexpected error of Carrel's own: {type(error).__name__}. Its log says where."

    def fail(self, error: Exception) -> None:
        """Tells the person; starts anew when the owner has gone."""
        if not self.lost(error):
            self.say(self.words(error), severity="error")

    def say(self, words: str, *, severity: Literal["information", "error"] = "information") -> None:
        """A message that goes away by itself."""
        seconds = 12 if severity == "error" else 5
        self.notify(visible(words), severity=severity, timeout=seconds, markup=False)

    def lost(self, error: Exception) -> bool:
        """Whether the owner has gone; then this process ends, and another takes its place."""
        from assistant.errors import OwnerGone

        if not isinstance(error, OwnerGone):
            return False
        if not self._exit:
            chat = self._chat
            self.outside.save(Handover(chat.conversation, chat.unanswered))
            self.exit(return_code=RESTART)
        return True

    def _handle_exception(self, error: Exception) -> None:
        # Textual would print the traceback with the values of variables, which may be a document's text.
        log.critical("the UI failed", exc_info=error)
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        message = f"carrel: {self.words(error)}"
        if not self._exit_renderables:
            self.panic(Content(message).plain)
        else:
            self._close_messages_no_wait()

    def panic(self, *renderables: object) -> None:
        """Ends with a message."""
        from rich.text import Text

        self._exit_renderables.extend(Text(visible(str(each))) for each in renderables)
        self._close_messages_no_wait()

    # What screens ask for

    @property
    def _chat(self) -> ChatScreen:
        chat = next(
            (screen for screen in self._screen_stacks["chat"] if isinstance(screen, ChatScreen)), None
        )
        assert chat is not None
        return chat

    def measured(self, stats: Stats) -> None:
        """Remembers how fast a model was."""
        self.speeds[stats.model] = stats

    @work
    async def view(self, path: str, page: int | None, line: int | None) -> None:
        """Opens a document in the person's viewer; asks for its command the first time."""
        status = self.status
        if status is None or not any(is_within(path, source.path) for source in status.sources):
            self.say("It lies in no source of the library.", severity="error")
            return
        if not self._viewer:
            proposed = VIEWERS.get(sys.platform, "xdg-open {path}")
            said = Content(
                "The command that opens a document, with {path}, {page} and {line} where they belong. It "
                "runs outside the seal, and is kept in the configuration.\n"
            )
            from tui.screens.dialogs import InputDialog

            chosen = await self.push_screen_wait(InputDialog(said, proposed))
            if not chosen:
                return
            if not await self._configured({"tui.viewer": chosen}):
                return
            self._viewer = chosen

        def show(_: Assistant) -> None:
            self.outside.open_in_viewer(path, page, line)

        def failed(error: Exception) -> None:
            if isinstance(error, ViewerFailed):
                self._viewer = ""
            self.fail(error)

        self.desk.call(show, lambda _: self.say(f"Opening {shown.name(path)}"), failed)

    async def _configured(self, values: dict[str, str | int]) -> bool:
        """Writes to the configuration file; tells of what prevents it."""
        try:
            await asyncio.to_thread(change, self.config_file, values)
        except CarrelError as error:
            self.fail(error)
            return False
        return True

    def show_conversation(self, conversation: str) -> None:
        """Goes to a conversation that was kept."""
        self.switch_mode("chat")
        self._chat.open(conversation)

    # Keys and commands

    def action_go(self, mode: str) -> None:
        self.switch_mode(mode)

    def action_help(self) -> None:
        from tui.screens.dialogs import HelpDialog

        self.push_screen(HelpDialog(self._keys))

    def action_new(self) -> None:
        self.switch_mode("chat")
        self._chat.new()

    def action_history(self) -> None:
        self.switch_mode("chat")
        self.push_screen(_later("history", "HistoryScreen")())

    def action_add(self) -> None:
        if not (isinstance(self.screen, Page) and self.screen.NAME == "welcome"):
            self.push_screen(_later("welcome", "WelcomeScreen")())

    async def action_quit(self) -> None:
        self._chat.stop()
        self.exit()

    async def action_next_theme(self) -> None:
        looks = list(ColourTheme)
        look = looks[(looks.index(self.config.tui.theme) + 1) % len(looks)]
        tui = self.config.tui.model_copy(update={"theme": look})
        self.config = self.config.model_copy(update={"tui": tui})
        self._wear(look)
        await self._configured({"tui.theme": look.value})

    def _wear(self, look: ColourTheme) -> None:
        self.theme = THEMES[look].name

    def action_like(self, which: str) -> None:
        """Turns one of the ways of answering on or off."""
        asking = self._chat.asking
        strict, every = asking.strict != (which == "strict"), asking.every != (which == "every")
        self._chat.ask_like(Asking(asking.mode, strict=strict, every=every))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        yield from _commands(self)


def _commands(app: CarrelApp) -> Iterator[SystemCommand]:
    """What the palette offers."""
    for key in keys.KEYS:
        if key.place == "app" and key.action != "command_palette":

            async def run(action: str = key.action) -> None:
                await app.run_action(f"app.{action}")

            yield SystemCommand(key.label, key.meaning, run)
    chat = app._chat
    strict = "off" if chat.asking.strict else "on"
    yield SystemCommand(
        f"Strict answers: {strict}",
        "Leave out sentences that are not backed.",
        lambda: app.action_like("strict"),
    )
    every = "off" if chat.asking.every else "on"
    yield SystemCommand(
        f"Read every document: {every}",
        "Answer from all documents that the filters leave, not the nearest passages alone.",
        lambda: app.action_like("every"),
    )
