"""The dialogs: a confirmation, and the help."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from policies.hygiene import one_line
from tui import keys
from tui.screens.overlay import Dialog
from tui.widgets.footer import WholeKeys

KEY_WIDTH = 20
"""Width in cells of the column of keys in the help."""

_BOX = """
    {name} {{ align: center middle; background: $background 60%; }}
    {name} > Vertical {{
        width: 84%; max-width: 90; height: auto; max-height: 90%; padding: 1 2;
        border: round $accent; background: $surface;
    }}
    {name} Horizontal {{ height: auto; margin: 1 0 0 0; }}
    {name} Button {{ margin: 0 2 0 0; }}
"""


class Choices(Horizontal):
    """The buttons of a dialog, side by side."""

    BINDINGS = keys.bindings("buttons")


class ConfirmDialog(Dialog[bool]):
    """Asks before something that cannot be undone. Returns whether the person agrees."""

    DEFAULT_CSS = _BOX.format(name="ConfirmDialog")
    BINDINGS = keys.bindings("dialog")

    def __init__(self, message: Content, confirm_label: str) -> None:
        """
        message: what will happen.
        confirm_label: the label of the button that does it.
        """
        super().__init__()
        self._message = message
        self._confirm_label = confirm_label

    def compose(self) -> ComposeResult:
        """The message and two buttons, of which Cancel has the focus."""
        with Vertical():
            yield Static(self._message)
            with Choices():
                yield Button("Cancel", id="cancel")
                yield Button(self._confirm_label, variant="error", id="confirm")
            yield WholeKeys()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Closes the dialog with the person's choice."""
        self.dismiss(event.button.id == "confirm")

    def action_close(self) -> None:
        """Cancels."""
        self.dismiss(False)


class HelpDialog(Dialog[None]):
    """How to ask, and all keys, grouped by where they work."""

    DEFAULT_CSS = (
        _BOX.format(name="HelpDialog")
        + """
    HelpDialog > Vertical { height: 90%; }
    HelpDialog VerticalScroll { scrollbar-gutter: stable; }
    """
    )
    BINDINGS = keys.bindings("dialog")

    def __init__(self, rebound: Mapping[str, str]) -> None:
        """rebound: the keys that the person has changed, by id."""
        super().__init__()
        self._rebound = rebound

    def compose(self) -> ComposeResult:
        """The text, which can be scrolled."""
        with Vertical():
            with VerticalScroll():
                yield Static()
            yield WholeKeys()

    def on_mount(self) -> None:
        """Gives the text the focus, so that keys scroll it."""
        self.query_one(VerticalScroll).focus()

    def on_resize(self) -> None:
        """Breaks the lines for the width."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        text = self.query_one(Static)
        text.update(self._text(text.size.width))

    def action_close(self) -> None:
        """Closes the help."""
        self.dismiss()

    def _text(self, width: int) -> Content:
        lines = [
            Content("Type a question and press Enter. The sources of the answer are listed beside it."),
            Content("Filters narrow the search to some documents:"),
            Content("in:FOLDER collection:NAME type:pdf tag:TAG title:WORDS"),
            Content("from:NAME to:NAME after:2024-06 before:2025"),
            Content(
                "[1] leads to a source. [1?] means that its document says so, but it may not be what you"
                " asked."
            ),
            Content("✗ marks a sentence that no passage supports, ≈ one with weak support."),
            Content.styled(
                "If tmux, screen or the terminal intercepts a key, use its alternative, or the list that"
                " F12 opens.",
                "$text-muted",
            ),
            Content.styled(
                "To change a key, set its id (shown in grey) in the configuration file, for example",
                "$text-muted",
            ),
            Content.styled('"chat.open" = "ctrl+g" in the section [tui.keys].', "$text-muted"),
        ]
        for place, title in keys.PLACES.items():
            lines += [Content(""), Content.styled(title, "bold $accent")]
            lines += [line for key in keys.KEYS if key.place == place for line in self._lines(key, width)]
        return Content("\n").join(lines)

    def _lines(self, key: keys.Key, width: int) -> list[Content]:
        """A key and, beside it, what it means."""
        pressed = keys.shown(one_line(self._rebound.get(key.id, key.keys)))
        meaning = Content.assemble(f"{key.meaning} ", (key.id, "$text-muted"))
        beside = Content.styled(f"  {pressed:{KEY_WIDTH}} ", "bold")
        below = Content(" " * beside.cell_length)
        lines = meaning.wrap(max(width - beside.cell_length, KEY_WIDTH))
        return [(below if number else beside).append(line) for number, line in enumerate(lines)]
