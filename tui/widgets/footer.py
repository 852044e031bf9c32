"""The keys at the bottom of a screen. A key that does not fit is left out and never cut."""

from textual.app import ComposeResult
from textual.widgets import Footer


class WholeKeys(Footer):
    """A footer that hides a key which would be cut off. The help names all keys."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)

    def compose(self) -> ComposeResult:
        """The keys; those that do not fit are hidden after the layout."""
        yield from super().compose()
        self.call_after_refresh(self._hide_cut)

    def on_resize(self) -> None:
        """Shows the keys that fit the new width."""
        self.call_after_refresh(self._hide_cut)

    def _hide_cut(self) -> None:
        for key in self.children:
            # A space follows the words of each key.
            key.visible = key.virtual_region.right - 1 <= self.size.width
