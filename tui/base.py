"""The services that every screen uses: façade calls, the library's status, messages, settings, the viewer.

Screens import this module; `tui.app` adds the screens and keys to it. The status is polled twice a second.
Errors end in one of three ways: most become a message; if the owner of the library is gone, this UI ends and
is started again with the state it hands over; and an internal error ends Carrel without printing any text of
a document.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from textual import events, work
from textual.app import App
from textual.content import Content
from textual.css.query import NoMatches
from textual.reactive import reactive
from textual.worker import WorkerFailed

from assistant.errors import OwnerGone
from assistant.formatting import file_name
from ingest.documents import is_within
from policies.errors import CarrelError
from policies.hygiene import visible
from policies.outside import VIEWERS
from tui import keys
from tui.calls import LibraryCalls
from tui.handover import RESTART, Handover, OutsideProcess
from tui.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from assistant.config import TuiSettings
    from assistant.engine import Stats
    from assistant.library.facade import Assistant, Status
    from policies.network import Seal
    from policies.proof import Attempt
    from tui.pictures import MakePicture

log = logging.getLogger(__name__)

STATUS_INTERVAL_S = 0.5
"""Seconds between two polls of the library's status."""

KEYS = "tui.keys."
"""How the setting of a key begins; the key's id follows."""


@dataclass(frozen=True, slots=True)
class StartValues:
    """Facts about this process and the person, read at the start because the UI itself reads nothing."""

    settings: TuiSettings
    """The `tui` section of the configuration."""
    home: Path
    """The person's home folder."""
    folder: Path
    """The folder that the program was started in, where choosing a folder begins."""
    seal: Seal
    """The seal of this process."""
    prove_seal: Callable[[], Sequence[Attempt]]
    """Tries to reach the network from this process and reports each attempt (`policies.proof.prove`)."""
    colour: bool = True
    """False if the person wants no colour (`NO_COLOR`)."""
    pictures: MakePicture | None = None
    """Makes widgets that show pictures; None in a terminal that cannot."""
    handover: Handover = field(default_factory=Handover)
    """The state that the UI process before this one left."""
    budgets: Mapping[str, int] = field(default_factory=dict)
    """The settings that limit an answer, such as `answers.passages`, by their keys in the configuration."""


class BaseApp(App[None]):
    """The terminal UI of one library, without its screens."""

    status: reactive[Status | None] = reactive(None)
    """The library's status at the last poll; None until the library is open."""

    def __init__(
        self, open_library: Callable[[], Assistant], start: StartValues, outside: OutsideProcess
    ) -> None:
        """
        open_library: called on a background thread once the first screen is drawn.
        outside: the process outside the seal.

        Raises `ConfigError` if the settings name an unknown key id.
        """
        # Without ansi_color, Textual would turn colours into shades of grey instead of leaving them out.
        super().__init__(ansi_color=None if start.colour else True)
        self.start_values = start
        self.outside = outside
        self.calls = LibraryCalls(self.call_later, self.show_error)
        self.last_stats: dict[str, Stats] = {}
        """The cost of the last answer of each model, by the model's name."""
        self._open_library = open_library
        self._keys = keys.validated(start.settings.keys)
        self.settings: dict[str, str | int] = {
            "tui.theme": str(start.settings.theme),
            "tui.viewer": start.settings.viewer,
            "tui.plain": start.settings.plain,
            **start.budgets,
        }
        """The values of the settings that this UI may change, except keys."""
        self._status_requested = False
        self._pace = Pace()

    def on_mount(self) -> None:
        """Opens the library as soon as the first screen is drawn."""
        self.call_after_refresh(self.calls.open, self._open_library, self._opened, self._open_failed)

    def _opened(self) -> None:
        self._poll_status()
        self.set_interval(STATUS_INTERVAL_S, self._poll_status)

    def _open_failed(self, error: Exception) -> None:
        if not self.owner_lost(error):
            self.open_failed(self.error_text(error))

    def _poll_status(self) -> None:
        if self._status_requested:
            return
        self._status_requested = True

        def on_result(status: Status) -> None:
            self._status_requested = False
            self.status = self._pace.with_time_left(status, time.monotonic())

        def on_error(error: Exception) -> None:
            self._status_requested = False
            self.show_error(error)

        self.calls.call(lambda library: library.status(), on_result, on_error)

    async def on_event(self, event: events.Event) -> None:
        """Makes pasted text safe before any field gets it."""
        if isinstance(event, events.Paste):
            event.text = visible(event.text.replace("\r\n", "\n").replace("\r", "\n"))
        await super().on_event(event)

    # For the application to fill in

    def open_failed(self, message: str) -> None:
        """Shows why the library could not be opened."""
        raise NotImplementedError

    def current_state(self) -> Handover:
        """The state that a new UI process should start from if this one ended now."""
        raise NotImplementedError

    # Errors and messages

    def error_text(self, error: Exception) -> str:
        """The message of an error and its remedy; for an internal error, only its type."""
        if isinstance(error, CarrelError):
            return visible(f"{error.message} {error.remedy}".strip())
        return f"Carrel had an internal error ({type(error).__name__}). The log says where."

    def show_error(self, error: Exception) -> None:
        """Shows an error as a notification, or ends this UI if the owner is gone."""
        if not self.owner_lost(error):
            self.show_message(self.error_text(error), severity="error")

    def show_message(
        self, message: str, *, severity: Literal["information", "error"] = "information"
    ) -> None:
        """Shows a notification for 5 s, or 12 s for an error."""
        timeout_s = 12 if severity == "error" else 5
        self.notify(visible(message), severity=severity, timeout=timeout_s, markup=False)

    def owner_lost(self, error: Exception) -> bool:
        """Whether the error says that the owner is gone. If so, this UI ends and asks for a new start."""
        if not isinstance(error, OwnerGone):
            return False
        if not self._exit:
            self.outside.save(self.current_state())
            self.exit(return_code=RESTART)
        return True

    def _handle_exception(self, error: Exception) -> None:
        if isinstance(error, WorkerFailed) and isinstance(error.error, NoMatches):
            # Textual's command palette, closed before it had gathered its commands, looks for its list.
            log.warning("a screen was closed while it was being filled", exc_info=error)
            return
        # Textual would print a traceback with the values of variables, which may hold text of documents.
        log.critical("the UI failed", exc_info=error)
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        message = f"carrel: {self.error_text(error)}"
        if not self._exit_renderables:
            self.panic(Content(message).plain)
        else:
            self._close_messages_no_wait()

    def panic(self, *renderables: object) -> None:
        """Ends the UI with a message on the terminal."""
        from rich.text import Text

        self._exit_renderables.extend(Text(visible(str(renderable))) for renderable in renderables)
        self._close_messages_no_wait()

    # Services

    def remember_stats(self, stats: Stats) -> None:
        """Stores the cost of an answer as the latest of its model."""
        if stats.decode_tps > 0:  # Not of an answer that was stopped before its first word.
            self.last_stats[stats.model] = stats

    def change_settings(
        self, values: dict[str, str | int], on_saved: Callable[[], object] = lambda: None
    ) -> None:
        """Writes keys such as `tui.theme` to the configuration file, takes them up, then calls `on_saved`.

        An error is shown as a message.
        """

        def on_result(_: None) -> None:
            self.settings |= values
            rebound = {key: str(value) for key, value in values.items() if key.startswith(KEYS)}
            if rebound:
                self._keys |= {key.removeprefix(KEYS): value for key, value in rebound.items()}
                self.set_keymap(self._keys)
            on_saved()

        self.calls.call(lambda _: self.outside.change_settings(values), on_result, self.show_error)

    def pressed_for(self, key: keys.Key) -> str:
        """Textual's names of the keys that a key has now, separated by commas."""
        return self._keys.get(key.id, key.keys)

    def meaning_of(self, pressed: str, *, but: keys.Key) -> str:
        """What a key means already where another key works; empty if nothing."""
        for key in keys.KEYS:
            same_place = key.place == but.place or "app" in (key.place, but.place)
            if key is not but and same_place and pressed in self.pressed_for(key).split(","):
                return key.meaning
        return ""

    def export(self, conversation: str) -> None:
        """Writes a saved conversation to a file, and says where it is."""
        self.show_message("Writing the conversation to a file …")
        self.calls.call(
            lambda _: self.outside.export(conversation),
            lambda file: self.show_message(f"Written to {file}"),
            self.show_error,
        )

    @work
    async def view(self, path: str, page: int | None, line: int | None) -> None:
        """Opens a document in the person's viewer; asks the first time whether to use the desktop's."""
        status = self.status
        if status is None or not any(is_within(path, source.path) for source in status.sources):
            self.show_message("This file is not in any source of the library.", severity="error")
            return
        if self.settings["tui.viewer"]:
            self._open_in_viewer(path, page, line)
            return
        from tui.screens.dialogs import ConfirmDialog

        viewer = VIEWERS[0]
        question = Content(
            f"Open documents with `{viewer.partition(' ')[0]}`? It runs outside the seal. Carrel saves the"
            " choice in the configuration file.\nTo open them with another program, press Esc, and F9 for"
            " the settings."
        )
        if await self.push_screen_wait(ConfirmDialog(question, "Open")):
            self.change_settings({"tui.viewer": viewer}, lambda: self._open_in_viewer(path, page, line))

    def _open_in_viewer(self, path: str, page: int | None, line: int | None) -> None:
        self.calls.call(
            lambda _: self.outside.open_in_viewer(path, page, line),
            lambda _: self.show_message(f"Opening {file_name(path)} …"),
            self.show_error,
        )
