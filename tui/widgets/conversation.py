"""A conversation: all exchanges as values, and a window of them as widgets.

Every change of a height lays out all mounted widgets again, which is too slow with the thousands of widgets
of a long conversation. So at most `WINDOW` turns are mounted, and the window moves when the person scrolls to
its edge. The view follows the end while the end is in sight, and keeps its place otherwise, even when the
terminal is resized.
"""

import asyncio
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from assistant.formatting import count_of
from tui.widgets.turn import Exchange, TurnView

WINDOW = 24
"""Turns mounted at once."""

STEP = 8
"""Turns by which the window moves."""


class ConversationView(VerticalScroll):
    """The exchanges of one conversation, or a greeting if there are none."""

    DEFAULT_CSS = """
    ConversationView { padding: 1 1; scrollbar-size-vertical: 1; }
    ConversationView #greeting { color: $text-muted; }
    """

    def __init__(self) -> None:
        super().__init__(id="conversation")
        self.exchanges: list[Exchange] = []
        """All of them, oldest first."""
        self._start = 0
        """Index of the first mounted exchange."""
        self._mounting = asyncio.Lock()
        """Held while turns are mounted or removed: scrolling, a new question and another conversation all do
        so."""
        self._following = True
        """Whether the view stays at the end as it grows."""
        self._reading_place: tuple[TurnView, float] | None = None
        """The turn at the top of the view, and the share of it that is above."""
        self._reading_place_size = Size(0, 0)
        """The size of the view when `_reading_place` was taken."""

    def compose(self) -> ComposeResult:
        """The greeting; turns are mounted later."""
        yield Static(id="greeting")

    def greet(self, message: str) -> None:
        """Sets the text shown while there are no exchanges."""
        self.query_one("#greeting", Static).update(Content(message))

    async def show(self, exchanges: Sequence[Exchange]) -> None:
        """Replaces the conversation and shows its end."""
        async with self._mounting:
            await self.query(TurnView).remove()
            self.exchanges = list(exchanges)
            self.query_one("#greeting").display = not self.exchanges
            self._start = max(len(self.exchanges) - WINDOW, 0)
            await self.mount_all(TurnView(exchange) for exchange in self.exchanges[self._start :])
        self._follow()

    async def begin(self, question: str) -> TurnView:
        """Appends an exchange for a question that is being asked, and returns its view."""
        async with self._mounting:
            await self._move_window(len(self.exchanges) - WINDOW)
            self.query_one("#greeting").display = False
            self.exchanges.append(Exchange(question))
            turn = TurnView(self.exchanges[-1])
            await self.mount(turn)
            turns = list(self.query(TurnView))
            if len(turns) > WINDOW:
                await self.remove_children(turns[:-WINDOW])
                self._start = len(self.exchanges) - WINDOW
        self._follow()
        return turn

    @property
    def last(self) -> TurnView | None:
        """The last mounted turn; None if there is none."""
        turns = self.query(TurnView)
        return turns.last() if turns else None

    async def scroll_to_first(self) -> None:
        """Scrolls to the first question."""
        async with self._mounting:
            await self._move_window(0)
        self.scroll_home(animate=False)

    async def scroll_to_last(self) -> None:
        """Scrolls to the end of the last answer, and follows it from then on."""
        async with self._mounting:
            await self._move_window(len(self.exchanges) - WINDOW)
        self._follow()

    def _follow(self) -> None:
        self._following = True
        self.call_after_refresh(self.scroll_end, animate=False)

    def watch_virtual_size(self) -> None:
        """Keeps the end in sight as the conversation grows."""
        if self._following:
            self.scroll_end(animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Remembers the reading place, and moves the window at its edges."""
        super().watch_scroll_y(old_value, new_value)
        self._following = new_value >= self.max_scroll_y
        if self.size == self._reading_place_size:
            self._reading_place = self._top_of_view()
        if new_value < old_value and new_value <= 0 and self._start:
            self.call_next(self._slide_window, -STEP)
        elif (
            new_value > old_value
            and new_value >= self.max_scroll_y
            and self._start + WINDOW < len(self.exchanges)
        ):
            self.call_next(self._slide_window, STEP)

    def on_resize(self) -> None:
        """Returns to the reading place in the new size."""
        self._reading_place_size = self.size
        if self._reading_place is not None and not self._following:
            self.call_after_refresh(self._scroll_to_place, *self._reading_place)

    async def _slide_window(self, step: int) -> None:
        if self._mounting.locked():
            return
        async with self._mounting:
            place = self._top_of_view()
            await self._move_window(self._start + step)
        if place is not None:
            self.call_after_refresh(self._scroll_to_place, *place)

    async def _move_window(self, start: int) -> None:
        """Mounts the window that begins at exchange `start`, and keeps the turns that both windows share.

        The caller holds `_mounting`.
        """
        start = max(min(start, len(self.exchanges) - WINDOW), 0)
        if start == self._start:
            return
        mounted = {turn.exchange: turn for turn in self.query(TurnView)}
        wanted = self.exchanges[start : start + WINDOW]
        self._start = start
        await self.remove_children([turn for exchange, turn in mounted.items() if exchange not in wanted])
        shared = [mounted[exchange] for exchange in wanted if exchange in mounted]
        first_shared = wanted.index(shared[0].exchange) if shared else 0
        before = [TurnView(exchange) for exchange in wanted[:first_shared]]
        after = [TurnView(exchange) for exchange in wanted[first_shared:] if exchange not in mounted]
        if before:
            await self.mount_all(before, before=shared[0])
        if after:
            await self.mount_all(after)

    def _top_of_view(self) -> tuple[TurnView, float] | None:
        """The turn at the top of the view, and the share of it that is above."""
        for turn in self.query(TurnView):
            top = turn.virtual_region.y
            if top + turn.virtual_region.height > self.scroll_y:
                return turn, (self.scroll_y - top) / max(turn.virtual_region.height, 1)
        return None

    def _scroll_to_place(self, turn: TurnView, share: float) -> None:
        if turn.is_mounted:
            region = turn.virtual_region
            self.scroll_to(y=region.y + round(share * region.height), animate=False)


def greeting(documents: int, *, has_sources: bool) -> str:
    """The text of an empty conversation.

    documents: the number of searchable ones.
    """
    if documents:
        return (
            f"Ask about your {count_of(documents, 'document')} in your own words.\n\n"
            "Answers are written on this machine, from your documents alone, and cite their sources.\n"
            "Press Tab for the citations, F9 for the settings and F1 for all keys."
        )
    if has_sources:
        return "Carrel is reading your documents. You can ask as soon as the first one is searchable."
    return "The library is empty. Press Ctrl+O to add a folder."
