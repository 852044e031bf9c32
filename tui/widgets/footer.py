"""The keys at the bottom of a screen. A key that does not fit is left out and never cut."""

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widgets import Footer
from textual.widgets._footer import FooterKey


class WholeKeys(Footer):
    """A footer without the keys that would be cut off. The help names all keys."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)
        self._composed_width = 0
        """The width for which the keys were chosen."""

    def compose(self) -> ComposeResult:
        """The keys that fit the width."""
        self._composed_width = self.size.width
        room = self.size.width + 1  # A space follows the words of each key.
        for key in super().compose():
            if isinstance(key, FooterKey):
                room -= cell_len(f" {key.key_display} {key.description} ")
            if room < 0:
                return
            yield key

    async def on_resize(self) -> None:
        """Shows the keys that fit a new width. New keys cause this event too, with the width unchanged."""
        if self.size.width != self._composed_width:
            await self.recompose()
