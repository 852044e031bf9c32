"""The line at the top of every screen: where one is, what the library holds and does, and the seal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from tui import shown

if TYPE_CHECKING:
    from assistant.library.facade import Indexing, Status

SCREENS = {"chat": "Chat", "library": "Library", "models": "Models", "privacy": "Privacy"}
"""By the names they have in the app, in order."""


class StatusBar(Widget):
    """Rendered from what it was last told."""

    DEFAULT_CSS = """
    StatusBar { dock: top; height: 1; background: $panel; color: $foreground; padding: 0 1; }
    """

    def __init__(self, here: str) -> None:
        """here: the name of the screen it stands on."""
        super().__init__()
        self._here = here
        self._status: Status | None = None
        self._sealed = False

    def show(self, status: Status | None, *, sealed: bool) -> None:
        self._status = status
        self._sealed = sealed
        self.refresh()

    def render(self) -> Content:
        width = self.content_size.width
        seal = ("SEALED", "bold $success") if self._sealed else ("NOT SEALED", "bold $error reverse")
        right = Content.assemble(self._doing(narrow=width < 100), "  ", seal)
        tabs = Content(" ").join(
            Content.styled(f" {title} ", "bold reverse" if name == self._here else "$text-muted")
            for name, title in SCREENS.items()
        )
        left = Content.assemble(Content.styled("carrel", "bold $accent"), " ", self._folder(width), " ", tabs)
        room = width - right.cell_length - 1
        if left.cell_length > room:
            left = left.truncate(max(room, 0), ellipsis=True)
        return left.pad_right(width - left.cell_length - right.cell_length).append(right)

    def _folder(self, width: int) -> Content:
        if self._status is None or width < 110:
            return Content("")
        return Content.styled(shown.short(str(self._status.library), 30), "$text-muted")

    def _doing(self, *, narrow: bool) -> Content:
        if self._status is None:
            return Content.styled("opening the library …", "$text-muted")
        count = self._status.counts.searchable
        held = f"{count:,} docs" if narrow else shown.counted(count, "document")
        return Content.assemble(Content(held), " · ", doing(self._status.indexing, narrow=narrow))


def doing(indexing: Indexing, *, narrow: bool = False) -> Content:
    """What an owner is about, in a few words."""
    if indexing.problem:
        return Content.styled("indexing has a problem", "$warning")
    if indexing.paused:
        return Content.styled("paused", "$warning")
    left = f", {shown.duration(indexing.seconds_left)} left" if indexing.seconds_left else ""
    if indexing.files:
        rate = (
            f" at {indexing.files_per_second:.1f} files/s" if indexing.files_per_second and not narrow else ""
        )
        return Content.styled(f"reading {shown.counted(indexing.files, 'file')}{rate}{left}", "$accent")
    if indexing.texts:
        return Content.styled(f"embedding {shown.counted(indexing.texts, 'text')}", "$accent")
    return Content.styled("up to date" if indexing.watching else "not watching", "$text-muted")
