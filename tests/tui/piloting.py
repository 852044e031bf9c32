"""What tests that drive the UI share: waiting for a fact, and the real owner with a scripted engine."""

import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from assistant.config import Config
from assistant.engine import Engine
from assistant.library.owner import Owner
from policies.network import Seal
from tests.running import PATIENCE_S
from tests.tui.still import Beside
from tui.app import CarrelApp
from tui.handover import Handover
from tui.screens.chat import ChatScreen
from tui.widgets.conversation import ConversationView
from tui.widgets.question import QuestionInput


async def until(pilot: Pilot[None], fact: Callable[[], object]) -> None:
    """Waits until something is so, and the screen has been drawn since."""
    deadline = time.monotonic() + PATIENCE_S
    while not fact():
        assert time.monotonic() < deadline, f"it never came to be:\n{text(pilot)}"
        await pilot.pause(0.02)
    await pilot.pause()


def owned(
    library: Path, engine: Engine, *, beside: Beside | None = None, config_file: Path | None = None
) -> CarrelApp:
    """The UI over a library it owns, with `engine` for a language model."""

    def open_library() -> Owner:
        return Owner(library, Config(), watching=True, engine=engine)

    return CarrelApp(
        open_library,
        library=library,
        config=Config(),
        config_file=config_file,
        seal=Seal(enforced=True, detail=""),
        outside=beside or Beside(),
        kept=Handover(),
    )


def chat(pilot: Pilot[None]) -> ChatScreen:
    """The screen that is shown, which is the conversation."""
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
    """All that is on the screen."""
    lines = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines)


_KEYS = {" ": "space", "?": "question_mark", ":": "colon", ",": "comma", ".": "full_stop", "-": "minus"}
