"""A text field for one line."""

from dataclasses import dataclass

from textual.message import Message
from textual.widgets import Input

from tui import keys


class Field(Input):
    """An `Input` whose cursor does not blink, so that an idle screen sends nothing to the terminal."""

    def on_mount(self) -> None:
        """Stops the blinking."""
        self.cursor_blink = False

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the key is typed here. Textual does not know this of `/`, and would name its command."""
        return super().check_consume_key(key, character or keys.character_of(key))


class PickerField(Field):
    """Where the letters are typed; it also moves the cursor of the list below it."""

    BINDINGS = keys.bindings("picker")


class FilterField(Field):
    """A field that narrows a table."""

    BINDINGS = keys.bindings("filter")

    @dataclass
    class Left(Message):
        """The person wants all rows again."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder, id="filter")

    def action_leave(self) -> None:
        """Empties the filter and leaves it."""
        self.value = ""
        self.post_message(self.Left())
