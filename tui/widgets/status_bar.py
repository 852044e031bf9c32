"""The line at the top of every main screen: the tabs, the library's state, and the seal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.style import Style
from textual.widget import Widget

from assistant.formatting import count_of, duration, shorten_path

if TYPE_CHECKING:
    from assistant.library.facade import Indexing, Status

TABS = {"chat": "Chat", "library": "Library", "models": "Models", "privacy": "Privacy"}
"""The titles of the main screens by their modes, from left to right."""

_MODE = "mode"
"""The name under which the style of a tab holds its mode."""

PATH_WIDTH = 30
"""Most characters of the library's path that are shown."""

NARROW_WIDTH = 100
"""Below this width in cells, the state is abbreviated."""

PATH_FROM_WIDTH = 110
"""From this width in cells on, the library's path is shown."""


class StatusBar(Widget):
    """Rendered from the status it was given last."""

    DEFAULT_CSS = """
    StatusBar { dock: top; height: 1; background: $panel; color: $foreground; padding: 0 1; }
    """

    def __init__(self, mode: str, *, sealed: bool) -> None:
        """
        mode: the screen that the bar is part of; its tab is highlighted.
        sealed: whether the kernel enforces the seal of this process.
        """
        super().__init__()
        self._mode = mode
        self._sealed = sealed
        self._status: Status | None = None

    async def on_click(self, event: events.Click) -> None:
        """Goes to the screen whose tab was clicked."""
        if mode := event.style.meta.get(_MODE):
            await self.run_action(f"app.go('{mode}')")

    def show(self, status: Status | None) -> None:
        """Renders a new status; None while the library is being opened."""
        self._status = status
        self.refresh()

    def render(self) -> Content:
        """The line: tabs on the left; state and seal on the right.

        If it is too long, the name of the program is left out first, then the number of documents.
        """
        width = self.content_size.width
        seal = ("SEALED", "bold $success") if self._sealed else ("NOT SEALED", "bold $error reverse")
        tabs = Content(" ").join(
            Content.styled(f" {title} ", "bold reverse" if mode == self._mode else "$text-muted").stylize(
                Style.from_meta({_MODE: mode})
            )
            for mode, title in TABS.items()
        )
        name = Content.assemble(Content.styled("carrel", "bold $accent"), " ", self._path(width), " ")
        for left, counted in ((name.append(tabs), True), (tabs, True), (tabs, False)):
            right = Content.assemble(self._state(narrow=width < NARROW_WIDTH, counted=counted), "  ", seal)
            room = width - right.cell_length - 1
            if left.cell_length <= room:
                break
        if left.cell_length > room:
            left = left.truncate(max(room, 0), ellipsis=True)
        return left.pad_right(width - left.cell_length - right.cell_length).append(right)

    def _path(self, width: int) -> Content:
        if self._status is None or width < PATH_FROM_WIDTH:
            return Content("")
        return Content.styled(shorten_path(str(self._status.library), PATH_WIDTH), "$text-muted")

    def _state(self, *, narrow: bool, counted: bool) -> Content:
        if self._status is None:
            return Content.styled("opening the library …", "$text-muted")
        indexing = indexing_state(self._status.indexing, narrow=narrow)
        if not counted:
            return indexing
        count = self._status.counts.searchable
        documents = f"{count:,} docs" if narrow else count_of(count, "document")
        return Content.assemble(Content(documents), " · ", indexing)


def indexing_state(indexing: Indexing, *, narrow: bool = False) -> Content:
    """What indexing is doing, in a few words; without the rate if `narrow`."""
    if indexing.problem:
        return Content.styled("indexing has a problem", "$warning")
    if indexing.paused:
        return Content.styled("indexing paused", "$warning")
    remaining = f", {duration(indexing.seconds_left)} left" if indexing.seconds_left else ""
    if indexing.files:
        rate = (
            f" at {indexing.files_per_second:.1f} files/s" if indexing.files_per_second and not narrow else ""
        )
        return Content.styled(f"reading {count_of(indexing.files, 'file')}{rate}{remaining}", "$accent")
    if indexing.texts:
        return Content.styled(f"embedding {count_of(indexing.texts, 'chunk')}{remaining}", "$accent")
    return Content.styled("up to date" if indexing.watching else "not watching", "$text-muted")
