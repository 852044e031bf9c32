"""The document beside an answer."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from ingest.catalogue import PageText
from ingest.documents import Locator
from tui.widgets.source import SourcePane

QUOTE = "The key hangs in the shed."


class PaneApp(App[None]):
    """A pane alone."""

    def compose(self) -> ComposeResult:
        """The pane."""
        yield SourcePane()


def alone(script: Callable[[Pilot[None]], Awaitable[None]]) -> None:
    """Follows a script with the pane alone."""

    async def run() -> None:
        async with PaneApp().run_test(size=(42, 22)) as pilot:
            await script(pilot)

    asyncio.run(run())


def show(pane: SourcePane, lines: int, at: int) -> None:
    """Shows a page of so many lines, with the quote in one of them."""
    page = [f"Line {number} of a long report about the garden." for number in range(lines)]
    page[at] = QUOTE
    text = "\n".join(page)
    start = text.index(QUOTE)
    pane.show_page(
        Locator("/notes/a.md", None, None, (), None, (start, start + len(QUOTE))), PageText(text, ())
    )


def test_the_quote_is_in_view_whatever_document_was_shown_before() -> None:
    async def script(pilot: Pilot[None]) -> None:
        pane = pilot.app.query_one(SourcePane)
        for lines, at in ((60, 50), (60, 5), (60, 40), (30, 3), (3, 1), (60, 59)):
            with pilot.app.batch_update():
                show(pane, lines, at)
                await pilot.pause()  # The screen is laid out later.
            await pilot.pause()
            await pilot.pause()
            top = pane.query_one("#quoted").virtual_region.y
            assert pane.scroll_y <= top < pane.scroll_y + pane.size.height, (lines, at)

    alone(script)


def test_a_document_that_the_person_has_scrolled_stays_there_when_the_screen_is_laid_out_again() -> None:
    async def script(pilot: Pilot[None]) -> None:
        pane = pilot.app.query_one(SourcePane)
        show(pane, 60, 50)
        await pilot.pause()
        await pilot.pause()
        pane.scroll_to(y=7, animate=False, immediate=True)
        await pilot.resize_terminal(42, 20)
        await pilot.pause()
        assert pane.scroll_y == 7

    alone(script)
