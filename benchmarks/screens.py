"""Makes the pictures of the terminal UI for the documentation, over the example notes with the real models.

    python -m benchmarks.screens [--out docs/screens]

Runs sealed and without a terminal. The notes are copied to a folder with a short name.
"""

import argparse
import asyncio
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from assistant.config import Config, TuiSettings
from assistant.library.owner import Owner
from policies import network
from policies.proof import prove
from tui.app import CarrelApp
from tui.base import StartValues
from tui.handover import Handover
from tui.screens.chat import ChatScreen
from tui.widgets.conversation import ConversationView
from tui.widgets.question import QuestionInput

NOTES = Path(__file__).resolve().parent.parent / "examples" / "notes"
SIZE = (120, 36)
QUESTIONS = ("How much is the deposit for the flat?", "When does my lease end?")
PATIENCE_S = 300


class NoOutside:
    """Stands in for the process outside, which does nothing here."""

    def open_in_viewer(self, path: str, page: int | None, line: int | None) -> None: ...

    def try_viewer(self, viewer: str, path: str) -> None:
        """Opens nothing."""

    def change_settings(self, values: dict[str, str | int]) -> None: ...

    def export(self, conversation: str) -> str:
        return ""

    def save(self, handover: Handover) -> None: ...


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=NOTES.parents[1] / "docs" / "screens")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    seal = network.seal()
    # The pictures show this name, so it is short and always the same.
    home = Path(tempfile.gettempdir(), "reader")
    home.mkdir()
    try:
        os.environ["HOME"] = str(home)
        shutil.copytree(NOTES, home / "notes")
        library = home / ".library"
        values = StartValues(
            settings=TuiSettings(),
            home=home,
            folder=home,
            seal=seal,
            prove_seal=prove,
        )
        app = CarrelApp(lambda: Owner(library, Config(), watching=True), values, NoOutside())
        asyncio.run(_driven(app, out))
        app.calls.close(10)
    finally:
        shutil.rmtree(home)


async def _driven(app: CarrelApp, out: Path) -> None:
    def save(name: str) -> None:
        # Textual references web fonts, which a browser showing the picture would download.
        picture = re.sub(r"@font-face \{.*?\}", "", app.export_screenshot(), flags=re.DOTALL)
        (out / f"{name}.svg").write_text(picture, encoding="utf-8")
        print(out / f"{name}.svg")

    async with app.run_test(size=SIZE) as pilot:
        await _until(pilot, lambda: app.status)
        await pilot.press("down", "down")
        await pilot.pause(1)
        save("welcome")
        await pilot.press("a")
        await _until(pilot, lambda: app.status and app.status.counts.chunks and not app.status.indexing.texts)
        await pilot.press("escape")
        for count, question in enumerate(QUESTIONS, start=1):
            chat = app.screen
            assert isinstance(chat, ChatScreen)
            chat.query_one(QuestionInput).set_text(question)
            await pilot.press("enter")
            exchanges = chat.query_one(ConversationView).exchanges
            await _until(pilot, lambda: len(exchanges) == count and exchanges[-1].answer)  # noqa: B023
        await pilot.press("tab")
        await pilot.pause(1)
        save("chat")
        for key, name in (("f3", "library"), ("f4", "models"), ("f5", "privacy")):
            await pilot.press(key)
            await pilot.pause(2)
            save(name)


async def _until(pilot: Pilot[None], fact: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not fact():
        if time.monotonic() > deadline:
            raise SystemExit(f"the UI did not get there in {PATIENCE_S} s")
        await pilot.pause(0.1)


if __name__ == "__main__":
    main()
