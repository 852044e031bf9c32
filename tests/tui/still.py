"""The terminal UI over a library with fixed contents (`tests.still`).

Run as a program, it opens the UI over a library of hostile texts, for the test that reads a terminal's bytes.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from assistant.config import TuiSettings
from assistant.library.facade import Assistant
from policies.network import Seal
from policies.proof import Attempt
from tests.still import ATTEMPTS, hostile
from tui.app import CarrelApp
from tui.base import StartValues
from tui.handover import Handover
from tui.pictures import MakePicture

DEFAULT_SETTINGS, FIRST_START = TuiSettings(), Handover()

HOME = Path("/home/reader")


@dataclass
class RecordedOutside:
    """The process outside the seal, as a list of the requests to it."""

    viewed: list[tuple[str, int | None, int | None]] = field(default_factory=list)
    """Path, page and line of each file to be opened."""
    saved: Handover = FIRST_START
    """The state saved last."""
    tried: list[tuple[str, str]] = field(default_factory=list)
    """The command and the path of each viewer that was tried."""
    settings: dict[str, str | int] = field(default_factory=dict)
    """The settings changed so far."""
    exported: list[str] = field(default_factory=list)
    """The conversations written to a file."""
    failure: Exception | None = None
    """Raised by every request to open a file."""

    def open_in_viewer(self, path: str, page: int | None, line: int | None) -> None:
        if self.failure is not None:
            raise self.failure
        self.viewed.append((path, page, line))

    def try_viewer(self, viewer: str, path: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.tried.append((viewer, path))

    def change_settings(self, values: dict[str, str | int]) -> None:
        self.settings |= values

    def export(self, conversation: str) -> str:
        self.exported.append(conversation)
        return "/home/reader/carrel-2026-06-01-1.html"

    def save(self, handover: Handover) -> None:
        self.saved = handover


def start_values(
    *,
    settings: TuiSettings = DEFAULT_SETTINGS,
    home: Path = HOME,
    colour: bool = True,
    pictures: MakePicture | None = None,
    handover: Handover = FIRST_START,
    attempts: tuple[Attempt, ...] = ATTEMPTS,
) -> StartValues:
    """The facts about a sealed process in the home of a reader."""
    return StartValues(
        settings=settings,
        home=home,
        folder=home,
        seal=Seal(enforced=True, detail="The kernel refuses every socket to this process."),
        prove_seal=lambda: attempts,
        colour=colour,
        pictures=pictures,
        handover=handover,
        budgets={"answers.passages": 5, "answers.prompt_tokens": 1_200, "answers.answer_tokens": 256},
    )


def app(
    library: Assistant | Callable[[], Assistant],
    values: StartValues | None = None,
    *,
    outside: RecordedOutside | None = None,
    handover: Handover = FIRST_START,
) -> CarrelApp:
    """The UI over a library, or over one that a function opens."""
    open_library = library if callable(library) else lambda: library
    return CarrelApp(open_library, values or start_values(handover=handover), outside or RecordedOutside())


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text(encoding="ascii"))
    everything = " ".join(given["texts"])
    ui = app(
        hostile(given["texts"], given["folder"]),
        start_values(home=Path(given["folder"]), handover=Handover("c", everything, everything)),
    )
    ui.run()
    ui.calls.close(1)
    sys.exit(ui.return_code)
