"""The keys at the bottom of a screen, of which one that does not fit is left out and never cut."""

from textual.app import ComposeResult
from textual.widgets import Footer


class WholeKeys(Footer):
    """A footer without a key that would be cut at its end. The help names all keys."""

    def compose(self) -> ComposeResult:
        """The keys; those that do not fit are hidden once they have their places."""
        yield from super().compose()
        self.call_after_refresh(self._hide_cut)

    def on_resize(self) -> None:
        """Shows what fits the new width."""
        self.call_after_refresh(self._hide_cut)

    def _hide_cut(self) -> None:
        for key in self.children:
            # A space follows the words of each key.
            key.visible = key.virtual_region.right - 1 <= self.size.width
