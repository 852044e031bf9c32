"""A line to write on."""

from textual.widgets import Input


class Field(Input):
    """An `Input` whose cursor stands still: an idle screen sends nothing to the terminal."""

    def on_mount(self) -> None:
        self.cursor_blink = False
