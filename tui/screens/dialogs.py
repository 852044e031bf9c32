"""Small questions asked over a screen, and the help."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Footer, Input, Static

from policies.hygiene import one_line
from tui import keys
from tui.widgets.field import Field

_BOX = """
    {name} {{ align: center middle; background: $background 60%; }}
    {name} > Vertical {{
        width: 84%; max-width: 90; height: auto; max-height: 90%; padding: 1 2;
        border: round $accent; background: $surface;
    }}
    {name} Horizontal {{ height: auto; margin: 1 0 0 0; }}
    {name} Button {{ margin: 0 2 0 0; }}
"""


class ConfirmDialog(ModalScreen[bool]):
    """Asks before something cannot be undone."""

    DEFAULT_CSS = _BOX.format(name="ConfirmDialog")
    BINDINGS = keys.bindings("dialog")

    def __init__(self, said: Content, yes: str) -> None:
        """said: what will happen. yes: what the button that does it says."""
        super().__init__()
        self._said = said
        self._yes = yes

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._said)
            with Horizontal():
                yield Button("Cancel", id="no")
                yield Button(self._yes, variant="error", id="yes")
            yield Footer(show_command_palette=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_close(self) -> None:
        self.dismiss(False)


class InputDialog(ModalScreen[str]):
    """Asks for a line of text; empty when there is none."""

    DEFAULT_CSS = _BOX.format(name="InputDialog")
    BINDINGS = keys.bindings("dialog")

    def __init__(self, said: Content, value: str) -> None:
        """value: what stands there to begin with."""
        super().__init__()
        self._said = said
        self._value = one_line(value)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._said)
            yield Field(self._value, select_on_focus=False)
            yield Footer(show_command_palette=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())

    def action_close(self) -> None:
        self.dismiss("")


class HelpDialog(ModalScreen[None]):
    """Every key, by where it works."""

    DEFAULT_CSS = _BOX.format(name="HelpDialog") + "\n    HelpDialog > Vertical { height: 90%; }\n"
    BINDINGS = keys.bindings("dialog")

    def __init__(self, chosen: Mapping[str, str]) -> None:
        """chosen: keys that the person has rebound, by id."""
        super().__init__()
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        with Vertical():
            with VerticalScroll():
                yield Static(self._keys())
            yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_close(self) -> None:
        self.dismiss()

    def _keys(self) -> Content:
        lines = [
            Content("Write a question and press Enter. What an answer rests on is listed beside it."),
            Content("It may hold filters: in:FOLDER type:pdf tag:TAG title:WORDS after:2024-06 before:2025"),
            Content("Sentences marked ✗ are backed by no passage, those marked ≈ only weakly."),
            Content.styled(
                'Keys are rebound by the id on the right: [tui.keys] "chat.open" = "ctrl+g"', "$text-muted"
            ),
        ]
        for place, title in keys.PLACES.items():
            lines += [Content(""), Content.styled(title, "bold $accent")]
            for key in keys.KEYS:
                if key.place == place:
                    pressed = one_line(self._chosen.get(key.id, key.keys)).replace("question_mark", "?")
                    pressed = pressed.replace("slash", "/").replace(",", ", ")
                    lines.append(
                        Content.assemble(
                            (f"  {pressed:18}", "bold"), f" {key.meaning} ", (key.id, "$text-muted")
                        )
                    )
        return Content("\n").join(lines)
