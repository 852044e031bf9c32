"""A text field for one line."""

from textual.widgets import Input


class Field(Input):
    """An `Input` whose cursor does not blink, so that an idle screen sends nothing to the terminal."""

    def on_mount(self) -> None:
        """Stops the blinking."""
        self.cursor_blink = False
