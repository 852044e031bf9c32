"""Helpers for tests that drive the UI: waiting for a fact, asking a question, reading the screen."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from tui.app import CarrelApp
from tui.screens.chat import ChatScreen
from tui.widgets.conversation import ConversationView
from tui.widgets.question import QuestionInput

PATIENCE_S = 60
"""Seconds until a fact counts as never coming true; not a bound on how fast it is."""

WIDE, NARROW = (120, 40), (80, 24)
"""Sizes of a terminal, in columns and rows."""


def drive(
    app: CarrelApp, script: Callable[[Pilot[None]], Awaitable[None]], size: tuple[int, int] = WIDE
) -> None:
    """Runs the UI without a terminal, waits until the library is open, and follows a script."""

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: app.status)
            await script(pilot)

    asyncio.run(run())


async def until(pilot: Pilot[None], fact: Callable[[], object]) -> None:
    """Waits until a fact holds and the screen has been drawn since."""
    deadline = time.monotonic() + PATIENCE_S
    while not fact():
        assert time.monotonic() < deadline, f"the fact never held:\n{text(pilot)}"
        await pilot.pause(0.02)
    await pilot.pause()


async def until_shown(pilot: Pilot[None], *texts: str) -> None:
    """Waits until all these texts are on the screen."""
    await until(pilot, lambda: all(wanted in text(pilot) for wanted in texts))


def chat(pilot: Pilot[None]) -> ChatScreen:
    """The screen that is shown, which must be the chat."""
    screen = pilot.app.screen
    assert isinstance(screen, ChatScreen)
    return screen


async def ask(pilot: Pilot[None], question: str) -> None:
    """Types a question and sends it."""
    screen = chat(pilot)
    screen.query_one(QuestionInput).focus()
    await pilot.press(*(_KEYS.get(character, character) for character in question), "enter")
    conversation = screen.query_one(ConversationView)
    await until(pilot, lambda: conversation.exchanges and conversation.exchanges[-1].question == question)


async def answered(pilot: Pilot[None], count: int = 1) -> None:
    """Waits for the answer to the `count`th question."""
    conversation = chat(pilot).query_one(ConversationView)
    await until(
        pilot, lambda: len(conversation.exchanges) == count and conversation.exchanges[-1].answer is not None
    )


def text(pilot: Pilot[None]) -> str:
    """The text on the screen, one line per row."""
    lines = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines)


def styles_of(pilot: Pilot[None], wanted: str) -> set[str]:
    """The styles in which the screen shows `wanted`, as Rich writes them: `bold #ffffff on #000000`."""
    styles = set()
    for strip in pilot.app.screen._compositor.render_strips():
        line = "".join(segment.text for segment in strip)
        start = line.find(wanted)
        position = 0
        for segment in strip:
            end = position + len(segment.text)
            if start >= 0 and position < start + len(wanted) and end > start and segment.text.strip():
                styles.add(str(segment.style))
            position = end
    return styles


_KEYS = {" ": "space", "?": "question_mark", ":": "colon", ",": "comma", ".": "full_stop", "-": "minus"}
