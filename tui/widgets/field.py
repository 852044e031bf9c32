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
        """Whether the key types a character here, so that the footer does not show a command for it.

        Textual asks this for `/` without the character.
        """
        return super().check_consume_key(key, character or keys.character_of(key))


class PickerField(Field):
    """A field above a list, which it filters; some of its keys move the cursor of the list."""

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
