"""Settings: what a person changes most, each with its value now; Enter changes it in the configuration file.

The UI may set only what `policies.outside` lists. So a program that opens documents is chosen from a list,
and tried on a document before it is kept; a person writes a command of their own to the configuration file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from assistant.formatting import file_name
from policies.outside import SETTINGS as CHOICES
from policies.outside import VIEWERS
from tui import keys, safe
from tui.base import KEYS
from tui.screens.base import TableScreen
from tui.screens.dialogs import ConfirmDialog
from tui.screens.overlay import Dialog
from tui.widgets.field import FilterField
from tui.widgets.footer import WholeKeys
from tui.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from assistant.models.finding import VerifiedModel
    from ingest.catalogue import DocumentEntry

LATER = "Takes effect at the next start of Carrel, and of `carrel watch` if it is running."
"""When the owner of the library, which reads the configuration once, takes up a new value."""


VIEWER, MODEL = "tui.viewer", "models.target"


@dataclass(frozen=True, slots=True)
class Setting:
    """A row of the screen."""

    key: str
    """Its key in the configuration, such as `answers.passages`."""
    label: str
    """What it is, in a few words."""
    about: str
    """A sentence or two, shown while the cursor is on it."""
    unit: str = ""
    """What a number counts."""


ROWS = (
    Setting("tui.theme", "Colours", "Dark, light or high contrast."),
    Setting(
        "tui.viewer",
        "Program that opens documents",
        "Choose one from a list. It is tried on a document before it is kept.",
    ),
    Setting(
        "tui.plain",
        "Plain lines for a screen reader",
        "No screens or frames, from the next start on. `carrel --plain-ui` does this once.",
    ),
    Setting("models.target", "Language model", "Opens the models screen, where you can choose another."),
    Setting(
        "answers.passages",
        "Passages looked up",
        f"With more, Carrel also finds less obvious answers, but takes longer. {LATER}",
    ),
    Setting(
        "answers.prompt_tokens",
        "Text read for an answer",
        f"The passages that fit are read. A token is about four letters. {LATER}",
        "tokens at most",
    ),
    Setting(
        "answers.answer_tokens",
        "Length of an answer",
        f"Longer answers are cut off. {LATER}",
        "tokens at most",
    ),
)
"""In the order of the screen. The keys follow them."""


class SettingsScreen(TableScreen):
    """The settings, and below them the keys."""

    NAME = "settings"
    BINDINGS = keys.bindings("settings")
    AUTO_FOCUS = "#settings"

    def __init__(self) -> None:
        super().__init__()
        self._model = ""
        """The name of the model that answers."""

    def compose_body(self) -> ComposeResult:
        """One table, and what the row under the cursor is about."""
        yield FilterField("Filter by words of a setting or key")
        yield Table(Column("setting", 0), Column("now", 28), empty="", id="settings")
        yield Static(id="about")

    def on_screen_resume(self) -> None:
        """Shows the values that settings have now; asks which model is in use."""
        self._refresh()
        self.carrel.calls.call(lambda library: library.models(), self._show_model)

    def _show_model(self, models: Mapping[str, VerifiedModel]) -> None:
        self._model = models["target"].name
        self._refresh()

    def _refresh(self) -> None:
        rows = [Row(setting.key, (setting.label, self._value(setting))) for setting in ROWS]
        rows += [
            Row(f"{KEYS}{key.id}", (f"Key: {key.meaning}", keys.shown(self.carrel.pressed_for(key))))
            for key in keys.KEYS
        ]
        self.query_one(Table).show(rows)
        self.show_selected()

    def _value(self, setting: Setting) -> str:
        value = self._model if setting.key == MODEL else self.carrel.settings.get(setting.key, "")
        if isinstance(value, bool):
            return "yes" if value else "no"
        return f"{value:,} {setting.unit}".strip() if isinstance(value, int) else value or "not chosen yet"

    # What the row under the cursor is about

    def show_selected(self) -> None:
        """Says what the row under the cursor is about."""
        key = self.query_one(Table).key or ""
        about = next((setting.about for setting in ROWS if setting.key == key), "")
        if key.startswith(KEYS):
            about = f"Press Enter, then the new key. In the configuration file: {key.removeprefix('tui.')}."
        self.query_one("#about", Static).update(safe.line(about, "$text-muted"))

    # Changing

    def on_table_chosen(self, event: Table.Chosen) -> None:
        """Changes the setting, or goes to where it is changed."""
        if event.key == MODEL:
            self.app.switch_mode("models")
        elif event.key == VIEWER:
            self._choose_viewer()
        elif event.key.startswith(KEYS):
            self._choose_key(next(key for key in keys.KEYS if f"{KEYS}{key.id}" == event.key))
        else:
            self.action_step(1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leaves the arrow keys to the filter while it has the focus."""
        return action != "step" or isinstance(self.focused, Table)

    def action_step(self, by: int) -> None:
        """Gives the setting the next of its values (1) or the one before (-1)."""
        key = self.query_one(Table).key
        if key is not None and key in CHOICES and key != VIEWER:
            self._set(key, neighbour(self.carrel.settings[key], CHOICES[key], by))

    def _set(self, key: str, value: str | int) -> None:
        self.carrel.change_settings({key: value}, self._refresh)

    @work
    async def _choose_viewer(self) -> None:
        command = await self.app.push_screen_wait(ViewerDialog(str(self.carrel.settings[VIEWER])))
        if not command:
            return

        def on_entries(entries: Sequence[DocumentEntry]) -> None:
            paths = [entry.path for entry in entries if entry.state.value in ("indexed", "pending")]
            if paths:
                # A PDF, if there is one: the command's page shows then.
                self._try_viewer(command, next((path for path in paths if path.endswith(".pdf")), paths[0]))
            else:
                self.carrel.show_message("Add a document first: the program is tried on one of yours.")

        self.carrel.calls.call(lambda library: library.entries(), on_entries)

    def _try_viewer(self, command: str, path: str) -> None:
        self.carrel.show_message(f"Trying `{command}` on {file_name(path)} …")
        self.carrel.calls.call(
            lambda _: self.carrel.outside.try_viewer(command, path),
            lambda _: self._keep_viewer(command, path),
            self.carrel.show_error,
        )

    @work
    async def _keep_viewer(self, command: str, path: str) -> None:
        before = self.carrel.settings[VIEWER]
        instead = f" It takes the place of `{before}`." if before and before != command else ""
        message = f"`{command}` was started with {file_name(path)}. Did it show the document?{instead}"
        if await self.app.push_screen_wait(ConfirmDialog(safe.text(message), "Yes, keep it")):
            self._set(VIEWER, command)

    @work
    async def _choose_key(self, key: keys.Key) -> None:
        pressed = await self.app.push_screen_wait(KeyDialog(key))
        if not pressed:
            return
        taken = self.carrel.meaning_of(pressed, but=key)
        if taken:
            self.carrel.show_message(f"{keys.shown(pressed)} is already used: {taken}", severity="error")
        else:
            self._set(f"{KEYS}{key.id}", pressed)


class ViewerDialog(Dialog[str]):
    """The programs that can be chosen. Returns the command of one; empty if the person leaves."""

    DEFAULT_CSS = """
    ViewerDialog { align: center middle; background: $background 60%; }
    ViewerDialog > Vertical {
        width: 90%; max-width: 80; height: 18; border: round $accent; background: $surface;
    }
    ViewerDialog Static { height: auto; padding: 0 2; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("dialog")

    def __init__(self, current: str) -> None:
        """current: the command that is in use; empty if there is none."""
        super().__init__()
        self._current = current

    def compose(self) -> ComposeResult:
        """The list, and how to use a program that is not in it."""
        with Vertical():
            yield Table(Column("", 1), Column("opens documents with", 0), empty="")
            yield Static(
                "For another program, set `tui.viewer` in the configuration file to its command, with {path},"
                " {page} and {line} as placeholders."
            )
            yield WholeKeys()

    def on_mount(self) -> None:
        """Lists the commands, and the person's own first."""
        table = self.query_one(Table)
        commands = VIEWERS if self._current in ("", *VIEWERS) else (self._current, *VIEWERS)
        table.show([Row(command, ("✓" if command == self._current else "", command)) for command in commands])
        table.focus()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        """Closes the list with a command."""
        self.dismiss(event.key if event.key in VIEWERS else "")

    def action_close(self) -> None:
        """Closes the list."""
        self.dismiss("")


class KeyDialog(Dialog[str]):
    """Waits for a key. Returns Textual's name of it; empty if the person leaves."""

    DEFAULT_CSS = """
    KeyDialog { align: center middle; background: $background 60%; }
    KeyDialog > Static {
        width: 84%; max-width: 70; height: auto; padding: 1 2; border: round $accent; background: $surface;
    }
    """

    def __init__(self, key: keys.Key) -> None:
        """key: the one that is changed."""
        super().__init__()
        self._key = key

    def compose(self) -> ComposeResult:
        """What to do."""
        yield Static(Content(f"Press the new key for: {self._key.meaning}\nEsc leaves it as it is."))

    def on_key(self, event: events.Key) -> None:
        """Closes the dialog with the key."""
        event.stop()
        event.prevent_default()
        self.dismiss("" if event.key == "escape" else event.key)


def neighbour(value: str | int, choices: Sequence[str | int], by: int) -> str | int:
    """The choice after `value` (1) or before it (-1), around the ends.

    value: one of the choices, or a number between them.
    """
    if value not in choices:
        choices = sorted((*choices, value), key=int)
    return choices[(choices.index(value) + by) % len(choices)]
